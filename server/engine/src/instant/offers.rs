//! Links offered later: a party appeared for an address of a stored item. Taken or refused by a person, never
//! made silently.

use ssi_domain::{MailboxId, RecordRef};
use ssi_store::{LinkOffer, LinkTarget, OfferState, Origin};
use uuid::Uuid;

use crate::{Engine, Error};

/// An offer with the record it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedParty {
    /// The offer.
    pub offer: LinkOffer,
    /// The stored record.
    pub record: RecordRef,
}

impl Engine {
    /// The open offers of a mailbox, oldest first, after a place in the list. Those whose link somebody made by hand
    /// meanwhile are left out.
    pub async fn link_offers(
        &self,
        mailbox: MailboxId,
        after: Option<(jiff::Timestamp, Uuid)>,
        limit: usize,
    ) -> Result<Vec<OfferedParty>, Error> {
        let store = &self.parts.store;
        let mut found = Vec::new();
        for offer in store.open_offers(mailbox, after, limit).await? {
            let Some(link) = store.offered_link(offer.link).await? else {
                continue;
            };
            let linked = link.targets.iter().any(|one| one.record == offer.party);
            if let (Some(record), false) = (link.record, linked) {
                found.push(OfferedParty { offer, record });
            }
        }
        Ok(found)
    }

    /// Makes the offered link, as one a person made, or refuses it.
    pub async fn answer_offer(
        &self,
        mailbox: MailboxId,
        id: Uuid,
        take: bool,
    ) -> Result<(), Error> {
        let store = &self.parts.store;
        let gone = Error::NotFound { what: "offer" };
        let Some(offer) = store.offer(mailbox, id).await? else {
            return Err(gone);
        };
        let wanted = match take {
            true => OfferState::Taken,
            false => OfferState::Refused,
        };
        if offer.state != OfferState::Open {
            return if offer.state == wanted {
                Ok(())
            } else {
                Err(gone)
            };
        }
        if take {
            let link = store.offered_link(offer.link).await?;
            let Some(record) = link.and_then(|link| link.record) else {
                return Err(gone);
            };
            let mut open = self.open_instant(mailbox).await?;
            let party = std::slice::from_ref(&offer.party);
            open.transfer.change_links(&record, party, &[]).await?;
            let target = LinkTarget {
                record: offer.party.clone(),
                origin: Origin::Hand,
            };
            store.add_targets(offer.link, &[target]).await?;
        }
        store.settle_offer(mailbox, id, wanted).await?;
        Ok(())
    }
}
