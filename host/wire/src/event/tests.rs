mod related;

use super::*;
use crate::api::common::v1::Link;
use crate::api::common::v1::link::{BatchJob, Variant};
use crate::json;
use expect_test::{Expect, expect};
use refrain_core::failure::{Failure, FailureKind, RetryState, TimeoutType};
use refrain_core::ids::{Digest, EventId, OpSeq, RunId};
use refrain_core::machines::{
    activity, attributes, clock, execution, local, patch, signal, task, timer, update,
};
use refrain_core::options::{
    ActivityTimeouts, FastForward, Override, Priority, RetryPolicy, RunOptions, TimeSkipping,
    Version,
};
use refrain_core::payload::{Payload, PayloadMap, Payloads};
use refrain_core::time::{Delay, Timestamp};

const RUN: RunId = RunId(0x0195_e1f2_0000_7abc_8def_0123_4567_89ab);

fn args() -> Payloads {
    let mut second = Payload::json("{}");
    second.metadata.insert("messageType".to_owned(), vec![0, 255]);
    vec![Payload::json("\"x\""), second]
}

fn map() -> PayloadMap {
    PayloadMap::from([
        ("a".to_owned(), Payload::json("1")),
        ("b".to_owned(), Payload { metadata: Default::default(), data: vec![0, 159] }),
    ])
}

fn retry() -> RetryPolicy {
    RetryPolicy {
        initial_interval: Delay(1500),
        backoff_coefficient: 1.5,
        maximum_interval: Delay::from_secs(60),
        maximum_attempts: 7,
        non_retryable_error_types: vec!["CardDeclined".to_owned()],
    }
}

/// A failure of each kind, each the cause of the one before. A new kind does not compile until
/// it is here.
pub(crate) fn all_failures() -> Failure {
    let activity = FailureKind::Activity {
        scheduled: EventId(5),
        started: EventId(6),
        identity: "worker".to_owned(),
        activity_type: "charge".to_owned(),
        activity_id: "1".to_owned(),
        retry_state: RetryState::MaximumAttemptsReached,
    };
    let mut kinds = vec![activity];
    loop {
        let next = match kinds.last().expect("it begins with one") {
            FailureKind::Activity { .. } => FailureKind::ChildWorkflow {
                namespace: "default".to_owned(),
                workflow_id: "child".to_owned(),
                run: Some(RUN),
                workflow_type: "Child".to_owned(),
                initiated: EventId(5),
                started: EventId(0),
                retry_state: RetryState::InProgress,
            },
            FailureKind::ChildWorkflow { .. } => {
                FailureKind::Timeout { timeout: TimeoutType::Heartbeat, last_heartbeat: args() }
            }
            FailureKind::Timeout { .. } => FailureKind::Canceled { details: args() },
            FailureKind::Canceled { .. } => FailureKind::Terminated,
            FailureKind::Terminated => {
                FailureKind::ResetWorkflow { last_heartbeat: vec![Payload::json("3")] }
            }
            FailureKind::ResetWorkflow { .. } => FailureKind::Server { non_retryable: true },
            FailureKind::Server { .. } => FailureKind::Application {
                error_type: "CardDeclined".to_owned(),
                non_retryable: true,
                details: args(),
                next_retry_delay: Some(Delay(2500)),
                benign: true,
            },
            FailureKind::Application { .. } => break,
        };
        kinds.push(next);
    }
    let mut chain: Option<Box<Failure>> = None;
    for kind in kinds.into_iter().rev() {
        chain = Some(Box::new(Failure {
            message: "no".to_owned(),
            source: "refrain".to_owned(),
            stack_trace: "at a\nat b".to_owned(),
            encoded_attributes: Some(Payload::json("{}")),
            kind,
            cause: chain,
        }));
    }
    *chain.expect("there are seven")
}

/// One of each event, full and (where fields may be absent) bare. A new variant does not compile
/// until it is here.
pub(crate) fn all_events() -> Vec<Recorded> {
    let mut events = vec![start(execution::Initiator::ContinueAsNew)];
    loop {
        let mut next = after(events.last().expect("it begins with one"));
        if next.is_empty() {
            break;
        }
        events.append(&mut next);
    }
    let record = |(at, event)| Recorded {
        id: EventId(at as u64 + 1),
        time: Timestamp(1_790_000_000_123 + at as u64),
        event,
    };
    events.into_iter().enumerate().map(record).collect()
}

fn workflow_run(workflow_id: &str) -> execution::WorkflowRun {
    execution::WorkflowRun { workflow_id: workflow_id.to_owned(), run: RUN }
}

fn start(initiator: execution::Initiator) -> Event {
    Event::Execution(execution::Event::Started(full_start(initiator)))
}

fn full_start(initiator: execution::Initiator) -> Box<execution::Started> {
    Box::new(execution::Started {
        workflow_type: "Order".to_owned(),
        workflow_id: "order-42".to_owned(),
        task_queue: "orders".to_owned(),
        input: args(),
        execution_timeout: Some(Delay::from_secs(3600)),
        run_timeout: Some(Delay(1)),
        task_timeout: Delay::from_secs(10),
        execution_expires: Some(Timestamp(1_790_003_600_123)),
        original_run: Some(RUN),
        first_run: Some(RunId(1)),
        continued_from: Some(RunId(2)),
        initiator: Some(initiator),
        last_completion_result: Some(args()),
        continued_failure: Some(all_failures()),
        parent: Some(execution::Parent {
            namespace: "default".to_owned(),
            workflow: workflow_run("parent"),
            initiated: EventId(5),
        }),
        root: Some(workflow_run("root")),
        identity: "cli".to_owned(),
        attempt: 1,
        retry: Some(retry()),
        cron: "@daily".to_owned(),
        carried_requests: vec!["r1".to_owned(), "r\"2".to_owned()],
        reset_points: vec![refrain_core::reset::FirstTaskOn {
            component: Digest([7; 32]),
            run: RunId(1),
            completed: EventId(4),
            at: Timestamp(1_790_000_000_123),
        }],
        first_task_backoff: Some(Delay(250)),
        memo: map(),
        search_attributes: map(),
        header: map(),
        priority: Priority {
            key: Some(2),
            fairness_key: "tenant".to_owned(),
            fairness_weight: Some(0.5),
        },
        versioning: Some(Override::AutoUpgrade),
        time_skipping: Some(full_skipping()),
        inherited: clock::Inherited {
            ahead: Delay(3_600_001),
            target: Some(Timestamp(1_790_000_000_123)),
            skips: 2,
        },
        summary: Some(Payload::json("\"s\"")),
        details: Some(Payload::json("\"d\"")),
        links: crate::options::links_from_proto(&[link()]),
    })
}

fn link() -> Link {
    let job = BatchJob { job_id: "j".to_owned() };
    Link { variant: Some(Variant::BatchJob(job)) }
}

fn full_skipping() -> TimeSkipping {
    TimeSkipping {
        enabled: true,
        fast_forward: Some(FastForward { id: "a".to_owned(), duration: Delay(1500) }),
        disable_propagation: true,
        max_skips: 7,
    }
}

fn full_start_options() -> RunOptions {
    full_start(execution::Initiator::Retry).options()
}

fn full_continued() -> execution::ContinuedAsNew {
    execution::ContinuedAsNew {
        new_run: RUN,
        workflow_type: "Order".to_owned(),
        task_queue: "orders".to_owned(),
        input: args(),
        run_timeout: Some(Delay::from_secs(60)),
        task_timeout: Delay::from_secs(10),
        backoff: Some(Delay(1500)),
        initiator: execution::Initiator::Retry,
        last_completion_result: Some(args()),
        header: map(),
        memo: map(),
        search_attributes: map(),
        task: EventId(4),
    }
}

fn after(event: &Event) -> Vec<Event> {
    match event {
        Event::Execution(event) => match event {
            execution::Event::Started(started) => {
                let bare = execution::Event::Started(Box::new(execution::Started {
                    last_completion_result: Some(Vec::new()),
                    ..execution::Started::default()
                }));
                match started.initiator {
                    Some(execution::Initiator::ContinueAsNew) => {
                        return vec![start(execution::Initiator::Retry)];
                    }
                    Some(execution::Initiator::Retry) => {
                        return vec![start(execution::Initiator::Cron)];
                    }
                    Some(execution::Initiator::Cron) | None => {}
                }
                let canceled = execution::Event::CancelRequested {
                    cause: "tired".to_owned(),
                    identity: "cli".to_owned(),
                    from: None,
                };
                let asked = execution::Event::CancelRequested {
                    cause: String::new(),
                    identity: "refrain".to_owned(),
                    from: Some(Box::new(refrain_core::message::Origin {
                        workflow: workflow_run("parent"),
                        initiated: EventId(5),
                    })),
                };
                [bare, canceled, asked].map(Event::Execution).into()
            }
            execution::Event::CancelRequested { .. } => {
                let task = EventId(4);
                vec![
                    Event::Execution(execution::Event::Completed {
                        result: args(),
                        task,
                        new_run: Some(RUN),
                    }),
                    Event::Execution(execution::Event::Completed {
                        result: vec![],
                        task,
                        new_run: None,
                    }),
                ]
            }
            execution::Event::Completed { .. } => {
                vec![Event::Execution(execution::Event::Failed {
                    failure: all_failures(),
                    retry_state: RetryState::RetryPolicyNotSet,
                    task: EventId(4),
                    new_run: Some(RUN),
                })]
            }
            execution::Event::Failed { .. } => vec![Event::Execution(execution::Event::Canceled {
                details: args(),
                task: EventId(4),
            })],
            execution::Event::Canceled { .. } => {
                vec![Event::Execution(execution::Event::TimedOut {
                    retry_state: RetryState::Timeout,
                    new_run: Some(RUN),
                })]
            }
            execution::Event::TimedOut { .. } => {
                vec![Event::Execution(execution::Event::Terminated {
                    reason: "enough".to_owned(),
                    details: args(),
                    identity: "cli".to_owned(),
                })]
            }
            execution::Event::Terminated { .. } => {
                vec![Event::Execution(execution::Event::Paused {
                    reason: "look first".to_owned(),
                    identity: "cli".to_owned(),
                    request_id: "pause-1".to_owned(),
                })]
            }
            execution::Event::Paused { .. } => {
                vec![Event::Execution(execution::Event::Unpaused {
                    reason: "go on".to_owned(),
                    identity: "cli".to_owned(),
                    request_id: "unpause-1".to_owned(),
                })]
            }
            execution::Event::Unpaused { .. } => {
                let version = || Version {
                    deployment: "orders".to_owned(),
                    build_id: Digest([7; 32]).to_string(),
                };
                let all = [
                    Some(Override::Pinned(version())),
                    Some(Override::OneTime(version())),
                    Some(Override::AutoUpgrade),
                    None,
                ];
                let updated = |versioning| {
                    let options = RunOptions { versioning, ..full_start_options() };
                    let (options, identity) = (Box::new(options), "cli".to_owned());
                    let sets_time_skipping = options.time_skipping.is_some();
                    Event::Execution(execution::Event::OptionsUpdated {
                        options,
                        identity,
                        sets_time_skipping,
                    })
                };
                all.map(updated).into()
            }
            execution::Event::OptionsUpdated { .. } => {
                let request_id = "r-7".to_owned();
                vec![Event::Execution(execution::Event::RequestAttached { request_id })]
            }
            execution::Event::RequestAttached { .. } => {
                let bare = execution::ContinuedAsNew {
                    run_timeout: None,
                    backoff: None,
                    initiator: execution::Initiator::ContinueAsNew,
                    last_completion_result: None,
                    header: PayloadMap::new(),
                    memo: PayloadMap::new(),
                    search_attributes: PayloadMap::new(),
                    ..full_continued()
                };
                [bare, full_continued()]
                    .map(|it| Event::Execution(execution::Event::ContinuedAsNew(Box::new(it))))
                    .into()
            }
            execution::Event::ContinuedAsNew(_) => vec![Event::Task(task::Event::Scheduled {
                task_queue: "orders".to_owned(),
                timeout: Delay::from_secs(10),
                attempt: 2,
            })],
        },
        Event::Task(event) => match event {
            task::Event::Scheduled { .. } => vec![Event::Task(task::Event::Started {
                scheduled: EventId(2),
                identity: "host".to_owned(),
                history_bytes: 234,
                suggest_continue_as_new: true,
            })],
            task::Event::Started { .. } => {
                let completed = |component| {
                    Event::Task(task::Event::Completed {
                        scheduled: EventId(2),
                        started: EventId(3),
                        identity: "host".to_owned(),
                        component,
                    })
                };
                vec![completed(None), completed(Some(Digest([0xab; 32])))]
            }
            task::Event::Completed { .. } => all_causes(task::FailedCause::ResetWorkflow)
                .into_iter()
                .map(|cause| {
                    Event::Task(task::Event::Failed {
                        scheduled: EventId(2),
                        started: EventId(3),
                        cause,
                        failure: match cause {
                            task::FailedCause::ResetWorkflow => task::reset_failure("again"),
                            _ => Failure::host("Trap", "unreachable"),
                        },
                        identity: "host".to_owned(),
                        reset: (cause == task::FailedCause::ResetWorkflow)
                            .then_some(task::Reset { base: RunId(1), new: RunId(2) }),
                    })
                })
                .collect(),
            task::Event::Failed { .. } => vec![Event::Task(task::Event::TimedOut {
                scheduled: EventId(2),
                started: EventId(3),
            })],
            task::Event::TimedOut { .. } => {
                vec![Event::Activity(activity::Event::Scheduled(full_activity()))]
            }
        },
        Event::Activity(event) => after_activity(event),
        Event::Timer(event) => match event {
            timer::Event::Started { .. } => {
                vec![Event::Timer(timer::Event::Fired {
                    timer_id: "3".to_owned(),
                    started: EventId(9),
                })]
            }
            timer::Event::Fired { .. } => vec![Event::Timer(timer::Event::Canceled {
                timer_id: "3".to_owned(),
                started: EventId(9),
                task: EventId(12),
                summary: Some(Payload::json("\"until the morning\"")),
            })],
            timer::Event::Canceled { .. } => {
                let bare = signal::Event::Received(Box::default());
                let full = signal::Event::Received(Box::new(signal::Signal {
                    name: "approve".to_owned(),
                    input: args(),
                    header: map(),
                    identity: "cli".to_owned(),
                    request_id: "r-2".to_owned(),
                    from: Some(Box::new(workflow_run("parent"))),
                    links: crate::options::links_from_proto(&[link()]),
                }));
                vec![Event::Signal(bare), Event::Signal(full)]
            }
        },
        Event::Signal(signal::Event::Received(_)) => {
            let recorded = |backoff, result| {
                Event::Local(local::Event::Recorded(Box::new(local::Recorded {
                    activity_id: "look \"up\"".to_owned(),
                    activity_type: "lookUp".to_owned(),
                    scheduled_at: Timestamp(1_795_375_553_395),
                    closed: local::Closed { op: OpSeq(3), attempt: 2, backoff, result },
                    summary: Some(Payload::json("\"why\"")),
                    task: EventId(4),
                })))
            };
            vec![
                recorded(None, Ok(vec![Payload::json("1")])),
                recorded(Some(Delay(61_500)), Err(all_failures())),
            ]
        }
        Event::Local(_) => {
            vec![Event::Patch(patch::Event::Recorded {
                patch: "charge \"first\"".to_owned(),
                deprecated: true,
                task: EventId(4),
            })]
        }
        Event::Attributes(attributes::Event::SearchUpserted { .. }) => {
            let event = |target, fast_forwarded| {
                let wall_clock = Timestamp(1_790_000_000_123);
                Event::Clock(clock::Event::Transitioned { target, fast_forwarded, wall_clock })
            };
            vec![event(Some(Timestamp(1_790_003_600_123)), false), event(None, true)]
        }
        Event::Clock(_) => Vec::new(),
        Event::Attributes(attributes::Event::MemoUpserted { .. }) => vec![related::first()],
        Event::Child(event) => related::after_child(event),
        Event::External(event) => related::after_external(event),
        Event::Patch(patch::Event::Recorded { .. }) => {
            let bare = update::Request { id: "u-1".to_owned(), ..update::Request::default() };
            let accepted = |request: Option<update::Request>| {
                let (update, request) = ("u-1".to_owned(), request.map(Box::new));
                let sequencing = EventId(2);
                Event::Update(update::Event::Accepted { update, request, sequencing })
            };
            let full = update::Request {
                name: "pay".to_owned(),
                identity: "cli".to_owned(),
                input: args(),
                header: map(),
                ..bare.clone()
            };
            let admitted = update::Event::Admitted { request: Box::new(full.clone()) };
            let admitted = Event::Update(admitted);
            vec![admitted, accepted(None), accepted(Some(bare)), accepted(Some(full))]
        }
        Event::Update(update::Event::Admitted { .. }) => Vec::new(),
        Event::Update(update::Event::Rejected { .. }) => {
            let completed = |outcome| {
                Event::Update(update::Event::Completed {
                    update: "u-1".to_owned(),
                    identity: "cli".to_owned(),
                    accepted: EventId(5),
                    outcome,
                })
            };
            [Ok(args()), Ok(Vec::new()), Err(all_failures())].map(completed).into()
        }
        Event::Update(update::Event::Accepted { .. }) => {
            let (update, admitted, failure) = ("u-1".to_owned(), EventId(5), all_failures());
            vec![Event::Update(update::Event::Rejected { update, admitted, failure })]
        }
        Event::Update(update::Event::Completed { .. }) => {
            let attributes =
                attributes::Event::SearchUpserted { attributes: map(), task: EventId(4) };
            let memo = attributes::Event::MemoUpserted { memo: map(), task: EventId(4) };
            vec![Event::Attributes(attributes), Event::Attributes(memo)]
        }
    }
}

fn all_causes(cause: task::FailedCause) -> Vec<task::FailedCause> {
    use task::FailedCause as Cause;
    let mut all = match cause {
        Cause::ResetWorkflow => all_causes(Cause::BadStartChildExecutionAttributes),
        Cause::BadStartChildExecutionAttributes => {
            all_causes(Cause::BadModifyWorkflowPropertiesAttributes)
        }
        Cause::BadModifyWorkflowPropertiesAttributes => all_causes(Cause::BadSearchAttributes),
        Cause::BadSearchAttributes => all_causes(Cause::PayloadsTooLarge),
        Cause::PayloadsTooLarge => all_causes(Cause::PendingActivitiesLimitExceeded),
        Cause::PendingActivitiesLimitExceeded => all_causes(Cause::PendingChildrenLimitExceeded),
        Cause::PendingChildrenLimitExceeded => all_causes(Cause::PendingSignalsLimitExceeded),
        Cause::PendingSignalsLimitExceeded => all_causes(Cause::PendingCancelsLimitExceeded),
        Cause::PendingCancelsLimitExceeded => all_causes(Cause::ScheduleActivityDuplicateId),
        Cause::ScheduleActivityDuplicateId => all_causes(Cause::BadCommand),
        Cause::BadCommand => all_causes(Cause::NonDeterministicError),
        Cause::NonDeterministicError => all_causes(Cause::WorkflowWorkerUnhandledFailure),
        Cause::WorkflowWorkerUnhandledFailure => Vec::new(),
    };
    all.push(cause);
    all
}

pub(crate) fn full_activity() -> Box<activity::Scheduled> {
    Box::new(activity::Scheduled {
        activity_id: "1".to_owned(),
        activity_type: "charge".to_owned(),
        task_queue: "cards".to_owned(),
        input: args(),
        header: map(),
        timeouts: ActivityTimeouts {
            schedule_to_close: Some(Delay::from_secs(100)),
            schedule_to_start: Some(Delay::from_secs(50)),
            start_to_close: Some(Delay(1001)),
            heartbeat: None,
        },
        retry: retry(),
        task: EventId(4),
        summary: Some(Payload::json("\"card\"")),
        priority: Priority {
            key: Some(2),
            fairness_key: "tenant".to_owned(),
            fairness_weight: Some(0.25),
        },
    })
}

fn after_activity(event: &activity::Event) -> Vec<Event> {
    let scheduled = EventId(5);
    let started = EventId(6);
    vec![Event::Activity(match event {
        activity::Event::Scheduled(_) => activity::Event::Started {
            scheduled,
            identity: "worker".to_owned(),
            attempt: 3,
            last_failure: Some(all_failures()),
        },
        activity::Event::Started { .. } => activity::Event::Completed {
            scheduled,
            started,
            result: args(),
            identity: "worker".to_owned(),
        },
        activity::Event::Completed { .. } => activity::Event::Failed {
            scheduled,
            started,
            failure: all_failures(),
            retry_state: RetryState::NonRetryableFailure,
            identity: "worker".to_owned(),
        },
        activity::Event::Failed { .. } => activity::Event::TimedOut {
            scheduled,
            started: EventId(0),
            failure: Failure::timeout(TimeoutType::ScheduleToStart, vec![]),
            retry_state: RetryState::Timeout,
        },
        activity::Event::TimedOut { .. } => {
            activity::Event::CancelRequested { scheduled, task: EventId(9) }
        }
        activity::Event::CancelRequested { .. } => activity::Event::Canceled {
            scheduled,
            started: EventId(0),
            cancel_requested: EventId(7),
            details: args(),
            identity: String::new(),
        },
        activity::Event::Canceled { .. } => {
            return vec![Event::Timer(timer::Event::Started {
                timer_id: "3".to_owned(),
                delay: Delay(1500),
                task: EventId(8),
                summary: Some(Payload::json("\"wait\"")),
            })];
        }
    })]
}

#[test]
fn every_event_survives_bytes_and_json() {
    let events = all_events();
    // One by one, so that what differs can be read.
    for event in &events {
        let alone = std::slice::from_ref(event);
        assert_eq!(decode(&encode(alone)).as_deref(), Ok(alone));
    }
    assert_eq!(decode(&encode(&events)), Ok(events.clone()));
    let text = json::history_to_string(&events).expect("all of it is JSON");
    assert_eq!(json::history_from_str(&text), Ok(events));
}

#[test]
fn two_batches_one_after_the_other_are_both() {
    let events = all_events();
    let (first, second) = events.split_at(events.len() / 2);
    let mut bytes = encode(first);
    bytes.extend(encode(second));
    assert_eq!(decode(&bytes), Ok(events));
}

#[test]
fn every_event_has_its_type_and_its_place() {
    for recorded in all_events() {
        let event = to_proto(&recorded);
        assert_ne!(event.event_type, 0, "{recorded:?}");
        assert_eq!(event.event_id as u64, recorded.id.0);
        assert_eq!(event.task_id, event.event_id);
    }
}

#[test]
fn any_cut_of_the_bytes_is_an_error_or_a_prefix_and_never_a_panic() {
    let bytes = encode(&all_events());
    for end in 0..bytes.len() {
        let _ = decode(&bytes[..end]);
    }
    assert!(matches!(decode(&[0xff]), Err(DecodeError::Malformed { .. })));
}

#[test]
fn events_that_core_does_not_know_are_refused_by_name() {
    let text = r#"{"events":[{"eventId":"7","eventTime":"2026-11-22T13:40:23.1Z",
        "eventType":"EVENT_TYPE_NEXUS_OPERATION_SCHEDULED",
        "nexusOperationScheduledEventAttributes":{"endpoint":"e"}}]}"#;
    let error = json::history_from_str(text).expect_err("core has no Nexus");
    expect![[
        "event 7 is of type `EVENT_TYPE_NEXUS_OPERATION_SCHEDULED`, which this host does not know"
    ]]
    .assert_eq(&error.to_string());

    let text = r#"{"events":[{"eventId":"7","eventTime":"2026-11-22T13:40:23.1Z",
        "eventType":"EVENT_TYPE_MARKER_RECORDED",
        "markerRecordedEventAttributes":{"markerName":"core_local_activity"}}]}"#;
    let error = json::history_from_str(text).expect_err("core has no local activities");
    expect!["local activity marker's data is missing"].assert_eq(&error.to_string());
}

/// Real histories of the recorded server: what core knows of them is read.
#[test]
fn a_recorded_event_of_the_real_server_is_read() {
    let text = r#"{"events":[{"eventId":"5","eventTime":"2026-11-22T13:40:23.193221556Z",
      "eventType":"EVENT_TYPE_ACTIVITY_TASK_SCHEDULED","taskId":"1048599",
      "someFieldOfALaterServer":1,
      "activityTaskScheduledEventAttributes":{"activityId":"1","activityType":{"name":"greet"},
      "taskQueue":{"name":"tq","kind":"TASK_QUEUE_KIND_NORMAL"},"header":{},
      "input":{"payloads":[{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"Ingi"}]},
      "scheduleToCloseTimeout":"0s","scheduleToStartTimeout":"0s","startToCloseTimeout":"10s",
      "heartbeatTimeout":"0s","workflowTaskCompletedEventId":"4",
      "retryPolicy":{"initialInterval":"1s","backoffCoefficient":2,"maximumInterval":"100s"},
      "useWorkflowBuildId":true,"priority":{}}}]}"#;
    let events = json::history_from_str(text).expect("it is ours too");
    expect![["[activity greet (1) scheduled]"]].assert_eq(&format!(
        "[{}]",
        events.iter().map(|it| it.event.to_string()).collect::<String>()
    ));
}

fn check_json(event: Event, expected: Expect) {
    let recorded = Recorded { id: EventId(7), time: Timestamp(1_790_000_000_123), event };
    let value = json::to_string("temporal.api.history.v1.HistoryEvent", &to_proto(&recorded))
        .expect("it is JSON");
    expected.assert_eq(&value);
}

#[test]
fn json_is_what_temporals_tools_print() {
    check_json(
        Event::Timer(timer::Event::Started {
            timer_id: "3".to_owned(),
            delay: Delay(1500),
            task: EventId(4),
            summary: Some(Payload::json("\"wait\"")),
        }),
        expect![[r#"
            {
              "eventId": "7",
              "eventTime": "2026-09-21T14:13:20.123Z",
              "eventType": "EVENT_TYPE_TIMER_STARTED",
              "taskId": "7",
              "timerStartedEventAttributes": {
                "startToFireTimeout": "1.500s",
                "timerId": "3",
                "workflowTaskCompletedEventId": "4"
              },
              "userMetadata": {
                "summary": {
                  "data": "IndhaXQi",
                  "metadata": {
                    "encoding": "anNvbi9wbGFpbg=="
                  }
                }
              }
            }"#]],
    );
    check_json(
        Event::Update(update::Event::Accepted {
            update: "u-1".to_owned(),
            request: Some(Box::new(update::Request {
                id: "u-1".to_owned(),
                name: "pay".to_owned(),
                identity: "cli".to_owned(),
                ..update::Request::default()
            })),
            sequencing: EventId(5),
        }),
        expect![[r#"
            {
              "eventId": "7",
              "eventTime": "2026-09-21T14:13:20.123Z",
              "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED",
              "taskId": "7",
              "workflowExecutionUpdateAcceptedEventAttributes": {
                "acceptedRequest": {
                  "input": {
                    "name": "pay"
                  },
                  "meta": {
                    "identity": "cli",
                    "updateId": "u-1"
                  }
                },
                "acceptedRequestMessageId": "u-1/request",
                "acceptedRequestSequencingEventId": "5",
                "protocolInstanceId": "u-1"
              }
            }"#]],
    );
    check_json(
        Event::Update(update::Event::Completed {
            update: "u-1".to_owned(),
            identity: "cli".to_owned(),
            accepted: EventId(8),
            outcome: Ok(vec![Payload::json("1")]),
        }),
        expect![[r#"
            {
              "eventId": "7",
              "eventTime": "2026-09-21T14:13:20.123Z",
              "eventType": "EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED",
              "taskId": "7",
              "workflowExecutionUpdateCompletedEventAttributes": {
                "acceptedEventId": "8",
                "meta": {
                  "identity": "cli",
                  "updateId": "u-1"
                },
                "outcome": {
                  "success": {
                    "payloads": [
                      {
                        "data": "MQ==",
                        "metadata": {
                          "encoding": "anNvbi9wbGFpbg=="
                        }
                      }
                    ]
                  }
                }
              }
            }"#]],
    );
    check_json(
        Event::Patch(patch::Event::Recorded {
            patch: "v2".to_owned(),
            deprecated: false,
            task: EventId(4),
        }),
        expect![[r#"
            {
              "eventId": "7",
              "eventTime": "2026-09-21T14:13:20.123Z",
              "eventType": "EVENT_TYPE_MARKER_RECORDED",
              "markerRecordedEventAttributes": {
                "details": {
                  "patch-data": {
                    "payloads": [
                      {
                        "data": "eyJpZCI6InYyIiwiZGVwcmVjYXRlZCI6ZmFsc2V9",
                        "metadata": {
                          "encoding": "anNvbi9wbGFpbg=="
                        }
                      }
                    ]
                  }
                },
                "markerName": "core_patch",
                "workflowTaskCompletedEventId": "4"
              },
              "taskId": "7"
            }"#]],
    );
    check_json(
        Event::Task(task::Event::Completed {
            scheduled: EventId(2),
            started: EventId(3),
            identity: "host".to_owned(),
            component: Some(Digest([0xab; 32])),
        }),
        expect![[r#"
            {
              "eventId": "7",
              "eventTime": "2026-09-21T14:13:20.123Z",
              "eventType": "EVENT_TYPE_WORKFLOW_TASK_COMPLETED",
              "taskId": "7",
              "workflowTaskCompletedEventAttributes": {
                "deploymentVersion": {
                  "buildId": "abababababababababababababababababababababababababababababababab",
                  "deploymentName": "refrain"
                },
                "identity": "host",
                "meteringMetadata": {},
                "scheduledEventId": "2",
                "sdkMetadata": {
                  "sdkName": "refrain-wasm",
                  "sdkVersion": "0.1.0"
                },
                "startedEventId": "3",
                "versioningBehavior": "VERSIONING_BEHAVIOR_PINNED",
                "workerDeploymentName": "refrain",
                "workerVersion": {
                  "buildId": "abababababababababababababababababababababababababababababababab"
                }
              }
            }"#]],
    );
}

#[test]
fn limits_round_up_so_that_none_of_them_vanishes() {
    use crate::options::{limit_from_proto, timestamp_from_proto};
    use crate::wkt;
    let limit = |seconds, nanos| limit_from_proto("limit", Some(wkt::Duration { seconds, nanos }));
    assert_eq!(limit(0, 0), Ok(None));
    assert_eq!(limit(0, 1), Ok(Some(Delay(1))));
    assert_eq!(limit(1, 999_000_001), Ok(Some(Delay(2000))));
    assert!(limit(-1, 0).is_err());
    assert!(limit(i64::MAX, 0).is_err());
    assert_eq!(limit_from_proto("limit", None), Ok(None));
    assert!(timestamp_from_proto("time", None).is_err());
}
