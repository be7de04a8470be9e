//! What a reset applies again and sends afterwards, in a request for one run and in one for many.

use crate::api::enums::v1::{ResetReapplyExcludeType, ResetReapplyType};
use crate::api::workflow::v1::post_reset_operation::SignalWorkflow;
use crate::{DecodeError, payload};
use refrain_core::machines::signal::Signal;
use refrain_core::reset::Reapply;

pub fn reapply_type(number: i32) -> Result<Reapply, DecodeError> {
    match ResetReapplyType::try_from(number) {
        Ok(ResetReapplyType::Unspecified | ResetReapplyType::AllEligible) => {
            Ok(Reapply { signals: true, updates: true })
        }
        Ok(ResetReapplyType::Signal) => Ok(Reapply { signals: true, updates: false }),
        Ok(ResetReapplyType::None) => Ok(Reapply { signals: false, updates: false }),
        Err(_) => Err(DecodeError::bad("reset_reapply_type", number, "0 to 3")),
    }
}

/// `None`: there is no such type to leave out, expected 1 to 4.
#[allow(deprecated, reason = "command lines still say it the old way")]
pub fn without(reapply: Reapply, excluded: i32) -> Option<Reapply> {
    match ResetReapplyExcludeType::try_from(excluded).ok()? {
        ResetReapplyExcludeType::Signal => Some(Reapply { signals: false, ..reapply }),
        ResetReapplyExcludeType::Update => Some(Reapply { updates: false, ..reapply }),
        // Never applied again anyway.
        ResetReapplyExcludeType::Unspecified
        | ResetReapplyExcludeType::Nexus
        | ResetReapplyExcludeType::CancelRequest => Some(reapply),
    }
}

/// A signal that is sent to the new run. Whether it has a name is for the caller to check.
pub fn signal_after(it: SignalWorkflow, identity: &str) -> Signal {
    Signal {
        name: it.signal_name,
        input: payload::list_from_proto(it.input),
        header: payload::header_from_proto(it.header),
        identity: identity.to_owned(),
        ..Signal::default()
    }
}
