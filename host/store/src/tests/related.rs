//! What is found of a run without its history.

use super::*;
use crate::PendingChild;
use refrain_core::machines::child;
use refrain_core::options::ParentClosePolicy;

fn event(id: u64, event: Event) -> Recorded {
    Recorded { id: EventId(id), time: s(id), event }
}

pub(super) fn attached(id: u64, request: &str) -> Recorded {
    let request_id = request.to_owned();
    event(id, Event::Execution(execution::Event::RequestAttached { request_id }))
}

pub(super) fn initiated(id: u64, workflow: &str) -> Recorded {
    let child = child::Initiated {
        workflow_id: workflow.to_owned(),
        workflow_type: "ship".to_owned(),
        parent_close: ParentClosePolicy::Abandon,
        ..child::Initiated::default()
    };
    event(id, Event::Child(child::Event::Initiated(Box::new(child))))
}

fn started(id: u64, initiated: u64, run: u128) -> Recorded {
    let (child, run) = (Box::default(), RunId(run));
    let (initiated, header) = (EventId(initiated), PayloadMap::new());
    event(id, Event::Child(child::Event::Started { initiated, child, run, header }))
}

fn closed(id: u64, initiated: u64, run: u128) -> Recorded {
    event(
        id,
        Event::Child(child::Event::Closed {
            initiated: EventId(initiated),
            started: EventId(initiated + 1),
            child: Box::default(),
            run: RunId(run),
            outcome: child::Outcome::Terminated,
        }),
    )
}

fn pending(initiated: u64, workflow: &str, run: Option<u128>) -> PendingChild {
    PendingChild {
        initiated: EventId(initiated),
        workflow_id: workflow.to_owned(),
        workflow_type: "ship".to_owned(),
        run: run.map(RunId),
        parent_close: ParentClosePolicy::Abandon,
    }
}

#[tokio::test]
async fn children_are_found_from_their_first_event_to_their_last() {
    let store = temporary().await;
    let key = key("a", 1);
    let first = Step::start("a", 1).event(initiated(2, "x")).event(initiated(3, "y"));
    store
        .commit(&[first.write(), Step::start("b", 2).event(initiated(2, "z")).write()])
        .await
        .unwrap();
    let found = store.pending_children(key.run).await.unwrap();
    assert_eq!(found, [pending(2, "x", None), pending(3, "y", None)]);

    let next = Step::at(key.clone(), 4).event(started(4, 2, 7)).event(started(5, 3, 8));
    store.commit(&[next.event(closed(6, 2, 7)).write()]).await.unwrap();
    let found = store.pending_children(key.run).await.unwrap();
    assert_eq!(found, [pending(3, "y", Some(8))]);
}

/// As of a run that was reset.
#[tokio::test]
async fn a_first_decision_may_have_a_childs_whole_life() {
    let store = temporary().await;
    let first = Step::start("a", 1)
        .event(initiated(2, "x"))
        .event(started(3, 2, 7))
        .event(initiated(4, "y"))
        .event(closed(5, 2, 7))
        .event(started(6, 4, 8));
    store.commit(&[first.write()]).await.unwrap();
    let found = store.pending_children(RunId(1)).await.unwrap();
    assert_eq!(found, [pending(4, "y", Some(8))]);
}

#[tokio::test]
async fn a_request_is_known_to_the_run_that_it_found_also_when_that_is_closed() {
    let store = temporary().await;
    let first = Step::start("a", 1).event(attached(2, "r1")).event(attached(3, "r2"));
    let closed = first.close(execution::State::Completed, 9);
    store.commit(&[closed.write(), Step::start("b", 2).write()]).await.unwrap();
    let known = async |run, request| store.is_attached(RunId(run), request).await.unwrap();
    assert!(known(1, "r1").await && known(1, "r2").await);
    assert!(!known(1, "r3").await && !known(2, "r1").await);
    let all = store.attached_requests(RunId(1)).await.unwrap();
    let events = [("r1", 2), ("r2", 3)].map(|it| (it.0.to_owned(), EventId(it.1)));
    assert_eq!(all, events.into());
}
