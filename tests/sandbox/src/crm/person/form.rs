//! How a form becomes property values.

use jiff::Timestamp;

use super::Participant;
use crate::crm::kind::Kind;
use crate::crm::value::Value;

/// What a person fills in for one kind of record. Members that are `None` stay as they are; an empty text
/// empties its field.
pub trait Form {
    /// The kind it makes.
    const KIND: Kind;

    /// The header: property names with values.
    fn fields(&self) -> Vec<(&'static str, Value)>;

    /// Everybody involved besides those the header names.
    fn people(&self) -> Option<&[Participant]> {
        None
    }

    /// The note.
    fn note(&self) -> Option<&str>;
}

/// Collects what a form says.
#[derive(Debug, Default)]
pub struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    /// A text.
    #[must_use]
    pub fn text(mut self, name: &'static str, text: Option<&String>) -> Self {
        if let Some(text) = text {
            self.0.push((name, Value::text(text.as_str())));
        }
        self
    }

    /// A point in time.
    #[must_use]
    pub fn time(mut self, name: &'static str, at: Option<Timestamp>) -> Self {
        if let Some(at) = at {
            self.0.push((name, Value::Instant(at.as_microsecond())));
        }
        self
    }

    /// A truth.
    #[must_use]
    pub fn flag(mut self, name: &'static str, value: Option<bool>) -> Self {
        if let Some(value) = value {
            self.0.push((name, Value::Bool(value)));
        }
        self
    }

    /// Anything else.
    #[must_use]
    pub fn more(mut self, values: &[(&'static str, Value)]) -> Vec<(&'static str, Value)> {
        self.0.extend(values.iter().cloned());
        self.0
    }
}
