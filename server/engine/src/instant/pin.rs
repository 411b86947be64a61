//! Pinning records: their cards come first (SB-02, SRCH-10).

use ssi_domain::{MailboxId, RecordRef};

use crate::{Engine, Error};

/// Pins of a mailbox, at most.
const MOST_PINS: usize = 500;

impl Engine {
    /// Pins a record for whoever uses the mailbox; one that is pinned stays as it is.
    pub async fn pin(&self, mailbox: MailboxId, record: &RecordRef) -> Result<(), Error> {
        let now = self.parts.clock.now();
        let store = &self.parts.store;
        if store.pin(mailbox, record, MOST_PINS, now).await? {
            return Ok(());
        }
        Err(Error::Invalid {
            field: "name",
            why: format!("{MOST_PINS} records are pinned already; take one of the pins away"),
        })
    }

    /// Takes a pin away; one that is not there is not missed.
    pub async fn unpin(&self, mailbox: MailboxId, record: &RecordRef) -> Result<(), Error> {
        self.parts.store.unpin(mailbox, record).await?;
        Ok(())
    }
}
