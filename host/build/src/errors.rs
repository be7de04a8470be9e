//! Why there is no component.

use std::io;
use std::path::PathBuf;

/// What the tools themselves had to say was shown when they said it.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("no project in `{}`: found none of {markers}", folder.display())]
    NoProject { folder: PathBuf, markers: String },

    #[error("`{}` is no folder", folder.display())]
    NoFolder { folder: PathBuf },

    #[error("`{}` is a project in more than one language: found {found}", folder.display())]
    ManyLanguages { folder: PathBuf, found: String },

    #[error("no language `{name}`: expected rust, typescript, python, c or go")]
    NoLanguage { name: String },

    #[error(
        "`{name}` can't be the name of a project: expected up to 64 small letters, digits, `-` and `_`, a letter first"
    )]
    Name { name: String },

    #[error("`{}` is there already", folder.display())]
    Exists { folder: PathBuf },

    #[error("no workflows in `{}`: {expected}", folder.display())]
    NoWorkflows { folder: PathBuf, expected: String },

    #[error("{what} is missing")]
    Missing {
        what: String,
        /// The command that installs it, in words that can be typed.
        install: String,
    },

    #[error("`{tool}` failed ({status})")]
    ToolFailed { tool: String, status: String },

    #[error("`{tool}` said what was not expected: {cause}")]
    ToolUnclear { tool: String, cause: String },

    #[error("no component can be made of `{name}`: {cause}")]
    NotAComponent { name: String, cause: String },

    #[error("{doing}: {cause}")]
    Files { doing: String, cause: io::Error },
}

impl BuildError {
    /// What the reader can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            BuildError::NoProject { .. } => {
                Some("`refrain new NAME --language LANGUAGE` makes one".to_owned())
            }
            BuildError::ManyLanguages { .. } => Some("choose one with `--language`".to_owned()),
            BuildError::Missing { install, .. } => Some(install.clone()),
            BuildError::NoFolder { .. }
            | BuildError::NoLanguage { .. }
            | BuildError::Name { .. }
            | BuildError::Exists { .. }
            | BuildError::NoWorkflows { .. }
            | BuildError::ToolFailed { .. }
            | BuildError::ToolUnclear { .. }
            | BuildError::NotAComponent { .. }
            | BuildError::Files { .. } => None,
        }
    }

    pub(crate) fn files(doing: impl Into<String>) -> impl FnOnce(io::Error) -> BuildError {
        let doing = doing.into();
        move |cause| BuildError::Files { doing, cause }
    }
}
