//! Plays a script and compares what is left; then again in harder ways, with the same outcome.

use crate::model::{Mode, Model};
use crate::script::Script;
#[cfg(feature = "engine")]
use crate::sim;
use expect_test::Expect;

/// Plays `script` against core and a model of a host. Two ways: with a guest that stays in
/// memory, and with one that is dropped before every step. In both, after every step:
///
/// - the history folds to the state of the live run, and to what the rows beside it say;
/// - a fresh guest replays it, comes to the same state, and is handed the same things.
#[track_caller]
pub fn check_core(script: &str, expected: Expect) {
    let script = parse(script);
    let warm = Model::new(Mode::Warm).play(&script);
    expected.assert_eq(&warm);
    let evicted = Model::new(Mode::Evict).play(&script);
    assert_eq!(warm, evicted, "differs when the guest is dropped before every step");
}

#[track_caller]
pub(crate) fn parse(script: &str) -> Script {
    Script::parse(script).unwrap_or_else(|error| panic!("{error}"))
}

/// Plays `script` against the engine and its store, and compares what is left. Then again:
///
/// - with guests that are dropped after every step, so that each step replays;
/// - with a host that is killed before every line, so that another one goes on with its files;
/// - against core alone, with all that [`check_core`] proves: the engine adds nothing of its own;
/// - event by event through the stored bytes and through JSON, there and back.
#[cfg(feature = "engine")]
#[track_caller]
pub fn check(script: &str, expected: Expect) {
    let script = parse(script);
    let live = sim::play(&script, sim::Mode::Warm);
    expected.assert_eq(&live.text);
    check_harder(&script, &live);
}

/// As [`check`], where only the agreement counts and not what is agreed on.
#[cfg(feature = "engine")]
#[track_caller]
pub fn check_agreement(script: &str) {
    let script = parse(script);
    check_harder(&script, &sim::play(&script, sim::Mode::Warm));
}

#[cfg(feature = "engine")]
fn check_harder(script: &Script, live: &sim::Played) {
    for mode in sim::Mode::HARDER {
        assert_eq!(live.text, sim::play(script, mode).text, "differs in mode {mode:?}");
    }
    for mode in [Mode::Warm, Mode::Evict] {
        let model = Model::new(mode).play(script);
        // The engine does not say that a request was not the first of its kind.
        let told = model.lines().filter(|it| !it.ends_with("already there"));
        let model: String = told.flat_map(|it| [it, "\n"]).collect();
        assert_eq!(live.text, model, "the engine and core alone differ ({mode:?})");
    }
    for history in &live.histories {
        for event in history {
            let alone = std::slice::from_ref(event);
            let bytes = refrain_wire::event::encode(alone);
            assert_eq!(refrain_wire::event::decode(&bytes).as_deref(), Ok(alone));
        }
        let text = refrain_wire::json::history_to_string(history).expect("JSON");
        let read = refrain_wire::json::history_from_str(&text).expect("a history");
        assert_eq!(&read, history, "JSON, there and back");
    }
}
