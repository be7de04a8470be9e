//! C, C++ and Zig. `zig` is pinned in `tests/clients/requirements.txt` and lies with Temporal's clients.

use std::path::Path;
use std::process::Command;

use refrain_build::c::Build;
use refrain_e2e::paths;

use super::{Scenario, built};
use crate::clients;

pub(super) fn build(root: &Path, scenarios: &[Scenario]) -> anyhow::Result<()> {
    clients::python()?;
    for scenario in scenarios {
        let build = Build {
            folder: &scenario.folder,
            sdk: &root.join("sdk/c"),
            wit: &root.join("wit"),
            output: &scenario.output,
        };
        let mut zig = Command::new(paths::client_program("python")?);
        zig.args(["-m", "ziglang"]);
        built(build.run(zig))?;
    }
    Ok(())
}
