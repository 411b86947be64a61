//! Wishes: saves asked for that only a session can fulfil. What the user chose lies sealed.

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, FromRow};
use ssi_domain::{MailboxId, WishId};

use crate::{
    Store, StoreError,
    convert::{instant, micros, parse},
    dialect::{LONGEST_LIST, padded, placeholders},
    pool::{Tx, on_pool, on_tx, on_writer},
    statements as sql,
};

const PURPOSE: &str = "wish";

/// A new wish.
#[derive(Debug, Clone)]
pub struct NewWish {
    /// Its id.
    pub id: WishId,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The value of the mail's header `X-SSI-Wish`, if the client sets it.
    pub client_key: Option<String>,
    /// What was wished for; sealed before it is stored.
    pub payload: Vec<u8>,
    /// Now.
    pub created_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

/// An open wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WishRow {
    /// Its id.
    pub id: WishId,
    /// The value of the mail's header, if any.
    pub client_key: Option<String>,
    /// What was wished for.
    pub payload: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

#[derive(FromRow)]
struct Raw {
    id: String,
    client_key: Option<String>,
    payload: Vec<u8>,
    created_at: i64,
    expires_at: i64,
}

impl Store {
    /// Stores a wish.
    pub async fn add_wish(&self, wish: &NewWish) -> Result<(), StoreError> {
        let sealed = self.seal(PURPOSE, &wish.payload)?;
        on_writer!(&self.db, pool => sqlx::query(sql::WISH_PUT)
            .bind(wish.id.to_string())
            .bind(wish.mailbox.to_string())
            .bind(wish.client_key.as_deref())
            .bind(sealed)
            .bind(micros(wish.created_at))
            .bind(micros(wish.expires_at))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// The wishes of a mailbox that are neither fulfilled nor expired, oldest first, at most 1,000. One that a follow-up
    /// is still about does not expire.
    pub async fn open_wishes(
        &self,
        mailbox: MailboxId,
        now: Timestamp,
    ) -> Result<Vec<WishRow>, StoreError> {
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::WISHES_OPEN)
            .bind(mailbox.to_string())
            .bind(micros(now))
            .fetch_all(pool)
            .await)?;
        raws.into_iter()
            .map(|raw| {
                Ok(WishRow {
                    id: parse(&raw.id, "wish id")?,
                    client_key: raw.client_key,
                    payload: self.unseal(PURPOSE, &raw.payload)?,
                    created_at: instant(raw.created_at)?,
                    expires_at: instant(raw.expires_at)?,
                })
            })
            .collect()
    }

    /// Whether a wish is fulfilled; `None`: no such wish of this mailbox.
    pub async fn wish_fulfilled(
        &self,
        mailbox: MailboxId,
        wish: WishId,
    ) -> Result<Option<bool>, StoreError> {
        let row: Option<(String,)> = on_pool!(&self.db, pool => sqlx::query_as(sql::WISH_STATE)
            .bind(mailbox.to_string())
            .bind(wish.to_string())
            .fetch_optional(pool)
            .await)?;
        Ok(row.map(|(state,)| state == "fulfilled"))
    }
}

pub(crate) async fn fulfil(tx: &mut Tx, wishes: &[WishId]) -> Result<(), StoreError> {
    for part in wishes.chunks(LONGEST_LIST) {
        let text = sql::wishes_fulfil(&placeholders(2, part.len()));
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text)).bind(Vec::<u8>::new());
            for wish in padded(part) {
                query = query.bind(wish.to_string());
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}
