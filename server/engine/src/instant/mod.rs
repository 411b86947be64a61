//! The instant path: one sidebar action per file.

mod blocklist;
mod cards;
mod compose;
mod create;
mod links;
mod offers;
mod open;
mod pin;
mod queue;
mod save;
mod save_event;
mod search;
mod settle;
mod state;
mod thread;
mod types;

pub use blocklist::{Blocked, Layer, Preview, PreviewedChange};
pub use cards::Cards;
pub use compose::{EventClick, EventOutcome};
pub use create::{CreateRecord, Creation, Made};
pub use links::{ChangedLinks, UpdateLinks};
pub use offers::OfferedParty;
pub use save_event::{SaveEvent, SavedEvent};
pub use search::FoundRecords;
pub use settle::{FieldDispute, Settle, SettleIssue};
pub use types::{
    Card, ItemKey, ItemState, QueueSave, SaveChoice, SaveEmail, SaveOutcome, Saved, Standing,
    UnknownPerson, Who,
};
