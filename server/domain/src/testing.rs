//! Builders in domain words for the tests of this crate.

use jiff::Timestamp;

use crate::{
    Address, AttachmentId, ItemId, Kind, Record, RecordId, RecordRef, SyncSettings, Value, Version,
    port::{AttachmentInfo, FoundBy, Item, ItemClass, PartyHit},
};

/// The mailbox of most tests.
pub const OWN: &str = "ann@corp.example";

/// A point in time, in seconds.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

/// An address without a name.
pub fn address(text: &str) -> Value {
    Value::Address(Address {
        name: String::new(),
        address: text.into(),
    })
}

/// A list of addresses without names.
pub fn addresses<S: AsRef<str>>(list: &[S]) -> Value {
    Value::List(list.iter().map(|text| address(text.as_ref())).collect())
}

/// A mail from, to and cc.
pub fn mail<S: AsRef<str>>(from: &str, to: &[S], cc: &[S]) -> Record {
    Record::new()
        .with("subject", "Offer")
        .with("from", address(from))
        .with("to", addresses(to))
        .with("cc", addresses(cc))
        .with("message_id", "<1@mail.example>")
        .with("sent_at", at(1_000))
        .with("received_at", at(1_001))
}

/// The item of a mail.
pub fn item(record: Record) -> Item {
    Item {
        id: ItemId::new("item-1"),
        version: Version::new("v1"),
        folder: None,
        kind: Kind::Email,
        class: ItemClass::Message,
        record,
        categories: Vec::new(),
        size_bytes: 4_000,
        attachments: Vec::new(),
        has_attachments: false,
        link: None,
        wish: None,
        event: None,
    }
}

/// A record by kind and id.
pub fn record(kind: Kind, id: &str) -> RecordRef {
    RecordRef {
        kind,
        id: RecordId::new(id),
    }
}

/// A party found by an address.
pub fn hit(kind: Kind, id: &str, address: &str) -> PartyHit {
    PartyHit {
        number: format!("no-{id}"),
        address: address.into(),
        found_by: FoundBy::Address,
        ..PartyHit::bare(record(kind, id))
    }
}

/// An attached file.
pub fn file(name: &str, size_bytes: u64) -> AttachmentInfo {
    AttachmentInfo {
        id: AttachmentId::new(format!("att-{name}")),
        name: name.into(),
        media_type: String::new(),
        size_bytes,
        inline: false,
        is_file: true,
    }
}

/// Settings that block these entries.
pub fn blocking(org: &[&str], user: &[&str]) -> SyncSettings {
    let mut settings = SyncSettings {
        auto_save: true,
        ..SyncSettings::default()
    };
    settings.blocklist.org = org.iter().map(|&e| e.to_owned()).collect();
    settings.blocklist.user = user.iter().map(|&e| e.to_owned()).collect();
    settings
}
