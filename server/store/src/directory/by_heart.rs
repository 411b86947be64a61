//! What this process knows by heart of the directories: which keys point to which slots (docs/decisions/0061).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ssi_domain::{
    TenantId,
    autolink::Missing,
    directory::{KeyIndex, Party, Pointers},
};

/// What one reading of a directory found, all of one moment.
pub(super) struct Read {
    /// How often it had been dropped.
    pub(super) drops: i64,
    /// The slot after its last one.
    pub(super) next_slot: i64,
    /// Who stands at the slots that were asked for.
    pub(super) at_slots: Vec<(i64, Party)>,
    /// Who stands above all that was known.
    pub(super) newer: Vec<(i64, Party)>,
    /// Whether these are all who do.
    pub(super) all: bool,
}

/// One index per tenant, made when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct ByHeart {
    tenants: Mutex<HashMap<TenantId, Arc<Keys>>>,
}

/// The index of a tenant. Locked for moments only.
#[derive(Debug, Default)]
pub(super) struct Keys {
    state: Mutex<State>,
    /// Whoever holds it reads what is missing, page by page; the others wait for it.
    pub(super) reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    index: KeyIndex,
    /// How often the directory that is known had been dropped.
    drops: i64,
}

impl ByHeart {
    pub(super) fn of(&self, tenant: &TenantId) -> Arc<Keys> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        match tenants.get(tenant) {
            Some(keys) => keys.clone(),
            None => tenants.entry(tenant.clone()).or_default().clone(),
        }
    }
}

impl Keys {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is pointed to, and the first slot of which nothing is known.
    pub(super) fn pointers(&self, missing: &Missing) -> (Pointers, i64) {
        let state = self.state();
        (state.index.pointers(missing), state.index.next())
    }

    /// The first slot of which nothing is known.
    pub(super) fn next(&self) -> i64 {
        self.state().index.next()
    }

    /// Takes in who came at the slot `from` and above. `false`: what is known is not of the directory that was read,
    /// because it was dropped, or the database is what it was some time ago, or somebody else found that out
    /// meanwhile; or too much of it is dead. It is forgotten then.
    pub(super) fn settle(&self, from: i64, read: &Read) -> bool {
        let mut state = self.state();
        let same = read.drops == state.drops && read.next_slot >= from;
        if !same || state.index.is_worn() {
            *state = State {
                drops: read.drops,
                ..State::default()
            };
            return false;
        }
        state.index.take_in(from, &read.newer, read.all)
    }

    /// Forgets those pointers behind which nobody stands.
    pub(super) fn forget(&self, pointers: &Pointers, nobody: impl Fn(i64) -> bool) {
        if pointers.any(&nobody) {
            self.state().index.forget(pointers, nobody);
        }
    }
}
