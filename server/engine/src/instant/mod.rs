//! The instant path: one sidebar action per file.

mod open;
mod queue;
mod save;
mod save_event;
mod search;
mod state;
mod thread;
mod types;

pub use save_event::{SaveEvent, SavedEvent};
pub use types::{
    Card, ItemKey, ItemState, QueueSave, SaveChoice, SaveEmail, SaveOutcome, Saved, Standing,
};
