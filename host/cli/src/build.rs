//! `refrain new` and `refrain build`: a project begins, and becomes components that can be deployed.

use crate::component::{Checked, ComponentFile};
use crate::errors::CliError;
use crate::output::{self, Format};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use refrain_build::{BuildError, Language, Options, Project};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    project: ProjectArgs,
    /// Where to write the components. Default: `dist` in the project.
    #[arg(long, value_name = "DIR")]
    out_dir: Option<PathBuf>,
    /// Compiled components are kept here. Default: `refrain` in the user's cache directory.
    #[arg(long, env = "REFRAIN_CACHE_DIR", value_name = "DIR")]
    cache_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The project's name: small letters, digits, `-` and `_`.
    name: String,
    /// The language that its workflows are written in.
    #[arg(long, short, value_parser = language(), value_name = "LANGUAGE")]
    language: Language,
    /// The folder to write it into, which must not be there yet. Default: the name.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub(crate) fn new(args: NewArgs, format: Format) -> Result<(), CliError> {
    let folder = args.folder.unwrap_or_else(|| PathBuf::from(&args.name));
    refrain_build::create(&folder, &args.name, args.language).map_err(not_built)?;
    let folder = folder.display().to_string();
    match format {
        Format::Json => output::print_json(&json!({ "folder": folder })),
        Format::Text => output::print(&format!(
            "`{folder}` is a project in {}. Its README.md says how it is built, tested and run.",
            args.language
        )),
    }
}

/// Which project, and in which language.
#[derive(Clone, Debug, Args)]
pub(crate) struct ProjectArgs {
    /// The project's folder.
    #[arg(value_name = "PROJECT", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Its language, if more than one is there.
    #[arg(long, value_parser = language(), value_name = "LANGUAGE")]
    language: Option<Language>,
}

pub(crate) fn language() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::name)).try_map(|it| it.parse())
}

impl ProjectArgs {
    pub(crate) fn find(&self) -> Result<Project, CliError> {
        Project::find(&self.folder, self.language).map_err(not_built)
    }
}

pub(crate) fn not_built(error: BuildError) -> CliError {
    let failed = CliError::of(&error);
    match error.hint() {
        Some(hint) => failed.hint(hint),
        None => failed,
    }
}

pub(crate) async fn run(args: BuildArgs, format: Format) -> Result<(), CliError> {
    let project = args.project.find()?;
    let options = Options { out_dir: args.out_dir };
    let components = project.build(&options).map_err(not_built)?;
    let mut built = Vec::new();
    for component in components {
        let file = ComponentFile::read(&component.file, None)?;
        let checked = Checked::of(file, args.cache_dir.clone()).await?;
        let file = component.file.display().to_string();
        match format {
            Format::Json => {
                let mut value = checked.to_json();
                value["file"] = file.into();
                built.push(value);
            }
            Format::Text => output::print(&checked.text(&[("Component", file)]))?,
        }
    }
    match format {
        Format::Json => output::print_json(&Value::from(built)),
        Format::Text => Ok(()),
    }
}
