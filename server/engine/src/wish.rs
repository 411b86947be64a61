//! A wish as it lies sealed in the database.

use ssi_domain::{ItemId, MailboxId};
use ssi_store::{StoreError, WishRow};

use crate::{Engine, Error, SaveChoice};

/// What a user wished for, and how the mail will be recognised.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct SavedWish {
    /// The item, if it existed when the wish was made.
    pub item: Option<ItemId>,
    /// The subject when the wish was made.
    pub subject: String,
    /// Normalised recipients when the wish was made.
    pub recipients: Vec<String>,
    /// What the user chose.
    pub choice: SaveChoice,
}

impl Engine {
    /// The open wishes of a mailbox. Wishes sealed under another key cannot be read by anybody any more;
    /// they are passed over, so that the mailbox goes on (INV-14).
    pub(crate) async fn open_wishes(
        &self,
        mailbox: MailboxId,
    ) -> Result<Vec<(WishRow, SavedWish)>, Error> {
        let now = self.parts.clock.now();
        let rows = match self.parts.store.open_wishes(mailbox, now).await {
            Err(error @ (StoreError::WrongKey | StoreError::NoKey)) => {
                tracing::warn!(mailbox.id = %mailbox, %error, "queued saves cannot be read");
                return Ok(Vec::new());
            }
            other => other?,
        };
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let wish = serde_json::from_slice(&row.payload).ok()?;
                Some((row, wish))
            })
            .collect())
    }
}
