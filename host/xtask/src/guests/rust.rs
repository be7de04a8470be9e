//! Rust: all packages of the workspace that are for the same target at once.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;
use refrain_build::rust::{self, Build, DEBIAN_PACKAGES, Target, Toolchain};
use refrain_e2e::paths;

use super::{Scenario, built};
use crate::clients;

pub(super) fn build(root: &Path, out_dir: &Path, scenarios: &[Scenario]) -> anyhow::Result<()> {
    let folder = &root.join("guest-examples/rust");
    let target_dir = &out_dir.join("cargo");
    for (target, mut packages) in built(rust::components_of(folder))? {
        // By rule the package is named as its folder.
        packages.retain(|package| scenarios.iter().any(|it| it.name == *package));
        if packages.is_empty() {
            continue;
        }
        let toolchain = match toolchain(folder, target, target_dir) {
            Ok(toolchain) => toolchain,
            // Nobody but rustup has it, and rustup's server can't be reached from everywhere.
            Err(error) if target == Target::Wasi2 => {
                println!("left out, with its tests: {}: {error:#}", packages.join(", "));
                for package in &packages {
                    let _ = fs::remove_file(out_dir.join(format!("{package}.wasm")));
                }
                continue;
            }
            Err(error) => return Err(error),
        };
        let build = Build {
            folder,
            packages: &packages,
            target,
            out_dir,
            target_dir: Some(target_dir),
            hidden: Some(root),
        };
        built(build.run(&toolchain))?;
    }
    Ok(())
}

/// One that is there, or one that can be had: a fresh clone must build.
fn toolchain(folder: &Path, target: Target, scratch: &Path) -> anyhow::Result<Toolchain> {
    if let Ok(toolchain) = Toolchain::find(folder, target) {
        return Ok(toolchain);
    }
    let added = Command::new("rustup").args(["target", "add", target.triple()]).output();
    if !added.is_ok_and(|it| it.status.success()) && target != Target::Wasi2 {
        install_debian(target);
    }
    match (Toolchain::find(folder, target), target) {
        (Err(_), Target::Wasi) => {
            let linker = zig(scratch)?;
            let debian = Toolchain::debian(|| Some(linker));
            debian.context("no toolchain for wasm32-wasip1: neither rustup's nor Debian's")
        }
        (found, Target::Plain | Target::Wasi | Target::Wasi2) => built(found),
    }
}

/// A linker with a libc, that Debian's compiler can call. It asks for some things that `zig` does not know.
fn zig(scratch: &Path) -> anyhow::Result<PathBuf> {
    clients::python()?;
    let python = paths::client_program("python")?;
    let script = scratch.join("zig-cc.sh");
    fs::create_dir_all(scratch)?;
    let text = format!(
        r#"#!/bin/sh
for arg; do
  shift
  case $arg in
    -shared|--target=*|-Wl,--no-export-dynamic|-Wl,--stack-first|-Wl,--no-demangle) ;;
    *) set -- "$@" "$arg" ;;
  esac
done
exec '{}' -m ziglang cc -target wasm32-wasi -mexec-model=reactor "$@"
"#,
        python.display()
    );
    fs::write(&script, text)?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    Ok(script)
}

/// Only root may, and only Debian has them; what is still missing afterwards is said by the caller.
fn install_debian(target: Target) {
    println!("rustup can't add {}: trying Debian's packages", target.triple());
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
