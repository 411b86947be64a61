//! Conflicts: both values of a field that both sides changed, sealed, until somebody settles it (ARC-07).

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::FromRow;
use ssi_domain::{LinkId, MailboxId};
use uuid::Uuid;

use crate::{
    Store, StoreError,
    convert::{instant, micros, parse},
    pool::{Tx, on_pool, on_tx, on_writer},
    statements::mirror as sql,
};

/// A conflict to keep. Its values are never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct NewConflict {
    /// Its id.
    pub id: Uuid,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The link of the pair.
    pub link: LinkId,
    /// The field, by its name in the mapping table.
    pub field: String,
    /// What stood in the mailbox.
    pub mail_value: Value,
    /// What stood in the CRM.
    pub crm_value: Value,
    /// The side whose value was taken.
    pub winner: String,
    /// When it was found.
    pub at: Timestamp,
}

/// A conflict that nobody has settled. Its values are never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Its id.
    pub id: Uuid,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The link of the pair.
    pub link: LinkId,
    /// The field, by its name in the mapping table.
    pub field: String,
    /// What stood in the mailbox.
    pub mail_value: Value,
    /// What stood in the CRM.
    pub crm_value: Value,
    /// The side whose value was taken.
    pub winner: String,
    /// When it was found.
    pub at: Timestamp,
}

impl fmt::Debug for NewConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewConflict({}, {}, ..)", self.id, self.field)
    }
}

impl fmt::Debug for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Conflict({}, {}, ..)", self.id, self.field)
    }
}

/// What lies sealed.
#[derive(Serialize, Deserialize)]
struct Values {
    mail: Value,
    crm: Value,
}

/// Bound to the row, so that a value cannot be passed off as another's.
fn purpose(id: Uuid) -> String {
    format!("conflict:{id}")
}

#[derive(FromRow)]
struct Raw {
    id: String,
    mailbox: String,
    link: String,
    field: String,
    sealed: Vec<u8>,
    winner: String,
    at: i64,
}

impl Store {
    /// Keeps both values of a field outside a page.
    pub async fn keep_conflict(&self, new: &NewConflict) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        self.put_conflict(&mut tx, new).await?;
        tx.commit().await
    }

    /// Seals and writes a conflict; one that is kept already stays as it is.
    pub(crate) async fn put_conflict(
        &self,
        tx: &mut Tx,
        new: &NewConflict,
    ) -> Result<(), StoreError> {
        let values = Values {
            mail: new.mail_value.clone(),
            crm: new.crm_value.clone(),
        };
        let plain = serde_json::to_vec(&values)
            .map_err(|_| StoreError::Corrupt("values of a conflict".into()))?;
        let sealed = self.seal(&purpose(new.id), &plain)?;
        on_tx!(tx, conn => sqlx::query(sql::CONFLICT_PUT)
            .bind(new.id.to_string())
            .bind(new.mailbox.to_string())
            .bind(new.link.to_string())
            .bind(&new.field)
            .bind(sealed)
            .bind(&new.winner)
            .bind(micros(new.at))
            .execute(conn)
            .await
            .map(drop))?;
        Ok(())
    }

    /// The conflicts of a mailbox that are not settled, newest first.
    pub async fn conflicts(
        &self,
        mailbox: MailboxId,
        limit: usize,
    ) -> Result<Vec<Conflict>, StoreError> {
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::CONFLICTS)
            .bind(mailbox.to_string())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await)?;
        self.read_conflicts(raws)
    }

    /// The conflicts of one pair that are not settled, newest first.
    pub async fn conflicts_of(
        &self,
        mailbox: MailboxId,
        link: LinkId,
        limit: usize,
    ) -> Result<Vec<Conflict>, StoreError> {
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::CONFLICTS_OF)
            .bind(mailbox.to_string())
            .bind(link.to_string())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await)?;
        self.read_conflicts(raws)
    }

    fn read_conflicts(&self, raws: Vec<Raw>) -> Result<Vec<Conflict>, StoreError> {
        raws.into_iter()
            .map(|raw| {
                let id = parse(&raw.id, "conflict id")?;
                let plain = self.unseal(&purpose(id), &raw.sealed)?;
                let values: Values = serde_json::from_slice(&plain)
                    .map_err(|_| StoreError::Corrupt("values of a conflict".into()))?;
                Ok(Conflict {
                    id,
                    mailbox: parse(&raw.mailbox, "mailbox id")?,
                    link: parse(&raw.link, "conflict link")?,
                    field: raw.field,
                    mail_value: values.mail,
                    crm_value: values.crm,
                    winner: raw.winner,
                    at: instant(raw.at)?,
                })
            })
            .collect()
    }

    /// Settles a conflict and forgets its values; `false`: this mailbox has no such open conflict.
    pub async fn settle_conflict(&self, mailbox: MailboxId, id: Uuid) -> Result<bool, StoreError> {
        let rows = on_writer!(&self.db, pool => sqlx::query(sql::CONFLICT_SETTLE)
            .bind(Vec::<u8>::new())
            .bind(mailbox.to_string())
            .bind(id.to_string())
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows == 1)
    }
}
