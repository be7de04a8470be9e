//! Tokens: what a client hands back to us without looking inside.
//!
//! Each is a small protobuf message, so that a field can be added while old tokens are still out.
//! Nothing in a token is trusted: a forged one names a run or an attempt that its namespace can
//! see anyway, or none at all.

use crate::status::invalid;
use prost::Message;
use refrain_core::ids::{EventId, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_engine::api::ActivityRef;
use tonic::Status;

const VERSION: u32 = 1;

/// Names one attempt at an activity.
#[derive(Clone, PartialEq, prost::Message)]
struct ActivityToken {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(uint32, tag = "2")]
    namespace: u32,
    #[prost(string, tag = "3")]
    workflow_id: String,
    #[prost(bytes = "vec", tag = "4")]
    run: Vec<u8>,
    #[prost(uint64, tag = "5")]
    scheduled: u64,
    #[prost(uint32, tag = "6")]
    stamp: u32,
}

/// Where a reader of a history is. Pins the run: "the latest" may be another one by now.
#[derive(Clone, PartialEq, prost::Message)]
struct HistoryToken {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(bytes = "vec", tag = "2")]
    run: Vec<u8>,
    /// The event to go on with; backwards: the one before which to go on.
    #[prost(uint64, tag = "3")]
    next: u64,
}

pub(crate) fn run_of(bytes: &[u8], what: &str) -> Result<RunId, Status> {
    let bytes: [u8; 16] = bytes.try_into().map_err(|_| foreign(what))?;
    Ok(RunId::from_bytes(bytes))
}

pub(crate) fn foreign(what: &str) -> Status {
    invalid(format!("{what} is not one that this host has given"))
}

/// The field that pages of a list go on by.
pub(crate) const PAGE_TOKEN: &str = "next_page_token";

fn check_version(version: u32, what: &str) -> Result<(), Status> {
    if version == VERSION { Ok(()) } else { Err(foreign(what)) }
}

pub(crate) fn of_activity(activity: &ActivityRef) -> Vec<u8> {
    ActivityToken {
        version: VERSION,
        namespace: activity.run.execution.namespace.0,
        workflow_id: activity.run.execution.workflow.to_string(),
        run: activity.run.run.to_bytes().to_vec(),
        scheduled: activity.scheduled.0,
        stamp: activity.stamp,
    }
    .encode_to_vec()
}

/// `namespace`: the request's own, which the token must be of.
pub(crate) fn to_activity(bytes: &[u8], namespace: NamespaceId) -> Result<ActivityRef, Status> {
    const WHAT: &str = "task_token";
    if bytes.is_empty() {
        return Err(invalid("task_token is missing or empty"));
    }
    let token = ActivityToken::decode(bytes).map_err(|_| foreign(WHAT))?;
    check_version(token.version, WHAT)?;
    if token.namespace != namespace.0 {
        return Err(invalid("task_token is of another namespace than the request"));
    }
    Ok(ActivityRef {
        run: RunKey {
            execution: ExecutionKey { namespace, workflow: token.workflow_id.into() },
            run: run_of(&token.run, WHAT)?,
        },
        scheduled: EventId(token.scheduled),
        stamp: token.stamp,
    })
}

pub(crate) fn of_history(run: RunId, next: EventId) -> Vec<u8> {
    HistoryToken { version: VERSION, run: run.to_bytes().to_vec(), next: next.0 }.encode_to_vec()
}

/// `asked`: the run that the request names, if it names one.
pub(crate) fn to_history(bytes: &[u8], asked: Option<RunId>) -> Result<(RunId, EventId), Status> {
    const WHAT: &str = "next_page_token";
    let token = HistoryToken::decode(bytes).map_err(|_| foreign(WHAT))?;
    check_version(token.version, WHAT)?;
    let run = run_of(&token.run, WHAT)?;
    match asked {
        Some(asked) if asked != run => {
            Err(invalid(format!("next_page_token is of run `{run}`, expected run `{asked}`")))
        }
        Some(_) | None => Ok((run, EventId(token.next.max(1)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: RunId = RunId(0x0195_e1f2_0000_7abc_8def_0123_4567_89ab);

    #[test]
    fn a_token_names_what_it_was_made_of() {
        let activity = ActivityRef {
            run: RunKey {
                execution: ExecutionKey { namespace: NamespaceId(3), workflow: "w".into() },
                run: RUN,
            },
            scheduled: EventId(5),
            stamp: 2,
        };
        let token = of_activity(&activity);
        assert_eq!(to_activity(&token, NamespaceId(3)).expect("ours"), activity);
        assert!(to_activity(&token, NamespaceId(4)).is_err());

        let token = of_history(RUN, EventId(8));
        assert_eq!(to_history(&token, None).expect("ours"), (RUN, EventId(8)));
        assert_eq!(to_history(&token, Some(RUN)).expect("ours"), (RUN, EventId(8)));
        assert!(to_history(&token, Some(RunId(1))).is_err());
    }

    #[test]
    fn garbage_is_refused_and_never_a_panic() {
        for bytes in [&b""[..], b"x", b"\x08\x01", b"\x08\x02\x10\x03", &[255; 40]] {
            assert!(to_activity(bytes, NamespaceId(3)).is_err(), "{bytes:?}");
            assert!(to_history(bytes, None).is_err(), "{bytes:?}");
        }
    }
}
