//! The link rows of new pairs: whoever inserts one may create (INV-1).

use jiff::SignedDuration;
use ssi_domain::{
    Kind, LinkId, RecordRef, Version,
    mirror::Fate,
    port::{EventRole, Series},
};
use ssi_store::{Completed, LinkState, MirrorState, Reserve};

use super::{End, File, Seen, Transfer};
use crate::Error;

/// How long a reservation holds without its actor being heard of. Longer than the slowest create.
pub(super) const HOLD: SignedDuration = SignedDuration::from_mins(5);

/// What a reservation came to.
pub(in crate::transfer) enum Claim {
    /// The row is ours; nobody created anything under its key yet.
    Fresh(LinkId),
    /// The row is ours, left by somebody who may have created something.
    Left(LinkId),
    /// A record stands under the key.
    Stands(LinkId, RecordRef),
    /// Somebody else is at it.
    Held,
}

impl Transfer {
    /// Reserves the row of a pair.
    pub(in crate::transfer) async fn claim_pair(
        &self,
        kind: Kind,
        key: &str,
    ) -> Result<Claim, Error> {
        let now = self.parts.clock.now();
        let link = LinkId(self.parts.ids.uuid());
        let reserve = Reserve {
            link,
            identity_key: key.to_owned(),
            fingerprint: String::new(),
            holder: self.holder.clone(),
            held_until: now + HOLD,
            mailbox: self.row.id,
            now,
        };
        let rows = self
            .parts
            .store
            .reserve(&self.row.tenant, kind, std::slice::from_ref(&reserve))
            .await?;
        let Some(reserved) = rows.into_iter().next() else {
            return Ok(Claim::Held);
        };
        let row = reserved.row;
        Ok(match (row.state, row.record) {
            (LinkState::Linked, Some(record)) => Claim::Stands(row.id, record),
            _ if !reserved.mine => Claim::Held,
            _ if row.id == link => Claim::Fresh(link),
            _ => Claim::Left(row.id),
        })
    }

    /// Records that the record of a pair stands.
    pub(in crate::transfer) async fn complete_pair(
        &self,
        link: LinkId,
        record: &RecordRef,
        version: Option<Version>,
    ) -> Result<(), Error> {
        let done = Completed {
            link,
            holder: self.holder.clone(),
            record: record.clone(),
            version,
            targets: Vec::new(),
            now: self.parts.clock.now(),
        };
        self.parts.store.complete(&[done]).await?;
        Ok(())
    }

    /// Ends the hold on a row whose outcome is unknown.
    pub(in crate::transfer) async fn let_go(&self, link: LinkId) -> Result<(), Error> {
        let now = self.parts.clock.now();
        self.parts.store.release(link, &self.holder, now).await?;
        Ok(())
    }

    /// Whether another mailbox writes for the record (CAL-37). The organizer takes over (CAL-35): then the
    /// others' rows are handed back changed, to be kept together with ours.
    pub(super) async fn elect(&mut self, file: &mut File) -> Result<bool, Error> {
        let Some(record) = &file.record else {
            return Ok(true);
        };
        let rows = self
            .parts
            .store
            .mirrors_of_record(&self.row.tenant, record)
            .await?;
        let writers = rows.into_iter().filter(|row| {
            row.mailbox != self.row.id && row.writer && row.state == MirrorState::Active
        });
        let others: Vec<_> = writers.collect();
        if others.is_empty() || self.settings.mirror.shared(file.kind) {
            return Ok(true);
        }
        let organizer = file
            .item
            .there()
            .and_then(|item| item.event.as_ref())
            // A series stays with who wrote for it first (CAL-36).
            .is_some_and(|event| {
                event.role == EventRole::Organizer && matches!(event.series, Series::Single)
            });
        if !organizer {
            return Ok(false);
        }
        file.taken_over = others
            .into_iter()
            .map(|mut row| {
                row.writer = false;
                row
            })
            .collect();
        Ok(true)
    }
}

impl File {
    /// The end of a pair for which nothing is to be written.
    pub(super) fn end_quietly(&mut self) {
        let Some(plan) = &self.plan else { return };
        // Two sides that stand in step already are a pair all the same: it takes its link row and is kept, or the
        // CRM's side would come down once more.
        let joins = plan.unfit.is_none() && self.is_new_pair() && self.both_stand();
        if !plan.effects.is_empty() || joins {
            return;
        }
        let active = self.is_active();
        if let Some(end) = self.end_busy() {
            self.end = Some(end);
            return;
        }
        self.end = Some(match (&plan.unfit, plan.fate) {
            (Some(unfit), _) => End::Unfit(unfit.clone()),
            (None, Fate::None) => End::Skipped,
            (None, Fate::Keep) if self.row.is_none() => End::Paired,
            (None, Fate::Keep | Fate::Wait) => End::InStep,
            (None, Fate::Release | Fate::HandOver | Fate::End) if active => End::Parted,
            (None, Fate::Release | Fate::HandOver | Fate::End) => End::Skipped,
        });
    }

    /// What the owner is to the item, for rows that remember it.
    pub(super) fn is_new_pair(&self) -> bool {
        self.row.is_none() && matches!(self.plan.as_ref().map(|plan| plan.fate), Some(Fate::Keep))
    }

    /// Whether the item stands and bears the mark of a record that is gone.
    pub(super) fn lost_its_record(&self) -> bool {
        let stands = self.item.there().is_some();
        stands && self.record.is_some() && matches!(self.crm, Seen::Gone)
    }

    /// Whether both sides stood before this round.
    pub(super) fn both_stand(&self) -> bool {
        matches!(self.item, Seen::There(_)) && matches!(self.crm, Seen::There(_))
    }
}
