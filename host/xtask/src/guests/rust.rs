//! Rust: `wasm32-unknown-unknown`, then the component is made from the core module.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, bail};
use wit_component::ComponentEncoder;

use super::{Scenario, ask_tool, run_tool};

const TARGET: &str = "wasm32-unknown-unknown";

pub(super) fn build(root: &Path, scenarios: &[Scenario]) -> anyhow::Result<()> {
    let target_dir = root.join("target/guests/rust/cargo");
    let mut cargo = cargo()?;
    cargo
        .args(["build", "--release", "--target", TARGET])
        .current_dir(root.join("guest-examples/rust"))
        .env("CARGO_TARGET_DIR", &target_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", rustflags(root));
    for scenario in scenarios {
        cargo.args(["--package", &package(scenario)]);
    }
    run_tool(&mut cargo)?;

    for scenario in scenarios {
        let file = format!("{}.wasm", package(scenario).replace('-', "_"));
        let module = fs::read(target_dir.join(TARGET).join("release").join(file))?;
        let component = ComponentEncoder::default()
            .validate(true)
            .module(&module)
            .and_then(|encoder| encoder.encode())
            .map_err(|error| anyhow::anyhow!("{error:#}"))
            .with_context(|| format!("cannot make a component of `{}`", scenario.name))?;
        fs::write(&scenario.output, component)?;
    }
    Ok(())
}

/// By rule the package is named as its folder.
fn package(scenario: &Scenario) -> String {
    scenario.name.clone()
}

/// The same bytes on every machine: no paths of this one in panic messages.
fn rustflags(root: &Path) -> String {
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    let mut flags = vec![format!("--remap-path-prefix={}=refrain", root.display())];
    flags.extend(home.map(|it| format!("--remap-path-prefix={}=cargo", it.display())));
    flags.join("\u{1f}")
}

/// A cargo that can build for `TARGET`: rustup's if it has the target or can get it, else Debian's
/// `-web` packages, which build the standard library from source.
fn cargo() -> anyhow::Result<Command> {
    let has_target = || {
        ask_tool("rustup", &["target", "list", "--installed"])
            .is_some_and(|it| it.lines().any(|line| line == TARGET))
    };
    if has_target() {
        return Ok(clean(Command::new("cargo")));
    }
    if ask_tool("rustup", &["target", "add", TARGET]).is_some() && has_target() {
        return Ok(clean(Command::new("cargo")));
    }
    if let Some(cargo) = debian() {
        return Ok(cargo);
    }
    install_debian();
    if let Some(cargo) = debian() {
        return Ok(cargo);
    }
    bail!(
        "no Rust toolchain for {TARGET}\n\
         hint: run `rustup target add {TARGET}`\n\
         hint: on Debian where rustup can't download, run `apt-get install {}` as root",
        DEBIAN_PACKAGES.join(" ")
    )
}

const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

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

fn debian() -> Option<Command> {
    let rustc = Path::new("/usr/bin/rustc");
    let cargo = Path::new("/usr/bin/cargo");
    let sysroot = ask_tool("/usr/bin/rustc", &["--print", "sysroot"])?;
    let source = Path::new(&sysroot).join("lib/rustlib/src/rust/library/std");
    if !cargo.exists() || !source.exists() {
        return None;
    }
    let mut command = clean(Command::new(cargo));
    command
        .env("RUSTC", rustc)
        .env("RUSTDOC", "/usr/bin/rustdoc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker()?)
        .arg("-Zbuild-std=std,panic_abort");
    Some(command)
}

/// Debian's `wasm-ld`, or the linker inside an installed toolchain.
fn linker() -> Option<PathBuf> {
    if ask_tool("wasm-ld", &["--version"]).is_some() {
        return Some("wasm-ld".into());
    }
    let sysroot = ask_tool("rustc", &["--print", "sysroot"])?;
    let host = ask_tool("rustc", &["-vV"])?
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))?;
    let lld = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
    lld.exists().then_some(lld)
}

/// Without what the cargo that runs us has set for itself.
fn clean(mut command: Command) -> Command {
    for name in
        ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "RUSTC_WRAPPER", "CARGO_MANIFEST_DIR"]
    {
        command.env_remove(name);
    }
    command
}
