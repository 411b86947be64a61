//! The value of one property, and the identifiers of rows.

use std::cmp::Ordering;

use bytes::Bytes;
use uuid::Uuid;

/// A value as the tenant stores it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// Nothing; a text property shows it as the empty string.
    #[default]
    Null,
    /// Text, also for decimals and durations.
    Text(String),
    /// A truth value.
    Bool(bool),
    /// A number.
    Int(i32),
    /// A point in time, microseconds since 1970 UTC.
    Instant(i64),
    /// A UUID.
    Guid(Uuid),
    /// Raw bytes.
    Bytes(Bytes),
}

impl Value {
    /// A text, or nothing when it is empty.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() {
            Self::Null
        } else {
            Self::Text(text)
        }
    }

    /// The text of a text value, empty for nothing.
    #[must_use]
    pub fn as_text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    /// The point in time of an instant.
    #[must_use]
    pub fn as_instant(&self) -> Option<i64> {
        match self {
            Self::Instant(micros) => Some(*micros),
            _ => None,
        }
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The order in which `$orderby` and the comparisons of `$filter` put two values.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => match (a.parse::<f64>(), b.parse::<f64>()) {
                // Numbers kept as text (decimals, party numbers) sort by size.
                (Ok(x), Ok(y)) if a.len() != b.len() => x.total_cmp(&y),
                _ => a.cmp(b),
            },
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Instant(a), Self::Instant(b)) => a.cmp(b),
            (Self::Guid(a), Self::Guid(b)) => a.cmp(b),
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            _ => self.is_null().cmp(&other.is_null()).reverse(),
        }
    }
}

/// The ObjectID that belongs to a UUID: the same 32 hex digits, upper case, no hyphens.
#[must_use]
pub fn object_id(uuid: Uuid) -> String {
    format!("{:X}", uuid.as_simple())
}

/// The UUID that belongs to an ObjectID, hyphenated or not.
#[must_use]
pub fn uuid_of(object_id: &str) -> Option<Uuid> {
    Uuid::try_parse(object_id).ok()
}

/// A UUID as the service writes it: hyphenated, upper case.
#[must_use]
pub fn guid_text(uuid: Uuid) -> String {
    format!("{:X}", uuid.as_hyphenated())
}
