//! Traces: the last decision about each item, and why.

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, FromRow};
use ssi_domain::{ItemId, MailboxId, RecordId, RecordRef, SessionId, Trace};

use crate::{
    LinkTarget, Store, StoreError,
    convert::{from_json, instant, json, micros, parse},
    dialect::parts,
    page::last_of_each,
    pool::{Tx, on_pool, on_tx},
    statements::{self as sql, people},
};

/// A decision about an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceRow {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The item.
    pub item_id: ItemId,
    /// Its identity key, if it has a record.
    pub identity_key: Option<String>,
    /// What became of it.
    pub decision: String,
    /// The stable reason code.
    pub reason: String,
    /// Every rule that was asked.
    pub steps: Trace,
    /// The session that decided; `None`: a click.
    pub session: Option<SessionId>,
    /// When.
    pub at: Timestamp,
}

#[derive(FromRow)]
struct Raw {
    mailbox: String,
    item_id: String,
    identity_key: Option<String>,
    decision: String,
    reason: String,
    steps: String,
    session: Option<String>,
    at: i64,
}

impl Store {
    /// The last decision about an item.
    pub async fn trace_for_item(
        &self,
        mailbox: MailboxId,
        item: &ItemId,
    ) -> Result<Option<TraceRow>, StoreError> {
        let raw: Option<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::TRACE_FOR_ITEM)
            .bind(mailbox.to_string())
            .bind(item.as_str())
            .fetch_optional(pool)
            .await)?;
        raw.map(|raw| {
            Ok(TraceRow {
                mailbox: parse(&raw.mailbox, "mailbox id")?,
                item_id: ItemId::new(raw.item_id),
                identity_key: raw.identity_key,
                decision: raw.decision,
                reason: raw.reason,
                steps: from_json(&raw.steps, "trace")?,
                session: raw.session.map(|id| parse(&id, "session id")).transpose()?,
                at: instant(raw.at)?,
            })
        })
        .transpose()
    }

    /// The records that the items of a mailbox that were saved last became and are linked with, newest first, with
    /// when. Of one item its own record comes first; a record may be there more than once.
    pub async fn records_used_last(
        &self,
        mailbox: MailboxId,
        items: usize,
    ) -> Result<Vec<(Timestamp, RecordRef)>, StoreError> {
        let items = i64::try_from(items).unwrap_or(i64::MAX);
        let rows: Vec<(i64, Option<String>, Option<String>, String)> = on_pool!(&self.db, pool => {
            sqlx::query_as(people::LINKS_SAVED)
                .bind(mailbox.to_string())
                .bind(items)
                .fetch_all(pool)
                .await
        })?;
        let mut used = Vec::new();
        for (at, kind, id, targets) in rows {
            let at = instant(at)?;
            if let Some((kind, id)) = kind.zip(id) {
                let record = RecordRef {
                    kind: parse(&kind, "record kind")?,
                    id: RecordId::new(id),
                };
                used.push((at, record));
            }
            let targets: Vec<LinkTarget> = from_json(&targets, "link targets")?;
            used.extend(targets.into_iter().map(|target| (at, target.record)));
        }
        Ok(used)
    }
}

/// Puts traces; of several about one item the last one counts.
pub(crate) async fn put(tx: &mut Tx, rows: &[TraceRow]) -> Result<(), StoreError> {
    for part in parts(&last_of_each(rows, |row| {
        (row.mailbox, row.item_id.as_str().to_owned())
    })) {
        on_tx!(tx, conn => {
            let mut query = sqlx::query(AssertSqlSafe(sql::traces_put(part.len())));
            for row in part {
                query = query
                    .bind(row.mailbox.to_string())
                    .bind(row.item_id.as_str())
                    .bind(row.identity_key.as_deref())
                    .bind(&row.decision)
                    .bind(&row.reason)
                    .bind(json(&row.steps))
                    .bind(row.session.map(|id| id.to_string()))
                    .bind(micros(row.at));
            }
            query.execute(conn).await.map(drop)
        })?;
    }
    Ok(())
}
