//! Notices of the CRM: they change when something is read, never what is decided (INV-21).

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use ssi_domain::{Kind, RecordId, TenantId, port::Notice};
use ssi_store::NewFiled;

use crate::{Engine, Error};

/// Notices come in swarms: the feed waits this long for the rest of one.
const GATHERED: SignedDuration = SignedDuration::from_secs(2);

impl Engine {
    /// Takes notices in: the tenant's changes are read soon, and a record that is said to be gone and that somebody
    /// mirrors is read by the sessions concerned. What is not mirrored leaves nothing behind.
    pub async fn notices(&self, tenant: &TenantId, notices: &[Notice]) -> Result<(), Error> {
        if notices.is_empty() {
            return Ok(());
        }
        let now = self.parts.clock.now();
        let store = &self.parts.store;
        let mut gone: BTreeMap<Kind, BTreeSet<&RecordId>> = BTreeMap::new();
        for record in notices
            .iter()
            .filter(|notice| notice.gone)
            .flat_map(|notice| &notice.records)
        {
            gone.entry(record.kind).or_default().insert(&record.id);
        }
        let mut doubts = Vec::new();
        for (kind, ids) in gone {
            let ids: Vec<&RecordId> = ids.into_iter().collect();
            let mirrors = store.mirrors_of_records(tenant, kind, &ids).await?;
            doubts.extend(mirrors.into_iter().map(NewFiled::doubt));
        }
        if !doubts.is_empty() {
            store.file_doubts(tenant, &doubts, now).await?;
        }
        store.hint_feed(tenant, now + GATHERED).await?;
        // Sessions that are due start at once; the feed is seen by the next poll.
        self.wake.notify_one();
        Ok(())
    }
}
