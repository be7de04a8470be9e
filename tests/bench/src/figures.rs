//! Numbers: medians, percentiles, and how they are shown.

use crate::usage::Cost;
use serde::Serialize;
use std::time::Duration;

/// One number of a workload. `goal`: what `bench.md` of the project asks for, if it does.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
    pub(crate) goal: Option<f64>,
}

/// One workload in one variant: medians of its runs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) workload: &'static str,
    pub(crate) guest: &'static str,
    pub(crate) activities: &'static str,
    pub(crate) runs: usize,
    /// Workflows, steps, signals or starts of one run: what cost is divided by.
    pub(crate) units: usize,
    pub(crate) figures: Vec<Figure>,
    pub(crate) cost: Cost,
    pub(crate) resident_bytes: u64,
}

pub(crate) fn figure(name: &'static str, unit: &'static str, value: f64) -> Figure {
    Figure { name, unit, value, goal: None }
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The value that `percent` of them do not exceed.
pub(crate) fn percentile(values: &mut [f64], percent: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * percent / 100.0).ceil() as usize;
    values.get(at.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    percentile(&mut values, 50.0)
}

/// p50 and p99 of latencies.
pub(crate) fn latencies(times: &[Duration]) -> Vec<Figure> {
    let mut times: Vec<_> = times.iter().map(|it| ms(*it)).collect();
    vec![
        figure("p50", "ms", percentile(&mut times, 50.0)),
        figure("p99", "ms", percentile(&mut times, 99.0)),
    ]
}

/// Figure by figure the median of several runs.
pub(crate) fn medians(runs: &[Vec<Figure>]) -> Vec<Figure> {
    let Some(first) = runs.first() else { return Vec::new() };
    let of = |at: usize| median(runs.iter().map(|run| run[at].value).collect());
    first.iter().enumerate().map(|(at, it)| Figure { value: of(at), ..it.clone() }).collect()
}

pub(crate) fn median_cost(costs: &[Cost]) -> Cost {
    let of = |get: fn(&Cost) -> f64| median(costs.iter().map(get).collect());
    Cost {
        host_cpu_s: of(|it| it.host_cpu_s),
        driver_cpu_s: of(|it| it.driver_cpu_s),
        worker_cpu_s: of(|it| it.worker_cpu_s),
        written_bytes: of(|it| it.written_bytes as f64) as u64,
        flushes: of(|it| it.flushes as f64) as u64,
    }
}

pub(crate) const HEAD: &str = "| workload | guest | activities | figures (goal) | host CPU ms/unit | driver | worker | bytes/unit | flushes/unit | RSS MB |\n|---|---|---|---|---|---|---|---|---|---|";

impl Row {
    pub(crate) fn line(&self) -> String {
        let figures: Vec<_> = self.figures.iter().map(Figure::text).collect();
        let units = self.units as f64;
        let per_unit = |seconds: f64| format!("{:.3}", seconds * 1000.0 / units);
        format!(
            "| {} | {} | {} | {} | {} | {} | {} | {:.0} | {:.3} | {:.0} |",
            self.workload,
            self.guest,
            self.activities,
            figures.join(", "),
            per_unit(self.cost.host_cpu_s),
            per_unit(self.cost.driver_cpu_s),
            per_unit(self.cost.worker_cpu_s),
            self.cost.written_bytes as f64 / units,
            self.cost.flushes as f64 / units,
            self.resident_bytes as f64 / 1e6,
        )
    }
}

impl Figure {
    fn text(&self) -> String {
        let digits = match self.value.abs() {
            100.0.. => 0,
            10.0.. => 1,
            _ => 2,
        };
        let goal = self.goal.map_or_else(String::new, |goal| format!(" ({goal})"));
        format!("{} {:.digits$} {}{goal}", self.name, self.value, self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let mut values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut values, 50.0), 50.0);
        assert_eq!(percentile(&mut values, 99.0), 99.0);
        assert_eq!(percentile(&mut values, 100.0), 100.0);
        assert_eq!(percentile(&mut [7.0], 99.0), 7.0);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
