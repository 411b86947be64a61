//! The report of what was made for unknown attendees (RES-01).

use jiff::Timestamp;
use sqlx::FromRow;
use ssi_domain::{Kind, LinkId, MailboxId, RecordId, RecordRef, TenantId};

use crate::{
    Store, StoreError,
    convert::{instant, micros, parse},
    pool::{on_pool, on_writer},
    statements::people as sql,
};

/// A record that was made for an unknown attendee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeParty {
    /// The reservation of its address or domain.
    pub link: LinkId,
    /// The mailbox whose session made it.
    pub mailbox: MailboxId,
    /// The record: a Lead, a Contact or an Account.
    pub record: RecordRef,
    /// The kind of the event it was made for.
    pub for_kind: Kind,
    /// The identity key of that event.
    pub for_key: String,
    /// When.
    pub made_at: Timestamp,
}

#[derive(FromRow)]
struct Raw {
    link: String,
    mailbox: String,
    record_kind: String,
    record_id: String,
    for_kind: String,
    for_key: String,
    made_at: i64,
}

impl Store {
    /// Notes that a record was made. Noting it twice changes nothing.
    pub async fn note_made(&self, tenant: &TenantId, made: &MadeParty) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::MADE_PUT)
            .bind(made.link.to_string())
            .bind(tenant.as_str())
            .bind(made.mailbox.to_string())
            .bind(made.record.kind.name())
            .bind(made.record.id.as_str())
            .bind(made.for_kind.name())
            .bind(&made.for_key)
            .bind(micros(made.made_at))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// What the sessions of a mailbox made, newest first, before a place in the list; `None`: from its start.
    pub async fn made_parties(
        &self,
        mailbox: MailboxId,
        before: Option<(Timestamp, LinkId)>,
        limit: usize,
    ) -> Result<Vec<MadeParty>, StoreError> {
        self.made(sql::MADE_OF_MAILBOX, &mailbox.to_string(), before, limit)
            .await
    }

    /// What the sessions of all mailboxes of a tenant made, as [`Store::made_parties`].
    pub async fn made_of_tenant(
        &self,
        tenant: &TenantId,
        before: Option<(Timestamp, LinkId)>,
        limit: usize,
    ) -> Result<Vec<MadeParty>, StoreError> {
        self.made(sql::MADE_OF_TENANT, tenant.as_str(), before, limit)
            .await
    }

    async fn made(
        &self,
        text: &'static str,
        of: &str,
        before: Option<(Timestamp, LinkId)>,
        limit: usize,
    ) -> Result<Vec<MadeParty>, StoreError> {
        let (at, link) = before.map_or((i64::MAX, String::new()), |(at, link)| {
            (micros(at), link.to_string())
        });
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(text)
            .bind(of)
            .bind(at)
            .bind(link)
            .bind(limit)
            .fetch_all(pool)
            .await)?;
        raws.into_iter().map(Raw::made).collect()
    }
}

impl Raw {
    fn made(self) -> Result<MadeParty, StoreError> {
        Ok(MadeParty {
            link: parse(&self.link, "link id")?,
            mailbox: parse(&self.mailbox, "mailbox id")?,
            record: RecordRef {
                kind: parse(&self.record_kind, "record kind")?,
                id: RecordId::new(self.record_id),
            },
            for_kind: parse(&self.for_kind, "kind of event")?,
            for_key: self.for_key,
            made_at: instant(self.made_at)?,
        })
    }
}
