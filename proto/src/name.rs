//! Resource names: `mailboxes/{address}`, `mailboxes/{address}/sessions/{session}`, `records/{kind}/{record}`.
//!
//! An address may hold `/` (RFC 5321 allows it in the local part), so `%` and `/` are escaped inside
//! a segment and nothing else is: names stay readable.

use std::fmt::Write as _;

use crate::v1::RecordKind;

/// Longest name that is looked at, in bytes; longer ones are forged or broken.
const MAX_NAME: usize = 4096;

/// What stands below a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Collection {
    /// Sync sessions.
    Sessions,
    /// Problems of single items.
    Issues,
    /// Queued saves.
    Wishes,
    /// Tracked e-mail threads.
    Threads,
}

impl Collection {
    /// The word in the name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Issues => "issues",
            Self::Wishes => "wishes",
            Self::Threads => "threads",
        }
    }
}

/// Writes `mailboxes/{address}`, the address in lower case.
///
/// ```
/// assert_eq!(ssi_proto::name::mailbox("Ann@Example.com"), "mailboxes/ann@example.com");
/// ```
pub fn mailbox(address: &str) -> String {
    format!("mailboxes/{}", escape(&address.to_lowercase()))
}

/// Writes `mailboxes/{address}/{collection}/{id}`.
pub fn child(address: &str, collection: Collection, id: &str) -> String {
    format!(
        "{}/{}/{}",
        mailbox(address),
        collection.as_str(),
        escape(id)
    )
}

/// Writes `records/{kind}/{id}`.
pub fn record(kind: RecordKind, id: &str) -> String {
    format!("records/{}/{}", kind_word(kind), escape(id))
}

/// Reads `mailboxes/{address}`; the address comes back in lower case. `None` when it is not one.
pub fn parse_mailbox(name: &str) -> Option<String> {
    match segments(name)?.as_slice() {
        [root, address] if root == "mailboxes" => Some(address.to_lowercase()),
        _ => None,
    }
}

/// Reads `mailboxes/{address}/{collection}/{id}` into address (lower case) and id.
pub fn parse_child(name: &str, collection: Collection) -> Option<(String, String)> {
    match segments(name)?.as_slice() {
        [root, address, word, id] if root == "mailboxes" && word == collection.as_str() => {
            Some((address.to_lowercase(), id.clone()))
        }
        _ => None,
    }
}

/// Reads `records/{kind}/{id}`.
pub fn parse_record(name: &str) -> Option<(RecordKind, String)> {
    match segments(name)?.as_slice() {
        [root, word, id] if root == "records" => Some((kind_from_word(word)?, id.clone())),
        _ => None,
    }
}

/// The word for a kind in names: `individual_customer`; the domain uses the same words.
pub fn kind_word(kind: RecordKind) -> String {
    let full = kind.as_str_name();
    full.strip_prefix("RECORD_KIND_")
        .unwrap_or(full)
        .to_ascii_lowercase()
}

/// The kind for a word; `None` for unknown words and for `unspecified`.
pub fn kind_from_word(word: &str) -> Option<RecordKind> {
    if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    RecordKind::from_str_name(&format!("RECORD_KIND_{}", word.to_ascii_uppercase()))
        .filter(|kind| *kind != RecordKind::Unspecified)
}

fn escape(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    for character in segment.chars() {
        match character {
            '%' | '/' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "%{:02X}", u32::from(character));
            }
            other => out.push(other),
        }
    }
    out
}

fn segments(name: &str) -> Option<Vec<String>> {
    if name.len() > MAX_NAME {
        return None;
    }
    name.split('/').map(unescape).collect()
}

/// One segment back to text. Empty segments and escapes we never write make the whole name invalid:
/// two spellings of one resource would slip past comparisons.
fn unescape(segment: &str) -> Option<String> {
    if segment.is_empty() || segment.chars().any(char::is_control) {
        return None;
    }
    let mut parts = segment.split('%');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        if let Some(rest) = part.strip_prefix("25") {
            out.push('%');
            out.push_str(rest);
        } else if let Some(rest) = part.strip_prefix("2F") {
            out.push('/');
            out.push_str(rest);
        } else {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_the_round_trip() {
        for address in [
            "ann@example.com",
            "a/b%2F@x.org",
            "o'neil+crm@xn--mnchen-3ya.de",
        ] {
            let name = mailbox(address);
            assert_eq!(
                parse_mailbox(&name).as_deref(),
                Some(address.to_lowercase().as_str())
            );
            for collection in [
                Collection::Sessions,
                Collection::Issues,
                Collection::Wishes,
                Collection::Threads,
            ] {
                let name = child(address, collection, "id/1");
                assert_eq!(
                    parse_child(&name, collection),
                    Some((address.to_lowercase(), "id/1".to_owned()))
                );
            }
        }
    }

    #[test]
    fn every_kind_survives_the_round_trip() {
        for number in 1..=12 {
            let kind = RecordKind::try_from(number).expect("a known kind");
            let name = record(kind, "00163E0A");
            assert_eq!(parse_record(&name), Some((kind, "00163E0A".to_owned())));
        }
        assert!(
            RecordKind::try_from(13).is_err(),
            "a new kind: extend this test"
        );
    }

    #[test]
    fn addresses_are_compared_without_case() {
        assert_eq!(
            parse_mailbox("mailboxes/ANN@Example.com").as_deref(),
            Some("ann@example.com")
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for name in [
            "",
            "mailboxes",
            "mailboxes/",
            "mailboxes//x",
            "mailboxes/a/b",
            "mailbox/a@b.c",
            "mailboxes/a%41@b.c",
            "mailboxes/a%2f@b.c",
            "mailboxes/a@b.c/",
            "mailboxes/a\n@b.c",
        ] {
            assert_eq!(parse_mailbox(name), None, "{name:?}");
        }
        assert_eq!(
            parse_mailbox(&format!("mailboxes/{}", "a".repeat(MAX_NAME))),
            None
        );
        assert_eq!(parse_record("records/unspecified/1"), None);
        assert_eq!(parse_record("records/Contact/1"), None);
        assert_eq!(parse_record("records/planet/1"), None);
        assert_eq!(
            parse_child("mailboxes/a@b.c/issues/1", Collection::Wishes),
            None
        );
    }

    #[test]
    fn descriptors_are_complete() {
        use prost::Message as _;
        let set = prost_types::FileDescriptorSet::decode(crate::FILE_DESCRIPTOR_SET)
            .expect("a descriptor set");
        let services: Vec<_> = set
            .file
            .iter()
            .flat_map(|file| file.service.iter().map(|service| service.name().to_owned()))
            .collect();
        for name in [
            "SessionService",
            "AddInService",
            "RecordService",
            "SyncService",
        ] {
            assert!(
                services.iter().any(|service| service == name),
                "{name} is missing"
            );
        }
    }
}
