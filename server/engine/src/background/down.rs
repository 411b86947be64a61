//! What comes down and what does not: counted, shown, and used when there is room (CON-10, CON-11, INV-15).

use ssi_domain::{
    ItemId, Kind, MIRRORED_KINDS, ReasonCode, mirror::limit_reached, settings::DownFilter,
};
use ssi_store::MailboxRow;

use super::{
    mirror::{BATCH, MOST_BATCHES},
    session::{Halt, Session},
};
use crate::{
    Engine, Error,
    transfer::mirror::{Look, Mode},
};

/// The card of a limit stands under this in place of an item, and its kind.
const CARD: &str = "limit:";

/// Whether an issue is the card of a limit.
pub(super) fn is_limit_card(item: &ItemId) -> bool {
    item.as_str().starts_with(CARD)
}

/// How the records of one kind stand to a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Down {
    /// The kind.
    pub kind: Kind,
    /// How many the CRM says it has, counted once an hour; `None`: it did not say.
    pub in_crm: Option<u64>,
    /// In step with an item of the mailbox.
    pub mirrored: u64,
    /// Left out by the filter: other people's, those without the values asked for, those that are over. Where the CRM
    /// does not say how many there are, only the owner's are known.
    pub by_filter: u64,
    /// Left out by the limit.
    pub by_limit: u64,
    /// Of the mirrored ones, how many the filter would not let in today.
    pub kept: u64,
    /// Told of by the CRM and not looked into yet.
    pub waiting: u64,
}

/// Something the owner of a mailbox should know though sync goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What.
    pub code: ReasonCode,
    /// What to do about it.
    pub message: String,
}

impl Engine {
    /// How the records of each mirrored kind stand to a mailbox.
    pub(super) async fn down(&self, row: &MailboxRow) -> Result<Vec<Down>, Error> {
        let store = &self.parts.store;
        let counts = store.down_counts(row.id).await?;
        let totals = store.crm_totals(&row.tenant).await?;
        let settings = self.parts.backends.settings(row);
        let on = |kind: &Kind| settings.mirror.mirrors(*kind);
        let down = MIRRORED_KINDS.into_iter().filter(on).filter_map(|kind| {
            let in_crm = totals.get(&kind).copied();
            let of = counts.get(&kind).copied();
            if of.is_none() && in_crm.unwrap_or_default() == 0 {
                return None;
            }
            let of = of.unwrap_or_default();
            let inside = of.mirrored + of.limited + of.waiting;
            let others = in_crm.map_or(0, |all| all.saturating_sub(inside));
            Some(Down {
                kind,
                in_crm,
                mirrored: of.mirrored,
                by_filter: others.max(of.filtered),
                by_limit: of.limited,
                kept: of.kept,
                waiting: of.waiting,
            })
        });
        Ok(down.collect())
    }

    /// What the owner of a mailbox should know about what comes down.
    pub(super) async fn notes(&self, row: &MailboxRow, down: &[Down]) -> Result<Vec<Note>, Error> {
        let settings = self.parts.backends.settings(row);
        let mirror = &settings.mirror;
        let mut notes = Vec::new();
        let owned = MIRRORED_KINDS
            .into_iter()
            .any(|kind| mirror.mirrors(kind) && mirror.down_filter(kind) == DownFilter::Owned);
        if row.employee.is_none() && owned {
            let asked = self.parts.store.feed_state(&row.tenant).await?.swept_at;
            notes.extend(asked.map(|_| Note {
                code: ReasonCode::NoEmployee,
                message: ReasonCode::NoEmployee.text().to_owned(),
            }));
        }
        let cut = down.iter().filter(|one| one.by_limit > 0);
        notes.extend(cut.map(|one| Note {
            code: ReasonCode::LeftByLimit,
            message: limit_reached(one.kind, one.by_limit, mirror.down_limit(one.kind)),
        }));
        let shown = mirror.smart_description.iter();
        let mut shown = shown.filter(|(kind, fields)| kind.is_event() && !fields.is_empty());
        notes.extend(shown.next().filter(|_| mirror.events).map(|_| Note {
            code: ReasonCode::AttendeesSeeFields,
            message: ReasonCode::AttendeesSeeFields.text().to_owned(),
        }));
        Ok(notes)
    }
}

impl Session {
    /// Remembers what is left out before the session looks at anything.
    pub(super) async fn count_left(&mut self) -> Result<(), Halt> {
        let counts = self.engine.parts.store.down_counts(self.row.id).await?;
        let out = |of: &ssi_store::DownCounts| of.filtered + of.limited + of.kept > 0;
        let mirror = &self.transfer.settings().mirror;
        self.leaves = mirror.leaves_out() || counts.values().any(out);
        let limited = counts.iter().map(|(kind, of)| (*kind, of.limited));
        self.limited = limited.collect();
        Ok(())
    }

    /// Brings down what a limit left out, as far as there is room by now: who waits longest comes first (CON-11).
    pub(super) async fn use_room(&mut self) -> Result<(), Halt> {
        if !self.leaves {
            return Ok(());
        }
        let store = self.engine.parts.store.clone();
        let counts = store.down_counts(self.row.id).await?;
        self.transfer.count_anew();
        for (kind, of) in counts.iter().filter(|(_, of)| of.limited > 0) {
            let limit = self.transfer.settings().mirror.down_limit(*kind);
            let room = limit.map_or(u64::MAX, |limit| limit.saturating_sub(of.came_down));
            let most = usize::try_from(room).unwrap_or(usize::MAX);
            let most = most.min(BATCH * MOST_BATCHES);
            let records = store.limited(self.row.id, *kind, most).await?;
            for batch in records.chunks(BATCH) {
                self.still_ours().await?;
                let looks = batch.iter().map(|record| Look {
                    record: Some(record.clone()),
                    ..Look::default()
                });
                let mut page = self.new_page();
                self.mirror_batch(looks.collect(), &mut page, Mode::Run)
                    .await?;
                self.commit(page).await?;
            }
        }
        self.tell_limits().await
    }

    /// A card for each kind that a limit cuts, as long as it does; told anew when the number changes.
    async fn tell_limits(&mut self) -> Result<(), Halt> {
        let store = self.engine.parts.store.clone();
        let now = self.engine.parts.clock.now();
        let counts = store.down_counts(self.row.id).await?;
        for kind in MIRRORED_KINDS {
            let left = counts.get(&kind).map_or(0, |of| of.limited);
            if left == self.limited.get(&kind).copied().unwrap_or_default() {
                continue;
            }
            let card = ItemId::new(format!("{CARD}{kind}"));
            if left == 0 {
                store.settle_issue(self.row.id, &card, now).await?;
                continue;
            }
            let limit = self.transfer.settings().mirror.down_limit(kind);
            let message = limit_reached(kind, left, limit);
            let code = ReasonCode::LeftByLimit.as_str();
            let issue = self.mirror_issue(kind, &card, code, &message);
            store.put_issue(&issue, now).await?;
        }
        Ok(())
    }
}
