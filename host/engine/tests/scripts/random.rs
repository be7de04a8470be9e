use refrain_testkit::check_agreement;
use refrain_testkit::random::{Dialect, play_all};

/// Whatever happens, all ways of playing a script agree. Seeds are printed with their script.
#[test]
fn random_scripts_end_the_same_in_every_mode() {
    play_all(0..25, Dialect { together: false, others: false }, check_agreement);
}

/// The same where children, signals and cancels go to and fro.
#[test]
fn random_scripts_of_several_workflows_end_the_same_in_every_mode() {
    play_all(0..15, Dialect { together: false, others: true }, check_agreement);
}
