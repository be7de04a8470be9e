//! A server for one test.

use crate::activities::{Activities, Failure};
use crate::program::{Error, Result, cant_start, json, output, parsed, refrain, said};
use crate::workflow::Workflow;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

const TASK_QUEUE: &str = "test";

/// A server whose time jumps, with the project deployed to it. It ends when this is dropped.
pub struct Environment {
    server: Child,
    address: String,
    activities: Activities,
}

impl Environment {
    /// Builds the project, once for all tests of a program, and starts a server for it.
    ///
    /// # Errors
    ///
    /// If the project does not build, or `refrain` is not there; with what it said.
    pub fn start(project: impl AsRef<Path>) -> Result<Environment> {
        let components = built(project.as_ref())?;
        let mut server = refrain(&["server", "start-dev", "--time-skipping", "--port", "0"])
            .args(["--log-level", "error", "--output", "json"])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(cant_start)?;
        let mut ready = String::new();
        let read = server.stdout.take().map(|it| BufReader::new(it).read_line(&mut ready));
        let address = parsed(ready.as_bytes())?["address"].as_str().map(str::to_owned);
        let Some(address) = address.filter(|_| matches!(read, Some(Ok(_)))) else {
            let _ = server.kill();
            let _ = server.wait();
            return Err(Error::new("the server did not start; it said why above"));
        };
        let activities = Activities::start(&address, TASK_QUEUE)?;
        let environment = Environment { server, address, activities };
        for component in components {
            let component = component.display().to_string();
            environment.json(&["deploy", &component, "--task-queue", TASK_QUEUE, "--no-check"])?;
        }
        Ok(environment)
    }

    /// From now on, activities of this type come to what `mock` makes of their arguments.
    pub fn activity(
        &self,
        name: &str,
        mock: impl Fn(&[Value]) -> std::result::Result<Value, Failure> + Send + Sync + 'static,
    ) {
        self.activities.mock(name, Arc::new(mock));
    }

    /// The arguments of each attempt of activities of this type so far, in order.
    pub fn calls(&self, name: &str) -> Vec<Vec<Value>> {
        self.activities.calls(name)
    }

    /// # Errors
    ///
    /// If there is no such workflow type, or an open workflow with this id.
    pub fn start_workflow(
        &self,
        workflow_type: &str,
        workflow_id: &str,
        input: &[Value],
    ) -> Result<Workflow<'_>> {
        let start = ["workflow", "start", "--type", workflow_type, "--workflow-id", workflow_id];
        self.ask(&[&start[..], &["--task-queue", TASK_QUEUE]].concat(), input)?;
        Ok(Workflow { environment: self, id: workflow_id.to_owned() })
    }

    /// Where the server listens, for a client of Temporal's.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Any command of `refrain` against this server, e.g. `["schedule", "list"]`; what it says as JSON.
    ///
    /// # Errors
    ///
    /// If it fails, with what it said.
    pub fn json(&self, args: &[&str]) -> Result<Value> {
        self.ask(args, &[])
    }

    /// A command that takes arguments.
    pub(crate) fn ask(&self, args: &[&str], input: &[Value]) -> Result<Value> {
        let input = input.iter().flat_map(|it| ["--input".to_owned(), it.to_string()]);
        json(refrain(args).args(input).args(["--address", &self.address]))
    }

    pub(crate) fn try_json(&self, args: &[&str]) -> Result<(Value, Error)> {
        let mut command = refrain(args);
        let output = output(command.args(["--address", &self.address, "--output", "json"]))?;
        Ok((parsed(&output.stdout)?, said(&output)))
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        // Before the server, which it would miss.
        self.activities.stop();
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Says whether what the project is now still plays histories that were saved: files, or folders of them.
///
/// # Errors
///
/// If one does not fit, with the first event that differs; or the project does not build.
pub fn replay(project: impl AsRef<Path>, histories: impl AsRef<Path>) -> Result<()> {
    for component in built(project.as_ref())? {
        let output = output(refrain(&["replay"]).arg(histories.as_ref()).arg(component))?;
        if !output.status.success() {
            return Err(said(&output));
        }
    }
    Ok(())
}

/// The components of a project. Tests run beside each other, and one build is enough for all.
fn built(project: &Path) -> Result<Vec<PathBuf>> {
    static BUILT: Mutex<BTreeMap<PathBuf, Vec<PathBuf>>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(components) = built.get(project) {
        return Ok(components.clone());
    }
    let said = json(refrain(&["build"]).arg(project))?;
    let list = said.as_array().cloned().unwrap_or_default();
    let components: Vec<PathBuf> =
        list.iter().filter_map(|it| it["file"].as_str().map(PathBuf::from)).collect();
    built.insert(project.to_owned(), components.clone());
    Ok(components)
}
