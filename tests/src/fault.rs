//! Faults of servers.

use ssi_sandbox::Fault;

/// Faults that a later session gets over.
pub fn passing() -> Vec<Fault> {
    vec![
        Fault::TimeoutAfterSuccess { close: true },
        Fault::Unavailable503 {
            retry_after: Some(1),
        },
        Fault::TruncatedAnswer,
        Fault::ServerBusy { backoff_ms: 1_000 },
        Fault::HtmlWith200,
        Fault::MalformedBody,
    ]
}
