//! Plays a script and compares what is left; then again in harder ways, with the same outcome.

use crate::model::{Mode, Model};
use crate::script::Script;
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
