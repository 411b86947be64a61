//! The user's own layer of the blocklist (BL-02). Entries may be people's addresses: they lie sealed, and are
//! told apart by a keyed digest.

use jiff::Timestamp;
use sqlx::FromRow;
use ssi_domain::MailboxId;

use crate::{
    Store, StoreError,
    convert::{instant, micros},
    pool::{on_pool, on_tx},
    statements::people as sql,
};

/// One entry of a user's layer.
#[derive(Clone, PartialEq, Eq)]
pub struct BlocklistEntry {
    /// The entry in comparable form (`ssi_domain::blocklist::Entry::key`).
    pub entry: String,
    /// When it was added.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for BlocklistEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BlocklistEntry(.., {})", self.created_at)
    }
}

#[derive(FromRow)]
struct Raw {
    sealed: Vec<u8>,
    created_at: i64,
}

fn purpose(mailbox: MailboxId) -> String {
    format!("blocklist:{mailbox}")
}

impl Store {
    /// The user's layer of a mailbox, oldest first.
    pub async fn blocklist(&self, mailbox: MailboxId) -> Result<Vec<BlocklistEntry>, StoreError> {
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::BLOCKLIST_ENTRIES)
            .bind(mailbox.to_string())
            .fetch_all(pool)
            .await)?;
        raws.into_iter()
            .map(|raw| {
                let plain = self.unseal(&purpose(mailbox), &raw.sealed)?;
                let entry = String::from_utf8(plain)
                    .map_err(|_| StoreError::Corrupt("blocklist entry".into()))?;
                Ok(BlocklistEntry {
                    entry,
                    created_at: instant(raw.created_at)?,
                })
            })
            .collect()
    }

    /// Adds and removes entries of a user's layer in one transaction; what stands or is gone already is left.
    /// `false`, and nothing changed: the list would be longer than `most`.
    pub async fn edit_blocklist(
        &self,
        mailbox: MailboxId,
        add: &[String],
        remove: &[String],
        most: usize,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        for entry in remove {
            let digest = self.entry_digest(mailbox, entry);
            on_tx!(&mut tx, conn => sqlx::query(sql::BLOCKLIST_DROP)
                .bind(mailbox.to_string())
                .bind(digest)
                .execute(conn)
                .await
                .map(drop))?;
        }
        for entry in add {
            let digest = self.entry_digest(mailbox, entry);
            let sealed = self.seal(&purpose(mailbox), entry.as_bytes())?;
            on_tx!(&mut tx, conn => sqlx::query(sql::BLOCKLIST_PUT)
                .bind(mailbox.to_string())
                .bind(digest)
                .bind(sealed)
                .bind(micros(now))
                .execute(conn)
                .await
                .map(drop))?;
        }
        let (count,): (i64,) = on_tx!(&mut tx, conn => sqlx::query_as(sql::BLOCKLIST_COUNT)
            .bind(mailbox.to_string())
            .fetch_one(conn)
            .await)?;
        if usize::try_from(count).is_ok_and(|count| count > most) && !add.is_empty() {
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }

    /// The items a mailbox's sessions saved last, newest first.
    pub async fn items_saved_last(
        &self,
        mailbox: MailboxId,
        limit: usize,
    ) -> Result<Vec<ssi_domain::ItemId>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows: Vec<(String,)> = on_pool!(&self.db, pool => sqlx::query_as(sql::TRACES_SAVED)
            .bind(mailbox.to_string())
            .bind(limit)
            .fetch_all(pool)
            .await)?;
        Ok(rows
            .into_iter()
            .map(|(id,)| ssi_domain::ItemId::new(id))
            .collect())
    }

    fn entry_digest(&self, mailbox: MailboxId, entry: &str) -> String {
        let key = self.derived_key("blocklist entry");
        let text = format!("{mailbox}\n{entry}");
        blake3::keyed_hash(&key, text.as_bytes())
            .to_hex()
            .to_string()
    }
}
