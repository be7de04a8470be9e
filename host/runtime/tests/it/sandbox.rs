//! What a program sees of the world, told by a guest of each language: at first, and when it is played again.

use crate::stage::{Actor, component, is_built};
use refrain_core::guest::Job;
use refrain_core::machines::{Command, execution, timer};
use refrain_core::time::Delay;

/// What it returns in the end, its first turns as a replay.
fn told(language: &str, scenario: &str, n_replayed: usize) -> String {
    let mut actor = Actor::new(&component(language, scenario));
    let mut n_turns = 0;
    actor.replaying = n_replayed > 0;
    let mut commands = actor.try_start("sandbox", &[], &[]).unwrap();
    loop {
        n_turns += 1;
        actor.replaying = n_turns < n_replayed;
        let mut timers = commands.iter().filter_map(|command| match command {
            Command::Timer(timer::Command::Start { op, .. }) => Some(*op),
            _ => None,
        });
        if let Some(op) = timers.next() {
            actor.now = actor.now.plus(Delay(1234));
            commands = actor.turn(Job::TimerClosed { op, result: Ok(()) }).unwrap();
            continue;
        }
        let end = commands.iter().find_map(|command| match command {
            Command::Execution(execution::Command::Complete { result }) => Some(result),
            _ => None,
        });
        let end = end.unwrap_or_else(|| {
            panic!("{language}/{scenario} neither waits nor ends: {commands:?}")
        });
        assert_eq!(n_turns, 3, "{language}/{scenario}");
        return String::from_utf8(end[0].data.clone()).unwrap();
    }
}

#[test]
fn what_a_program_sees_is_the_same_when_it_is_played_again() {
    let mut guests = vec![
        ("c", "sandbox"),
        ("python", "sandbox"),
        ("rust", "sandbox"),
        ("rust", "sandbox-std"),
        ("typescript", "sandbox"),
    ];
    // Where rustup has its target.
    guests.extend([("rust", "sandbox-wasip2")].iter().filter(|(it, name)| is_built(it, name)));
    for (language, scenario) in guests {
        let at_first = told(language, scenario, 0);
        println!("{language}/{scenario}: {at_first}");
        assert!(at_first.contains("NaN") && !at_first.contains("root:"), "{at_first}");
        for n_replayed in 1..=2 {
            assert_eq!(told(language, scenario, n_replayed), at_first, "{language}/{scenario}");
        }
    }
}
