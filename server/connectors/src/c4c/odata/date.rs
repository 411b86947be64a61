//! Dates as OData v2 writes them in JSON: `/Date(ms)/`, `/Date(ms+minutes)/`; ISO 8601 is read as well.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::Value;

/// The instant of a JSON value; `None` when it holds none.
///
/// The offset of `/Date(ms+0060)/` says in which zone it was written; the milliseconds are UTC.
pub(in crate::c4c) fn read(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => parse(text),
        _ => None,
    }
}

pub(in crate::c4c) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let inside = text
        .strip_prefix("/Date(")
        .and_then(|rest| rest.strip_suffix(")/"));
    if let Some(inside) = inside {
        let sign_at = inside.get(1..)?.find(['+', '-']);
        let ms = sign_at.map_or(inside, |at| &inside[..at + 1]);
        return Timestamp::from_millisecond(ms.trim().parse().ok()?).ok();
    }
    let wall = |text: &str| {
        let wall: DateTime = text.parse().ok()?;
        Some(TimeZone::UTC.to_zoned(wall).ok()?.timestamp())
    };
    text.parse().ok().or_else(|| wall(text))
}

/// The form requests use.
pub(in crate::c4c) fn write(at: Timestamp) -> String {
    format!("/Date({})/", at.as_millisecond())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_spellings_of_an_instant_are_read() {
        let at: Timestamp = "2015-02-03T21:07:03.532Z".parse().unwrap();
        for text in [
            "/Date(1422997623532)/",
            "/Date(1422997623532+0000)/",
            "/Date(1422997623532-0060)/",
            "2015-02-03T21:07:03.532Z",
            "2015-02-03T21:07:03.5320000Z",
            "2015-02-03T22:07:03.532+01:00",
            "2015-02-03T21:07:03.532",
        ] {
            assert_eq!(parse(text), Some(at), "{text}");
        }
        assert_eq!(write(at), "/Date(1422997623532)/");
        assert_eq!(parse("/Date(-1000)/").unwrap().as_second(), -1);
        for text in [
            "",
            "/Date()/",
            "/Date(x)/",
            "/Date(99999999999999999999)/",
            "soon",
            "/Date(é)/",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn written_instants_are_read_again(ms in -62_135_596_800_000_i64..253_402_300_000_000) {
            let at = Timestamp::from_millisecond(ms).unwrap();
            prop_assert_eq!(parse(&write(at)), Some(at));
        }
    }
}
