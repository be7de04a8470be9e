//! End to end: the real binary, real files, real signals, real clients.

mod children;
mod client;
mod command_line;
mod common;
mod containment;
mod dev_server;
mod differences;
mod errands;
mod faults;
mod golden;
mod lifecycle;
mod local_activities;
mod orders;
mod payloads;
mod polling;
mod python_worker;
mod request_response;
mod schedules;
mod search_attributes;
mod temporal_cli;
mod temporal_commands;
mod time_skipping;
mod torture;
mod travel;
mod upgrade;
mod workers;
