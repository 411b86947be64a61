//! What Exchange complains about, and what that means to the engine.
//!
//! Codes: <https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode>.

use jiff::SignedDuration;
use ssi_domain::port::PortError;

use super::xml::XmlError;
use crate::http::{Intent, bounded_wait};

/// The pause when a busy server does not name one.
const DEFAULT_WAIT: SignedDuration = SignedDuration::from_secs(10);

/// Added to every pause the server names, because coming back exactly then is too early by the travel time.
const WAIT_RESERVE: SignedDuration = SignedDuration::from_secs(1);

/// A refusal in Exchange's words: of one entry, or of the whole call (SOAP fault).
///
/// The message text is not kept: it can quote content of the item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The response code, for example `ErrorItemNotFound`.
    pub(crate) code: String,
    /// The pause the server asks for.
    pub(crate) back_off: Option<SignedDuration>,
    /// The property it is about, where the server names one: its field URI, with `#` and the key for an
    /// entry of a dictionary.
    pub(crate) property: Option<String>,
}

/// What a call or an entry is about; the same code means different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The mailbox or the call as a whole.
    Mailbox,
    /// A folder.
    Folder,
    /// An item or attachment.
    Item,
}

/// Why a call gave no answers.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CallError {
    /// The server refused the call as a whole.
    #[error("{}", .0.code)]
    Fault(Failure),
    /// It took too long or was too large: a smaller question may do.
    #[error(transparent)]
    Smaller(PortError),
    /// Anything else.
    #[error(transparent)]
    Port(PortError),
}

/// Codes that mean: not now.
const TRANSIENT: [&str; 21] = [
    "ErrorADUnavailable",
    "ErrorADOperation",
    "ErrorBatchProcessingStopped",
    "ErrorConnectionFailed",
    "ErrorExceededFindCountLimit",
    "ErrorInsufficientResources",
    "ErrorInternalServerTransientError",
    "ErrorMailboxFailover",
    "ErrorMailboxMoveInProgress",
    "ErrorMailboxStoreUnavailable",
    "ErrorNoRespondingCASInDestinationSite",
    "ErrorNotEnoughMemory",
    "ErrorProxiedSubscriptionCallFailure",
    "ErrorProxyCallFailed",
    "ErrorProxyGroupSidLimitExceeded",
    "ErrorProxyRequestNotAllowed",
    "ErrorProxyTokenExpired",
    "ErrorTimeoutExpired",
    "ErrorTooManyObjectsOpened",
    "ErrorRequestAborted",
    "ErrorExceededSubscriptionCount",
];

/// Codes that an administrator has to act upon.
const BLOCKED: [&str; 18] = [
    "ErrorAccessDenied",
    "ErrorAccountDisabled",
    "ErrorCallerIsInvalidADAccount",
    "ErrorImpersonateUserDenied",
    "ErrorImpersonationDenied",
    "ErrorImpersonationFailed",
    "ErrorIncorrectSchemaVersion",
    "ErrorInvalidExchangeImpersonationHeaderData",
    "ErrorInvalidSchemaVersionForMailboxVersion",
    "ErrorInvalidServerVersion",
    "ErrorInvalidSmtpAddress",
    "ErrorMailboxConfiguration",
    "ErrorMissingEmailAddress",
    "ErrorNonExistentMailbox",
    "ErrorNonPrimarySmtpAddress",
    "ErrorProxyRequestProcessingFailed",
    "ErrorAccessModeSpecified",
    "ErrorWrongServerVersion",
];

const SIGN_IN: [&str; 4] = [
    "ErrorPasswordChangeRequired",
    "ErrorPasswordExpired",
    "ErrorTokenSerializationDenied",
    "ErrorInvalidClientSecurityContext",
];

const STALE: [&str; 6] = [
    "ErrorChangeKeyRequired",
    "ErrorChangeKeyRequiredForWriteOperations",
    "ErrorInvalidChangeKey",
    "ErrorIrresolvableConflict",
    "ErrorObjectTypeChanged",
    "ErrorStaleObject",
];

const GONE: [&str; 9] = [
    "ErrorCalendarOccurrenceIsDeletedFromRecurrence",
    "ErrorCannotUseFolderIdForItemId",
    "ErrorCannotUseItemIdForFolderId",
    "ErrorFolderNotFound",
    "ErrorItemNotFound",
    "ErrorManagedFolderNotFound",
    "ErrorParentFolderNotFound",
    "ErrorSyncFolderNotFound",
    "ErrorToFolderNotFound",
];

/// Codes that are about this one item and will come again.
const ITEM: [&str; 17] = [
    "ErrorAttachmentSizeLimitExceeded",
    "ErrorCannotOpenFileAttachment",
    "ErrorContentConversionFailed",
    "ErrorCorruptData",
    "ErrorItemCorrupt",
    "ErrorItemSave",
    "ErrorItemSavePropertyError",
    "ErrorMessageSizeExceeded",
    "ErrorMimeContentConversionFailed",
    "ErrorMimeContentInvalid",
    "ErrorMimeContentInvalidBase64String",
    "ErrorMoveCopyFailed",
    "ErrorPropertyUpdate",
    "ErrorQuotaExceeded",
    "ErrorUnsupportedMimeConversion",
    "ErrorVirusDetected",
    "ErrorVirusMessageDeleted",
];

/// Codes that say our request is at fault; nothing was done.
const REQUEST: [&str; 5] = [
    "Client",
    "ErrorInvalidRequest",
    "ErrorSchemaValidation",
    "ErrorInvalidArgument",
    "ErrorInvalidPropertyRequest",
];

impl Failure {
    /// A refusal with this code.
    pub(crate) fn new(code: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            back_off: None,
            property: None,
        }
    }

    /// Whether the requested schema version is too new for this server or mailbox.
    pub(crate) fn wants_older_version(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ErrorInvalidServerVersion"
                | "ErrorIncorrectSchemaVersion"
                | "ErrorInvalidSchemaVersionForMailboxVersion"
        )
    }

    /// Whether the entry was left undone because an earlier one failed.
    pub(crate) fn stopped(&self) -> bool {
        self.code == "ErrorBatchProcessingStopped"
    }

    /// Whether the thing asked for does not exist for this mailbox.
    pub(crate) fn not_found(&self) -> bool {
        self.code != "ErrorInvalidChangeKey"
            && (GONE.contains(&self.code.as_str())
                || self.code.starts_with("ErrorInvalidId")
                || self.code.starts_with("ErrorInvalidAttachmentId")
                || self.code.starts_with("ErrorInvalidFolderId"))
    }

    /// Whether the server does not know or allow a property or element we asked for.
    pub(crate) fn refuses_properties(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ErrorInvalidPropertyRequest"
                | "ErrorInvalidPropertyForOperation"
                | "ErrorInvalidExtendedProperty"
                | "ErrorInvalidExtendedPropertyValue"
                | "ErrorInvalidOperation"
                | "ErrorUnsupportedPathForQuery"
                | "ErrorUnsupportedPropertyDefinition"
                | "ErrorSchemaValidation"
        )
    }

    /// Whether the server could not make sense of the request; nothing was done then.
    pub(crate) fn refuses_request(&self) -> bool {
        REQUEST.contains(&self.code.as_str())
    }

    /// Whether a smaller question may succeed.
    pub(crate) fn wants_smaller(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ErrorExceededFindCountLimit" | "ErrorTimeoutExpired" | "ErrorDataSizeLimitExceeded"
        )
    }

    /// What to do next. `operation` is the EWS operation.
    pub(crate) fn to_port(&self, operation: &str, about: About, intent: Intent) -> PortError {
        let code = self.code.as_str();
        let detail = format!("{operation}: {code}");
        let is = |list: &[&str]| list.contains(&code);
        match code {
            "ErrorServerBusy" => return self.wait(detail),
            // 27 calls in parallel per account by default: the fewer come at once.
            "ErrorExceededConnectionCount" => {
                return PortError::Wait {
                    after: SignedDuration::from_secs(2),
                    detail,
                };
            }
            "ErrorInvalidSyncStateData" => return PortError::CursorLost { detail },
            // The server gave up half way or does not know itself.
            "ErrorTimeoutExpired" | "ErrorInternalServerError" if intent == Intent::Write => {
                return PortError::Unknown { detail };
            }
            _ => {}
        }
        if self.back_off.is_some() {
            return self.wait(detail);
        }
        match () {
            () if is(&TRANSIENT) => PortError::transient(detail),
            () if is(&BLOCKED) || code.starts_with("ErrorImpersonat") => {
                PortError::Blocked { detail }
            }
            () if is(&SIGN_IN) => PortError::SignIn { detail },
            () if is(&STALE) => PortError::Stale { detail },
            () if self.not_found() => PortError::Gone { detail },
            () if is(&ITEM) => PortError::item(detail),
            () if is(&REQUEST) && about != About::Item => PortError::answer(detail),
            () if about == About::Item => PortError::item(detail),
            () => PortError::transient(detail),
        }
    }

    fn wait(&self, detail: String) -> PortError {
        let asked = self.back_off.unwrap_or(DEFAULT_WAIT);
        PortError::Wait {
            after: bounded_wait(asked.saturating_add(WAIT_RESERVE)),
            detail,
        }
    }
}

impl CallError {
    /// The error for the engine.
    pub(crate) fn into_port(self, operation: &str, about: About, intent: Intent) -> PortError {
        match self {
            Self::Fault(failure) => failure.to_port(operation, about, intent),
            Self::Smaller(error) | Self::Port(error) => error,
        }
    }

    /// An answer that is no EWS answer. After a write nobody knows what happened.
    pub(crate) fn unreadable(error: XmlError, operation: &str, intent: Intent) -> Self {
        let detail = format!("{operation}: {error}");
        Self::Port(match (intent, error) {
            (Intent::Write, _) => PortError::Unknown { detail },
            (Intent::Read, XmlError::Truncated) => PortError::transient(detail),
            (Intent::Read, _) => PortError::answer(detail),
        })
    }
}
