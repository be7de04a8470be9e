use refrain_testkit::check_agreement;
use refrain_testkit::random::{Dialect, play_all};

/// Whatever happens, all ways of playing a script agree. Seeds are printed with their script.
#[test]
fn random_scripts_end_the_same_in_every_mode() {
    play_all(0..25, Dialect { together: false }, check_agreement);
}
