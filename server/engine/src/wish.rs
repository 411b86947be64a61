//! A wish as it lies sealed in the database.

use ssi_domain::ItemId;

use crate::SaveChoice;

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
}
