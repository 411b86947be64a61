//! Links offered later: which stored items carry an address nobody was known for, and the parties that have
//! appeared for them since. Addresses lie here as keyed digests only (ARC-07).

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, FromRow};
use ssi_domain::{Kind, LinkId, MailboxId, RecordId, RecordRef, TenantId};
use uuid::Uuid;

use crate::{
    LinkTarget, Store, StoreError,
    convert::{from_json, instant, micros, parse},
    dialect::{LONGEST_LIST, padded, parts, placeholders},
    pool::{on_pool, on_tx, on_writer},
    statements::people as sql,
};

/// An address on a stored item that nobody was known for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAddress {
    /// Its keyed digest ([`Store::address_digest`]).
    pub digest: String,
    /// The link of the stored item.
    pub link: LinkId,
    /// The mailbox it was stored from.
    pub mailbox: MailboxId,
}

/// A stored item that waits for who stands behind an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The address, and which item.
    pub unknown: UnknownAddress,
    /// With what the item is linked already.
    pub targets: Vec<LinkTarget>,
}

/// A link to be offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOffer {
    /// Its id.
    pub id: Uuid,
    /// Whom it is offered to.
    pub mailbox: MailboxId,
    /// The link of the stored item.
    pub link: LinkId,
    /// The party that appeared.
    pub party: RecordRef,
    /// When it was found.
    pub at: Timestamp,
}

/// Where an offer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferState {
    /// Nobody has answered.
    Open,
    /// The user took it.
    Taken,
    /// The user refused it; it is not offered again.
    Refused,
}

/// An offered link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkOffer {
    /// Its id.
    pub id: Uuid,
    /// Whom it is offered to.
    pub mailbox: MailboxId,
    /// The link of the stored item.
    pub link: LinkId,
    /// The party that appeared.
    pub party: RecordRef,
    /// Where it stands.
    pub state: OfferState,
    /// When it was found.
    pub at: Timestamp,
}

/// What is known of the item of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedLink {
    /// The kind of the item.
    pub kind: Kind,
    /// Its identity key.
    pub identity_key: String,
    /// The record it was stored as, once it stands.
    pub record: Option<RecordRef>,
    /// With what it is linked.
    pub targets: Vec<LinkTarget>,
}

#[derive(FromRow)]
struct Raw {
    id: String,
    mailbox: String,
    link: String,
    record_kind: String,
    record_id: String,
    state: String,
    at: i64,
}

#[derive(FromRow)]
struct RawLink {
    kind: String,
    identity_key: String,
    record_kind: Option<String>,
    record_id: Option<String>,
    targets: String,
}

impl OfferState {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Taken => "taken",
            Self::Refused => "refused",
        }
    }
}

impl Raw {
    fn offer(self) -> Result<LinkOffer, StoreError> {
        Ok(LinkOffer {
            id: parse(&self.id, "offer id")?,
            mailbox: parse(&self.mailbox, "mailbox id")?,
            link: parse(&self.link, "link id")?,
            party: RecordRef {
                kind: parse(&self.record_kind, "record kind")?,
                id: RecordId::new(self.record_id),
            },
            state: match self.state.as_str() {
                "open" => OfferState::Open,
                "taken" => OfferState::Taken,
                "refused" => OfferState::Refused,
                _ => return Err(StoreError::Corrupt("state of an offer".into())),
            },
            at: instant(self.at)?,
        })
    }
}

impl Store {
    /// The digest under which an address is noted: it says nothing without the key.
    pub fn address_digest(&self, address: &str) -> String {
        let key = self.derived_key("address of a stored item");
        blake3::keyed_hash(&key, address.as_bytes())
            .to_hex()
            .to_string()
    }

    /// Notes addresses of stored items that nobody was known for.
    pub async fn note_unknown(
        &self,
        tenant: &TenantId,
        unknown: &[UnknownAddress],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if unknown.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        for part in parts(unknown) {
            on_tx!(&mut tx, conn => {
                let mut query = sqlx::query(AssertSqlSafe(sql::unknown_put(part.len())));
                for row in part {
                    query = query
                        .bind(tenant.as_str())
                        .bind(&row.digest)
                        .bind(row.link.to_string())
                        .bind(row.mailbox.to_string())
                        .bind(micros(now));
                }
                query.execute(conn).await.map(drop)
            })?;
        }
        tx.commit().await
    }

    /// The stored items that carry one of these addresses and nobody for it.
    pub async fn unknown_at(
        &self,
        tenant: &TenantId,
        digests: &[String],
    ) -> Result<Vec<Waiting>, StoreError> {
        let mut found = Vec::new();
        for part in digests.chunks(LONGEST_LIST) {
            let text = sql::unknown_links(&placeholders(2, part.len()));
            let rows: Vec<(String, String, String, String)> = on_pool!(&self.db, pool => {
                let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(tenant.as_str());
                for digest in padded(part) {
                    query = query.bind(digest);
                }
                query.fetch_all(pool).await
            })?;
            for (digest, link, mailbox, targets) in rows {
                let unknown = UnknownAddress {
                    digest,
                    link: parse(&link, "link id")?,
                    mailbox: parse(&mailbox, "mailbox id")?,
                };
                let targets = from_json(&targets, "link targets")?;
                found.push(Waiting { unknown, targets });
            }
        }
        Ok(found)
    }

    /// Forgets addresses noted before a time.
    pub async fn forget_unknown(&self, before: Timestamp) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::UNKNOWN_EXPIRE)
            .bind(micros(before))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Offers links. A party that was offered for a link before is not offered again, whatever was answered.
    pub async fn offer_links(&self, offers: &[NewOffer]) -> Result<(), StoreError> {
        if offers.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        for part in parts(offers) {
            on_tx!(&mut tx, conn => {
                let mut query = sqlx::query(AssertSqlSafe(sql::offers_put(part.len())));
                for offer in part {
                    query = query
                        .bind(offer.id.to_string())
                        .bind(offer.mailbox.to_string())
                        .bind(offer.link.to_string())
                        .bind(offer.party.kind.name())
                        .bind(offer.party.id.as_str())
                        .bind(OfferState::Open.name())
                        .bind(micros(offer.at));
                }
                query.execute(conn).await.map(drop)
            })?;
        }
        tx.commit().await
    }

    /// The open offers of a mailbox, oldest first, after a place in the list; `None`: from its start.
    pub async fn open_offers(
        &self,
        mailbox: MailboxId,
        after: Option<(Timestamp, Uuid)>,
        limit: usize,
    ) -> Result<Vec<LinkOffer>, StoreError> {
        let (at, id) = after.map_or((i64::MIN, String::new()), |(at, id)| {
            (micros(at), id.to_string())
        });
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::OFFERS_OPEN)
            .bind(mailbox.to_string())
            .bind(at)
            .bind(id)
            .bind(limit)
            .fetch_all(pool)
            .await)?;
        raws.into_iter().map(Raw::offer).collect()
    }

    /// An offer of a mailbox.
    pub async fn offer(
        &self,
        mailbox: MailboxId,
        id: Uuid,
    ) -> Result<Option<LinkOffer>, StoreError> {
        let raw: Option<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::OFFER_GET)
            .bind(id.to_string())
            .bind(mailbox.to_string())
            .fetch_optional(pool)
            .await)?;
        raw.map(Raw::offer).transpose()
    }

    /// Answers an open offer; `false` when it was answered before or is not this mailbox's.
    pub async fn settle_offer(
        &self,
        mailbox: MailboxId,
        id: Uuid,
        state: OfferState,
    ) -> Result<bool, StoreError> {
        let done = on_writer!(&self.db, pool => sqlx::query(sql::OFFER_SETTLE)
            .bind(state.name())
            .bind(id.to_string())
            .bind(mailbox.to_string())
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(done > 0)
    }

    /// The stored item of a link.
    pub async fn offered_link(&self, link: LinkId) -> Result<Option<OfferedLink>, StoreError> {
        let raw: Option<RawLink> = on_pool!(&self.db, pool => sqlx::query_as(sql::LINK_BY_ID)
            .bind(link.to_string())
            .fetch_optional(pool)
            .await)?;
        raw.map(|raw| {
            let record = match raw.record_kind.zip(raw.record_id) {
                Some((kind, id)) => Some(RecordRef {
                    kind: parse(&kind, "record kind")?,
                    id: RecordId::new(id),
                }),
                None => None,
            };
            Ok(OfferedLink {
                kind: parse(&raw.kind, "link kind")?,
                identity_key: raw.identity_key,
                record,
                targets: from_json(&raw.targets, "link targets")?,
            })
        })
        .transpose()
    }
}
