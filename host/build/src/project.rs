//! A folder with workflows, and which language they are in.

use crate::create::{REQUIREMENTS, SDK_FOLDER, write_sdk};
use crate::{BuildError, python, rust, typescript};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Rust,
    Typescript,
    Python,
}

impl Language {
    pub const ALL: [Language; 3] = [Language::Rust, Language::Typescript, Language::Python];

    /// As in the names of folders, and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::Typescript => "typescript",
            Language::Python => "python",
        }
    }

    /// The file that makes a folder a project in this language.
    pub fn marker(self) -> &'static str {
        match self {
            Language::Rust => "Cargo.toml",
            Language::Typescript => "package.json",
            Language::Python => "pyproject.toml",
        }
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
    /// If the folder has no file that says which language it is in, or more than one and `language`
    /// does not choose.
    pub fn find(folder: &Path, language: Option<Language>) -> Result<Project, BuildError> {
        let there = |it: &Language| folder.join(it.marker()).is_file();
        let wanted = |it: &Language| language.is_none_or(|only| only == *it);
        let found: Vec<Language> = Language::ALL.into_iter().filter(wanted).filter(there).collect();
        let list = |all: &[Language]| {
            let all: Vec<_> = all.iter().map(|it| format!("`{}`", it.marker())).collect();
            all.join(", ")
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
        // Told by what its files say, so that no SDK is written where none is wanted.
        let says_so = |file: &str| {
            let text = std::fs::read_to_string(self.folder.join(file));
            text.is_ok_and(|it| it.contains(SDK_FOLDER))
        };
        let wants_sdk = says_so(self.language.marker()) || says_so(REQUIREMENTS);
        if wants_sdk && !self.folder.join(SDK_FOLDER).exists() {
            write_sdk(&self.folder, self.language)?;
        }
        let out_dir = options.out_dir.clone().unwrap_or_else(|| self.folder.join("dist"));
        std::fs::create_dir_all(&out_dir)
            .map_err(BuildError::files(format!("`{}` can't be made", out_dir.display())))?;
        match self.language {
            Language::Rust => rust::build_project(&self.folder, &out_dir),
            Language::Typescript => typescript::build_project(&self.folder, &out_dir),
            Language::Python => python::build_project(&self.folder, &out_dir),
        }
    }
}

/// The tools run in the project's folder.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, BuildError> {
    std::path::absolute(path).map_err(BuildError::files(format!("`{}` is no path", path.display())))
}
