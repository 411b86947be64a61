//! Rules that several sections share.

use std::collections::BTreeSet;

use url::{Host, Url};

use super::{Problem, SecretRef};

pub(super) fn required(secret: &SecretRef<'_>, found: &mut Vec<Problem>) {
    push(secret.check(), found);
    if !secret.is_given() {
        let name = secret.key.rsplit('.').next().unwrap_or(secret.key);
        let why =
            format!("write {name}_file = \"PATH\", {name}_env = \"NAME\" or {name} = \"...\"");
        found.push(Problem::new(secret.key, why));
    }
}

pub(super) fn push(result: Result<(), Problem>, found: &mut Vec<Problem>) {
    found.extend(result.err());
}

pub(super) fn within(key: &str, value: u64, least: u64, most: u64, found: &mut Vec<Problem>) {
    if !(least..=most).contains(&value) {
        found.push(Problem::new(
            key,
            format!("{value} is outside {least} to {most}"),
        ));
    }
}

pub(super) fn check_id(key: &str, id: &str, found: &mut Vec<Problem>) {
    let sound = (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !sound {
        let why = "write 1 to 64 letters, digits, dashes, dots or underscores";
        found.push(Problem::new(key, why));
    }
}

/// Secrets travel over these addresses: https, or plain http to this machine only.
pub(super) fn check_url(key: &str, text: &str, insecure: bool, found: &mut Vec<Problem>) {
    let why = match Url::parse(text) {
        Err(error) => format!("not an address ({error}); write https://host/path"),
        Ok(url) if url.host().is_none() => {
            "the address names no host; write https://host/path".into()
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            "an address must not hold a user or password; write them under credentials".into()
        }
        Ok(url) => match url.scheme() {
            "https" => return,
            "http" if insecure || is_loopback(&url) => return,
            "http" => "plain http is allowed on loopback only; write https://".into(),
            other => format!("{other}: is not a scheme we speak; write https://"),
        },
    };
    found.push(Problem::new(key, why));
}

/// Whether an address leads to this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

pub(super) fn unique<'a>(
    list: &str,
    field: &str,
    values: impl Iterator<Item = &'a str>,
    found: &mut Vec<Problem>,
) {
    let mut seen = BTreeSet::new();
    for (at, value) in values.enumerate() {
        if !seen.insert(value) {
            let why = format!("{value:?} stands twice");
            found.push(Problem::new(format!("{list}[{at}].{field}"), why));
        }
    }
}
