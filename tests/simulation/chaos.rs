//! Chance: one seeded source for everything that is drawn, and what befalls the calls of ports.

use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use jiff::SignedDuration;
use rand::{Rng, SeedableRng, rngs::StdRng};
use ssi_domain::port::PortError;
use ssi_engine::Ids;
use ssi_sandbox::MovableClock;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{quirk::Quirks, watch::Watch};

/// What befalls a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
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
    /// It hangs while the world goes on, then it happens.
    Hangs,
}

/// Who calls whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Line {
    /// A node and a mailbox.
    Mail(usize),
    /// A node and the CRM.
    Crm(usize),
}

/// Whether a call reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// It changes nothing.
    Reads,
    /// It may have changed something when its answer is lost.
    Writes,
}

/// The seeded source. Clones share it.
#[derive(Clone)]
pub struct Chaos {
    inner: Arc<Inner>,
}

struct Inner {
    rng: Mutex<StdRng>,
    quirks: Quirks,
    clock: MovableClock,
    faults: AtomicBool,
    hangs: AtomicBool,
    hung_reading: AtomicBool,
    calls: AtomicU64,
    trace: Mutex<blake3::Hasher>,
    watch: Mutex<Watch>,
    died: Notify,
    hung: Notify,
    on: Notify,
}

impl Chaos {
    /// A source; the same seed draws the same.
    pub fn new(seed: u64, quirks: Quirks, clock: MovableClock) -> Self {
        Self {
            inner: Arc::new(Inner {
                rng: Mutex::new(StdRng::seed_from_u64(seed)),
                quirks,
                clock,
                faults: AtomicBool::new(false),
                hangs: AtomicBool::new(true),
                hung_reading: AtomicBool::new(false),
                calls: AtomicU64::new(0),
                trace: Mutex::default(),
                watch: Mutex::default(),
                died: Notify::new(),
                hung: Notify::new(),
                on: Notify::new(),
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

    /// The same, only while things go wrong.
    pub(super) fn strikes(&self, per_mille: usize) -> bool {
        self.inner.faults.load(Ordering::Relaxed) && self.happens(per_mille)
    }

    /// One of several.
    pub fn one<'a, T>(&self, of: &'a [T]) -> Option<&'a T> {
        match of.is_empty() {
            true => None,
            false => of.get(self.below(of.len())),
        }
    }

    /// Puts a list into another order.
    pub(super) fn shuffle<T>(&self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at + 1));
        }
    }

    pub(super) fn quirks(&self) -> &Quirks {
        &self.inner.quirks
    }

    /// Switches faults on or off.
    pub fn faults(&self, on: bool) {
        self.inner.faults.store(on, Ordering::Relaxed);
    }

    /// Whether calls may hang: not while another one does.
    pub(super) fn hangs(&self, on: bool) {
        self.inner.hangs.store(on, Ordering::Relaxed);
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

    /// What is watched at the ports.
    pub(super) fn watch(&self) -> MutexGuard<'_, Watch> {
        self.inner.watch.lock().expect("not poisoned")
    }

    /// Waits until the process dies.
    pub async fn death(&self) {
        self.inner.died.notified().await;
    }

    /// Waits until a call hangs.
    pub(super) async fn hang(&self) {
        self.inner.hung.notified().await;
    }

    /// Whether the call that hangs is a read. A write that hangs for longer than a reservation holds may be done
    /// twice; no lease can prevent that where the other side checks none.
    pub(super) fn hung_reading(&self) -> bool {
        self.inner.hung_reading.load(Ordering::Relaxed)
    }

    /// Lets the call that hangs go on.
    pub(super) fn go_on(&self) {
        self.inner.on.notify_one();
    }

    fn draw(&self, line: Line, call: &str) -> Fate {
        self.inner.calls.fetch_add(1, Ordering::Relaxed);
        let fate = if !self.inner.faults.load(Ordering::Relaxed) {
            Fate::Well
        } else {
            match self.below(1_000) {
                0..25 => Fate::Before,
                25..50 => Fate::After,
                50..58 => Fate::DiesBefore,
                58..66 => Fate::DiesAfter,
                66..76 if self.inner.hangs.load(Ordering::Relaxed) => Fate::Hangs,
                _ => Fate::Well,
            }
        };
        self.note(&format!("call {line:?} {call} {fate:?}"));
        fate
    }

    /// Runs a call of a port under what befalls it.
    pub(super) async fn call<T>(
        &self,
        line: Line,
        name: &str,
        access: Access,
        work: impl FnOnce() -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let now = (self.inner.clock.clock())();
        self.watch().called(line, name, now);
        let fate = self.draw(line, name);
        match fate {
            Fate::DiesBefore => self.die().await,
            Fate::Hangs => {
                let reads = access == Access::Reads;
                self.inner.hung_reading.store(reads, Ordering::Relaxed);
                self.inner.hung.notify_one();
                self.inner.on.notified().await;
            }
            Fate::Before => {
                return Err(match self.below(8) {
                    0 | 1 if self.quirks().throttling => self.throttle(line),
                    2 if self.quirks().refused_sign_in => PortError::SignIn {
                        detail: "simulated".into(),
                    },
                    _ => PortError::transient("simulated"),
                });
            }
            _ => {}
        }
        let answer = work();
        match (fate, access) {
            (Fate::DiesAfter, _) => self.die().await,
            (Fate::After, Access::Writes) if self.quirks().lost_answers => {
                Err(PortError::Unknown {
                    detail: "simulated time-out after success".into(),
                })
            }
            (Fate::After, Access::Reads) => Err(PortError::transient("simulated cut answer")),
            _ => answer,
        }
    }

    fn throttle(&self, line: Line) -> PortError {
        let after = SignedDuration::from_secs(30);
        let until = (self.inner.clock.clock())() + after;
        self.watch().asked_to_wait(line, until);
        PortError::Wait {
            after,
            detail: "simulated throttling".into(),
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
