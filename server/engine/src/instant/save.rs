//! "Save this e-mail": at once while the user waits, or as a wish when it takes longer.

use std::time::Duration;

use jiff::SignedDuration;
use ssi_domain::{
    MailboxId, WishId,
    eligible::{MailFacts, Verdict, judge},
    identity::EmailIdentity,
    port::{PortError, Shape},
};
use ssi_store::{Action, CopyRow, FollowUp, NewWish, TraceRow};

use super::{ItemKey, SaveChoice, SaveEmail, SaveOutcome, Saved, open::Open};
use crate::{
    Decision, Engine, Error,
    thread::thread_keys,
    transfer::{Fate, Linked, Order, Outcome},
    wish::SavedWish,
};

/// While another actor holds the mail, its row is looked at again this often, for as long as the hold lasts.
const LOOK_AGAIN: Duration = Duration::from_millis(150);
const LOOKS: u32 = 200;

/// A wish that nothing fulfils is forgotten after this time.
pub(super) const WISH_LASTS: SignedDuration = SignedDuration::from_hours(24 * 7);

impl Engine {
    /// Saves the open mail. A mail that is saved already keeps its record and gets the links; repeating a
    /// request id returns the first answer (AIP-155).
    pub async fn save_email(
        &self,
        mailbox: MailboxId,
        request: SaveEmail,
    ) -> Result<SaveOutcome, Error> {
        let SaveEmail {
            request_id,
            caller,
            item,
            choice,
            deadline,
        } = request;
        check(&choice)?;
        self.once(&caller, "SaveEmail", request_id, async {
            let work = {
                let (engine, item, choice) = (self.clone(), item.clone(), choice.clone());
                // A task of its own: the work outlives a caller who hangs up.
                tokio::spawn(async move { engine.save_now(mailbox, &item, choice).await })
            };
            match tokio::time::timeout(deadline, work).await {
                Ok(Ok(Ok(saved))) => Ok(SaveOutcome::Saved(saved)),
                Ok(Ok(Err(Error::Port(error)))) if can_wait(&error) => self
                    .wish_for_item(mailbox, item, choice)
                    .await
                    .map(SaveOutcome::Queued),
                Ok(Ok(Err(error))) => Err(error),
                Ok(Err(_)) | Err(_) => self
                    .wish_for_item(mailbox, item, choice)
                    .await
                    .map(SaveOutcome::Queued),
            }
        })
        .await
    }

    async fn save_now(
        &self,
        mailbox: MailboxId,
        key: &ItemKey,
        choice: SaveChoice,
    ) -> Result<Saved, Error> {
        let mut open = self.open_instant(mailbox).await?;
        let (item, folder) = open.item(key, Shape::Full).await?;
        let mut facts = MailFacts::of(
            &item,
            folder,
            &open.row.tenant,
            &open.row.address,
            open.row.started_at,
        );
        facts.by_hand = true;
        let judgement = judge(&facts, open.transfer.settings());
        let route = match judgement.verdict {
            Verdict::Save { route } | Verdict::NeedsMatch { route } => route,
            Verdict::Skip(code) => {
                return Err(Error::NothingToSave {
                    code,
                    trace: judgement.trace,
                });
            }
        };
        if choice.track_thread {
            let since = received(&item.record).unwrap_or_else(|| self.parts.clock.now());
            self.parts
                .store
                .track(mailbox, &thread_keys(&item.record), since)
                .await?;
        }
        let order = Order {
            identity: EmailIdentity::of(&item.record, item.size_bytes),
            item,
            full: true,
            route,
            folder,
            participants: judgement.participants,
            choice: Some(choice),
            trace: judgement.trace,
        };
        let Outcome { order, fate } = self.save_when_free(&mut open, order).await?;
        match fate {
            Fate::Linked(linked) => self.record_saved(&open, order, linked).await,
            Fate::Failed(error) => Err(error.into()),
            Fate::Held => Err(Error::Busy {
                retry_after: SignedDuration::from_secs(30),
            }),
        }
    }

    /// Saves; while somebody else is saving the same mail, waits for the record to appear.
    async fn save_when_free(&self, open: &mut Open, order: Order) -> Result<Outcome, Error> {
        let mut last = None;
        for _ in 0..LOOKS {
            let outcome = open
                .transfer
                .save(vec![order.clone()])
                .await?
                .into_iter()
                .next();
            let outcome = outcome.ok_or(Error::NotFound { what: "item" })?;
            if !matches!(outcome.fate, Fate::Held) {
                return Ok(outcome);
            }
            last = Some(outcome);
            self.parts.backends.pause(LOOK_AGAIN).await;
        }
        last.ok_or(Error::NotFound { what: "item" })
    }

    /// Notes the copy and its trace; the mark is owed to the mailbox and written after the answer.
    async fn record_saved(
        &self,
        open: &Open,
        order: Order,
        linked: Linked,
    ) -> Result<Saved, Error> {
        let now = self.parts.clock.now();
        let Order {
            item, trace, route, ..
        } = order;
        let marked = item
            .link
            .as_ref()
            .is_some_and(|stamp| stamp.record == linked.record);
        let copy = CopyRow::of(linked.link, open.row.id, &item, marked);
        let mark = (!marked).then(|| FollowUp {
            id: self.parts.ids.uuid(),
            mailbox: open.row.id,
            item_id: item.id.clone(),
            action: Action::MarkItem,
            wish: None,
            not_before: now,
            attempts: 0,
        });
        let decision = if linked.created {
            Decision::Saved
        } else {
            Decision::Duplicate
        };
        let row = TraceRow {
            mailbox: open.row.id,
            item_id: item.id.clone(),
            identity_key: Some(linked.identity_key.clone()),
            decision: decision.name().to_owned(),
            reason: route.reason().as_str().to_owned(),
            steps: trace.clone(),
            session: None,
            at: now,
        };
        self.parts
            .store
            .record_click(&copy, mark.as_ref(), &row, now)
            .await?;
        if mark.is_some() {
            self.wake_up(open.row.id).await?;
        }
        let url = open.transfer.crm().link_for_people(&linked.record);
        let already_saved = !linked.created;
        Ok(Saved {
            record: linked.record,
            url,
            links: linked.targets,
            already_saved,
            trace,
        })
    }

    /// Leaves the save to a session, which is woken.
    async fn wish_for_item(
        &self,
        mailbox: MailboxId,
        key: ItemKey,
        choice: SaveChoice,
    ) -> Result<WishId, Error> {
        let ItemKey::Item(item) = key else {
            // Without an item id a session could not find the mail again.
            return Err(Error::Busy {
                retry_after: SignedDuration::from_secs(30),
            });
        };
        let now = self.parts.clock.now();
        let wish = WishId(self.parts.ids.uuid());
        let saved = SavedWish {
            item: Some(item.clone()),
            choice,
            ..SavedWish::default()
        };
        self.add_wish(mailbox, wish, None, &saved).await?;
        let follow_up = FollowUp {
            id: self.parts.ids.uuid(),
            mailbox,
            item_id: item,
            action: Action::SaveItem,
            wish: Some(wish),
            not_before: now,
            attempts: 0,
        };
        self.parts.store.add_follow_up(&follow_up).await?;
        self.wake_up(mailbox).await?;
        Ok(wish)
    }

    pub(super) async fn add_wish(
        &self,
        mailbox: MailboxId,
        id: WishId,
        client_key: Option<String>,
        wish: &SavedWish,
    ) -> Result<(), Error> {
        let now = self.parts.clock.now();
        let payload = serde_json::to_vec(wish).unwrap_or_default();
        let expires_at = now + WISH_LASTS;
        let new = NewWish {
            id,
            mailbox,
            client_key,
            payload,
            created_at: now,
            expires_at,
        };
        self.parts.store.add_wish(&new).await?;
        Ok(())
    }
}

/// Whether a session may well succeed where the click did not.
pub(super) fn can_wait(error: &PortError) -> bool {
    match error {
        PortError::Wait { .. } | PortError::Unknown { .. } | PortError::Stale { .. } => true,
        PortError::Broken { .. } => !error.is_item_problem(),
        PortError::SignIn { .. }
        | PortError::CursorLost { .. }
        | PortError::Gone { .. }
        | PortError::Refused { .. }
        | PortError::Blocked { .. } => false,
    }
}

pub(super) fn received(record: &ssi_domain::Record) -> Option<jiff::Timestamp> {
    ["received_at", "sent_at"]
        .iter()
        .find_map(|field| record.get(field).and_then(ssi_domain::Value::as_instant))
}

/// Bounds what a client may send.
pub(super) fn check(choice: &SaveChoice) -> Result<(), Error> {
    let too_long = |field, most| {
        let why = format!("too long; send at most {most}");
        Err(Error::Invalid { field, why })
    };
    if choice
        .subject
        .as_ref()
        .is_some_and(|subject| subject.chars().count() > 765)
    {
        return too_long("subject", "765 characters");
    }
    if choice
        .body
        .as_ref()
        .is_some_and(|body| body.len() > 1 << 20)
    {
        return too_long("body", "1 MiB");
    }
    let ticked = choice.ticked.as_ref().map_or(0, Vec::len);
    if ticked + choice.chosen.len() > 200 {
        return too_long("linked_records", "200 records");
    }
    if choice
        .attachments
        .as_ref()
        .is_some_and(|list| list.len() > 500)
    {
        return too_long("attachments", "500 entries");
    }
    Ok(())
}
