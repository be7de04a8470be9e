//! What of a run's history somebody asks for alone: children that have not ended, and requests that found the
//! run. Their rows are derived from the events of each decision.

use crate::commit::Tables;
use crate::error::StoreError;
use crate::open::Store;
use crate::rows::{Columns, id};
use crate::sql;
use refrain_core::event::Recorded;
use refrain_core::ids::{EventId, RunId};
use refrain_core::machines::{Event, child, execution};
use refrain_core::options::ParentClosePolicy;
use refrain_wire::options::{parent_close_from_proto, parent_close_to_proto};
use std::collections::BTreeMap;

/// A child that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingChild {
    pub initiated: EventId,
    pub workflow_id: String,
    pub workflow_type: String,
    /// `None`: it has not started.
    pub run: Option<RunId>,
    pub parent_close: ParentClosePolicy,
}

/// What a decision makes of them.
#[derive(Debug, Default)]
pub(crate) struct RelatedPart {
    /// The last word on each. `None`: it has ended.
    children: BTreeMap<EventId, Option<PendingChild>>,
    /// With their events.
    attached: Vec<(String, EventId)>,
}

impl RelatedPart {
    pub(crate) fn of(events: &[Recorded]) -> RelatedPart {
        let mut part = RelatedPart::default();
        for recorded in events {
            match &recorded.event {
                Event::Child(event) => part.add_child(recorded.id, event),
                Event::Execution(execution::Event::RequestAttached { request_id }) => {
                    part.attached.push((request_id.clone(), recorded.id));
                }
                Event::Execution(_)
                | Event::Task(_)
                | Event::Activity(_)
                | Event::Local(_)
                | Event::Timer(_)
                | Event::External(_)
                | Event::Signal(_)
                | Event::Patch(_)
                | Event::Update(_)
                | Event::Attributes(_)
                | Event::Clock(_) => {}
            }
        }
        part
    }

    fn add_child(&mut self, id: EventId, event: &child::Event) {
        match event {
            child::Event::Initiated(options) => {
                let child = PendingChild {
                    initiated: id,
                    workflow_id: options.workflow_id.clone(),
                    workflow_type: options.workflow_type.clone(),
                    run: None,
                    parent_close: options.parent_close,
                };
                self.children.insert(id, Some(child));
            }
            child::Event::Started { initiated, child, run, header: _ } => {
                let started = self.children.entry(*initiated).or_default();
                // Of one that has a row this is all that is new.
                let child = started.get_or_insert_with(|| PendingChild {
                    initiated: *initiated,
                    workflow_id: child.workflow_id.clone(),
                    workflow_type: child.workflow_type.clone(),
                    run: None,
                    parent_close: ParentClosePolicy::Terminate,
                });
                child.run = Some(*run);
            }
            child::Event::StartFailed { initiated, .. }
            | child::Event::Closed { initiated, .. } => {
                self.children.insert(*initiated, None);
            }
        }
    }
}

impl Tables {
    pub(crate) fn add_related(&mut self, run: RunId, part: &RelatedPart) {
        let run = run.to_bytes();
        for (initiated, child) in &part.children {
            let Some(child) = child else {
                self.child_delete.row().fixed(&run).int(id(*initiated));
                continue;
            };
            self.child_put
                .row()
                .fixed(&run)
                .int(id(*initiated))
                .text(&child.workflow_id)
                .text(&child.workflow_type)
                .run_or_null(child.run)
                .int(i64::from(parent_close_to_proto(child.parent_close) as i32));
        }
        for (request, event) in &part.attached {
            self.request_attach.row().fixed(&run).text(request).int(id(*event));
        }
    }
}

impl Store {
    /// Of a run that is open. By the events that initiated them.
    pub async fn pending_children(&self, run: RunId) -> Result<Vec<PendingChild>, StoreError> {
        let rows = sqlx::query(sql::CHILDREN_PENDING.text)
            .bind(run.to_bytes().as_slice())
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::CHILDREN_PENDING))?;
        rows.iter()
            .map(|row| {
                let mut columns = Columns::new(sql::CHILDREN_PENDING, row);
                let initiated = columns.event()?;
                let (workflow_id, workflow_type) = (columns.text()?, columns.text()?);
                let run = columns.run_or_null()?;
                let parent_close = i32::try_from(columns.int()?).unwrap_or(-1);
                let parent_close = parent_close_from_proto(parent_close)
                    .map_err(columns.undecodable("a parent close policy"))?;
                Ok(PendingChild { initiated, workflow_id, workflow_type, run, parent_close })
            })
            .collect()
    }

    /// Requests that found the run, with the events that say so.
    pub async fn attached_requests(
        &self,
        run: RunId,
    ) -> Result<BTreeMap<String, EventId>, StoreError> {
        let rows = sqlx::query(sql::ATTACHED_REQUESTS.text)
            .bind(run.to_bytes().as_slice())
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::of(sql::ATTACHED_REQUESTS))?;
        rows.iter()
            .map(|row| {
                let mut columns = Columns::new(sql::ATTACHED_REQUESTS, row);
                Ok((columns.text()?, columns.event()?))
            })
            .collect()
    }

    /// Did this request find the run, and is that in its history?
    pub async fn is_attached(&self, run: RunId, request_id: &str) -> Result<bool, StoreError> {
        sqlx::query_scalar(sql::REQUEST_IS_ATTACHED.text)
            .bind(run.to_bytes().as_slice())
            .bind(request_id)
            .fetch_one(&self.readers)
            .await
            .map_err(StoreError::of(sql::REQUEST_IS_ATTACHED))
    }
}
