//! `reference.md` is made from the command line's own definition.
//!
//!     UPDATE_EXPECT=1 cargo test -p refrain reference

use crate::args::Cli;
use clap::{Arg, ArgAction, Command, CommandFactory};
use std::fmt::Write as _;

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_and_flag_has_help() {
    fn look(path: &str, command: &Command) {
        assert!(command.get_about().is_some(), "`{path}` has no help");
        for arg in command.get_arguments() {
            assert!(arg.get_help().is_some(), "`{path}`: `{}` has no help", arg.get_id());
        }
        for below in command.get_subcommands() {
            look(&format!("{path} {}", below.get_name()), below);
        }
    }
    look("refrain", &Cli::command());
}

#[test]
fn the_reference_is_up_to_date() {
    let mut command = Cli::command();
    command.build();
    expect_test::expect_file!["../reference.md"].assert_eq(&reference(&command));
}

fn reference(command: &Command) -> String {
    let mut text = String::from(
        "# The commands of `refrain`\n\n\
         Made from the program itself: `UPDATE_EXPECT=1 cargo test -p refrain reference`.\n\n\
         Every command takes `--output text` (for people, the default) or `--output json` (for\n\
         programs). Data goes to standard output, talk to standard error. Exit codes: 0 done,\n\
         1 it failed, 2 wrong command line, 3 no server there, 4 runs or histories do not fit a\n\
         component. Durations: `500ms`, `30s`, `5m`, `1h30m`, `7d`.\n",
    );
    section(&mut text, command, "refrain");
    text
}

fn section(text: &mut String, command: &Command, path: &str) {
    let below: Vec<&Command> =
        command.get_subcommands().filter(|it| it.get_name() != "help").collect();
    if below.is_empty() {
        let about = command.get_long_about().or(command.get_about());
        let about = sentence(&about.map(ToString::to_string).unwrap_or_default());
        let _ = write!(text, "\n## `{path}`\n\n{about}\n\n");
        for arg in command.get_arguments() {
            let is_told_above = matches!(arg.get_action(), ArgAction::Help | ArgAction::Version)
                || arg.get_id().as_str() == "output";
            if !is_told_above {
                line(text, arg);
            }
        }
    }
    for command in below {
        section(text, command, &format!("{path} {}", command.get_name()));
    }
}

/// The derive takes the last full stop away.
fn sentence(text: &str) -> String {
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

fn line(text: &mut String, arg: &Arg) {
    let value = arg.get_value_names().unwrap_or_default().first();
    let value = match (value, arg.get_action().takes_values()) {
        (Some(value), true) => format!(" {value}"),
        _ => String::new(),
    };
    let name = match (arg.get_long(), arg.get_short()) {
        (Some(long), Some(short)) => format!("`--{long}{value}`, `-{short}`"),
        (Some(long), None) => format!("`--{long}{value}`"),
        (None, _) => format!("`{}`", value.trim()),
    };
    let alias = arg.get_visible_aliases().unwrap_or_default();
    let alias: String = alias.iter().map(|it| format!(", `--{it}`")).collect();
    let help = arg.get_long_help().or(arg.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let help = sentence(&help.replace("\n\n", " ").replace('\n', " "));
    let _ = write!(text, "- {name}{alias}: {help}");
    let values = arg.get_possible_values();
    if !values.is_empty() && arg.get_action().takes_values() {
        let names: Vec<String> = values.iter().map(|it| format!("`{}`", it.get_name())).collect();
        let _ = write!(text, " One of {}.", names.join(", "));
    }
    let default = arg.get_default_values().first().map(|it| it.to_string_lossy());
    if let Some(default) = default.filter(|it| !it.is_empty() && arg.get_action().takes_values()) {
        let _ = write!(text, " Default: `{default}`.");
    }
    if let Some(variable) = arg.get_env() {
        let _ = write!(text, " Variable: `{}`.", variable.to_string_lossy());
    }
    text.push('\n');
}
