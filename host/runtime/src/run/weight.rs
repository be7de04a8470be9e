//! What the host holds for a guest.

use refrain_core::machines::{
    Command, activity, attributes, child, execution, external, local, patch, timer,
};
use refrain_core::payload::{self, Payload};

/// What a command holds of the host's memory, roughly.
pub(super) fn weight(command: &Command) -> usize {
    let own = match command {
        Command::Activity(activity::Command::Schedule(schedule)) => {
            payload::size_of_all(&schedule.input) + payload::size_of_map(&schedule.header)
        }
        Command::Local(local::Command::Schedule(schedule)) => {
            payload::size_of_all(&schedule.input) + payload::size_of_map(&schedule.header)
        }
        Command::Publish { name, value } => name.len() + value.size(),
        Command::Patch(patch::Command::Record { patch, .. }) => patch.len(),
        Command::Child(child::Command::Start(start)) => {
            let child = &start.child;
            payload::size_of_all(&child.input)
                + [&child.header, &child.memo, &child.search_attributes]
                    .map(payload::size_of_map)
                    .iter()
                    .sum::<usize>()
        }
        Command::External(external::Command::Signal { signal, .. }) => {
            payload::size_of_all(&signal.input) + payload::size_of_map(&signal.header)
        }
        Command::External(external::Command::Cancel { reason, .. }) => reason.len(),
        Command::Attributes(
            attributes::Command::UpsertSearch(map) | attributes::Command::UpsertMemo(map),
        ) => payload::size_of_map(map),
        Command::Timer(timer::Command::Start { summary, .. }) => {
            summary.as_ref().map_or(0, Payload::size)
        }
        // Pushed by the host, which has weighed its outcome.
        Command::Update(_) => 0,
        Command::Execution(
            execution::Command::Complete { .. }
            | execution::Command::Fail { .. }
            | execution::Command::ContinueAsNew(_),
        )
        | Command::Cancel(_) => 0,
    };
    own + 256
}
