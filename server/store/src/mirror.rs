//! Mirrors: one mailbox's side of a pair of item and record that are kept in step, with what both sides last
//! agreed on.

use std::{collections::BTreeMap, str::FromStr};

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, FromRow};
use ssi_domain::{ItemId, Kind, LinkId, MailboxId, RecordId, RecordRef, TenantId, Version};

pub use ssi_domain::mirror::Origin;

use crate::{
    Store, StoreError,
    convert::{from_json, instant, json, micros, parse},
    dialect::{LONGEST_LIST, padded, parts, placeholders},
    page::last_of_each,
    pool::{Tx, on_pool, on_tx},
    statements::{links_lock, mirror as sql},
};

/// How far a pair is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MirrorState {
    /// It is kept in step.
    Active,
    /// Its category was taken off: remembered, so that it is not taken for new (INV-19).
    Released,
    /// One side was deleted: remembered, so that the other side does not bring it back.
    Ended,
}

const STATES: [(MirrorState, &str); 3] = [
    (MirrorState::Active, "active"),
    (MirrorState::Released, "released"),
    (MirrorState::Ended, "ended"),
];

impl MirrorState {
    fn name(self) -> &'static str {
        let found = STATES.iter().find(|(state, _)| *state == self);
        found.map_or("", |(_, name)| name)
    }
}

impl FromStr for MirrorState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let found = STATES.iter().find(|(_, name)| *name == text);
        found.map(|(state, _)| *state).ok_or(())
    }
}

/// One mailbox's side of a mirrored pair. A link has one of them per mailbox, and an item belongs to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorRow {
    /// The link of item and record, over all mailboxes.
    pub link: LinkId,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The kind of record.
    pub kind: Kind,
    /// The key of the link.
    pub identity_key: String,
    /// The item's id in this mailbox.
    pub item: ItemId,
    /// The record.
    pub record: RecordRef,
    /// Where the pair was born (CAL-51, CAL-52).
    pub origin: Origin,
    /// How far it is.
    pub state: MirrorState,
    /// Whether this mailbox writes for the record (CAL-37). Of all mailboxes at most one does while its mirror
    /// is active: who comes later is put as not writing, unless the first one hands over in the same page.
    pub writer: bool,
    /// The item's version when both sides agreed.
    pub item_version: Version,
    /// The record's version when both sides agreed; empty when unknown.
    pub record_version: Version,
    /// Digests of what both sides agreed on, as JSON (ARC-07: no values).
    pub baseline: serde_json::Value,
    /// When it was written last.
    pub updated_at: Timestamp,
}

#[derive(FromRow)]
struct Raw {
    mailbox: String,
    link: String,
    kind: String,
    identity_key: String,
    item_id: String,
    record_kind: String,
    record_id: String,
    origin: String,
    state: String,
    writer: i64,
    item_version: String,
    record_version: String,
    baseline: String,
    updated_at: i64,
}

impl Raw {
    fn row(self) -> Result<MirrorRow, StoreError> {
        Ok(MirrorRow {
            link: parse(&self.link, "mirror link")?,
            mailbox: parse(&self.mailbox, "mailbox id")?,
            kind: parse(&self.kind, "mirror kind")?,
            identity_key: self.identity_key,
            item: ItemId::new(self.item_id),
            record: RecordRef {
                kind: parse(&self.record_kind, "record kind")?,
                id: RecordId::new(self.record_id),
            },
            origin: match self.origin.as_str() {
                "mail" => Origin::Mail,
                "crm" => Origin::Crm,
                _ => return Err(StoreError::Corrupt("mirror origin".into())),
            },
            state: parse(&self.state, "mirror state")?,
            writer: self.writer != 0,
            item_version: Version::new(self.item_version),
            record_version: Version::new(self.record_version),
            baseline: from_json(&self.baseline, "mirror baseline")?,
            updated_at: instant(self.updated_at)?,
        })
    }
}

impl Store {
    /// The mirrors of several items of a mailbox, in no particular order.
    pub async fn mirrors_by_items(
        &self,
        mailbox: MailboxId,
        items: &[ItemId],
    ) -> Result<Vec<MirrorRow>, StoreError> {
        let items: Vec<&str> = items.iter().map(ItemId::as_str).collect();
        self.mirrors_by("item_id", mailbox, &items).await
    }

    /// The mirrors of several records in a mailbox, in no particular order.
    pub async fn mirrors_by_records(
        &self,
        mailbox: MailboxId,
        records: &[RecordRef],
    ) -> Result<Vec<MirrorRow>, StoreError> {
        let ids: Vec<&str> = records.iter().map(|record| record.id.as_str()).collect();
        let mut found = self.mirrors_by("record_id", mailbox, &ids).await?;
        found.retain(|row| records.contains(&row.record));
        Ok(found)
    }

    /// The mirrors of several keys in a mailbox, of one kind or of all, in no particular order.
    pub async fn mirrors_by_keys(
        &self,
        mailbox: MailboxId,
        kind: Option<Kind>,
        keys: &[String],
    ) -> Result<Vec<MirrorRow>, StoreError> {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let mut found = self.mirrors_by("identity_key", mailbox, &keys).await?;
        found.retain(|row| kind.is_none_or(|kind| row.kind == kind));
        Ok(found)
    }

    /// The mirrors of single occurrences of a series, whose keys are the series' key, `#` and when they stood
    /// originally; in no particular order.
    pub async fn mirrors_of_series(
        &self,
        mailbox: MailboxId,
        key: &str,
    ) -> Result<Vec<MirrorRow>, StoreError> {
        // `$` is the character after `#`.
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::MIRRORS_OF_SERIES)
            .bind(mailbox.to_string())
            .bind(format!("{key}#"))
            .bind(format!("{key}$"))
            .fetch_all(pool)
            .await)?;
        raws.into_iter().map(Raw::row).collect()
    }

    async fn mirrors_by(
        &self,
        column: &'static str,
        mailbox: MailboxId,
        values: &[&str],
    ) -> Result<Vec<MirrorRow>, StoreError> {
        let mut values = values.to_vec();
        values.sort_unstable();
        values.dedup();
        let mut found = Vec::new();
        for part in values.chunks(LONGEST_LIST) {
            let text = sql::mirrors_by(column, &placeholders(2, part.len()));
            let raws: Vec<Raw> = on_pool!(&self.db, pool => {
                let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(mailbox.to_string());
                for value in padded(part) {
                    query = query.bind(*value);
                }
                query.fetch_all(pool).await
            })?;
            for raw in raws {
                found.push(raw.row()?);
            }
        }
        Ok(found)
    }

    /// The mirrors of a record in all mailboxes of a tenant.
    pub async fn mirrors_of_record(
        &self,
        tenant: &TenantId,
        record: &RecordRef,
    ) -> Result<Vec<MirrorRow>, StoreError> {
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::MIRRORS_OF_RECORD)
            .bind(tenant.as_str())
            .bind(record.kind.name())
            .bind(record.id.as_str())
            .fetch_all(pool)
            .await)?;
        raws.into_iter().map(Raw::row).collect()
    }

    /// The mirrors of records of a kind in all mailboxes of a tenant, in the order of the records.
    pub async fn mirrors_of_records(
        &self,
        tenant: &TenantId,
        kind: Kind,
        records: &[&RecordId],
    ) -> Result<Vec<MirrorRow>, StoreError> {
        let mut rows = Vec::new();
        for part in records.chunks(LONGEST_LIST) {
            let text = sql::mirrors_of_records(&placeholders(3, part.len()));
            let raws: Vec<Raw> = on_pool!(&self.db, pool => {
                let mut query = sqlx::query_as(AssertSqlSafe(text))
                    .bind(tenant.as_str())
                    .bind(kind.name());
                for record in padded(part) {
                    query = query.bind(record.as_str());
                }
                query.fetch_all(pool).await
            })?;
            for raw in raws {
                rows.push(raw.row()?);
            }
        }
        Ok(rows)
    }

    /// The mirrors of a mailbox in the order of their links; `after` is the last one of the previous page.
    pub async fn mirrors_page(
        &self,
        mailbox: MailboxId,
        after: Option<LinkId>,
        limit: usize,
    ) -> Result<Vec<MirrorRow>, StoreError> {
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::MIRRORS_PAGE)
            .bind(mailbox.to_string())
            .bind(after.map_or_else(String::new, |link| link.to_string()))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await)?;
        raws.into_iter().map(Raw::row).collect()
    }

    /// How many active mirrors a mailbox has.
    pub async fn count_mirrors(&self, mailbox: MailboxId) -> Result<u64, StoreError> {
        let (count,): (i64,) = on_pool!(&self.db, pool => sqlx::query_as(sql::MIRRORS_COUNT)
            .bind(mailbox.to_string())
            .fetch_one(pool)
            .await)?;
        Ok(count.unsigned_abs())
    }

    /// How many active mirrors of each kind a mailbox has.
    pub async fn mirrors_by_kind(
        &self,
        mailbox: MailboxId,
    ) -> Result<BTreeMap<Kind, u64>, StoreError> {
        let rows: Vec<(String, i64)> = on_pool!(&self.db, pool => sqlx::query_as(sql::MIRRORS_BY_KIND)
            .bind(mailbox.to_string())
            .fetch_all(pool)
            .await)?;
        rows.into_iter()
            .map(|(kind, count)| Ok((parse(&kind, "mirror kind")?, count.unsigned_abs())))
            .collect()
    }

    /// The records that are actively mirrored in some mailbox of a tenant, each once, by kind and id; `after`
    /// is the last one of the previous page.
    pub async fn mirrored_records(
        &self,
        tenant: &TenantId,
        after: Option<&RecordRef>,
        limit: usize,
    ) -> Result<Vec<RecordRef>, StoreError> {
        let rows: Vec<(String, String)> = on_pool!(&self.db, pool => {
            sqlx::query_as(sql::MIRRORED_RECORDS)
                .bind(tenant.as_str())
                .bind(after.map_or("", |record| record.kind.name()))
                .bind(after.map_or("", |record| record.id.as_str()))
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter()
            .map(|(kind, id)| {
                Ok(RecordRef {
                    kind: parse(&kind, "record kind")?,
                    id: RecordId::new(id),
                })
            })
            .collect()
    }
}

/// Locks the links of mirrors in the order of their keys, so that of pages which are about to write for the
/// same record the second sees what the first has written.
pub(crate) async fn lock_links(
    tx: &mut Tx,
    rows: &[MirrorRow],
    lock: &str,
) -> Result<(), StoreError> {
    let mut links: Vec<LinkId> = rows.iter().map(|row| row.link).collect();
    links.sort_unstable();
    links.dedup();
    // A list is locked in the order of its keys, several lists are not: a page has fewer links than one takes.
    for part in links.chunks(LONGEST_LIST) {
        let text = links_lock(&placeholders(1, part.len()), lock);
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text));
            for link in padded(part) {
                query = query.bind(link.to_string());
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

/// Gives an item that moved its new id, with its issue and what it still owes.
pub(crate) async fn rename(
    tx: &mut Tx,
    mailbox: MailboxId,
    old: &ItemId,
    new: &ItemId,
) -> Result<(), StoreError> {
    if old == new {
        return Ok(());
    }
    for text in [
        sql::MIRROR_MAKE_ROOM,
        sql::MIRROR_RENAME,
        sql::FOLLOW_UPS_RENAME,
        sql::ISSUE_RENAME,
    ] {
        on_tx!(tx, conn => sqlx::query(text)
            .bind(mailbox.to_string())
            .bind(old.as_str())
            .bind(new.as_str())
            .execute(conn)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Forgets mirrors.
pub(crate) async fn forget(
    tx: &mut Tx,
    mailbox: MailboxId,
    links: &[LinkId],
) -> Result<(), StoreError> {
    let links: Vec<String> = links.iter().map(LinkId::to_string).collect();
    drop_by(tx, "link", mailbox, &links).await
}

async fn drop_by(
    tx: &mut Tx,
    column: &'static str,
    mailbox: MailboxId,
    values: &[String],
) -> Result<(), StoreError> {
    for part in values.chunks(LONGEST_LIST) {
        let text = sql::mirrors_drop(column, &placeholders(2, part.len()));
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text)).bind(mailbox.to_string());
            for value in padded(part) {
                query = query.bind(value);
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

/// Puts the mirrors of a mailbox, in place of those that their links or items had. Of rows of other mailboxes,
/// for which no lease is held, only the writer is written: that is what a hand-over changes. Who would write
/// for a record that another mailbox still writes for does not (CAL-37). The links are locked.
pub(crate) async fn put(
    tx: &mut Tx,
    mailbox: MailboxId,
    rows: &[MirrorRow],
) -> Result<(), StoreError> {
    let (own, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.mailbox == mailbox);
    for row in others {
        set_writer(tx, row).await?;
    }
    let own = last_of_each(&own, |row| row.link);
    let own: Vec<&MirrorRow> = last_of_each(&own, |row| row.item.as_str().to_owned())
        .into_iter()
        .map(|row| **row)
        .collect();
    let items: Vec<String> = own.iter().map(|row| row.item.to_string()).collect();
    drop_by(tx, "item_id", mailbox, &items).await?;
    for part in parts(&own) {
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(sql::mirrors_put(part.len())));
            for row in part {
                query = query
                    .bind(row.mailbox.to_string())
                    .bind(row.link.to_string())
                    .bind(row.link.to_string())
                    .bind(row.kind.name())
                    .bind(&row.identity_key)
                    .bind(row.item.as_str())
                    .bind(row.record.kind.name())
                    .bind(row.record.id.as_str())
                    .bind(origin_name(row.origin))
                    .bind(row.state.name())
                    .bind(i64::from(row.writer))
                    .bind(row.item_version.as_str())
                    .bind(row.record_version.as_str())
                    .bind(json(&row.baseline))
                    .bind(micros(row.updated_at));
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    one_writer(tx, mailbox, &own).await
}

async fn one_writer(
    tx: &mut Tx,
    mailbox: MailboxId,
    rows: &[&MirrorRow],
) -> Result<(), StoreError> {
    // Several mailboxes may hold one party, each in step with the CRM (CON-10); its copies have no organizer.
    let writes = |row: &&&MirrorRow| {
        row.writer && row.state == MirrorState::Active && !row.record.kind.is_mirrored_party()
    };
    let links: Vec<LinkId> = rows.iter().filter(writes).map(|row| row.link).collect();
    for part in links.chunks(LONGEST_LIST) {
        let text = sql::mirrors_one_writer(&placeholders(2, part.len()));
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(text)).bind(mailbox.to_string());
            for link in padded(part) {
                query = query.bind(link.to_string());
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}

async fn set_writer(tx: &mut Tx, row: &MirrorRow) -> Result<(), StoreError> {
    on_tx!(tx, conn => sqlx::query(sql::MIRROR_SET_WRITER)
        .bind(row.mailbox.to_string())
        .bind(row.link.to_string())
        .bind(i64::from(row.writer))
        .execute(conn)
        .await
        .map(drop))?;
    Ok(())
}

fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Mail => "mail",
        Origin::Crm => "crm",
    }
}
