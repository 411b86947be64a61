//! Links: the row is the lock (INV-1).

use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use ssi_domain::{ItemId, Kind, LinkId, MailboxId, RecordRef, TenantId, Version};

use crate::{
    CopyLink, LinkRow, LinkTarget, Store, StoreError,
    convert::{from_json, json, micros},
    dialect::{LONGEST_LIST, padded, placeholders},
    link_row::{RawCopy, RawLink},
    pool::{Tx, on_pool, on_tx},
    statements as sql,
};

/// A wish to create the record of a key.
#[derive(Debug, Clone)]
pub struct Reserve {
    /// The id of the row if it is new.
    pub link: LinkId,
    /// The key.
    pub identity_key: String,
    /// Digest of the item's content.
    pub fingerprint: String,
    /// Who asks: `node:actor`.
    pub holder: String,
    /// Until when the hold lasts unless it is released.
    pub held_until: Timestamp,
    /// The mailbox it comes from.
    pub mailbox: MailboxId,
    /// Now.
    pub now: Timestamp,
}

/// The answer to a [`Reserve`].
#[derive(Debug, Clone)]
pub struct Reserved {
    /// The row as it stands.
    pub row: LinkRow,
    /// The asker holds it and may create, after asking the CRM for the key.
    pub mine: bool,
}

/// A record that stands.
#[derive(Debug, Clone)]
pub struct Completed {
    /// The link.
    pub link: LinkId,
    /// Who held it.
    pub holder: String,
    /// The record.
    pub record: RecordRef,
    /// Its version, if known.
    pub version: Option<Version>,
    /// What it is linked with.
    pub targets: Vec<LinkTarget>,
    /// Now.
    pub now: Timestamp,
}

impl Store {
    /// Inserts a row per key, or finds the one that is there. A row whose hold has ended, or that the same
    /// holder has, is taken over. A key that is named twice is `mine` once. Keys are taken in sorted order,
    /// so that two batches cannot wait for each other; the answers stand in the order of the questions.
    pub async fn reserve(
        &self,
        tenant: &TenantId,
        kind: Kind,
        wanted: &[Reserve],
    ) -> Result<Vec<Reserved>, StoreError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by(|a, b| wanted[*a].identity_key.cmp(&wanted[*b].identity_key));
        let mut answers: Vec<Option<Reserved>> = vec![None; wanted.len()];
        let mut tx = self.db.begin().await?;
        let mut before: Option<&str> = None;
        for at in order {
            let key = wanted[at].identity_key.as_str();
            let mut answer = reserve_one(&mut tx, tenant, kind, &wanted[at]).await?;
            answer.mine &= before != Some(key);
            before = Some(key);
            answers[at] = Some(answer);
        }
        tx.commit().await?;
        Ok(answers.into_iter().flatten().collect())
    }

    /// Records that records stand. A row that another holder has by now, or that is linked, is left as it
    /// is, so that completing twice changes nothing. Each row is written by itself: rows that were written
    /// before an error stay.
    pub async fn complete(&self, done: &[Completed]) -> Result<(), StoreError> {
        for row in done {
            on_pool!(&self.db, pool => sqlx::query(sql::LINK_COMPLETE)
                .bind(row.record.kind.name())
                .bind(row.record.id.as_str())
                .bind(row.version.as_ref().map(Version::as_str))
                .bind(json(&row.targets))
                .bind(micros(row.now))
                .bind(row.link.to_string())
                .bind(&row.holder)
                .execute(pool)
                .await
                .map(drop))?;
        }
        Ok(())
    }

    /// Adds links to those a record has; one that stands is left alone.
    pub async fn add_targets(&self, link: LinkId, new: &[LinkTarget]) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let text: Option<(String,)> = on_tx!(&mut tx, conn => sqlx::query_as(sql::LINK_TARGETS)
            .bind(link.to_string())
            .fetch_optional(conn)
            .await)?;
        if let Some((text,)) = text {
            let mut targets: Vec<LinkTarget> = from_json(&text, "link targets")?;
            for target in new {
                if !targets.iter().any(|old| old.record == target.record) {
                    targets.push(target.clone());
                }
            }
            on_tx!(&mut tx, conn => sqlx::query(sql::LINK_SET_TARGETS)
                .bind(json(&targets))
                .bind(link.to_string())
                .execute(conn)
                .await
                .map(drop))?;
        }
        tx.commit().await
    }

    /// Ends a hold now; the row stays, so that the next holder asks the CRM for the key.
    pub async fn release(
        &self,
        link: LinkId,
        holder: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        on_pool!(&self.db, pool => sqlx::query(sql::LINK_RELEASE)
            .bind(micros(now))
            .bind(link.to_string())
            .bind(holder)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Takes back a row for which certainly nothing was written outward.
    pub async fn abandon(&self, link: LinkId, holder: &str) -> Result<(), StoreError> {
        on_pool!(&self.db, pool => sqlx::query(sql::LINK_ABANDON)
            .bind(link.to_string())
            .bind(holder)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// The links of several keys, in no particular order.
    pub async fn links_by_keys(
        &self,
        tenant: &TenantId,
        kind: Kind,
        keys: &[String],
    ) -> Result<Vec<LinkRow>, StoreError> {
        let mut found = Vec::new();
        for part in keys.chunks(LONGEST_LIST) {
            let text = sql::links_by_keys(&placeholders(3, part.len()));
            let raws: Vec<RawLink> = on_pool!(&self.db, pool => {
                let mut query =
                    sqlx::query_as(AssertSqlSafe(text)).bind(tenant.as_str()).bind(kind.name());
                for key in padded(part) {
                    query = query.bind(key);
                }
                query.fetch_all(pool).await
            })?;
            for raw in raws {
                found.push(raw.row()?);
            }
        }
        Ok(found)
    }

    /// The links of several items of a mailbox, in no particular order.
    pub async fn links_by_items(
        &self,
        mailbox: MailboxId,
        items: &[ItemId],
    ) -> Result<Vec<CopyLink>, StoreError> {
        let mut found = Vec::new();
        for part in items.chunks(LONGEST_LIST) {
            let text = sql::links_by_items(&placeholders(2, part.len()));
            let raws: Vec<RawCopy> = on_pool!(&self.db, pool => {
                let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(mailbox.to_string());
                for item in padded(part) {
                    query = query.bind(item.as_str());
                }
                query.fetch_all(pool).await
            })?;
            for raw in raws {
                found.push(raw.row()?);
            }
        }
        Ok(found)
    }
}

/// A row that is found can be abandoned before it is read (PostgreSQL, where others write meanwhile); then
/// it is free again. Losing that race so often means that somebody abandons it without end.
const MOST_TRIES: usize = 10;

async fn reserve_one(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: Kind,
    wanted: &Reserve,
) -> Result<Reserved, StoreError> {
    for _ in 0..MOST_TRIES {
        if let Some(reserved) = try_reserve(tx, tenant, kind, wanted).await? {
            return Ok(reserved);
        }
    }
    Err(StoreError::Corrupt(
        "a link that comes and goes without end".into(),
    ))
}

/// `None`: the row that stood in the way is gone.
async fn try_reserve(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: Kind,
    wanted: &Reserve,
) -> Result<Option<Reserved>, StoreError> {
    let fresh = on_tx!(tx, conn => sqlx::query(sql::LINK_INSERT)
        .bind(wanted.link.to_string())
        .bind(tenant.as_str())
        .bind(kind.name())
        .bind(&wanted.identity_key)
        .bind(&wanted.fingerprint)
        .bind(&wanted.holder)
        .bind(micros(wanted.held_until))
        .bind(wanted.mailbox.to_string())
        .bind(micros(wanted.now))
        .execute(conn)
        .await
        .map(|done| done.rows_affected() == 1))?;
    let taken = !fresh
        && on_tx!(tx, conn => sqlx::query(sql::LINK_TAKE)
            .bind(&wanted.holder)
            .bind(micros(wanted.held_until))
            .bind(micros(wanted.now))
            .bind(tenant.as_str())
            .bind(kind.name())
            .bind(&wanted.identity_key)
            .execute(conn)
            .await
            .map(|done| done.rows_affected() == 1))?;
    let raw: Option<RawLink> = on_tx!(tx, conn => sqlx::query_as(sql::LINK_BY_KEY)
        .bind(tenant.as_str())
        .bind(kind.name())
        .bind(&wanted.identity_key)
        .fetch_optional(conn)
        .await)?;
    raw.map(|raw| {
        Ok(Reserved {
            row: raw.row()?,
            mine: fresh || taken,
        })
    })
    .transpose()
}
