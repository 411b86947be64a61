//! Records that are mirrored both ways: activities, series of them, and business partners.

pub(super) mod days;
pub(super) mod feed;
pub(super) mod home;
pub(super) mod note;
pub(super) mod party;
pub(super) mod read;
pub(super) mod series;
pub(super) mod set;
mod standing;
pub(super) mod write;
pub(super) mod zone;
