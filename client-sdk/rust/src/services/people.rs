//! `PeopleService`: blocklists, created parties, offered links.

use ssi_proto::v1::{
    AnswerLinkOfferRequest, BlocklistEntry, CreatedParty, LinkOffer, ListBlocklistRequest,
    ListCreatedPartiesRequest, ListLinkOffersRequest, PreviewBlocklistRequest,
    PreviewBlocklistResponse, UpdateBlocklistRequest, people_service_client::PeopleServiceClient,
};

use super::{Page, call, handle};
use crate::Error;

handle! {
    /// Says who is left out, who was made and whom to link later.
    People, PeopleServiceClient
}

impl People {
    /// The blocklist in force for `mailboxes/{address}`.
    ///
    /// # Errors
    /// [`Error::Refused`] for a mailbox that is not the caller's.
    pub async fn blocklist(
        &self,
        mailbox: impl Into<String>,
    ) -> Result<Vec<BlocklistEntry>, Error> {
        let request = ListBlocklistRequest {
            mailbox: mailbox.into(),
        };
        Ok(call!(self, list_blocklist, request)?.entries)
    }

    /// What an edit of the blocklist would change; stores nothing.
    ///
    /// # Errors
    /// [`Error::Refused`] with field violations for an entry that names nobody.
    pub async fn preview_blocklist(
        &self,
        request: PreviewBlocklistRequest,
    ) -> Result<PreviewBlocklistResponse, Error> {
        call!(self, preview_blocklist, request)
    }

    /// Changes the user's own layer; answers the list in force.
    ///
    /// # Errors
    /// [`Error::Refused`] with field violations for entries of other layers and for what names nobody.
    pub async fn update_blocklist(
        &self,
        mut request: UpdateBlocklistRequest,
    ) -> Result<Vec<BlocklistEntry>, Error> {
        request.request_id = self.core.request_id(request.request_id);
        Ok(call!(self, update_blocklist, request)?.entries)
    }

    /// Records made for unknown attendees, newest first.
    ///
    /// # Errors
    /// [`Error::Refused`] with field violations for a bad page token.
    pub async fn created_parties(
        &self,
        request: ListCreatedPartiesRequest,
    ) -> Result<Page<CreatedParty>, Error> {
        let answer = call!(self, list_created_parties, request)?;
        Ok(Page::new(answer.parties, answer.next_page_token))
    }

    /// Links that are offered, oldest first.
    ///
    /// # Errors
    /// [`Error::Refused`] with field violations for a bad page token.
    pub async fn link_offers(
        &self,
        request: ListLinkOffersRequest,
    ) -> Result<Page<LinkOffer>, Error> {
        let answer = call!(self, list_link_offers, request)?;
        Ok(Page::new(answer.offers, answer.next_page_token))
    }

    /// Takes or refuses an offered link.
    ///
    /// # Errors
    /// [`Error::Refused`] with reason `offer_not_found`.
    pub async fn answer_link_offer(
        &self,
        mut request: AnswerLinkOfferRequest,
    ) -> Result<(), Error> {
        request.request_id = self.core.request_id(request.request_id);
        call!(self, answer_link_offer, request).map(drop)
    }
}
