//! Request fields, bounded and typed; a wrong one is refused with its name.

use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ssi_domain::{ItemId, Kind, RecordId, RecordRef, participant::Field};
use ssi_engine::ItemKey;
use ssi_proto::{
    name::{self, Collection},
    v1::{Participant, ParticipantRole, RecordKind},
};
use tonic::Status;

use super::{
    convert,
    status::{bad_field, invalid},
};

/// Longest item id of any backend; Exchange's are below 500 characters.
const LONGEST_ID: usize = 2_048;

/// The address in `mailboxes/{address}`.
pub fn mailbox(field: &str, text: &str) -> Result<String, Status> {
    name::parse_mailbox(text).ok_or_else(|| invalid(field, "write mailboxes/{address}"))
}

/// Address and id in `mailboxes/{address}/{collection}/{id}`.
pub fn child(field: &str, text: &str, collection: Collection) -> Result<(String, String), Status> {
    name::parse_child(text, collection).ok_or_else(|| {
        let why = format!("write mailboxes/{{address}}/{}/{{id}}", collection.as_str());
        invalid(field, &why)
    })
}

/// A UUID inside a name.
pub fn id<T: FromStr>(field: &str, text: &str) -> Result<T, Status> {
    text.parse()
        .map_err(|_| invalid(field, "the id in the name is not a UUID"))
}

/// The record in `records/{kind}/{record}`.
pub fn record(field: &str, text: &str) -> Result<RecordRef, Status> {
    let why = "write records/{kind}/{record}";
    let (kind, id) = name::parse_record(text).ok_or_else(|| invalid(field, why))?;
    let kind = convert::kind_from_proto(kind).ok_or_else(|| invalid(field, why))?;
    if id.len() > LONGEST_ID {
        return Err(invalid(field, "the record id is too long"));
    }
    Ok(RecordRef {
        kind,
        id: RecordId::new(id),
    })
}

/// Several records.
pub fn records(field: &str, names: &[String], most: usize) -> Result<Vec<RecordRef>, Status> {
    if names.len() > most {
        return Err(invalid(field, &format!("at most {most} are allowed")));
    }
    let mut found = Vec::new();
    for text in names {
        let one = record(field, text)?;
        if !found.contains(&one) {
            found.push(one);
        }
    }
    Ok(found)
}

/// The keys a client named an item by: its id, its Message-ID, or both, the id first.
pub fn item_keys(item_id: &str, message_id: &str) -> Result<Vec<ItemKey>, Status> {
    if item_id.len() > LONGEST_ID || item_id.chars().any(char::is_control) {
        return Err(invalid("item_id", "this is no item id"));
    }
    if message_id.len() > LONGEST_ID || message_id.chars().any(char::is_control) {
        return Err(invalid("internet_message_id", "this is no Message-ID"));
    }
    let mut keys = Vec::new();
    if !item_id.is_empty() {
        keys.push(ItemKey::Item(ItemId::new(item_id)));
    }
    if !message_id.trim().is_empty() {
        keys.push(ItemKey::MessageId(message_id.trim().to_owned()));
    }
    if keys.is_empty() {
        return Err(invalid(
            "item_id",
            "give item_id, internet_message_id or both",
        ));
    }
    Ok(keys)
}

/// Kinds to look among; unknown numbers are refused.
pub fn kinds(field: &str, numbers: &[i32]) -> Result<Vec<Kind>, Status> {
    let mut kinds = Vec::new();
    for number in numbers {
        let kind = RecordKind::try_from(*number)
            .ok()
            .and_then(convert::kind_from_proto);
        let kind = kind.ok_or_else(|| invalid(field, "this is no kind of record"))?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

/// A text of at most so many characters.
pub fn text(field: &str, text: &str, most: usize) -> Result<String, Status> {
    if text.chars().count() > most {
        return Err(invalid(
            field,
            &format!("at most {most} characters are allowed"),
        ));
    }
    Ok(text.to_owned())
}

/// The id of a click (AIP-155); empty means none.
pub fn request_id(text: &str) -> Result<Option<String>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    let why = "send a UUID made for this click";
    let id =
        uuid::Uuid::try_parse(text).map_err(|_| bad_field("invalid_field", "request_id", why))?;
    Ok(Some(id.to_string()))
}

/// Addresses of a mail being composed.
pub fn participants(
    field: &str,
    people: &[Participant],
) -> Result<Vec<ssi_domain::Address>, Status> {
    const MOST: usize = 500;
    if people.len() > MOST {
        return Err(invalid(field, &format!("at most {MOST} are allowed")));
    }
    let sound = |one: &Participant| one.address.len() <= 1_024 && one.display_name.len() <= 4_096;
    if !people.iter().all(sound) {
        return Err(invalid(field, "an address or name is too long"));
    }
    Ok(people
        .iter()
        .map(|one| ssi_domain::Address {
            name: one.display_name.clone(),
            address: one.address.clone(),
        })
        .collect())
}

/// Addresses of an item being composed, each where it stands; without a role a direct recipient.
pub fn placed_participants(
    field: &str,
    people: &[Participant],
) -> Result<Vec<(Field, ssi_domain::Address)>, Status> {
    if people.is_empty() {
        let why = "name the item, or give the addresses of one being composed";
        return Err(invalid(field, why));
    }
    let addresses = participants(field, people)?;
    let place = |one: &Participant| match one.role() {
        ParticipantRole::From | ParticipantRole::Organizer => Field::From,
        ParticipantRole::Cc | ParticipantRole::Optional => Field::Cc,
        ParticipantRole::Bcc => Field::Bcc,
        ParticipantRole::Unspecified | ParticipantRole::To | ParticipantRole::Required => Field::To,
    };
    Ok(people.iter().map(place).zip(addresses).collect())
}

/// A page size within bounds: 0 means the default, more than the most is cut (AIP-158).
pub fn page_size(asked: i32, default: usize, most: usize) -> Result<usize, Status> {
    match usize::try_from(asked) {
        Err(_) => Err(invalid("page_size", "must not be negative")),
        Ok(0) => Ok(default),
        Ok(size) => Ok(size.min(most)),
    }
}

/// A page token that says after which row to go on.
pub fn row_token<T: FromStr>(token: &str) -> Result<Option<(Timestamp, T)>, Status> {
    if token.is_empty() {
        return Ok(None);
    }
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (at, id) = text.split_once(' ')?;
        Some((
            Timestamp::from_microsecond(at.parse().ok()?).ok()?,
            id.parse().ok()?,
        ))
    };
    read().map(Some).ok_or_else(bad_token)
}

/// Writes what [`row_token`] reads.
pub fn write_row_token(at: Timestamp, id: impl std::fmt::Display) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {id}", at.as_microsecond()))
}

/// A page token that says how many rows of one question were given; it is bound to the question.
pub fn offset_token(token: &str, question: &str) -> Result<usize, Status> {
    if token.is_empty() {
        return Ok(0);
    }
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let (offset, digest) = text.split_once(' ')?;
        (digest == digest_of(question)).then_some(offset.parse().ok()?)
    };
    read().ok_or_else(bad_token)
}

/// Writes what [`offset_token`] reads.
pub fn write_offset_token(offset: usize, question: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{offset} {}", digest_of(question)))
}

fn digest_of(question: &str) -> String {
    blake3::hash(question.as_bytes()).to_hex()[..16].to_owned()
}

fn bad_token() -> Status {
    invalid(
        "page_token",
        "give back next_page_token of the same question, unchanged",
    )
}

#[cfg(test)]
mod tests {
    use ssi_domain::SessionId;

    use super::*;

    #[test]
    fn page_tokens_come_back_and_others_are_refused() {
        let at = Timestamp::from_microsecond(1_700_000_000_123_456).unwrap();
        let id = SessionId(uuid::Uuid::from_u128(7));
        let token = write_row_token(at, id);
        assert_eq!(row_token::<SessionId>(&token).unwrap(), Some((at, id)));
        assert!(row_token::<SessionId>("!!").is_err());
        assert!(row_token::<SessionId>(&token[1..]).is_err());

        let token = write_offset_token(40, "acme");
        assert_eq!(offset_token(&token, "acme").unwrap(), 40);
        assert!(offset_token(&token, "other").is_err());
    }

    #[test]
    fn an_item_is_named_by_id_or_message_id() {
        assert_eq!(item_keys("A", "<m@x>").unwrap().len(), 2);
        assert_eq!(item_keys("", "<m@x>").unwrap().len(), 1);
        for (item, message) in [("", ""), ("", "  "), ("a\nb", ""), ("", "a\u{0}b")] {
            assert!(item_keys(item, message).is_err());
        }
        assert!(item_keys(&"a".repeat(LONGEST_ID + 1), "").is_err());
    }

    #[test]
    fn page_sizes_are_bounded() {
        assert_eq!(page_size(0, 50, 200).unwrap(), 50);
        assert_eq!(page_size(1_000, 50, 200).unwrap(), 200);
        assert!(page_size(-1, 50, 200).is_err());
    }
}
