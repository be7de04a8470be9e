//! Rust: all packages of the workspace at once.

use std::path::Path;
use std::process::{Command, Stdio};

use refrain_build::rust::{Build, DEBIAN_PACKAGES, TARGET, Toolchain};

use super::{Scenario, built};

pub(super) fn build(root: &Path, out_dir: &Path, scenarios: &[Scenario]) -> anyhow::Result<()> {
    let folder = &root.join("guest-examples/rust");
    // By rule the package is named as its folder.
    let packages: Vec<String> = scenarios.iter().map(|it| it.name.clone()).collect();
    let build = Build {
        folder,
        packages: &packages,
        out_dir,
        target_dir: Some(&out_dir.join("cargo")),
        hidden: Some(root),
    };
    built(build.run(&toolchain(folder)?))?;
    Ok(())
}

/// One that is there, or one that can be had: a fresh clone must build.
fn toolchain(folder: &Path) -> anyhow::Result<Toolchain> {
    if let Ok(toolchain) = Toolchain::find(folder) {
        return Ok(toolchain);
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).output();
    if !added.is_ok_and(|it| it.status.success()) {
        install_debian();
    }
    built(Toolchain::find(folder))
}

/// Only root may, and only Debian has them; what is still missing afterwards is said by the caller.
fn install_debian() {
    println!("rustup can't add {TARGET}: trying Debian's packages");
    for args in [&["update", "-qq"][..], &["install", "-y", "-qq"][..]] {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive").args(args).stdout(Stdio::null());
        if args[0] == "install" {
            apt.args(DEBIAN_PACKAGES);
        }
        if !apt.status().is_ok_and(|status| status.success()) {
            return;
        }
    }
}
