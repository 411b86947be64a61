//! Folders and their history.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::property::{ExtendedKey, ExtendedValue};

/// Distinguished folders every mailbox has: name, parent, display name, class.
pub const DISTINGUISHED: [(&str, &str, &str, &str); 18] = [
    ("root", "", "", ""),
    (
        "msgfolderroot",
        "root",
        "Top of Information Store",
        "IPF.Note",
    ),
    ("searchfolders", "root", "Finder", "IPF.Note"),
    ("inbox", "msgfolderroot", "Inbox", "IPF.Note"),
    ("sentitems", "msgfolderroot", "Sent Items", "IPF.Note"),
    ("drafts", "msgfolderroot", "Drafts", "IPF.Note"),
    ("deleteditems", "msgfolderroot", "Deleted Items", "IPF.Note"),
    ("outbox", "msgfolderroot", "Outbox", "IPF.Note"),
    ("junkemail", "msgfolderroot", "Junk Email", "IPF.Note"),
    ("archiveinbox", "msgfolderroot", "Archive", "IPF.Note"),
    ("calendar", "msgfolderroot", "Calendar", "IPF.Appointment"),
    ("contacts", "msgfolderroot", "Contacts", "IPF.Contact"),
    ("tasks", "msgfolderroot", "Tasks", "IPF.Task"),
    ("notes", "msgfolderroot", "Notes", "IPF.StickyNote"),
    ("journal", "msgfolderroot", "Journal", "IPF.Journal"),
    ("syncissues", "msgfolderroot", "Sync Issues", "IPF.Note"),
    (
        "recoverableitemsroot",
        "root",
        "Recoverable Items",
        "IPF.Note",
    ),
    (
        "recoverableitemsdeletions",
        "recoverableitemsroot",
        "Deletions",
        "IPF.Note",
    ),
];

/// One entry of a folder's history: the last thing that happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Item number.
    pub key: u64,
    /// Position where the item appeared in the folder.
    pub appeared: u64,
    /// The item is no longer there.
    pub gone: bool,
}

/// A folder.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Number; part of its id. Stable.
    pub key: u64,
    /// Parent folder; the root has none.
    pub parent: Option<u64>,
    /// Display name.
    pub name: String,
    /// Container class, for instance `IPF.Note`.
    pub class: String,
    /// Distinguished name, where it has one.
    pub distinguished: Option<&'static str>,
    /// Version; part of its change key.
    pub version: u64,
    /// Position in the mailbox's folder history where it appeared.
    pub appeared: u64,
    /// Position of its last change.
    pub changed: u64,
    /// Items in it, oldest first.
    pub items: BTreeSet<u64>,
    /// Hidden items in it, oldest first.
    pub associated: BTreeSet<u64>,
    /// Last change of every item that is or was in it, by position.
    pub history: BTreeMap<u64, Change>,
    /// Unread items.
    pub unread: u64,
    /// Items that ever left it (`PidTagDeletedCountTotal`).
    pub deleted: u64,
    /// Time of the last change of content (`PidTagLocalCommitTimeMax`).
    pub committed: Timestamp,
    /// Extended properties.
    pub extended: BTreeMap<ExtendedKey, ExtendedValue>,
}

impl Folder {
    /// Notes a change of content. EWS shows this time in whole seconds, so two changes always lie at least one
    /// second apart: a client that compares sees both, also when the world's clock stands still.
    pub fn commit(&mut self, now: Timestamp) {
        let next = self
            .committed
            .checked_add(SignedDuration::from_secs(1))
            .unwrap_or(now);
        self.committed = next.max(now);
    }

    /// Element name of its type.
    pub fn element(&self) -> &'static str {
        let class = self.class.to_ascii_lowercase();
        if class.starts_with("ipf.appointment") {
            "CalendarFolder"
        } else if class.starts_with("ipf.contact") {
            "ContactsFolder"
        } else if class.starts_with("ipf.task") {
            "TasksFolder"
        } else {
            "Folder"
        }
    }
}
