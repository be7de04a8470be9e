//! What becomes of a start while another run of the schedule is open.

/// Temporal's six policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    #[default]
    Skip,
    BufferOne,
    BufferAll,
    CancelOther,
    TerminateOther,
    AllowAll,
}

/// What stands in the way of the next start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InTheWay {
    Nothing,
    /// A start of the same step: it is not under way yet.
    ChosenNow,
    /// A run is open, or is being started.
    Running,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Start,
    /// Beside whatever runs; nobody waits for its end.
    StartBeside,
    /// In place of the one that this step would have started.
    StartInstead,
    Skip,
    Buffer,
    /// And whatever waits already is given up for it.
    BufferAlone(Ending),
}

/// How the open run is made to make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Cancel,
    Terminate,
}

impl Overlap {
    /// `buffered`: another start waits already.
    pub fn verdict(self, in_the_way: InTheWay, buffered: bool) -> Verdict {
        match (self, in_the_way) {
            (Overlap::AllowAll, InTheWay::Nothing | InTheWay::ChosenNow | InTheWay::Running) => {
                Verdict::StartBeside
            }
            (
                Overlap::Skip
                | Overlap::BufferOne
                | Overlap::BufferAll
                | Overlap::CancelOther
                | Overlap::TerminateOther,
                InTheWay::Nothing,
            ) => Verdict::Start,
            (Overlap::Skip, InTheWay::ChosenNow | InTheWay::Running) => Verdict::Skip,
            (Overlap::BufferOne, InTheWay::ChosenNow | InTheWay::Running) => match buffered {
                true => Verdict::Skip,
                false => Verdict::Buffer,
            },
            (Overlap::BufferAll, InTheWay::ChosenNow | InTheWay::Running) => Verdict::Buffer,
            (Overlap::CancelOther | Overlap::TerminateOther, InTheWay::ChosenNow) => {
                Verdict::StartInstead
            }
            (Overlap::CancelOther, InTheWay::Running) => Verdict::BufferAlone(Ending::Cancel),
            (Overlap::TerminateOther, InTheWay::Running) => Verdict::BufferAlone(Ending::Terminate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use std::fmt::Write;

    #[test]
    fn every_policy_meets_everything_that_may_be_in_the_way() {
        let mut table = String::new();
        for policy in [
            Overlap::Skip,
            Overlap::BufferOne,
            Overlap::BufferAll,
            Overlap::CancelOther,
            Overlap::TerminateOther,
            Overlap::AllowAll,
        ] {
            write!(table, "{policy:?}:").expect("a string");
            for in_the_way in [InTheWay::Nothing, InTheWay::ChosenNow, InTheWay::Running] {
                let (none, some) =
                    (policy.verdict(in_the_way, false), policy.verdict(in_the_way, true));
                write!(table, " {in_the_way:?}={none:?}").expect("a string");
                if some != none {
                    write!(table, ", or {some:?} if one waits").expect("a string");
                }
            }
            table.push('\n');
        }
        expect![[r#"
            Skip: Nothing=Start ChosenNow=Skip Running=Skip
            BufferOne: Nothing=Start ChosenNow=Buffer, or Skip if one waits Running=Buffer, or Skip if one waits
            BufferAll: Nothing=Start ChosenNow=Buffer Running=Buffer
            CancelOther: Nothing=Start ChosenNow=StartInstead Running=BufferAlone(Cancel)
            TerminateOther: Nothing=Start ChosenNow=StartInstead Running=BufferAlone(Terminate)
            AllowAll: Nothing=StartBeside ChosenNow=StartBeside Running=StartBeside
        "#]].assert_eq(&table);
    }
}
