//! Who calls, for which mailbox, with which schema version.

use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode, header};

use super::soap::Fault;
use crate::exchange::{Failure, Zone};
use crate::world::World;
use crate::xml::Element;

/// A signed-in caller.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Mailbox the call is for, lower case; `None` for a service account that names nobody.
    pub mailbox: Option<String>,
    /// The account may act for any mailbox.
    pub impersonates: bool,
    /// Login as given.
    pub login: String,
    /// `TimeZoneContext`: the zone of times written without one; UTC when absent.
    pub zone: Zone,
}

/// Why a call is not served.
#[derive(Debug)]
pub enum Refusal {
    /// Wrong or no credentials.
    Unauthorized,
    /// Throttled, wrong version, or not allowed to act for that mailbox.
    Fault(Fault),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Fault(failure.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthorized => unauthorized(),
            Self::Fault(fault) => fault.into_response(),
        }
    }
}

/// Checks credentials, throttling, version and impersonation.
///
/// # Errors
/// The refusal to send instead of an answer.
pub fn identify(world: &World, headers: &HeaderMap, envelope: &Element) -> Result<Caller, Refusal> {
    let (login, password) = credentials(headers).ok_or(Refusal::Unauthorized)?;
    let mut exchange = world.exchange();
    let (every, backoff) = (
        exchange.settings().busy_every,
        exchange.settings().busy_backoff_ms,
    );
    let account = exchange
        .sign_in(&login, &password)
        .ok_or(Refusal::Unauthorized)?;
    account.calls += 1;
    if every > 0 && account.calls.is_multiple_of(every) {
        return Err(Refusal::Fault(Fault::busy(backoff)));
    }
    let (own, impersonates) = (account.mailbox.clone(), account.impersonates);
    let soap_header = envelope.child("Header");
    let version = soap_header
        .and_then(|header| header.child("RequestServerVersion"))
        .and_then(|version| version.attribute("Version"));
    if let Some(version) = version
        && !exchange.settings().understands(version)
    {
        return Err(Failure::SERVER_VERSION.into());
    }
    let zone =
        soap_header.and_then(|header| header.path(&["TimeZoneContext", "TimeZoneDefinition"]));
    let zone = zone.map_or_else(|| Ok(Zone::utc()), Zone::read)?;
    let person = soap_header
        .and_then(|header| header.path(&["ExchangeImpersonation", "ConnectingSID"]))
        .and_then(|person| person.children.first());
    let Some(person) = person else {
        return Ok(Caller {
            mailbox: own,
            impersonates,
            login,
            zone,
        });
    };
    let wanted = person.text.trim().to_ascii_lowercase();
    let known = exchange.mailbox(&wanted).is_ok();
    let failure = match person.name.as_str() {
        "PrimarySmtpAddress" | "SmtpAddress" | "PrincipalName" if !known => {
            Some(Failure::NO_MAILBOX)
        }
        "PrimarySmtpAddress" | "SmtpAddress" | "PrincipalName" => None,
        _ => Some(Failure::IMPERSONATE_DENIED),
    };
    let allowed = impersonates || own.as_deref() == Some(&wanted);
    match failure {
        _ if !allowed => Err(Failure::IMPERSONATE_DENIED.into()),
        Some(failure) => Err(failure.into()),
        None => Ok(Caller {
            mailbox: Some(wanted),
            impersonates,
            login,
            zone,
        }),
    }
}

fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (login, password) = decoded.split_once(':')?;
    Some((login.to_owned(), password.to_owned()))
}

/// Several challenges, as Exchange sends them; Basic is the one that works here.
fn unauthorized() -> Response {
    let mut response = StatusCode::UNAUTHORIZED.into_response();
    let headers = response.headers_mut();
    headers.append(
        header::WWW_AUTHENTICATE,
        http::HeaderValue::from_static("Negotiate"),
    );
    headers.append(
        header::WWW_AUTHENTICATE,
        http::HeaderValue::from_static("NTLM"),
    );
    headers.append(
        header::WWW_AUTHENTICATE,
        http::HeaderValue::from_static("Basic realm=\"exchange.sandbox.example\""),
    );
    response
}
