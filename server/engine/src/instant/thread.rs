//! Tracking a thread: its later mails are saved without being asked for (EM-45).

use ssi_domain::{MailboxId, port::Shape};

use super::{ItemKey, save::received};
use crate::{Engine, Error, thread::thread_keys};

impl Engine {
    /// Saves later mails of the item's thread from now on.
    pub async fn track_thread(&self, mailbox: MailboxId, key: &ItemKey) -> Result<(), Error> {
        let open = self.open_instant(mailbox).await?;
        let (item, _) = open.item(key, Shape::Headers).await?;
        let since = received(&item.record).unwrap_or_else(|| self.parts.clock.now());
        self.parts
            .store
            .track(mailbox, &thread_keys(&item.record), since)
            .await?;
        Ok(())
    }

    /// Stops saving later mails of the item's thread. What is saved stays.
    pub async fn untrack_thread(&self, mailbox: MailboxId, key: &ItemKey) -> Result<(), Error> {
        let open = self.open_instant(mailbox).await?;
        let (item, _) = open.item(key, Shape::Headers).await?;
        self.parts
            .store
            .untrack(mailbox, &thread_keys(&item.record))
            .await?;
        Ok(())
    }
}
