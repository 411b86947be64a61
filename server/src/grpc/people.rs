//! `PeopleService`: blocklists, created parties, offered links.

use ssi_domain::LinkId;
use ssi_engine::{Blocked, Layer, PreviewedChange};
use ssi_proto::name;
use ssi_proto::v1::{
    self, AnswerLinkOfferRequest, AnswerLinkOfferResponse, BlocklistEntry, ListBlocklistRequest,
    ListBlocklistResponse, ListCreatedPartiesRequest, ListCreatedPartiesResponse,
    ListLinkOffersRequest, ListLinkOffersResponse, PreviewBlocklistRequest,
    PreviewBlocklistResponse, UpdateBlocklistRequest, UpdateBlocklistResponse,
    people_service_server::PeopleService,
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Handlers, convert, read, status};
use crate::auth::Denied;

/// Rows of a page when the request does not say, and at most.
const ROWS: usize = 50;
const MOST_ROWS: usize = 200;

#[tonic::async_trait]
impl PeopleService for Handlers {
    async fn list_blocklist(
        &self,
        request: Request<ListBlocklistRequest>,
    ) -> Result<Response<ListBlocklistResponse>, Status> {
        let caller = self.caller(&request)?;
        let mailbox = self.mailbox(&caller, "mailbox", &request.into_inner().mailbox)?;
        let list = self.inner.engine.blocklist(mailbox.id).await;
        let entries = list.map_err(status::engine)?.into_iter().map(entry);
        Ok(Response::new(ListBlocklistResponse {
            entries: entries.collect(),
        }))
    }

    async fn preview_blocklist(
        &self,
        request: Request<PreviewBlocklistRequest>,
    ) -> Result<Response<PreviewBlocklistResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        let engine = &self.inner.engine;
        let preview = engine
            .preview_blocklist(mailbox.id, &asked.add, &asked.remove)
            .await
            .map_err(status::engine)?;
        Ok(Response::new(PreviewBlocklistResponse {
            changes: preview.changes.into_iter().map(change).collect(),
            looked_at: i32::try_from(preview.looked_at).unwrap_or(i32::MAX),
            is_cut: preview.cut,
        }))
    }

    async fn update_blocklist(
        &self,
        request: Request<UpdateBlocklistRequest>,
    ) -> Result<Response<UpdateBlocklistResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        // Setting the same entries again changes nothing, so a repeated call needs no stored answer.
        read::request_id(&asked.request_id)?;
        let engine = &self.inner.engine;
        let list = engine
            .edit_blocklist(mailbox.id, &asked.add, &asked.remove)
            .await;
        let entries = list.map_err(status::engine)?.into_iter().map(entry);
        Ok(Response::new(UpdateBlocklistResponse {
            entries: entries.collect(),
        }))
    }

    async fn list_created_parties(
        &self,
        request: Request<ListCreatedPartiesRequest>,
    ) -> Result<Response<ListCreatedPartiesResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        let size = read::page_size(asked.page_size, ROWS, MOST_ROWS)?;
        let before = read::row_token::<LinkId>(&asked.page_token)?;
        let store = self.inner.engine.store();
        let access = &self.inner.access;
        let rows = if asked.whole_tenant {
            if !access.administers(&caller, &mailbox.tenant) {
                return Err(status::denied(Denied::NotYours));
            }
            store
                .made_of_tenant(&mailbox.tenant, before, size + 1)
                .await
        } else {
            store.made_parties(mailbox.id, before, size + 1).await
        };
        let mut rows = rows.map_err(|error| status::engine(error.into()))?;
        let more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| more);
        Ok(Response::new(ListCreatedPartiesResponse {
            next_page_token: next
                .map(|row| read::write_row_token(row.made_at, row.link))
                .unwrap_or_default(),
            parties: rows
                .into_iter()
                .map(|row| {
                    let maker = access.by_id(row.mailbox);
                    v1::CreatedParty {
                        record: Some(convert::record(&row.record, None)),
                        event_kind: convert::kind(row.for_kind).into(),
                        create_time: Some(convert::time(row.made_at)),
                        mailbox: maker
                            .map(|one| name::mailbox(&one.address))
                            .unwrap_or_default(),
                    }
                })
                .collect(),
        }))
    }

    async fn list_link_offers(
        &self,
        request: Request<ListLinkOffersRequest>,
    ) -> Result<Response<ListLinkOffersResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        let size = read::page_size(asked.page_size, ROWS, MOST_ROWS)?;
        let after = read::row_token::<Uuid>(&asked.page_token)?;
        let engine = &self.inner.engine;
        let offers = engine.link_offers(mailbox.id, after, size + 1).await;
        let mut offers = offers.map_err(status::engine)?;
        let more = offers.len() > size;
        offers.truncate(size);
        let next = offers.last().filter(|_| more);
        Ok(Response::new(ListLinkOffersResponse {
            next_page_token: next
                .map(|one| read::write_row_token(one.offer.at, one.offer.id))
                .unwrap_or_default(),
            offers: offers
                .into_iter()
                .map(|one| v1::LinkOffer {
                    offer_id: one.offer.id.to_string(),
                    record: Some(convert::record(&one.record, None)),
                    party: Some(convert::record(&one.offer.party, None)),
                    create_time: Some(convert::time(one.offer.at)),
                })
                .collect(),
        }))
    }

    async fn answer_link_offer(
        &self,
        request: Request<AnswerLinkOfferRequest>,
    ) -> Result<Response<AnswerLinkOfferResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        read::request_id(&asked.request_id)?;
        let id: Uuid = read::id("offer_id", &asked.offer_id)?;
        let engine = &self.inner.engine;
        let answered = engine.answer_offer(mailbox.id, id, asked.take).await;
        answered.map_err(status::engine)?;
        Ok(Response::new(AnswerLinkOfferResponse {}))
    }
}

fn entry(blocked: Blocked) -> BlocklistEntry {
    use v1::blocklist_entry::Layer as Wire;
    let layer = match blocked.layer {
        Layer::Corporate => Wire::Corporate,
        Layer::Organization => Wire::Organization,
        Layer::User => Wire::User,
    };
    BlocklistEntry {
        entry: blocked.entry,
        layer: layer.into(),
        removable: blocked.removable,
    }
}

fn change(change: PreviewedChange) -> v1::BlocklistChange {
    let record = |record: ssi_domain::RecordRef| convert::record(&record, None);
    v1::BlocklistChange {
        item_id: change.item.as_str().to_owned(),
        saved: change.saved,
        code: change.code.as_str().to_owned(),
        link_before: change.before.map(record),
        link_after: change.after.map(record),
    }
}
