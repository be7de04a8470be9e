use refrain_core::ids::{Digest, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::run::RunFacts;

/// A run of core alone, for tests without a script.
pub fn facts(workflow_id: &str) -> RunFacts {
    let execution = ExecutionKey { namespace: NamespaceId(1), workflow: workflow_id.into() };
    RunFacts {
        key: RunKey { execution, run: RunId(1) },
        namespace: "default".to_owned(),
        component: Digest([1; 32]),
    }
}
