//! What was learnt about a service while using it, so that it is asked in vain only once.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use ssi_domain::Kind;
use tokio::sync::OnceCell;

use super::odata::metadata::Metadata;

/// Batches refused with 400 or 403 before no more are tried.
const MOST_STRIKES: u32 = 3;

/// Employees remembered before all are forgotten; more than any tenant has.
const MOST_EMPLOYEES: usize = 100_000;

/// Starts with nothing known: everything is tried.
#[derive(Debug, Default)]
pub(super) struct Known {
    batch_reads_refused: AtomicBool,
    batch_writes_refused: AtomicBool,
    batch_strikes: AtomicU32,
    expand_refused: AtomicBool,
    substringof_refused: AtomicBool,
    missing: Mutex<HashSet<Kind>>,
    /// Business partner ids of employees by key; empty for those that cannot be read.
    employees: Mutex<HashMap<String, String>>,
    without_select: Mutex<HashSet<&'static str>>,
    /// Sets, and properties of sets (`Set/Property`), that the tenant does not offer.
    lacking: Mutex<HashSet<String>>,
    /// The service's metadata, read when a create was refused; `None` inside when it gives none.
    pub(super) metadata: OnceCell<Option<Metadata>>,
}

impl Known {
    pub(super) fn reads_in_batches(&self) -> bool {
        !self.batch_reads_refused.load(Ordering::Relaxed)
    }

    pub(super) fn writes_in_batches(&self) -> bool {
        !self.batch_writes_refused.load(Ordering::Relaxed)
    }

    pub(super) fn refuse_batch_reads(&self, status: u16) {
        if !self.batch_reads_refused.swap(true, Ordering::Relaxed) {
            tracing::info!(
                status,
                "the C4C service reads nothing in batches; reading one by one"
            );
        }
    }

    pub(super) fn refuse_batch_writes(&self, status: u16) {
        if !self.batch_writes_refused.swap(true, Ordering::Relaxed) {
            tracing::info!(
                status,
                "the C4C service writes nothing in batches; writing one by one"
            );
        }
    }

    /// Counts a batch refused for a reason that may be of this moment. Whether it is time to give up on
    /// batches.
    pub(super) fn strike_batches(&self) -> bool {
        self.batch_strikes.fetch_add(1, Ordering::Relaxed) + 1 >= MOST_STRIKES
    }

    pub(super) fn expands(&self) -> bool {
        !self.expand_refused.load(Ordering::Relaxed)
    }

    /// Whether this was news.
    pub(super) fn refuse_expand(&self) -> bool {
        !self.expand_refused.swap(true, Ordering::Relaxed)
    }

    pub(super) fn has_substringof(&self) -> bool {
        !self.substringof_refused.load(Ordering::Relaxed)
    }

    /// Whether this was news.
    pub(super) fn refuse_substringof(&self) -> bool {
        !self.substringof_refused.swap(true, Ordering::Relaxed)
    }

    pub(super) fn offers(&self, kind: Kind) -> bool {
        let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        !missing.contains(&kind)
    }

    pub(super) fn miss(&self, kind: Kind, status: u16) {
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        if missing.insert(kind) {
            tracing::warn!(%kind, status, "this C4C tenant does not offer records of this kind to us");
        }
    }

    pub(super) fn selects(&self, set: &'static str) -> bool {
        let plain = self.without_select.lock();
        let plain = plain.unwrap_or_else(PoisonError::into_inner);
        !plain.contains(set)
    }

    /// The business partner id of the employee with this key; `None` when nobody asked yet.
    pub(super) fn employee(&self, key: &str) -> Option<String> {
        let employees = self.employees.lock();
        let employees = employees.unwrap_or_else(PoisonError::into_inner);
        employees.get(key).cloned()
    }

    pub(super) fn learn_employees(&self, found: HashMap<String, String>) {
        let employees = self.employees.lock();
        let mut employees = employees.unwrap_or_else(PoisonError::into_inner);
        if employees.len() > MOST_EMPLOYEES {
            employees.clear();
        }
        employees.extend(found);
    }

    pub(super) fn has_set(&self, set: &str) -> bool {
        !self.lacking().contains(set)
    }

    pub(super) fn refuse_set(&self, set: &str) {
        if self.lacking().insert(set.to_owned()) {
            tracing::info!(
                set,
                "this C4C tenant does not offer a set to us; going on without"
            );
        }
    }

    pub(super) fn has_property(&self, set: &str, property: &str) -> bool {
        !self.lacking().contains(&format!("{set}/{property}"))
    }

    /// Whether this was news.
    pub(super) fn refuse_property(&self, set: &str, property: &str) -> bool {
        self.lacking().insert(format!("{set}/{property}"))
    }

    fn lacking(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.lacking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers that a set is to be read whole. Whether this was news.
    pub(super) fn refuse_select(&self, set: &'static str) -> bool {
        let plain = self.without_select.lock();
        plain.unwrap_or_else(PoisonError::into_inner).insert(set)
    }
}
