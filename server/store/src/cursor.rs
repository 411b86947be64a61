//! Cursors: where the reading of each collection stands.

use ssi_domain::{Cursor, MailboxId};

use crate::{
    Store, StoreError,
    pool::{on_pool, on_writer},
    statements as sql,
};

impl Store {
    /// The cursors of a mailbox by collection.
    pub async fn cursors(&self, mailbox: MailboxId) -> Result<Vec<(String, Cursor)>, StoreError> {
        let rows: Vec<(String, String)> = on_pool!(&self.db, pool => sqlx::query_as(sql::CURSORS)
            .bind(mailbox.to_string())
            .fetch_all(pool)
            .await)?;
        Ok(rows
            .into_iter()
            .map(|(name, at)| (name, Cursor::new(at)))
            .collect())
    }

    /// Forgets a cursor that the server no longer accepts; the next listing starts from the beginning.
    pub async fn drop_cursor(
        &self,
        mailbox: MailboxId,
        collection: &str,
    ) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::CURSOR_DROP)
            .bind(mailbox.to_string())
            .bind(collection)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}
