//! The workloads. Each opens a stage, warms it up, and measures it several times.

mod idle;
mod replay;
mod steps;
mod waits;

use crate::Args;
use crate::figures::{Figure, Row, median_cost, medians};
use crate::stage::{Activities, Stage};
use anyhow::{Result, bail};
use std::sync::Arc;

const ALL: &[&str] = &["W1a", "W1b", "W2a", "W2b", "W3", "W4", "W5", "W6", "W7", "W8", "W9"];
pub(crate) const RUST: &str = "rust";
pub(crate) const TYPESCRIPT: &str = "typescript";

/// How much is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) runs: usize,
    quick: bool,
    pub(crate) idle_runs: usize,
}

impl Scale {
    pub(crate) fn of(self, n: usize) -> usize {
        if self.quick { n.div_ceil(10) } else { n }
    }
}

pub(crate) async fn run(args: &Args) -> Result<Vec<Row>> {
    let wanted: Vec<&str> = args.workloads.iter().map(String::as_str).collect();
    if let Some(unknown) = wanted.iter().find(|it| !ALL.contains(it)) {
        bail!("there is no workload {unknown}: there are {}", ALL.join(", "));
    }
    let runs = if args.quick { 1 } else { args.runs.max(1) };
    let scale = Scale { runs, quick: args.quick, idle_runs: args.idle_runs };
    let remote = args.remote.activities();
    let without = |what: &str| args.without.iter().any(|it| it == what);
    let mut rows = Vec::new();
    for name in ALL.iter().filter(|it| wanted.is_empty() || wanted.contains(it)) {
        for (guest, activities) in variants(name, remote) {
            let is_remote = !matches!(activities, Activities::Host | Activities::Nobody);
            if without(guest) || (is_remote && without("remote")) {
                continue;
            }
            match one(name, guest, activities, scale).await {
                Ok(row) => {
                    eprintln!("{}", row.line());
                    rows.push(row);
                }
                // The others can be measured all the same.
                Err(error) => eprintln!("{name} with {guest}: {error:#}"),
            }
        }
    }
    Ok(rows)
}

fn variants(name: &str, remote: Activities) -> Vec<(&'static str, Activities)> {
    match name {
        "W1b" | "W2a" => {
            vec![(RUST, Activities::Host), (TYPESCRIPT, Activities::Host), (RUST, remote)]
        }
        "W1a" | "W2b" | "W3" => vec![(RUST, Activities::Host), (RUST, remote)],
        "W6" | "W7" => vec![(RUST, Activities::Nobody), (TYPESCRIPT, Activities::Nobody)],
        _ => vec![(RUST, Activities::Nobody)],
    }
}

async fn one(
    name: &'static str,
    guest: &'static str,
    activities: Activities,
    scale: Scale,
) -> Result<Row> {
    match name {
        "W6" => return idle::memory(guest, scale).await,
        "W7" => return replay::cold(guest, scale).await,
        "W9" => return idle::start_up(scale).await,
        _ => {}
    }
    let stage = Arc::new(Stage::open(guest, activities, &[]).await?);
    // The warm-up is a small run of the same.
    measure(name, &stage, Scale { quick: true, ..scale }).await?;
    let (mut runs, mut costs, mut units) = (Vec::new(), Vec::new(), 1);
    for _ in 0..scale.runs {
        let began = stage.reading()?;
        let figures;
        (units, figures) = measure(name, &stage, scale).await?;
        costs.push(began.until(stage.reading()?));
        runs.push(figures);
    }
    let figures = with_goals(name, activities, medians(&runs));
    let cost = median_cost(&costs);
    let resident_bytes = stage.resident()?;
    let (activities, runs) = (activities.name(), scale.runs);
    Ok(Row { workload: name, guest, activities, runs, units, figures, cost, resident_bytes })
}

/// One run: how many units it had, and its figures.
async fn measure(name: &str, stage: &Arc<Stage>, scale: Scale) -> Result<(usize, Vec<Figure>)> {
    match name {
        "W1a" => steps::one_at_a_time(stage, scale).await,
        "W1b" => steps::in_flight(stage, scale).await,
        "W2a" => steps::sequence(stage, scale).await,
        "W2b" => steps::sequences(stage, scale).await,
        "W3" => steps::parallel(stage, scale).await,
        "W4" => waits::lateness(stage, scale).await,
        "W5" => waits::signal(stage, scale).await,
        _ => idle::starts(stage, scale).await,
    }
}

fn with_goals(name: &str, activities: Activities, mut figures: Vec<Figure>) -> Vec<Figure> {
    let remote = matches!(activities, Activities::TypeScript | Activities::Driver);
    let goals: &[f64] = match (name, remote) {
        ("W1a", false) => &[1.5, 4.0],
        ("W1a", true) => &[3.0, 8.0],
        ("W1b", false) => &[5000.0],
        ("W1b", true) => &[2000.0],
        ("W2a", false) => &[0.4],
        ("W2a", true) => &[1.0],
        ("W2b", false) => &[20_000.0],
        ("W2b", true) => &[5000.0],
        ("W3", false) => &[4.0],
        ("W3", true) => &[15.0],
        ("W4", _) => &[2.0, 5.0],
        ("W5", _) => &[1.5, 4.0],
        ("W8", _) => &[20_000.0],
        _ => &[],
    };
    for (figure, goal) in figures.iter_mut().zip(goals) {
        figure.goal = Some(*goal);
    }
    figures
}
