//! E-mails in the world's CRM, without wire: how they are stored with what belongs to them, and found again.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use ssi_domain::{
    Kind, Record, RecordId, RecordRef, Version,
    port::{AttachmentDraft, CrmWrite, EmailRecord, Hit, PartyRole, RecordParty},
};
use ssi_sandbox::crm::{Crm as Tenant, Draft, EntitySet, Schema, Value as Stored};

use super::row::{etag, number, set_of};

const ATTACHMENTS: &str = "EMailAttachmentsCollection";

fn set(name: &str) -> &'static EntitySet {
    Schema::standard().set(name).expect("a set of e-mails")
}

fn values(set: &EntitySet, named: Vec<(&str, Stored)>) -> Vec<(usize, Stored)> {
    let known = named.into_iter();
    known
        .filter(|(_, value)| *value != Stored::Null)
        .map(|(name, value)| (set.position(name).expect("a property"), value))
        .collect()
}

/// EM-01: a mail that is saved is neither changed nor taken away.
pub(super) fn against_once(write: &CrmWrite) -> Option<String> {
    let (record, what) = match write {
        CrmWrite::Update { record, .. } => (record, "changed"),
        CrmWrite::Delete { record, .. } => (record, "deleted"),
        _ => return None,
    };
    (record.kind == Kind::Email).then(|| format!("EM-01: the record {} was {what}", record.id))
}

/// A new e-mail with its text, its people and what travels inside the create.
pub(super) fn mail_draft(
    identity_key: &str,
    record: &Record,
    parties: &[RecordParty],
    attachments: &[AttachmentDraft],
) -> Draft {
    let emails = set_of(Kind::Email).expect("e-mails");
    let from = record.addresses("from").into_iter().next().cloned();
    let (name, address) = from.map_or_else(Default::default, |from| (from.name, from.address));
    let sent = record.get("sent_at").and_then(|value| value.as_instant());
    let owner = number(parties, PartyRole::Owner).unwrap_or_default();
    let named = vec![
        ("GroupwareItemID", Stored::text(identity_key)),
        ("Subject", Stored::text(record.text("subject"))),
        ("MessageFromName", Stored::text(name)),
        ("MessageFromEmailURI", Stored::text(address)),
        ("Direction", Stored::text(record.text("direction"))),
        ("OwnerPartyID", Stored::text(owner)),
        (
            "DateTime",
            sent.map_or(Stored::Null, |at| Stored::Instant(at.as_microsecond())),
        ),
    ];
    let notes = set("EMailNotesCollection");
    let note = Draft {
        values: values(notes, vec![("Text", Stored::text(record.text("body")))]),
        children: Vec::new(),
    };
    let files = attachments.iter().map(|file| attached(file).1).collect();
    let below = |name: &str| {
        let found = emails.navigations.iter().position(|nav| nav.name == name);
        found.expect("a navigation")
    };
    Draft {
        values: values(emails, named),
        children: vec![
            (below("EMailNotes"), vec![note]),
            (below("EMailAttachments"), files),
        ],
    }
}

/// An attachment as a row, and the set it belongs to.
pub(super) fn attached(file: &AttachmentDraft) -> (&'static EntitySet, Draft) {
    let set = set(ATTACHMENTS);
    let encoded = file.content.chunks().concat();
    let bytes = STANDARD.decode(encoded).expect("base64");
    let named = vec![
        ("Name", Stored::text(&file.name)),
        ("MimeType", Stored::text(&file.media_type)),
        ("CategoryCode", Stored::text("2")),
        ("TypeCode", Stored::text("10001")),
        ("Binary", Stored::Bytes(Bytes::from(bytes))),
    ];
    let draft = Draft {
        values: values(set, named),
        children: Vec::new(),
    };
    (set, draft)
}

/// The e-mails that carry one of these keys.
pub(super) fn mails_of(tenant: &Tenant, keys: &[String]) -> Vec<Hit> {
    let emails = set_of(Kind::Email).expect("e-mails");
    let rows = tenant.rows(emails.name).into_iter();
    let found = rows.filter_map(|row| {
        let text = |name: &str| tenant.text(emails, row, name);
        let identity_key = text("GroupwareItemID");
        let at = emails.position("DateTime").expect("a property");
        let sent_at = row.values[at].as_instant();
        keys.contains(&identity_key).then(|| {
            Hit::Email(EmailRecord {
                id: RecordId::new(row.key.clone()),
                version: Version::new(etag(tenant, Kind::Email, row)),
                identity_key,
                subject: text("Subject"),
                from: text("MessageFromEmailURI"),
                sent_at: sent_at.and_then(|at| jiff::Timestamp::from_microsecond(at).ok()),
            })
        })
    });
    found.collect()
}

/// The names of what is attached to an e-mail.
pub(super) fn attached_to(tenant: &Tenant, record: &RecordRef) -> Vec<Hit> {
    let set = set(ATTACHMENTS);
    let of_record = |row: &&ssi_sandbox::crm::Row| {
        tenant.text(set, row, "ParentObjectID") == record.id.as_str()
    };
    let rows = tenant.rows(ATTACHMENTS).into_iter().filter(of_record);
    rows.map(|row| Hit::Attachment(tenant.text(set, row, "Name")))
        .collect()
}
