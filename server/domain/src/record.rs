//! A record: an ordered map from field name to value, with the version it was read at.

use serde::{Deserialize, Serialize};

use crate::{Address, Kind, Value, Version};

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

    /// The fields as one kind has them: a mailbox that cannot tell the kinds of contacts apart reads the places
    /// where another kind keeps a field as `field@kind` besides.
    #[must_use]
    pub fn of_kind(mut self, kind: Kind) -> Self {
        let suffix = format!("@{kind}");
        let own: Vec<(String, Value)> = self
            .0
            .iter()
            .filter_map(|(name, value)| {
                Some((name.strip_suffix(&suffix)?.to_owned(), value.clone()))
            })
            .collect();
        for (name, value) in own {
            self.set(&name, value);
        }
        self.0.retain(|(name, _)| !name.contains('@'));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_its_own_places() {
        let read = Record::new()
            .with("phone", "business")
            .with("phone@individual_customer", "home")
            .with("city", "Ulm");
        let contact = read.clone().of_kind(Kind::Contact);
        assert_eq!(
            (contact.text("phone"), contact.iter().count()),
            ("business", 2)
        );
        let customer = read.of_kind(Kind::IndividualCustomer);
        assert_eq!(
            (customer.text("phone"), customer.text("city")),
            ("home", "Ulm")
        );
    }
}
