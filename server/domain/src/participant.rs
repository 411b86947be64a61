//! Who takes part in an item, with addresses in one comparable form.

mod of_item;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::{Address, Record, SyncSettings, blocklist::Blocklist};

pub use of_item::{in_places_of_mail, people};

/// Longest address that is compared, in bytes: RFC 5321 gives 64 + 1 + 255; servers bear a little more.
const LONGEST: usize = 512;

/// The field of the item an address stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The author.
    From,
    /// Who sent it, looked at only when there is no author.
    Sender,
    /// A direct recipient.
    To,
    /// A copied recipient.
    Cc,
    /// A hidden recipient, looked at while composing only (SRCH-02).
    Bcc,
}

/// What an address is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Somebody outside whom nobody blocked.
    External,
    /// A colleague (BL-03, BL-04).
    Internal,
    /// Blocked by the organization (BL-02).
    BlockedByOrg,
    /// Blocked by the user (BL-02).
    BlockedByUser,
    /// The mailbox's own address.
    Own,
    /// Not an address that can be compared.
    Unusable,
}

/// One address of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// Where it stands.
    pub field: Field,
    /// The address as written.
    pub address: Address,
    /// The comparable form ([`normalize`]); `None` when unusable.
    pub key: Option<String>,
    /// What it is to us.
    pub standing: Standing,
}

/// The comparable form of an address, or `None` when it is not one (Exchange-internal X.500 names,
/// display names, junk).
///
/// Lower case, without `SMTP:` or `mailto:`, angle brackets and a final dot of the domain; the domain in
/// ASCII form (RFC 5891); quoted local parts are kept quoted. Law: normalising twice changes nothing.
///
/// ```
/// use ssi_domain::participant::normalize;
/// assert_eq!(normalize(" <SMTP:Ann@Bücher.example> ").as_deref(), Some("ann@xn--bcher-kva.example"));
/// assert_eq!(normalize("/O=ORG/OU=X/CN=RECIPIENTS/CN=ANN"), None);
/// ```
pub fn normalize(text: &str) -> Option<String> {
    if text.len() > 4 * LONGEST {
        return None;
    }
    let mut bare = text.trim();
    if let Some((_, inside)) = bare.strip_suffix('>').and_then(|t| t.rsplit_once('<')) {
        bare = inside.trim();
    }
    loop {
        let rest = ["smtp:", "mailto:"]
            .iter()
            .find_map(|prefix| strip_ignore_case(bare, prefix));
        match rest {
            Some(rest) => bare = rest.trim(),
            None => break,
        }
    }
    if is_x500(bare) {
        return None;
    }
    let (local, domain) = bare.rsplit_once('@')?;
    let local: String = local.to_lowercase().nfc().collect();
    if !local_is_sound(&local) {
        return None;
    }
    let key = format!("{local}@{}", normalize_domain(domain)?);
    (key.len() <= LONGEST).then_some(key)
}

/// The comparable form of a domain: ASCII (RFC 5891), lower case, without a final dot. Domain literals
/// such as `[192.0.2.1]` are kept.
pub fn normalize_domain(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('@');
    let text = text.strip_suffix('.').unwrap_or(text);
    if let Some(literal) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        let sound = !literal.is_empty()
            && literal
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || ".:-".contains(c));
        return sound.then(|| format!("[{}]", literal.to_ascii_lowercase()));
    }
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let ascii = idna::domain_to_ascii(text).ok()?;
    let sound = ascii.split('.').all(|label| {
        !label.is_empty()
            && label
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    });
    sound.then_some(ascii)
}

/// Whether the text is an Exchange-internal name (X.500, also in its SMTP-wrapped form).
pub fn is_x500(text: &str) -> bool {
    let text = text.trim().trim_start_matches('<');
    (text.starts_with('/') && text.contains('='))
        || strip_ignore_case(text, "ex:").is_some()
        || strip_ignore_case(text, "imceaex-").is_some()
        || strip_ignore_case(text, "smtp:imceaex-").is_some()
}

/// The domain of a normalised address.
pub fn domain_of(key: &str) -> &str {
    key.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// The registrable part of a domain by the public suffix list: `mail.shop.co.uk` gives `shop.co.uk`.
pub fn registrable(domain: &str) -> Option<&str> {
    psl::domain_str(domain)
}

/// The people of a saved item in the order From, To, Cc (LNK-05); each address once, at its first place.
/// A sender stands in for a missing author.
pub fn participants(
    record: &Record,
    settings: &SyncSettings,
    own_address: &str,
) -> Vec<Participant> {
    collect(record, settings, own_address, &[Field::To, Field::Cc])
}

/// The people of an item that is being composed: hidden recipients count too (SRCH-02).
pub fn participants_composing(
    record: &Record,
    settings: &SyncSettings,
    own_address: &str,
) -> Vec<Participant> {
    collect(
        record,
        settings,
        own_address,
        &[Field::To, Field::Cc, Field::Bcc],
    )
}

fn collect(
    record: &Record,
    settings: &SyncSettings,
    own_address: &str,
    recipients: &[Field],
) -> Vec<Participant> {
    let blocklist = Blocklist::effective(settings, own_address);
    let own = normalize(own_address);
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    let author = if record.addresses("from").is_empty() {
        Field::Sender
    } else {
        Field::From
    };
    for field in std::iter::once(author).chain(recipients.iter().copied()) {
        for address in record.addresses(field.name()) {
            let key = normalize(&address.address);
            // Equal keys are one person; unusable ones are told apart by what was written.
            let once = key
                .clone()
                .unwrap_or_else(|| format!("?{}", address.address));
            if (key.is_none() && address.address.trim().is_empty() && address.name.is_empty())
                || !seen.insert(once)
            {
                continue;
            }
            let standing = match &key {
                Some(key) if Some(key) == own.as_ref() => Standing::Own,
                Some(key) => blocklist.standing(key),
                // Exchange uses these names among its own mailboxes only.
                None if is_x500(&address.address) => Standing::Internal,
                None => Standing::Unusable,
            };
            found.push(Participant {
                field,
                address: address.clone(),
                key,
                standing,
            });
        }
    }
    found
}

impl Field {
    /// The name of the field in the e-mail mapping table.
    pub fn name(self) -> &'static str {
        match self {
            Field::From => "from",
            Field::Sender => "sender",
            Field::To => "to",
            Field::Cc => "cc",
            Field::Bcc => "bcc",
        }
    }
}

fn local_is_sound(local: &str) -> bool {
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    !local.is_empty()
        && !local.chars().any(char::is_control)
        && (quoted
            || !local
                .chars()
                .any(|c| c.is_whitespace() || "@<>()[],;:\\\"".contains(c)))
}

fn strip_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests;
