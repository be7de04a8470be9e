//! What a test compares.

use super::*;

impl std::fmt::Display for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (at, run) in self.runs.iter().enumerate() {
            if at > 0 {
                writeln!(f, "next run")?;
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
