//! A record: an ordered map from field name to value, with the version it was read at.

use serde::{Deserialize, Serialize};

use crate::{Address, Value, Version};

/// The fields of an item or record, in the order of its mapping table.
///
/// Law: a field appears at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record(Vec<(String, Value)>);

impl Record {
    /// A record without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a field, if the side that was read has one.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(name, _)| name == field)
            .map(|(_, value)| value)
    }

    /// Sets a field, replacing an earlier value in place.
    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        let value = value.into();
        match self.0.iter_mut().find(|(name, _)| name == field) {
            Some((_, old)) => *old = value,
            None => self.0.push((field.to_owned(), value)),
        }
    }

    /// The same record with one more field.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.set(field, value);
        self
    }

    /// Takes a field out.
    pub fn remove(&mut self, field: &str) -> Option<Value> {
        let at = self.0.iter().position(|(name, _)| name == field)?;
        Some(self.0.remove(at).1)
    }

    /// The text of a field; empty when it is absent.
    pub fn text(&self, field: &str) -> &str {
        self.get(field).and_then(Value::as_text).unwrap_or_default()
    }

    /// The addresses of a field, in order.
    pub fn addresses(&self, field: &str) -> Vec<&Address> {
        self.get(field).map(Value::addresses).unwrap_or_default()
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// A thing with the version at which it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The version; hand it back with a write.
    pub version: Version,
    /// What was read.
    pub value: T,
}
