//! What a test compares.

use super::*;

impl Model {
    /// The workflow that scripts are about comes first; each run with its place in its workflow.
    fn by_workflow(&self) -> Vec<(&str, usize, &ModelRun)> {
        let mut workflows: BTreeMap<(bool, &str), Vec<&ModelRun>> = BTreeMap::new();
        for run in &self.runs {
            let workflow = &*run.key.execution.workflow;
            workflows.entry((workflow != WORKFLOW_ID, workflow)).or_default().push(run);
        }
        let of_one = |((_, workflow), runs): ((bool, _), Vec<_>)| {
            runs.into_iter().enumerate().map(move |(at, run)| (workflow, at, run))
        };
        workflows.into_iter().flat_map(of_one).collect()
    }
}

impl std::fmt::Display for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (workflow, at, run) in self.by_workflow() {
            match at {
                0 if workflow == WORKFLOW_ID => {}
                0 => writeln!(f, "workflow {workflow}")?,
                _ => writeln!(f, "next run")?,
            }
            if run.gone {
                writeln!(f, "gone")?;
                continue;
            }
            let text = RunText {
                history: &run.history,
                status: run.status,
                task_failure: run.task_failure.as_ref(),
                activities: run.activities.values().collect(),
                published: run.published.iter().map(|it| (it.0.as_str(), it.1)).collect(),
                memo: &run.attributes.memo,
                search_attributes: &run.attributes.search,
            };
            write!(f, "{text}")?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))
    }
}
