//! The value of one field as the property its table row names.

use jiff::civil::Date;
use ssi_domain::{
    Address, RichText, TextFormat, Value,
    mapping::{Row, ValueType},
    port::PortError,
};

use super::{Act, Ground, part::Part, part::Target, refused};
use crate::ews::{wire::Wire, xml::Xml};

/// Enumerations of the schema. What an item is set back to when the field is emptied stands first.
const WORDS: [(&str, &[&str]); 4] = [
    ("Importance", &["Normal", "Low", "High"]),
    (
        "Sensitivity",
        &["Normal", "Personal", "Private", "Confidential"],
    ),
    (
        "LegacyFreeBusyStatus",
        &[
            "Busy",
            "Free",
            "Tentative",
            "OOF",
            "WorkingElsewhere",
            "NoData",
        ],
    ),
    (
        "Status",
        &[
            "NotStarted",
            "InProgress",
            "Completed",
            "WaitingOnOthers",
            "Deferred",
        ],
    ),
];

/// The property of a field; `None` for those written together with others, or set by servers only.
pub(super) fn part(
    ground: &Ground<'_>,
    row: &Row,
    value: &Value,
) -> Result<Option<Part>, PortError> {
    let Some(wire) = Wire::of(row) else {
        return Ok(None);
    };
    let element = match wire {
        Wire::Field { element, .. } => element,
        Wire::Named(property) => {
            let content = if is_empty(value) {
                None
            } else {
                Part::hidden(property, &plain(row, value)?).content
            };
            return Ok(Some(Part {
                target: Target::Hidden(property),
                content,
            }));
        }
        Wire::Entry(_) => {
            let text = value.as_text().unwrap_or_default().trim();
            return Ok(Some(Part {
                target: Target::Wire(wire),
                content: (!text.is_empty()).then(|| text.to_owned()),
            }));
        }
    };
    let content = match element {
        // The server's, or written with the event's times.
        "Organizer"
        | "Start"
        | "End"
        | "StartTimeZone"
        | "IsAllDayEvent"
        | "Recurrence"
        | "ReminderMinutesBeforeStart" => {
            return Ok(None);
        }
        _ if is_empty(value) => cleared(element),
        _ => Some(xml_of(row, element, value)?),
    };
    if content.is_none() && ground.act == Act::Create {
        return Ok(None);
    }
    Ok(Some(Part {
        target: Target::Wire(wire),
        content,
    }))
}

/// Whether a value clears its field.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::List(values) => values.is_empty(),
        Value::Text(text) | Value::Phone(text) | Value::Zone(text) | Value::Choice(text) => {
            text.trim().is_empty()
        }
        Value::RichText(rich) => rich.text.trim().is_empty(),
        Value::Address(address) => address.address.is_empty(),
        _ => false,
    }
}

/// What a property is set back to that cannot be without a value.
fn cleared(element: &str) -> Option<String> {
    let word = WORDS.iter().find(|(name, _)| *name == element);
    let word = word.and_then(|(_, words)| words.first().copied());
    let word = match element {
        "PercentComplete" => Some("0"),
        _ => word,
    };
    word.map(|word| leaf(element, word))
}

fn xml_of(row: &Row, element: &str, value: &Value) -> Result<String, PortError> {
    let wrong = || refused(&row.name, "the value has another type than the field");
    Ok(match (row.value, value) {
        (ValueType::RichText, value) => body(element, value).ok_or_else(wrong)?,
        (ValueType::Choice, value) => {
            let word = value.as_text().ok_or_else(wrong)?;
            leaf(element, &enumerated(row, element, word)?)
        }
        (ValueType::Addresses | ValueType::Address, value) => people(element, &value.addresses()),
        (ValueType::Date, Value::Date(day)) => leaf(element, &date(element, *day)),
        (ValueType::Number, Value::Number(number)) => {
            if element == "PercentComplete" && !(0..=100).contains(number) {
                return Err(refused(&row.name, "a percentage lies between 0 and 100"));
            }
            leaf(element, &number.to_string())
        }
        (ValueType::Bool, Value::Bool(yes)) => leaf(element, if *yes { "true" } else { "false" }),
        (ValueType::Texts, Value::List(values)) => {
            let mut xml = Xml::new();
            let name = format!("t:{element}");
            xml.open(&name, &[]);
            for text in values.iter().filter_map(Value::as_text) {
                xml.leaf("t:String", text);
            }
            xml.close(&name);
            xml.finish()
        }
        (_, Value::Instant(at)) => leaf(element, &at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        (_, value) => leaf(element, value.as_text().ok_or_else(wrong)?),
    })
}

/// A value as the text of a named property.
fn plain(row: &Row, value: &Value) -> Result<String, PortError> {
    let wrong = || refused(&row.name, "the value has another type than the field");
    Ok(match value {
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Date(day) => format!("{day}T00:00:00Z"),
        Value::Instant(at) => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        value => value.as_text().ok_or_else(wrong)?.to_owned(),
    })
}

/// A day as `xs:dateTime`. The time is what lets most clients show the same day: tasks are read as UTC,
/// birthdays in the reader's zone, where noon is the same day nearly everywhere.
fn date(element: &str, day: Date) -> String {
    match element {
        "Birthday" | "WeddingAnniversary" => format!("{day}T11:59:00Z"),
        _ => format!("{day}T00:00:00Z"),
    }
}

/// A word in the schema's spelling: `not_started` becomes `NotStarted`.
fn enumerated(row: &Row, element: &str, word: &str) -> Result<String, PortError> {
    let plain = |text: &str| text.replace(['_', ' '], "").to_ascii_lowercase();
    let Some((_, words)) = WORDS.iter().find(|(name, _)| *name == element) else {
        return Ok(word.to_owned());
    };
    let known = words.iter().find(|known| plain(known) == plain(word));
    known
        .map(|known| (*known).to_owned())
        .ok_or_else(|| refused(&row.name, "the mail server knows no such value"))
}

fn body(element: &str, value: &Value) -> Option<String> {
    let (format, text) = match value {
        Value::RichText(RichText { format, text }) => (*format, text.as_str()),
        other => (TextFormat::Plain, other.as_text()?),
    };
    let format = match format {
        TextFormat::Html => "HTML",
        TextFormat::Plain => "Text",
    };
    let mut xml = Xml::new();
    xml.leaf_with(&format!("t:{element}"), &[("BodyType", format)], text);
    Some(xml.finish())
}

fn people(element: &str, people: &[&Address]) -> String {
    let mut xml = Xml::new();
    let name = format!("t:{element}");
    xml.open(&name, &[]);
    for one in people {
        xml.open("t:Attendee", &[]).open("t:Mailbox", &[]);
        if !one.name.is_empty() {
            xml.leaf("t:Name", &one.name);
        }
        xml.leaf("t:EmailAddress", &one.address);
        xml.close("t:Mailbox").close("t:Attendee");
    }
    xml.close(&name);
    xml.finish()
}

fn leaf(element: &str, text: &str) -> String {
    let mut xml = Xml::new();
    xml.leaf(&format!("t:{element}"), text);
    xml.finish()
}
