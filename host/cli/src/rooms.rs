//! How many guests a host may have, and how large a pool they take.

use refrain_core::limits::LOCAL_AT_ONCE_MAX;
use refrain_engine::{COMMITTING_ROOMS, EngineConfig, WAITING_ROOMS_MIN};
use refrain_runtime::ROOMS_PER_GUEST_MAX;

/// For guests that are checked or replayed beside those that are counted.
const SPARE: usize = 256;

/// Runs that are warm are counted by what they take; of those at work any may take the most.
pub(crate) fn needed(warm_runs: usize, activities: usize, workers: usize) -> usize {
    warm_runs.max(WAITING_ROOMS_MIN) + of_others(activities, workers)
}

fn of_others(activities: usize, workers: usize) -> usize {
    // A worker may have one at its step and one in a commit, and so many closed runs are asked at once.
    let at_work = activities + LOCAL_AT_ONCE_MAX + 3 * workers;
    at_work * ROOMS_PER_GUEST_MAX as usize + COMMITTING_ROOMS + SPARE
}

/// In a pool of so many rooms: fewer runs stay in memory if it must be, and if that is not enough, fewer
/// activities run at once. Else they would wait for room that nobody makes. What to tell of it, if that is so.
pub(crate) fn fit(engine: &mut EngineConfig, rooms: usize) -> Option<String> {
    let EngineConfig { warm_runs_max: warm, host_activities_max: activities, workers, .. } = engine;
    if needed(*warm, *activities, *workers) <= rooms {
        return None;
    }
    let left = rooms.saturating_sub(needed(0, 0, *workers)) / ROOMS_PER_GUEST_MAX as usize;
    *activities = (*activities).min(left).max(1);
    let left = rooms.saturating_sub(of_others(*activities, *workers));
    *warm = (*warm).min(left.max(WAITING_ROOMS_MIN));
    Some(format!(
        "there is address space for {rooms} guests only: as with --warm-runs {warm} --activities {activities}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 1000 warm runs, 200 activities and 2 workers.
    fn fitted(rooms: usize) -> (usize, usize) {
        let (warm_runs_max, host_activities_max) = (1000, 200);
        let mut engine = EngineConfig {
            warm_runs_max,
            host_activities_max,
            workers: 2,
            ..EngineConfig::default()
        };
        fit(&mut engine, rooms);
        (engine.warm_runs_max, engine.host_activities_max)
    }

    #[test]
    fn a_pool_that_is_smaller_than_was_asked_for_has_room_for_all_that_is_counted_on() {
        let asked = needed(1000, 200, 2);
        assert_eq!(fitted(asked), (1000, 200));
        assert_eq!(fitted(asked - 1), (999, 200));
        assert_eq!(fitted(asked / 2), (WAITING_ROOMS_MIN, 126));
        for rooms in needed(0, 1, 2)..asked {
            let (warm_runs, activities) = fitted(rooms);
            assert!(needed(warm_runs, activities, 2) <= rooms, "{rooms} rooms");
        }
        assert_eq!(fitted(64), (WAITING_ROOMS_MIN, 1), "one at a time, whatever there is");
    }
}
