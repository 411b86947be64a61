//! Named conversions that rows of a mapping table apply between the two sides.

mod code;
mod country;
mod entity;
mod html;
mod state;
mod street;

pub use html::html_to_text;

use crate::{RichText, TextFormat, Value};

/// A conversion of one value; `None` leaves the field unset.
pub type Transform = fn(&Value) -> Option<Value>;

/// Both directions of a conversion.
struct Pair {
    name: &'static str,
    to_crm: Transform,
    /// `None`: the field never travels back.
    to_mail: Option<Transform>,
}

/// Every conversion by the name tables use.
const PAIRS: [Pair; 9] = [
    Pair {
        name: "html_to_text",
        to_crm: body_to_text,
        to_mail: Some(text_to_body),
    },
    Pair {
        name: "importance_to_priority",
        to_crm: code::importance_to_priority,
        to_mail: Some(code::priority_to_importance),
    },
    Pair {
        name: "direction_to_code",
        to_crm: code::direction_to_code,
        to_mail: None,
    },
    Pair {
        name: "sensitivity_to_code",
        to_crm: code::sensitivity_to_code,
        to_mail: Some(code::code_to_sensitivity),
    },
    Pair {
        name: "task_status_to_code",
        to_crm: code::task_status_to_code,
        to_mail: Some(code::code_to_task_status),
    },
    Pair {
        name: "country_to_code",
        to_crm: country::to_code,
        to_mail: Some(country::to_name),
    },
    Pair {
        name: "state_to_code",
        to_crm: state::to_code,
        to_mail: Some(state::to_name),
    },
    Pair {
        name: "street_and_number",
        to_crm: street::split,
        to_mail: Some(street::join),
    },
    Pair {
        name: "visit_locations",
        to_crm: split_locations,
        to_mail: Some(join_locations),
    },
];

/// What stands between the two locations of a visit in the mailbox (CAL-74).
pub const LOCATION_DELIMITER: &str = "/-/-/";

/// The names tables may use.
pub fn names() -> impl Iterator<Item = &'static str> {
    PAIRS.iter().map(|pair| pair.name)
}

/// The conversion of this name on the way to the CRM.
pub fn find(name: &str) -> Option<Transform> {
    PAIRS
        .iter()
        .find(|pair| pair.name == name)
        .map(|pair| pair.to_crm)
}

/// The conversion of this name on the way to the mailbox.
pub fn find_back(name: &str) -> Option<Transform> {
    PAIRS
        .iter()
        .find(|pair| pair.name == name)
        .and_then(|pair| pair.to_mail)
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

/// Plain text as the body of an item.
fn text_to_body(value: &Value) -> Option<Value> {
    match value {
        Value::RichText(rich) => Some(Value::RichText(rich.clone())),
        other => other.as_text().map(|text| {
            Value::RichText(RichText {
                format: TextFormat::Plain,
                text: text.to_owned(),
            })
        }),
    }
}

/// The one location of an item as the two of a visit: the formatted address first, its name second.
fn split_locations(value: &Value) -> Option<Value> {
    let text = value.as_text()?;
    let (first, second) = text.split_once(LOCATION_DELIMITER).unwrap_or((text, ""));
    let part = |text: &str| Value::Text(text.trim().to_owned());
    Some(Value::List(vec![part(first), part(second)]))
}

/// The two locations of a visit as the one of an item; an empty one adds no delimiter.
fn join_locations(value: &Value) -> Option<Value> {
    match value {
        Value::List(parts) => {
            let filled: Vec<&str> = parts
                .iter()
                .filter_map(Value::as_text)
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .collect();
            Some(Value::Text(filled.join(LOCATION_DELIMITER)))
        }
        other => other.as_text().map(|text| Value::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests;
