//! How scripts ask for time to be skipped: `skip=on`, `skip=on,alone,most:3,forward:a:1h`, `skip=off`;
//! `skip=none` takes it back.

use crate::words::{self, Wrong};
use refrain_core::options::{FastForward, TimeSkipping};

pub(crate) fn parse(value: &str) -> Result<Option<TimeSkipping>, Wrong> {
    if value == "none" {
        return Ok(None);
    }
    let mut config = TimeSkipping::default();
    for part in value.split(',') {
        match part.split(':').collect::<Vec<_>>()[..] {
            ["on"] => config.enabled = true,
            ["off"] => config.enabled = false,
            ["alone"] => config.disable_propagation = true,
            ["most", n] => {
                config.max_skips = n.parse().map_err(|_| format!("`{n}` is not a number"))?;
            }
            ["forward", id, duration] => {
                let (id, duration) = (id.to_owned(), words::delay(duration)?);
                config.fast_forward = Some(FastForward { id, duration });
            }
            _ => return Err(format!("`{part}` says nothing of skipped time")),
        }
    }
    Ok(Some(config))
}

/// As the text of a history has it.
pub(crate) fn shown(config: Option<&TimeSkipping>) -> String {
    let Some(it) = config else { return "no skipping".to_owned() };
    let mut text =
        format!("{} {}", if it.enabled { "skips" } else { "does not skip" }, it.max_skips);
    if it.disable_propagation {
        text.push_str(" alone");
    }
    if let Some(forward) = &it.fast_forward {
        text.push_str(&format!(" forward {} {}", forward.id, forward.duration));
    }
    text
}
