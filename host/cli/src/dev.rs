//! `refrain dev`: what is saved is built, replayed against the open runs, and deployed.
//!
//! What goes wrong on the way is said, and what is deployed stays: the next save is the next try. A server that is
//! not our own may go away meanwhile, and come back with nothing: then what is there is deployed again.

mod watch;

use crate::build::{ProjectArgs, not_built};
use crate::client::{Client, ScopeArgs};
use crate::component::{ComponentFile, digest, push};
use crate::config::{DevArgs, HostArgs, HostConfig, HttpConfig, Mode};
use crate::deploy::{check, move_runs, switch};
use crate::deployment::{stage, versions_of};
use crate::errors::{CliError, Exit};
use crate::findings;
use crate::output::{self, Format};
use crate::serve;
use clap::Args;
use refrain_build::{Component, Options, Project};
use refrain_wire::admin as pb;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use watch::Sources;

/// A server that we start ourselves listens sooner than that.
const SERVER_PATIENCE: Duration = Duration::from_secs(30);
const SERVER_POLL: Duration = Duration::from_millis(50);
/// How often a server that is not our own is asked whether it still has what was deployed to it.
const SERVER_LOOK: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(crate) struct DevelopArgs {
    #[command(flatten)]
    project: ProjectArgs,
    /// The task queue that the project serves. Default: the name of its folder.
    #[arg(long, short, value_name = "NAME")]
    task_queue: Option<String>,
    /// The database file of a server that is started here. Default: none, all is gone when it stops.
    #[arg(long, value_name = "FILE")]
    db_filename: Option<PathBuf>,
    /// Where that server keeps compiled components. Default: `refrain` in the user's cache directory.
    #[arg(long, env = "REFRAIN_CACHE_DIR", value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    #[command(flatten)]
    scope: ScopeArgs,
}

pub(crate) async fn run(args: DevelopArgs, format: Format) -> Result<(), CliError> {
    if format == Format::Json {
        return Err(CliError::usage("`refrain dev` talks to people: it has no JSON"));
    }
    let project = args.project.find()?;
    let task_queue = match &args.task_queue {
        Some(task_queue) => task_queue.clone(),
        None => folder_name(&project)?,
    };
    let server = match args.scope.connect().await {
        Ok(_) => None,
        Err(error) if error.exit == Exit::Unreachable => {
            let listen = args.scope.connect.local_server().ok_or(error)?;
            let host = HostArgs::of(listen, args.db_filename, args.cache_dir);
            let mut config = host.validate(Mode::Development)?;
            config.listen_http = page(&config)?;
            Some(config)
        }
        Err(error) => return Err(error),
    };
    let looks_after = server.is_none().then(|| args.scope.clone());
    let develop = async {
        let client = wait_for_server(&args.scope).await?;
        let namespace = args.scope.namespace();
        let deployed = BTreeMap::new();
        Session { client, looks_after, namespace, task_queue, project, deployed }.go_on().await
    };
    match server {
        None => develop.await,
        Some(config) => tokio::select! {
            stopped = serve::serve(config, format) => stopped,
            failed = develop => failed,
        },
    }
}

/// On its usual port, or on any if that is another's: nobody has asked for it here.
fn page(config: &HostConfig) -> Result<Vec<HttpConfig>, CliError> {
    let mut pages = DevArgs::default().listen_http(config)?;
    for page in &mut pages {
        if std::net::TcpListener::bind(page.address).is_err() {
            page.address.set_port(0);
        }
    }
    Ok(pages)
}

fn folder_name(project: &Project) -> Result<String, CliError> {
    let folder = std::path::absolute(&project.folder).ok().and_then(|it| it.canonicalize().ok());
    let name = folder.as_deref().and_then(|it| it.file_name());
    name.map(|it| it.to_string_lossy().into_owned())
        .ok_or_else(|| CliError::usage("the project's folder has no name").hint("use --task-queue"))
}

async fn wait_for_server(scope: &ScopeArgs) -> Result<Client, CliError> {
    let began = Instant::now();
    loop {
        match scope.connect().await {
            Err(error) if error.exit == Exit::Unreachable && began.elapsed() < SERVER_PATIENCE => {
                tokio::time::sleep(SERVER_POLL).await;
            }
            connected => return connected,
        }
    }
}

struct Session {
    client: Client,
    /// Where the server is, if it is not our own.
    looks_after: Option<ScopeArgs>,
    namespace: String,
    task_queue: String,
    project: Project,
    /// Digests of what this session has deployed, by the component's name.
    deployed: BTreeMap<String, String>,
}

impl Session {
    /// Ends with the process, or if the folder can't be looked at.
    async fn go_on(mut self) -> Result<(), CliError> {
        loop {
            // Looked at before the build, so that what is saved during it is not missed.
            let built_from = Sources::of(&self.project.folder)?;
            let tried = self.round().await;
            if let Err(error) = &tried {
                output::say(&error.text());
            }
            output::say(&format!("watching {}", self.project.folder.display()));
            let owes = tried.is_err_and(|it| it.exit == Exit::Unreachable);
            tokio::select! {
                changed = built_from.changed(&self.project.folder) => changed?,
                () = self.server_lacks(owes) => {}
            }
        }
    }

    /// Waits until the server lacks what is to be deployed: it is back after a round that did not reach it, or
    /// it has nothing of what this session has deployed.
    async fn server_lacks(&self, owes: bool) {
        let Some(scope) = &self.looks_after else { return std::future::pending().await };
        let mut is_away = owes;
        loop {
            tokio::time::sleep(SERVER_LOOK).await;
            let list = async {
                versions_of(&scope.connect().await?, scope.namespace(), self.task_queue.clone())
                    .await
            };
            match list.await {
                Ok(_) if owes => return,
                Ok(there) => {
                    let ours =
                        |it: &pb::Deployment| self.deployed.values().any(|our| *our == it.digest);
                    if !self.deployed.is_empty() && !there.iter().any(ours) {
                        output::say("the server does not have what was deployed: once more");
                        return;
                    }
                    if is_away {
                        output::say("the server is back, with what was deployed");
                    }
                    is_away = false;
                }
                Err(error) if error.exit == Exit::Unreachable && !is_away => {
                    output::say(&format!("the server is away: {}", error.message));
                    is_away = true;
                }
                // What else is wrong is said by the next round, which needs more than this list.
                Err(_) => {}
            }
        }
    }

    /// Do new runs start on this component? Others may have deployed meanwhile, also on our own advice.
    async fn is_current(&self, digest: &str) -> Result<bool, CliError> {
        let (namespace, queue) = (self.namespace.clone(), self.task_queue.clone());
        let there = versions_of(&self.client, namespace, queue).await?;
        Ok(there.iter().any(|it| it.digest == digest && stage(it) == pb::VersionStage::Current))
    }

    async fn round(&mut self) -> Result<(), CliError> {
        let began = Instant::now();
        let project = self.project.clone();
        let built = tokio::task::spawn_blocking(move || project.build(&Options::default()));
        let built = built
            .await
            .map_err(|panic| CliError::failed(format!("the build broke: {panic}")))?
            .map_err(|error| self.nothing_changes(not_built(error)))?;
        let build_time = began.elapsed();
        for component in built {
            self.deploy(component, build_time).await?;
        }
        Ok(())
    }

    async fn deploy(&mut self, built: Component, build_time: Duration) -> Result<(), CliError> {
        let began = Instant::now();
        let file = ComponentFile::read(&built.file, None)?;
        let pushed = push(&self.client, &self.namespace, file)
            .await
            .map_err(|error| self.nothing_changes(error))?
            .answer;
        let is_ours = self.deployed.get(&built.name) == Some(&pushed.digest);
        if is_ours && self.is_current(&pushed.digest).await? {
            output::say(&format!("{}: the same component as before", built.name));
            return Ok(());
        }
        let (namespace, queue) = (self.namespace.clone(), self.task_queue.clone());
        let has_runs = pushed.kind == pb::ComponentKind::Workflow as i32;
        let mut moved = String::new();
        if has_runs {
            let report = check(&self.client, &namespace, &queue, &pushed.digest, 0).await?;
            if report.n_unfit() > 0 {
                let with = format!("against {} ({})", digest(&pushed.digest), built.name);
                output::say(&findings::text(&report, "checked", &with));
                let error =
                    CliError::does_not_fit("what was deployed stays: open runs would diverge");
                return Err(error.hint(format!(
                    "guard the change with `patched`; or end those runs; or switch new runs only, with \
                     `refrain deploy {} --task-queue {queue}`",
                    built.file.display()
                )));
            }
        }
        switch(&self.client, &namespace, &queue, &pushed.digest).await?;
        if has_runs {
            let report = move_runs(&self.client, &namespace, &queue, &pushed.digest).await?;
            if report.n_fit() > 0 {
                let s = if report.n_fit() == 1 { "" } else { "s" };
                moved = format!("; {} open run{s} moved to it", report.n_fit());
            }
        }
        self.deployed.insert(built.name.clone(), pushed.digest.clone());
        let types: Vec<String> = [pushed.workflow_types, pushed.activity_types].concat();
        output::say(&output::clean(&format!(
            "deployed {} ({}) to `{queue}`: {}{moved} (build {:.1} s, deploy {:.1} s)",
            built.name,
            digest(&pushed.digest).get(..19).unwrap_or_default(),
            types.join(", "),
            build_time.as_secs_f64(),
            began.elapsed().as_secs_f64(),
        )));
        Ok(())
    }

    fn nothing_changes(&self, error: CliError) -> CliError {
        let then = match (error.exit, self.deployed.is_empty()) {
            (Exit::Unreachable, _) => "waiting for the server",
            (Exit::Failed | Exit::Usage | Exit::DoesNotFit, false) => "what was deployed stays",
            (Exit::Failed | Exit::Usage | Exit::DoesNotFit, true) => return error,
        };
        CliError { message: format!("{}\n{then}", error.message), ..error }
    }
}
