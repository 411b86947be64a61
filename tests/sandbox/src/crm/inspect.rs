//! What tests ask about a tenant without going through its API.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;

use super::schema::{EntitySet, Schema};
use super::table::Row;
use super::tenant::Crm;
use super::value::Value;

/// An e-mail record with everything below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmailView {
    /// ObjectID.
    pub object_id: String,
    /// Human number.
    pub number: String,
    /// Title.
    pub subject: String,
    /// The key of the mail in the mailbox world; the tenant does not keep it unique.
    pub groupware_item_id: String,
    /// Address of the sender.
    pub from: String,
    /// `1` outbound, `2` inbound.
    pub direction: String,
    /// Number of the main account.
    pub account: String,
    /// Number of the main contact.
    pub contact: String,
    /// Number of the owner.
    pub owner: String,
    /// Sent or received, microseconds since 1970 UTC.
    pub at: Option<i64>,
    /// Addresses of the To recipients.
    pub to: Vec<String>,
    /// Addresses of the Cc recipients.
    pub cc: Vec<String>,
    /// Involved parties: (number, role).
    pub parties: Vec<(String, String)>,
    /// Texts of the notes.
    pub notes: Vec<String>,
    /// References to other documents: (number, type).
    pub references: Vec<(String, String)>,
    /// Attachments.
    pub attachments: Vec<AttachmentView>,
}

/// An attachment of an e-mail record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttachmentView {
    /// File name.
    pub name: String,
    /// MIME type.
    pub mime_type: String,
    /// Size of the content, bytes.
    pub size: usize,
    /// Content.
    #[serde(skip)]
    pub content: Bytes,
}

impl Crm {
    /// The rows of an entity set, oldest first; empty for an unknown set.
    #[must_use]
    pub fn rows(&self, set: &str) -> Vec<&Row> {
        let Some(set) = Schema::standard().set(set) else {
            return Vec::new();
        };
        let table = &self.tables[set.index];
        table.slots().filter_map(|slot| table.row(slot)).collect()
    }

    /// A property of a row as text, empty when there is none.
    #[must_use]
    pub fn text(&self, set: &EntitySet, row: &Row, property: &str) -> String {
        let value = set.position(property).map(|at| self.value_of(set, row, at));
        value.map_or(String::new(), |value| value.as_text().to_owned())
    }

    /// How many e-mail records carry each `GroupwareItemID`; anything above one is a duplicate.
    #[must_use]
    pub fn emails_per_key(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        let Some(set) = Schema::standard().set("EMailCollection") else {
            return counts;
        };
        for row in self.rows(set.name) {
            let key = self.text(set, row, "GroupwareItemID");
            if !key.is_empty() {
                *counts.entry(key).or_default() += 1;
            }
        }
        counts
    }

    /// All e-mail records with parties, notes and attachments, oldest first.
    #[must_use]
    pub fn emails(&self) -> Vec<EmailView> {
        let set = Schema::standard().set("EMailCollection");
        set.map_or(Vec::new(), |set| {
            let rows = self.rows(set.name).into_iter();
            rows.map(|row| self.email(set, row)).collect()
        })
    }

    fn email(&self, set: &EntitySet, row: &Row) -> EmailView {
        let text = |property: &str| self.text(set, row, property);
        let pairs = |node: &str, a: &str, b: &str| {
            self.under(&row.key, node, |set, child| {
                (self.text(set, child, a), self.text(set, child, b))
            })
        };
        let texts = |node: &str, property: &str| {
            self.under(&row.key, node, |set, child| self.text(set, child, property))
        };
        let at = set.position("DateTime");
        EmailView {
            object_id: row.key.clone(),
            number: text("ID"),
            subject: text("Subject"),
            groupware_item_id: text("GroupwareItemID"),
            from: text("MessageFromEmailURI"),
            direction: text("Direction"),
            account: text("MainAccountPartyID"),
            contact: text("MainContactPartyID"),
            owner: text("OwnerPartyID"),
            at: at.and_then(|at| row.values[at].as_instant()),
            to: texts("EMailToRecipientsCollection", "MessageToEmailID"),
            cc: texts("EMailCcRecipientsCollection", "MessageCCEMailID"),
            parties: pairs("EMailInvolvedPartiesCollection", "PartyID", "RoleCode"),
            notes: texts("EMailNotesCollection", "Text"),
            references: pairs("EMailBTDReferenceCollection", "ID", "TypeCode"),
            attachments: self.under(&row.key, "EMailAttachmentsCollection", |set, child| {
                self.attachment(set, child)
            }),
        }
    }

    pub(super) fn attachment(&self, set: &EntitySet, row: &Row) -> AttachmentView {
        let binary = set.position("Binary").map(|at| &row.values[at]);
        let content = match binary {
            Some(Value::Bytes(bytes)) => bytes.clone(),
            _ => Bytes::new(),
        };
        AttachmentView {
            name: self.text(set, row, "Name"),
            mime_type: self.text(set, row, "MimeType"),
            size: content.len(),
            content,
        }
    }
}
