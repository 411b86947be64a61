//! The world: one Exchange, one CRM, the faults between them and whoever calls, and a record of both.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use crate::clock::{self, Clock};
use crate::crm::Crm;
use crate::exchange::{Exchange, Settings};
use crate::faults::Faults;

/// A person with a mailbox who can sign in.
#[derive(Clone, Debug, Serialize)]
pub struct User {
    /// Name for HTTP Basic sign-in.
    pub login: String,
    /// Password for HTTP Basic sign-in.
    pub password: String,
    /// Primary SMTP address of the mailbox.
    pub address: String,
    /// Display name.
    pub name: String,
}

/// What a world starts with.
#[derive(Clone)]
pub struct WorldConfig {
    /// Time source.
    pub clock: Clock,
    /// People with a mailbox each.
    pub users: Vec<User>,
    /// Account that may impersonate every mailbox (role *ApplicationImpersonation*); has no mailbox itself.
    pub service_account: Option<User>,
    /// Limits and habits of the Exchange server.
    pub exchange: Settings,
}

impl Default for WorldConfig {
    fn default() -> Self {
        let user = |login: &str, name: &str| User {
            login: login.to_owned(),
            password: format!("{login}-secret"),
            address: format!("{login}@sandbox.example"),
            name: name.to_owned(),
        };
        Self {
            clock: clock::system(),
            users: vec![user("anna", "Anna Berger"), user("bernd", "Bernd Vogel")],
            service_account: Some(user("svc-sync", "Sync Service")),
            exchange: Settings::default(),
        }
    }
}

/// One write that happened in the world, in the order of happening.
#[derive(Clone, Debug, Serialize)]
pub struct Effect {
    /// `ews`, `odata` or `world` (done by the sandbox itself, for instance a delivery).
    pub face: String,
    /// Wire operation or world action, for instance `CreateItem`.
    pub operation: String,
    /// Whom it concerns: a mailbox address or an entity set.
    pub target: String,
    /// Key of the changed thing.
    pub key: String,
    /// Whatever a test wants to look at.
    pub detail: serde_json::Value,
}

struct Inner {
    clock: Clock,
    users: Vec<User>,
    service_account: Option<User>,
    exchange: Mutex<Exchange>,
    crm: Mutex<Crm>,
    faults: Faults,
    calls: Mutex<BTreeMap<(String, String), u64>>,
    effects: Mutex<Vec<(Timestamp, Effect)>>,
}

/// Shared handle to the world; clones see the same world.
#[derive(Clone)]
pub struct World {
    inner: Arc<Inner>,
}

/// A poisoned lock only means that some other test thread failed; the state itself stays usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// Builds a world with the configured people and an empty CRM.
    pub fn new(config: WorldConfig) -> Self {
        let mut exchange = Exchange::new(config.exchange, Arc::clone(&config.clock));
        for user in &config.users {
            exchange.add_user(user);
        }
        if let Some(account) = &config.service_account {
            exchange.add_service_account(account);
        }
        Self {
            inner: Arc::new(Inner {
                clock: config.clock,
                users: config.users,
                service_account: config.service_account,
                exchange: Mutex::new(exchange),
                crm: Mutex::new(Crm::default()),
                faults: Faults::default(),
                calls: Mutex::default(),
                effects: Mutex::default(),
            }),
        }
    }

    /// The Exchange server. Hold the guard briefly: every mailbox waits behind it.
    pub fn exchange(&self) -> MutexGuard<'_, Exchange> {
        lock(&self.inner.exchange)
    }

    /// The CRM tenant. Hold the guard briefly.
    pub fn crm(&self) -> MutexGuard<'_, Crm> {
        lock(&self.inner.crm)
    }

    /// The fault layer, switchable at run time.
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// The time in the world.
    pub fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    /// People with a mailbox.
    pub fn users(&self) -> &[User] {
        &self.inner.users
    }

    /// The impersonating account, if the world has one.
    pub fn service_account(&self) -> Option<&User> {
        self.inner.service_account.as_ref()
    }

    /// Counts one call of `operation` on `face`.
    pub fn count(&self, face: &str, operation: &str) {
        let mut calls = lock(&self.inner.calls);
        *calls
            .entry((face.to_owned(), operation.to_owned()))
            .or_default() += 1;
    }

    /// Calls since the start or the last reset, by (face, operation).
    pub fn calls(&self) -> BTreeMap<(String, String), u64> {
        lock(&self.inner.calls).clone()
    }

    /// All calls together.
    pub fn total_calls(&self) -> u64 {
        lock(&self.inner.calls).values().sum()
    }

    /// Sets all call counters to zero.
    pub fn reset_calls(&self) {
        lock(&self.inner.calls).clear();
    }

    /// Records a write. Never call it while holding [`World::exchange`] or [`World::crm`] for long.
    pub fn effect(&self, effect: Effect) {
        let now = self.now();
        lock(&self.inner.effects).push((now, effect));
    }

    /// All writes so far, oldest first, with the world time of each.
    pub fn effects(&self) -> Vec<(Timestamp, Effect)> {
        lock(&self.inner.effects).clone()
    }

    /// Forgets the recorded writes.
    pub fn reset_effects(&self) {
        lock(&self.inner.effects).clear();
    }
}
