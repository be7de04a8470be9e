//! All machines, and the places that know them all.
//!
//! A command is what a guest wishes; an event is what happened. Each machine is one enum of
//! states with a total `apply`, written out pair by pair: a new state or event does not compile
//! until someone has decided what it means.

pub mod activity;
pub mod attributes;
pub mod child;
pub mod clock;
pub mod execution;
pub mod external;
pub mod local;
pub mod patch;
pub mod signal;
pub mod task;
pub mod timer;
pub mod update;

#[cfg(test)]
mod table;

/// Wished by the guest in one turn, in program order.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Execution(execution::Command),
    Activity(activity::Command),
    Local(local::Command),
    Timer(timer::Command),
    Child(child::Command),
    External(external::Command),
    Patch(patch::Command),
    Update(update::Command),
    Attributes(attributes::Command),
    /// Cancels whatever the operation is.
    Cancel(crate::ids::OpSeq),
    /// A named value that can be read without running the guest. Leaves no event.
    Publish {
        name: String,
        value: crate::payload::Payload,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Execution(execution::Event),
    Task(task::Event),
    Activity(activity::Event),
    Local(local::Event),
    Timer(timer::Event),
    Child(child::Event),
    External(external::Event),
    Signal(signal::Event),
    Patch(patch::Event),
    Update(update::Event),
    Attributes(attributes::Event),
    Clock(clock::Event),
}

impl Event {
    /// Nothing may follow it.
    pub fn closes_run(&self) -> bool {
        match self {
            Event::Execution(event) => event.closes_run(),
            Event::Task(_)
            | Event::Activity(_)
            | Event::Local(_)
            | Event::Timer(_)
            | Event::Child(_)
            | Event::External(_)
            | Event::Signal(_)
            | Event::Patch(_)
            | Event::Update(_)
            | Event::Attributes(_)
            | Event::Clock(_) => false,
        }
    }

    /// The workflow task whose guest wished for it, if a guest did.
    pub fn wished_in_task(&self) -> Option<crate::ids::EventId> {
        match self {
            Event::Execution(event) => event.wished_in_task(),
            Event::Activity(event) => event.wished_in_task(),
            Event::Local(event) => Some(event.wished_in_task()),
            Event::Timer(event) => event.wished_in_task(),
            Event::Child(event) => event.wished_in_task(),
            Event::External(event) => event.wished_in_task(),
            Event::Patch(patch::Event::Recorded { task, .. }) => Some(*task),
            Event::Attributes(event) => Some(event.wished_in_task()),
            Event::Task(_) | Event::Signal(_) | Event::Update(_) | Event::Clock(_) => None,
        }
    }

    /// Was it written because of what the guest did in this task? Those of updates do not name
    /// their task; but for one that arrives, they are never written but in one.
    pub fn is_of_task(&self, task: crate::ids::EventId) -> bool {
        let of_update = matches!(self, Event::Update(event) if !event.arrives());
        of_update || self.wished_in_task() == Some(task)
    }

    /// Is `self`, as recorded, what led from the same wish as `decided`?
    ///
    /// Compares what the guest chose and nothing that the host derives.
    pub fn answers(&self, decided: &Event) -> bool {
        match (self, decided) {
            (Event::Execution(was), Event::Execution(is)) => was.answers(is),
            (Event::Activity(was), Event::Activity(is)) => was.answers(is),
            (Event::Timer(was), Event::Timer(is)) => was.answers(is),
            (Event::Child(was), Event::Child(is)) => was.answers(is),
            (Event::External(was), Event::External(is)) => was.answers(is),
            (Event::Patch(was), Event::Patch(is)) => was.answers(is),
            (Event::Update(was), Event::Update(is)) => was.answers(is),
            (Event::Attributes(was), Event::Attributes(is)) => was.answers(is),
            (
                Event::Execution(_)
                | Event::Task(_)
                | Event::Activity(_)
                // Nothing that a guest wishes for leads to it at once, see `run::locals`.
                | Event::Local(_)
                | Event::Timer(_)
                | Event::Child(_)
                | Event::External(_)
                | Event::Signal(_)
                | Event::Patch(_)
                | Event::Update(_)
                | Event::Attributes(_)
                | Event::Clock(_),
                _,
            ) => false,
        }
    }
}
