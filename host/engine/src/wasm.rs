//! Guests from the wasm runtime, dressed as the engine wants them.

use crate::clock::Clock;
use crate::programs::{ActivityProgram, ActivityResult, Checked, Heartbeats, Programs};
use refrain_core::attempt::{ActivityTask, Heartbeat, State};
use refrain_core::guest::{GuestError, GuestErrorKind, Program};
use refrain_core::ids::{Digest, EventId};
use refrain_core::payload::Payloads;
use refrain_runtime::{
    ActivityInfo, ComponentError, Definition, EgressList, Named, Runtime, WorkflowOfActivity,
    WorkflowProgram,
};
use refrain_store::ComponentKind;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The runtime as a source of programs. Activities of all namespaces share one egress list.
pub struct WasmPrograms {
    runtime: Runtime,
    egress: EgressList,
    /// What the runtime may still have in memory; it decides how long.
    known: Mutex<HashMap<Digest, Weak<WorkflowProgram>>>,
}

impl WasmPrograms {
    pub fn new(runtime: Runtime, egress: EgressList) -> WasmPrograms {
        WasmPrograms { runtime, egress, known: Mutex::default() }
    }
}

impl Programs for WasmPrograms {
    fn cached(&self, digest: Digest) -> Option<Arc<dyn Program>> {
        let known = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(&digest).and_then(Weak::upgrade)
        }?;
        // The runtime forgets what was not asked for in a long time: this counts as asking.
        let nothing = || {
            Err(ComponentError::Unreadable { digest, reason: "its bytes are not at hand".into() })
        };
        let program = self.runtime.load(digest, nothing).unwrap_or(known);
        Some(program)
    }

    fn load(&self, digest: Digest, bytes: Vec<u8>) -> Result<Arc<dyn Program>, GuestError> {
        let program = self.runtime.load(digest, || Ok(bytes)).map_err(not_instantiated)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, program| program.strong_count() > 0);
        known.insert(digest, Arc::downgrade(&program));
        Ok(program)
    }

    fn check(&self, bytes: &[u8]) -> Result<Checked, GuestError> {
        let info = self.runtime.check(bytes).map_err(not_instantiated)?;
        let (kind, types) = match info.kind {
            refrain_runtime::ComponentKind::Workflow => {
                (ComponentKind::Workflow, &info.definition.workflow_types)
            }
            refrain_runtime::ComponentKind::Activities => {
                (ComponentKind::Activities, &info.definition.activity_types)
            }
        };
        Ok(Checked {
            digest: info.digest,
            kind,
            types: types.iter().map(|it| it.name.clone()).collect(),
            definition: definition_json(&info.definition).to_string(),
        })
    }

    fn forget(&self, digest: Digest) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest);
        self.runtime.forget(digest);
    }

    fn load_activities(
        &self,
        digest: Digest,
        bytes: Vec<u8>,
    ) -> Result<Arc<dyn ActivityProgram>, GuestError> {
        let program =
            self.runtime.load_activities(digest, || Ok(bytes)).map_err(not_instantiated)?;
        Ok(Arc::new(WasmActivities { program, egress: self.egress.clone() }))
    }
}

/// What is stored with a component, and shown by `refrain component describe`.
pub fn definition_json(definition: &Definition) -> Value {
    let list = |named: &[Named]| -> Value {
        named.iter().map(|it| json!({ "name": it.name, "description": it.description })).collect()
    };
    json!({
        "sdk": { "name": definition.sdk_name, "version": definition.sdk_version },
        "workflow_types": list(&definition.workflow_types),
        "signals": list(&definition.signals),
        "queries": list(&definition.queries),
        "updates": list(&definition.updates),
        "activity_types": list(&definition.activity_types),
    })
}

fn not_instantiated(error: ComponentError) -> GuestError {
    let is_full = matches!(error, ComponentError::NoRoom(_));
    let kind = if is_full { GuestErrorKind::NoRoom } else { GuestErrorKind::Instantiate };
    GuestError { kind, message: error.to_string(), backtrace: String::new() }
}

struct WasmActivities {
    program: Arc<refrain_runtime::ActivityProgram>,
    egress: EgressList,
}

impl ActivityProgram for WasmActivities {
    fn execute(
        &self,
        namespace: String,
        task: ActivityTask,
        heartbeats: Arc<dyn Heartbeats>,
    ) -> Pin<Box<dyn Future<Output = ActivityResult> + Send>> {
        let program = Arc::clone(&self.program);
        let egress = self.egress.clone();
        let beat = move |details: Payloads| {
            Arc::clone(&heartbeats).beat(Heartbeat { at: Clock::System.now(), details })
        };
        Box::pin(async move {
            let input = task.options.input.clone();
            program.execute(info_of(namespace, task), input, Arc::new(beat), egress).await
        })
    }
}

fn info_of(namespace: String, task: ActivityTask) -> ActivityInfo {
    let started_time = match task.state {
        State::Started { at, .. } => at,
        State::Waiting { since } => since,
    };
    let options = task.options;
    ActivityInfo {
        namespace,
        activity_id: options.activity_id,
        activity_type: options.activity_type,
        task_queue: options.task_queue,
        workflow: Some(WorkflowOfActivity {
            workflow_id: task.run.execution.workflow.to_string(),
            run_id: task.run.run.to_string(),
            workflow_type: task.workflow_type,
        }),
        attempt: task.attempt,
        scheduled_time: task.scheduled_at,
        started_time,
        schedule_to_close: options.timeouts.schedule_to_close,
        start_to_close: options.timeouts.start_to_close,
        heartbeat: options.timeouts.heartbeat,
        heartbeat_details: task.heartbeat.map(|it| it.details).unwrap_or_default(),
        header: options.header,
        priority: options.priority,
        // A local activity has no event of its own.
        is_local: task.scheduled == EventId(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `admin.rs` reads these keys, and so does the server.
    #[test]
    fn a_definition_keeps_the_keys_that_others_read() {
        let named =
            |name: &str| Named { name: name.to_owned(), description: "what it does".into() };
        let definition = Definition {
            sdk_name: "rust".into(),
            sdk_version: "0.1.0".into(),
            workflow_types: vec![named("order")],
            queries: vec![named("status")],
            ..Definition::default()
        };
        expect_test::expect![[r#"{"activity_types":[],"queries":[{"description":"what it does","name":"status"}],"sdk":{"name":"rust","version":"0.1.0"},"signals":[],"updates":[],"workflow_types":[{"description":"what it does","name":"order"}]}"#]]
            .assert_eq(&definition_json(&definition).to_string());
    }
}
