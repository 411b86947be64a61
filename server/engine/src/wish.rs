//! A wish as it lies sealed in the database.

use jiff::Timestamp;
use ssi_domain::{
    ItemId, Kind, MailboxId, RecordRef, Value, WishId,
    port::{EventRole, Item, Series},
};
use ssi_store::{StoreError, WishRow};

use crate::{Engine, Error, SaveChoice};

/// What a user wished for, and how the mail will be recognised.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct SavedWish {
    /// The item, if it existed when the wish was made.
    pub item: Option<ItemId>,
    /// The subject when the wish was made.
    pub subject: String,
    /// Normalised recipients when the wish was made.
    pub recipients: Vec<String>,
    /// What the user chose.
    pub choice: SaveChoice,
    /// Set when an event is wished for, and not a mail.
    #[serde(default)]
    pub event: Option<EventWish>,
}

/// An event that a session shall save.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct EventWish {
    /// As what.
    pub kind: Kind,
    /// The records that stayed ticked or were chosen; `None`: all that are found (LNK-01).
    pub links: Option<Vec<RecordRef>>,
    /// Records to link besides.
    pub also: Vec<RecordRef>,
    /// How it will be recognised; `None`: by the item's id.
    pub composed: Option<ComposedEvent>,
}

/// An event as it stands while it is being composed.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ComposedEvent {
    /// The iCalendar UID or the global object id in hexadecimal; may be empty.
    pub uid: String,
    /// The subject; counts only without a UID.
    pub subject: String,
    /// When it starts; counts only without a UID.
    pub start: Option<Timestamp>,
}

impl ComposedEvent {
    /// Whether an event of the calendar is the one that was composed.
    pub(crate) fn is(&self, item: &Item) -> bool {
        let Some(event) = &item.event else {
            return false;
        };
        // A changed occurrence comes with its series.
        if matches!(event.series, Series::Exception { .. }) {
            return false;
        }
        if !self.uid.is_empty() {
            return clean(&self.uid) == clean(&event.uid);
        }
        let minute = |at: Timestamp| at.as_second().div_euclid(60);
        let start = item.record.get("start").and_then(Value::as_instant);
        // An invitation of somebody else's is no event the user composed.
        event.role == EventRole::Organizer
            && self.subject.trim() == item.record.text("subject").trim()
            && self.start.is_some()
            && self.start.map(minute) == start.map(minute)
    }
}

/// A UID as everybody writes it: a global object id names the occurrence in bytes 16 to 19, which the clean one
/// has zeroed, and is written in either case (MS-OXOCAL 2.2.1.27, 2.2.1.28).
fn clean(uid: &str) -> String {
    let uid = uid.trim();
    let hex = uid.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hex || uid.len() < 80 || !uid.to_ascii_uppercase().starts_with("040000008200E0") {
        return uid.to_owned();
    }
    let upper = uid.to_ascii_uppercase();
    format!("{}00000000{}", &upper[..32], &upper[40..])
}

/// The wishes for events, by which a session recognises them.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventWishes(Vec<(WishId, Option<ItemId>, EventWish)>);

impl EventWishes {
    /// Whether none is open.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The wishes for this event. Several clicks may have asked for one; the last choice counts.
    pub(crate) fn take(&mut self, item: &Item) -> Option<(Vec<WishId>, EventWish)> {
        let meant = |(_, id, wish): &(WishId, Option<ItemId>, EventWish)| match &wish.composed {
            Some(composed) => composed.is(item),
            None => id.as_ref() == Some(&item.id),
        };
        // One event fulfils the wishes that name it; another one that merely looks alike gets none.
        let (taken, left): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.0).into_iter().partition(meant);
        self.0 = left;
        let ids = taken.iter().map(|(id, _, _)| *id).collect();
        let (_, _, wish) = taken.into_iter().next_back()?;
        Some((ids, wish))
    }
}

impl Engine {
    /// The open wishes for events of a mailbox, oldest first.
    pub(crate) async fn event_wishes(&self, mailbox: MailboxId) -> Result<EventWishes, Error> {
        let open = self.open_wishes(mailbox).await?;
        let events = open
            .into_iter()
            .filter_map(|(row, wish)| Some((row.id, wish.item, wish.event?)));
        Ok(EventWishes(events.collect()))
    }

    /// The open wishes of a mailbox. Wishes sealed under another key cannot be read by anybody any more;
    /// they are passed over, so that the mailbox goes on (INV-14).
    pub(crate) async fn open_wishes(
        &self,
        mailbox: MailboxId,
    ) -> Result<Vec<(WishRow, SavedWish)>, Error> {
        let now = self.parts.clock.now();
        let rows = match self.parts.store.open_wishes(mailbox, now).await {
            Err(error @ (StoreError::WrongKey | StoreError::NoKey)) => {
                tracing::warn!(mailbox.id = %mailbox, %error, "queued saves cannot be read");
                return Ok(Vec::new());
            }
            other => other?,
        };
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let wish = serde_json::from_slice(&row.payload).ok()?;
                Some((row, wish))
            })
            .collect())
    }
}
