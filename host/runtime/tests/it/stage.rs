//! One runtime for all tests, guests by name, and turns with as few words as possible.

use refrain_core::failure::{Failure, FailureKind};
use refrain_core::guest::{Guest, GuestError, Job, Program, Query, QueryError, Start, Turn};
use refrain_core::ids::{OpSeq, RunId};
use refrain_core::machines::{
    Command, activity, attributes, child, execution, external, local, patch, signal, timer, update,
};
use refrain_core::payload::{Payload, Payloads};
use refrain_core::time::{Delay, Timestamp};
use refrain_runtime::{ComponentError, Runtime, RuntimeConfig, digest_of};
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

pub(crate) const NOW: Timestamp = Timestamp(1_800_000_000_000);
pub(crate) const ACTIVATION_MS_MAX: u64 = 500;

pub(crate) fn cache_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled")
}

pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let config = RuntimeConfig {
            activation_ms_max: ACTIVATION_MS_MAX,
            instances_max: 256,
            ..RuntimeConfig::new(cache_dir())
        };
        Runtime::new(config).unwrap()
    })
}

pub(crate) fn component(language: &str, name: &str) -> Vec<u8> {
    let path = path(language, name);
    std::fs::read(&path)
        .unwrap_or_else(|cause| panic!("{path}: {cause}; run `cargo xtask guests` first"))
}

/// False: it could not be built on this machine. `cargo xtask guests` says why.
pub(crate) fn is_built(language: &str, name: &str) -> bool {
    std::fs::exists(path(language, name)).unwrap()
}

fn path(language: &str, name: &str) -> String {
    format!("{}/../../target/guests/{language}/{name}.wasm", env!("CARGO_MANIFEST_DIR"))
}

/// A guest, and the few things that tests do to it.
pub(crate) struct Actor {
    pub(crate) guest: Box<dyn Guest>,
    pub(crate) replaying: bool,
    pub(crate) now: Timestamp,
    /// That come with the start.
    pub(crate) signals: Vec<signal::Signal>,
}

pub(crate) fn sent(name: &str, args: &[&str]) -> signal::Signal {
    signal::Signal {
        name: name.to_owned(),
        input: args.iter().map(|arg| Payload::json(*arg)).collect(),
        ..signal::Signal::default()
    }
}

impl Actor {
    pub(crate) fn new(component: &[u8]) -> Actor {
        let program = runtime()
            .load(digest_of(component), || Ok::<_, ComponentError>(component.to_vec()))
            .unwrap_or_else(|cause| panic!("{cause}"));
        Actor::of(program.as_ref())
    }

    pub(crate) fn of(program: &dyn Program) -> Actor {
        Actor { guest: program.guest().unwrap(), replaying: false, now: NOW, signals: Vec::new() }
    }

    pub(crate) fn rust(name: &str) -> Actor {
        Actor::new(&component("rust", name))
    }

    pub(crate) fn turn(&mut self, job: Job) -> Result<Vec<Command>, GuestError> {
        self.guest.turn(Turn {
            now: self.now,
            replaying: self.replaying,
            history_length: 3,
            history_bytes: 400,
            suggest_continue_as_new: false,
            job,
        })
    }

    pub(crate) fn start(&mut self, workflow_type: &str, args: &[&str]) -> String {
        self.try_start(workflow_type, args, &[]).map(|commands| told(&commands)).unwrap()
    }

    pub(crate) fn try_start(
        &mut self,
        workflow_type: &str,
        args: &[&str],
        patches: &[&str],
    ) -> Result<Vec<Command>, GuestError> {
        let signals = std::mem::take(&mut self.signals);
        self.turn(Job::Start(Box::new(Start {
            namespace: "default".to_owned(),
            run: RunId(0x0195_e1f2_0000_7abc_8def_0123_4567_89ab),
            started: Arc::new(execution::Started {
                workflow_type: workflow_type.to_owned(),
                workflow_id: "w1".to_owned(),
                task_queue: "q".to_owned(),
                input: args.iter().map(|arg| Payload::json(*arg)).collect(),
                task_timeout: Delay::from_secs(10),
                attempt: 1,
                ..execution::Started::default()
            }),
            start_time: NOW,
            patches: patches.iter().map(|patch| (*patch).to_owned()).collect::<BTreeSet<_>>(),
            signals,
        })))
    }

    pub(crate) fn activity(&mut self, op: u32, result: Result<&str, Failure>) -> String {
        let result = result.map(|json| vec![Payload::json(json)]);
        told(&self.turn(Job::ActivityClosed { op: OpSeq(op), result }).unwrap())
    }

    pub(crate) fn timer(&mut self, op: u32, result: Result<(), Failure>) -> String {
        told(&self.turn(Job::TimerClosed { op: OpSeq(op), result }).unwrap())
    }

    pub(crate) fn signal(&mut self, name: &str, args: &[&str]) -> String {
        told(&self.turn(Job::Signal(sent(name, args))).unwrap())
    }

    pub(crate) fn update(&mut self, id: &str, name: &str, args: &[&str]) -> String {
        told(&self.try_update(id, name, args).unwrap())
    }

    pub(crate) fn try_update(
        &mut self,
        id: &str,
        name: &str,
        args: &[&str],
    ) -> Result<Vec<Command>, GuestError> {
        let request = update::Request {
            id: id.to_owned(),
            name: name.to_owned(),
            input: args.iter().map(|arg| Payload::json(*arg)).collect(),
            ..update::Request::default()
        };
        self.turn(Job::Update(Box::new(request)))
    }

    pub(crate) fn cancel(&mut self) -> String {
        told(&self.turn(Job::CancelRequested { cause: "enough".to_owned() }).unwrap())
    }

    pub(crate) fn query(&mut self, name: &str) -> Result<String, QueryError> {
        let query = Query { name: name.to_owned(), args: Vec::new(), now: self.now };
        self.guest.query(&query).map(|result| json(&result))
    }
}

pub(crate) fn json(payloads: &Payloads) -> String {
    let all: Vec<_> = payloads
        .iter()
        .map(|payload| match payload.metadata.get("encoding").map(Vec::as_slice) {
            Some(b"binary/null") => "null".into(),
            _ => String::from_utf8_lossy(&payload.data),
        })
        .collect();
    all.join(" ")
}

/// One line for each command.
pub(crate) fn told(commands: &[Command]) -> String {
    let lines: Vec<String> = commands.iter().map(tell).collect();
    lines.join("\n")
}

fn tell(command: &Command) -> String {
    match command {
        Command::Activity(activity::Command::Schedule(it)) => {
            format!("activity {} {}({})", it.op, it.activity_type, json(&it.input))
        }
        Command::Local(local::Command::Schedule(it)) => {
            format!("local activity {} {}({})", it.op, it.activity_type, json(&it.input))
        }
        Command::Timer(timer::Command::Start { op, delay, .. }) => format!("timer {op} {delay}"),
        Command::Child(child::Command::Start(it)) => {
            let child = &it.child;
            let (kind, input) = (&child.workflow_type, json(&child.input));
            format!("child {} {kind} {}({input})", it.op, child.workflow_id)
        }
        Command::External(external::Command::Signal { op, target, signal }) => {
            format!("signal {op} {} to {}", signal.name, target.workflow_id)
        }
        Command::External(external::Command::Cancel { op, target, .. }) => {
            format!("cancel {op} of {}", target.workflow_id)
        }
        Command::Patch(patch::Command::Record { patch, .. }) => format!("patch {patch}"),
        Command::Update(update::Command::Complete { update, outcome: Ok(result) }) => {
            format!("answer {update} {}", json(result))
        }
        Command::Update(update::Command::Complete { update, outcome: Err(failure) }) => {
            format!("answer {update} {}", failure_line(failure))
        }
        Command::Attributes(command) => {
            let (what, map) = match command {
                attributes::Command::UpsertSearch(map) => ("search attributes", map),
                attributes::Command::UpsertMemo(map) => ("memo", map),
            };
            let names: Vec<&str> = map.keys().map(String::as_str).collect();
            format!("upsert {what} {}", names.join(" "))
        }
        Command::Cancel(op) => format!("cancel {op}"),
        Command::Publish { name, value } => {
            format!("publish {name} {}", json(&vec![value.clone()]))
        }
        Command::Execution(execution::Command::Complete { result }) => {
            format!("complete {}", json(result))
        }
        Command::Execution(execution::Command::ContinueAsNew(it)) => {
            format!("continue as new {}", json(&it.input))
        }
        Command::Execution(execution::Command::Fail { failure }) => {
            format!("fail {}", failure_line(failure))
        }
    }
}

pub(crate) fn failure_line(failure: &Failure) -> String {
    let kind = match &failure.kind {
        FailureKind::Activity { scheduled, activity_id, .. } => {
            format!("activity {activity_id} of event {scheduled}")
        }
        FailureKind::Application { .. }
        | FailureKind::Timeout { .. }
        | FailureKind::Canceled { .. }
        | FailureKind::Terminated
        | FailureKind::ResetWorkflow { .. }
        | FailureKind::Server { .. }
        | FailureKind::ChildWorkflow { .. } => failure.type_name(),
    };
    let cause = failure.cause.as_deref().map(|cause| format!(" <- {}", failure_line(cause)));
    format!("{kind}: {}{}", failure.message, cause.unwrap_or_default())
}

/// What guests log on this thread while `play` runs.
pub(crate) fn logged(play: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let kept = Kept::default();
    let writer = kept.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_env_filter("refrain::guest=trace")
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, play);
    String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
}
