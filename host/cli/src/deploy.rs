//! `refrain deploy`: open runs are replayed first, then the component serves its task queue.

use crate::client::{Client, ScopeArgs, identity};
use crate::component::{ComponentFile, digest, push};
use crate::errors::CliError;
use crate::findings::{self, Report};
use crate::output::{self, Format};
use clap::Args;
use refrain_wire::admin as pb;
use serde_json::json;
use std::path::Path;

#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    /// A `.wasm` file, which is uploaded first; or the digest (12 digits are enough) or name of a
    /// stored component.
    #[arg(value_name = "FILE|DIGEST|NAME")]
    component: String,
    /// The task queue that it is to serve.
    #[arg(long, short, value_name = "NAME")]
    task_queue: String,
    /// What to call an uploaded file. Default: the file's name.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Only replay the open runs and say which would diverge; switch nothing.
    ///
    /// Exit code 4 if one would. The file is uploaded all the same.
    #[arg(long, conflicts_with_all = ["no_check", "move"])]
    dry_run: bool,
    /// Move the open runs that fit to this component; the others stay on theirs.
    #[arg(long)]
    r#move: bool,
    /// Replay at most so many open runs of each workflow type. Default: all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// Do not replay the open runs first.
    #[arg(long, visible_alias = "force", conflicts_with = "sample")]
    no_check: bool,
    #[command(flatten)]
    scope: ScopeArgs,
}

pub(crate) async fn run(args: DeployArgs, format: Format) -> Result<(), CliError> {
    let path = Path::new(&args.component);
    let file = if path.is_file() || looks_like_a_path(&args.component) {
        Some(ComponentFile::read(path, args.name.as_deref())?)
    } else if args.name.is_some() {
        return Err(CliError::usage(format!(
            "`--name` is for files, and `{}` is none",
            args.component
        )));
    } else {
        None
    };
    let client = args.scope.connect().await?;
    let namespace = args.scope.namespace();
    let named = match file {
        Some(file) => push(&client, &namespace, file).await?.answer.digest,
        None => args.component.clone(),
    };
    let component = find(&client, &namespace, &named).await?;
    let has_runs = component.kind == pb::ComponentKind::Workflow as i32;
    if !has_runs && (args.dry_run || args.r#move) {
        return Err(CliError::usage(
            "this is a component of activities: no run is pinned to it, so there is nothing to replay or to move",
        ));
    }

    let mut checked = None;
    if has_runs && !args.no_check {
        let (queue, sample) = (&args.task_queue, args.sample.unwrap_or(0));
        let report = check(&client, &namespace, queue, &component.digest, sample).await?;
        if let Some(error) = report.failed("the check of the open runs did not come to its end") {
            return Err(error.hint("nothing is switched; `--no-check` deploys without it"));
        }
        if args.dry_run {
            return dry_run(&report, &component, format);
        }
        if format == Format::Text {
            findings::say(&report, "checked");
        }
        checked = Some(report);
    }

    let answer = switch(&client, &namespace, &args.task_queue, &component.digest).await?;
    let moved = match args.r#move {
        true => Some(move_runs(&client, &namespace, &args.task_queue, &component.digest).await?),
        false => None,
    };
    match format {
        Format::Json => {
            let mut all = output::json_of("refrain.v1.DeployResponse", &answer)?;
            for (key, report) in [("check", &checked), ("move", &moved)] {
                if let Some(report) = report {
                    all[key] = report.to_json()?;
                }
            }
            output::print_json(&all)?;
        }
        Format::Text => print(&answer, checked.as_ref(), moved.as_ref())?,
    }
    match moved.and_then(|it| it.failed("not all runs were tried")) {
        Some(error) => {
            Err(error.hint("the switch is done; the same command goes on with the rest"))
        }
        None => Ok(()),
    }
}

/// So that a typing error in a file's name is not looked for on the server.
fn looks_like_a_path(text: &str) -> bool {
    text.ends_with(".wasm") || text.contains('/') || text.contains('\\')
}

/// By its digest, the beginning of that, or its name.
pub(crate) async fn find(
    client: &Client,
    namespace: &str,
    named: &str,
) -> Result<pb::Component, CliError> {
    let request = pb::DescribeComponentRequest {
        namespace: namespace.to_owned(),
        component: named.to_owned(),
    };
    let answer = client.answer(client.admin().describe_component(request)).await?;
    Ok(answer.component.unwrap_or_default())
}

/// Replays the open runs of the queue that are on other components; `sample` of each type, 0: all.
pub(crate) async fn check(
    client: &Client,
    namespace: &str,
    task_queue: &str,
    component: &str,
    sample: u32,
) -> Result<Report, CliError> {
    let request = pb::CheckReplayRequest {
        namespace: namespace.to_owned(),
        task_queue: task_queue.to_owned(),
        component: component.to_owned(),
        sample,
    };
    let reports = client.answer(client.admin().check_replay(request)).await?;
    findings::receive(reports, "checked").await
}

/// From now on new runs of the queue start on this component.
pub(crate) async fn switch(
    client: &Client,
    namespace: &str,
    task_queue: &str,
    component: &str,
) -> Result<pb::DeployResponse, CliError> {
    let request = pb::DeployRequest {
        namespace: namespace.to_owned(),
        task_queue: task_queue.to_owned(),
        component: component.to_owned(),
        kind: pb::ComponentKind::Unspecified as i32,
        identity: identity(),
    };
    client.answer(client.admin().deploy(request)).await
}

/// Pins the open runs of the queue that fit to this component.
pub(crate) async fn move_runs(
    client: &Client,
    namespace: &str,
    task_queue: &str,
    component: &str,
) -> Result<Report, CliError> {
    let request = pb::MoveRunsRequest {
        namespace: namespace.to_owned(),
        task_queue: task_queue.to_owned(),
        component: component.to_owned(),
        identity: identity(),
    };
    let reports = client.answer(client.admin().move_runs(request)).await?;
    findings::receive(reports, "moved").await
}

fn dry_run(checked: &Report, component: &pb::Component, format: Format) -> Result<(), CliError> {
    match format {
        Format::Json => output::print_json(&json!({ "check": checked.to_json()? }))?,
        Format::Text => {
            let with = format!("against {} ({})", digest(&component.digest), component.name);
            output::print(&findings::text(checked, "checked", &with))?;
        }
    }
    match checked.n_unfit() {
        0 => Ok(()),
        n => Err(CliError::does_not_fit(format!("{n} of {} would diverge", checked.n_checked()))
            .hint("nothing is switched. A deploy leaves those runs on the component they are on")),
    }
}

fn print(
    answer: &pb::DeployResponse,
    checked: Option<&Report>,
    moved: Option<&Report>,
) -> Result<(), CliError> {
    let deployment = answer.deployment.clone().unwrap_or_default();
    let before = match answer.previous_digest.as_str() {
        "" => String::new(),
        same if same == deployment.digest => "the same component".to_owned(),
        other => digest(other),
    };
    let open = match (moved, checked.map(Report::n_open)) {
        (Some(moved), _) => match moved.n_unfit() {
            0 => format!("{} moved to this version", moved.n_fit()),
            1 => format!(
                "{} moved to this version, 1 stays on its own, where it goes on as before",
                moved.n_fit()
            ),
            stay => format!(
                "{} moved to this version, {stay} stay on theirs, where they go on as before",
                moved.n_fit()
            ),
        },
        (None, None | Some(0)) => String::new(),
        (None, Some(n)) => {
            format!("{n} stay on the version that they began with (`--move` moves those that fit)")
        }
    };
    output::print(&output::fields(&[
        ("Task queue", deployment.task_queue.clone()),
        ("Component", deployment.name.clone()),
        ("Digest", digest(&deployment.digest)),
        ("Version", deployment.version.to_string()),
        ("Before", before),
        ("Open runs", open),
    ]))?;
    // The check has told of those that it found as well.
    let n_told = checked.map_or(0, Report::n_unfit);
    if let Some(moved) = moved.filter(|it| it.n_unfit() != n_told) {
        findings::say(moved, "tried");
    }
    Ok(())
}
