//! Go. The compiler is pinned in `tests/clients/requirements.txt` and lies with Temporal's clients.

use std::path::Path;
use std::process::Command;

use refrain_build::go::Build;
use refrain_e2e::paths;

use super::{Scenario, built};
use crate::clients;

pub(super) fn build(root: &Path, scenarios: &[Scenario]) -> anyhow::Result<()> {
    clients::python()?;
    for scenario in scenarios {
        let build =
            Build { folder: &scenario.folder, wit: &root.join("wit"), output: &scenario.output };
        built(build.run(Command::new(paths::client_program("go")?)))?;
    }
    Ok(())
}
