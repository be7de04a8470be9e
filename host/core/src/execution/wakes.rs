//! Which events are handed to the guest.

use super::*;

/// Is there a turn of the guest for this event?
pub(super) fn wakes_guest(event: &Event) -> bool {
    match event {
        Event::Execution(event) => match event {
            execution::Event::Started(_) | execution::Event::CancelRequested { .. } => true,
            execution::Event::Completed { .. }
            | execution::Event::Failed { .. }
            | execution::Event::Canceled { .. }
            | execution::Event::TimedOut { .. }
            | execution::Event::Terminated { .. }
            | execution::Event::Paused { .. }
            | execution::Event::Unpaused { .. }
            | execution::Event::OptionsUpdated { .. }
            | execution::Event::RequestAttached { .. }
            | execution::Event::ContinuedAsNew(_) => false,
        },
        Event::Activity(event) => match event {
            activity::Event::Completed { .. }
            | activity::Event::Failed { .. }
            | activity::Event::TimedOut { .. }
            | activity::Event::Canceled { .. } => true,
            activity::Event::Scheduled(_)
            | activity::Event::Started { .. }
            | activity::Event::CancelRequested { .. } => false,
        },
        Event::Timer(event) => match event {
            timer::Event::Fired { .. } => true,
            timer::Event::Started { .. } | timer::Event::Canceled { .. } => false,
        },
        Event::Child(event) => match event {
            child::Event::StartFailed { .. }
            | child::Event::Started { .. }
            | child::Event::Closed { .. } => true,
            child::Event::Initiated(_) => false,
        },
        Event::External(event) => match event {
            external::Event::Signaled { .. }
            | external::Event::SignalFailed { .. }
            | external::Event::CancelRequested { .. }
            | external::Event::CancelFailed { .. } => true,
            external::Event::SignalInitiated { .. } | external::Event::CancelInitiated { .. } => {
                false
            }
        },
        Event::Signal(_) => true,
        // Any other update, and what came of a local activity, is handed over in the task that
        // records it.
        Event::Update(event) => event.arrives(),
        Event::Local(_)
        | Event::Task(_)
        | Event::Patch(_)
        | Event::Attributes(_)
        | Event::Clock(_) => false,
    }
}
