//! Typed values of record fields. Wire formats stop in the connectors.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{Kind, RecordId};

/// The value of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Value {
    /// Plain text, any length the row allows.
    Text(String),
    /// Formatted text with its plain rendering made by the reader.
    RichText(RichText),
    /// One address with the name it was written with.
    Address(Address),
    /// A telephone number as written.
    Phone(String),
    /// A point in time (UTC, microseconds).
    Instant(Timestamp),
    /// A day without time or zone.
    Date(Date),
    /// An IANA zone name.
    Zone(String),
    /// One of a closed list, by its code in our vocabulary.
    Choice(String),
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// Another record.
    Ref(RecordRef),
    /// Several values of one type.
    List(Vec<Value>),
}

/// Formatted text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RichText {
    /// What `text` is written in.
    pub format: TextFormat,
    /// The text in that format.
    pub text: String,
}

/// The format of a rich text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextFormat {
    /// Plain text.
    Plain,
    /// HTML.
    Html,
}

/// An e-mail address as it stood on the item (RFC 5322 addr-spec, or an Exchange-internal one).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// The display name, possibly empty.
    pub name: String,
    /// The address as written; compare with [`crate::participant::normalize`].
    pub address: String,
}

/// A record by kind and id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordRef {
    /// What the record is.
    pub kind: Kind,
    /// Its key in the CRM.
    pub id: RecordId,
}

impl Value {
    /// The plain text of a text-like value.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text)
            | Value::Phone(text)
            | Value::Zone(text)
            | Value::Choice(text)
            | Value::RichText(RichText { text, .. }) => Some(text),
            _ => None,
        }
    }

    /// The instant, if it is one.
    pub fn as_instant(&self) -> Option<Timestamp> {
        match self {
            Value::Instant(at) => Some(*at),
            _ => None,
        }
    }

    /// The addresses in an address or a list of addresses, in order.
    pub fn addresses(&self) -> Vec<&Address> {
        match self {
            Value::Address(address) => vec![address],
            Value::List(values) => values.iter().flat_map(Value::addresses).collect(),
            _ => Vec::new(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Value::Instant(at)
    }
}
