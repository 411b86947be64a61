//! `RecordService`: finds and reads CRM records.

use ssi_domain::{Kind, Record, RecordRef, Versioned};
use ssi_engine::{Creation, FoundRecords};
use ssi_proto::v1::{
    self, CreateRecordRequest, CreateRecordResponse, GetRecordRequest, GetRecordResponse,
    PinRecordRequest, PinRecordResponse, PrefillRecordRequest, PrefillRecordResponse,
    SearchRecordsRequest, SearchRecordsResponse, UnpinRecordRequest, UnpinRecordResponse,
    record_service_server::RecordService,
};
use tonic::{Request, Response, Status};

use super::{Handlers, convert, draft, read, status};

/// Kinds that are searched when the request names none: all but employees and e-mails (SRCH-11).
const SEARCHED: [Kind; 10] = [
    Kind::Contact,
    Kind::Account,
    Kind::IndividualCustomer,
    Kind::Lead,
    Kind::Opportunity,
    Kind::Ticket,
    Kind::Task,
    Kind::Appointment,
    Kind::Visit,
    Kind::PhoneCall,
];
/// Most hits over all pages of one question; a person refines the text instead of turning more pages.
const MOST_HITS: usize = 200;

#[tonic::async_trait]
impl RecordService for Handlers {
    async fn search_records(
        &self,
        request: Request<SearchRecordsRequest>,
    ) -> Result<Response<SearchRecordsResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = match asked.mailbox.as_str() {
            "" => self.inner.access.main_mailbox(&caller),
            name => Ok(self.mailbox(&caller, "mailbox", name)?),
        };
        let mailbox = mailbox.map_err(status::denied)?;
        let size = read::page_size(asked.page_size, 20, 100)?;
        let mut kinds = read::kinds("kinds", &asked.kinds)?;
        if kinds.is_empty() {
            kinds.extend(SEARCHED);
        }
        let question = format!("{kinds:?} {}", asked.query.trim());
        let offset = read::offset_token(&asked.page_token, &question)?.min(MOST_HITS);
        let limit = (offset + size + 1).min(MOST_HITS);
        let engine = &self.inner.engine;
        let found = engine
            .search_records(mailbox.id, &kinds, &asked.query, limit)
            .await;
        let FoundRecords { hits, unsearched } = found.map_err(status::engine)?;
        let more = hits.len() > offset + size;
        let page = hits.into_iter().skip(offset).take(size);
        Ok(Response::new(SearchRecordsResponse {
            records: page.map(|(hit, url)| convert::party(hit, url)).collect(),
            next_page_token: match more {
                true => read::write_offset_token(offset + size, &question),
                false => String::new(),
            },
            unsearched_kinds: unsearched
                .into_iter()
                .map(|kind| convert::kind(kind).into())
                .collect(),
        }))
    }

    async fn pin_record(
        &self,
        request: Request<PinRecordRequest>,
    ) -> Result<Response<PinRecordResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        // Pinning twice changes nothing, so a repeated call needs no stored answer.
        read::request_id(&asked.request_id)?;
        let record = read::record("name", &asked.name)?;
        let pinned = self.inner.engine.pin(mailbox.id, &record).await;
        pinned.map_err(status::engine)?;
        Ok(Response::new(PinRecordResponse {}))
    }

    async fn unpin_record(
        &self,
        request: Request<UnpinRecordRequest>,
    ) -> Result<Response<UnpinRecordResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        read::request_id(&asked.request_id)?;
        let record = read::record("name", &asked.name)?;
        let unpinned = self.inner.engine.unpin(mailbox.id, &record).await;
        unpinned.map_err(status::engine)?;
        Ok(Response::new(UnpinRecordResponse {}))
    }

    async fn get_record(
        &self,
        request: Request<GetRecordRequest>,
    ) -> Result<Response<GetRecordResponse>, Status> {
        let caller = self.caller(&request)?;
        let key = read::record("name", &request.into_inner().name)?;
        let mailbox = self
            .inner
            .access
            .main_mailbox(&caller)
            .map_err(status::denied)?;
        let found = self
            .inner
            .engine
            .record(mailbox.id, &key)
            .await
            .map_err(status::engine)?;
        Ok(Response::new(GetRecordResponse {
            record: Some(describe(&key, found)),
        }))
    }

    async fn create_record(
        &self,
        request: Request<CreateRecordRequest>,
    ) -> Result<Response<CreateRecordResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        let wanted = draft::create(caller.scope(), asked)?;
        let made = self.inner.engine.create_record(mailbox.id, wanted).await;
        let answer = match made.map_err(status::engine)? {
            Creation::Made(made) => CreateRecordResponse {
                record: Some(convert::record(&made.record, made.url)),
                account: made.account.map(|account| convert::record(&account, None)),
                contact: made.contact.map(|contact| convert::record(&contact, None)),
                duplicates: Vec::new(),
                item_linked: made.linked,
            },
            Creation::Duplicates(found) => CreateRecordResponse {
                duplicates: found
                    .into_iter()
                    .map(|(hit, url)| convert::party(hit, url))
                    .collect(),
                ..CreateRecordResponse::default()
            },
        };
        Ok(Response::new(answer))
    }

    async fn prefill_record(
        &self,
        request: Request<PrefillRecordRequest>,
    ) -> Result<Response<PrefillRecordResponse>, Status> {
        let caller = self.caller(&request)?;
        let asked = request.into_inner();
        let mailbox = self.mailbox(&caller, "mailbox", &asked.mailbox)?;
        let keys = read::item_keys(&asked.item_id, &asked.internet_message_id)?;
        let kind = draft::kind("kind", asked.kind)?;
        let address = read::text("address", &asked.address, 1_000)?;
        let (engine, address) = (&self.inner.engine, &address);
        let found = super::add_in::by_either(keys, |key| async move {
            engine.prefill_record(mailbox.id, &key, kind, address).await
        });
        Ok(Response::new(PrefillRecordResponse {
            new_record: Some(draft::message(found.await.map_err(status::engine)?)),
        }))
    }
}

fn describe(key: &RecordRef, (found, url): (Versioned<Record>, Option<String>)) -> v1::Record {
    let fields = found.value;
    let first_of = |names: [&str; 2]| {
        let texts = names.map(|name| fields.text(name).to_owned());
        texts
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    };
    // Of people an address, of other records a text.
    let written = fields
        .addresses("email")
        .into_iter()
        .map(|one| one.address.as_str());
    let addresses = written
        .chain([fields.text("email")])
        .filter(|one| !one.is_empty());
    let addresses = addresses.map(str::to_lowercase);
    v1::Record {
        display_name: first_of(["name", "subject"]),
        number: first_of(["number", "id"]),
        email_addresses: addresses.collect(),
        ..convert::record(key, url)
    }
}
