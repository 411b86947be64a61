//! Named conversions that rows of a mapping table apply on the way to the CRM.

mod entity;
mod html;

pub use html::html_to_text;

use crate::{TextFormat, Value};

/// A conversion of one value; `None` leaves the field unset.
pub type Transform = fn(&Value) -> Option<Value>;

/// Every conversion by the name tables use.
const TRANSFORMS: [(&str, Transform); 3] = [
    ("html_to_text", body_to_text),
    ("importance_to_priority", importance_to_priority),
    ("direction_to_code", direction_to_code),
];

/// The names tables may use.
pub fn names() -> impl Iterator<Item = &'static str> {
    TRANSFORMS.iter().map(|(name, _)| *name)
}

/// The conversion of this name.
pub fn find(name: &str) -> Option<Transform> {
    TRANSFORMS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, transform)| *transform)
}

/// The longest head of the text with at most `most` characters.
pub fn truncate(text: &str, most: usize) -> &str {
    text.char_indices()
        .nth(most)
        .map_or(text, |(at, _)| &text[..at])
}

/// The text without what JSON and XML of a CRM cannot carry or show: control characters (line ends
/// become `\n`, or a space where `lines` are not kept) and the two non-characters XML 1.0 forbids.
pub fn printable(text: &str, lines: Lines) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\n' => out.push(if lines == Lines::Keep { '\n' } else { ' ' }),
            '\t' => out.push(if lines == Lines::Keep { '\t' } else { ' ' }),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// What [`printable`] does with line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// Text of several lines keeps them.
    Keep,
    /// Text of one line gets spaces.
    Join,
}

/// Plain text of a body: HTML is rendered, plain text kept.
fn body_to_text(value: &Value) -> Option<Value> {
    match value {
        Value::RichText(rich) if rich.format == TextFormat::Html => {
            Some(Value::Text(html_to_text(&rich.text)))
        }
        other => other.as_text().map(|text| Value::Text(text.to_owned())),
    }
}

/// The importance of a mail (RFC 2156 `low`, `normal`, `high`; X-Priority numbers too) as C4C's priority:
/// 1 immediate, 2 urgent, 3 normal, 7 low. Mail knows nothing above high, so nothing becomes immediate
/// unless it says so.
fn importance_to_priority(value: &Value) -> Option<Value> {
    let text = value.as_text()?.trim().to_ascii_lowercase();
    let code = match text.as_str() {
        "immediate" => "1",
        "high" | "urgent" | "1" | "2" => "2",
        "low" | "non-urgent" | "4" | "5" => "7",
        _ => "3",
    };
    Some(Value::Choice(code.into()))
}

/// `inbound` and `outbound` as C4C's direction: 2 and 1.
fn direction_to_code(value: &Value) -> Option<Value> {
    match value.as_text()? {
        "inbound" => Some(Value::Choice("2".into())),
        "outbound" => Some(Value::Choice("1".into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
