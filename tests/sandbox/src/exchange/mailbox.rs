//! A mailbox: folders, items and everything that may be done to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::Failure;
use super::configuration::Configuration;
use super::event::{Event, What};
use super::folder::{Change, DISTINGUISHED, Folder};
use super::ids::{Id, Target, change_key, fingerprint};
use super::item::{Draft, Item};

/// Two items with the same number never exist: numbers are not reused, not even after a deletion.
#[derive(Debug)]
pub struct Mailbox {
    /// Primary SMTP address.
    pub address: String,
    /// Display name of the owner.
    pub name: String,
    /// Fingerprint used in ids.
    pub id: u128,
    pub(super) folders: BTreeMap<u64, Folder>,
    distinguished: HashMap<&'static str, u64>,
    items: HashMap<u64, Arc<Item>>,
    by_message_id: HashMap<String, BTreeSet<u64>>,
    by_uid: HashMap<String, BTreeSet<u64>>,
    pub(super) folder_history: BTreeMap<u64, Change>,
    pub(super) configurations: BTreeMap<(u64, String), Configuration>,
    /// Events not yet handed to subscriptions.
    pub(super) events: Vec<Event>,
    /// Sync states issued under an older epoch have expired.
    pub(super) epoch: u64,
    last: u64,
}

impl Mailbox {
    /// An empty mailbox with its distinguished folders.
    pub fn new(address: &str, name: &str, now: Timestamp) -> Self {
        let mut mailbox = Self {
            address: address.to_owned(),
            name: name.to_owned(),
            id: fingerprint(&address.to_ascii_lowercase()),
            folders: BTreeMap::new(),
            distinguished: HashMap::new(),
            items: HashMap::new(),
            by_message_id: HashMap::new(),
            by_uid: HashMap::new(),
            folder_history: BTreeMap::new(),
            configurations: BTreeMap::new(),
            events: Vec::new(),
            epoch: 1,
            last: 0,
        };
        for (distinguished, parent, name, class) in DISTINGUISHED {
            let parent = mailbox.distinguished.get(parent).copied();
            let key = mailbox.add_folder(parent, name, class, Some(distinguished), now);
            mailbox.distinguished.insert(distinguished, key);
        }
        mailbox
    }

    fn tick(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// A new number with a version of the same value.
    pub(super) fn fresh_pair(&mut self) -> (u64, u64) {
        let number = self.tick();
        (number, number)
    }

    /// Wire id of an item.
    pub fn item_id(&self, key: u64) -> String {
        Id {
            mailbox: self.id,
            target: Target::Item,
            key,
            part: 0,
        }
        .encode()
    }

    /// Wire id of a folder.
    pub fn folder_id(&self, key: u64) -> String {
        Id {
            mailbox: self.id,
            target: Target::Folder,
            key,
            part: 0,
        }
        .encode()
    }

    /// Wire change key of a version.
    pub fn change_key(&self, version: u64) -> String {
        change_key(self.id, version)
    }

    /// Number of a distinguished folder.
    pub fn distinguished(&self, name: &str) -> Option<u64> {
        self.distinguished.get(name).copied()
    }

    /// A folder by number.
    pub fn folder(&self, key: u64) -> Option<&Folder> {
        self.folders.get(&key)
    }

    /// All folders.
    pub fn folders(&self) -> impl Iterator<Item = &Folder> {
        self.folders.values()
    }

    /// A folder by path of display names below the root of the message folders, for tests.
    pub fn folder_by_name(&self, name: &str) -> Option<&Folder> {
        self.folders
            .values()
            .find(|folder| folder.name.eq_ignore_ascii_case(name))
    }

    /// An item by number.
    pub fn item(&self, key: u64) -> Option<&Arc<Item>> {
        self.items.get(&key)
    }

    /// Items with that Message-ID.
    pub fn by_message_id(&self, message_id: &str) -> impl Iterator<Item = &Arc<Item>> {
        let keys = self.by_message_id.get(message_id).into_iter().flatten();
        keys.filter_map(|key| self.items.get(key))
    }

    /// Events and meeting messages with that UID, oldest first.
    pub fn by_uid(&self, uid: &str) -> impl Iterator<Item = &Arc<Item>> {
        let keys = self.by_uid.get(uid).into_iter().flatten();
        keys.filter_map(|key| self.items.get(key))
    }

    /// Number of items in all folders.
    pub fn item_count(&self) -> usize {
        self.items.len()
    }

    fn add_folder(
        &mut self,
        parent: Option<u64>,
        name: &str,
        class: &str,
        distinguished: Option<&'static str>,
        now: Timestamp,
    ) -> u64 {
        let key = self.tick();
        let folder = Folder {
            key,
            parent,
            name: name.to_owned(),
            class: class.to_owned(),
            distinguished,
            version: key,
            appeared: key,
            changed: key,
            items: BTreeSet::new(),
            associated: BTreeSet::new(),
            history: BTreeMap::new(),
            unread: 0,
            deleted: 0,
            committed: now,
            extended: BTreeMap::new(),
        };
        self.folders.insert(key, folder);
        self.folder_history.insert(
            key,
            Change {
                key,
                appeared: key,
                gone: false,
            },
        );
        key
    }

    /// Creates a folder.
    ///
    /// # Errors
    /// `ErrorFolderExists` when the parent has one of that name.
    pub fn create_folder(
        &mut self,
        parent: u64,
        name: &str,
        class: &str,
        now: Timestamp,
    ) -> Result<u64, Failure> {
        if !self.folders.contains_key(&parent) {
            return Err(Failure::FOLDER_NOT_FOUND);
        }
        let taken = |folder: &Folder| {
            folder.parent == Some(parent) && folder.name.to_lowercase() == name.to_lowercase()
        };
        if self.folders.values().any(taken) {
            return Err(Failure::FOLDER_EXISTS);
        }
        let key = self.add_folder(Some(parent), name, class, None, now);
        self.events
            .push(Event::folder(What::Created, key, parent, now));
        Ok(key)
    }

    /// Renames a folder, moves it, or both; the change shows in the hierarchy's history.
    ///
    /// # Errors
    /// `ErrorFolderNotFound` when it or the new parent is gone.
    pub fn change_folder(
        &mut self,
        key: u64,
        change: impl FnOnce(&mut Folder),
    ) -> Result<(), Failure> {
        let position = self.tick();
        let folder = self
            .folders
            .get_mut(&key)
            .ok_or(Failure::FOLDER_NOT_FOUND)?;
        change(folder);
        self.folder_history.remove(&folder.changed);
        folder.changed = position;
        folder.version = position;
        let entry = Change {
            key,
            appeared: folder.appeared,
            gone: false,
        };
        self.folder_history.insert(position, entry);
        Ok(())
    }

    /// Removes a folder with all items and folders below.
    ///
    /// # Errors
    /// `ErrorDeleteDistinguishedFolder`, `ErrorFolderNotFound`.
    pub fn delete_folder(&mut self, key: u64, now: Timestamp) -> Result<(), Failure> {
        let folder = self.folders.get(&key).ok_or(Failure::FOLDER_NOT_FOUND)?;
        if folder.distinguished.is_some() {
            return Err(Failure::DISTINGUISHED_FOLDER);
        }
        let (parent, items) = (folder.parent, folder.items.clone());
        for item in items {
            self.remove(item, now)?;
        }
        let below: Vec<u64> = self
            .folders
            .values()
            .filter(|f| f.parent == Some(key))
            .map(|f| f.key)
            .collect();
        for child in below {
            self.delete_folder(child, now)?;
        }
        let position = self.tick();
        if let Some(folder) = self.folders.remove(&key) {
            self.folder_history.remove(&folder.changed);
            let entry = Change {
                key,
                appeared: folder.appeared,
                gone: true,
            };
            self.folder_history.insert(position, entry);
        }
        self.events.push(Event::folder(
            What::Deleted,
            key,
            parent.unwrap_or(key),
            now,
        ));
        Ok(())
    }

    /// Puts a new item into a folder and returns its number.
    ///
    /// # Errors
    /// `ErrorFolderNotFound`.
    pub fn insert(&mut self, folder: u64, data: Draft, now: Timestamp) -> Result<u64, Failure> {
        let next_attachment = data.attachments.len() as u64 + 1;
        let item = Item {
            key: 0,
            folder,
            version: 0,
            appeared: 0,
            changed: 0,
            content_changed: 0,
            created: now,
            modified: now,
            search_key: self.last + 1,
            next_attachment,
            touched: BTreeMap::new(),
            associated: false,
            data,
        };
        let key = self.place(item, folder, now)?;
        self.events
            .push(Event::item(What::Created, key, folder, now));
        Ok(key)
    }

    /// Says that an item has arrived from outside.
    pub(super) fn announce_mail(&mut self, key: u64, folder: u64, now: Timestamp) {
        self.events
            .push(Event::item(What::NewMail, key, folder, now));
    }

    /// Gives the item a new number and puts it into `folder`.
    fn place(&mut self, mut item: Item, folder: u64, now: Timestamp) -> Result<u64, Failure> {
        let key = self.tick();
        let target = self
            .folders
            .get_mut(&folder)
            .ok_or(Failure::FOLDER_NOT_FOUND)?;
        (item.key, item.folder, item.version) = (key, folder, key);
        (item.appeared, item.changed, item.content_changed) = (key, key, key);
        if item.associated {
            target.associated.insert(key);
        } else {
            target.items.insert(key);
            target.history.insert(
                key,
                Change {
                    key,
                    appeared: key,
                    gone: false,
                },
            );
            target.unread += u64::from(item.unread());
        }
        target.commit(now);
        let message_id = item.data.text("InternetMessageId");
        if !message_id.is_empty() {
            self.by_message_id
                .entry(message_id.to_owned())
                .or_default()
                .insert(key);
        }
        // A UID never changes, so this index needs no upkeep when items do.
        let uid = item.data.text("UID");
        if !uid.is_empty() {
            self.by_uid.entry(uid.to_owned()).or_default().insert(key);
        }
        self.items.insert(key, Arc::new(item));
        Ok(key)
    }

    /// Changes an item in place: same id, new change key.
    ///
    /// # Errors
    /// `ErrorItemNotFound`.
    pub fn change<R>(
        &mut self,
        key: u64,
        now: Timestamp,
        change: impl FnOnce(&mut Item) -> R,
    ) -> Result<R, Failure> {
        let position = self.tick();
        let shared = self.items.get_mut(&key).ok_or(Failure::ITEM_NOT_FOUND)?;
        let before = Arc::clone(shared);
        let item = Arc::make_mut(shared);
        let outcome = change(item);
        (item.version, item.modified, item.changed) = (position, now, position);
        if !item.data.only_read_flag_differs(&before.data) {
            item.content_changed = position;
        }
        let folder = self
            .folders
            .get_mut(&item.folder)
            .ok_or(Failure::FOLDER_NOT_FOUND)?;
        if !item.associated {
            folder.history.remove(&before.changed);
            let entry = Change {
                key,
                appeared: item.appeared,
                gone: false,
            };
            folder.history.insert(position, entry);
        }
        folder.unread -= u64::from(before.unread());
        folder.unread += u64::from(item.unread());
        folder.commit(now);
        let (old, new) = (
            before.data.text("InternetMessageId"),
            item.data.text("InternetMessageId"),
        );
        if old != new {
            if let Some(keys) = self.by_message_id.get_mut(old) {
                keys.remove(&key);
            }
            if !new.is_empty() {
                self.by_message_id
                    .entry(new.to_owned())
                    .or_default()
                    .insert(key);
            }
        }
        self.events
            .push(Event::item(What::Modified, key, item.folder, now));
        Ok(outcome)
    }

    /// Remembers which properties a client wrote with the version it made.
    pub fn note_touched(&mut self, key: u64, names: &[String], version: u64) {
        if let Some(item) = self.items.get_mut(&key) {
            let item = Arc::make_mut(item);
            item.touched
                .extend(names.iter().map(|name| (name.clone(), version)));
        }
    }

    /// Takes an item out of its folder for good.
    ///
    /// # Errors
    /// `ErrorItemNotFound`.
    pub fn remove(&mut self, key: u64, now: Timestamp) -> Result<Arc<Item>, Failure> {
        let item = self.take(key, now)?;
        self.events
            .push(Event::item(What::Deleted, key, item.folder, now));
        Ok(item)
    }

    fn take(&mut self, key: u64, now: Timestamp) -> Result<Arc<Item>, Failure> {
        let item = self.items.remove(&key).ok_or(Failure::ITEM_NOT_FOUND)?;
        let position = self.tick();
        if let Some(folder) = self.folders.get_mut(&item.folder) {
            folder.items.remove(&key);
            folder.associated.remove(&key);
            folder.history.remove(&item.changed);
            let entry = Change {
                key,
                appeared: item.appeared,
                gone: true,
            };
            folder.history.insert(position, entry);
            folder.unread -= u64::from(item.unread());
            folder.deleted += 1;
            folder.commit(now);
        }
        if let Some(keys) = self
            .by_message_id
            .get_mut(item.data.text("InternetMessageId"))
        {
            keys.remove(&key);
        }
        if let Some(keys) = self.by_uid.get_mut(item.data.text("UID")) {
            keys.remove(&key);
        }
        Ok(item)
    }

    /// Moves an item: it gets a new id, the old one is gone. Returns the new number.
    ///
    /// # Errors
    /// `ErrorItemNotFound`, `ErrorFolderNotFound`.
    pub fn move_item(&mut self, key: u64, folder: u64, now: Timestamp) -> Result<u64, Failure> {
        if !self.folders.contains_key(&folder) {
            return Err(Failure::FOLDER_NOT_FOUND);
        }
        let item = self.take(key, now)?;
        let old_folder = item.folder;
        let new = self.place(Item::clone(&item), folder, now)?;
        self.events.push(Event::relocated(
            What::Moved,
            (new, folder),
            (key, old_folder),
            now,
        ));
        Ok(new)
    }

    /// Copies an item. Returns the copy's number.
    ///
    /// # Errors
    /// `ErrorItemNotFound`, `ErrorFolderNotFound`.
    pub fn copy_item(&mut self, key: u64, folder: u64, now: Timestamp) -> Result<u64, Failure> {
        let item = self.items.get(&key).ok_or(Failure::ITEM_NOT_FOUND)?;
        let (copy, old_folder) = (Item::clone(item), item.folder);
        let new = self.place(copy, folder, now)?;
        self.events.push(Event::relocated(
            What::Copied,
            (new, folder),
            (key, old_folder),
            now,
        ));
        Ok(new)
    }
}
