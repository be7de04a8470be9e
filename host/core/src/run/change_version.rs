//! The patches of a run as lists can be asked for them.

use super::*;
use crate::payload::PayloadMap;

impl Run {
    /// As Temporal's SDKs: beside the marker, as long as the value is not too large for a search
    /// attribute. A run with more patches than that shows the first ones.
    pub(super) fn show_patches(
        &mut self,
        draft: &mut Draft,
        task: &Task,
        judge: &Arc<dyn search::Judge>,
    ) -> Result<(), StepError> {
        let quoted: Vec<_> = self.execution.patches.iter().map(|it| quoted(it)).collect();
        let value = Payload::json(format!("[{}]", quoted.join(",")));
        let upserted = PayloadMap::from([(search::CHANGE_VERSION.to_owned(), value)]);
        let Ok(attributes) = judge.judge(&upserted) else { return Ok(()) };
        let mut all = self.execution.attributes.search.clone();
        attributes::merge(&mut all, &attributes);
        if search::check_sizes(&all).is_err() {
            return Ok(());
        }
        let event = attributes::Event::SearchUpserted { attributes, task: task.completed };
        let event = Event::Attributes(event);
        let id = self.execution.push(draft, task.now, event.clone())?;
        self.add_effects(draft, id, &event, task.now);
        Ok(())
    }
}

/// As JSON.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '\0'..='\x1f' => quoted.push_str(&format!("\\u{:04x}", u32::from(letter))),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn an_id_of_any_letters_is_quoted_as_json() {
        assert_eq!(quoted("a \"b\" \\ \n \u{1f40e}"), "\"a \\\"b\\\" \\\\ \\u000a \u{1f40e}\"");
    }
}
