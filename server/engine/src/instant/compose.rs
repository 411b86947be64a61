//! "Save this event" as the add-in clicks it: at once, or as a wish when the event does not exist yet or the work
//! takes longer (X1).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use ssi_domain::{ItemId, MailboxId, WishId};
use ssi_store::{Action, FollowUp, MailboxState};

use super::{SaveEvent, SavedEvent, save::can_wait, save_event::check_kind};
use crate::{
    Engine, Error,
    wish::{ComposedEvent, EventWish, SavedWish},
};

/// Longest subject and UID of a composed event, in characters.
const LONGEST: usize = 10_000;

/// A click on an event that may still be being composed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventClick {
    /// The event and the user's choices; an empty item id: it has none yet.
    pub save: SaveEvent,
    /// How the event will be recognised once it exists.
    pub composed: Option<ComposedEvent>,
    /// How long the caller waits before the work becomes a wish.
    pub deadline: Duration,
}

/// The answer to such a click.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventOutcome {
    /// Done.
    Saved(SavedEvent),
    /// A session will do it.
    Queued(WishId),
}

impl Engine {
    /// Saves the open event, or notes that it is to be saved.
    pub async fn click_event(
        &self,
        mailbox: MailboxId,
        click: EventClick,
    ) -> Result<EventOutcome, Error> {
        let EventClick {
            save,
            composed,
            deadline,
        } = click;
        check_kind(save.kind)?;
        if let Some(composed) = &composed {
            check(composed)?;
        }
        let there = !save.item.as_str().is_empty();
        if !there && composed.is_none() {
            let why = "name the event, or describe it while it is being composed".into();
            return Err(Error::Invalid {
                field: "item_id",
                why,
            });
        }
        let (caller, request_id) = (save.caller.clone(), save.request_id.clone());
        self.once(&caller, "SaveEvent", request_id, async {
            if !there {
                return self.wish_for_event(mailbox, save, composed).await;
            }
            let work = {
                let (engine, save) = (self.clone(), save.clone());
                // A task of its own: the work outlives a caller who hangs up.
                tokio::spawn(async move { engine.save_event_now(mailbox, save).await })
            };
            match tokio::time::timeout(deadline, work).await {
                Ok(Ok(Ok(saved))) => Ok(EventOutcome::Saved(saved)),
                // An id that the client has and the server has not: saved a moment ago, or not yet sent.
                Ok(Ok(Err(Error::NotFound { what: "item" }))) if composed.is_some() => {
                    self.wish_for_event(mailbox, save, composed).await
                }
                Ok(Ok(Err(Error::Port(error)))) if can_wait(&error) => {
                    self.wish_for_event(mailbox, save, None).await
                }
                // Somebody else has the event in hand, for longer than people wait.
                Ok(Ok(Err(Error::Busy { .. }))) => self.wish_for_event(mailbox, save, None).await,
                Ok(Ok(Err(error))) => Err(error),
                Ok(Err(_)) | Err(_) => self.wish_for_event(mailbox, save, None).await,
            }
        })
        .await
    }

    /// Leaves the event to a session, which is woken.
    async fn wish_for_event(
        &self,
        mailbox: MailboxId,
        save: SaveEvent,
        composed: Option<ComposedEvent>,
    ) -> Result<EventOutcome, Error> {
        let row = self.row(mailbox).await?;
        if let MailboxState::Suspended { detail, .. } = row.state {
            let why = format!(
                "sync is suspended ({detail}), so nobody would save the event; store it, open it and save it by hand"
            );
            return Err(Error::Invalid {
                field: "mailbox",
                why,
            });
        }
        let SaveEvent {
            item,
            kind,
            links,
            also,
            ..
        } = save;
        let by_id = composed.is_none().then_some(item);
        let id = WishId(self.parts.ids.uuid());
        let wish = SavedWish {
            item: by_id.clone(),
            event: Some(EventWish {
                kind,
                links,
                also,
                composed,
            }),
            ..SavedWish::default()
        };
        self.add_wish(mailbox, id, None, &wish).await?;
        if let Some(item) = by_id {
            self.look_again(mailbox, item, id).await?;
        }
        self.wake_up(mailbox).await?;
        Ok(EventOutcome::Queued(id))
    }

    async fn look_again(
        &self,
        mailbox: MailboxId,
        item: ItemId,
        wish: WishId,
    ) -> Result<(), Error> {
        let follow_up = FollowUp {
            id: self.parts.ids.uuid(),
            mailbox,
            item_id: item,
            action: Action::Mirror,
            wish: Some(wish),
            not_before: self.parts.clock.now(),
            attempts: 0,
        };
        self.parts.store.add_follow_up(&follow_up).await?;
        Ok(())
    }
}

fn check(composed: &ComposedEvent) -> Result<(), Error> {
    let invalid = |field, why: &str| {
        Err(Error::Invalid {
            field,
            why: why.into(),
        })
    };
    if composed.uid.chars().count() > LONGEST || composed.subject.chars().count() > LONGEST {
        return invalid("composed_event", "too long; send at most 10,000 characters");
    }
    if composed.uid.trim().is_empty() && composed.start.is_none() {
        let why = "without a UID the event is recognised by subject and start; send both";
        return invalid("composed_event.start_time", why);
    }
    Ok(())
}
