//! Workers that say of themselves that they live. In memory: after a restart of the host they say
//! so again within a minute.

use refrain_core::ids::NamespaceId;
use refrain_core::limits::{WORKER_KEPT, WORKERS_KEPT_MAX};
use refrain_core::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Default)]
pub(crate) struct Workers {
    by_key: Mutex<BTreeMap<(NamespaceId, String), Seen>>,
}

struct Seen {
    at: Timestamp,
    heartbeat: Arc<[u8]>,
}

impl Workers {
    /// `heartbeat`: what it said, in an encoding of the caller's.
    pub(crate) fn heard(
        &self,
        namespace: NamespaceId,
        key: &str,
        heartbeat: Arc<[u8]>,
        now: Timestamp,
    ) {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (namespace, key.to_owned());
        if by_key.len() >= WORKERS_KEPT_MAX && !by_key.contains_key(&key) {
            let oldest = by_key.iter().min_by_key(|(_, it)| it.at).map(|(key, _)| key.clone());
            oldest.and_then(|it| by_key.remove(&it));
        }
        by_key.insert(key, Seen { at: now, heartbeat });
    }

    /// The last heartbeat of each, by key.
    pub(crate) fn of(&self, namespace: NamespaceId, now: Timestamp) -> Vec<Arc<[u8]>> {
        let mut by_key = self.by_key.lock().unwrap_or_else(PoisonError::into_inner);
        by_key.retain(|_, it| it.at.plus(WORKER_KEPT) > now);
        let of_namespace = by_key.range((namespace, String::new())..);
        let of_namespace = of_namespace.take_while(|(key, _)| key.0 == namespace);
        of_namespace.map(|(_, it)| Arc::clone(&it.heartbeat)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_known_for_five_minutes_after_its_last_word() {
        let workers = Workers::default();
        let said = |text: &str| Arc::from(text.as_bytes());
        workers.heard(NamespaceId(1), "a", said("1"), Timestamp(0));
        workers.heard(NamespaceId(1), "b", said("2"), Timestamp(5));
        workers.heard(NamespaceId(1), "b", said("3"), Timestamp(10));
        workers.heard(NamespaceId(2), "a", said("4"), Timestamp(10));
        assert_eq!(workers.of(NamespaceId(1), Timestamp(20)), [said("1"), said("3")]);
        assert_eq!(workers.of(NamespaceId(1), Timestamp(WORKER_KEPT.0)), [said("3")]);
        assert!(workers.of(NamespaceId(1), Timestamp(WORKER_KEPT.0 + 10)).is_empty());
        assert!(workers.of(NamespaceId(2), Timestamp(0)).is_empty());
    }

    #[test]
    fn the_one_heard_of_longest_ago_makes_room() {
        let workers = Workers::default();
        for n in 0..=WORKERS_KEPT_MAX as u64 {
            workers.heard(NamespaceId(1), &n.to_string(), Arc::from(&b""[..]), Timestamp(n));
        }
        assert_eq!(workers.of(NamespaceId(1), Timestamp(1)).len(), WORKERS_KEPT_MAX);
    }
}
