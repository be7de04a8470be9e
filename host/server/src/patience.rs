//! How long a request may be held.

use refrain_core::time::Delay;
use std::hash::{BuildHasher, RandomState};
use tokio::sync::watch;
use tonic::metadata::MetadataMap;

/// Tells requests that are held that the server is about to stop. They answer at once, with what
/// there is; the client asks again, of whoever answers then.
#[derive(Clone)]
pub(crate) struct Stopping {
    is_stopping: watch::Receiver<bool>,
}

impl Stopping {
    pub(crate) fn new() -> (watch::Sender<bool>, Stopping) {
        let (sender, is_stopping) = watch::channel(false);
        (sender, Stopping { is_stopping })
    }

    pub(crate) async fn wait(mut self) {
        // An error here is a server that is gone, which is a stop too.
        let _ = self.is_stopping.wait_for(|it| *it).await;
    }

    /// `None`: the server stops.
    pub(crate) async fn unless<T>(&self, wait: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = wait => Some(done),
            () = self.clone().wait() => None,
        }
    }
}

/// `limit`, or less if the client would give up before: an empty answer in time is an answer, a
/// late one is an error in its log.
pub(crate) fn within_deadline(metadata: &MetadataMap, limit: Delay) -> Delay {
    match client_timeout(metadata) {
        Some(timeout) => {
            let way_back = (timeout.0 / 10).clamp(50, 1000);
            Delay(timeout.0.saturating_sub(way_back)).min(limit)
        }
        None => limit,
    }
}

/// A random wait of at most `max`: for what would else begin in the same moment.
pub(crate) fn jitter(max: Delay) -> Delay {
    // Seeded by the system, anew for each.
    let dice = RandomState::new().hash_one(max.0);
    Delay(dice % max.0.saturating_add(1).max(1))
}

/// `grpc-timeout`: up to eight digits and a unit.
fn client_timeout(metadata: &MetadataMap) -> Option<Delay> {
    let text = metadata.get("grpc-timeout")?.to_str().ok()?;
    let unit = text.chars().last()?;
    let n: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let ms = match unit {
        'H' => n.saturating_mul(3_600_000),
        'M' => n.saturating_mul(60_000),
        'S' => n.saturating_mul(1000),
        'm' => n,
        'u' => n / 1000,
        'n' => n / 1_000_000,
        _ => return None,
    };
    Some(Delay(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience(timeout: &'static str) -> u64 {
        let mut metadata = MetadataMap::new();
        metadata.insert("grpc-timeout", timeout.parse().expect("ascii"));
        within_deadline(&metadata, Delay::from_secs(20)).0
    }

    #[test]
    fn an_answer_comes_before_the_client_gives_up() {
        assert_eq!(patience("70S"), 20_000);
        assert_eq!(patience("2S"), 1800);
        assert_eq!(patience("1999999u"), 1800);
        assert_eq!(patience("10m"), 0);
        assert_eq!(patience("1x"), 20_000);
        assert_eq!(within_deadline(&MetadataMap::new(), Delay(7)), Delay(7));
    }

    #[test]
    fn a_random_wait_is_no_longer_than_asked_for() {
        assert_eq!(jitter(Delay::ZERO), Delay::ZERO);
        assert!((0..100).all(|_| jitter(Delay(3)) <= Delay(3)));
        assert!((0..100).any(|_| jitter(Delay(1000)) != jitter(Delay(1000))));
    }
}
