//! What can go wrong with a call, in words a program can act on.

use std::{collections::HashMap, error::Error as StdError, time::Duration};

use tonic::{Code, Status, TimeoutExpired};
use tonic_types::StatusExt as _;

/// Why a call gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address given to [`crate::Client::builder`] or a certificate cannot be used.
    #[error("the server's address or certificate is not usable: {0}")]
    Configuration(String),
    /// No connection to the server could be made.
    #[error("the server cannot be reached")]
    Connect(#[source] tonic::transport::Error),
    /// The connection broke during the call. Whether the server acted on it is unknown; repeating the
    /// call with the same `request_id` is safe.
    #[error("the connection to the server broke")]
    Broken(#[source] Box<Status>),
    /// The token source had no identity token.
    #[error("no identity token")]
    Token(#[source] crate::TokenError),
    /// The time for the call ran out, repeats and waits included.
    #[error("the server did not answer in time")]
    DeadlineExceeded,
    /// The server said no.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The answer lacks a part that the API promises; client and server do not fit together.
    #[error("the answer lacks its {0}")]
    Incomplete(&'static str),
}

/// A refusal by the server.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The gRPC status code.
    pub code: Code,
    /// The stable reason code such as `service_message`; empty when a proxy answered instead of us.
    pub reason: String,
    /// Values that belong to the reason, by name.
    pub metadata: HashMap<String, String>,
    /// What the server says to a person, in English.
    pub message: String,
    /// The fields at fault; filled with [`Code::InvalidArgument`].
    pub field_violations: Vec<FieldViolation>,
    /// How long to wait at least before the call is repeated.
    pub retry_after: Option<Duration>,
}

/// One field at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldViolation {
    /// Path of the field in the request, such as `linked_records[2]`.
    pub field: String,
    /// What is wrong with it, for a person.
    pub description: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let reason = if self.reason.is_empty() {
            self.code.description()
        } else {
            &self.reason
        };
        write!(f, "refused ({reason}): {}", self.message)
    }
}

impl Error {
    /// The gRPC status code that fits; connection trouble counts as [`Code::Unavailable`].
    pub fn code(&self) -> Code {
        match self {
            Self::Configuration(_) => Code::InvalidArgument,
            Self::Connect(_) | Self::Broken(_) => Code::Unavailable,
            Self::Token(_) => Code::Unauthenticated,
            Self::DeadlineExceeded => Code::DeadlineExceeded,
            Self::Refused(refusal) => refusal.code,
            Self::Incomplete(_) => Code::Internal,
        }
    }

    /// The server's stable reason code, if the server refused and gave one.
    pub fn reason(&self) -> Option<&str> {
        self.refusal()
            .map(|refusal| refusal.reason.as_str())
            .filter(|reason| !reason.is_empty())
    }

    /// The fields at fault; empty unless the server refused the request's content.
    pub fn field_violations(&self) -> &[FieldViolation] {
        self.refusal()
            .map_or(&[], |refusal| &refusal.field_violations)
    }

    /// How long the server wants us to wait before the call is repeated.
    pub fn retry_after(&self) -> Option<Duration> {
        self.refusal().and_then(|refusal| refusal.retry_after)
    }

    /// The whole refusal, if the server refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        // A status with a source was made on our side of the wire.
        if let Some(source) = status.source() {
            if is_timeout(source) {
                return Self::DeadlineExceeded;
            }
            return Self::Broken(Box::new(status));
        }
        Self::Refused(Box::new(Refusal::read(&status)))
    }
}

impl Refusal {
    fn read(status: &Status) -> Self {
        let details = status.get_error_details();
        // A gateway may add an ErrorInfo of its own; only ours has reasons we document.
        let info = details
            .error_info()
            .filter(|info| info.domain == ssi_proto::ERROR_DOMAIN);
        Self {
            code: status.code(),
            reason: info.map(|info| info.reason.clone()).unwrap_or_default(),
            metadata: info.map(|info| info.metadata.clone()).unwrap_or_default(),
            message: status.message().to_owned(),
            field_violations: details
                .bad_request()
                .map(|bad| {
                    bad.field_violations
                        .iter()
                        .map(|violation| FieldViolation {
                            field: violation.field.clone(),
                            description: violation.description.clone(),
                        })
                        .collect()
                })
                .unwrap_or_default(),
            retry_after: details.retry_info().and_then(|info| info.retry_delay),
        }
    }
}

fn is_timeout(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<TimeoutExpired>() {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use tonic_types::{ErrorDetails, FieldViolation as Violation};

    use super::*;

    #[test]
    fn a_refusal_carries_reason_fields_and_delay() {
        let mut details = ErrorDetails::new();
        details
            .set_error_info(
                "invalid_field",
                "ssi.v1",
                HashMap::from([("limit".to_owned(), "255".to_owned())]),
            )
            .set_bad_request(vec![Violation::new("subject", "too long")])
            .set_retry_info(Some(Duration::from_secs(7)));
        let error = Error::from(Status::with_error_details(
            Code::InvalidArgument,
            "the subject is too long",
            details,
        ));

        assert_eq!(error.code(), Code::InvalidArgument);
        assert_eq!(error.reason(), Some("invalid_field"));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(
            error.field_violations(),
            [FieldViolation {
                field: "subject".into(),
                description: "too long".into()
            }]
        );
        assert_eq!(
            error.to_string(),
            "refused (invalid_field): the subject is too long"
        );
        assert_eq!(error.refusal().expect("a refusal").metadata["limit"], "255");
    }

    #[test]
    fn reasons_of_other_domains_are_not_taken_for_ours() {
        let details = ErrorDetails::with_error_info("QUOTA", "proxy.example", HashMap::new());
        let error = Error::from(Status::with_error_details(Code::Unavailable, "no", details));
        assert_eq!(error.reason(), None);
        assert_eq!(error.code(), Code::Unavailable);
    }

    #[test]
    fn broken_details_do_not_hide_the_status() {
        let error = Error::from(Status::with_details(
            Code::NotFound,
            "gone",
            vec![0xff, 0xff, 0xff].into(),
        ));
        assert_eq!(error.code(), Code::NotFound);
        assert_eq!(error.reason(), None);
    }
}
