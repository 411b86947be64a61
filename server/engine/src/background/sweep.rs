//! Looking which records are gone: deletions are not among a feed's changes.

use ssi_domain::{Kind, RecordRef, port::Crm};
use ssi_store::{Fenced, NewFiled};

use super::feed::{ASKED, Run};
use crate::Error;

/// Records of one question of the sweep.
const SWEPT: usize = 500;
/// Parties of the directory one sweep looks at, at least; the next one goes on behind them.
const PARTIES_SWEPT: usize = 5_000;
/// Of a large directory one sweep looks at this part, so that each party is looked at once in four days.
const SWEPT_PART: u64 = 96;
/// At most so many, so that a sweep of a million does not take the tenant's calls from people: 40 calls an hour.
const MOST_PARTIES_SWEPT: u64 = 20_000;

impl Run<'_> {
    /// Looks which parties of the directory are gone, a part of them each time. One that is missed goes only when a
    /// read of its id finds nothing as well (INV-5).
    pub(super) async fn sweep_parties(&mut self, crm: &dyn Crm) -> Result<(), Error> {
        let store = &self.engine.parts.store;
        let part = store.directory_size(self.tenant).await? / SWEPT_PART;
        let part = usize::try_from(part.min(MOST_PARTIES_SWEPT)).unwrap_or(PARTIES_SWEPT);
        let part = part.max(PARTIES_SWEPT);
        let parties = store.parties_to_sweep(self.tenant, part).await?;
        for part in parties.chunks(SWEPT) {
            if !self.still_ours().await? {
                return Ok(());
            }
            self.report.swept += part.len() as u64;
            let standing = crm.standing(part).await?;
            let missed = part.iter().zip(standing).filter(|(_, stands)| !stands);
            let missed: Vec<RecordRef> = missed.map(|(record, _)| record.clone()).collect();
            for some in missed.chunks(ASKED) {
                let read = crm.get(some).await?;
                for (record, _) in some.iter().zip(read).filter(|(_, found)| found.is_none()) {
                    store.drop_party(self.tenant, record).await?;
                }
            }
        }
        let last = parties.last().filter(|_| parties.len() == part);
        store.set_swept(self.tenant, last).await?;
        Ok(())
    }

    /// Looks which mirrored records are gone; the mailboxes confirm it by reading (INV-5).
    pub(super) async fn sweep(&mut self, crm: &dyn Crm) -> Result<(), Error> {
        let store = &self.engine.parts.store;
        let mut after = None;
        loop {
            let records = store
                .mirrored_records(self.tenant, after.as_ref(), SWEPT)
                .await?;
            let Some(last) = records.last() else {
                return Ok(());
            };
            if !self.still_ours().await? {
                return Ok(());
            }
            after = Some(last.clone());
            self.report.swept += records.len() as u64;
            let standing = crm.standing(&records).await?;
            let mut filed = Vec::new();
            let gone = records.into_iter().zip(standing);
            for (record, _) in gone.filter(|(_, stands)| !stands) {
                let mirrors = store.mirrors_of_record(self.tenant, &record).await?;
                filed.extend(mirrors.into_iter().map(NewFiled::doubt));
            }
            if filed.is_empty() {
                continue;
            }
            self.report.filed += filed.len() as u64;
            let fenced = store
                .file(
                    self.tenant,
                    self.lease,
                    Kind::Appointment,
                    None,
                    filed,
                    self.now,
                )
                .await?;
            if fenced == Fenced::Lost {
                return Ok(());
            }
        }
    }
}
