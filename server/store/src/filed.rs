//! Filed changes: what the feed found out for a mailbox, until a session has looked into it.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, FromRow};
use ssi_domain::{Kind, MailboxId, RecordId, RecordRef, TenantId, Version};

use crate::{
    MirrorRow, Store, StoreError,
    convert::{instant, micros, parse},
    dialect::{LONGEST_LIST, padded, parts, placeholders},
    page::last_of_each,
    pool::{Tx, on_pool, on_tx, on_writer},
    statements::mirror as sql,
};

/// Names one filed change. A newer version of the record is another change: whoever strikes this one off while
/// the newer one is being filed does not lose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FiledId {
    mailbox: MailboxId,
    number: i64,
}

/// A change of a record that a mailbox has to look into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledRow {
    /// Its id.
    pub id: FiledId,
    /// The record.
    pub record: RecordRef,
    /// The version it has; empty when a sweep missed a record of which nothing was filed before.
    pub version: Version,
    /// The identity key it carries; empty when it carries none.
    pub identity_key: String,
    /// A sweep missed the record: it may be gone, which only a read of its id can tell (INV-5).
    pub gone: bool,
    /// Not earlier than this.
    pub not_before: Timestamp,
    /// How often it was put off.
    pub attempts: i32,
}

/// A change to file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NewFiled {
    /// The mailbox it concerns.
    pub mailbox: MailboxId,
    /// The record.
    pub record: RecordRef,
    /// Its version; not looked at when it is gone.
    pub version: Version,
    /// The identity key it carries; empty when it carries none or it is not known.
    pub identity_key: String,
    /// A sweep missed it.
    pub gone: bool,
}

impl NewFiled {
    /// The record of a pair may be gone: to be confirmed by a read (INV-5).
    pub fn doubt(mirror: MirrorRow) -> Self {
        Self {
            mailbox: mirror.mailbox,
            record: mirror.record,
            version: Version::new(""),
            identity_key: mirror.identity_key,
            gone: true,
        }
    }
}

#[derive(FromRow)]
struct Raw {
    mailbox: String,
    number: i64,
    record_kind: String,
    record_id: String,
    version: String,
    identity_key: String,
    gone: i64,
    not_before: i64,
    attempts: i64,
}

impl Store {
    /// The filed changes of a mailbox whose time has come, longest waiting first.
    pub async fn filed(
        &self,
        mailbox: MailboxId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<FiledRow>, StoreError> {
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::FILED)
            .bind(mailbox.to_string())
            .bind(micros(now))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await)?;
        raws.into_iter()
            .map(|raw| {
                Ok(FiledRow {
                    id: FiledId {
                        mailbox: parse(&raw.mailbox, "mailbox id")?,
                        number: raw.number,
                    },
                    record: RecordRef {
                        kind: parse(&raw.record_kind, "record kind")?,
                        id: RecordId::new(raw.record_id),
                    },
                    version: Version::new(raw.version),
                    identity_key: raw.identity_key,
                    gone: raw.gone != 0,
                    not_before: instant(raw.not_before)?,
                    attempts: i32::try_from(raw.attempts).unwrap_or(i32::MAX),
                })
            })
            .collect()
    }

    /// Leaves a filed change alone until then, and counts the attempt.
    pub async fn put_off_filed(&self, id: FiledId, until: Timestamp) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::FILED_PUT_OFF)
            .bind(id.mailbox.to_string())
            .bind(id.number)
            .bind(micros(until))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}

impl Store {
    /// Lets the other mailboxes that a record was filed under look into it now, done or not: one mailbox lets the
    /// record go, and another one takes it on (CAL-55).
    pub async fn hand_on(
        &self,
        tenant: &TenantId,
        record: &RecordRef,
        from: MailboxId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let others: Vec<(String,)> = on_pool!(&self.db, pool => sqlx::query_as(sql::FILED_ELSEWHERE)
            .bind(tenant.as_str())
            .bind(record.kind.name())
            .bind(record.id.as_str())
            .bind(from.to_string())
            .fetch_all(pool)
            .await)?;
        // One row at a time: nothing is held while the next one is waited for.
        for (mailbox,) in others {
            on_writer!(&self.db, pool => sqlx::query(sql::FILED_AGAIN)
                .bind(&mailbox)
                .bind(record.kind.name())
                .bind(record.id.as_str())
                .bind(micros(now))
                .execute(pool)
                .await
                .map(drop))?;
            let mailbox: MailboxId = parse(&mailbox, "mailbox id")?;
            let mut tx = self.db.begin().await?;
            crate::feed::wake(&mut tx, &[mailbox], now).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// The changes that say nothing new: their mailbox mirrors the record at this very version, mostly because it
/// was our own write that changed it.
pub(crate) async fn agreed<'a>(
    tx: &mut Tx,
    tenant: &TenantId,
    rows: &'a [NewFiled],
) -> Result<HashSet<&'a NewFiled>, StoreError> {
    let mut asked: HashMap<Kind, BTreeSet<&str>> = HashMap::new();
    for row in rows
        .iter()
        .filter(|row| !row.gone && !row.version.as_str().is_empty())
    {
        asked
            .entry(row.record.kind)
            .or_default()
            .insert(row.record.id.as_str());
    }
    let mut known = HashSet::new();
    for (kind, ids) in asked {
        let ids: Vec<&str> = ids.into_iter().collect();
        for part in ids.chunks(LONGEST_LIST) {
            let text = sql::mirrors_agreed(&placeholders(3, part.len()));
            let found: Vec<(String, String, String)> = on_tx!(tx, conn => {
                let mut query = sqlx::query_as(AssertSqlSafe(text))
                    .bind(tenant.as_str())
                    .bind(kind.name());
                for id in padded(part) {
                    query = query.bind(*id);
                }
                query.fetch_all(conn).await
            })?;
            for (mailbox, id, version) in found {
                let mailbox: MailboxId = parse(&mailbox, "mailbox id")?;
                known.insert((mailbox, kind, id, version));
            }
        }
    }
    let is_known = |row: &&NewFiled| {
        let (record, version) = (&row.record, row.version.to_string());
        !row.gone && known.contains(&(row.mailbox, record.kind, record.id.to_string(), version))
    };
    Ok(rows.iter().filter(is_known).collect())
}

/// Files changes under the numbers after `last`; answers the mailboxes for which something is new, each once.
pub(crate) async fn put(
    tx: &mut Tx,
    rows: &[&NewFiled],
    last: i64,
    now: Timestamp,
) -> Result<Vec<MailboxId>, StoreError> {
    let rows = last_of_each(rows, |row| (row.mailbox, row.record.clone()));
    let numbered: Vec<(i64, &NewFiled)> = (last + 1..).zip(rows.into_iter().copied()).collect();
    let mut woken = BTreeSet::new();
    for part in parts(&numbered) {
        let found: Vec<(String,)> = on_tx!(tx, conn => {
            let mut query = sqlx::query_as(AssertSqlSafe(sql::filed_put(part.len())));
            for (number, row) in part {
                query = query
                    .bind(row.mailbox.to_string())
                    .bind(row.record.kind.name())
                    .bind(row.record.id.as_str())
                    .bind(number)
                    .bind(row.version.as_str())
                    .bind(&row.identity_key)
                    .bind(i64::from(row.gone))
                    .bind(micros(now));
            }
            query.fetch_all(conn).await
        })?;
        for (mailbox,) in found {
            woken.insert(parse(&mailbox, "mailbox id")?);
        }
    }
    Ok(woken.into_iter().collect())
}

/// Strikes off what is done for a mailbox.
pub(crate) async fn strike_off(
    tx: &mut Tx,
    mailbox: MailboxId,
    done: &[FiledId],
    now: Timestamp,
) -> Result<(), StoreError> {
    let own = done.iter().filter(|id| id.mailbox == mailbox);
    let numbers: Vec<i64> = own.map(|id| id.number).collect();
    for part in numbers.chunks(LONGEST_LIST) {
        let text = sql::filed_done(&placeholders(3, part.len()));
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text))
                .bind(micros(now))
                .bind(mailbox.to_string());
            for number in padded(part) {
                query = query.bind(*number);
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}
