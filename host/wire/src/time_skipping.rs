//! A run's own clock: what a client asks of it, the event that says how it went on, and how it stands.

use crate::DecodeError;
use crate::api::common::v1 as pb;
use crate::api::history::v1::WorkflowExecutionTimeSkippingTransitionedEventAttributes;
use crate::api::history::v1::history_event::Attributes;
use crate::options::{
    delay_to_proto, limit_from_proto, limit_to_proto, timestamp_from_proto, timestamp_to_proto,
};
use refrain_core::limits;
use refrain_core::machines::Event as AnyEvent;
use refrain_core::machines::clock::{Clock, Event, Inherited, State};
use refrain_core::options::{FastForward, TimeSkipping};
use refrain_core::time::{Delay, Timestamp};

pub fn to_proto(it: &TimeSkipping) -> pb::TimeSkippingConfig {
    pb::TimeSkippingConfig {
        enabled: it.enabled,
        fast_forward_config: it.fast_forward.as_ref().map(|it| pb::FastForwardConfig {
            id: it.id.clone(),
            duration: Some(delay_to_proto(it.duration)),
        }),
        disable_propagation: it.disable_propagation,
        max_session_skip_count: i32::try_from(it.max_skips).unwrap_or(i32::MAX),
    }
}

/// What a client asks for. Errors in Temporal's words.
pub fn asked(it: Option<pb::TimeSkippingConfig>) -> Result<Option<TimeSkipping>, DecodeError> {
    let refused = |words: &str| Err(DecodeError::Refused(words.to_owned()));
    let forward = it.as_ref().and_then(|it| it.fast_forward_config.as_ref());
    let enabled = it.as_ref().is_some_and(|it| it.enabled);
    match forward {
        Some(_) if !enabled => {
            refused("time_skipping_config: cannot set fast_forward when enabled is false")
        }
        Some(forward) if forward.id.is_empty() => {
            refused("Time skipping config invalid: fast_forward_id must be set")
        }
        Some(forward) if forward.id.len() > limits::ID_BYTES_MAX => {
            let (n, most) = (forward.id.len(), limits::ID_BYTES_MAX);
            refused(&format!(
                "Time skipping config invalid: fast_forward_id has {n} bytes, at most {most} are allowed"
            ))
        }
        Some(forward) if duration_of(forward).is_none() => {
            refused("Time skipping config invalid: fast_forward duration must be positive")
        }
        Some(_) | None => Ok(from_proto(it)),
    }
}

/// `None`: not more than no time.
fn duration_of(it: &pb::FastForwardConfig) -> Option<Delay> {
    limit_from_proto("fast_forward duration", it.duration).ok().flatten()
}

/// As history has it. A number that is none of times is Temporal's default, as there.
pub fn from_proto(it: Option<pb::TimeSkippingConfig>) -> Option<TimeSkipping> {
    let it = it?;
    let max_skips = u32::try_from(it.max_session_skip_count).ok().filter(|it| *it > 0);
    let forward = it.fast_forward_config.and_then(|it| Some((duration_of(&it)?, it.id)));
    Some(TimeSkipping {
        enabled: it.enabled,
        fast_forward: forward.map(|(duration, id)| FastForward { id, duration }),
        disable_propagation: it.disable_propagation,
        max_skips: max_skips.unwrap_or(limits::SKIPS_PER_SESSION),
    })
}

/// `None`: nothing, as the event of a run that has none of its own.
pub(crate) fn inherited_to_proto(it: &Inherited) -> Option<pb::TimeSkippingStatePropagation> {
    (*it != Inherited::default()).then(|| pb::TimeSkippingStatePropagation {
        initial_skipped_duration: limit_to_proto(Some(it.ahead)),
        fast_forward_target_time: it.target.map(timestamp_to_proto),
        initial_skip_count: i32::try_from(it.skips).unwrap_or(i32::MAX),
    })
}

pub(crate) fn inherited_from_proto(
    it: Option<pb::TimeSkippingStatePropagation>,
) -> Result<Inherited, DecodeError> {
    let Some(it) = it else { return Ok(Inherited::default()) };
    let ahead = limit_from_proto("initial_skipped_duration", it.initial_skipped_duration)?;
    Ok(Inherited {
        ahead: ahead.unwrap_or_default(),
        target: it
            .fast_forward_target_time
            .map(|at| timestamp_from_proto("fast_forward_target_time", Some(at)))
            .transpose()?,
        skips: u32::try_from(it.initial_skip_count).unwrap_or(0),
    })
}

pub(crate) fn event_to_proto(event: &Event) -> Attributes {
    let Event::Transitioned { target, fast_forwarded, wall_clock } = event;
    Attributes::WorkflowExecutionTimeSkippingTransitionedEventAttributes(
        WorkflowExecutionTimeSkippingTransitionedEventAttributes {
            target_time: target.map(timestamp_to_proto),
            disabled_after_fast_forward: *fast_forwarded,
            wall_clock_time: Some(timestamp_to_proto(*wall_clock)),
        },
    )
}

pub(crate) fn event_from_proto(
    it: WorkflowExecutionTimeSkippingTransitionedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    let target = it.target_time.map(|at| timestamp_from_proto("target_time", Some(at)));
    Ok(AnyEvent::Clock(Event::Transitioned {
        target: target.transpose()?,
        fast_forwarded: it.disabled_after_fast_forward,
        wall_clock: timestamp_from_proto("wall_clock_time", it.wall_clock_time)?,
    }))
}

/// As describe shows it. `now`: the host's.
pub fn info_to_proto(clock: &Clock, now: Timestamp) -> pb::TimeSkippingInfo {
    pb::TimeSkippingInfo {
        current_time: Some(timestamp_to_proto(clock.of_run(now))),
        effective_config: clock.effective().as_ref().map(to_proto),
        fast_forward_info: forward_to_proto(clock),
        current_session_skip_count: i32::try_from(clock.skips).unwrap_or(i32::MAX),
    }
}

/// `None`: the run has none.
pub fn forward_to_proto(clock: &Clock) -> Option<pb::TimeSkippingFastForwardInfo> {
    let forward = clock.config.as_ref()?.fast_forward.as_ref()?;
    Some(pb::TimeSkippingFastForwardInfo {
        fast_forward_duration: Some(delay_to_proto(forward.duration)),
        fast_forward_id: forward.id.clone(),
        target_time: clock.target.map(timestamp_to_proto),
        has_completed: clock.state == State::Arrived,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wkt;
    use expect_test::expect;

    fn said(
        enabled: bool,
        forward: Option<(&str, Option<wkt::Duration>)>,
        max_session_skip_count: i32,
    ) -> String {
        let fast_forward_config =
            forward.map(|(id, duration)| pb::FastForwardConfig { id: id.to_owned(), duration });
        let disable_propagation = false;
        let config = pb::TimeSkippingConfig {
            enabled,
            fast_forward_config,
            disable_propagation,
            max_session_skip_count,
        };
        match asked(Some(config)) {
            Ok(it) => {
                let it = it.expect("a config");
                let forward = it.fast_forward.map(|it| (it.id.len(), it.duration.0));
                format!("{} {} {forward:?}\n", it.enabled, it.max_skips)
            }
            Err(error) => format!("{error}\n"),
        }
    }

    #[test]
    fn what_is_asked_for_is_taken_or_refused_in_temporals_words() {
        let seconds = |seconds| Some(wkt::Duration { seconds, nanos: 0 });
        let long = |n| "a".repeat(n);
        let most = limits::ID_BYTES_MAX;
        let text = [
            said(true, None, 0),
            said(true, None, -1),
            said(false, None, 7),
            said(true, Some(("a", seconds(60))), i32::MAX),
            said(true, Some((&long(most), seconds(60))), 0),
            said(true, Some((&long(most + 1), seconds(60))), 0),
            said(true, Some(("", seconds(60))), 0),
            said(true, Some(("a", None)), 0),
            said(true, Some(("a", seconds(0))), 0),
            said(true, Some(("a", seconds(-5))), 0),
            said(true, Some(("a", Some(wkt::Duration { seconds: 0, nanos: 999_999 }))), 0),
            said(false, Some(("a", seconds(60))), 0),
        ];
        expect![[r#"
            true 200 None
            true 200 None
            false 7 None
            true 2147483647 Some((1, 60000))
            true 200 Some((1000, 60000))
            Time skipping config invalid: fast_forward_id has 1001 bytes, at most 1000 are allowed
            Time skipping config invalid: fast_forward_id must be set
            Time skipping config invalid: fast_forward duration must be positive
            Time skipping config invalid: fast_forward duration must be positive
            Time skipping config invalid: fast_forward duration must be positive
            true 200 Some((1, 1))
            time_skipping_config: cannot set fast_forward when enabled is false
        "#]]
        .assert_eq(&text.concat());
        assert_eq!(asked(None).ok(), Some(None));
    }
}
