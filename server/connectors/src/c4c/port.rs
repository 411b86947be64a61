//! The CRM port, answered by C4C.

use async_trait::async_trait;
use ssi_domain::{
    Cursor, Kind, Record, RecordRef, Versioned,
    port::{Crm, CrmCapabilities, CrmQuery, CrmWrite, FeedPage, Hit, PortError, Written},
};

use super::tenant::C4c;

#[async_trait]
impl Crm for C4c {
    fn capabilities(&self) -> CrmCapabilities {
        let sizes = &self.shared.config.sizes;
        CrmCapabilities {
            put_batch: sizes.writes_per_batch,
            inline_attachment_bytes: sizes.inline_attachment_bytes,
        }
    }

    fn calls(&self) -> u64 {
        self.shared.service.calls()
    }

    async fn check(&self) -> Result<String, PortError> {
        self.signed_in_user().await
    }

    fn link_for_people(&self, record: &RecordRef) -> Option<String> {
        self.people_link(record)
    }

    async fn find(&self, queries: &[CrmQuery]) -> Result<Vec<Vec<Hit>>, PortError> {
        self.answer_all(queries).await
    }

    async fn get(&self, ids: &[RecordRef]) -> Result<Vec<Option<Versioned<Record>>>, PortError> {
        self.read_records(ids).await
    }

    async fn feed(&self, kind: Kind, cursor: Option<&Cursor>) -> Result<FeedPage, PortError> {
        self.read_feed(kind, cursor).await
    }

    async fn standing(&self, records: &[RecordRef]) -> Result<Vec<bool>, PortError> {
        self.read_standing(records).await
    }

    async fn totals(&self, kinds: &[Kind]) -> Result<Vec<Option<u64>>, PortError> {
        self.read_totals(kinds).await
    }

    async fn put(
        &self,
        writes: Vec<CrmWrite>,
    ) -> Result<Vec<Result<Written, PortError>>, PortError> {
        self.write_all(writes).await
    }
}
