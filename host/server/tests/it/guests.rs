//! Guests of three kinds, by workflow type, without any wasm.

use refrain_core::attempt::ActivityTask;
use refrain_core::failure::Failure;
use refrain_core::guest::{
    Guest, GuestError, GuestErrorKind, Job, Program, Query, QueryError, Turn,
};
use refrain_core::ids::{Digest, OpSeq};
use refrain_core::machines::{Command, activity, execution, update};
use refrain_core::options::{ActivityTimeouts, CancellationType, Priority};
use refrain_core::payload::{Payload, Payloads};
use refrain_core::time::{Delay, Timestamp};
use refrain_engine::api::ComponentKind;
use refrain_engine::programs::{ActivityProgram, ActivityResult, Checked, Heartbeats, Programs};
use std::pin::Pin;
use std::sync::Arc;

/// Components are texts: `workflows` or `activities`, and anything after it.
pub(crate) struct Texts;

impl Programs for Texts {
    fn cached(&self, digest: Digest) -> Option<Arc<dyn Program>> {
        match digest == digest_of(NO_ROOM) {
            true => Some(Arc::new(NoRoom)),
            false => Some(Arc::new(Scenario)),
        }
    }

    fn load(&self, _: Digest, _: Vec<u8>) -> Result<Arc<dyn Program>, GuestError> {
        Ok(Arc::new(Scenario))
    }

    fn check(&self, bytes: &[u8]) -> Result<Checked, GuestError> {
        let kind = match bytes {
            [b'w', ..] => ComponentKind::Workflow,
            [b'a', ..] => ComponentKind::Activities,
            _ => {
                return Err(GuestError {
                    kind: GuestErrorKind::Instantiate,
                    message: "component is not a text, expected `workflows`".to_owned(),
                    backtrace: String::new(),
                });
            }
        };
        let types = ["Echo", "Wait", "Charge"].map(str::to_owned).to_vec();
        let named: Vec<String> =
            types.iter().map(|it| format!(r#"{{"name":"{it}","description":""}}"#)).collect();
        let definition = format!(r#"{{"workflow_types":[{}]}}"#, named.join(","));
        Ok(Checked { digest: digest_of(bytes), kind, definition, types })
    }

    fn load_activities(
        &self,
        _: Digest,
        _: Vec<u8>,
    ) -> Result<Arc<dyn ActivityProgram>, GuestError> {
        Ok(Arc::new(NoActivities))
    }
}

struct NoActivities;

impl ActivityProgram for NoActivities {
    fn execute(
        &self,
        _: String,
        _: ActivityTask,
        _: Arc<dyn Heartbeats>,
    ) -> Pin<Box<dyn Future<Output = ActivityResult> + Send>> {
        Box::pin(async { Err(Failure::host("None", "no activities here")) })
    }
}

/// A component that a guest of finds no room, ever.
pub(crate) const NO_ROOM: &[u8] = b"workflows without room";

struct NoRoom;

impl Program for NoRoom {
    fn guest(&self) -> Result<Box<dyn Guest>, GuestError> {
        let (kind, message) = (GuestErrorKind::NoRoom, "no room".to_owned());
        Err(GuestError { kind, message, backtrace: String::new() })
    }
}

struct Scenario;

impl Program for Scenario {
    fn guest(&self) -> Result<Box<dyn Guest>, GuestError> {
        Ok(Box::new(Played::default()))
    }
}

#[derive(Default)]
struct Played {
    n_signals: u32,
}

fn complete(result: Payloads) -> Vec<Command> {
    vec![Command::Execution(execution::Command::Complete { result })]
}

fn fail(failure: Failure) -> Vec<Command> {
    vec![Command::Execution(execution::Command::Fail { failure })]
}

impl Guest for Played {
    fn unreceived(&self) -> Vec<refrain_core::machines::signal::Signal> {
        Vec::new()
    }

    fn turn(&mut self, turn: Turn) -> Result<Vec<Command>, GuestError> {
        Ok(match turn.job {
            Job::Start(start) => match start.started.workflow_type.as_str() {
                "Echo" => complete(start.started.input.clone()),
                "Charge" => vec![
                    Command::Publish {
                        name: "phase".to_owned(),
                        value: Payload::json("\"charging\""),
                    },
                    Command::Activity(activity::Command::Schedule(Box::new(activity::Schedule {
                        op: OpSeq(1),
                        activity_id: None,
                        activity_type: "charge".to_owned(),
                        task_queue: Some("cards".to_owned()),
                        input: start.started.input.clone(),
                        header: Default::default(),
                        timeouts: ActivityTimeouts {
                            start_to_close: Some(Delay::from_secs(30)),
                            ..Default::default()
                        },
                        retry: None,
                        cancellation: CancellationType::WaitCancellationCompleted,
                        summary: None,
                        priority: Priority::default(),
                    }))),
                ],
                _ => Vec::new(),
            },
            Job::ActivityClosed { result: Ok(result), .. } => complete(result),
            Job::ActivityClosed { result: Err(failure), .. } => fail(failure),
            Job::Signal(signal) => {
                self.n_signals += 1;
                match signal.name.as_str() {
                    "finish" => complete(signal.input),
                    "fail" => {
                        let message = "not this time".to_owned();
                        fail(Failure { message, ..Failure::default() })
                    }
                    "again" => {
                        let asked = execution::ContinueAsNew::default();
                        let again = execution::Command::ContinueAsNew(Box::new(asked));
                        vec![Command::Execution(again)]
                    }
                    _ => Vec::new(),
                }
            }
            // One called `wait` is never completed, the others answer with their arguments.
            Job::Update(request) if request.name == "wait" => Vec::new(),
            Job::Update(request) => {
                let (update, outcome) = (request.id, Ok(request.input));
                vec![Command::Update(update::Command::Complete { update, outcome })]
            }
            Job::CancelRequested { .. } => fail(Failure::canceled("as asked")),
            Job::TimerClosed { .. }
            | Job::ChildStarted { .. }
            | Job::ChildClosed { .. }
            | Job::ExternalClosed { .. } => Vec::new(),
        })
    }

    fn validate_update(
        &mut self,
        request: &update::Request,
        _: Timestamp,
    ) -> Result<Result<(), Box<Failure>>, GuestError> {
        Ok(match request.name.as_str() {
            "bad" => Err(Box::new(Failure::host("Bad", "it is bad"))),
            _ => Ok(()),
        })
    }

    fn query(&mut self, query: &Query) -> Result<Payloads, QueryError> {
        if query.name == "signals" {
            return Ok(vec![Payload::json(self.n_signals.to_string())]);
        }
        Err(QueryError::Failed(Failure::host("UnknownQuery", "no such query")))
    }
}

/// Of a text that stands for a component.
pub(crate) fn digest_of(text: &[u8]) -> Digest {
    let mut digest = [0; 32];
    for (at, byte) in text.iter().enumerate() {
        digest[at % 32] ^= byte;
    }
    Digest(digest)
}
