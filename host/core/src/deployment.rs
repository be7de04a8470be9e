//! Which version of a component serves a task queue: switching, ramping, going back.
//!
//! A version is a component that was given to a queue, and its build id is the component's digest:
//! the same component has one version in a queue, however often it comes and goes. One version is
//! current; at most one other ramps, which takes a share of the new runs.

use crate::ids::Digest;
use crate::spread::spread;
use crate::time::Timestamp;
use std::fmt;
use std::str::FromStr;

/// A part of the new runs, in hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl Share {
    pub const ALL: Share = Share(10_000);

    /// `None`: more than all.
    pub fn of_hundredths(hundredths: u32) -> Option<Share> {
        (hundredths <= Share::ALL.0).then_some(Share(hundredths))
    }

    pub fn hundredths(self) -> u32 {
        self.0
    }

    /// Does a new run of this workflow id belong to the share? The same id always gets the same
    /// answer, and an id that is in a share is in every larger one.
    pub fn takes(self, workflow_id: &str) -> bool {
        Share::place_of(workflow_id) < self.0
    }

    /// Where among all shares an id lies: 0 to 9999, for ever the same.
    ///
    /// Spread, because the low bits of a plain hash tell ids that end alike not well apart.
    pub fn place_of(id: &str) -> u32 {
        (spread(id.bytes()) % u64::from(Share::ALL.0)) as u32
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole} %"),
            (whole, part) if part % 10 == 0 => write!(f, "{whole}.{} %", part / 10),
            (whole, part) => write!(f, "{whole}.{part:02} %"),
        }
    }
}

/// The text was not a percentage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a percentage from 0 to 100, with two decimals at most")]
pub struct NotAShare(pub String);

impl FromStr for Share {
    type Err = NotAShare;

    fn from_str(text: &str) -> Result<Share, NotAShare> {
        let wrong = || NotAShare(text.to_owned());
        let number = text.strip_suffix('%').unwrap_or(text).trim_end();
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let is_number = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        if !is_number(whole) || !is_number(part) || whole.len() > 3 || part.len() > 2 {
            return Err(wrong());
        }
        let whole: u32 = whole.parse().map_err(|_| wrong())?;
        let tenths_are_hundredths = if part.len() == 1 { 10 } else { 1 };
        let part: u32 = part.parse().map_err(|_| wrong())?;
        Share::of_hundredths(whole * 100 + part * tenths_are_hundredths).ok_or_else(wrong)
    }
}

/// One component in its queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Counted from 1 in its queue.
    pub number: u32,
    pub component: Digest,
    pub current: bool,
    pub ramp: Option<Share>,
    /// When it last became current; `None`: it never was.
    pub current_since: Option<Timestamp>,
    /// When any of the above last changed.
    pub changed_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// All new runs. Ends the ramp of that version, and of no other.
    SetCurrent(Digest),
    /// Some new runs. Ends the ramp of every other version.
    Ramp(Digest, Share),
    StopRamp,
    /// Takes back the last step: ends the ramp if there is one, else makes the version current
    /// that was so before.
    Rollback,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("nothing is current yet: deploy a version before another one ramps")]
    NothingCurrent,
    #[error("sha256:{} is current: what serves all new runs can't ramp", .0.short())]
    RampsAlready(Digest),
    #[error("no version ramps")]
    NothingRamps,
    #[error("no version ramps, and none was current before: there is nothing to go back to")]
    NothingBefore,
    #[error("nothing was ever deployed to this task queue")]
    NothingEver,
}

/// The one that a rollback would make current.
pub fn previous(versions: &[Version]) -> Option<&Version> {
    versions
        .iter()
        .filter(|it| !it.current && it.current_since.is_some())
        .max_by_key(|it| (it.current_since, it.number))
}

/// All versions of a queue as they are afterwards. A component that the queue does not know yet
/// gets the next number.
pub fn change(
    versions: &[Version],
    change: Change,
    now: Timestamp,
) -> Result<Vec<Version>, Refused> {
    let mut after = versions.to_vec();
    match change {
        Change::SetCurrent(component) => set_current(&mut after, component, now),
        Change::Ramp(component, share) => {
            let current = after.iter().find(|it| it.current).ok_or(Refused::NothingCurrent)?;
            if current.component == component {
                return Err(Refused::RampsAlready(component));
            }
            let at = place(&mut after, component, now);
            for (other, version) in after.iter_mut().enumerate() {
                set_ramp(version, (other == at).then_some(share), now);
            }
        }
        Change::StopRamp => {
            if after.iter().all(|it| it.ramp.is_none()) {
                return Err(Refused::NothingRamps);
            }
            after.iter_mut().for_each(|it| set_ramp(it, None, now));
        }
        Change::Rollback if after.iter().any(|it| it.ramp.is_some()) => {
            after.iter_mut().for_each(|it| set_ramp(it, None, now));
        }
        Change::Rollback if versions.is_empty() => return Err(Refused::NothingEver),
        Change::Rollback => {
            let component = previous(versions).ok_or(Refused::NothingBefore)?.component;
            set_current(&mut after, component, now);
        }
    }
    Ok(after)
}

fn set_current(versions: &mut Vec<Version>, component: Digest, now: Timestamp) {
    let at = place(versions, component, now);
    for (other, version) in versions.iter_mut().enumerate() {
        let current = other == at;
        if version.current != current {
            version.current = current;
            version.changed_at = now;
            if current {
                version.current_since = Some(now);
            }
        }
        if current {
            set_ramp(version, None, now);
        }
    }
}

fn set_ramp(version: &mut Version, ramp: Option<Share>, now: Timestamp) {
    if version.ramp != ramp {
        version.ramp = ramp;
        version.changed_at = now;
    }
}

fn place(versions: &mut Vec<Version>, component: Digest, now: Timestamp) -> usize {
    if let Some(at) = versions.iter().position(|it| it.component == component) {
        return at;
    }
    let number = versions.iter().map(|it| it.number).max().unwrap_or(0) + 1;
    versions.push(Version {
        number,
        component,
        current: false,
        ramp: None,
        current_since: None,
        changed_at: now,
    });
    versions.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn digest(n: u8) -> Digest {
        Digest([n; 32])
    }

    fn share(text: &str) -> Share {
        text.parse().expect("a percentage")
    }

    /// Each change a second after the one before, and what serves then.
    fn play(changes: &[Change]) -> String {
        let mut versions = Vec::new();
        let mut text = String::new();
        for (at, it) in changes.iter().enumerate() {
            let line = match change(&versions, *it, Timestamp(1000 * at as u64)) {
                Ok(after) => {
                    versions = after;
                    let shown = versions.iter().map(|it| {
                        let current = if it.current { " current" } else { "" };
                        let ramp = it.ramp.map(|it| format!(" ramps {it}")).unwrap_or_default();
                        format!("v{}{current}{ramp}", it.number)
                    });
                    shown.collect::<Vec<_>>().join(", ")
                }
                Err(refused) => format!("refused: {refused}"),
            };
            text.push_str(&line);
            text.push('\n');
        }
        text
    }

    #[test]
    fn a_version_ramps_becomes_current_and_is_taken_back() {
        let (one, two, three) = (digest(1), digest(2), digest(3));
        expect![[r#"
            refused: nothing is current yet: deploy a version before another one ramps
            refused: nothing was ever deployed to this task queue
            v1 current
            refused: sha256:010101010101 is current: what serves all new runs can't ramp
            v1 current, v2 ramps 20 %
            v1 current, v2 ramps 0.5 %
            v1 current, v2
            refused: no version ramps
            v1 current, v2, v3 ramps 100 %
            v1, v2 current, v3 ramps 100 %
            v1, v2, v3 current
            v1, v2 current, v3
            v1, v2, v3 current
            v1 current, v2, v3
        "#]]
        .assert_eq(&play(&[
            Change::Ramp(one, share("5")),
            Change::Rollback,
            Change::SetCurrent(one),
            Change::Ramp(one, share("5")),
            Change::Ramp(two, share("20%")),
            Change::Ramp(two, share("0.5")),
            Change::Rollback,
            Change::StopRamp,
            Change::Ramp(three, share("100")),
            Change::SetCurrent(two),
            Change::SetCurrent(three),
            Change::Rollback,
            Change::Rollback,
            Change::SetCurrent(one),
        ]));
    }

    #[test]
    fn what_changes_nothing_leaves_no_mark() {
        let before = change(&[], Change::SetCurrent(digest(1)), Timestamp(1)).unwrap();
        assert_eq!(
            change(&before, Change::SetCurrent(digest(1)), Timestamp(2)),
            Ok(before.clone())
        );
    }

    #[test]
    fn a_share_takes_its_part_of_all_ids_and_keeps_what_it_has_when_it_grows() {
        let ids: Vec<String> = (0..10_000).map(|n| format!("order-{n}")).collect();
        let taken = |share: Share| ids.iter().filter(|it| share.takes(it)).count();
        assert_eq!((taken(share("0")), taken(Share::ALL)), (0, 10_000));
        for percent in [1, 20, 50, 80] {
            let n = taken(share(&percent.to_string()));
            assert!(n.abs_diff(percent * 100) < 150, "{percent} % took {n} of 10,000");
        }
        assert!(ids.iter().all(|it| !share("20").takes(it) || share("20.01").takes(it)));
        // A place never changes: an id would change sides in the middle of a ramp.
        assert_eq!(["order-1", "order-2", ""].map(Share::place_of), [1254, 4170, 7458]);
    }

    #[test]
    fn percentages_are_read_as_people_write_them() {
        let hundredths = |text: &str| text.parse::<Share>().map(Share::hundredths);
        assert_eq!(hundredths("5"), Ok(500));
        assert_eq!(hundredths("12.5%"), Ok(1250));
        assert_eq!(hundredths("0.01"), Ok(1));
        assert_eq!(hundredths("100 %"), Ok(10_000));
        for text in ["", "%", "-1", "100.01", "1e2", "0.001", "5.", ".5", "101", "fünf"] {
            assert_eq!(hundredths(text), Err(NotAShare(text.to_owned())));
        }
        assert_eq!(share("12.25").to_string(), "12.25 %");
    }
}
