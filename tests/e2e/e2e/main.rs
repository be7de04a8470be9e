//! End to end: the real binary, real files, real signals, real clients.

mod orders;
