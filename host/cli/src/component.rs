//! `refrain component`: the code of workflows and activities.

use crate::client::{Client, ScopeArgs, UPLOAD_PATIENCE};
use crate::compiler;
use crate::config;
use crate::errors::CliError;
use crate::output::{self, Format};
use crate::units::Bytes;
use clap::{Args, Subcommand};
use refrain_core::limits::COMPONENT_BYTES_MAX;
use refrain_runtime::{Runtime, RuntimeConfig};
use refrain_wire::admin as pb;
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const CHUNK_BYTES: usize = 64 << 10;

#[derive(Debug, Subcommand)]
pub(crate) enum ComponentCommand {
    /// Upload a component. The same bytes twice are stored once.
    Push(PushArgs),
    /// List the components of a namespace, and what each is kept for.
    List(ScopeArgs),
    /// Show what a component offers.
    Describe(DescribeArgs),
    /// Say whether a component can be run, without storing it. Needs no server.
    Check(CheckArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PushArgs {
    /// The component: a `.wasm` file.
    file: PathBuf,
    /// What to call it; versions may share a name. Default: the file's name.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DescribeArgs {
    /// Its digest (12 digits are enough), or its name: then its newest version.
    #[arg(value_name = "DIGEST|NAME")]
    component: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The component: a `.wasm` file.
    file: PathBuf,
    /// Let the server check it, with its limits.
    #[arg(long)]
    remote: bool,
    /// Compiled components are kept here. Default: `refrain` in the user's cache directory.
    #[arg(long, env = "REFRAIN_CACHE_DIR", value_name = "DIR")]
    cache_dir: Option<PathBuf>,
    #[command(flatten)]
    scope: ScopeArgs,
}

pub(crate) async fn run(command: ComponentCommand, format: Format) -> Result<(), CliError> {
    match command {
        ComponentCommand::Push(args) => {
            let file = ComponentFile::read(&args.file, args.name.as_deref())?;
            let client = args.scope.connect().await?;
            let pushed = push(&client, &args.scope.namespace(), file).await?;
            print_pushed(&pushed, format)
        }
        ComponentCommand::List(scope) => list(scope, format).await,
        ComponentCommand::Describe(args) => describe(args, format).await,
        ComponentCommand::Check(args) if args.remote => check_remotely(args, format).await,
        ComponentCommand::Check(args) => check_here(args, format).await,
    }
}

pub(crate) struct ComponentFile {
    pub(crate) name: String,
    bytes: Vec<u8>,
}

impl ComponentFile {
    /// What is plainly no component is said before it is sent anywhere.
    pub(crate) fn read(path: &Path, name: Option<&str>) -> Result<ComponentFile, CliError> {
        let shown = path.display();
        let size = std::fs::metadata(path).map(|it| it.len());
        let too_large = |found: u64| {
            CliError::failed(format!(
                "component `{shown}` has {found} bytes, at most {COMPONENT_BYTES_MAX} are allowed"
            ))
        };
        if let Ok(size) = size
            && size > COMPONENT_BYTES_MAX as u64
        {
            return Err(too_large(size));
        }
        let bytes = std::fs::read(path).map_err(|error| {
            let error = CliError::failed(format!("component `{shown}` can't be read: {error}"));
            match path.extension() {
                Some(_) => error,
                None => error.hint("it is the path of a `.wasm` file"),
            }
        })?;
        if bytes.len() > COMPONENT_BYTES_MAX {
            return Err(too_large(bytes.len() as u64));
        }
        let of_file = || path.file_stem().map(|it| it.to_string_lossy().into_owned());
        let name = name.map(str::to_owned).or_else(of_file).unwrap_or_default();
        if name.is_empty() {
            return Err(CliError::usage("the component has no name").hint("give it one: --name"));
        }
        Ok(ComponentFile { name, bytes })
    }
}

pub(crate) struct Pushed {
    pub(crate) name: String,
    pub(crate) answer: pb::UploadComponentResponse,
}

pub(crate) async fn push(
    client: &Client,
    namespace: &str,
    file: ComponentFile,
) -> Result<Pushed, CliError> {
    use pb::upload_component_request::Part;
    let header = header_of(namespace, &file.name);
    let name = file.name;
    let part = |part| pb::UploadComponentRequest { part: Some(part) };
    let progress = Progress::start(&name, file.bytes.len());
    let chunks = chunks(file.bytes, Arc::clone(&progress.n_sent));
    let parts = std::iter::once(part(Part::Header(header)))
        .chain(chunks.map(move |chunk| part(Part::Chunk(chunk))));
    let mut admin = client.admin();
    let call = admin.upload_component(tokio_stream::iter(parts));
    let answer = progress.during(client.answer_within(UPLOAD_PATIENCE, call)).await?;
    Ok(Pushed { name, answer })
}

fn header_of(namespace: &str, name: &str) -> pb::ComponentHeader {
    pb::ComponentHeader {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        kind: pb::ComponentKind::Unspecified as i32,
    }
}

/// The stream takes a chunk when there is room for it on the wire, so counting here is counting
/// what was sent.
fn chunks(bytes: Vec<u8>, n_sent: Arc<AtomicUsize>) -> impl Iterator<Item = Vec<u8>> + Send {
    let mut at = 0;
    std::iter::from_fn(move || {
        let end = (at + CHUNK_BYTES).min(bytes.len());
        let chunk = bytes.get(at..end).filter(|it| !it.is_empty())?.to_vec();
        at = end;
        n_sent.store(end, Ordering::Relaxed);
        Some(chunk)
    })
}

/// A line on the terminal that tells how far an upload is; nothing if stderr is no terminal.
struct Progress {
    name: String,
    n_bytes: usize,
    n_sent: Arc<AtomicUsize>,
    shown: bool,
}

impl Progress {
    fn start(name: &str, n_bytes: usize) -> Progress {
        let shown = std::io::stderr().is_terminal();
        Progress { name: output::clean(name), n_bytes, n_sent: Arc::default(), shown }
    }

    async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        if !self.shown {
            return work.await;
        }
        let mut work = std::pin::pin!(work);
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(100));
        let done = loop {
            tokio::select! {
                done = &mut work => break done,
                _ = tick.tick() => self.show(),
            }
        };
        output::say("\r\u{1b}[K\r");
        done
    }

    fn show(&self) {
        let n_sent = self.n_sent.load(Ordering::Relaxed);
        let words = if n_sent >= self.n_bytes {
            "sent, the server compiles it".to_owned()
        } else {
            let (sent, all) = (Bytes(n_sent as u64), Bytes(self.n_bytes as u64));
            format!("{:3} % ({sent} of {all})", n_sent * 100 / self.n_bytes.max(1))
        };
        output::say(&format!("\r\u{1b}[K{}: {words}\r", self.name));
    }
}

fn kind_name(kind: i32) -> &'static str {
    match pb::ComponentKind::try_from(kind) {
        Ok(pb::ComponentKind::Workflow) => "workflow",
        Ok(pb::ComponentKind::Activity) => "activities",
        Ok(pb::ComponentKind::Unspecified) | Err(_) => "unknown",
    }
}

/// With the prefix that says what it is.
pub(crate) fn digest(hex: &str) -> String {
    format!("sha256:{}", hex.strip_prefix("sha256:").unwrap_or(hex))
}

fn print_pushed(pushed: &Pushed, format: Format) -> Result<(), CliError> {
    let answer = &pushed.answer;
    match format {
        Format::Json => output::print_json(&json!({
            "name": pushed.name,
            "digest": answer.digest,
            "kind": kind_name(answer.kind),
            "workflowTypes": answer.workflow_types,
            "activityTypes": answer.activity_types,
            "alreadyThere": answer.already_there,
        })),
        Format::Text => {
            if answer.already_there {
                output::say("these bytes are stored already");
            }
            output::print(&output::fields(&[
                ("Name", pushed.name.clone()),
                ("Digest", digest(&answer.digest)),
                ("Kind", kind_name(answer.kind).to_owned()),
                ("Workflow types", answer.workflow_types.join(", ")),
                ("Activity types", answer.activity_types.join(", ")),
            ]))
        }
    }
}

async fn list(scope: ScopeArgs, format: Format) -> Result<(), CliError> {
    let client = scope.connect().await?;
    let mut admin = client.admin();
    let request = pb::ListComponentsRequest { namespace: scope.namespace() };
    let answer = client.answer(admin.list_components(request)).await?;
    match format {
        Format::Json => {
            let of = |it| output::json_of("refrain.v1.Component", it);
            let list: Vec<Value> = answer.components.iter().map(of).collect::<Result<_, _>>()?;
            output::print_json(&Value::from(list))
        }
        Format::Text if answer.components.is_empty() => {
            output::say("no components: `refrain component push FILE` uploads one");
            Ok(())
        }
        Format::Text => {
            let row = |it: &pb::Component| {
                vec![
                    it.name.clone(),
                    kind_name(it.kind).to_owned(),
                    Bytes(it.size_bytes).to_string(),
                    output::time_of_admin(it.upload_time.as_ref()),
                    types(it),
                    match it.kept_for.as_slice() {
                        [] => "nothing: it goes soon".to_owned(),
                        all => all.join(", "),
                    },
                    digest(&it.digest),
                ]
            };
            let rows: Vec<Vec<String>> = answer.components.iter().map(row).collect();
            let headings =
                ["NAME", "KIND", "SIZE", "UPLOADED (UTC)", "TYPES", "KEPT FOR", "DIGEST"];
            output::print(&output::table(&headings, &rows))
        }
    }
}

fn types(component: &pb::Component) -> String {
    let all: Vec<&str> = component
        .workflow_types
        .iter()
        .chain(&component.activity_types)
        .map(String::as_str)
        .collect();
    output::shorten(&all.join(", "), 60)
}

async fn describe(args: DescribeArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let mut admin = client.admin();
    let request = pb::DescribeComponentRequest {
        namespace: args.scope.namespace(),
        component: args.component,
    };
    let answer = client.answer(admin.describe_component(request)).await?;
    let component = answer.component.unwrap_or_default();
    let definition: Value = serde_json::from_str(&answer.definition_json).unwrap_or_default();
    match format {
        Format::Json => {
            let mut value = output::json_of("refrain.v1.Component", &component)?;
            value["definition"] = definition;
            output::print_json(&value)
        }
        Format::Text => {
            let mut text = output::fields(&[
                ("Name", component.name.clone()),
                ("Digest", digest(&component.digest)),
                ("Kind", kind_name(component.kind).to_owned()),
                ("Size", Bytes(component.size_bytes).to_string()),
                ("Uploaded (UTC)", output::time_of_admin(component.upload_time.as_ref())),
                ("SDK", sdk_words(&definition)),
            ]);
            text.push_str(&definition_words(&definition));
            output::print(&text)
        }
    }
}

fn sdk_words(definition: &Value) -> String {
    let of = |key| definition["sdk"][key].as_str().unwrap_or_default();
    format!("{} {}", of("name"), of("version")).trim().to_owned()
}

/// What a component offers: a heading for each kind, a line for each thing.
fn definition_words(definition: &Value) -> String {
    let mut text = String::new();
    for (key, heading) in [
        ("workflow_types", "Workflow types"),
        ("activity_types", "Activity types"),
        ("signals", "Signals"),
        ("queries", "Queries"),
        ("updates", "Updates"),
    ] {
        let list = definition[key].as_array().map(Vec::as_slice).unwrap_or_default();
        if list.is_empty() {
            continue;
        }
        let of = |it: &Value, key| it[key].as_str().unwrap_or_default().to_owned();
        let names: Vec<String> = list.iter().map(|it| format!("  {}", of(it, "name"))).collect();
        let described: Vec<(&str, String)> = names
            .iter()
            .zip(list)
            .map(|(name, it)| {
                let description = of(it, "description");
                // A field without a value is left out, and a name must not be.
                let description = if description.is_empty() { " ".into() } else { description };
                (name.as_str(), description)
            })
            .collect();
        text.push_str(&format!("\n{heading}\n"));
        for line in output::fields(&described).lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

async fn check_here(args: CheckArgs, format: Format) -> Result<(), CliError> {
    let file = ComponentFile::read(&args.file, None)?;
    let checked = Checked::of(file, args.cache_dir).await?;
    match format {
        Format::Json => output::print_json(&checked.to_json()),
        Format::Text => {
            output::print(&checked.text(&[]))?;
            output::say("this component can be deployed");
            Ok(())
        }
    }
}

/// A component that this host can run.
pub(crate) struct Checked {
    digest: String,
    kind: &'static str,
    size: usize,
    definition: Value,
}

impl Checked {
    /// The check of an upload, without a server.
    pub(crate) async fn of(
        file: ComponentFile,
        cache_dir: Option<PathBuf>,
    ) -> Result<Checked, CliError> {
        let cache_dir = cache_dir.unwrap_or_else(config::default_cache_dir);
        let checked = tokio::task::spawn_blocking(move || {
            let mut config = RuntimeConfig::new(cache_dir);
            // One instance is looked at, and then this program ends.
            config.instances_max = 64;
            config.compiler = Some(compiler::of(None, None)?);
            let runtime = Runtime::new(config).map_err(|error| CliError::of(&error))?;
            let info = runtime.check(&file.bytes).map_err(|error| CliError::of(&error))?;
            Ok(Checked {
                digest: info.digest.to_string(),
                kind: info.kind.name(),
                size: file.bytes.len(),
                definition: refrain_engine::wasm::definition_json(&info.definition),
            })
        });
        checked
            .await
            .unwrap_or_else(|panic| Err(CliError::failed(format!("the check broke: {panic}"))))
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "digest": self.digest,
            "kind": self.kind,
            "sizeBytes": self.size,
            "problems": [],
            "definition": self.definition,
        })
    }

    /// With `first` above all that the component says of itself.
    pub(crate) fn text(&self, first: &[(&str, String)]) -> String {
        let mut all = first.to_vec();
        all.extend([
            ("Digest", digest(&self.digest)),
            ("Kind", self.kind.to_owned()),
            ("Size", Bytes(self.size as u64).to_string()),
            ("SDK", sdk_words(&self.definition)),
        ]);
        let mut text = output::fields(&all);
        text.push_str(&definition_words(&self.definition));
        text
    }
}

async fn check_remotely(args: CheckArgs, format: Format) -> Result<(), CliError> {
    use pb::check_component_request::Part;
    let file = ComponentFile::read(&args.file, None)?;
    let client = args.scope.connect().await?;
    let header = header_of(&args.scope.namespace(), &file.name);
    let part = |part| pb::CheckComponentRequest { part: Some(part) };
    let progress = Progress::start(&file.name, file.bytes.len());
    let chunks = chunks(file.bytes, Arc::clone(&progress.n_sent));
    let parts = std::iter::once(part(Part::Header(header)))
        .chain(chunks.map(move |chunk| part(Part::Chunk(chunk))));
    let mut admin = client.admin();
    let call = admin.check_component(tokio_stream::iter(parts));
    let answer = progress.during(client.answer_within(UPLOAD_PATIENCE, call)).await?;
    if format == Format::Json {
        output::print_json(&output::json_of("refrain.v1.CheckComponentResponse", &answer)?)?;
    }
    if !answer.problems.is_empty() {
        return Err(CliError::failed(answer.problems.join("\n")));
    }
    if format == Format::Text {
        output::print(&output::fields(&[
            ("Digest", digest(&answer.digest)),
            ("Kind", kind_name(answer.kind).to_owned()),
            ("Workflow types", answer.workflow_types.join(", ")),
            ("Activity types", answer.activity_types.join(", ")),
        ]))?;
        output::say("this component can be deployed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn chunks_are_all_of_the_bytes() {
        let bytes: Vec<u8> = (0..3 * CHUNK_BYTES + 5).map(|it| it as u8).collect();
        let n_sent = Arc::new(AtomicUsize::new(0));
        let sent: Vec<Vec<u8>> = chunks(bytes.clone(), Arc::clone(&n_sent)).collect();
        assert_eq!(sent.len(), 4);
        assert_eq!(sent.concat(), bytes);
        assert_eq!(n_sent.load(Ordering::Relaxed), bytes.len());
        assert_eq!(chunks(Vec::new(), n_sent).count(), 0);
    }

    #[test]
    fn a_definition_is_listed_by_kind() {
        let definition = json!({
            "workflow_types": [{ "name": "order", "description": "From payment to delivery" }],
            "queries": [{ "name": "status", "description": "" }, { "name": "n", "description": "How many" }],
        });
        expect![[r#"

            Workflow types
              order  From payment to delivery

            Queries
              status
              n       How many
        "#]]
        .assert_eq(&definition_words(&definition));
        assert_eq!(definition_words(&Value::Null), "");
    }
}
