//! Time as the world sees it: handed in, so that a test can move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use jiff::Timestamp;

/// Says what time it is in the world.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The clock of the machine, for `ssi-sandbox serve`.
pub fn system() -> Clock {
    Arc::new(|| Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// A clock that stands still until it is moved.
#[derive(Clone, Debug)]
pub struct MovableClock {
    micros: Arc<AtomicI64>,
}

impl MovableClock {
    /// A clock that shows `start`.
    pub fn new(start: Timestamp) -> Self {
        Self {
            micros: Arc::new(AtomicI64::new(start.as_microsecond())),
        }
    }

    /// Moves the clock forward by whole seconds.
    pub fn advance_seconds(&self, seconds: i64) {
        self.micros
            .fetch_add(seconds.saturating_mul(1_000_000), Ordering::Relaxed);
    }

    /// The handle to give to [`crate::WorldConfig`].
    pub fn clock(&self) -> Clock {
        let micros = Arc::clone(&self.micros);
        Arc::new(move || {
            Timestamp::from_microsecond(micros.load(Ordering::Relaxed))
                .unwrap_or(Timestamp::UNIX_EPOCH)
        })
    }
}
