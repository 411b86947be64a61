//! Who calls, and the CSRF rule.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::address::{self, Address};
use super::answer::Call;
use super::reply::{Format, Language, Reply};
use crate::crm::{Crm, CrmUser, Switch, UserKind};

const TOKEN: &str = "x-csrf-token";

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// The user of a request, by HTTP Basic.
///
/// # Errors
/// The 401 to send.
pub fn user(
    crm: &Crm,
    headers: &HeaderMap,
    format: Format,
    language: Language,
) -> Result<CrmUser, Box<Reply>> {
    let sign_in = || {
        let (scheme, encoded) = text(headers, header::AUTHORIZATION.as_str()).split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = STANDARD.decode(encoded.trim()).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (login, password) = decoded.split_once(':')?;
        crm.users.sign_in(login, password).cloned()
    };
    sign_in().ok_or_else(|| {
        let text = "Logon failed";
        let mut reply = Reply::error(StatusCode::UNAUTHORIZED, text, format, language);
        reply.set("www-authenticate", "Basic realm=\"SAP NetWeaver\"");
        Box::new(reply)
    })
}

/// Whether a write may pass: the token header must equal the token in the cookie, and be fresh.
pub fn may_write(crm: &Crm, user: &CrmUser, method: &Method, headers: &HeaderMap) -> bool {
    let exempt =
        user.kind == UserKind::Technical && crm.settings.technical_users_need_csrf == Switch::Off;
    if exempt || method == Method::GET || method == Method::HEAD {
        return true;
    }
    let token = text(headers, TOKEN);
    let bound = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == crm.settings.csrf_cookie)
        .any(|(_, value)| {
            let value = percent_decode_str(value.trim_matches('"')).decode_utf8_lossy();
            value == token
        });
    bound && crm.users.knows_token(token)
}

/// The 403 that tells a client to fetch a token.
pub fn csrf_failed(format: Format, language: Language) -> Reply {
    let text = match language {
        Language::English => "CSRF token validation failed",
        Language::German => "CSRF-Token-Validierung fehlgeschlagen",
    };
    let mut reply = Reply::error(StatusCode::FORBIDDEN, text, format, language);
    reply.set(TOKEN, "Required");
    reply
}

/// Whether a technical user asks for a token at a child collection, which ends in a 500 on real tenants
/// (github.com/SAP/cloud-sdk-js, issue 1185): tokens are fetched at the service root.
pub fn is_bad_fetch(user: &CrmUser, call: &Call) -> bool {
    let asked = text(&call.headers, TOKEN).eq_ignore_ascii_case("fetch");
    if !asked || user.kind != UserKind::Technical {
        return false;
    }
    match address::parse(&call.path) {
        Ok(Address::Rows { set, from, .. }) => from.is_some() || set.parent.is_some(),
        _ => false,
    }
}

/// Adds a new token with its cookie when the request asks for one.
pub fn offer_token(crm: &mut Crm, method: &Method, headers: &HeaderMap, reply: &mut Reply) {
    let asked = text(headers, TOKEN).eq_ignore_ascii_case("fetch");
    if !asked || method != Method::GET {
        return;
    }
    let token = crm.users.issue_token();
    let value = utf8_percent_encode(&token, NON_ALPHANUMERIC);
    let cookies = [
        format!("{}={value}; path=/; HttpOnly", crm.settings.csrf_cookie),
        "sap-usercontext=sap-client=100; path=/".to_owned(),
    ];
    for cookie in cookies {
        if let Ok(cookie) = cookie.parse() {
            reply.headers.append(header::SET_COOKIE, cookie);
        }
    }
    reply.set(TOKEN, &token);
}
