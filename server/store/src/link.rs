//! Links: the row is the lock (INV-1).

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use sqlx::AssertSqlSafe;
use ssi_domain::{ItemId, Kind, LinkId, MailboxId, RecordRef, TenantId, Version};

use crate::{
    CopyLink, LinkRow, LinkTarget, Store, StoreError,
    convert::{from_json, json, micros},
    dialect::{LONGEST_LIST, lock_rows, padded, parts, placeholders},
    link_row::{RawCopy, RawLink},
    pool::{Tx, on_pool, on_tx, on_writer},
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
        let kind = kind.claimed_as();
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by(|a, b| wanted[*a].identity_key.cmp(&wanted[*b].identity_key));
        order.dedup_by(|b, a| wanted[*a].identity_key == wanted[*b].identity_key);
        let mut open: Vec<&Reserve> = order.iter().map(|at| &wanted[*at]).collect();
        let mut mine = HashSet::new();
        let mut rows = HashMap::new();
        let mut tx = if wanted.len() > 1 {
            self.db.begin_batch().await?
        } else {
            self.db.begin().await?
        };
        for _ in 0..MOST_TRIES {
            mine.extend(insert(&mut tx, tenant, kind, &open).await?);
            open.retain(|reserve| !mine.contains(&reserve.identity_key));
            mine.extend(take(&mut tx, lock_rows(&self.db), tenant, kind, &open).await?);
            let missing = wanted.iter().map(|reserve| reserve.identity_key.as_str());
            let missing: BTreeSet<&str> = missing.filter(|key| !rows.contains_key(*key)).collect();
            for row in read(&mut tx, tenant, kind, &missing).await? {
                rows.insert(row.identity_key.clone(), row);
            }
            open.retain(|reserve| !rows.contains_key(&reserve.identity_key));
            if open.is_empty() {
                break;
            }
        }
        if !open.is_empty() {
            return Err(StoreError::Corrupt(
                "a link that comes and goes without end".into(),
            ));
        }
        tx.commit().await?;
        let mut answer = |reserve: &Reserve| {
            let row = rows.get(&reserve.identity_key)?.clone();
            Some(Reserved {
                row,
                mine: mine.remove(&reserve.identity_key),
            })
        };
        Ok(wanted.iter().filter_map(&mut answer).collect())
    }

    /// Records that records stand, all of them or none. A row that another holder has by now, or that is
    /// linked, is left as it is, so that completing twice changes nothing.
    pub async fn complete(&self, done: &[Completed]) -> Result<(), StoreError> {
        if done.is_empty() {
            return Ok(());
        }
        let mut tx = if done.len() > 1 {
            self.db.begin_batch().await?
        } else {
            self.db.begin().await?
        };
        for part in done.chunks(LONGEST_LIST) {
            let text = sql::links_lock(&placeholders(1, part.len()), lock_rows(&self.db));
            on_tx!(&mut tx, conn => {
                let mut query = sqlx::query(AssertSqlSafe(text));
                for row in padded(part) {
                    query = query.bind(row.link.to_string());
                }
                query.execute(conn).await.map(drop)
            })?;
        }
        for part in parts(done) {
            on_tx!(&mut tx, conn => {
                let mut query = sqlx::query(AssertSqlSafe(sql::links_complete(part.len())));
                for row in part {
                    query = query
                        .bind(row.link.to_string())
                        .bind(row.record.kind.name())
                        .bind(row.record.id.as_str())
                        .bind(row.version.as_ref().map(Version::as_str))
                        .bind(json(&row.targets))
                        .bind(micros(row.now))
                        .bind(&row.holder);
                }
                query.execute(conn).await.map(drop)
            })?;
        }
        tx.commit().await
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

    /// What the record of a link is known to be linked with.
    pub async fn targets(&self, link: LinkId) -> Result<Vec<LinkTarget>, StoreError> {
        let text: Option<(String,)> = on_pool!(&self.db, pool => sqlx::query_as(sql::LINK_TARGETS_READ)
            .bind(link.to_string())
            .fetch_optional(pool)
            .await)?;
        text.map_or(Ok(Vec::new()), |(text,)| from_json(&text, "link targets"))
    }

    /// Notes what a person added to the links of a record and took away from them. What was there by the engine's
    /// choice and is asked for is the person's from now on.
    pub async fn change_targets(
        &self,
        link: LinkId,
        add: &[LinkTarget],
        remove: &[RecordRef],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let text: Option<(String,)> = on_tx!(&mut tx, conn => sqlx::query_as(sql::LINK_TARGETS)
            .bind(link.to_string())
            .fetch_optional(conn)
            .await)?;
        if let Some((text,)) = text {
            let mut targets: Vec<LinkTarget> = from_json(&text, "link targets")?;
            let replaced = |old: &LinkTarget| add.iter().any(|new| new.record == old.record);
            targets.retain(|old| !remove.contains(&old.record) && !replaced(old));
            targets.extend(add.iter().cloned());
            on_tx!(&mut tx, conn => sqlx::query(sql::LINK_SET_TARGETS)
                .bind(json(&targets))
                .bind(link.to_string())
                .execute(conn)
                .await
                .map(drop))?;
        }
        tx.commit().await
    }

    /// The record of a link stands under another id.
    pub async fn relink(&self, link: LinkId, record: &RecordRef) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::LINK_RELINK)
            .bind(link.to_string())
            .bind(record.kind.name())
            .bind(record.id.as_str())
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Ends a hold now; the row stays, so that the next holder asks the CRM for the key.
    pub async fn release(
        &self,
        link: LinkId,
        holder: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.hold_until(link, holder, now).await.map(drop)
    }

    /// Lets a hold end at another moment. `false`: nobody of that name has the row, since somebody else took it over,
    /// or what it was held for is done.
    pub async fn hold_until(
        &self,
        link: LinkId,
        holder: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let held = on_writer!(&self.db, pool => sqlx::query(sql::LINK_HOLD)
            .bind(micros(until))
            .bind(link.to_string())
            .bind(holder)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(held == 1)
    }

    /// Takes back a row for which certainly nothing was written outward.
    pub async fn abandon(&self, link: LinkId, holder: &str) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::LINK_ABANDON)
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
        let kind = kind.claimed_as();
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

/// Inserts rows, sorted by key; answers the keys that were free.
async fn insert(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: Kind,
    wanted: &[&Reserve],
) -> Result<Vec<String>, StoreError> {
    let mut fresh = Vec::new();
    for part in parts(wanted) {
        let rows: Vec<(String,)> = on_tx!(tx, conn => {
            let mut query = sqlx::query_as(AssertSqlSafe(sql::link_insert(part.len())));
            for reserve in part {
                query = query
                    .bind(reserve.link.to_string())
                    .bind(tenant.as_str())
                    .bind(kind.name())
                    .bind(&reserve.identity_key)
                    .bind(&reserve.fingerprint)
                    .bind(&reserve.holder)
                    .bind(micros(reserve.held_until))
                    .bind(reserve.mailbox.to_string())
                    .bind(micros(reserve.now))
                    .bind(micros(reserve.now));
            }
            query.fetch_all(conn).await
        })?;
        fresh.extend(rows.into_iter().map(|(key,)| key));
    }
    Ok(fresh)
}

/// Takes over rows that are held no more, in the order of their keys; answers the keys taken.
async fn take(
    tx: &mut Tx,
    lock: &str,
    tenant: &TenantId,
    kind: Kind,
    wanted: &[&Reserve],
) -> Result<Vec<String>, StoreError> {
    let mut taken = Vec::new();
    let alike = |a: &&Reserve, b: &&Reserve| {
        (&a.holder, a.held_until, a.now) == (&b.holder, b.held_until, b.now)
    };
    for part in wanted
        .chunk_by(alike)
        .flat_map(|run| run.chunks(LONGEST_LIST))
    {
        let text = sql::link_take(&placeholders(6, part.len()), lock);
        let rows: Vec<(String,)> = on_tx!(tx, conn => {
            let mut query = sqlx::query_as(AssertSqlSafe(text))
                .bind(&part[0].holder)
                .bind(micros(part[0].held_until))
                .bind(micros(part[0].now))
                .bind(tenant.as_str())
                .bind(kind.name());
            for reserve in padded(part) {
                query = query.bind(&reserve.identity_key);
            }
            query.fetch_all(conn).await
        })?;
        taken.extend(rows.into_iter().map(|(key,)| key));
    }
    Ok(taken)
}

/// Reads the rows of several keys.
async fn read(
    tx: &mut Tx,
    tenant: &TenantId,
    kind: Kind,
    keys: &BTreeSet<&str>,
) -> Result<Vec<LinkRow>, StoreError> {
    let keys: Vec<&str> = keys.iter().copied().collect();
    let mut found = Vec::new();
    for part in keys.chunks(LONGEST_LIST) {
        let text = sql::links_by_keys(&placeholders(3, part.len()));
        let raws: Vec<RawLink> = on_tx!(tx, conn => {
            let mut query =
                sqlx::query_as(AssertSqlSafe(text)).bind(tenant.as_str()).bind(kind.name());
            for key in padded(part) {
                query = query.bind(*key);
            }
            query.fetch_all(conn).await
        })?;
        for raw in raws {
            found.push(raw.row()?);
        }
    }
    Ok(found)
}
