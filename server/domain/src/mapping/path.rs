//! The syntax of a field's path on each backend, so that a misspelt row is refused when it is read.

use super::Backend;

/// Checks a path; the error says how one looks on that backend.
pub(super) fn check(backend: Backend, path: &str) -> Result<(), String> {
    let (sound, shape) = match backend {
        Backend::Ews => (
            is_field_uri(path),
            "item:Subject, item:InternetMessageHeader:List-Id for a header, or \
             extended:PublicStrings:Tier for a named property",
        ),
        Backend::Graph | Backend::Google => (
            is_json_path(path),
            "start.dateTime, or headers[name=From].value for one of a list",
        ),
        Backend::C4c => (
            is_odata_path(path),
            "Subject, Child/Property, or Child/Address+Name for a pair",
        ),
    };
    if sound && path.len() <= 200 {
        return Ok(());
    }
    Err(format!(
        "{} = {path:?} is no path; write it like {shape}",
        backend.name()
    ))
}

/// An unindexed or indexed field URI of EWS
/// (<https://learn.microsoft.com/exchange/client-developer/web-service-reference/fielduri>).
fn is_field_uri(path: &str) -> bool {
    const CLASSES: [&str; 8] = [
        "item",
        "message",
        "calendar",
        "contacts",
        "task",
        "meeting",
        "meetingRequest",
        "postitem",
    ];
    if let Some(named) = path.strip_prefix("extended:") {
        return is_named_property(named);
    }
    let mut parts = path.split(':');
    parts.next().is_some_and(|class| CLASSES.contains(&class))
        && parts.next().is_some_and(is_word)
        && parts.next().is_none_or(is_header_name)
        // Entries of address dictionaries: contacts:PhysicalAddress:Business:Street.
        && parts.next().is_none_or(is_word)
        && parts.next().is_none()
}

/// A named property: its set, then its name. `PublicStrings` is where Outlook keeps the fields that users define.
fn is_named_property(named: &str) -> bool {
    named.split_once(':').is_some_and(|(set, name)| {
        (set == "PublicStrings" || is_guid(set)) && name.len() <= 127 && is_header_name(name)
    })
}

fn is_guid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let mut parts = text.split('-');
    lengths.iter().all(|length| {
        parts.next().is_some_and(|part| {
            part.len() == *length && part.chars().all(|c| c.is_ascii_hexdigit())
        })
    }) && parts.next().is_none()
}

/// Property names joined by dots, each with an optional selector in brackets.
fn is_json_path(path: &str) -> bool {
    // Dots inside a selector are part of it.
    let mut depth = 0_i32;
    let mut steps = vec![String::new()];
    for c in path.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        match steps.last_mut() {
            Some(step) if c != '.' || depth > 0 => step.push(c),
            _ => steps.push(String::new()),
        }
    }
    depth == 0
        && steps.iter().all(|step| match step.split_once('[') {
            None => is_word(step),
            Some((name, selector)) => {
                let inside = selector.strip_suffix(']').unwrap_or_default();
                let (key, value) = inside.split_once('=').unwrap_or((inside, "x"));
                is_word(name) && is_word(key) && is_header_name(value)
            }
        })
}

/// A property, or properties of a child node joined by `+`.
fn is_odata_path(path: &str) -> bool {
    let (child, properties) = path.split_once('/').unwrap_or(("Header", path));
    is_word(child) && properties.split('+').all(is_word)
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_header_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_. ".contains(c))
}
