//! Which side of a change a run is on.

use super::*;

impl Run {
    pub(crate) fn patched(&mut self, id: String) -> Result<bool, Stop> {
        if let Some(&answer) = self.patches.get(&id) {
            return Ok(answer);
        }
        let recorded = self.start.as_ref().is_some_and(|start| start.patches.contains(&id));
        let answer = recorded || !self.replaying;
        if self.phase == Phase::Query {
            // A query sees what the next turn would, and decides nothing.
            return Ok(answer);
        }
        self.check_phase("context.patched")?;
        if answer {
            self.push(Command::Patch(patch::Command::Record {
                patch: id.clone(),
                deprecated: false,
            }))?;
        }
        self.patches.insert(id, answer);
        Ok(answer)
    }

    pub(crate) fn deprecate_patch(&mut self, id: String) -> Result<(), Stop> {
        self.check_phase("context.deprecate-patch")?;
        let is_recorded = self.patches.get(&id).is_some_and(|answer| *answer);
        if is_recorded || self.deprecated_patches.contains(&id) {
            return Ok(());
        }
        self.deprecated_patches.push(id.clone());
        // A run that passed this place before the patch existed has no marker, for good.
        let in_history = self.start.as_ref().is_some_and(|start| start.patches.contains(&id));
        if self.replaying && !in_history {
            return Ok(());
        }
        // One marker, whatever the program asks for after this.
        self.patches.insert(id.clone(), true);
        self.push(Command::Patch(patch::Command::Record { patch: id, deprecated: true }))
    }
}
