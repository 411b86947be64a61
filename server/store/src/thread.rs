//! Tracked threads (EM-45).

use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use ssi_domain::MailboxId;

use crate::{
    Store, StoreError,
    convert::{instant, micros},
    dialect::{LONGEST_LIST, padded, parts, placeholders},
    pool::{on_pool, on_tx},
    statements as sql,
};

impl Store {
    /// Tracks a thread by all its keys; one that is tracked keeps its beginning.
    pub async fn track(
        &self,
        mailbox: MailboxId,
        keys: &[String],
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        for part in parts(keys) {
            on_tx!(&mut tx, conn => {
                let mut query = sqlx::query(AssertSqlSafe(sql::threads_put(part.len())));
                for key in part {
                    query = query.bind(mailbox.to_string()).bind(key).bind(micros(since));
                }
                query.execute(conn).await.map(drop)
            })?;
        }
        tx.commit().await
    }

    /// Stops tracking a thread.
    pub async fn untrack(&self, mailbox: MailboxId, keys: &[String]) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        for part in keys.chunks(LONGEST_LIST) {
            let text = sql::threads_drop(&placeholders(2, part.len()));
            on_tx!(&mut tx, conn => {
                let mut query = sqlx::query(AssertSqlSafe(text)).bind(mailbox.to_string());
                for key in padded(part) {
                    query = query.bind(key);
                }
                query.execute(conn).await.map(drop)
            })?;
        }
        tx.commit().await
    }

    /// Whether the mailbox tracks any thread.
    pub async fn tracks_threads(&self, mailbox: MailboxId) -> Result<bool, StoreError> {
        let row: Option<(i32,)> = on_pool!(&self.db, pool => sqlx::query_as(sql::THREADS_ANY)
            .bind(mailbox.to_string())
            .fetch_optional(pool)
            .await)?;
        Ok(row.is_some())
    }

    /// Those of the keys that are tracked, with their beginning.
    pub async fn tracked(
        &self,
        mailbox: MailboxId,
        keys: &[String],
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let mut found = Vec::new();
        for part in keys.chunks(LONGEST_LIST) {
            let text = sql::threads_tracked(&placeholders(2, part.len()));
            let rows: Vec<(String, i64)> = on_pool!(&self.db, pool => {
                let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(mailbox.to_string());
                for key in padded(part) {
                    query = query.bind(key);
                }
                query.fetch_all(pool).await
            })?;
            for (key, since) in rows {
                found.push((key, instant(since)?));
            }
        }
        Ok(found)
    }
}
