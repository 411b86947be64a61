//! The tenant's feed: what changed in the CRM is read once per tenant and filed under the mailboxes it
//! concerns. Its cost does not depend on the number of mailboxes.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use ssi_domain::{
    Cursor, Kind, MIRRORED_KINDS, MailboxId, PARTY_KINDS, RecordId, RecordRef, TenantId,
    participant::normalize,
    port::{Crm, CrmQuery, FeedRow, Hit, Lane, PortError},
};
use ssi_store::{
    FeedLease, Fenced, FillStep, MailboxRow, MirrorRow, MirrorState, NewFeedPage, NewFiled,
};

use crate::{Engine, Error, transfer::offer_appeared};

/// The kinds the feed reads, one question each.
const FED: [Kind; 9] = [
    Kind::Appointment,
    Kind::Visit,
    Kind::PhoneCall,
    Kind::Task,
    Kind::Contact,
    Kind::Account,
    Kind::IndividualCustomer,
    Kind::Lead,
    Kind::Employee,
];

/// How often a tenant is asked for changes.
const EVERY: SignedDuration = SignedDuration::from_mins(5);
/// How soon after a reading notices may bring the next one.
const HINTED_EVERY: SignedDuration = SignedDuration::from_secs(15);
/// How often it is asked whether mirrored records still stand: deletions are not among its changes.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// How long a feed may take before another node takes over.
const LEASE: SignedDuration = SignedDuration::from_mins(10);
/// Pages of one kind per run; the rest comes with the next one (INV-19).
const MOST_PAGES: usize = 500;
/// Records of one question.
pub(super) const ASKED: usize = 100;

/// What a run of the feed did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FeedReport {
    /// Changes read.
    pub changes: u64,
    /// Changes filed under mailboxes.
    pub filed: u64,
    /// Records looked at by the sweep.
    pub swept: u64,
}

impl Engine {
    /// Runs the feeds that are due on this node.
    pub(super) async fn feeds(&self) {
        let now = self.parts.clock.now();
        let due = match self.parts.store.feed_due(now, 16).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "due feeds could not be read; trying again");
                return;
            }
        };
        for tenant in due {
            if let Err(error) = self.feed(&tenant, false).await {
                tracing::warn!(tenant = %tenant, %error, "the changes of the CRM could not be read");
            }
        }
    }

    /// Reads a tenant's changes now, if nobody else does. `sweep`: also looks now for what was deleted.
    pub async fn feed(&self, tenant: &TenantId, sweep: bool) -> Result<FeedReport, Error> {
        let now = self.parts.clock.now();
        let store = &self.parts.store;
        let claimed = store
            .claim_feed(tenant, &self.parts.node, now, now + LEASE)
            .await?;
        let Some(lease) = claimed else {
            return Ok(FeedReport::default());
        };
        let swept_at = store.feed_state(tenant).await?.swept_at;
        let sweep = sweep || swept_at.is_none_or(|at| now >= at + SWEEP_EVERY);
        let mut run = Run {
            engine: self,
            tenant,
            lease: &lease,
            now,
            mailboxes: store.mailboxes_of_tenant(tenant).await?,
            report: FeedReport::default(),
            behind: false,
        };
        let worked = run.work(sweep).await;
        let next = match &worked {
            Err(Error::Port(PortError::Wait { after, .. })) => now + *after,
            // A first reading of many pages goes on at once.
            Ok(()) if run.behind => now,
            _ => now + EVERY,
        };
        let hint_from = match &worked {
            Ok(()) => next.min(self.parts.clock.now() + HINTED_EVERY),
            // A pause that was asked for is kept, whatever notices say (INV-19).
            Err(_) => next,
        };
        let swept = sweep && worked.is_ok();
        store
            .finish_feed(tenant, &lease, now, next, hint_from, swept)
            .await?;
        let report = run.report;
        self.measure(tenant).await?;
        worked?;
        self.wake.notify_one();
        Ok(report)
    }

    /// Shows how far the directory is: records read, of how many, and whether it answers for the kind.
    async fn measure(&self, tenant: &TenantId) -> Result<(), Error> {
        for fill in self.parts.store.directory_state(tenant).await? {
            let of = [
                ("tenant", tenant.as_str().to_owned()),
                ("kind", fill.kind.name().to_owned()),
            ];
            // Counts of records are far below what a float holds exactly.
            let number = |count: u64| u32::try_from(count).map_or(f64::MAX, f64::from);
            metrics::gauge!("ssi_directory_seen", &of).set(number(fill.seen));
            if let Some(total) = fill.total {
                metrics::gauge!("ssi_directory_total", &of).set(number(total));
            }
            let filled = if fill.filled_at.is_some() { 1.0 } else { 0.0 };
            metrics::gauge!("ssi_directory_filled", &of).set(filled);
        }
        Ok(())
    }
}

/// One run.
pub(super) struct Run<'a> {
    pub(super) engine: &'a Engine,
    pub(super) tenant: &'a TenantId,
    pub(super) lease: &'a FeedLease,
    pub(super) now: Timestamp,
    pub(super) mailboxes: Vec<MailboxRow>,
    pub(super) report: FeedReport,
    /// Whether pages are left for the next run.
    pub(super) behind: bool,
}

impl Run<'_> {
    async fn work(&mut self, sweep: bool) -> Result<(), Error> {
        let crm = self
            .engine
            .parts
            .backends
            .crm(self.tenant, Lane::Background)
            .await?;
        let store = &self.engine.parts.store;
        let found = self.learn_owners(crm.as_ref()).await?;
        let changed = self.changed_settings().await?;
        if found || !changed.is_empty() {
            // Changes that were read before concern somebody new, or come down by other settings now: all are
            // read again. They are hints, and what is known is passed over.
            for kind in FED.into_iter().filter(|kind| self.mirrored(*kind)) {
                store.drop_feed_cursor(self.tenant, kind).await?;
            }
        }
        for (mailbox, digest) in changed {
            store.set_down_digest(mailbox, &digest).await?;
        }
        let mut cursors: HashMap<Kind, Cursor> =
            store.feed_cursors(self.tenant).await?.into_iter().collect();
        for kind in FED {
            if !self.wanted(kind) {
                continue;
            }
            let cursor = cursors.remove(&kind);
            match self.changes(crm.as_ref(), kind, cursor).await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                // A tenant that does not offer one kind still has the others (INV-14).
                Err(Error::Port(error @ PortError::Blocked { .. })) => {
                    tracing::warn!(tenant = %self.tenant, %kind, %error, "changes of one kind cannot be read");
                }
                Err(error) => return Err(error),
            }
        }
        if sweep {
            self.sweep(crm.as_ref()).await?;
            self.count(crm.as_ref()).await?;
            self.sweep_parties(crm.as_ref()).await?;
        }
        Ok(())
    }

    /// Finds out who the owners of the mailboxes are to the CRM; `true`: one was found.
    async fn learn_owners(&mut self, crm: &dyn Crm) -> Result<bool, Error> {
        let unknown: Vec<String> = self
            .mailboxes
            .iter()
            .filter(|row| row.employee.is_none())
            .filter_map(|row| normalize(&row.address))
            .collect();
        let mut found = false;
        for addresses in unknown.chunks(ASKED) {
            let query = CrmQuery::PartiesByAddress {
                kinds: vec![Kind::Employee],
                addresses: addresses.to_vec(),
            };
            for hit in crm.find(&[query]).await?.into_iter().flatten() {
                let Hit::Party(hit) = hit else { continue };
                let mut owners = self.mailboxes.iter_mut();
                let owner =
                    owners.find(|row| normalize(&row.address).as_ref() == Some(&hit.address));
                if let Some(row) = owner.filter(|_| !hit.obsolete && !hit.number.is_empty()) {
                    let store = &self.engine.parts.store;
                    store.set_employee(row.id, Some(&hit.number)).await?;
                    row.employee = Some(hit.number);
                    found = true;
                }
            }
        }
        Ok(found)
    }

    /// The mailboxes whose settings say now that other records come down than when the changes were read last, with
    /// the digest of these settings.
    async fn changed_settings(&self) -> Result<Vec<(MailboxId, String)>, Error> {
        let parts = &self.engine.parts;
        let known = parts.store.down_digests(self.tenant).await?;
        let mut changed = Vec::new();
        for row in &self.mailboxes {
            let said = parts.backends.settings(row).mirror.comes_down();
            let digest = blake3::hash(said.as_bytes()).to_hex()[..32].to_owned();
            if known.get(&row.id) != Some(&digest) {
                changed.push((row.id, digest));
            }
        }
        Ok(changed)
    }

    /// Keeps the feed ours while it is read for long; `false`: another node has it by now.
    pub(super) async fn still_ours(&self) -> Result<bool, Error> {
        let until = self.engine.parts.clock.now() + LEASE;
        let store = &self.engine.parts.store;
        Ok(store.renew_feed(self.tenant, self.lease, until).await?)
    }

    /// Whether the kind is read: for somebody who mirrors it, or for the directory.
    fn wanted(&self, kind: Kind) -> bool {
        let party = PARTY_KINDS.contains(&kind) && !self.mailboxes.is_empty();
        party || self.mirrored(kind)
    }

    /// Whether some mailbox mirrors the kind.
    fn mirrored(&self, kind: Kind) -> bool {
        let settings = |row| self.engine.parts.backends.settings(row);
        let mut mailboxes = self.mailboxes.iter();
        mailboxes.any(|row| settings(row).mirror.mirrors(kind))
    }

    /// Files the changes of a kind; `false`: another node took over.
    async fn changes(
        &mut self,
        crm: &dyn Crm,
        kind: Kind,
        mut cursor: Option<Cursor>,
    ) -> Result<bool, Error> {
        for _ in 0..MOST_PAGES {
            if !self.still_ours().await? {
                return Ok(false);
            }
            let page = match crm.feed(kind, cursor.as_ref()).await {
                // From the beginning: rows are hints, what is known is passed over.
                Err(PortError::CursorLost { .. }) if cursor.is_some() => {
                    cursor = None;
                    continue;
                }
                other => other?,
            };
            self.report.changes += page.rows.len() as u64;
            let filed = self.concerned(kind, &page.rows).await?;
            self.report.filed += filed.len() as u64;
            let fill = PARTY_KINDS.contains(&kind).then_some(FillStep {
                first: cursor.is_none(),
                seen: page.rows.len() as u64,
                total: page.total,
                last: !page.more,
            });
            let parties = page.rows.iter().filter_map(|row| row.party.as_deref());
            let parties: Vec<_> = parties.collect();
            // Before the cursor moves: what is offered twice is offered once.
            offer_appeared(&self.engine.parts, self.tenant, &parties).await?;
            let parties = page.rows.into_iter().filter_map(|row| row.party);
            let stored = NewFeedPage {
                kind,
                cursor: Some(page.cursor.clone()),
                rows: filed,
                parties: parties.map(|party| *party).collect(),
                fill,
            };
            let store = &self.engine.parts.store;
            let fenced = store
                .file_page(self.tenant, self.lease, stored, self.now)
                .await?;
            if fenced == Fenced::Lost {
                return Ok(false);
            }
            cursor = Some(page.cursor);
            if !page.more {
                return Ok(true);
            }
        }
        self.behind = true;
        Ok(true)
    }

    /// Changes under the mailboxes they concern: those that mirror the record, and its owner's and organizer's.
    async fn concerned(&self, kind: Kind, rows: &[FeedRow]) -> Result<Vec<NewFiled>, Error> {
        let mut filed = Vec::new();
        if !self.mirrored(kind) {
            return Ok(filed);
        }
        let store = &self.engine.parts.store;
        let ids: BTreeSet<&RecordId> = rows.iter().map(|row| &row.record.id).collect();
        let ids: Vec<&RecordId> = ids.into_iter().collect();
        let mirrors = store.mirrors_of_records(self.tenant, kind, &ids).await?;
        let mut known: HashMap<&RecordRef, Vec<&MirrorRow>> = HashMap::new();
        for mirror in &mirrors {
            known.entry(&mirror.record).or_default().push(mirror);
        }
        let shares = |mailbox: &&MailboxRow| {
            let settings = self.engine.parts.backends.settings(mailbox);
            settings.mirror.shared(kind)
        };
        let sharing: Vec<MailboxId> = self
            .mailboxes
            .iter()
            .filter(shares)
            .map(|row| row.id)
            .collect();
        for row in rows {
            let known = known
                .get(&row.record)
                .map(Vec::as_slice)
                .unwrap_or_default();
            for mailbox in self.concerned_by(row, known, &sharing) {
                filed.push(NewFiled {
                    mailbox,
                    record: row.record.clone(),
                    version: row.version.clone(),
                    identity_key: row.identity_key.clone(),
                    gone: false,
                });
            }
        }
        Ok(filed)
    }

    fn concerned_by(
        &self,
        row: &FeedRow,
        known: &[&MirrorRow],
        sharing: &[MailboxId],
    ) -> Vec<MailboxId> {
        let mut concerned: Vec<MailboxId> = known
            .iter()
            .filter(|mirror| mirror.writer || mirror.state == MirrorState::Active)
            .map(|mirror| mirror.mailbox)
            .collect();
        // Also where another mailbox writes for it: the CRM may have given it to somebody else (CAL-55). Who writes is
        // decided by the sessions.
        let owners = self.mailboxes.iter().filter(|mailbox| {
            let number = mailbox.employee.as_deref();
            number.is_some_and(|number| row.concerns.iter().any(|one| one == number))
        });
        concerned.extend(owners.map(|mailbox| mailbox.id));
        concerned.extend(sharing);
        concerned.sort();
        concerned.dedup();
        concerned
    }

    /// Asks how many records of the mirrored kinds there are, so that what is left out can be counted (INV-15).
    async fn count(&self, crm: &dyn Crm) -> Result<(), Error> {
        let kinds: Vec<Kind> = MIRRORED_KINDS
            .into_iter()
            .filter(|kind| self.mirrored(*kind))
            .collect();
        let totals = match crm.totals(&kinds).await {
            Ok(totals) => totals,
            Err(error @ (PortError::Wait { .. } | PortError::SignIn { .. })) => {
                return Err(error.into());
            }
            Err(error) => {
                // Nothing but a number for people is missing.
                tracing::debug!(tenant = %self.tenant, %error, "the CRM's records were not counted");
                return Ok(());
            }
        };
        let store = &self.engine.parts.store;
        for (kind, total) in kinds.into_iter().zip(totals) {
            if let Some(total) = total {
                store
                    .set_crm_total(self.tenant, kind, total, self.now)
                    .await?;
            }
        }
        Ok(())
    }
}
