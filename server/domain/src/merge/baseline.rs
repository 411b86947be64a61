//! What both sides last agreed on: keyed digests, no values (ARC-07).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Record, Value,
    mapping::{Flow, Table, convert::meaning},
};

/// The key of the digests. With it nobody can find out a value by trying digests of likely ones.
#[derive(Clone)]
pub struct DigestKey([u8; 32]);

impl DigestKey {
    /// A key from secret bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    fn digest(&self, field: &str, value: Option<&Value>) -> String {
        let Some(said) = meaning(value) else {
            return String::new();
        };
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(field.as_bytes());
        hasher.update(&[0]);
        hasher.update(said.as_bytes());
        // Half of it tells changes apart and keeps rows small.
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

/// The digests of both sides' mapped fields as each side last returned them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Baseline {
    mail: BTreeMap<String, String>,
    crm: BTreeMap<String, String>,
    /// Organizer and attendees as the mailbox had them.
    people: String,
    /// Attachments of the item that the record has.
    files: BTreeSet<String>,
    /// Attachments of the item that one side does not give or take for good.
    refused: BTreeSet<String>,
    /// Whether the record named the mailbox's owner; not said by earlier versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    ours: Option<bool>,
    /// Attendees of the record whom the item does not invite, as they were told.
    #[serde(skip_serializing_if = "String::is_empty")]
    uninvited: String,
}

/// Fields of the mailbox that become parties of the record.
const PEOPLE: [&str; 4] = ["organizer", "required", "optional", "resources"];

/// A side of the pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Mail,
    Crm,
}

impl Baseline {
    /// The baseline of a pair whose sides stand like this and agree.
    pub fn of(key: &DigestKey, table: &Table, mail: &Record, crm: &Record) -> Self {
        let side = |record: &Record| {
            let rows = table.rows().iter().filter(|row| row.flow != Flow::None);
            rows.map(|row| {
                let digest = key.digest(&row.name, record.get(&row.name));
                (row.name.clone(), digest)
            })
            .collect()
        };
        Self {
            mail: side(mail),
            crm: side(crm),
            people: people(key, mail),
            files: BTreeSet::new(),
            refused: BTreeSet::new(),
            ours: None,
            uninvited: String::new(),
        }
    }

    /// The same baseline of a record that named the mailbox's owner then, or somebody else; `None`: nobody.
    #[must_use]
    pub fn naming(mut self, ours: Option<bool>) -> Self {
        self.ours = ours;
        self
    }

    /// Whether the record named the mailbox's owner.
    pub fn ours(&self) -> Option<bool> {
        self.ours
    }

    /// The same baseline for an item whose attachments with these names and sizes in bytes stand on the record.
    #[must_use]
    pub fn with_files<'a>(
        mut self,
        key: &DigestKey,
        files: impl IntoIterator<Item = (&'a str, u64)>,
    ) -> Self {
        self.files = files.into_iter().map(|file| digest(key, file)).collect();
        self
    }

    /// The same baseline for a meeting of whose record these attendees were told not to be invited: it changes when
    /// there is something else to tell.
    #[must_use]
    pub fn with_uninvited(mut self, key: &DigestKey, told: &str) -> Self {
        self.uninvited = key.digest("uninvited", Some(&Value::Text(told.to_owned())));
        self
    }

    /// The same baseline for an item whose attachments with these names and sizes in bytes were refused for good.
    #[must_use]
    pub fn with_refused<'a>(
        mut self,
        key: &DigestKey,
        files: impl IntoIterator<Item = (&'a str, u64)>,
    ) -> Self {
        self.refused = files.into_iter().map(|file| digest(key, file)).collect();
        self
    }

    /// Whether the attachment with this name and size in bytes was refused for good.
    pub fn was_refused(&self, key: &DigestKey, name: &str, size_bytes: u64) -> bool {
        self.refused.contains(&digest(key, (name, size_bytes)))
    }

    /// Whether the record has the item's attachment with this name and size in bytes.
    pub fn has_file(&self, key: &DigestKey, name: &str, size_bytes: u64) -> bool {
        self.files.contains(&digest(key, (name, size_bytes)))
    }

    /// Whether organizer and attendees stand as they did.
    pub fn same_people(&self, key: &DigestKey, mail: &Record) -> bool {
        self.people == people(key, mail)
    }

    /// Whether no field of the item was edited.
    pub fn field_unmoved(
        &self,
        key: &DigestKey,
        table: &Table,
        field: &str,
        mail: &Record,
        crm: &Record,
    ) -> bool {
        let now = Self::of(key, table, mail, crm);
        self.mail.get(field) == now.mail.get(field) && self.crm.get(field) == now.crm.get(field)
    }

    /// Whether no field of the item moved since.
    pub fn mail_unmoved(&self, key: &DigestKey, table: &Table, mail: &Record) -> bool {
        self.unmoved(Side::Mail, key, table, mail)
    }

    /// Whether no field of the record was edited.
    pub fn crm_unmoved(&self, key: &DigestKey, table: &Table, crm: &Record) -> bool {
        self.unmoved(Side::Crm, key, table, crm)
    }

    fn unmoved(&self, side: Side, key: &DigestKey, table: &Table, record: &Record) -> bool {
        let mut rows = table.rows().iter().filter(|row| row.flow != Flow::None);
        rows.all(|row| self.moved(side, key, &row.name, record.get(&row.name)) == Some(false))
    }

    /// The same baseline without a field of which nobody can say what was agreed: the next merge starts anew there.
    #[must_use]
    pub fn without(mut self, field: &str) -> Self {
        self.mail.remove(field);
        self.crm.remove(field);
        self
    }

    /// The same baseline for an attendee's copy, which takes nothing from the record: what somebody set there since
    /// `before` stays an edit that nobody agreed to. Else the copy would write over it unsaid, and its end would take it
    /// away (INV-2, INV-6). `sent` is what the record was told.
    #[must_use]
    pub fn taking_nothing(mut self, before: Option<&Self>, sent: &Record) -> Self {
        for (field, crm) in &mut self.crm {
            let mail = self.mail.get(field);
            if sent.get(field).is_some() || mail == Some(crm) {
                continue;
            }
            match before {
                Some(before) if before.mail.get(field) == mail => {
                    if let Some(was) = before.crm.get(field) {
                        crm.clone_from(was);
                    }
                }
                // What only the record holds.
                None if mail.is_some_and(String::is_empty) => crm.clear(),
                _ => {}
            }
        }
        self
    }

    /// Whether a field was agreed on.
    pub fn knows(&self, field: &str) -> bool {
        self.mail.contains_key(field) && self.crm.contains_key(field)
    }

    /// Whether both sides had the same text in a field when they agreed.
    pub(super) fn alike(&self, field: &str) -> bool {
        self.mail.get(field) == self.crm.get(field)
    }

    /// Whether a side's field differs from what it was; `None`: it was never agreed on.
    pub(super) fn moved(
        &self,
        side: Side,
        key: &DigestKey,
        field: &str,
        value: Option<&Value>,
    ) -> Option<bool> {
        let known = match side {
            Side::Mail => &self.mail,
            Side::Crm => &self.crm,
        };
        known.get(field).map(|was| *was != key.digest(field, value))
    }
}

fn digest(key: &DigestKey, (name, size_bytes): (&str, u64)) -> String {
    key.digest("file", Some(&Value::Text(format!("{size_bytes}\n{name}"))))
}

/// A digest of everybody's address; names say nothing.
fn people(key: &DigestKey, mail: &Record) -> String {
    let mut all: Vec<String> = PEOPLE
        .iter()
        .flat_map(|field| {
            let people = mail.addresses(field).into_iter();
            people.map(move |one| format!("{field}:{}", one.address.trim().to_lowercase()))
        })
        .collect();
    all.sort();
    key.digest("people", Some(&Value::Text(all.join("\n"))))
}
