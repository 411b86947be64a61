//! What servers that lag behind still hold: the answer before the last one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use ssi_domain::{
    ItemId, Record, RecordRef, Versioned,
    port::{Item, Shape},
};

use super::Chaos;

/// Mailbox, whether the answer was a full one, item.
type Key = (String, bool, String);

/// The last answers. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    items: Arc<Mutex<HashMap<Key, Item>>>,
    records: Arc<Mutex<HashMap<RecordRef, Versioned<Record>>>>,
}

impl Memory {
    /// An answer about an item of a mailbox; now and then the one before.
    pub(super) fn item(
        &self,
        chaos: &Chaos,
        address: &str,
        shape: Shape,
        now: Option<Item>,
    ) -> Option<Item> {
        let now = now?;
        let key = (address.to_owned(), shape == Shape::Full, now.id.to_string());
        let mut items = self.items.lock().expect("not poisoned");
        let before = items.get(&key).cloned();
        match before.filter(|_| chaos.quirks().stale_reads && chaos.strikes(20)) {
            Some(stale) => Some(stale),
            None => {
                items.insert(key, now.clone());
                Some(now)
            }
        }
    }

    /// Whether an item asked for being mirrored when its headers were read last.
    pub(super) fn asked(&self, address: &str, id: &ItemId) -> bool {
        let key = (address.to_owned(), false, id.to_string());
        let items = self.items.lock().expect("not poisoned");
        let item = items.get(&key);
        item.is_some_and(|item| !item.categories.is_empty() || item.link.is_some())
    }

    /// An answer about a record; now and then the one before.
    pub(super) fn record(
        &self,
        chaos: &Chaos,
        id: &RecordRef,
        now: Option<Versioned<Record>>,
    ) -> Option<Versioned<Record>> {
        let now = now?;
        let mut records = self.records.lock().expect("not poisoned");
        let before = records.get(id).cloned();
        match before.filter(|_| chaos.quirks().stale_reads && chaos.strikes(20)) {
            Some(stale) => Some(stale),
            None => {
                records.insert(id.clone(), now.clone());
                Some(now)
            }
        }
    }
}
