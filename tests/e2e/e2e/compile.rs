//! Components that take very long or very much to compile: their upload is refused, and nobody waits for it.

use crate::common::{directory, start_with};
use anyhow::{Result, ensure};
use expect_test::expect;
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order, paths};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A component of some KB with one function of so many loops within each other, all of which use so many variables.
fn loops(depth: usize, variables: usize) -> Result<Vec<u8>> {
    let each = |text: &dyn Fn(usize) -> String| (0..variables).map(text).collect::<String>();
    let (begin, end) = ("(loop ".repeat(depth), "(br_if 0 (local.get 0)))".repeat(depth));
    let counts =
        each(&|n| format!("(local.set {n} (i32.add (local.get {n}) (i32.load (i32.const 0))))"));
    let keeps = each(&|n| format!("(i32.store (i32.const 0) (local.get {n}))"));
    let locals = "i32 ".repeat(variables);
    component(&format!("(local {locals}) {begin} {counts} {end} {keeps}"), "")
}

/// A list of lists of lists.
fn nested(depth: usize) -> Result<Vec<u8>> {
    let types: String = (1..depth).map(|n| format!("(type $t{n} (list $t{}))", n - 1)).collect();
    let last = depth - 1;
    let types = format!(
        "(type $t0 (list u8)) {types} (import \"acme:lists/all\" (instance (export \"f\" (func (param \"it\" $t{last})))))"
    );
    component("", &types)
}

fn component(code: &str, imports: &str) -> Result<Vec<u8>> {
    Ok(wat::parse_str(format!(
        r#"(component {imports}
            (core module $m (memory 1) (func (export "f") {code}))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (export "run" (func $f)))"#
    ))?)
}

fn written(directory: &Path, name: &str, bytes: Vec<u8>) -> Result<PathBuf> {
    let file = directory.join(format!("{name}.wasm"));
    std::fs::write(&file, bytes)?;
    Ok(file)
}

fn refused(host: &Host, file: &Path) -> Result<String> {
    let said = host.try_cli(&["deploy", &file.to_string_lossy(), "--task-queue", "bad"])?;
    assert_eq!(said.code, Some(1), "{said:?}");
    Ok(said.stderr)
}

/// The process that compiles for the host, if one does.
fn compiler_of(host: &Host) -> Result<Option<String>> {
    let parent = format!("PPid:\t{}\n", host.pid());
    for entry in std::fs::read_dir("/proc")? {
        let directory = entry?.path();
        let read = |name| std::fs::read_to_string(directory.join(name)).unwrap_or_default();
        if read("status").contains(&parent) && read("cmdline").contains("__compile") {
            let pid = directory.file_name().unwrap_or_default();
            return Ok(Some(pid.to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

fn signal(pid: &str, name: &str) -> Result<()> {
    ensure!(Command::new("kill").args([name, pid]).status()?.success(), "{name} {pid}");
    Ok(())
}

#[test]
fn a_component_that_takes_long_to_compile_is_refused_and_others_are_deployed_and_run_meanwhile()
-> Result<()> {
    let directory = directory("compile-bombs");
    let host = Host::start(&directory, &["--compile-time", "4s"])?;
    let bomb = written(&directory, "loops", loops(1000, 100)?)?;
    std::thread::scope(|threads| {
        let bombed = threads.spawn(|| refused(&host, &bomb));
        // It lasts until the others are done.
        let compiler = eventually("it is being compiled", || compiler_of(&host))?;
        signal(&compiler, "-STOP")?;
        // Never seen before, by a section that means nothing.
        let hello = std::fs::read(paths::guest("c/toolbox")?)?;
        let unseen = host.pid().to_be_bytes();
        let section = [&[1 + unseen.len() as u8, 0][..], &unseen].concat();
        let fresh = written(&directory, "fresh", [&hello[..], &[0], &section].concat())?;
        host.cli(&["deploy", &fresh.to_string_lossy(), "--task-queue", "c"])?;
        start_with(&host, "leaf", "leaf", "c", &["21"])?;
        assert_eq!(order::result(&host, "leaf")?, "42");
        signal(&compiler, "-CONT")?;
        expect![[r#"
            error: component takes more than 4 s of computing to compile: one of its functions is very large, or has loops and blocks nested very deep, as generated code may; split it, or raise `--compile-time`
        "#]].assert_eq(&bombed.join().expect("no panic")?);
        anyhow::Ok(())
    })
}

#[test]
fn a_component_that_takes_much_memory_to_compile_is_refused() -> Result<()> {
    let directory = directory("compile-memory");
    let host = Host::start(&directory, &["--compile-memory", "128MiB"])?;
    let bomb = written(&directory, "loops", loops(100, 4000)?)?;
    expect![[r#"
        error: component takes more than 134217728 bytes of memory to compile: one of its functions is very large, or has very many variables, as generated code may; split it, or raise `--compile-memory`
    "#]].assert_eq(&refused(&host, &bomb)?);
    Ok(())
}

/// Who looks at it takes a step down for each of them.
#[test]
fn types_that_are_nested_without_end_are_refused_and_the_host_goes_on() -> Result<()> {
    let directory = directory("compile-nested");
    let host = Host::start(&directory, &[])?;
    let bomb = written(&directory, "nested", nested(50_000)?)?;
    expect![[r#"
        error: component can't be parsed: type nesting is too deep (at offset 0xf7)
    "#]]
    .assert_eq(&refused(&host, &bomb)?);
    host.cli(&["workflow", "list"])?;
    Ok(())
}

#[test]
fn a_small_program_in_rust_is_a_small_component_with_readable_names() -> Result<()> {
    let component = std::fs::read(paths::guest("rust/hello")?)?;
    let has = |text: &str| component.windows(text.len()).any(|it| it == text.as_bytes());
    // A third was names of types, and code that writes what only the host writes.
    ensure!(component.len() < 165_000, "it has {} bytes", component.len());
    ensure!(has("refrain_sdk::scope::Scope::end"), "no name of a function");
    ensure!(!has("_ZN") && !has("vtable0::lower"), "names as the compiler writes them");
    Ok(())
}
