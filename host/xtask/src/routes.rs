//! Which path of Temporal's HTTP API is which call: read from the annotations in the `.proto` files that
//! `temporalio-protos` ships, for the calls that this server has. (Descriptors that come of a build have
//! lost the annotations.)

use anyhow::{Context, Result, bail};
use refrain_e2e::paths;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

const PROTOS: &str = "protos/api_upstream/temporal/api";
const HEAD: &str = "\
# Temporal's HTTP API, the calls that this server has. Written by `cargo xtask routes`.
";

#[derive(clap::Args)]
pub(crate) struct Args {}

struct Service {
    name: &'static str,
    proto: &'static str,
    /// Has a function for each call that the server has.
    code: &'static str,
}

const SERVICES: [Service; 2] = [
    Service {
        name: "temporal.api.workflowservice.v1.WorkflowService",
        proto: "workflowservice/v1/service.proto",
        code: "frontend.rs",
    },
    Service {
        name: "temporal.api.operatorservice.v1.OperatorService",
        proto: "operatorservice/v1/service.proto",
        code: "operator.rs",
    },
];

pub(crate) fn run(_: &Args) -> Result<()> {
    std::fs::write(file(), table()?)?;
    println!("wrote {}", file().display());
    Ok(())
}

/// Part of `cargo xtask tidy`.
pub(crate) fn check(broken: &mut Vec<String>) -> Result<()> {
    let is = std::fs::read_to_string(file()).unwrap_or_default();
    if is != table()? {
        broken.push(format!("{} is out of date: run `cargo xtask routes`", file().display()));
    }
    Ok(())
}

fn file() -> PathBuf {
    paths::root().join("host/server/src/http/routes.txt")
}

fn table() -> Result<String> {
    let protos = protos()?;
    let mut table = HEAD.to_owned();
    for service in &SERVICES {
        let proto = protos.join(service.proto);
        let text = std::fs::read_to_string(&proto)
            .with_context(|| format!("{} can't be read", proto.display()))?;
        let code = paths::root().join("host/server/src").join(service.code);
        let code = std::fs::read_to_string(code)?;
        writeln!(table, "\n{}", service.name)?;
        for Route { call, verb, path } in routes(&text) {
            if code.contains(&format!("async fn {}(", snake(call))) {
                writeln!(table, "  {call} {verb} {path}")?;
            }
        }
    }
    Ok(table)
}

struct Route<'a> {
    call: &'a str,
    verb: String,
    path: &'a str,
}

/// Lines `rpc Name (…`, and below each its `get: "/path"`.
fn routes(proto: &str) -> Vec<Route<'_>> {
    let mut routes = Vec::new();
    let mut call = "";
    for line in proto.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("rpc ") {
            call = rest.split([' ', '(']).next().unwrap_or_default();
        }
        let Some((verb, rest)) = line.split_once(": \"/") else { continue };
        if !["get", "put", "post", "delete", "patch"].contains(&verb) {
            continue;
        }
        // The slash stays with the path.
        let path = &line[line.len() - rest.len() - 1..];
        let path = path.split('"').next().unwrap_or_default();
        routes.push(Route { call, verb: verb.to_uppercase(), path });
    }
    routes
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Where Cargo keeps the sources of the crate that Cargo.lock names.
fn protos() -> Result<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(paths::root())
        .output()
        .context("`cargo metadata` can't be run")?;
    if !output.status.success() {
        bail!("`cargo metadata` failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("no packages in the metadata")?;
    let manifest = packages
        .iter()
        .find(|it| it["name"] == "temporalio-protos")
        .and_then(|it| it["manifest_path"].as_str())
        .context("`temporalio-protos` is not among the packages")?;
    let folder = PathBuf::from(manifest);
    let folder = folder.parent().context("a manifest lies in a folder")?;
    Ok(folder.join(PROTOS))
}
