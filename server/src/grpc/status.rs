//! Errors as gRPC statuses with `google.rpc` details. The one place that knows which code is which.

use std::{collections::HashMap, time::Duration};

use jiff::SignedDuration;
use ssi_domain::port::{BrokenSource, PortError};
use ssi_engine::Error;
use ssi_proto::ERROR_DOMAIN;
use ssi_store::StoreError;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::auth::{AuthError, Denied};

/// How long to leave the database alone when it is busy or away.
const DATABASE_PAUSE: Duration = Duration::from_secs(2);

/// A status with our reason code.
pub fn refuse(code: Code, reason: &str, message: impl Into<String>) -> Status {
    Status::with_error_details(code, message, details(reason))
}

/// A status that asks to come back after a pause.
pub fn retry(code: Code, reason: &str, message: impl Into<String>, after: Duration) -> Status {
    let mut details = details(reason);
    details.set_retry_info(Some(after));
    Status::with_error_details(code, message, details)
}

/// An argument that cannot be used.
pub fn invalid(field: &str, why: &str) -> Status {
    let reason = match field {
        "request_id" => "request_id_reused",
        _ => "invalid_field",
    };
    bad_field(reason, field, why)
}

/// An argument that cannot be used, with a reason of its own.
pub fn bad_field(reason: &str, field: &str, why: &str) -> Status {
    let mut details = details(reason);
    details.add_bad_request_violation(field, why);
    Status::with_error_details(Code::InvalidArgument, format!("{field}: {why}"), details)
}

fn details(reason: &str) -> ErrorDetails {
    ErrorDetails::with_error_info(reason, ERROR_DOMAIN, HashMap::new())
}

/// An engine error as a status.
pub fn engine(error: Error) -> Status {
    match error {
        Error::NotFound { what } => {
            let reason = match what {
                "mailbox" => "mailbox_unknown".to_owned(),
                other => format!("{other}_not_found"),
            };
            refuse(Code::NotFound, &reason, format!("{what} was not found"))
        }
        Error::Invalid { field, why } => invalid(field, &why),
        Error::InvalidFields(wrong) => {
            let mut details = details("invalid_field");
            let mut said = String::new();
            for one in wrong {
                said.push_str(&format!("{}: {}; ", one.field, one.why));
                details.add_bad_request_violation(one.field, one.why);
            }
            let said = said.trim_end_matches("; ").to_owned();
            Status::with_error_details(Code::InvalidArgument, said, details)
        }
        Error::NotOffered { .. } => {
            refuse(Code::FailedPrecondition, "feature_off", error.to_string())
        }
        // Handlers answer with the records themselves.
        Error::Duplicates(_) => refuse(Code::FailedPrecondition, "duplicates", error.to_string()),
        Error::NothingToSave { code, .. } => {
            refuse(Code::FailedPrecondition, code.as_str(), code.text())
        }
        Error::Busy { retry_after } => retry(
            Code::ResourceExhausted,
            "throttled",
            "the same thing is being done already; try again later",
            pause(retry_after),
        ),
        Error::Port(error) => port(&error),
        Error::Store(error) => store(&error),
    }
}

fn port(error: &PortError) -> Status {
    let advice = Error::advice(error);
    match error {
        PortError::Wait { after, .. } => {
            retry(Code::ResourceExhausted, "throttled", advice, pause(*after))
        }
        PortError::SignIn { .. } => refuse(Code::FailedPrecondition, "sign_in_required", advice),
        PortError::Stale { .. } => refuse(Code::Aborted, "changed_meanwhile", advice),
        PortError::Gone { .. } => refuse(Code::NotFound, "item_not_found", advice),
        PortError::Refused { .. } => refuse(Code::FailedPrecondition, error.code(), advice),
        PortError::Blocked { .. } => {
            refuse(Code::FailedPrecondition, "blocked_by_administrator", advice)
        }
        PortError::Broken {
            source_kind: BrokenSource::Item,
            ..
        } => refuse(Code::FailedPrecondition, error.code(), advice),
        PortError::Broken {
            source_kind: BrokenSource::Transient | BrokenSource::Answer,
            ..
        }
        | PortError::CursorLost { .. }
        | PortError::Unknown { .. } => retry(
            Code::Unavailable,
            "backend_unavailable",
            advice,
            Duration::from_secs(5),
        ),
    }
}

fn store(error: &StoreError) -> Status {
    match error {
        StoreError::Busy(_) | StoreError::Unavailable(_) => {
            tracing::error!(%error, "the database does not answer");
            let message = "the database is not available; try again";
            retry(
                Code::Unavailable,
                "database_unavailable",
                message,
                DATABASE_PAUSE,
            )
        }
        StoreError::Address(_)
        | StoreError::Migration(_)
        | StoreError::WrongKey
        | StoreError::NoKey
        | StoreError::BadKey
        | StoreError::Corrupt(_) => {
            tracing::error!(%error, "the database cannot be used as configured");
            let message = "the server is not set up correctly; its log says what to do";
            refuse(Code::Internal, "internal", message)
        }
    }
}

/// A refused sign-in as a status.
pub fn auth(error: &AuthError) -> Status {
    let message = error.to_string();
    match error {
        AuthError::Missing => refuse(Code::Unauthenticated, "token_missing", message),
        AuthError::Invalid(_) => refuse(Code::Unauthenticated, "token_invalid", message),
        AuthError::Expired => refuse(Code::Unauthenticated, "token_expired", message),
        AuthError::Provider(_) => {
            let message = "the identity provider does not answer; try again";
            retry(
                Code::Unavailable,
                "identity_provider_unavailable",
                message,
                Duration::from_secs(30),
            )
        }
        AuthError::Configuration(_) => {
            tracing::error!(%error, "sign-in is not set up correctly");
            refuse(
                Code::Internal,
                "internal",
                "the server is not set up correctly",
            )
        }
    }
}

/// A mailbox that is not open to the caller.
pub fn denied(denied: Denied) -> Status {
    let message = denied.to_string();
    match denied {
        Denied::NotYours => refuse(Code::PermissionDenied, "not_your_mailbox", message),
        Denied::Unknown => refuse(Code::NotFound, "mailbox_unknown", message),
        Denied::NotEnrolled => refuse(Code::PermissionDenied, "not_enrolled", message),
    }
}

/// The server stops; another node or the restarted one goes on.
pub fn shutting_down() -> Status {
    let message = "the server is shutting down; connect again";
    retry(
        Code::Unavailable,
        "shutting_down",
        message,
        Duration::from_secs(1),
    )
}

fn pause(asked: SignedDuration) -> Duration {
    Duration::try_from(asked)
        .unwrap_or(Duration::from_secs(1))
        .max(Duration::from_millis(100))
}

#[cfg(test)]
mod tests {
    use ssi_domain::{ReasonCode, Trace};

    use super::*;

    fn check(error: Error, code: Code, reason: &str) {
        let status = engine(error);
        assert_eq!(status.code(), code, "{status:?}");
        let details = status.get_error_details();
        let info = details.error_info().expect("an ErrorInfo");
        assert_eq!(
            (info.domain.as_str(), info.reason.as_str()),
            ("ssi.v1", reason)
        );
        if code == Code::ResourceExhausted || code == Code::Unavailable {
            let wait = details.retry_info().and_then(|info| info.retry_delay);
            assert!(
                wait.is_some_and(|wait| wait >= Duration::from_millis(100)),
                "{status:?}"
            );
        }
    }

    #[test]
    fn every_class_of_error_has_its_code_and_reason() {
        let detail = || "code and operation".to_owned();
        let after = SignedDuration::from_secs(7);
        check(
            Error::NotFound { what: "mailbox" },
            Code::NotFound,
            "mailbox_unknown",
        );
        check(
            Error::NotFound { what: "issue" },
            Code::NotFound,
            "issue_not_found",
        );
        check(
            Error::Busy { retry_after: after },
            Code::ResourceExhausted,
            "throttled",
        );
        let skipped = Error::NothingToSave {
            code: ReasonCode::AlreadySaved,
            trace: Trace::new(),
        };
        check(skipped, Code::FailedPrecondition, "already_saved");
        for (error, code, reason) in [
            (
                PortError::Wait {
                    after,
                    detail: detail(),
                },
                Code::ResourceExhausted,
                "throttled",
            ),
            (
                PortError::SignIn { detail: detail() },
                Code::FailedPrecondition,
                "sign_in_required",
            ),
            (
                PortError::Stale { detail: detail() },
                Code::Aborted,
                "changed_meanwhile",
            ),
            (
                PortError::Gone { detail: detail() },
                Code::NotFound,
                "item_not_found",
            ),
            (
                PortError::Blocked { detail: detail() },
                Code::FailedPrecondition,
                "blocked_by_administrator",
            ),
            (
                PortError::transient("x"),
                Code::Unavailable,
                "backend_unavailable",
            ),
            (
                PortError::answer("x"),
                Code::Unavailable,
                "backend_unavailable",
            ),
            (
                PortError::item("x"),
                Code::FailedPrecondition,
                "item_broken",
            ),
            (
                PortError::Unknown { detail: detail() },
                Code::Unavailable,
                "backend_unavailable",
            ),
        ] {
            check(Error::Port(error), code, reason);
        }
        check(Error::Store(StoreError::NoKey), Code::Internal, "internal");
    }

    #[test]
    fn a_wrong_argument_names_its_field() {
        let error = Error::Invalid {
            field: "query",
            why: "send 3 characters".into(),
        };
        let details = engine(error).get_error_details();
        let violations = &details
            .bad_request()
            .expect("a BadRequest")
            .field_violations;
        assert_eq!(violations.len(), 1);
        assert_eq!(violations[0].field, "query");
    }
}
