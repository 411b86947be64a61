//! "Save this event": an event that exists on the mail server becomes a record at once and is mirrored from
//! then on (X1).

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use ssi_domain::{ItemId, Kind, MailboxId, ReasonCode, RecordRef, Trace};
use ssi_store::{Action, FollowUp, LinkTarget, Origin, TraceRow};

use super::{EventClick, EventOutcome, open::Open};

use crate::{
    Decision, Engine, Error,
    transfer::mirror::{End, Hand, Look, Mirrored, Mode},
};

/// While a session works on the same event, it is looked at again this often, so many times.
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_millis(150);
const LOOKS: u32 = 100;
/// Longest wait of a caller without deadline.
const LONGEST: std::time::Duration = std::time::Duration::from_secs(60);

/// A request to save the open event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveEvent {
    /// AIP-155: repeating the id returns the first answer.
    pub request_id: Option<String>,
    /// Who asks, as the request id's scope.
    pub caller: String,
    /// The event.
    pub item: ItemId,
    /// As what it is saved; a saved event stays what it is.
    pub kind: Kind,
    /// The records that stayed ticked or were chosen; `None`: all that are found (LNK-01).
    pub links: Option<Vec<RecordRef>>,
    /// Records to link besides.
    pub also: Vec<RecordRef>,
}

/// A saved event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedEvent {
    /// The record.
    pub record: RecordRef,
    /// The record's address for a browser.
    pub url: Option<String>,
    /// What it is linked with.
    pub links: Vec<LinkTarget>,
    /// It was mirrored before this call.
    pub already_saved: bool,
    /// Why.
    pub trace: Trace,
}

/// What an event may become.
pub(super) fn check_kind(kind: Kind) -> Result<(), Error> {
    if kind.is_event() {
        return Ok(());
    }
    Err(Error::Invalid {
        field: "kind",
        why: "an event becomes an appointment, a visit or a phone call".into(),
    })
}

impl Engine {
    /// Saves the open event and waits for it. One that is mirrored already keeps its record and gets the links.
    pub async fn save_event(
        &self,
        mailbox: MailboxId,
        request: SaveEvent,
    ) -> Result<SavedEvent, Error> {
        let click = EventClick {
            save: request,
            composed: None,
            deadline: LONGEST,
        };
        match self.click_event(mailbox, click).await? {
            EventOutcome::Saved(saved) => Ok(saved),
            EventOutcome::Queued(_) => Err(Error::Busy {
                retry_after: SignedDuration::from_secs(30),
            }),
        }
    }

    pub(super) async fn save_event_now(
        &self,
        mailbox: MailboxId,
        request: SaveEvent,
    ) -> Result<SavedEvent, Error> {
        let SaveEvent {
            item,
            kind,
            links,
            also,
            ..
        } = request;
        let hand = Hand { kind, links, also };
        let mut open = self.open_instant(mailbox).await?;
        for _ in 0..LOOKS {
            let look = Look {
                item: Some(item.clone()),
                hand: Some(hand.clone()),
                ..Look::default()
            };
            let now = self.parts.clock.now();
            let collections = open.collections.clone();
            let done = open
                .transfer
                .mirror(vec![look], &collections, Mode::Run, now)
                .await?;
            let Some(mirrored) = done.into_iter().next() else {
                break;
            };
            if !matches!(mirrored.end, End::Later) {
                return self.keep_event(&mut open, mirrored, &hand).await;
            }
            self.parts.backends.pause(LOOK_AGAIN).await;
        }
        Err(Error::Busy {
            retry_after: SignedDuration::from_secs(30),
        })
    }

    async fn keep_event(
        &self,
        open: &mut Open,
        mirrored: Mirrored,
        hand: &Hand,
    ) -> Result<SavedEvent, Error> {
        let code = mirrored.trace.decisive().unwrap_or(ReasonCode::NotAsked);
        let already_saved = match &mirrored.end {
            End::Paired => false,
            End::InStep | End::Updated => true,
            End::Failed(error) => return Err(error.clone().into()),
            End::Unfit(unfit) => {
                return Err(Error::NothingToSave {
                    code: unfit.code,
                    trace: mirrored.trace,
                });
            }
            _ if mirrored.gone => return Err(Error::NotFound { what: "item" }),
            End::Parted => return Err(self.keep_parted(open.row.id, mirrored, code).await?),
            End::Skipped | End::Doomed | End::Later => {
                return Err(Error::NothingToSave {
                    code,
                    trace: mirrored.trace,
                });
            }
        };
        let now = self.parts.clock.now();
        let mailbox = open.row.id;
        let link = mirrored.row.as_ref().map(|row| row.link);
        let record = mirrored.record.ok_or(Error::NotFound { what: "item" })?;
        let item = mirrored.item.ok_or(Error::NotFound { what: "item" })?;
        let trace = TraceRow {
            mailbox,
            item_id: item,
            identity_key: mirrored.row.as_ref().map(|row| row.identity_key.clone()),
            decision: Decision::Saved.name().to_owned(),
            reason: ReasonCode::MirrorByHand.as_str().to_owned(),
            steps: mirrored.trace.clone(),
            session: None,
            at: now,
        };
        let mut rows = mirrored.taken_over;
        rows.extend(mirrored.row);
        let store = &self.parts.store;
        store
            .record_event_click(mailbox, &rows, &trace, now)
            .await?;
        if mirrored.look_again {
            let now = self.parts.clock.now();
            let look_again = FollowUp {
                id: self.parts.ids.uuid(),
                mailbox,
                item_id: trace.item_id.clone(),
                action: Action::Mirror,
                wish: None,
                not_before: now,
                attempts: 1,
            };
            store.add_follow_up(&look_again).await?;
        }
        let chosen = hand.chosen();
        let standing = open.transfer.change_links(&record, &chosen, &[]).await?;
        let target = |record: RecordRef| LinkTarget {
            origin: match chosen.contains(&record) {
                true => Origin::Hand,
                false => Origin::Auto,
            },
            record,
        };
        let links: Vec<LinkTarget> = standing.into_iter().map(target).collect();
        if let Some(link) = link {
            store.add_targets(link, &links).await?;
        }
        Ok(SavedEvent {
            url: open.transfer.crm().link_for_people(&record),
            record,
            links,
            already_saved,
            trace: mirrored.trace,
        })
    }

    /// Keeps that an event was let go, being over: the next session would take what that left on the item for its
    /// owner's wish. Answers what the caller is told.
    async fn keep_parted(
        &self,
        mailbox: MailboxId,
        mirrored: Mirrored,
        code: ReasonCode,
    ) -> Result<Error, Error> {
        let Mirrored {
            row, item, trace, ..
        } = mirrored;
        if let (Some(row), Some(item_id)) = (row, item) {
            let now = self.parts.clock.now();
            let told = TraceRow {
                mailbox,
                item_id,
                identity_key: Some(row.identity_key.clone()),
                decision: Decision::Updated.name().to_owned(),
                reason: code.as_str().to_owned(),
                steps: trace.clone(),
                session: None,
                at: now,
            };
            let store = &self.parts.store;
            store
                .record_event_click(mailbox, &[row], &told, now)
                .await?;
        }
        Ok(Error::NothingToSave { code, trace })
    }
}
