//! Which items are no messages, as far as reading showed it.
//!
//! A mark is written inside an element of the item's class, and servers may refuse another class's element
//! (`ErrorObjectTypeChanged`). A mark does not say the class; whoever marks an item has read it before.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use ssi_domain::ItemId;

use super::plan::Class;

/// Most items remembered; a session reads and marks in batches far smaller.
const MOST: usize = 2_000;

/// The classes of items read.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashMap<ItemId, Class>>);

impl Seen {
    /// Remembers an item. Messages need not be: they are what is assumed.
    pub(super) fn note(&self, item: &ItemId, class: Class) {
        if class == Class::Message {
            return;
        }
        // A reader that panicked left whole entries behind: they are as good as before.
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST {
            seen.clear();
        }
        seen.insert(item.clone(), class);
    }

    /// The class of an item; messages where nothing is known.
    pub(super) fn class(&self, item: &ItemId) -> Class {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(item).copied().unwrap_or(Class::Message)
    }
}
