use super::*;
use crate::event::tests::{all_failures, full_activity};

fn task(state: State) -> ActivityTask {
    ActivityTask {
        run: RunKey {
            execution: ExecutionKey { namespace: NamespaceId(3), workflow: "order-42".into() },
            run: RunId(0x0195_e1f2_0000_7abc_8def_0123_4567_89ab),
        },
        scheduled: EventId(5),
        scheduled_at: Timestamp(17),
        workflow_type: "Order".to_owned(),
        options: *full_activity(),
        run_deadline: Some(Timestamp::NEVER),
        attempt: 2,
        state,
        cancel_requested: true,
        heartbeat: Some(Heartbeat { at: Timestamp(0), details: vec![Payload::json("1")] }),
        last_failure: Some(all_failures()),
        counts_from: Timestamp(18),
        stamp: 4,
        attempt_at: Timestamp(19),
        previous: Some(Previous { identity: "w0".to_owned(), ended_at: Timestamp(0) }),
        pause: Some(Pause {
            at: Timestamp(0),
            identity: "cli".to_owned(),
            reason: "why".to_owned(),
        }),
        reset: Some(Reset {
            keep_paused: true,
            forget_heartbeat: true,
            restore_options: true,
            wait: Delay(7),
        }),
        original: Some(Box::new(Tunable {
            task_queue: "other".to_owned(),
            ..Tunable::of(&full_activity())
        })),
        inherited: Priority { key: Some(4), ..full_activity().priority },
        pass: Some(0),
    }
}

#[test]
fn an_activity_task_survives_in_both_states_full_and_bare() {
    let started = task(State::Started { at: Timestamp(0), identity: "worker".to_owned() });
    let waiting = ActivityTask {
        run_deadline: None,
        heartbeat: None,
        last_failure: None,
        cancel_requested: false,
        previous: None,
        pause: None,
        reset: None,
        original: None,
        inherited: Priority::default(),
        pass: None,
        ..task(State::Waiting { since: Timestamp(0) })
    };
    for task in [started, waiting] {
        assert_eq!(decode_activity_task(&encode_activity_task(&task)), Ok(task));
    }
}

#[test]
fn a_row_of_a_later_host_is_refused() {
    let row = StoredActivityTask { version: 2, ..Default::default() };
    let error = decode_activity_task(&row.encode_to_vec()).expect_err("version 2 is unknown");
    assert_eq!(error.to_string(), "stored activity task has version 2, expected 1");
}

/// Any message, by the event it becomes where it arrives.
#[test]
fn every_message_survives() {
    use refrain_core::ids::Digest;
    use refrain_core::machines::child::{self, StartFailedCause};
    use refrain_core::machines::external::FailedCause;
    use refrain_core::machines::{Event, execution, signal};
    use refrain_core::message::{Body, Receiver, StartChild};
    use refrain_core::options::{IdConflictPolicy, IdReusePolicy};

    let run = RunId(7);
    let target = Receiver { run: Some(run), child_only: true, base: Some(RunId(8)) };
    let mut bodies = vec![
        Body::TerminateChild { base: None },
        Body::TerminateChild { base: Some(run) },
        Body::CancelChild { parent: "order-42".to_owned(), base: None },
        Body::ChildStarted { run },
        Body::ChildStartFailed {
            cause: StartFailedCause::WorkflowAlreadyExists,
            reason: String::new(),
        },
        Body::ChildStartFailed { cause: StartFailedCause::NotDeployed, reason: "why".to_owned() },
        Body::Signaled,
        Body::SignalFailed { cause: FailedCause::SignalLimit },
        Body::CancelRequested,
        Body::CancelFailed { cause: FailedCause::NotFound },
    ];
    for recorded in crate::event::tests::all_events() {
        match recorded.event {
            Event::Execution(execution::Event::Started(started)) => {
                for (reuse, conflict, component) in [
                    (IdReusePolicy::AllowDuplicate, IdConflictPolicy::Fail, None),
                    (
                        IdReusePolicy::AllowDuplicateFailedOnly,
                        IdConflictPolicy::UseExisting,
                        Some(Digest([7; 32])),
                    ),
                    (IdReusePolicy::RejectDuplicate, IdConflictPolicy::TerminateExisting, None),
                ] {
                    let started = (*started).clone();
                    let start = StartChild { started, reuse, conflict, component };
                    bodies.push(Body::StartChild(Box::new(start)));
                }
            }
            Event::Execution(execution::Event::CancelRequested {
                cause, from: Some(from), ..
            }) => bodies.push(Body::Cancel { target: Receiver::default(), cause, from: *from }),
            Event::Signal(signal::Event::Received(signal)) => {
                bodies.push(Body::Signal { target, signal });
            }
            Event::Child(child::Event::Closed { initiated, outcome, .. }) => {
                let outcome = Box::new(outcome);
                bodies.push(Body::ChildClosed { parent: run, initiated, outcome });
            }
            _ => {}
        }
    }
    for body in bodies {
        assert_eq!(decode_message(&encode_message(&body)), Ok(body));
    }
}

#[test]
fn failures_payloads_and_maps_survive() {
    let failure = all_failures();
    assert_eq!(decode_failure(&encode_failure(&failure)), Ok(failure));
    let payload = Payload::json("1");
    assert_eq!(decode_payload(&encode_payload(&payload)), Ok(payload.clone()));
    let list = vec![payload.clone(), Payload::default()];
    assert_eq!(decode_payloads(&encode_payloads(&list)), Ok(list));
    let map = PayloadMap::from([("key".to_owned(), payload)]);
    assert_eq!(decode_payload_map(&encode_payload_map(&map)), Ok(map));
}
