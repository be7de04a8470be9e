//! What lists show of a run and can be asked by: its memo, and its search attributes.
//!
//! There is no state but the values of now: an event names those that change, and a value that is
//! null takes one away.

use crate::ids::EventId;
use crate::payload::PayloadMap;
use crate::search::CHANGE_VERSION;

#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    UpsertSearch(PayloadMap),
    UpsertMemo(PayloadMap),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    SearchUpserted { attributes: PayloadMap, task: EventId },
    MemoUpserted { memo: PayloadMap, task: EventId },
}

/// A run's values of now.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Attributes {
    pub memo: PayloadMap,
    pub search: PayloadMap,
}

impl Attributes {
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::SearchUpserted { attributes, .. } => merge(&mut self.search, attributes),
            Event::MemoUpserted { memo, .. } => merge(&mut self.memo, memo),
        }
    }
}

/// What `into` is once the values of `upserted` are set in it.
pub fn merge(into: &mut PayloadMap, upserted: &PayloadMap) {
    for (name, value) in upserted {
        if value.is_null() {
            into.remove(name);
        } else {
            into.insert(name.clone(), value.clone());
        }
    }
}

impl Event {
    /// The host writes it by itself: a history may have it or not.
    pub fn may_go_unasked(&self) -> bool {
        match self {
            Event::SearchUpserted { attributes, .. } => {
                attributes.keys().all(|name| name == CHANGE_VERSION)
            }
            Event::MemoUpserted { .. } => false,
        }
    }

    pub fn wished_in_task(&self) -> EventId {
        match self {
            Event::SearchUpserted { task, .. } | Event::MemoUpserted { task, .. } => *task,
        }
    }

    /// Names and values; not how a value is said to be encoded, because the host writes the type
    /// of a search attribute beside it.
    pub fn answers(&self, decided: &Event) -> bool {
        let same = |was: &PayloadMap, is: &PayloadMap| {
            was.len() == is.len()
                && was.iter().zip(is).all(|(was, is)| {
                    was.0 == is.0 && (was.1.data == is.1.data || was.1.answers(is.1))
                })
        };
        match (self, decided) {
            (
                Event::SearchUpserted { attributes: was, .. },
                Event::SearchUpserted { attributes: is, .. },
            ) => same(was, is),
            (Event::MemoUpserted { memo: was, .. }, Event::MemoUpserted { memo: is, .. }) => {
                same(was, is)
            }
            (Event::SearchUpserted { .. } | Event::MemoUpserted { .. }, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Payload;

    fn map(values: &[(&str, &str)]) -> PayloadMap {
        values.iter().map(|it| (it.0.to_owned(), Payload::json(it.1))).collect()
    }

    #[test]
    fn an_upsert_sets_what_it_names_and_null_takes_away() {
        let mut now = Attributes { search: map(&[("a", "1"), ("b", "2")]), ..Default::default() };
        let attributes = map(&[("a", "null"), ("c", "[]"), ("d", "4")]);
        now.apply(&Event::SearchUpserted { attributes, task: EventId(4) });
        assert_eq!(now.search, map(&[("b", "2"), ("c", "[]"), ("d", "4")]));
        let memo = map(&[("note", "\"x\"")]);
        now.apply(&Event::MemoUpserted { memo: memo.clone(), task: EventId(4) });
        assert_eq!(now.memo, memo);
    }

    #[test]
    fn an_upsert_answers_one_of_the_same_names_and_values() {
        let event =
            |values: &[(&str, &str)]| Event::MemoUpserted { memo: map(values), task: EventId(4) };
        let recorded = event(&[("a", "1")]);
        assert!(recorded.answers(&event(&[("a", "1")])));
        assert!(!recorded.answers(&event(&[("a", "2")])));
        assert!(!recorded.answers(&event(&[("b", "1")])));
        assert!(!recorded.answers(&event(&[("a", "1"), ("b", "1")])));
        let search = Event::SearchUpserted { attributes: map(&[("a", "1")]), task: EventId(4) };
        assert!(!recorded.answers(&search));
    }
}
