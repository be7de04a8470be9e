//! WIT's names as they are outside: `order-id` is `orderId`, an error `card-declined` is `CardDeclined`.

/// Of fields, cases, activities and workflow types.
pub(crate) fn camel(kebab: &str) -> String {
    join(kebab, false)
}

/// Of the error types that programs compare, which are names of classes elsewhere.
pub(crate) fn pascal(kebab: &str) -> String {
    join(kebab, true)
}

/// So much of a name as an error has room for.
pub(crate) fn short(name: &str) -> &str {
    const LETTERS_MAX: usize = 100;
    name.char_indices().nth(LETTERS_MAX).map_or(name, |(end, _)| &name[..end])
}

fn join(kebab: &str, is_first_large: bool) -> String {
    let mut name = String::with_capacity(kebab.len());
    for (at, word) in kebab.split('-').enumerate() {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if at > 0 || is_first_large => name.extend(first.to_uppercase()),
            Some(first) => name.push(first),
            None => {}
        }
        name.push_str(letters.as_str());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_by_large_letters() {
        assert_eq!(camel("order-id"), "orderId");
        assert_eq!(camel("charge"), "charge");
        assert_eq!(camel("get-URL-2x"), "getURL2x");
        assert_eq!(pascal("card-declined"), "CardDeclined");
    }
}
