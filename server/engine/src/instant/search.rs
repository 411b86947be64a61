//! Finding records: the cards that belong to the open item, search by text, one record.

use ssi_domain::{
    Kind, MailboxId, ReasonCode, Record, RecordRef, Versioned,
    autolink::{is_known, rank},
    participant::{Standing as Place, participants},
    port::{CrmQuery, Hit, PartyHit, Shape},
};

use super::{Card, ItemKey};
use crate::{
    Engine, Error,
    transfer::{MOST_LOOKED_UP, looked_up},
};

/// Fewer characters find too much (SRCH-11).
const FEWEST_CHARACTERS: usize = 3;
const MOST_CHARACTERS: usize = 200;

impl Engine {
    /// The cards of the open item: records known by its addresses first, then unknown addresses, or a
    /// notice when there is nothing to save (SRCH-01…SRCH-09).
    pub async fn initial_search(
        &self,
        mailbox: MailboxId,
        key: &ItemKey,
    ) -> Result<Vec<Card>, Error> {
        let mut open = self.open_instant(mailbox).await?;
        let (item, _) = open.item(key, Shape::Headers).await?;
        let people = participants(&item.record, open.transfer.settings(), &open.row.address);
        let external: Vec<_> = people
            .iter()
            .filter(|p| p.standing == Place::External)
            .take(MOST_LOOKED_UP)
            .cloned()
            .collect();
        let link = self.link_of(&open, &item).await?;
        let linked = link.map(|link| link.targets).unwrap_or_default();
        if external.is_empty() && linked.is_empty() {
            let blocked = people.iter().find_map(|p| match p.standing {
                Place::BlockedByOrg => Some(ReasonCode::BlockedByOrg),
                Place::BlockedByUser => Some(ReasonCode::BlockedByUser),
                _ => None,
            });
            return Ok(vec![Card::Notice(
                blocked.unwrap_or(ReasonCode::InternalOnly),
            )]);
        }
        open.transfer.meet(looked_up(&external)).await?;
        let hits = open.transfer.behind(&external);
        let url = |record: &RecordRef| open.transfer.crm().link_for_people(record);
        let mut cards: Vec<Card> = Vec::new();
        let hidden = &open.transfer.settings().sidebar.hide;
        let shown = |hit: &&PartyHit| !hidden.contains(&hit.record.kind);
        for hit in rank(&external, &hits).into_iter().filter(shown) {
            cards.push(Card::Found {
                party: hit.clone(),
                linked: linked.iter().any(|target| target.record == hit.record),
                url: url(&hit.record),
            });
        }
        let shown = |record: &RecordRef, cards: &[Card]| {
            cards
                .iter()
                .any(|card| matches!(card, Card::Found { party, .. } if party.record == *record))
        };
        for target in &linked {
            if !shown(&target.record, &cards) {
                let party = self.bare_party(&open, &target.record).await?;
                cards.push(Card::Found {
                    party,
                    linked: true,
                    url: url(&target.record),
                });
            }
        }
        for person in &external {
            let key = person.key.as_deref();
            if !key.is_some_and(|key| is_known(key, &hits)) {
                cards.push(Card::Unknown(person.address.clone()));
            }
        }
        Ok(cards)
    }

    /// Records whose key fields contain the text, of each kind at most `limit` (SRCH-11).
    pub async fn search_records(
        &self,
        mailbox: MailboxId,
        kinds: &[Kind],
        text: &str,
        limit: usize,
    ) -> Result<Vec<(PartyHit, Option<String>)>, Error> {
        let text = text.trim();
        let length = text.chars().count();
        if !(FEWEST_CHARACTERS..=MOST_CHARACTERS).contains(&length) {
            let why = format!("send {FEWEST_CHARACTERS} to {MOST_CHARACTERS} characters");
            return Err(Error::Invalid {
                field: "query",
                why,
            });
        }
        let open = self.open_instant(mailbox).await?;
        let limit = limit.clamp(1, 100);
        let hidden = &open.transfer.settings().sidebar.hide;
        let queries: Vec<CrmQuery> = kinds
            .iter()
            .filter(|kind| !hidden.contains(kind))
            .map(|&kind| CrmQuery::Search {
                kind,
                text: text.to_owned(),
                limit,
            })
            .collect();
        let found = open.transfer.crm().find(&queries).await?;
        Ok(found
            .into_iter()
            .flatten()
            .filter_map(|hit| match hit {
                Hit::Party(party) if !party.obsolete => {
                    let url = open.transfer.crm().link_for_people(&party.record);
                    Some((party, url))
                }
                _ => None,
            })
            .collect())
    }

    /// One record with its fields.
    pub async fn record(
        &self,
        mailbox: MailboxId,
        record: &RecordRef,
    ) -> Result<(Versioned<Record>, Option<String>), Error> {
        let open = self.open_instant(mailbox).await?;
        let read = open
            .transfer
            .crm()
            .get(std::slice::from_ref(record))
            .await?;
        let found = read
            .into_iter()
            .next()
            .flatten()
            .ok_or(Error::NotFound { what: "record" })?;
        Ok((found, open.transfer.crm().link_for_people(record)))
    }

    /// A record that no address of the item led to, by the CRM's own fields (SRCH-08).
    async fn bare_party(
        &self,
        open: &super::open::Open,
        record: &RecordRef,
    ) -> Result<PartyHit, Error> {
        let read = open
            .transfer
            .crm()
            .get(std::slice::from_ref(record))
            .await?;
        let fields = read
            .into_iter()
            .next()
            .flatten()
            .map(|found| found.value)
            .unwrap_or_default();
        Ok(PartyHit {
            number: fields.text("number").to_owned(),
            name: fields.text("name").to_owned(),
            ..PartyHit::bare(record.clone())
        })
    }
}
