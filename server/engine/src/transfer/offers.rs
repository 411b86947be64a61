//! Noticing that a party has appeared for an address of an item that was stored without it. Only noticed:
//! a person takes the offer or refuses it.

use std::collections::HashMap;

use ssi_domain::{
    LinkId, RecordRef, TenantId,
    autolink::{LINKED_KINDS, mailbox_key},
    directory::Party,
    participant::{Participant, Standing},
    port::PartyHit,
};
use ssi_store::{NewOffer, UnknownAddress};

use super::Transfer;
use crate::{Error, Parts};

/// Offers made at once, at most; the next item with the address makes the rest.
const MOST_OFFERS: usize = 500;

impl Transfer {
    /// Notes the addresses of stored items that nobody is known for, and offers to older items those who are
    /// known by now.
    pub(super) async fn notice(
        &mut self,
        stored: &[(LinkId, Vec<Participant>)],
    ) -> Result<(), Error> {
        let store = self.parts.store.clone();
        let now = self.parts.clock.now();
        let mut unknown = Vec::new();
        let mut known: HashMap<String, PartyHit> = HashMap::new();
        for (link, people) in stored {
            for person in people
                .iter()
                .filter(|one| one.standing == Standing::External)
            {
                let Some(key) = person.key.as_deref() else {
                    continue;
                };
                let hits = self.behind(std::slice::from_ref(person));
                let ranked = ssi_domain::autolink::rank(std::slice::from_ref(person), &hits);
                let digest = store.address_digest(&mailbox_key(key));
                match ranked.into_iter().find(|hit| hit.found_by.is_own()) {
                    Some(hit) => {
                        known.insert(digest, hit.clone());
                    }
                    None => unknown.push(UnknownAddress {
                        digest,
                        link: *link,
                        mailbox: self.row.id,
                    }),
                }
            }
        }
        store.note_unknown(&self.row.tenant, &unknown, now).await?;
        let known = known.into_iter().map(|(digest, hit)| (digest, hit.record));
        offer(&self.parts, &self.row.tenant, known.collect()).await
    }
}

/// Offers parties that have appeared to the items that were stored without them, by the addresses the feed tells of
/// them (LNK-10). Who stands under an address first by the order of kinds is offered (LNK-05).
pub(crate) async fn offer_appeared(
    parts: &Parts,
    tenant: &TenantId,
    parties: &[&Party],
) -> Result<(), Error> {
    let mut known: HashMap<String, RecordRef> = HashMap::new();
    let place = |record: &RecordRef| LINKED_KINDS.iter().position(|kind| *kind == record.kind);
    for party in parties {
        if party.obsolete || place(&party.record).is_none() {
            continue;
        }
        for address in &party.addresses {
            let digest = parts.store.address_digest(&mailbox_key(address));
            let better = |other: &RecordRef| place(other) <= place(&party.record);
            if !known.get(&digest).is_some_and(better) {
                known.insert(digest, party.record.clone());
            }
        }
    }
    offer(parts, tenant, known).await
}

/// Offers what is known by now under digests of addresses to the items that wait for them. An offer that was made
/// before is not made again, nor is one for an item that is linked with the party already: a hand was quicker.
async fn offer(
    parts: &Parts,
    tenant: &TenantId,
    known: HashMap<String, RecordRef>,
) -> Result<(), Error> {
    let now = parts.clock.now();
    let digests: Vec<String> = known.keys().cloned().collect();
    let waiting = parts.store.unknown_at(tenant, &digests).await?;
    let new = waiting.into_iter().filter_map(|waiting| {
        let party = known.get(&waiting.unknown.digest)?;
        let mut linked = waiting.targets.iter();
        (!linked.any(|target| target.record == *party)).then(|| NewOffer {
            id: parts.ids.uuid(),
            mailbox: waiting.unknown.mailbox,
            link: waiting.unknown.link,
            party: party.clone(),
            at: now,
        })
    });
    let new: Vec<NewOffer> = new.take(MOST_OFFERS).collect();
    parts.store.offer_links(&new).await?;
    Ok(())
}
