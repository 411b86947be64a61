//! Noticing that a party has appeared for an address of an item that was stored without it. Only noticed:
//! a person takes the offer or refuses it.

use std::collections::HashMap;

use ssi_domain::{
    LinkId,
    participant::{Participant, Standing},
    port::PartyHit,
};
use ssi_store::{NewOffer, UnknownAddress};

use super::Transfer;
use crate::Error;

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
                let digest = store.address_digest(key);
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
        let digests: Vec<String> = known.keys().cloned().collect();
        let waiting = store.unknown_at(&self.row.tenant, &digests).await?;
        let offers: Vec<NewOffer> = waiting
            .into_iter()
            .take(MOST_OFFERS)
            .filter_map(|waiting| {
                Some(NewOffer {
                    id: self.parts.ids.uuid(),
                    mailbox: waiting.mailbox,
                    link: waiting.link,
                    party: known.get(&waiting.digest)?.record.clone(),
                    at: now,
                })
            })
            .collect();
        store.offer_links(&offers).await?;
        Ok(())
    }
}
