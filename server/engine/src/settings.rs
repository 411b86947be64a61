//! The settings in force for a mailbox: those of the configuration, and the user's own blocklist (BL-05).

use std::sync::Arc;

use ssi_domain::SyncSettings;
use ssi_store::MailboxRow;

use crate::{Engine, Error};

impl Engine {
    /// The settings in force, with the user's own entries in the user's layer.
    pub(crate) async fn settings_of(&self, row: &MailboxRow) -> Result<Arc<SyncSettings>, Error> {
        let settings = self.parts.backends.settings(row);
        let own = self.parts.store.blocklist(row.id).await?;
        if own.is_empty() {
            return Ok(settings);
        }
        let mut settings = SyncSettings::clone(&settings);
        let entries = own.into_iter().map(|one| one.entry);
        settings.blocklist.user.extend(entries);
        Ok(Arc::new(settings))
    }
}
