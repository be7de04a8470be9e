use super::*;
use crate::options::FastForward;

const NOW: Timestamp = Timestamp(1_000_000);
const HOUR: Delay = Delay::from_secs(3600);

fn on() -> TimeSkipping {
    TimeSkipping { enabled: true, ..TimeSkipping::default() }
}

fn forward(duration: Delay) -> TimeSkipping {
    let id = "a".to_owned();
    TimeSkipping { fast_forward: Some(FastForward { id, duration }), ..on() }
}

fn clock(config: TimeSkipping) -> Clock {
    Clock::of_start(Some(&config), Inherited::default(), NOW)
}

/// What is skipped to is recorded, as the execution does.
fn skip(clock: &mut Clock, now: Timestamp, due: Option<Timestamp>) -> Option<Skip> {
    let skip = clock.skip(now, due)?;
    let (target, fast_forwarded) = (Some(skip.to), skip.fast_forwarded);
    let wall_clock = clock.of_host(now);
    clock.apply(now, &Event::Transitioned { target, fast_forwarded, wall_clock });
    Some(skip)
}

#[test]
fn a_run_skips_to_what_is_due_next_and_its_time_is_that_of_the_host_and_what_was_skipped() {
    let mut clock = clock(on());
    let due = NOW.plus(HOUR);
    assert_eq!(skip(&mut clock, NOW, Some(due)), Some(Skip { to: due, fast_forwarded: false }));
    assert_eq!((clock.ahead, clock.skips), (HOUR, 1));
    assert_eq!((clock.of_run(NOW), clock.of_host(due)), (due, NOW));
    assert_eq!(clock.of_host(Timestamp::NEVER), Timestamp::NEVER);
    assert_eq!(skip(&mut clock, due, Some(due)), None, "it is due now");
    assert_eq!(skip(&mut clock, due, None), None, "nothing ever is");
}

#[test]
fn a_session_ends_with_its_last_skip_and_begins_again_when_it_is_asked_for() {
    let config = TimeSkipping { max_skips: 2, ..on() };
    let mut clock = clock(config.clone());
    let mut now = NOW;
    for _ in 0..2 {
        let due = now.plus(HOUR);
        assert!(skip(&mut clock, now, Some(due)).is_some());
        now = due;
    }
    assert_eq!(clock.state, State::Spent);
    assert_eq!(skip(&mut clock, now, Some(now.plus(HOUR))), None);
    assert_eq!(clock.effective(), Some(TimeSkipping { enabled: false, ..config.clone() }));
    clock.set(Some(&config), now);
    assert_eq!((clock.state, clock.skips), (State::Skipping { left: 2 }, 0));
    assert_eq!(clock.ahead, Delay(2 * HOUR.0), "what was skipped stays skipped");
}

#[test]
fn a_fast_forward_ends_at_its_target_whatever_is_due_after_it() {
    let target = NOW.plus(HOUR);
    for (due, fast_forwarded) in [
        (None, true),
        (Some(target.plus(Delay(1))), true),
        // It is not too early for the timer, which fires then.
        (Some(target), true),
        (Some(Timestamp(target.0 - 1)), false),
    ] {
        let mut clock = clock(forward(HOUR));
        let skipped = skip(&mut clock, NOW, due).unwrap();
        assert_eq!(skipped.fast_forwarded, fast_forwarded, "{due:?}");
        assert_eq!(skipped.to, due.unwrap_or(target).min(target));
        let ended = if fast_forwarded { State::Arrived } else { State::Skipping { left: 199 } };
        assert_eq!(clock.state, ended);
        assert_eq!(clock.forwards_to(), (!fast_forwarded).then_some(target));
    }
}

#[test]
fn no_run_skips_to_a_time_that_dates_have_no_room_for() {
    let latest = limits::SKIP_UNTIL_MAX;
    assert_eq!(clock(on()).skip(NOW, Some(latest)).map(|it| it.to), Some(latest));
    assert_eq!(clock(on()).skip(NOW, Some(Timestamp(latest.0 + 1))), None);
    assert_eq!(clock(on()).skip(NOW, Some(Timestamp::NEVER)), None);
    assert_eq!(clock(forward(Delay(u64::MAX))).skip(NOW, None), None);
}

#[test]
fn the_next_run_of_a_chain_goes_on_with_the_session_and_a_child_with_one_of_its_own() {
    let mut clock = clock(TimeSkipping { max_skips: 2, ..forward(Delay(3 * HOUR.0)) });
    let due = NOW.plus(HOUR);
    skip(&mut clock, NOW, Some(due));
    let (config, from) = clock.for_next();
    let target = Some(NOW.plus(Delay(3 * HOUR.0)));
    assert_eq!(from, Inherited { ahead: HOUR, target, skips: 1 });
    let next = Clock::of_start(config.as_ref(), from, due);
    assert_eq!(next, Clock { state: State::Skipping { left: 1 }, ..clock.clone() });
    assert_eq!(clock.for_child(), Some(TimeSkipping { max_skips: 2, ..on() }));
    skip(&mut clock, due, Some(due.plus(HOUR)));
    assert_eq!(clock.state, State::Spent);
    let ahead = Delay(2 * HOUR.0);
    assert_eq!(clock.for_next(), (None, Inherited { ahead, ..Inherited::default() }));
    assert_eq!(clock.for_child(), None);
}

#[test]
fn children_of_a_run_that_skips_alone_do_not() {
    assert_eq!(clock(TimeSkipping { disable_propagation: true, ..on() }).for_child(), None);
    assert_eq!(clock(TimeSkipping::default()).for_child(), None);
}
