use crate::model::WORKFLOW_ID;
use crate::script::Start;
use crate::search::ScriptJudge;
use crate::versions;
use refrain_core::arrival::Arrival;
use refrain_core::chain::Link;
use refrain_core::ids::{Digest, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::limits;
use refrain_core::machines::execution;
use refrain_core::run::{RunFacts, Step, Surroundings};
use refrain_core::time::Timestamp;
use std::sync::Arc;

/// A run of core alone, for tests without a script.
pub fn facts(workflow_id: &str) -> RunFacts {
    let execution = ExecutionKey { namespace: NamespaceId(1), workflow: workflow_id.into() };
    RunFacts {
        key: RunKey { execution, run: RunId(1) },
        namespace: "default".to_owned(),
        component: Digest([1; 32]),
    }
}

/// A step of such a run.
pub fn lone_step(now: Timestamp, arrivals: Vec<Arrival>) -> Step {
    let link = Link { run: RunId(1), next: RunId(2), next_cron: |_, _, _| None };
    Step {
        arrivals,
        now,
        identity: "host".to_owned(),
        history_bytes: 0,
        task_failure: None,
        host: Surroundings { link, search: Arc::new(ScriptJudge), limits: Arc::default() },
    }
}

/// What a script's start asks for.
pub(crate) fn started(start: &Start, run: RunId, newest: Digest) -> execution::Started {
    execution::Started {
        workflow_type: start.workflow_type.clone(),
        workflow_id: WORKFLOW_ID.to_owned(),
        task_queue: start.task_queue.clone(),
        input: start.input.clone(),
        execution_timeout: start.execution_timeout,
        run_timeout: start.run_timeout,
        task_timeout: limits::TASK_TIMEOUT,
        original_run: Some(run),
        first_run: Some(run),
        identity: "client".to_owned(),
        attempt: 1,
        retry: start.retry.clone(),
        cron: start.cron.clone(),
        first_task_backoff: start.backoff,
        time_skipping: start.skipping.clone(),
        versioning: start.version.and_then(|it| versions::named(it, newest)),
        ..execution::Started::default()
    }
}
