//! `RecordService`: finding and reading CRM records.

use ssi_proto::v1::{
    CreateRecordRequest, CreateRecordResponse, GetRecordRequest, NewRecord, PinRecordRequest,
    PrefillRecordRequest, Record, SearchRecordsRequest, SearchRecordsResponse, UnpinRecordRequest,
    record_service_client::RecordServiceClient,
};

use super::{Page, call, handle, required};
use crate::Error;

handle! {
    /// Finds and reads CRM records on behalf of the caller.
    Records, RecordServiceClient
}

impl Records {
    /// Finds records by what people type, at least 3 characters; an empty query gives what changed last. Kinds the
    /// CRM could not be asked for are left out; [`Records::search_all`] says which.
    ///
    /// # Errors
    /// [`Error::Refused`] with field violations for a short query or a bad page token.
    pub async fn search(&self, request: SearchRecordsRequest) -> Result<Page<Record>, Error> {
        let answer = call!(self, search_records, request)?;
        Ok(Page::new(answer.records, answer.next_page_token))
    }

    /// [`Records::search`] with the kinds that could not be searched.
    ///
    /// # Errors
    /// As [`Records::search`].
    pub async fn search_all(
        &self,
        request: SearchRecordsRequest,
    ) -> Result<SearchRecordsResponse, Error> {
        call!(self, search_records, request)
    }

    /// Pins a record for a mailbox, `mailboxes/{address}`: its card comes first.
    ///
    /// # Errors
    /// [`Error::Refused`] when too many are pinned, or for a mailbox of somebody else.
    pub async fn pin(
        &self,
        mailbox: impl Into<String>,
        record: impl Into<String>,
    ) -> Result<(), Error> {
        let request = PinRecordRequest {
            mailbox: mailbox.into(),
            name: record.into(),
            request_id: self.core.request_id(String::new()),
        };
        call!(self, pin_record, request).map(drop)
    }

    /// Takes a pin away.
    ///
    /// # Errors
    /// [`Error::Refused`] for a mailbox of somebody else.
    pub async fn unpin(
        &self,
        mailbox: impl Into<String>,
        record: impl Into<String>,
    ) -> Result<(), Error> {
        let request = UnpinRecordRequest {
            mailbox: mailbox.into(),
            name: record.into(),
            request_id: self.core.request_id(String::new()),
        };
        call!(self, unpin_record, request).map(drop)
    }

    /// Reads one record by its name, `records/{kind}/{record}`. `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Refused`] for a name that is not one.
    pub async fn get(&self, name: impl Into<String>) -> Result<Option<Record>, Error> {
        match call!(self, get_record, GetRecordRequest { name: name.into() }) {
            Ok(answer) => required(answer.record, "record").map(Some),
            Err(error) if error.reason() == Some("record_not_found") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates a record, and an account inside it first. Set a `request_id`: a repeated call then gives the first
    /// answer. `duplicates` in the answer means that nothing was written yet.
    ///
    /// # Errors
    /// [`Error::Refused`] with one violation per field that cannot be used.
    pub async fn create(
        &self,
        request: CreateRecordRequest,
    ) -> Result<CreateRecordResponse, Error> {
        call!(self, create_record, request)
    }

    /// Fills in a new record from what an item says about a person on it.
    ///
    /// # Errors
    /// [`Error::Refused`] when there is no such item or person.
    pub async fn prefill(&self, request: PrefillRecordRequest) -> Result<NewRecord, Error> {
        let answer = call!(self, prefill_record, request)?;
        required(answer.new_record, "new_record")
    }
}
