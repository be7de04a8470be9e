//! What a run asks of others, at its limits, and what it tells its children when it ends.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests")]

use refrain_core::arrival::Arrival;
use refrain_core::decision::{Decision, Effect};
use refrain_core::event::Recorded;
use refrain_core::guest::{Guest, GuestError, Job, Query, QueryError, Turn};
use refrain_core::ids::{EventId, OpSeq, RunId};
use refrain_core::limits::RunLimits;
use refrain_core::machines::{Command, Event, child, execution, external, local, signal, task};
use refrain_core::message::Body;
use refrain_core::options::{CancellationType, ChildCancellation, ParentClosePolicy};
use refrain_core::payload::{PayloadMap, Payloads};
use refrain_core::reset::{KeptChild, Reapply, Reset, ResetError};
use refrain_core::run::{Outcome, Run, Step};
use refrain_core::time::{Delay, Timestamp};
use refrain_testkit::model::{Mode, Model};
use refrain_testkit::random;
use refrain_testkit::script::Script;
use refrain_testkit::{facts, lone_step};

/// Wishes for all of it in its first turn, and for nothing after.
struct Wishes(Vec<Command>);

impl Guest for Wishes {
    fn turn(&mut self, turn: Turn) -> Result<Vec<Command>, GuestError> {
        match turn.job {
            Job::Start(_) => Ok(std::mem::take(&mut self.0)),
            _ => Ok(Vec::new()),
        }
    }

    fn unreceived(&self) -> Vec<signal::Signal> {
        Vec::new()
    }

    fn query(&mut self, _: &Query) -> Result<Payloads, QueryError> {
        Ok(Vec::new())
    }
}

fn child(n: usize, parent_close: ParentClosePolicy) -> Command {
    let child = child::Initiated {
        workflow_id: format!("child-{n}"),
        workflow_type: "child".to_owned(),
        parent_close,
        ..child::Initiated::default()
    };
    let (op, cancellation) = (OpSeq(n as u32), ChildCancellation::WaitCompleted);
    Command::Child(child::Command::Start(Box::new(child::Start { op, cancellation, child })))
}

fn target() -> external::Target {
    external::Target { workflow_id: "other".to_owned(), ..external::Target::default() }
}

fn signal_to_other(n: usize) -> Command {
    let signal = Box::new(external::Sent { name: "go".to_owned(), ..external::Sent::default() });
    let op = OpSeq(n as u32);
    Command::External(external::Command::Signal { op, target: target(), signal })
}

fn cancel_of_other(n: usize) -> Command {
    let (op, reason) = (OpSeq(n as u32), String::new());
    Command::External(external::Command::Cancel { op, target: target(), reason })
}

fn step(arrival: Arrival) -> Step {
    lone_step(Timestamp(1000), vec![arrival])
}

fn start(wishes: Vec<Command>) -> Outcome {
    let started = execution::Started {
        workflow_id: "parent".to_owned(),
        workflow_type: "parent".to_owned(),
        task_queue: "orders".to_owned(),
        ..execution::Started::default()
    };
    Run::new(facts("parent"), Box::new(Wishes(wishes)))
        .step(step(Arrival::Start(Box::new(started))))
        .unwrap()
}

fn sent(decision: &Decision) -> Vec<(&str, &Body)> {
    let sent = decision.effects.iter().filter_map(|effect| match effect {
        Effect::Send(message) => Some((message.to.as_str(), &message.body)),
        _ => None,
    });
    sent.collect()
}

fn failed_cause(decision: &Decision) -> Option<task::FailedCause> {
    decision.events.iter().find_map(|it| match &it.event {
        Event::Task(task::Event::Failed { cause, .. }) => Some(*cause),
        _ => None,
    })
}

#[test]
fn two_thousand_may_be_pending_of_each_and_one_more_fails_the_task() {
    let child = |n| child(n, ParentClosePolicy::Terminate);
    type Wish<'a> = &'a dyn Fn(usize) -> Command;
    let wishes: [(Wish<'_>, u64, task::FailedCause); 3] = [
        (
            &child,
            RunLimits::DEFAULT.pending_children,
            task::FailedCause::PendingChildrenLimitExceeded,
        ),
        (
            &signal_to_other,
            RunLimits::DEFAULT.pending_signals,
            task::FailedCause::PendingSignalsLimitExceeded,
        ),
        (
            &cancel_of_other,
            RunLimits::DEFAULT.pending_cancels,
            task::FailedCause::PendingCancelsLimitExceeded,
        ),
    ];
    for (wish, most, cause) in wishes {
        let most = most as usize;
        let fits = start((1..=most).map(wish).collect()).decision;
        assert_eq!((failed_cause(&fits), sent(&fits).len()), (None, most));
        let one_more = start((1..=most + 1).map(wish).collect()).decision;
        assert_eq!((failed_cause(&one_more), sent(&one_more).len()), (Some(cause), 0));
    }
}

#[test]
fn two_thousand_local_activities_may_be_open_and_one_more_fails_the_task() {
    let local = |n: usize| {
        Command::Local(local::Command::Schedule(Box::new(local::Schedule {
            op: OpSeq(n as u32),
            activity_id: None,
            activity_type: "look".to_owned(),
            input: Payloads::new(),
            header: PayloadMap::new(),
            schedule_to_close: None,
            start_to_close: Some(Delay::from_secs(1)),
            retry: None,
            cancellation: CancellationType::TryCancel,
            summary: None,
        })))
    };
    let most = RunLimits::DEFAULT.pending_activities as usize;
    let fits = start((1..=most).map(local).collect());
    assert_eq!(fits.run.unwrap().local_activities().count(), most);
    let one_more = start((1..=most + 1).map(local).collect());
    let cause = Some(task::FailedCause::PendingActivitiesLimitExceeded);
    assert_eq!((one_more.run.is_none(), failed_cause(&one_more.decision)), (true, cause));
}

#[test]
fn a_parent_that_closes_tells_each_child_what_its_policy_says() {
    let policies = [
        ParentClosePolicy::Terminate,
        ParentClosePolicy::Abandon,
        ParentClosePolicy::RequestCancel,
    ];
    let children = policies.iter().enumerate().map(|(n, policy)| child(n + 1, *policy));
    let run = start(children.collect()).run.unwrap();
    let terminate = Arrival::Terminate {
        reason: "enough".to_owned(),
        details: Vec::new(),
        identity: "client".to_owned(),
    };
    let closed = run.step(step(terminate)).unwrap().decision;
    let parent = "parent".to_owned();
    assert_eq!(
        sent(&closed),
        [
            ("child-1", &Body::TerminateChild { base: None }),
            ("child-3", &Body::CancelChild { parent, base: None })
        ]
    );
}

/// What would be terminated at once need not begin; what was to go on, goes on.
#[test]
fn a_child_of_the_task_that_closes_its_parent_starts_unless_it_would_be_terminated() {
    let end = execution::Command::Complete { result: Vec::new() };
    let decision = start(vec![
        child(1, ParentClosePolicy::Terminate),
        child(2, ParentClosePolicy::Abandon),
        child(3, ParentClosePolicy::RequestCancel),
        Command::Execution(end),
    ])
    .decision;
    let told: Vec<_> = sent(&decision)
        .into_iter()
        .map(|(to, body)| (to, matches!(body, Body::StartChild(_))))
        .collect();
    assert_eq!(told, [("child-2", true), ("child-3", true), ("child-3", false)]);
}

fn signaled(name: &str) -> Arrival {
    Arrival::Signal(signal::Signal { name: name.to_owned(), ..signal::Signal::default() })
}

fn back_to(at: EventId) -> Reset {
    Reset {
        base: RunId(1),
        new: RunId(2),
        at,
        reason: String::new(),
        identity: String::new(),
        reapply: Reapply { signals: true, updates: true },
    }
}

/// What the base run learned after that place comes again, and what it did not learn is on its way
/// to the new run; but not if the base run was closed before: then nobody knows.
#[test]
fn what_is_pending_at_a_reset_is_answered_to_the_new_run_or_the_reset_is_refused() {
    let first = start(vec![child(1, ParentClosePolicy::Abandon), signal_to_other(2)]);
    let mut history = first.decision.events;
    let second = first.run.unwrap().step(step(signaled("go"))).unwrap();
    history.extend(second.decision.events);
    let at = history.last().unwrap().id;
    let (initiated, run) = (EventId(5), RunId(7));
    let answers = [
        Arrival::ChildStarted { initiated, run },
        Arrival::ExternalSignaled { initiated: EventId(6), failed: None },
    ];
    let close = |run: Run, history: &[Recorded]| {
        let end = Arrival::Terminate {
            reason: String::new(),
            details: Vec::new(),
            identity: String::new(),
        };
        let closed = run.step(step(end)).unwrap();
        [history, &closed.decision.events].concat()
    };
    let kept = |run| KeptChild { initiated, workflow_id: "child-1".to_owned(), run };

    let begun = back_to(at).begin(&history, &[], Timestamp(2000)).unwrap();
    assert_eq!((begun.children, begun.again), (vec![kept(None)], Vec::new()));
    let guest = Wishes(vec![child(1, ParentClosePolicy::Abandon), signal_to_other(2)]);
    let base = Run::replay(facts("parent"), &history, Box::new(guest)).unwrap();
    let closed = close(base, &history);
    let refused = back_to(at).begin(&closed, &[], Timestamp(2000)).unwrap_err();
    assert_eq!(refused, ResetError::PendingElsewhere { at, pending: 2 });

    let mut parent = second.run.unwrap();
    for answer in answers.clone() {
        let outcome = parent.step(step(answer)).unwrap();
        history.extend(outcome.decision.events);
        parent = outcome.run.unwrap();
    }
    let begun = back_to(at).begin(&close(parent, &history), &[], Timestamp(2000)).unwrap();
    assert_eq!((begun.children, begun.again), (vec![kept(Some(run))], answers.into()));
}

/// As with Temporal: the parent's task fails, since no child can come of it.
#[test]
fn a_child_whose_cron_string_has_no_time_fails_the_task() {
    let Command::Child(child::Command::Start(mut start)) = child(1, ParentClosePolicy::Terminate)
    else {
        panic!("a child is asked for");
    };
    start.child.cron = "@never".to_owned();
    let decision = self::start(vec![Command::Child(child::Command::Start(start))]).decision;
    assert_eq!(failed_cause(&decision), Some(task::FailedCause::BadStartChildExecutionAttributes));
}

// ---- what nobody thought of

/// Children, signals and cancels to and fro, on scripts that no one wrote.
#[test]
fn random_scripts_of_several_workflows_break_no_promise() {
    let mut seen = std::collections::BTreeMap::<_, u32>::new();
    let counts = std::cell::RefCell::new(&mut seen);
    random::play_all(0..1000, random::Dialect { together: true, others: true }, |text| {
        let script = Script::parse(text).unwrap();
        let warm = Model::new(Mode::Warm).play(&script);
        let evicted = Model::new(Mode::Evict).play(&script);
        assert_eq!(warm, evicted, "differs when the guest is dropped before every step");
        for what in [
            "child 1 started",
            "child c1",
            "Child Workflow execution failed",
            "Child Workflow execution cancelled",
            "Child Workflow execution terminated",
            "child workflow could not start",
            "'done'",
            " delivered",
            "because it was not found",
            "signal s8 received",
            "cancel requested up",
            "cancel requested from outside",
            "continued as new c1",
            "next run",
            "TerminateIfRunning",
            "task failed: ResetWorkflow",
            "update i1 ",
        ] {
            *counts.borrow_mut().entry(what).or_default() += u32::from(warm.contains(what));
        }
    });
    // A generator that no longer reaches these proves nothing.
    seen.retain(|_, n| *n < 10);
    assert!(seen.is_empty(), "hardly a script came to {seen:?}");
}
