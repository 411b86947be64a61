//! Opening both sides for a call, and reading the item it is about.

use std::sync::Arc;

use ssi_domain::{
    MailboxId,
    port::{Collections, FolderRole, Item, Lane, MailboxSetup, Shape},
};
use ssi_store::MailboxRow;

use super::ItemKey;
use crate::{Engine, Error, transfer::Transfer};

/// Longest id or Message-ID that is looked up, in bytes.
const LONGEST_KEY: usize = 4_096;

/// Both sides of a mailbox, opened for one call.
pub(super) struct Open {
    pub(super) row: MailboxRow,
    pub(super) transfer: Transfer,
    pub(super) collections: Collections,
}

impl Engine {
    /// Opens both sides in the instant lane, which goes first.
    pub(super) async fn open_instant(&self, mailbox: MailboxId) -> Result<Open, Error> {
        let row = self.row(mailbox).await?;
        let settings = self.settings_of(&row).await?;
        let mail = self.parts.backends.mailbox(&row).await?;
        let crm = self.parts.backends.crm(&row.tenant, Lane::Instant).await?;
        let collections = match &row.setup {
            Some(known) => known.clone(),
            // No session has prepared the mailbox yet: ask where its folders are.
            None => {
                let setup = MailboxSetup {
                    own_folders: settings.names.own_folders(),
                    categories: Vec::new(),
                    known: None,
                };
                mail.prepare(&setup).await?
            }
        };
        let transfer = Transfer::new(Arc::clone(&self.parts), row.clone(), mail, crm, settings);
        Ok(Open {
            row,
            transfer,
            collections,
        })
    }
}

impl Open {
    /// Reads the item and says where it lies. An id of another mailbox is simply not found.
    pub(super) async fn item(
        &self,
        key: &ItemKey,
        shape: Shape,
    ) -> Result<(Item, Option<FolderRole>), Error> {
        let not_found = Error::NotFound { what: "item" };
        let id = match key {
            ItemKey::Item(id) if id.as_str().is_empty() || id.as_str().len() > LONGEST_KEY => {
                return Err(not_found);
            }
            ItemKey::Item(id) => id.clone(),
            ItemKey::MessageId(text) if text.is_empty() || text.len() > LONGEST_KEY => {
                return Err(not_found);
            }
            ItemKey::MessageId(text) => {
                let found = self
                    .transfer
                    .mail()
                    .find_by_message_id(text, &self.collections)
                    .await?;
                found.into_iter().next().ok_or(not_found)?
            }
        };
        let read = self
            .transfer
            .mail()
            .get(std::slice::from_ref(&id), shape)
            .await?;
        match read.into_iter().next() {
            Some(Ok(Some(item))) => {
                let role = item.folder.as_ref().and_then(|f| self.collections.role(f));
                Ok((item, role))
            }
            Some(Err(error)) => Err(error.into()),
            Some(Ok(None)) | None => Err(Error::NotFound { what: "item" }),
        }
    }
}
