//! Ids as types of their own, so that an item id can never be passed where a record id is meant.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// Wraps the text as it came.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text as it came.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

uuid_id! {
    /// One mailbox known to this installation.
    MailboxId,
    /// One logical item joined with one record.
    LinkId,
    /// One sync session of one mailbox.
    SessionId,
    /// One problem of one item.
    IssueId,
    /// One save the user asked for that only a session can fulfil.
    WishId,
}

text_id! {
    /// The short name of a CRM tenant, chosen by the operator in the configuration.
    TenantId,
    /// A backend's id of an item. Opaque, case-sensitive; on EWS it changes when the item moves.
    ItemId,
    /// A backend's id of a folder. Opaque.
    FolderId,
    /// A backend's id of one attachment; valid only with the item version it was read with.
    AttachmentId,
    /// The CRM's key of a record (C4C `ObjectID`, 32 hex digits). Opaque.
    RecordId,
    /// A backend's version of an item or record (EWS ChangeKey, ETag). Compared bytewise.
    Version,
    /// A backend's opaque position in a stream of changes.
    Cursor,
}
