//! Of what class items are, as far as listings and reads showed it.
//!
//! An id does not say it. Knowing it, a read asks for the properties of one class instead of all, and a
//! mark is written inside an element of the item's own class: servers may refuse another's
//! (`ErrorObjectTypeChanged`).

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::{Mutex, PoisonError},
};

use ssi_domain::ItemId;

use super::plan::Class;

/// Most items remembered: two full pages of a listing. A session reads what it listed just before.
const MOST: usize = 1_024;

/// The classes of items. Ids are kept as 64-bit digests, because hundreds of mailboxes are open at once;
/// what it says is a hint, which reading checks.
#[derive(Debug, Default)]
pub(super) struct Seen {
    digest: RandomState,
    classes: Mutex<HashMap<u64, Class>>,
}

impl Seen {
    /// Remembers items.
    pub(super) fn note<'a>(&self, items: impl IntoIterator<Item = (&'a ItemId, Class)>) {
        // Whoever panicked while writing left whole entries behind: they are as good as before.
        let mut classes = self.classes.lock().unwrap_or_else(PoisonError::into_inner);
        for (item, class) in items {
            if classes.len() >= MOST {
                classes.clear();
            }
            classes.insert(self.digest.hash_one(item.as_str()), class);
        }
    }

    /// The class of an item, if it was seen.
    pub(super) fn class(&self, item: &ItemId) -> Option<Class> {
        let classes = self.classes.lock().unwrap_or_else(PoisonError::into_inner);
        classes.get(&self.digest.hash_one(item.as_str())).copied()
    }

    /// The one class of all these items, if each was seen.
    pub(super) fn common<'a>(&self, items: impl IntoIterator<Item = &'a ItemId>) -> Option<Class> {
        let mut items = items.into_iter();
        let first = self.class(items.next()?)?;
        items
            .all(|item| self.class(item) == Some(first))
            .then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_seen_and_agrees_is_common() {
        let seen = Seen::default();
        let [a, b, c] = ["a", "b", "c"].map(ItemId::new);
        seen.note([(&a, Class::Task), (&b, Class::Task), (&c, Class::Contact)]);
        assert_eq!(seen.common([&a, &b]), Some(Class::Task));
        assert_eq!(seen.common([&a, &c]), None);
        assert_eq!(seen.common([&a, &ItemId::new("d")]), None);
        assert_eq!(seen.common([]), None);
    }

    #[test]
    fn memory_is_bounded() {
        let seen = Seen::default();
        for number in 0..10 * MOST {
            let id = ItemId::new(number.to_string());
            seen.note([(&id, Class::Message)]);
            assert_eq!(seen.class(&id), Some(Class::Message));
        }
        assert!(seen.classes.lock().unwrap().len() <= MOST);
    }
}
