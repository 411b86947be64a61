//! E-mails of the simulated mailbox: their fields, and what is enclosed.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use ssi_domain::{
    Address, AttachmentId, ItemId, Record, RichText, TextFormat, Value,
    port::{AttachmentInfo, Collections, Content, PortError, Shape},
};
use ssi_sandbox::exchange::{Content as Stored, Draft, Item};

use super::{
    letter::{is_taken, mime_of},
    mailbox::SimMailbox,
};

fn people(draft: &Draft, name: &str) -> Vec<Value> {
    let all = draft.mailboxes(name).iter().map(|who| {
        Value::Address(Address {
            name: who.name.clone(),
            address: who.email.clone(),
        })
    });
    all.collect()
}

/// The fields of a message; its body only where it is read whole.
pub(super) fn mail_fields(draft: &Draft, shape: Shape) -> Record {
    let mut record = Record::new();
    for (field, name) in [
        ("subject", "Subject"),
        ("message_id", "InternetMessageId"),
        ("references", "References"),
    ] {
        if !draft.text(name).is_empty() {
            record.set(field, draft.text(name));
        }
    }
    for (field, name) in [
        ("sent_at", "DateTimeSent"),
        ("received_at", "DateTimeReceived"),
    ] {
        if let Some(at) = draft.time(name) {
            record.set(field, Value::Instant(at));
        }
    }
    if let Some(author) = people(draft, "From").into_iter().next() {
        record.set("from", author);
    }
    record.set("to", Value::List(people(draft, "ToRecipients")));
    record.set("cc", Value::List(people(draft, "CcRecipients")));
    if let (Shape::Full, Some(text)) = (shape, &draft.body.text) {
        let text = RichText {
            format: TextFormat::Plain,
            text: text.to_string(),
        };
        record.set("body", Value::RichText(text));
    }
    record
}

/// What is enclosed, as it is listed. The ids die when the item moves, as those of Exchange do.
pub(super) fn enclosures(item: &Item) -> Vec<AttachmentInfo> {
    let listed = item.data.attachments.iter().map(|one| AttachmentInfo {
        id: AttachmentId::new(format!("a{}.{}", item.key, one.number)),
        name: one.name.clone(),
        media_type: one.content_type.clone(),
        size_bytes: one.size(),
        inline: one.inline,
        is_file: matches!(one.content, Stored::File(_)),
    });
    listed.collect()
}

fn gone() -> PortError {
    PortError::Gone {
        detail: "no such item".into(),
    }
}

fn encoded(bytes: &[u8]) -> Content {
    Content::from_base64(vec![Bytes::from(STANDARD.encode(bytes))])
}

impl SimMailbox {
    fn stored(&self, key: u64) -> Result<std::sync::Arc<Item>, PortError> {
        let exchange = self.world.exchange();
        let mailbox = exchange.mailbox(&self.address).map_err(|_| gone())?;
        mailbox.item(key).cloned().ok_or_else(gone)
    }

    /// The content of what is enclosed.
    pub(super) fn enclosed(&self, id: &AttachmentId, limit: u64) -> Result<Content, PortError> {
        let (key, number) = id.as_str()[1..].split_once('.').ok_or_else(gone)?;
        let key = key.parse().map_err(|_| gone())?;
        let item = self.stored(key)?;
        let mut all = item.data.attachments.iter();
        let one = all.find(|one| one.number.to_string() == number);
        let one = one.ok_or_else(gone)?;
        let subject = item.data.text("Subject");
        self.mail_is_read(subject, "with what is enclosed");
        if !is_taken(one, &self.chosen.settings) {
            let law = format!("INV-13: {} of {subject} was read", one.name);
            self.chaos.watch().break_law(law);
        }
        match &one.content {
            Stored::File(bytes) if bytes.len() as u64 <= limit => Ok(encoded(bytes)),
            _ => Err(PortError::item("too large, or no file")),
        }
    }

    /// The whole message.
    pub(super) fn whole(&self, id: &ItemId) -> Result<Content, PortError> {
        let item = self.stored(Self::key(id).ok_or_else(gone)?)?;
        let subject = item.data.text("Subject");
        self.mail_is_read(subject, "as a message");
        Ok(encoded(&mime_of(subject)))
    }

    /// The items with a Message-ID in some folders.
    pub(super) fn by_message_id(
        &self,
        message_id: &str,
        folders: &Collections,
    ) -> Result<Vec<ItemId>, PortError> {
        let exchange = self.world.exchange();
        let mailbox = exchange.mailbox(&self.address).map_err(|_| gone())?;
        let ours: Vec<u64> = folders
            .folders
            .iter()
            .filter_map(|(_, folder)| Self::folder(folder))
            .collect();
        let found = mailbox.by_message_id(message_id);
        let found = found.filter(|item| ours.contains(&item.folder));
        Ok(found
            .map(|item| ItemId::new(format!("i{}", item.key)))
            .collect())
    }
}
