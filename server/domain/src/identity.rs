//! What makes two e-mails the same one: the identity key and a fingerprint of the content.

use jiff::Timestamp;

use crate::{Record, Value, participant::normalize, port::EmailRecord};

/// Longest identity key in characters. C4C keeps 765 in `GroupwareItemID`; the rest leaves room for
/// [`reused_key`], four times over.
pub const LONGEST_KEY: usize = 690;

/// Characters of a subject that are compared: C4C keeps so many (`EMailCollection/Subject`).
const SUBJECT_CHARS: usize = 765;

/// Two copies of one mail may carry send times that differ by rounding in the mail servers, in seconds.
const SENT_TOLERANCE: i64 = 2;

/// How one logical e-mail is recognised in every mailbox and in the CRM (EM-06, INV-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailIdentity {
    /// The key, unique per tenant: the Message-ID in angle brackets, or a digest.
    /// Law: at most [`LONGEST_KEY`] characters of visible ASCII without `*` (a wildcard in C4C filters).
    pub key: String,
    /// A digest of author, send time and subject; compare with [`same_content`].
    pub fingerprint: String,
    /// Whether the key was derived because the mail has no usable Message-ID.
    pub derived: bool,
}

impl EmailIdentity {
    /// The identity of a mail from its mapped fields and its size in bytes.
    pub fn of(record: &Record, size_bytes: u64) -> Self {
        let fingerprint = fingerprint_of_record(record);
        match message_id_key(record.text("message_id")) {
            Some(key) => Self {
                key,
                fingerprint,
                derived: false,
            },
            None => {
                let sent_at = record.get("sent_at").and_then(Value::as_instant);
                let sent = sent_at
                    .map(|at| at.as_second().to_string())
                    .unwrap_or_default();
                let from = author(record);
                let from = normalize(from).unwrap_or_else(|| from.to_owned());
                let parts = [
                    &sent,
                    &from,
                    record.text("subject").trim(),
                    &size_bytes.to_string(),
                ];
                Self {
                    key: digest("digest:", &parts),
                    fingerprint,
                    derived: true,
                }
            }
        }
    }
}

/// The fingerprint of a mail from its mapped fields.
pub fn fingerprint_of_record(record: &Record) -> String {
    let sent_at = record.get("sent_at").and_then(Value::as_instant);
    fingerprint(author(record), sent_at, record.text("subject"))
}

/// The fingerprint of a mail from what the CRM keeps of it.
pub fn fingerprint_of_crm(email: &EmailRecord) -> String {
    fingerprint(&email.from, email.sent_at, &email.subject)
}

/// A digest over the normalised author, the second of sending and the subject without reply, forward and
/// list prefixes and white space. A part that is missing is `-`.
pub fn fingerprint(from: &str, sent_at: Option<Timestamp>, subject: &str) -> String {
    let from = normalize(from).map_or_else(|| "-".into(), |key| digest("", &[&key]));
    let sent = sent_at.map_or_else(|| "-".into(), |at| at.as_second().to_string());
    let core = core_subject(subject);
    let subject = if core.is_empty() {
        "-".into()
    } else {
        digest("", &[&core])
    };
    format!("f1.{from}.{sent}.{subject}")
}

/// Whether two fingerprints can belong to one mail: each part is equal or missing on one side; send
/// times may differ by two seconds, because servers round.
///
/// Parts are missing where a server names the author by an internal name, or knows no date.
pub fn same_content(a: &str, b: &str) -> bool {
    let (a, b): (Vec<_>, Vec<_>) = (a.splitn(4, '.').collect(), b.splitn(4, '.').collect());
    let ([_, from_a, sent_a, subject_a], [_, from_b, sent_b, subject_b]) =
        (a.as_slice(), b.as_slice())
    else {
        return a == b;
    };
    let agree = |a: &str, b: &str| a == b || a == "-" || b == "-";
    agree(from_a, from_b) && agree(subject_a, subject_b) && sent_agrees(sent_a, sent_b)
}

/// Whether an e-mail found in the CRM under a mail's key is that mail. The subject is not compared
/// where author and date say enough, because it may have been edited when saving (EM-11).
pub fn same_as_crm(fingerprint: &str, email: &EmailRecord) -> bool {
    let theirs = fingerprint_of_crm(email);
    if same_content(fingerprint, &theirs) {
        return true;
    }
    let part = |text: &str, at: usize| text.splitn(4, '.').nth(at).unwrap_or("-").to_owned();
    let from = part(fingerprint, 1);
    from != "-" && from == part(&theirs, 1) && {
        let (sent, other) = (part(fingerprint, 2), part(&theirs, 2));
        sent != "-" && other != "-" && sent_agrees(&sent, &other)
    }
}

/// The key of a mail whose Message-ID already belongs to a mail with other content: both are stored.
/// The same mail gets the same key in every mailbox.
pub fn reused_key(key: &str, fingerprint: &str) -> String {
    format!("{key}#{}", &digest("", &[fingerprint])[..16])
}

/// The identity key of a Message-ID, or `None` when it is blank or holds no letter or digit.
fn message_id_key(header: &str) -> Option<String> {
    let inside = match header.split_once('<') {
        Some((_, rest)) => rest.split_once('>').map_or(rest, |(id, _)| id),
        None => header.trim().trim_end_matches('>'),
    };
    // Long ids arrive folded, and some servers keep the fold.
    let id: String = inside
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect();
    if !id.chars().any(char::is_alphanumeric) {
        return None;
    }
    let key = format!("<{id}>");
    let plain = key.len() <= LONGEST_KEY && !key.contains('*') && key.is_ascii();
    // Keys of the first form start with `<`, so the second form cannot collide with a hostile id.
    Some(if plain {
        key
    } else {
        digest("mid-digest:", &[&id])
    })
}

/// The subject without what replies, forwards and lists put in front, without white space, lower case.
fn core_subject(subject: &str) -> String {
    let cut: String = subject.trim_start().chars().take(SUBJECT_CHARS).collect();
    let mut rest = cut.trim();
    loop {
        let shorter = strip_list_tag(rest).or_else(|| strip_reply_prefix(rest));
        match shorter {
            Some(shorter) => rest = shorter.trim_start(),
            None => break,
        }
    }
    rest.chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Takes `[list]` off, unless it is the whole subject.
fn strip_list_tag(text: &str) -> Option<&str> {
    let (tag, rest) = text.strip_prefix('[')?.split_once(']')?;
    (tag.len() <= 80 && !rest.trim().is_empty()).then_some(rest)
}

/// Takes `Re:`, `AW[2]:`, `Fwd :` and their kin in other languages off.
fn strip_reply_prefix(text: &str) -> Option<&str> {
    const PREFIXES: &[&str] = &[
        "re", "fw", "fwd", "aw", "wg", "antw", "antwort", "tr", "rv", "res", "enc", "rif", "r",
        "i", "sv", "vs", "vl", "vb", "odp", "pd", "ynt", "ilt", "ref", "回复", "答复", "转发",
    ];
    let at = text.find([':', '：'])?;
    let head = text[..at].trim_end();
    let head = head
        .split(['[', '(', '^'])
        .next()
        .unwrap_or(head)
        .trim_end()
        .to_lowercase();
    let after = text[at..].chars().next().map_or(1, char::len_utf8);
    PREFIXES
        .contains(&head.as_str())
        .then(|| &text[at + after..])
}

fn sent_agrees(a: &str, b: &str) -> bool {
    match (a.parse::<i64>(), b.parse::<i64>()) {
        (Ok(a), Ok(b)) => a.abs_diff(b) <= SENT_TOLERANCE as u64,
        _ => a == "-" || b == "-",
    }
}

fn author(record: &Record) -> &str {
    let first = |field| record.addresses(field).first().map(|a| a.address.as_str());
    first("from")
        .or_else(|| first("sender"))
        .unwrap_or_default()
}

/// A digest over parts, each with its length so that parts cannot run into each other.
fn digest(prefix: &str, parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let hex = hasher.finalize().to_hex();
    format!("{prefix}{}", &hex.as_str()[..32])
}

#[cfg(test)]
mod tests;
