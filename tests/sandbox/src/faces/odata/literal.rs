//! Values as text: URL literals, ETags, dates in JSON.

use jiff::Timestamp;
use jiff::civil;

use crate::crm::{Edm, Value, uuid_of};

/// A point in time as the service writes it: seven digits, the last a zero.
pub fn seven_digits(micros: i64) -> String {
    let time = Timestamp::from_microsecond(micros).unwrap_or_default();
    format!("{}0Z", time.strftime("%Y-%m-%dT%H:%M:%S.%6f"))
}

/// The header form of an ETag: weak, colons percent-encoded.
pub fn etag(micros: i64) -> String {
    let stamp = seven_digits(micros).replace(':', "%3A");
    format!("W/\"datetimeoffset'{stamp}'\"")
}

/// A point in time as JSON shows it; microseconds are cut.
pub fn json_date(micros: i64) -> String {
    format!("/Date({})/", micros.div_euclid(1_000))
}

/// Reads a point in time as clients send it in JSON: `/Date(ms)/`, ISO with or without offset.
pub fn read_date(text: &str) -> Option<i64> {
    if let Some(inner) = text
        .strip_prefix("/Date(")
        .and_then(|t| t.strip_suffix(")/"))
    {
        // An offset only says where the client is; the number is UTC already.
        let offset = inner
            .char_indices()
            .skip(1)
            .find(|(_, c)| matches!(c, '+' | '-'));
        let end = offset.map_or(inner.len(), |(at, _)| at);
        let millis: i64 = inner[..end].parse().ok()?;
        let micros = millis.checked_mul(1_000)?;
        return Timestamp::from_microsecond(micros)
            .is_ok()
            .then_some(micros);
    }
    read_iso(text)
}

/// Reads an ISO time; without an offset it is UTC.
pub fn read_iso(text: &str) -> Option<i64> {
    let time: Timestamp = text.parse().ok().or_else(|| {
        let civil: civil::DateTime = text.parse().ok()?;
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(zoned.timestamp())
    })?;
    Some(time.as_microsecond())
}

/// A literal of a `$filter`.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `'text'`.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// A number, with its type suffix cut off.
    Number(String),
    /// `guid'...'`, `datetime'...'` and the like: prefix and text.
    Typed(String, String),
}

impl Literal {
    /// The value this literal has for a property of the given type; `None` when it does not fit.
    pub fn fit(&self, edm: Edm) -> Option<Value> {
        match (self, edm) {
            (Self::Null, _) => Some(Value::Null),
            (Self::Text(text), Edm::String) => Some(Value::Text(text.clone())),
            (Self::Bool(value), Edm::Boolean) => Some(Value::Bool(*value)),
            (Self::Number(text), Edm::Int32) => text.parse().ok().map(Value::Int),
            (Self::Number(text), Edm::Decimal) => Some(Value::Text(text.clone())),
            (Self::Typed(prefix, text), Edm::Guid) if prefix == "guid" => {
                uuid_of(text).map(Value::Guid)
            }
            (Self::Typed(prefix, text), Edm::DateTimeOffset) if prefix == "datetimeoffset" => {
                // An offset is part of this literal.
                let time: Timestamp = text.parse().ok()?;
                Some(Value::Instant(time.as_microsecond()))
            }
            (Self::Typed(prefix, text), Edm::DateTime) if prefix == "datetime" => {
                read_iso(text).map(Value::Instant)
            }
            (Self::Typed(prefix, text), Edm::Time) if prefix == "time" => {
                Some(Value::Text(text.clone()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{etag, json_date, read_date, read_iso, seven_digits};

    /// SAP's own pair of header and JSON stamps.
    const STAMP: i64 = 1_422_997_623_532_842;

    #[test]
    fn stamps_have_seven_digits_and_json_cuts_to_milliseconds() {
        assert_eq!(seven_digits(STAMP), "2015-02-03T21:07:03.5328420Z");
        assert_eq!(json_date(STAMP), "/Date(1422997623532)/");
        assert_eq!(
            etag(STAMP),
            "W/\"datetimeoffset'2015-02-03T21%3A07%3A03.5328420Z'\""
        );
        assert_eq!(json_date(-1), "/Date(-1)/");
    }

    #[test]
    fn dates_are_read_in_every_form_clients_send() {
        let check = |text: &str, micros: Option<i64>| assert_eq!(read_date(text), micros, "{text}");
        check("/Date(1422997623532)/", Some(1_422_997_623_532_000));
        check("/Date(-5)/", Some(-5_000));
        check("/Date(1422997623532+0060)/", Some(1_422_997_623_532_000));
        check("2015-02-03T21:07:03.532842Z", Some(STAMP));
        check("2015-02-03T22:07:03.532842+01:00", Some(STAMP));
        check("2015-02-03T21:07:03", Some(1_422_997_623_000_000));
        for broken in [
            "",
            "/Date()/",
            "/Date(é)/",
            "/Date(1é)/",
            "/Date(99999999999999999999)/",
            "today",
        ] {
            check(broken, None);
        }
        assert_eq!(read_iso("2015-02-03T21:07:03.5328420Z"), Some(STAMP));
    }
}
