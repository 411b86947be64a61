//! What an HTTP status other than 200 means when no SOAP fault says better.

use http::{
    StatusCode,
    header::{LOCATION, WWW_AUTHENTICATE},
};
use jiff::SignedDuration;
use reqwest::Response;
use ssi_domain::{Clock, SystemClock, port::PortError};

use super::{client::Call, config::Credentials};
use crate::http::{Intent, retry_after};

/// The pause after a 503 that names none (mail-apis.md 2.13: 10 s at first, the engine doubles it).
const OVERLOADED: SignedDuration = SignedDuration::from_secs(10);

/// What to do next after this status.
pub(super) fn meaning(
    response: &Response,
    credentials: &Credentials,
    call: &Call<'_>,
) -> PortError {
    let status = response.status();
    let detail = format!("{}: HTTP {}", call.operation, status.as_u16());
    match status {
        StatusCode::UNAUTHORIZED => unauthorized(response, credentials, detail),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
            let after = retry_after(response.headers(), SystemClock.now()).unwrap_or(OVERLOADED);
            PortError::Wait { after, detail }
        }
        StatusCode::FORBIDDEN => PortError::Blocked {
            detail: format!("{detail}: EWS is blocked for this application or mailbox"),
        },
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE => {
            PortError::Blocked {
                detail: format!("{detail}: no EWS at this url; check the url"),
            }
        }
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => PortError::Blocked {
            detail: format!("{detail}: the proxy wants a sign-in"),
        },
        StatusCode::PAYLOAD_TOO_LARGE => PortError::item(detail),
        StatusCode::REQUEST_TIMEOUT => broken_off(detail, call.intent),
        _ if status.is_redirection() => redirected(response, detail),
        _ if status.is_server_error() => broken_off(detail, call.intent),
        _ => match status.as_u16() {
            // IIS: the session of a forms sign-in is over.
            440 => PortError::SignIn { detail },
            // Exchange: the account is blocked or its mailbox lives elsewhere.
            456 => PortError::Blocked {
                detail: format!("{detail}: the account is blocked or its mailbox has moved"),
            },
            _ => PortError::answer(detail),
        },
    }
}

/// Logs the headers by which Exchange administrators find the request again.
pub(super) fn log(response: &Response, operation: &str) {
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    tracing::debug!(
        operation,
        status = response.status().as_u16(),
        request_id = header("request-id"),
        front_end = header("X-FEServer"),
        cas_error = header("X-CasErrorCode"),
        diagnosis = header("X-DiagInfo"),
        "exchange refused a request"
    );
}

/// The server stopped in the middle: a write may have happened.
fn broken_off(detail: String, intent: Intent) -> PortError {
    match intent {
        Intent::Read => PortError::transient(detail),
        Intent::Write => PortError::Unknown { detail },
    }
}

fn unauthorized(response: &Response, credentials: &Credentials, detail: String) -> PortError {
    let offered: Vec<String> = response
        .headers()
        .get_all(WWW_AUTHENTICATE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|part| part.split_whitespace().next())
        .map(str::to_ascii_lowercase)
        .collect();
    let offers = |scheme: &str| offered.iter().any(|one| one == scheme);
    let windows = offers("ntlm") || offers("negotiate");
    match credentials {
        Credentials::Basic { .. } if windows && !offers("basic") => PortError::Blocked {
            detail: format!(
                "{detail}: the server offers Windows sign-in only; enable Basic on the EWS virtual \
                 directory (Set-WebServicesVirtualDirectory -BasicAuthentication $true)"
            ),
        },
        Credentials::Bearer(_) if (windows || offers("basic")) && !offers("bearer") => {
            PortError::Blocked {
                detail: format!(
                    "{detail}: the server does not take tokens; set up hybrid modern authentication \
                     or use Basic"
                ),
            }
        }
        _ => PortError::SignIn { detail },
    }
}

/// A POST is never repeated elsewhere: the address in the configuration must be the final one.
fn redirected(response: &Response, detail: String) -> PortError {
    let location = response
        .headers()
        .get(LOCATION)
        .and_then(|value| value.to_str().ok());
    let location = location.unwrap_or_default().to_ascii_lowercase();
    if location.contains("genericerrorpage") || location.contains("errorfe.aspx") {
        return PortError::transient(format!("{detail} to an error page"));
    }
    if location.contains("/owa/") || location.contains("logon") || location.contains("/adfs/") {
        return PortError::Blocked {
            detail: format!(
                "{detail} to a sign-in page; enable Basic on the EWS virtual directory"
            ),
        };
    }
    PortError::Blocked {
        detail: format!("{detail}: EWS has moved; configure its final url"),
    }
}
