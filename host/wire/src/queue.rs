//! What operators have said of a task queue: Temporal's message, sent and stored.

use crate::DecodeError;
use crate::api::taskqueue::v1 as pb;
use crate::options::{timestamp_from_proto, timestamp_to_proto};
use prost::Message;
use refrain_core::queue::{QueueConfig, RateLimit};

pub fn to_proto(config: &QueueConfig) -> pb::TaskQueueConfig {
    pb::TaskQueueConfig {
        queue_rate_limit: config.rate.as_ref().map(rate_to_proto),
        fairness_keys_rate_limit_default: config.rate_of_keys.as_ref().map(rate_to_proto),
        fairness_weight_overrides: config
            .weights
            .iter()
            .map(|(key, weight)| (key.clone(), *weight))
            .collect(),
    }
}

fn rate_to_proto(limit: &RateLimit) -> pb::RateLimitConfig {
    pb::RateLimitConfig {
        rate_limit: limit
            .per_second
            .map(|requests_per_second| pb::RateLimit { requests_per_second }),
        metadata: Some(pb::ConfigMetadata {
            reason: limit.reason.clone(),
            update_identity: limit.identity.clone(),
            update_time: Some(timestamp_to_proto(limit.at)),
        }),
    }
}

pub fn encode(config: &QueueConfig) -> Vec<u8> {
    to_proto(config).encode_to_vec()
}

/// Errors: these are not bytes of [`encode`].
pub fn decode(bytes: &[u8]) -> Result<QueueConfig, DecodeError> {
    let config = pb::TaskQueueConfig::decode(bytes)
        .map_err(|cause| DecodeError::Malformed { what: "a task queue's config", cause })?;
    Ok(QueueConfig {
        rate: config.queue_rate_limit.map(rate_from_proto).transpose()?,
        rate_of_keys: config.fairness_keys_rate_limit_default.map(rate_from_proto).transpose()?,
        weights: config.fairness_weight_overrides.into_iter().collect(),
    })
}

fn rate_from_proto(limit: pb::RateLimitConfig) -> Result<RateLimit, DecodeError> {
    let metadata = limit.metadata.unwrap_or_default();
    Ok(RateLimit {
        per_second: limit.rate_limit.map(|it| it.requests_per_second),
        reason: metadata.reason,
        identity: metadata.update_identity,
        at: timestamp_from_proto("update_time", metadata.update_time)?,
    })
}
