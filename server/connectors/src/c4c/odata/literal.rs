//! Values in OData v2 addresses
//! (<https://www.odata.org/documentation/odata-version-2-0/overview/>, section 6).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a path or query: unreserved characters and those OData gives a meaning.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b',')
    .remove(b'$');

/// A string literal: in single quotes, quotes inside doubled.
pub(in crate::c4c) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// A point in time, to the millisecond.
pub(in crate::c4c) fn instant(at: jiff::Timestamp) -> String {
    format!("datetimeoffset'{at:.3}'")
}

/// The value of a string literal, or `None` when it is none.
#[cfg(test)]
pub(in crate::c4c) fn read_text(literal: &str) -> Option<String> {
    let inside = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let lone = inside.replace("''", "").contains('\'');
    (!lone).then(|| inside.replace("''", "'"))
}

/// Percent-encodes a part of an address.
pub(in crate::c4c) fn encode(part: &str) -> String {
    utf8_percent_encode(part, PLAIN).to_string()
}

/// The hyphenated form of an `ObjectID` of 32 hex digits: the `UUID` of a root node.
pub(in crate::c4c) fn uuid_of(object_id: &str) -> Option<String> {
    let plain = bare(object_id);
    let sound = plain.len() == 32 && plain.bytes().all(|byte| byte.is_ascii_hexdigit());
    sound.then(|| {
        let (a, b, c, d, e) = (
            &plain[..8],
            &plain[8..12],
            &plain[12..16],
            &plain[16..20],
            &plain[20..],
        );
        format!("{a}-{b}-{c}-{d}-{e}")
    })
}

/// The `ObjectID` of a root node: its UUID without hyphens in upper case. Empty for an empty or zero UUID.
pub(in crate::c4c) fn bare(uuid: &str) -> String {
    let plain: String = uuid
        .trim()
        .chars()
        .filter(|c| !matches!(c, '-' | '{' | '}'))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    if plain.bytes().all(|byte| byte == b'0') {
        return String::new();
    }
    plain
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_survives_literal_and_encoding(value in any::<String>()) {
            let encoded = encode(&text(&value));
            prop_assert!(encoded.is_ascii());
            prop_assert!(!encoded.contains([' ', '&', '#', '?', '+', '"', '\r', '\n', '=', '/', '*']));
            let decoded = percent_decode_str(&encoded).decode_utf8().unwrap();
            prop_assert_eq!(read_text(&decoded), Some(value));
        }
    }

    #[test]
    fn instants_bear_milliseconds() {
        let at = jiff::Timestamp::from_millisecond(1_422_997_623_532).unwrap();
        assert_eq!(instant(at), "datetimeoffset'2015-02-03T21:07:03.532Z'");
    }

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(text("O'Brien"), "'O''Brien'");
        assert_eq!(read_text("'O'Brien'"), None);
    }

    #[test]
    fn object_ids_and_uuids_convert_both_ways() {
        let id = "00163E03A0701EE288BE9895233EBD27";
        let uuid = "00163E03-A070-1EE2-88BE-9895233EBD27";
        assert_eq!(uuid_of(id).as_deref(), Some(uuid));
        assert_eq!(bare(&uuid.to_lowercase()), id);
        assert_eq!(uuid_of("7000002"), None);
        assert_eq!(bare("00000000-0000-0000-0000-000000000000"), "");
        assert_eq!(uuid_of("ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ"), None);
    }
}
