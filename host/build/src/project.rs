//! A folder with workflows, and which language they are in.

use crate::create::{REQUIREMENTS, SDK_FOLDER, write_sdk};
use crate::{BuildError, c, go, python, rust, typescript};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Rust,
    Typescript,
    Python,
    /// And what calls C: C++ and Zig.
    C,
    Go,
}

impl Language {
    pub const ALL: [Language; 5] =
        [Language::Rust, Language::Typescript, Language::Python, Language::C, Language::Go];

    /// As in the names of folders, and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::Typescript => "typescript",
            Language::Python => "python",
            Language::C => "c",
            Language::Go => "go",
        }
    }

    /// Files of which one makes a folder a project in this language.
    pub fn markers(self) -> &'static [&'static str] {
        match self {
            Language::Rust => &["Cargo.toml"],
            Language::Typescript => &["package.json"],
            Language::Python => &["pyproject.toml"],
            Language::C => &["workflow.c", "workflow.cpp", "workflow.zig"],
            Language::Go => &["go.mod"],
        }
    }

    fn has_marker(self, folder: &Path) -> bool {
        self.markers().iter().any(|it| folder.join(it).is_file())
    }
}

impl FromStr for Language {
    type Err = BuildError;

    fn from_str(name: &str) -> Result<Language, BuildError> {
        let found = Language::ALL.into_iter().find(|it| it.name() == name);
        found.ok_or_else(|| BuildError::NoLanguage { name: name.to_owned() })
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Clone, Debug)]
pub struct Project {
    pub folder: PathBuf,
    pub language: Language,
}

#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where components are written. Default: `dist` in the project.
    pub out_dir: Option<PathBuf>,
}

/// A component that was built, not yet looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    pub name: String,
    pub file: PathBuf,
}

impl Project {
    /// # Errors
    ///
    /// If the folder is not there, has no file that says which language it is in, or more than one and `language`
    /// does not choose.
    pub fn find(folder: &Path, language: Option<Language>) -> Result<Project, BuildError> {
        if !folder.is_dir() {
            return Err(BuildError::NoFolder { folder: folder.to_owned() });
        }
        let there = |it: &Language| it.has_marker(folder);
        let wanted = |it: &Language| language.is_none_or(|only| only == *it);
        let found: Vec<Language> = Language::ALL.into_iter().filter(wanted).filter(there).collect();
        let list = |all: &[Language]| {
            let markers = all.iter().flat_map(|it| it.markers());
            markers.map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
        };
        let folder = folder.to_owned();
        match found.as_slice() {
            [language] => Ok(Project { folder, language: *language }),
            [] => {
                let looked_for: Vec<_> = Language::ALL.into_iter().filter(wanted).collect();
                Err(BuildError::NoProject { folder, markers: list(&looked_for) })
            }
            many => Err(BuildError::ManyLanguages { folder, found: list(many) }),
        }
    }

    /// Makes its components.
    ///
    /// # Errors
    ///
    /// What is missing, with the command that installs it; or what the toolchain did not like.
    pub fn build(&self, options: &Options) -> Result<Vec<Component>, BuildError> {
        if self.wants_sdk() && !self.folder.join(SDK_FOLDER).exists() {
            write_sdk(&self.folder, self.language)?;
        }
        let out_dir = options.out_dir.clone().unwrap_or_else(|| self.folder.join("dist"));
        std::fs::create_dir_all(&out_dir)
            .map_err(BuildError::files(format!("`{}` can't be made", out_dir.display())))?;
        match self.language {
            Language::Rust => rust::build_project(&self.folder, &out_dir),
            Language::Typescript => typescript::build_project(&self.folder, &out_dir),
            Language::Python => python::build_project(&self.folder, &out_dir),
            Language::C => c::build_project(&self.folder, &out_dir),
            Language::Go => go::build_project(&self.folder, &out_dir),
        }
    }

    /// Told by what its files say, so that no SDK is written where a package manager brings it.
    fn wants_sdk(&self) -> bool {
        let says_so = |file: &&str| {
            let text = std::fs::read_to_string(self.folder.join(file));
            text.is_ok_and(|it| it.contains(SDK_FOLDER))
        };
        match self.language {
            Language::Rust | Language::Typescript | Language::Python => {
                self.language.markers().iter().chain([&REQUIREMENTS]).any(says_so)
            }
            Language::C | Language::Go => true,
        }
    }
}

/// What a component is called when nothing in its folder gives a name.
pub(crate) fn name_of(folder: &Path) -> String {
    let name = |it: &Path| it.file_name().map(|name| name.to_string_lossy().into_owned());
    // `..` has no name; what it stands for has.
    name(folder).or_else(|| name(&folder.canonicalize().ok()?)).unwrap_or_default()
}

/// Where a program is looked for: in the virtual environments of the project and of the shell, then on the path.
pub(crate) fn candidates(folder: &Path, program: &str) -> Vec<PathBuf> {
    let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let environments = [Some(folder.join(".venv")), active].into_iter().flatten();
    let mut all: Vec<_> = environments.map(|it| it.join("bin").join(program)).collect();
    all.push(program.into());
    all
}

/// The tools run in the project's folder.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, BuildError> {
    std::path::absolute(path).map_err(BuildError::files(format!("`{}` is no path", path.display())))
}
