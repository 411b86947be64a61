//! What people know of an e-mail: its name, where its copies lie, and what became of its record.

use std::sync::Arc;

use ssi_domain::{SyncSettings, port::LinkStamp};
use ssi_sandbox::{
    World,
    exchange::{Attachment, Content, Draft, Mailbox},
};

use super::mark::stamp;
use crate::{
    given::{ANNA, BERND, CATEGORY, FOLDER},
    people::{Made, People},
};

/// Somebody outside whom the CRM knows.
pub(super) const KNOWN: &str = "carla@customer.example";
/// Somebody the CRM knows, and whom the organization blocks.
pub(super) const BLOCKED: &str = "eve@blocked.example";
/// Somebody nobody knows.
pub(super) const STRANGER: &str = "who@unknown.example";
/// The records of mails.
pub(super) const SET: &str = "EMailCollection";
/// A category of people's own.
pub(super) const OWN_CATEGORY: &str = "Read this";

/// Where a copy lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In our folder.
    Saved,
    /// In the inbox or among what was sent.
    Ours,
    /// In a folder that is none of ours.
    Elsewhere,
}

impl Place {
    /// Where a folder of a mailbox is.
    pub(super) fn of(mailbox: &Mailbox, folder: u64) -> Self {
        let name = mailbox.folder(folder).map(|folder| folder.name.as_str());
        let is = |standard: &str| mailbox.distinguished(standard) == Some(folder);
        if name == Some(FOLDER) {
            Self::Saved
        } else if is("inbox") || is("sentitems") {
            Self::Ours
        } else {
            Self::Elsewhere
        }
    }

    /// Whether what lies there asks to be saved (EM-03, EM-20, EM-30).
    pub(super) fn asks(self, categories: &[String], auto: bool) -> bool {
        match self {
            Self::Saved => true,
            Self::Ours => auto || categories.iter().any(|name| name == CATEGORY),
            Self::Elsewhere => false,
        }
    }
}

/// A copy of a mail.
pub(super) struct Copy {
    /// The item.
    pub(super) made: Made,
    /// What it holds.
    pub(super) draft: Draft,
    /// Where it lies.
    pub(super) place: Place,
}

impl Copy {
    /// Our mark on it.
    pub(super) fn mark(&self) -> Option<LinkStamp> {
        stamp(&self.draft)
    }
}

/// What was known when a person deleted the record of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Erased {
    /// A copy carried the mark: it is saved, and not again (EM-01).
    Marked,
    /// None did: whoever saved it may not have known yet that it had worked.
    Unmarked,
}

/// One mail.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    /// Its subject, and the name of its author.
    pub(super) tag: String,
    /// Its Message-ID; empty when it has none.
    pub(super) message_id: String,
    /// Another mail has that too.
    pub(super) shares_id: bool,
    /// What is enclosed.
    pub(super) enclosed: Vec<Arc<Attachment>>,
    /// Somebody takes part whom the CRM knows and nobody blocked (EM-30).
    pub(super) known: bool,
    /// Its record was seen.
    pub(super) saved: bool,
    /// What a person made of the record's subject.
    pub(super) renamed: Option<String>,
    /// A person deleted its record.
    pub(super) erased: Option<Erased>,
    /// The copies that somebody was told they had saved by hand.
    pub(super) by_hand: Vec<Made>,
}

impl Letter {
    /// Its copies, outside Deleted Items.
    pub(super) fn copies(&self, world: &World) -> Vec<Copy> {
        let exchange = world.exchange();
        let mut copies = Vec::new();
        for address in [ANNA, BERND] {
            let mailbox = exchange.mailbox(address).expect("a mailbox");
            let bin = mailbox.distinguished("deleteditems");
            for folder in mailbox.folders().filter(|one| Some(one.key) != bin) {
                let items = folder.items.iter().filter_map(|key| mailbox.item(*key));
                let named = items.filter(|item| item.data.text("Subject") == self.tag);
                copies.extend(named.map(|item| Copy {
                    made: Made {
                        mailbox: address.into(),
                        key: item.key,
                    },
                    draft: item.data.clone(),
                    place: Place::of(mailbox, folder.key),
                }));
            }
        }
        copies
    }

    /// Its records.
    pub(super) fn records(&self, world: &World) -> Vec<String> {
        let keys = world.records(SET).into_iter();
        keys.filter(|key| {
            world.field(SET, key, "MessageFromName").as_deref() == Some(self.tag.as_str())
        })
        .collect()
    }

    /// What its record must have, by content.
    pub(super) fn expected(&self, settings: &SyncSettings) -> Vec<Vec<u8>> {
        let taken = self.enclosed.iter().filter(|one| is_taken(one, settings));
        let contents = taken.filter_map(|one| match &one.content {
            Content::File(bytes) => Some(bytes.to_vec()),
            _ => None,
        });
        let copy = settings.eml_copy.then(|| mime_of(&self.tag));
        contents.chain(copy).collect()
    }
}

/// Whether what is enclosed may be stored (EM-04, EM-50, EM-51).
pub(super) fn is_taken(one: &Attachment, settings: &SyncSettings) -> bool {
    settings.email_attachments && !one.inline && !one.name.ends_with(".exe")
}

/// The whole message of this name.
pub(super) fn mime_of(tag: &str) -> Vec<u8> {
    format!("Subject: {tag}\r\n\r\n{}\r\n", body_of(tag)).into_bytes()
}

/// The text of the mail of this name.
pub(super) fn body_of(tag: &str) -> String {
    format!("This is about {tag}.")
}
