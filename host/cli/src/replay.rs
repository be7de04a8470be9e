//! `refrain replay`: does a component still play these histories? Offline, so it fits into CI.

mod files;
mod trace;
mod words;

use crate::component::digest;
use crate::config;
use crate::errors::CliError;
use crate::output::{self, Format};
use clap::Args;
use refrain_core::errors::StepError;
use refrain_core::ids::{Digest, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::machines::{Event, execution, task};
use refrain_core::run::{Run, RunFacts};
use refrain_runtime::{Runtime, RuntimeConfig, WorkflowProgram, digest_of};
use refrain_wire::import::{self, Imported};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use trace::{Stage, Traced, TurnSeen};

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Exported histories (JSON), or directories of them: what `refrain workflow show --output
    /// json`, `temporal workflow show --output json` and Temporal's SDKs write.
    #[arg(value_name = "HISTORY", required = true)]
    histories: Vec<PathBuf>,
    /// The component that is to play them: a `.wasm` file.
    #[arg(value_name = "COMPONENT", required = true)]
    component: PathBuf,
    /// Show each event, what the program was told, what it asked for and what it logged.
    #[arg(long)]
    trace: bool,
    /// The namespace that the program sees.
    #[arg(long, value_name = "NAME", default_value = config::DEFAULT_NAMESPACE)]
    namespace: String,
    /// Compiled components are kept here. Default: `refrain` in the user's cache directory.
    #[arg(long, env = "REFRAIN_CACHE_DIR", value_name = "DIR")]
    cache_dir: Option<PathBuf>,
}

/// What a history is replayed on.
struct Target {
    program: Arc<WorkflowProgram>,
    component: Digest,
    namespace: String,
}

/// One history and what came of it.
struct Verdict {
    file: PathBuf,
    workflow_id: String,
    workflow_type: String,
    n_events: usize,
    recorded_by: String,
    /// What the program did, if somebody wants to see it.
    turns: Option<Vec<TurnSeen>>,
    /// A file that can't be read, or is no history that this version knows.
    outcome: Result<Result<(), StepError>, String>,
}

pub(crate) fn run(args: ReplayArgs, format: Format) -> Result<(), CliError> {
    let target = Target::load(&args)?;
    let files = files::find(&args.histories)?;
    let mut verdicts = Vec::with_capacity(files.len());
    for (nth, file) in files.iter().enumerate() {
        let (verdict, trace) = target.replay(file, args.trace);
        match (format, trace) {
            (Format::Text, Some(trace)) => {
                let gap = if nth > 0 { "\n" } else { "" };
                output::print(&format!("{gap}{trace}"))?;
            }
            (Format::Text, None) => output::print(&verdict.line())?,
            (Format::Json, _) => {}
        }
        verdicts.push(verdict);
    }
    if format == Format::Json {
        output::print_json(&verdicts.iter().map(Verdict::to_json).collect())?;
    }
    conclude(&verdicts)
}

fn conclude(verdicts: &[Verdict]) -> Result<(), CliError> {
    let n = |which: fn(&Verdict) -> bool| verdicts.iter().filter(|it| which(it)).count();
    let n_unreadable = n(|it| it.outcome.is_err());
    let n_unfit = n(|it| matches!(it.outcome, Ok(Err(_))));
    let of = match verdicts.len() {
        1 => "1 history".to_owned(),
        n => format!("{n} histories"),
    };
    let do_not = match n_unfit {
        1 => "does not fit the component",
        _ => "do not fit the component",
    };
    match (n_unfit, n_unreadable) {
        (0, 0) => {
            if verdicts.len() > 1 {
                output::say(&format!("all of {of} fit"));
            }
            Ok(())
        }
        (0, bad) => Err(CliError::failed(format!("{bad} of {of} can't be replayed"))),
        (1, 0) if verdicts.len() == 1 => Err(CliError::does_not_fit(format!("it {do_not}"))),
        (n, 0) => Err(CliError::does_not_fit(format!("{n} of {of} {do_not}"))),
        (n, bad) => Err(CliError::does_not_fit(format!(
            "{n} of {of} {do_not}, and {bad} can't be replayed"
        ))),
    }
}

impl Target {
    fn load(args: &ReplayArgs) -> Result<Target, CliError> {
        let shown = args.component.display();
        let bytes = std::fs::read(&args.component).map_err(|error| {
            CliError::failed(format!("component `{shown}` can't be read: {error}"))
                .hint("the last argument is the `.wasm` file, those before it are histories")
        })?;
        let cache = args.cache_dir.clone().unwrap_or_else(config::default_cache_dir);
        let mut config = RuntimeConfig::new(cache);
        config.instances_max = 64;
        let runtime = Runtime::new(config).map_err(|error| CliError::of(&error))?;
        let component = digest_of(&bytes);
        let program = runtime
            .load(component, || Ok(bytes))
            .map_err(|error| CliError::failed(format!("component `{shown}`: {error}")))?;
        Ok(Target { program, component, namespace: args.namespace.clone() })
    }

    fn replay(&self, file: &Path, traces: bool) -> (Verdict, Option<String>) {
        let mut verdict = Verdict {
            file: file.to_owned(),
            workflow_id: String::new(),
            workflow_type: String::new(),
            n_events: 0,
            recorded_by: String::new(),
            turns: traces.then(Vec::new),
            outcome: Ok(Ok(())),
        };
        let imported = files::read(file).and_then(|text| {
            import::history(&text).map_err(|error| crate::errors::with_causes(&error))
        });
        let imported = match imported {
            Ok(imported) => imported,
            Err(reason) => {
                verdict.outcome = Err(reason);
                let line = verdict.line();
                return (verdict, traces.then_some(line));
            }
        };
        verdict.describe(&imported);
        let Some(facts) = self.facts(&imported) else {
            verdict.outcome = Err("its first event does not start a workflow".to_owned());
            let line = verdict.line();
            return (verdict, traces.then_some(line));
        };
        let traced = Traced::new(imported.foreign, traces);
        let fits = self.play(&facts, &imported, &traced, None);
        let stage = match (&fits, traces) {
            (Err(StepError::Diverged(it)), true) if it.command > 0 => {
                // Once more, and stopped where it asks for what history does not have.
                let again = Traced::new(imported.foreign, false);
                match self.play(&facts, &imported, &again, Some(it.command)) {
                    Err(StepError::Guest(error)) => Stage::of(&error),
                    Ok(()) | Err(_) => Stage::default(),
                }
            }
            (Err(StepError::Guest(error)), true) => Stage::of(error),
            _ => Stage::default(),
        };
        verdict.outcome = match fits {
            // That is no fault of the component.
            Err(error @ StepError::Corrupt { .. }) => Err(error.to_string()),
            fits => Ok(fits),
        };
        verdict.turns = traces.then(|| traced.turns());
        let trace = verdict.turns.as_ref().map(|turns| {
            let title = verdict.title();
            trace::text(&title, &imported.shown, turns, &verdict.outcome, &stage)
        });
        (verdict, trace)
    }

    fn play(
        &self,
        facts: &RunFacts,
        imported: &Imported,
        traced: &Traced,
        stop_at: Option<u64>,
    ) -> Result<(), StepError> {
        let guest = traced.guest(&self.program, stop_at);
        Run::replay(facts.clone(), &imported.events, guest).map(drop)
    }

    fn facts(&self, imported: &Imported) -> Option<RunFacts> {
        let Event::Execution(execution::Event::Started(started)) = &imported.events.first()?.event
        else {
            return None;
        };
        let workflow = started.workflow_id.as_str().into();
        let execution = ExecutionKey { namespace: NamespaceId(1), workflow };
        Some(RunFacts {
            key: RunKey { execution, run: started.original_run.unwrap_or(RunId(0)) },
            namespace: self.namespace.clone(),
            component: self.component,
        })
    }
}

impl Verdict {
    fn describe(&mut self, imported: &Imported) {
        self.n_events = imported.events.len();
        if let Some(Event::Execution(execution::Event::Started(it))) =
            imported.events.first().map(|it| &it.event)
        {
            self.workflow_id = it.workflow_id.clone();
            self.workflow_type = it.workflow_type.clone();
        }
        let by = imported.events.iter().rev().find_map(|it| match &it.event {
            Event::Task(task::Event::Completed { component, .. }) => *component,
            _ => None,
        });
        self.recorded_by = match (by, imported.foreign) {
            (_, true) => "a Temporal SDK".to_owned(),
            (Some(by), false) => digest(&by.short()),
            (None, false) => String::new(),
        };
    }

    fn title(&self) -> String {
        let by = match self.recorded_by.as_str() {
            "" => String::new(),
            by => format!(", recorded by {by}"),
        };
        format!(
            "{}  {} ({}), {} events{by}",
            self.file.display(),
            self.workflow_id,
            self.workflow_type,
            self.n_events
        )
    }

    fn line(&self) -> String {
        let file = output::clean(&self.file.display().to_string());
        match &self.outcome {
            Ok(Ok(())) => format!(
                "fits      {file}  {} ({}), {} events",
                output::clean(&self.workflow_id),
                output::clean(&self.workflow_type),
                self.n_events
            ),
            Ok(Err(error)) => {
                format!("NO        {file}\n          {}", output::clean(&reason(error)))
            }
            Err(why) => format!("UNUSABLE  {file}\n          {}", output::clean(why)),
        }
    }

    fn to_json(&self) -> Value {
        let mut it = json!({
            "file": self.file.display().to_string(),
            "workflowId": self.workflow_id,
            "workflowType": self.workflow_type,
            "events": self.n_events,
            "recordedBy": self.recorded_by,
            "fits": matches!(self.outcome, Ok(Ok(()))),
        });
        if let Some(turns) = &self.turns {
            it["trace"] = turns.iter().map(TurnSeen::to_json).collect();
        }
        match &self.outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                it["code"] = json!(error.code().0);
                it["message"] = json!(error.to_string());
                if let StepError::Diverged(divergence) = error {
                    it["eventId"] = json!(divergence.at.0);
                    it["recorded"] = json!(divergence.recorded);
                    it["asked"] = json!(divergence.asked);
                }
            }
            Err(why) => it["unusable"] = json!(why),
        }
        it
    }
}

fn reason(error: &StepError) -> String {
    format!("[{}] {error}", error.code().0)
}
