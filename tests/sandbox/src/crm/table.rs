//! The rows of one entity set, found by key and by indexed values without a scan.

use std::collections::{BTreeSet, HashMap};

use super::journal::Channel;
use super::schema::EntitySet;
use super::value::{Value, object_id};

/// One entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The ObjectID: 32 hex digits, upper case.
    pub key: String,
    /// One value per property of the set, in the set's order.
    pub values: Vec<Value>,
    /// Who made it: a person on the screen, or a call.
    pub made_by: Channel,
    /// Who changed it or one of its nodes last.
    pub changed_by: Channel,
}

impl Row {
    pub(super) fn new(key: String, set: &EntitySet) -> Self {
        Self {
            key,
            values: vec![Value::Null; set.properties.len()],
            made_by: Channel::default(),
            changed_by: Channel::default(),
        }
    }
}

/// The place of a row in its table; rows keep it until they are deleted, and it orders them by age.
pub type Slot = usize;

/// The rows of one entity set.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Option<Row>>,
    live: usize,
    by_key: HashMap<String, Slot>,
    indexed: Vec<usize>,
    indexes: HashMap<usize, HashMap<String, BTreeSet<Slot>>>,
}

impl Table {
    pub(super) fn new(set: &EntitySet) -> Self {
        let indexed = (0..set.properties.len()).filter(|&at| set.properties[at].indexed);
        Self {
            indexed: indexed.collect(),
            ..Self::default()
        }
    }

    pub(super) fn len(&self) -> usize {
        self.live
    }

    pub(super) fn next_slot(&self) -> Slot {
        self.rows.len()
    }

    pub(super) fn slot(&self, key: &str) -> Option<Slot> {
        self.by_key.get(key).copied()
    }

    pub(super) fn row(&self, slot: Slot) -> Option<&Row> {
        self.rows.get(slot)?.as_ref()
    }

    pub(super) fn find(&self, key: &str) -> Option<&Row> {
        self.row(self.slot(key)?)
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        (0..self.rows.len()).filter(|&slot| self.rows[slot].is_some())
    }

    /// Whether [`Table::equal_to`] answers for this property.
    pub(super) fn is_indexed(&self, property: usize) -> bool {
        self.indexed.contains(&property)
    }

    /// The rows whose indexed property has this value, text compared without case.
    pub(super) fn equal_to(&self, property: usize, value: &Value) -> Vec<Slot> {
        index_key(value)
            .and_then(|key| self.indexes.get(&property)?.get(&key))
            .map(|slots| slots.iter().copied().collect())
            .unwrap_or_default()
    }

    /// Puts a row into a slot, or empties the slot; returns what was there.
    pub(super) fn put(&mut self, slot: Slot, row: Option<Row>) -> Option<Row> {
        if slot >= self.rows.len() {
            self.rows.resize(slot + 1, None);
        }
        let before = self.rows[slot].take();
        if let Some(before) = &before {
            self.forget(slot, before);
        }
        if let Some(row) = row {
            self.learn(slot, &row);
            self.rows[slot] = Some(row);
        }
        before
    }

    fn learn(&mut self, slot: Slot, row: &Row) {
        self.live += 1;
        self.by_key.insert(row.key.clone(), slot);
        for &property in &self.indexed {
            if let Some(key) = index_key(&row.values[property]) {
                let index = self.indexes.entry(property).or_default();
                index.entry(key).or_default().insert(slot);
            }
        }
    }

    fn forget(&mut self, slot: Slot, row: &Row) {
        self.live -= 1;
        self.by_key.remove(&row.key);
        for property in &self.indexed {
            let key = index_key(&row.values[*property]);
            let Some((key, index)) = key.zip(self.indexes.get_mut(property)) else {
                continue;
            };
            if let Some(slots) = index.get_mut(&key) {
                slots.remove(&slot);
                if slots.is_empty() {
                    index.remove(&key);
                }
            }
        }
    }
}

fn index_key(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_lowercase()),
        Value::Guid(uuid) => Some(object_id(*uuid)),
        _ => None,
    }
}
