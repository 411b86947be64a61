//! Tells watchers of a mailbox what its session does, as it happens on this node.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use ssi_domain::MailboxId;
use tokio::sync::broadcast;

use super::SessionEvent;

/// A slow watcher loses the oldest events and is told so by its receiver; sessions never wait for it.
const BACKLOG: usize = 1024;

/// The watchers of all mailboxes of this node.
#[derive(Clone, Default)]
pub(crate) struct Watchers {
    channels: Arc<Mutex<HashMap<MailboxId, broadcast::Sender<SessionEvent>>>>,
}

impl Watchers {
    /// Starts watching a mailbox.
    pub(crate) fn subscribe(&self, mailbox: MailboxId) -> broadcast::Receiver<SessionEvent> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.retain(|_, channel| channel.receiver_count() > 0);
        channels
            .entry(mailbox)
            .or_insert_with(|| broadcast::channel(BACKLOG).0)
            .subscribe()
    }

    /// Tells whoever watches; nobody watching is fine.
    pub(crate) fn tell(&self, mailbox: MailboxId, event: SessionEvent) {
        let channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(&mailbox) {
            // An error means that nobody listens any more.
            let _ = channel.send(event);
        }
    }
}
