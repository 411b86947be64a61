//! The server: accounts, mailboxes, subscriptions.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tokio::sync::watch;

use super::attendee::People;
use super::configuration::{CATEGORY_LIST, Configuration};
use super::event::{Delivery, Subscription, What};
use super::notice::Notice;
use super::{Draft, Failure, Mailbox, Settings};
use crate::clock::Clock;
use crate::world::User;

/// Somebody who can sign in.
#[derive(Clone, Debug)]
pub struct Account {
    /// Password for Basic sign-in.
    pub password: String,
    /// Own mailbox, lower case; a service account has none.
    pub mailbox: Option<String>,
    /// May act for any mailbox.
    pub impersonates: bool,
    /// Calls made so far, for throttling.
    pub calls: u64,
}

/// The server with all its mailboxes.
pub struct Exchange {
    settings: Settings,
    clock: Clock,
    accounts: HashMap<String, Account>,
    mailboxes: HashMap<String, Mailbox>,
    subscriptions: HashMap<String, Subscription>,
    next_subscription: u64,
    changed: watch::Sender<u64>,
    /// Display names for attendees.
    pub(super) people: Arc<People>,
    pub(super) notices: Vec<Notice>,
}

/// An untouched mailbox has this master list after its first sign-in with Outlook.
const FIRST_CATEGORIES: &str = r#"<?xml version="1.0"?><categories default="Red Category" lastSavedSession="1" lastSavedTime="2026-01-05T08:00:00.000" xmlns="CategoryList.xsd"><category name="Red Category" color="0" keyboardShortcut="0" usageCount="0" lastTimeUsedNotes="1601-01-01T00:00:00.000" lastTimeUsedJournal="1601-01-01T00:00:00.000" lastTimeUsedContacts="1601-01-01T00:00:00.000" lastTimeUsedTasks="1601-01-01T00:00:00.000" lastTimeUsedCalendar="1601-01-01T00:00:00.000" lastTimeUsedMail="1601-01-01T00:00:00.000" lastTimeUsed="1601-01-01T00:00:00.000" lastSessionUsed="0" guid="{2B7FC69C-7046-44A2-8FF3-007D7467DC82}"/></categories>"#;

impl Exchange {
    /// A server without people.
    pub fn new(settings: Settings, clock: Clock) -> Self {
        Self {
            settings,
            clock,
            accounts: HashMap::new(),
            mailboxes: HashMap::new(),
            subscriptions: HashMap::new(),
            next_subscription: 0,
            changed: watch::channel(0).0,
            people: Arc::default(),
            notices: Vec::new(),
        }
    }

    /// Adds a person with an empty mailbox.
    pub fn add_user(&mut self, user: &User) {
        let address = user.address.to_ascii_lowercase();
        let mut mailbox = Mailbox::new(&user.address, &user.name, self.now());
        if let Some(calendar) = mailbox.distinguished("calendar") {
            let list = Configuration {
                xml: Some(STANDARD.encode(FIRST_CATEGORIES)),
                ..Configuration::default()
            };
            mailbox
                .create_configuration(calendar, CATEGORY_LIST, list)
                .expect("a new mailbox has no category list yet");
        }
        Arc::make_mut(&mut self.people).insert(address.clone(), user.name.clone());
        self.mailboxes.insert(address.clone(), mailbox);
        self.add_account(user, Some(address), false);
    }

    /// Adds an account without mailbox that may act for everybody.
    pub fn add_service_account(&mut self, user: &User) {
        self.add_account(user, None, true);
    }

    fn add_account(&mut self, user: &User, mailbox: Option<String>, impersonates: bool) {
        let account = Account {
            password: user.password.clone(),
            mailbox,
            impersonates,
            calls: 0,
        };
        self.accounts
            .insert(user.login.to_ascii_lowercase(), account);
    }

    /// Changes a password, for instance to make stored credentials wrong. False when there is no such login.
    pub fn set_password(&mut self, login: &str, password: &str) -> bool {
        let account = self.accounts.get_mut(&login.to_ascii_lowercase());
        account
            .map(|account| account.password = password.to_owned())
            .is_some()
    }

    /// The account behind a login (also `DOMAIN\login` and the mail address), if the password is right.
    pub fn sign_in(&mut self, login: &str, password: &str) -> Option<&mut Account> {
        let login = login
            .rsplit('\\')
            .next()
            .unwrap_or(login)
            .to_ascii_lowercase();
        let by_address = || {
            let owner =
                |(_, account): &(&String, &Account)| account.mailbox.as_deref() == Some(&login);
            self.accounts
                .iter()
                .find(owner)
                .map(|(name, _)| name.clone())
        };
        let name = if self.accounts.contains_key(&login) {
            login.clone()
        } else {
            by_address()?
        };
        self.accounts
            .get_mut(&name)
            .filter(|account| account.password == password)
    }

    /// Current settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Settings, to change them while running.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// The time on this server.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// A mailbox by address.
    ///
    /// # Errors
    /// `ErrorNonExistentMailbox`.
    pub fn mailbox(&self, address: &str) -> Result<&Mailbox, Failure> {
        self.mailboxes
            .get(&address.to_ascii_lowercase())
            .ok_or(Failure::NO_MAILBOX)
    }

    /// A mailbox to write into; call [`Exchange::publish`] afterwards so that subscriptions hear of it.
    ///
    /// # Errors
    /// `ErrorNonExistentMailbox`.
    pub fn mailbox_mut(&mut self, address: &str) -> Result<&mut Mailbox, Failure> {
        self.mailboxes
            .get_mut(&address.to_ascii_lowercase())
            .ok_or(Failure::NO_MAILBOX)
    }

    /// All mailboxes.
    pub fn mailboxes(&self) -> impl Iterator<Item = &Mailbox> {
        self.mailboxes.values()
    }

    /// Delivers a message that comes from outside into a distinguished folder or one of that display name.
    /// Returns the item number.
    ///
    /// # Errors
    /// `ErrorNonExistentMailbox`, `ErrorFolderNotFound`.
    pub fn deliver(&mut self, address: &str, folder: &str, mail: Draft) -> Result<u64, Failure> {
        let now = self.now();
        let mailbox = self.mailbox_mut(address)?;
        let by_name = || mailbox.folder_by_name(folder).map(|folder| folder.key);
        let folder = mailbox.distinguished(folder).or_else(by_name);
        let folder = folder.ok_or(Failure::FOLDER_NOT_FOUND)?;
        let key = mailbox.insert(folder, mail, now)?;
        mailbox.announce_mail(key, folder, now);
        self.publish(address);
        Ok(key)
    }

    /// Hands a mailbox's new events to its subscriptions and wakes streams.
    pub fn publish(&mut self, address: &str) {
        let address = address.to_ascii_lowercase();
        let Some(mailbox) = self.mailboxes.get_mut(&address) else {
            return;
        };
        let events = std::mem::take(&mut mailbox.events);
        if events.is_empty() {
            return;
        }
        for subscription in self
            .subscriptions
            .values_mut()
            .filter(|s| s.mailbox == address)
        {
            for event in &events {
                subscription.offer(event);
            }
        }
        self.changed.send_modify(|count| *count += 1);
    }

    /// Changes whenever a subscription may have new events.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Opens a subscription and returns its id.
    ///
    /// # Errors
    /// `ErrorNonExistentMailbox`, `ErrorExceededSubscriptionCount`.
    pub fn subscribe(
        &mut self,
        address: &str,
        folders: Option<Vec<u64>>,
        wanted: Vec<What>,
        delivery: Delivery,
    ) -> Result<String, Failure> {
        let mailbox = address.to_ascii_lowercase();
        let owner = self.mailbox(&mailbox)?.id;
        let open = self
            .subscriptions
            .values()
            .filter(|s| s.mailbox == mailbox)
            .count();
        if open >= self.settings.subscriptions {
            return Err(Failure::TOO_MANY_SUBSCRIPTIONS);
        }
        self.next_subscription += 1;
        let mut id = b"\x26\0sandbox".to_vec();
        id.extend_from_slice(&owner.to_be_bytes());
        id.extend_from_slice(&self.next_subscription.to_be_bytes());
        let id = STANDARD.encode(id);
        let subscription = Subscription {
            mailbox,
            folders: folders.map(|folders| folders.into_iter().collect()),
            wanted,
            delivery,
            pending: std::collections::VecDeque::new(),
            sequence: 0,
            overflown: false,
        };
        self.subscriptions.insert(id.clone(), subscription);
        Ok(id)
    }

    /// A subscription by id.
    pub fn subscription_mut(&mut self, id: &str) -> Option<&mut Subscription> {
        self.subscriptions.get_mut(id.trim())
    }

    /// Ends a subscription.
    ///
    /// # Errors
    /// `ErrorSubscriptionNotFound`.
    pub fn unsubscribe(&mut self, id: &str) -> Result<(), Failure> {
        let removed = self.subscriptions.remove(id.trim()).map(|_| ());
        // Streams that read it learn of the end at once.
        self.changed.send_modify(|count| *count += 1);
        removed.ok_or(Failure::SUBSCRIPTION)
    }

    /// Drops all subscriptions, as a restart of the server does.
    pub fn lose_subscriptions(&mut self) {
        self.subscriptions.clear();
        self.changed.send_modify(|count| *count += 1);
    }

    /// Makes every sync state of every mailbox invalid.
    pub fn expire_sync_states(&mut self) {
        for mailbox in self.mailboxes.values_mut() {
            mailbox.expire_sync_states();
        }
    }

    /// The state in numbers, without any content.
    pub fn describe(&self) -> Json {
        let mailboxes = self.mailboxes.values().map(|mailbox| {
            let folders = mailbox.folders().filter(|folder| !folder.items.is_empty()).map(|folder| {
                json!({ "name": folder.name, "items": folder.items.len(), "unread": folder.unread })
            });
            json!({
                "address": mailbox.address,
                "items": mailbox.item_count(),
                "folders": folders.collect::<Vec<_>>(),
            })
        });
        json!({
            "mailboxes": mailboxes.collect::<Vec<_>>(),
            "subscriptions": self.subscriptions.len(),
        })
    }
}
