//! What stands before every handler: who calls, which mailbox is meant, how much time there is.

use std::{net::IpAddr, time::Duration};

use http::{HeaderMap, header::AUTHORIZATION};
use tokio::time::Instant;
use tonic::{Request, Status};

use super::{Handlers, read, status};
use crate::auth::{AuthError, Caller, Enrolled};

/// Calls that need no token, by path.
const OPEN: [&str; 1] = ["/ssi.v1.SessionService/CreateSession"];
/// Every service of ours; others (health, reflection) are open.
const OURS: &str = "/ssi.v1.";

/// The address a request came from, put into its extensions when it was accepted.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Until when the caller waits, put into a request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(pub Instant);

/// Who calls, for a request to this path. `None`: the path is open to everybody.
pub async fn authenticate(
    handlers: &Handlers,
    path: &str,
    headers: &HeaderMap,
    peer: Option<IpAddr>,
) -> Result<Option<Caller>, Status> {
    if !path.starts_with(OURS) || OPEN.contains(&path) {
        return Ok(None);
    }
    let token = bearer(headers).ok_or_else(|| status::auth(&AuthError::Missing))?;
    let caller = handlers.inner.auth.caller(token, peer).await;
    caller.map(Some).map_err(|error| status::auth(&error))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

impl Handlers {
    /// The caller of a request that went through [`authenticate`].
    pub(super) fn caller<T>(&self, request: &Request<T>) -> Result<Caller, Status> {
        let caller = request.extensions().get::<Caller>();
        caller
            .cloned()
            .ok_or_else(|| status::auth(&AuthError::Missing))
    }

    /// The mailbox of this resource name, if the caller may touch it.
    pub(super) fn mailbox(
        &self,
        caller: &Caller,
        field: &str,
        name: &str,
    ) -> Result<&Enrolled, Status> {
        let address = read::mailbox(field, name)?;
        self.inner
            .access
            .mailbox(caller, &address)
            .map_err(status::denied)
    }

    /// The mailbox with this address, if the caller may touch it.
    pub(super) fn mailbox_at(&self, caller: &Caller, address: &str) -> Result<&Enrolled, Status> {
        self.inner
            .access
            .mailbox(caller, address)
            .map_err(status::denied)
    }
}

/// How much time the caller still waits, less what the answer needs to travel.
pub(super) fn time_left<T>(request: &Request<T>) -> Duration {
    const DEFAULT: Duration = Duration::from_secs(30);
    const TRAVEL: Duration = Duration::from_millis(500);
    let left = request
        .extensions()
        .get::<Deadline>()
        .map_or(DEFAULT, |deadline| {
            deadline.0.saturating_duration_since(Instant::now())
        });
    left.checked_sub(TRAVEL).unwrap_or(left / 2)
}
