//! What can go wrong behind a port, said as what to do next.

use jiff::SignedDuration;

/// Which side broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokenSource {
    /// The connection or the server: may work later.
    Transient,
    /// This one item or record: will fail again the same way.
    Item,
    /// An answer we cannot read although the server calls it a success.
    Answer,
}

/// An error of a port. `detail` is for operators: it names codes and operations, never subjects,
/// addresses, bodies or tokens.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PortError {
    /// The backend asks to pause (throttling, busy). Wait at least this long before calling it again.
    #[error("backend asks to wait {}s: {detail}", .after.as_secs())]
    Wait {
        /// How long to leave this mailbox or tenant alone.
        after: SignedDuration,
        /// Code and operation.
        detail: String,
    },
    /// Credentials are refused; somebody must sign in again.
    #[error("sign-in refused: {detail}")]
    SignIn {
        /// Code and operation.
        detail: String,
    },
    /// The thing moved on since it was read: reload, decide again.
    #[error("changed meanwhile: {detail}")]
    Stale {
        /// Code and operation.
        detail: String,
    },
    /// The cursor is dead: list all and reconcile by difference.
    #[error("cursor lost: {detail}")]
    CursorLost {
        /// Code and operation.
        detail: String,
    },
    /// The thing is gone (an explicit answer about this id).
    #[error("gone: {detail}")]
    Gone {
        /// Code and operation.
        detail: String,
    },
    /// The backend refuses this content by a rule of its own; `why` is fit for the user.
    #[error("refused{}: {why}", .field.as_deref().map(|f| format!(" ({f})")).unwrap_or_default())]
    Refused {
        /// The field that is refused, if known.
        field: Option<String>,
        /// The backend's reason.
        why: String,
    },
    /// An administrator must act (blocked application, missing right, mailbox does not exist).
    #[error("blocked until an administrator acts: {detail}")]
    Blocked {
        /// Code and operation.
        detail: String,
    },
    /// Something broke; `source` says whether trying again can help.
    #[error("{}: {detail}", match .source_kind {
        BrokenSource::Transient => "temporarily not available",
        BrokenSource::Item => "item cannot be processed",
        BrokenSource::Answer => "unreadable answer",
    })]
    Broken {
        /// What broke.
        source_kind: BrokenSource,
        /// Code and operation.
        detail: String,
    },
    /// The outcome of a write is unknown (time-out, cut connection): look it up before trying again.
    #[error("outcome unknown: {detail}")]
    Unknown {
        /// Code and operation.
        detail: String,
    },
}

impl PortError {
    /// A transient failure.
    pub fn transient(detail: impl Into<String>) -> Self {
        Self::Broken {
            source_kind: BrokenSource::Transient,
            detail: detail.into(),
        }
    }

    /// A failure of one item that will repeat.
    pub fn item(detail: impl Into<String>) -> Self {
        Self::Broken {
            source_kind: BrokenSource::Item,
            detail: detail.into(),
        }
    }

    /// An answer that cannot be read.
    pub fn answer(detail: impl Into<String>) -> Self {
        Self::Broken {
            source_kind: BrokenSource::Answer,
            detail: detail.into(),
        }
    }

    /// The stable reason code of this class, as it stands in issues and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Wait { .. } => "backend_wait",
            Self::SignIn { .. } => "sign_in",
            Self::Stale { .. } => "stale",
            Self::CursorLost { .. } => "cursor_lost",
            Self::Gone { .. } => "gone",
            Self::Refused { .. } => "refused",
            Self::Blocked { .. } => "blocked",
            Self::Broken {
                source_kind: BrokenSource::Transient,
                ..
            } => "transient",
            Self::Broken {
                source_kind: BrokenSource::Item,
                ..
            } => "item_broken",
            Self::Broken {
                source_kind: BrokenSource::Answer,
                ..
            } => "unreadable_answer",
            Self::Unknown { .. } => "outcome_unknown",
        }
    }

    /// Whether the failure concerns one item only, so that others can go on.
    pub fn is_item_problem(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. }
                | Self::Stale { .. }
                | Self::Gone { .. }
                | Self::Broken {
                    source_kind: BrokenSource::Item,
                    ..
                }
        )
    }
}
