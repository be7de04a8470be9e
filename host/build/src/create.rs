//! `refrain new`: a project that builds and passes its own test.
//!
//! No SDK is published yet. So a project has its SDK in it, in the folder `refrain-sdk`, laid out as in this repository.

use crate::{BuildError, Language, carried};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Where in a project its SDK lies.
pub const SDK_FOLDER: &str = "refrain-sdk";
/// What pip installs for a project.
pub(crate) const REQUIREMENTS: &str = "requirements.txt";
/// In templates, the project's name.
const NAME: &str = "{{name}}";

/// Writes a new project into `folder`, which must not be there yet.
///
/// # Errors
///
/// If the name can't be a package's name, the folder is there, or it can't be written.
pub fn create(folder: &Path, name: &str, language: Language) -> Result<(), BuildError> {
    if !is_name(name) {
        return Err(BuildError::Name { name: name.to_owned() });
    }
    if folder.exists() {
        return Err(BuildError::Exists { folder: folder.to_owned() });
    }
    for (file, bytes) in carried::below(&format!("host/build/templates/{language}")) {
        // Under its own name, git would heed it here.
        let file = if file == "gitignore" { ".gitignore" } else { file };
        match std::str::from_utf8(bytes) {
            Ok(text) => carried::write(&folder.join(file), text.replace(NAME, name).as_bytes())?,
            Err(_) => carried::write(&folder.join(file), bytes)?,
        }
    }
    match language {
        Language::Rust => {
            copy("guest-examples/rust/hello", folder)?;
            carried::write(&folder.join("Cargo.lock"), locked().as_bytes())?;
        }
        Language::Typescript => {
            copy("guest-examples/typescript/hello", &folder.join("src"))?;
            carried::write(&folder.join("package.json"), package_json(name).as_bytes())?;
        }
        Language::Python => {
            copy("guest-examples/python/hello", folder)?;
            let packages = python_packages(&["componentize-py", "temporalio"]);
            carried::write(&folder.join(REQUIREMENTS), packages.as_bytes())?;
        }
        Language::C => {
            copy("guest-examples/c/hello", folder)?;
            carried::write(&folder.join(REQUIREMENTS), requirements(&["ziglang"]).as_bytes())?;
        }
        Language::Go => carried::write(
            &folder.join("main.go"),
            carried::text("guest-examples/go/hello/main.go").unwrap_or_default().as_bytes(),
        )?,
    }
    write_sdk(folder, language)
}

/// Writes the SDK of this binary into a project, in place of the one that is there.
///
/// # Errors
///
/// If the old one can't be removed or the new one not be written.
pub fn write_sdk(folder: &Path, language: Language) -> Result<(), BuildError> {
    let sdk: PathBuf = folder.join(SDK_FOLDER);
    if sdk.exists() {
        std::fs::remove_dir_all(&sdk)
            .map_err(BuildError::files(format!("`{}` can't be replaced", sdk.display())))?;
    }
    copy("wit", &sdk.join("wit"))?;
    let source = format!("sdk/{language}");
    copy(&source, &sdk.join(&source))
}

/// One that is there may be read by a package manager right now.
fn add_sdk(folder: &Path, language: Language) -> Result<(), BuildError> {
    if folder.join(SDK_FOLDER).exists() {
        return Ok(());
    }
    write_sdk(folder, language)
}

fn copy(from: &str, to: &Path) -> Result<(), BuildError> {
    carried::below(from).try_for_each(|(name, bytes)| carried::write(&to.join(name), bytes))
}

/// What installs the packages that a TypeScript project lacks. One that was begun without the SDK gets it here.
pub(crate) fn npm_install(folder: &Path) -> Result<String, BuildError> {
    let project = folder.display();
    if says(folder, "package.json", "@refrain/workflow") {
        return Ok(format!("`npm install` in `{project}`"));
    }
    add_sdk(folder, Language::Typescript)?;
    let ours = guest_packages();
    let named = |(name, version): (&String, &Value)| {
        // A compiler is the project's own affair.
        let is_tool = name != "typescript" && name != "@refrain/workflow";
        is_tool.then(|| format!(" {name}@{}", version.as_str().unwrap_or("latest")))
    };
    let tools: String = ours.as_object().into_iter().flatten().filter_map(named).collect();
    let sdk = format!("./{SDK_FOLDER}/sdk/typescript");
    Ok(format!("`npm install --save-dev {sdk}{tools}` in `{project}`, where `{SDK_FOLDER}` is now"))
}

/// As `npm_install`, for a Python project.
pub(crate) fn pip_install(folder: &Path) -> Result<String, BuildError> {
    let project = folder.display();
    let install = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt";
    if ["pyproject.toml", REQUIREMENTS].iter().any(|file| says(folder, file, "refrain")) {
        return Ok(format!("`{install}` in `{project}`"));
    }
    add_sdk(folder, Language::Python)?;
    let packages = python_packages(&["componentize-py"]);
    let lines = packages.lines().map(|it| format!("'{it}' ")).collect::<String>();
    Ok(format!(
        "`printf '%s\\n' {lines}>> {REQUIREMENTS} && {install}` in `{project}`, where `{SDK_FOLDER}` is now"
    ))
}

fn says(folder: &Path, file: &str, what: &str) -> bool {
    std::fs::read_to_string(folder.join(file)).is_ok_and(|it| it.contains(what))
}

/// Letters, digits, `-` and `_`, as all package managers take them.
fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|it| it.is_ascii_lowercase())
        && letters.all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || "-_".contains(it))
        && name.len() <= 64
}

/// The versions that our own guests are built with. Cargo adds the packages of the project itself.
fn locked() -> String {
    let lock = carried::text("guest-examples/rust/Cargo.lock").unwrap_or_default();
    let mut packages = lock.split("[[package]]");
    let head = packages.next().unwrap_or_default().to_owned();
    let from_elsewhere = packages.filter(|it| it.contains("\nsource = "));
    from_elsewhere.fold(head, |lock, package| lock + "[[package]]" + package)
}

fn manifest(file: &str) -> Value {
    serde_json::from_str(carried::text(file).unwrap_or_default()).unwrap_or_default()
}

/// The packages that our own guests are built with.
fn guest_packages() -> Value {
    manifest("guest-examples/typescript/package.json")["devDependencies"].clone()
}

/// Those, and what they are tested with.
fn package_json(name: &str) -> String {
    let mut packages = guest_packages();
    let clients = &manifest("tests/clients/typescript/package.json")["dependencies"];
    for package in ["@temporalio/client", "@temporalio/testing", "@temporalio/worker"] {
        packages[package] = clients[package].clone();
    }
    packages["@refrain/workflow"] = format!("file:{SDK_FOLDER}/sdk/typescript").into();
    let test = "refrain build && node --test tests/*.test.mjs";
    let manifest = serde_json::json!({
        "name": name,
        "private": true,
        "type": "module",
        "scripts": { "build": "refrain build", "test": test },
        "devDependencies": packages,
    });
    format!("{manifest:#}\n")
}

/// The SDK and these packages.
fn python_packages(packages: &[&str]) -> String {
    format!("-e ./{SDK_FOLDER}/sdk/python\n") + &requirements(packages)
}

/// These packages of Python's, in our versions.
fn requirements(packages: &[&str]) -> String {
    let ours = carried::text("tests/clients/requirements.txt").unwrap_or_default();
    let is_wanted =
        |it: &&str| it.split_once("==").is_some_and(|(name, _)| packages.contains(&name));
    ours.lines().filter(is_wanted).fold(String::new(), |all, line| all + line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_every_package_manager_takes() {
        for name in ["shop", "order-7", "a_b"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "7up", "Shop", "a b", "../a", "ö", &"a".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn a_lock_file_names_only_what_comes_from_elsewhere() {
        let lock = locked();
        assert!(lock.contains("name = \"serde_json\""));
        assert!(!lock.contains("name = \"hello\""), "{lock}");
    }

    #[test]
    fn packages_are_those_of_our_own_guests() {
        let manifest: Value = serde_json::from_str(&package_json("shop")).unwrap();
        let packages = &manifest["devDependencies"];
        assert_eq!(packages["@refrain/workflow"], "file:refrain-sdk/sdk/typescript");
        for package in ["esbuild", "componentize-qjs", "@temporalio/testing"] {
            assert!(packages[package].is_string(), "{package}");
        }
        assert!(requirements(&["componentize-py"]).starts_with("componentize-py=="));
        assert_eq!(requirements(&["ziglang"]).lines().count(), 1);
    }

    #[test]
    fn nothing_that_tools_leave_behind_is_carried() {
        for language in Language::ALL {
            for (name, _) in carried::below(&format!("sdk/{language}")) {
                assert!(!name.contains("node_modules") && !name.contains("target/"), "{name}");
            }
        }
    }
}
