//! One workflow of a test.

use crate::Environment;
use crate::program::{Error, Result};
use serde_json::Value;
use std::path::Path;

pub struct Workflow<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) id: String,
}

/// How a workflow ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Completed(Value),
    /// `kind` is the type of the failure, as the program named it.
    Failed {
        kind: String,
        message: String,
    },
    TimedOut,
    Canceled,
    Terminated,
}

impl Workflow<'_> {
    /// # Errors
    ///
    /// If it is closed.
    pub fn signal(&self, name: &str, input: &[Value]) -> Result<()> {
        self.talk(&["workflow", "signal"], &["--name", name], input).map(drop)
    }

    /// # Errors
    ///
    /// If there is no such query, or it fails.
    pub fn query(&self, name: &str, input: &[Value]) -> Result<Value> {
        let answer = self.talk(&["workflow", "query"], &["--name", name], input)?;
        Ok(answer["queryResult"][0].clone())
    }

    /// Sends an update and waits for its result.
    ///
    /// # Errors
    ///
    /// If it is refused or fails, with why.
    pub fn update(&self, name: &str, input: &[Value]) -> Result<Value> {
        let answer = self.talk(&["workflow", "update", "execute"], &["--name", name], input)?;
        Ok(answer["result"].clone())
    }

    /// Asks it to cancel.
    ///
    /// # Errors
    ///
    /// If it is closed.
    pub fn cancel(&self) -> Result<()> {
        self.talk(&["workflow", "cancel"], &[], &[]).map(drop)
    }

    /// Waits for its end, and lets time jump meanwhile. Where it continued as new, the end of the last run.
    ///
    /// # Errors
    ///
    /// If it is not there, or has not ended when the server's patience has.
    pub fn outcome(&self) -> Result<Outcome> {
        let args = ["workflow", "result", "--unless-broken", "--workflow-id", &self.id];
        let (value, said) = self.environment.try_json(&args)?;
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        let failure = &value["failure"];
        match value["status"].as_str() {
            Some("COMPLETED") => Ok(Outcome::Completed(value["result"].clone())),
            Some("FAILED") => Ok(Outcome::Failed {
                kind: text(&failure["applicationFailureInfo"]["type"]),
                message: text(&failure["message"]),
            }),
            Some("TIMED_OUT") => Ok(Outcome::TimedOut),
            Some("CANCELED") => Ok(Outcome::Canceled),
            Some("TERMINATED") => Ok(Outcome::Terminated),
            Some(_) | None => Err(said),
        }
    }

    /// Its history, as JSON that [`replay`](crate::replay) and Temporal's tools read.
    ///
    /// # Errors
    ///
    /// If it is not there.
    pub fn history(&self) -> Result<Value> {
        self.talk(&["workflow", "show"], &[], &[])
    }

    /// Writes its history to a file, for [`replay`](crate::replay) by later versions of the project.
    ///
    /// # Errors
    ///
    /// If the file can't be written.
    pub fn save_history(&self, file: impl AsRef<Path>) -> Result<()> {
        let file = file.as_ref();
        let text = format!("{:#}\n", self.history()?);
        let folder = file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(file, text))
            .map_err(|error| Error::new(format!("`{}` can't be written: {error}", file.display())))
    }

    fn talk(&self, command: &[&str], more: &[&str], input: &[Value]) -> Result<Value> {
        self.environment.ask(&[command, &["--workflow-id", &self.id], more].concat(), input)
    }
}
