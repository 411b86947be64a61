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
    /// A backend's version of an item or record (EWS ChangeKey, ETag, see [`Version::stamped`]). Compared bytewise.
    Version,
    /// A backend's opaque position in a stream of changes.
    Cursor,
}

/// Between a tag and the time of the last change; stands in no tag.
const STAMPED: char = '@';

impl Version {
    /// The version of a record whose tag does not move with every change below it: its tag and when anything about it
    /// changed last, microseconds since 1970 UTC. Two of them are the same only if both are.
    pub fn stamped(tag: &str, changed: Option<i64>) -> Self {
        match changed {
            Some(at) if !tag.is_empty() => Self(format!("{tag}{STAMPED}{at}")),
            _ => Self(tag.to_owned()),
        }
    }

    /// The tag alone, which guards a write.
    pub fn tag(&self) -> &str {
        let stamped = self.0.rsplit_once(STAMPED);
        let number = |text: &str| {
            text.strip_prefix('-')
                .unwrap_or(text)
                .bytes()
                .all(|byte| byte.is_ascii_digit())
        };
        match stamped {
            Some((tag, at)) if !at.is_empty() && number(at) => tag,
            _ => &self.0,
        }
    }
}
