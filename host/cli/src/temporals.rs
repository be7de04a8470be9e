//! Flags of `temporal server start-dev` that mean something there only. They are taken, so that what starts that
//! server can start this one; who gives one that asks for what is not there is told so.

use crate::errors::CliError;
use crate::limits::{self, Limit};
use clap::{Args, ValueEnum};

const HEADING: &str = "Taken for Temporal's sake";

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TemporalsArgs {
    /// Port for metrics. There is none yet: without effect.
    #[arg(long, value_name = "PORT", help_heading = HEADING)]
    metrics_port: Option<u16>,
    /// A setting of Temporal's server. Those that mean a limit of runs (see --limit) have an effect.
    #[arg(long, value_name = "KEY=VALUE", help_heading = HEADING)]
    dynamic_config_value: Vec<String>,
    /// A pragma of Temporal's database. Without effect.
    #[arg(long, value_name = "KEY=VALUE", help_heading = HEADING)]
    sqlite_pragma: Vec<String>,
    /// Pages of your own for the web page. Without effect.
    #[arg(long, value_name = "PATH", help_heading = HEADING)]
    ui_asset_path: Option<String>,
    /// A server that decodes payloads for the web page. Without effect.
    #[arg(long, value_name = "URL", help_heading = HEADING)]
    ui_codec_endpoint: Option<String>,
    /// Our page never asks for news.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", help_heading = HEADING)]
    ui_disable_news_fetch: Option<bool>,
    /// Print the server's settings. Without effect.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", help_heading = HEADING)]
    log_config: Option<bool>,
    /// Settings of Temporal's command line by this name. Without effect.
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    env: Option<String>,
    /// The file of those. Without effect.
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    env_file: Option<String>,
    /// A profile of Temporal's configuration. Without effect.
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    profile: Option<String>,
    /// The file of that configuration. Without effect.
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    config_file: Option<String>,
    /// It is never read here.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", help_heading = HEADING)]
    disable_config_file: Option<bool>,
    /// It is never read from variables here.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", help_heading = HEADING)]
    disable_config_env: Option<bool>,
    /// When to color. Log lines have colors on a terminal, nothing else has: without effect.
    #[arg(long, value_enum, value_name = "WHEN", help_heading = HEADING)]
    color: Option<Color>,
    /// How to print times. This command prints none.
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = HEADING)]
    time_format: Option<TimeFormat>,
    /// How to print payloads. This command prints none.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL", help_heading = HEADING)]
    no_json_shorthand_payloads: Option<bool>,
    /// The server ends after so long. Without effect.
    #[arg(long, value_name = "DURATION", help_heading = HEADING)]
    command_timeout: Option<String>,
    /// How long to try to connect. This command does not connect.
    #[arg(long, value_name = "DURATION", help_heading = HEADING)]
    client_connect_timeout: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    Always,
    Never,
    Auto,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TimeFormat {
    Relative,
    Iso,
    Raw,
}

/// Settings that SDKs give to whatever server they start: here things are so anyway.
const ALWAYS_SO: [&str; 3] = [
    "frontend.enableServerVersionCheck",
    "frontend.enableUpdateWorkflowExecution",
    "frontend.enableUpdateWorkflowExecutionAsyncAccepted",
];

impl TemporalsArgs {
    /// The limits among the settings of Temporal's server.
    pub(crate) fn limits(&self) -> Result<Vec<Limit>, CliError> {
        let limits = self.dynamic_config_value.iter().filter_map(|it| Limit::of_temporal(it));
        limits.collect::<Result<_, _>>().map_err(|error| CliError::usage(error.to_string()))
    }

    /// What was asked for in vain, to be said once.
    pub(crate) fn without_effect(&self) -> Vec<String> {
        let given = [
            ("--metrics-port", self.metrics_port.is_some()),
            ("--ui-asset-path", self.ui_asset_path.is_some()),
            ("--ui-codec-endpoint", self.ui_codec_endpoint.is_some()),
            ("--log-config", self.log_config == Some(true)),
            ("--env", self.env.is_some()),
            ("--env-file", self.env_file.is_some()),
            ("--profile", self.profile.is_some()),
            ("--config-file", self.config_file.is_some()),
            ("--color", matches!(self.color, Some(Color::Always))),
            ("--command-timeout", self.command_timeout.is_some()),
        ];
        let mut flags: Vec<String> =
            given.into_iter().filter(|it| it.1).map(|it| it.0.to_owned()).collect();
        for (flag, list) in [
            ("--dynamic-config-value", &self.dynamic_config_value),
            ("--sqlite-pragma", &self.sqlite_pragma),
        ] {
            let keys = list.iter().map(|it| it.split('=').next().unwrap_or_default());
            let keys = keys.filter(|key| !ALWAYS_SO.contains(key) && !limits::is_temporals(key));
            flags.extend(keys.map(|key| format!("{flag} {key}")));
        }
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Given {
        #[command(flatten)]
        args: TemporalsArgs,
    }

    #[test]
    fn what_has_no_effect_is_named() {
        let given = "x --dynamic-config-value frontend.x=true --dynamic-config-value limit.historyCount.error=100 \
                     --ui-codec-endpoint http://localhost:1 --log-config=false --disable-config-file \
                     --ui-disable-news-fetch --color never --time-format iso --command-timeout 0";
        let Given { args } =
            Given::try_parse_from(given.split_whitespace()).expect("all are taken");
        assert_eq!(
            args.without_effect(),
            ["--ui-codec-endpoint", "--command-timeout", "--dynamic-config-value frontend.x"]
        );
    }
}
