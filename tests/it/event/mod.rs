//! Saving events by click, also while they are being composed, and changing links.

mod links;
mod save;
mod wire;
