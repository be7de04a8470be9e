//! The programs of a script by version: number 1 is there from the start, `release` adds one.

use crate::program::ScriptedProgram;
use crate::script::OnVersion;
use refrain_core::errors::StepError;
use refrain_core::ids::Digest;
use refrain_core::options::{OptionsChange, Override, TimeSkipping, Version};

/// That they are deployed to.
const QUEUE: &str = "orders";

#[derive(Clone, Debug)]
pub(crate) struct Versions(Vec<ScriptedProgram>);

impl Default for Versions {
    fn default() -> Versions {
        Versions(vec![ScriptedProgram::default()])
    }
}

impl Versions {
    /// The newest version has another program from now on: what no component can do, and a test
    /// of divergence needs.
    pub(crate) fn replace(&mut self, program: &ScriptedProgram) {
        let last = self.0.len() - 1;
        self.0[last] = program.clone();
    }

    pub(crate) fn release(&mut self, program: &ScriptedProgram) {
        self.0.push(program.clone());
    }

    pub(crate) fn newest(&self) -> Digest {
        digest_of(self.0.len())
    }

    /// What a script asks for.
    pub(crate) fn change(
        &self,
        priority: Option<u32>,
        version: Option<OnVersion>,
        time_skipping: Option<Option<TimeSkipping>>,
    ) -> OptionsChange {
        OptionsChange {
            priority_key: priority.map(Some),
            versioning: version.map(|it| named(it, self.newest())),
            time_skipping,
            ..OptionsChange::default()
        }
    }

    pub(crate) fn program(&self, component: Digest) -> ScriptedProgram {
        self.0[usize::from(component.0[0]) - 1].clone()
    }
}

/// Of the version with this number.
pub(crate) fn digest_of(number: usize) -> Digest {
    Digest([u8::try_from(number).expect("few versions"); 32])
}

/// What a script's note says of a run that was replayed on another version.
pub(crate) fn told(fits: Result<(), &StepError>) -> String {
    match fits {
        Ok(()) => "fits".to_owned(),
        Err(error) => format!("does not fit: {error}"),
    }
}

/// As options say it.
pub(crate) fn named(version: OnVersion, newest: Digest) -> Option<Override> {
    let named = |it: Digest| Version { deployment: QUEUE.to_owned(), build_id: it.to_string() };
    match version {
        OnVersion::Follows => Some(Override::AutoUpgrade),
        OnVersion::Free => None,
        OnVersion::Newest => Some(Override::OneTime(named(newest))),
        OnVersion::Pinned(number) => Some(Override::Pinned(named(digest_of(number)))),
    }
}
