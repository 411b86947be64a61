//! Sending: a draft leaves, a copy stays, sandbox mailboxes among the recipients receive it.

use jiff::Timestamp;

use super::ids::fingerprint;
use super::item::Draft;
use super::property::{Address, Value};
use super::{Exchange, Failure};

impl Exchange {
    /// Sends a message of `sender` and, when `copy_to` names a folder, keeps a copy there.
    /// Returns the number of the copy.
    ///
    /// # Errors
    /// `ErrorInvalidRecipients` without any recipient; `ErrorNonExistentMailbox`, `ErrorFolderNotFound`.
    pub fn send(
        &mut self,
        sender: &str,
        mut message: Draft,
        copy_to: Option<u64>,
    ) -> Result<Option<u64>, Failure> {
        let now = self.now();
        let fields = ["ToRecipients", "CcRecipients", "BccRecipients"];
        let recipients: Vec<String> = fields
            .iter()
            .flat_map(|field| message.mailboxes(field))
            .map(|who| who.email.to_ascii_lowercase())
            .collect();
        if recipients.is_empty() {
            return Err(Failure::NO_RECIPIENTS);
        }
        let mailbox = self.mailbox_mut(sender)?;
        let owner = Address {
            name: mailbox.name.clone(),
            email: mailbox.address.clone(),
        };
        stamp(&mut message, &owner, mailbox.fresh_pair().0, now);
        let mut copy = None;
        if let Some(folder) = copy_to {
            let mut kept = message.clone();
            kept.properties.insert("IsRead", Value::Bool(true));
            copy = Some(mailbox.insert(folder, kept, now)?);
            self.publish(sender);
        }
        // Named properties and categories are the sender's own and do not travel; nor does Bcc.
        message.extended.clear();
        message.properties.remove("Categories");
        message.properties.remove("BccRecipients");
        message.properties.insert("IsRead", Value::Bool(false));
        message
            .properties
            .insert("DateTimeReceived", Value::Time(now));
        for recipient in recipients {
            if self.mailbox(&recipient).is_ok() {
                self.deliver(&recipient, "inbox", message.clone())?;
            }
        }
        Ok(copy)
    }
}

fn stamp(message: &mut Draft, owner: &Address, number: u64, now: Timestamp) {
    let properties = &mut message.properties;
    properties
        .entry("From")
        .or_insert_with(|| Value::Mailbox(owner.clone()));
    properties
        .entry("Sender")
        .or_insert_with(|| Value::Mailbox(owner.clone()));
    properties.insert("IsDraft", Value::Bool(false));
    properties.insert("DateTimeSent", Value::Time(now));
    properties.insert("DateTimeReceived", Value::Time(now));
    properties.entry("InternetMessageId").or_insert_with(|| {
        let mailbox = fingerprint(&owner.email);
        Value::Text(format!("<{number}.{mailbox:x}@exchange.sandbox.example>"))
    });
}
