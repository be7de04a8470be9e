//! Lines for the log of the run or activity; not repeated in replay.

use std::cell::Cell;

pub use crate::bindings::types::LogLevel;
pub use crate::{debug, error, info_log as info, warn_log as warn};

type Sink = fn(LogLevel, &str);

thread_local! {
    // Set by whichever world is exported, so that a guest imports only the log of its own world.
    static SINK: Cell<Sink> = const { Cell::new(|_, _| {}) };
}

pub(crate) fn set_sink(sink: Sink) {
    SINK.set(sink);
    // Otherwise a panic leaves a backtrace without a message.
    std::panic::set_hook(Box::new(|panic| line(LogLevel::Error, &panic.to_string())));
}

#[doc(hidden)]
pub fn line(level: LogLevel, message: &str) {
    SINK.get()(level, message);
}

#[macro_export]
macro_rules! debug {
    ($($text:tt)*) => { $crate::log::line($crate::log::LogLevel::Debug, &format!($($text)*)) };
}

#[macro_export]
#[doc(hidden)]
macro_rules! info_log {
    ($($text:tt)*) => { $crate::log::line($crate::log::LogLevel::Info, &format!($($text)*)) };
}

#[macro_export]
#[doc(hidden)]
macro_rules! warn_log {
    ($($text:tt)*) => { $crate::log::line($crate::log::LogLevel::Warn, &format!($($text)*)) };
}

#[macro_export]
macro_rules! error {
    ($($text:tt)*) => { $crate::log::line($crate::log::LogLevel::Error, &format!($($text)*)) };
}
