//! What can go wrong in the engine, said so that a caller can act.

use jiff::SignedDuration;
use ssi_domain::{
    Kind, ReasonCode, Trace,
    create::Violation,
    port::{PartyHit, PortError},
};
use ssi_store::StoreError;

/// An error of an engine call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or the caller's mailbox does not have it.
    #[error("{what} was not found")]
    NotFound {
        /// What was looked for: `mailbox`, `item`, `record`, `session`, `issue`.
        what: &'static str,
    },
    /// An argument cannot be used.
    #[error("{field}: {why}")]
    Invalid {
        /// The argument.
        field: &'static str,
        /// What is wrong and what to send instead.
        why: String,
    },
    /// Fields of a new record that cannot be used; nothing was written (SB-05).
    #[error("{} fields cannot be used", .0.len())]
    InvalidFields(Vec<Violation>),
    /// Records of this kind are not created from the sidebar; a setting says so.
    #[error("a {kind} is not created here: the kind is switched off")]
    NotOffered {
        /// The kind.
        kind: Kind,
    },
    /// Records that look like the one to create; nothing was written.
    #[error("{} records look the same", .0.len())]
    Duplicates(Vec<(PartyHit, Option<String>)>),
    /// The item may not be saved; the trace says by which rule.
    #[error("nothing to save: {}", .code.text())]
    NothingToSave {
        /// Why.
        code: ReasonCode,
        /// Every rule that was asked.
        trace: Trace,
    },
    /// The same thing is being done right now, or was forced a moment ago; try again later.
    #[error("busy; try again in {}s", .retry_after.as_secs())]
    Busy {
        /// When to try again.
        retry_after: SignedDuration,
    },
    /// The mailbox server or the CRM failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Error {
    /// What a person should do about a failure of a port.
    pub fn advice(error: &PortError) -> String {
        match error {
            PortError::Wait { after, .. } => {
                format!(
                    "the server asked for a pause of {}s; nothing to do",
                    after.as_secs()
                )
            }
            PortError::SignIn { .. } => {
                "sign-in was refused: renew the password or token in the configuration, then resume"
                    .into()
            }
            PortError::Stale { .. } => "the mail changed meanwhile; it is tried again".into(),
            PortError::CursorLost { .. } => {
                "the position was lost; the next session lists anew".into()
            }
            PortError::Gone { .. } => "it is gone; nothing to do".into(),
            PortError::Refused { why, .. } => {
                format!("the CRM refused it: {why}. Mend that, then retry")
            }
            PortError::Blocked { detail } => format!("an administrator must act: {detail}"),
            PortError::Broken { detail, .. } => {
                format!("it failed ({detail}); retry, and tell the operator if it stays")
            }
            PortError::Unknown { .. } => {
                "the outcome is not known; it is looked up before the next try".into()
            }
        }
    }

    /// The stable reason of this error, as it stands in `google.rpc.ErrorInfo.reason`.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::Invalid { .. } | Self::InvalidFields(_) => "invalid_argument",
            Self::NotOffered { .. } => "feature_off",
            Self::Duplicates(_) => "duplicates",
            Self::NothingToSave { code, .. } => code.as_str(),
            Self::Busy { .. } => "busy",
            Self::Port(error) => error.code(),
            Self::Store(_) => "database",
        }
    }
}
