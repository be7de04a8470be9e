//! What was measured, as a table and as JSON.

use crate::figures::{HEAD, Row};
use anyhow::Result;
use refrain_e2e::paths;
use serde_json::json;
use std::process::Command;
use std::time::SystemTime;

pub(crate) fn write(rows: &[Row]) -> Result<()> {
    println!("\n{HEAD}");
    for row in rows {
        println!("{}", row.line());
    }
    let began = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let directory = paths::target().join("bench");
    std::fs::create_dir_all(&directory)?;
    let path = directory.join(format!("{began}.json"));
    let report = json!({
        "unix_time": began,
        "commit": said("git", &["rev-parse", "--short", "HEAD"]),
        "machine": machine(),
        "rows": rows,
    });
    std::fs::write(&path, serde_json::to_string_pretty(&report)?)?;
    println!("\n{}; {}", machine(), path.display());
    Ok(())
}

fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|it| it.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = said("uname", &["-sr"]);
    format!("{cores} cores of {}, {kernel}", model.trim_start_matches([':', '\t', ' ']))
}

fn said(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).current_dir(paths::root()).output();
    output.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned()).unwrap_or_default()
}
