//! What a path hands to the transfer service, and what it gets back.

use ssi_domain::{
    LinkId, RecordRef, Trace,
    eligible::Route,
    identity::EmailIdentity,
    participant::Participant,
    port::{FolderRole, Item, PortError},
};
use ssi_store::LinkTarget;

use crate::SaveChoice;

/// A mail that may be saved, as one of the paths decided.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// The mail, with or without its body.
    pub item: Item,
    /// Whether body and attachment list were read.
    pub full: bool,
    /// Its identity.
    pub identity: EmailIdentity,
    /// By which way it came to be saved.
    pub route: Route,
    /// Where it lies.
    pub folder: Option<FolderRole>,
    /// Who takes part.
    pub participants: Vec<Participant>,
    /// What the user chose; `None`: no user was asked.
    pub choice: Option<SaveChoice>,
    /// The rules asked so far.
    pub trace: Trace,
}

/// What became of an order.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The order, with its trace completed.
    pub order: Order,
    /// Its fate.
    pub fate: Fate,
}

/// The fate of an order.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    /// The record stands and the link row says so.
    Linked(Linked),
    /// Another actor is saving the same mail right now.
    Held,
    /// It did not work; the link row allows another try.
    Failed(PortError),
}

/// A mail that has its record.
#[derive(Debug, Clone)]
pub(crate) struct Linked {
    /// The link.
    pub link: LinkId,
    /// The key it is unique by.
    pub identity_key: String,
    /// The record.
    pub record: RecordRef,
    /// What it is linked with.
    pub targets: Vec<LinkTarget>,
    /// This order created the record.
    pub created: bool,
}
