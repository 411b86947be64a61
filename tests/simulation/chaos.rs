//! Chance: one seeded source for everything that is drawn, and the faults of ports.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use jiff::SignedDuration;
use rand::{Rng, SeedableRng, rngs::StdRng};
use ssi_domain::port::PortError;
use ssi_engine::Ids;
use tokio::sync::Notify;
use uuid::Uuid;

/// What befalls a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing.
    Well,
    /// It fails before anything happened.
    Before,
    /// It happens, and its answer is lost.
    After,
    /// The process dies before it.
    DiesBefore,
    /// The process dies after it.
    DiesAfter,
}

/// The seeded source. Clones share it.
#[derive(Clone)]
pub struct Chaos {
    inner: Arc<Inner>,
}

struct Inner {
    rng: Mutex<StdRng>,
    faults: AtomicBool,
    calls: AtomicU64,
    trace: Mutex<blake3::Hasher>,
    died: Notify,
}

impl Chaos {
    /// A source; the same seed draws the same.
    pub fn new(seed: u64) -> Self {
        Self {
            inner: Arc::new(Inner {
                rng: Mutex::new(StdRng::seed_from_u64(seed)),
                faults: AtomicBool::new(false),
                calls: AtomicU64::new(0),
                trace: Mutex::default(),
                died: Notify::new(),
            }),
        }
    }

    /// A number below `most`.
    pub fn below(&self, most: usize) -> usize {
        let mut rng = self.inner.rng.lock().expect("not poisoned");
        rng.random_range(0..most.max(1))
    }

    /// Whether something of this chance, in per mille, happens.
    pub fn happens(&self, per_mille: usize) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of several.
    pub fn one<'a, T>(&self, of: &'a [T]) -> Option<&'a T> {
        match of.is_empty() {
            true => None,
            false => of.get(self.below(of.len())),
        }
    }

    /// Switches faults on or off.
    pub fn faults(&self, on: bool) {
        self.inner.faults.store(on, Ordering::Relaxed);
    }

    /// Writes a line into the trace that the same seed must give again.
    pub fn note(&self, line: &str) {
        let mut trace = self.inner.trace.lock().expect("not poisoned");
        trace.update(line.as_bytes());
        trace.update(b"\n");
        if std::env::var_os("SIM_TELL").is_some() {
            println!("{line}");
        }
    }

    /// The digest of the trace.
    pub fn digest(&self) -> String {
        let trace = self.inner.trace.lock().expect("not poisoned");
        trace.finalize().to_hex()[..16].to_owned()
    }

    /// Port calls so far.
    pub fn calls(&self) -> u64 {
        self.inner.calls.load(Ordering::Relaxed)
    }

    /// Waits until the process dies.
    pub async fn death(&self) {
        self.inner.died.notified().await;
    }

    fn draw(&self, call: &str) -> Fate {
        self.inner.calls.fetch_add(1, Ordering::Relaxed);
        let fate = if !self.inner.faults.load(Ordering::Relaxed) {
            Fate::Well
        } else {
            match self.below(1_000) {
                0..25 => Fate::Before,
                25..50 => Fate::After,
                50..58 => Fate::DiesBefore,
                58..66 => Fate::DiesAfter,
                _ => Fate::Well,
            }
        };
        self.note(&format!("call {call} {fate:?}"));
        fate
    }

    /// Runs a call of a port under what befalls it.
    pub async fn call<T>(
        &self,
        name: &str,
        writes: bool,
        work: impl FnOnce() -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let fate = self.draw(name);
        if fate == Fate::DiesBefore {
            self.die().await;
        }
        if fate == Fate::Before {
            return Err(match self.below(3) {
                0 => PortError::Wait {
                    after: SignedDuration::from_secs(30),
                    detail: "simulated throttling".into(),
                },
                _ => PortError::transient("simulated"),
            });
        }
        let answer = work();
        match fate {
            Fate::DiesAfter => self.die().await,
            Fate::After if writes => Err(PortError::Unknown {
                detail: "simulated time-out after success".into(),
            }),
            Fate::After => Err(PortError::transient("simulated cut answer")),
            _ => answer,
        }
    }

    async fn die(&self) -> ! {
        self.inner.died.notify_one();
        std::future::pending::<()>().await;
        unreachable!("a dead process does nothing")
    }
}

impl Ids for Chaos {
    fn uuid(&self) -> Uuid {
        let mut rng = self.inner.rng.lock().expect("not poisoned");
        Uuid::from_u128(rng.random())
    }

    fn fraction(&self) -> f64 {
        0.5
    }
}
