//! Reads items and property values that clients send.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::request::extended_key;
use crate::exchange::{
    Address, Attachment, Attendee, Body, Content, Draft, ExtendedKey, ExtendedValue, Failure, Form,
    Kind, Recurrence, Response, Value, Zone,
};
use crate::mail;
use crate::xml::Element;

/// Deepest message-in-message accepted from a client.
const MAX_ATTACHED: usize = 8;

/// Reads an item element (`Message`, `CalendarItem`...).
///
/// # Errors
/// For an element that is no item, MIME content that is not base64, unnamed extended properties, unknown time
/// zones, strange recurrences, and what only the server may set.
pub fn item(element: &Element, now: Timestamp, zone: &Zone) -> Result<Draft, Failure> {
    item_at(element, now, zone, 0)
}

fn item_at(element: &Element, now: Timestamp, zone: &Zone, depth: usize) -> Result<Draft, Failure> {
    let kind = Kind::of_element(&element.name).ok_or(Failure::SCHEMA)?;
    let mut draft = match element.child("MimeContent") {
        None => Draft::new(kind),
        Some(mime) => {
            let raw = STANDARD
                .decode(mime.text.trim())
                .map_err(|_| Failure::MIME)?;
            let raw = Bytes::from(raw);
            let mut read = mail::read(&raw, now).message;
            // MIME of a contact or a calendar item is not mail: keep the bytes, show the asked-for type.
            if kind != Kind::Message && kind != Kind::Item {
                read = Draft {
                    mime: Some(raw),
                    ..Draft::new(kind)
                };
            }
            read
        }
    };
    for child in &element.children {
        match child.name.as_str() {
            "ItemClass" => draft.class = child.text.trim().to_owned(),
            "Body" => draft.body = body(child),
            "ExtendedProperty" => {
                let (key, value) = extended_property(child)?;
                draft.extended.insert(key, value);
            }
            "Attachments" => {
                for one in &child.children {
                    let number = draft.attachments.len() as u64 + 1;
                    draft
                        .attachments
                        .push(Arc::new(attachment(one, number, now, zone, depth)?));
                }
            }
            name => {
                if let Some(field) = kind.field(name).filter(|field| field.form != Form::Made) {
                    if !kind.writable(name) {
                        return Err(Failure::SET_PROPERTY);
                    }
                    let value = value(field.form, child, zone)?;
                    draft.properties.insert(field.name, value);
                }
            }
        }
    }
    if element.child("ItemClass").is_some() && draft.kind == Kind::Item {
        draft.kind = Kind::of_class(&draft.class);
    }
    Ok(draft)
}

/// Reads a body element.
pub fn body(element: &Element) -> Body {
    let content: Arc<str> = element.text.as_str().into();
    match element.attribute("BodyType") {
        Some("HTML") => Body {
            html: Some(content),
            text: None,
        },
        _ => Body {
            html: None,
            text: Some(content),
        },
    }
}

/// Reads `ExtendedProperty`.
///
/// # Errors
/// Without a usable name.
pub fn extended_property(element: &Element) -> Result<(ExtendedKey, ExtendedValue), Failure> {
    let key = extended_key(element.child("ExtendedFieldURI").ok_or(Failure::REQUEST)?)?;
    let value = match (element.child("Values"), element.child("Value")) {
        (Some(values), _) => ExtendedValue::Many(
            values
                .all("Value")
                .map(|value| value.text.clone())
                .collect(),
        ),
        (None, Some(value)) => ExtendedValue::One(value.text.clone()),
        (None, None) => return Err(Failure::REQUEST),
    };
    Ok((key, value))
}

/// Reads `FileAttachment`, `ItemAttachment` or `ReferenceAttachment`.
///
/// # Errors
/// For other elements, content that is not base64, and nesting beyond reason.
pub fn attachment(
    element: &Element,
    number: u64,
    now: Timestamp,
    zone: &Zone,
    depth: usize,
) -> Result<Attachment, Failure> {
    let text = |name: &str| element.child_text(name).map(str::to_owned);
    let content = match element.name.as_str() {
        "FileAttachment" => {
            let encoded = element.child_text("Content").unwrap_or_default();
            let packed: String = encoded.split_ascii_whitespace().collect();
            Content::File(STANDARD.decode(packed).map_err(|_| Failure::SCHEMA)?.into())
        }
        "ItemAttachment" if depth < MAX_ATTACHED => {
            let inner = element
                .children
                .iter()
                .find(|c| Kind::of_element(&c.name).is_some());
            let inner = item_at(inner.ok_or(Failure::REQUEST)?, now, zone, depth + 1)?;
            Content::Item(Box::new(inner))
        }
        "ReferenceAttachment" => Content::Reference(text("AttachLongPathName").unwrap_or_default()),
        _ => return Err(Failure::REQUEST),
    };
    Ok(Attachment {
        number,
        name: text("Name").unwrap_or_default(),
        content_type: text("ContentType").unwrap_or_default(),
        content_id: text("ContentId"),
        content_location: text("ContentLocation"),
        inline: matches!(element.child_text("IsInline"), Some("true" | "1")),
        modified: now,
        content,
    })
}

/// Reads a value in the form a field is stored in; times without a zone are those of `zone`. A time nobody can
/// read is kept as text.
///
/// # Errors
/// For recurrences and zones that cannot be understood.
pub fn value(form: Form, element: &Element, zone: &Zone) -> Result<Value, Failure> {
    Ok(match form {
        Form::Bool => Value::Bool(matches!(element.text.trim(), "true" | "1")),
        Form::Time => match time_in(element.text.trim(), &zone.rules) {
            Some(at) => Value::Time(at),
            None => Value::Text(element.text.clone()),
        },
        Form::Mailbox => Value::Mailbox(element.children.first().map(address).unwrap_or_default()),
        Form::Mailboxes => Value::Mailboxes(element.children.iter().map(address).collect()),
        Form::Strings => Value::Strings(
            element
                .children
                .iter()
                .map(|c| c.text.trim().to_owned())
                .collect(),
        ),
        Form::Attendees => Value::Attendees(element.all("Attendee").map(attendee).collect()),
        Form::Recurrence => Value::Recurrence(Recurrence::read(element)?),
        Form::Zone => Value::Zone(Zone::read(element)?),
        Form::Tree => Value::Tree(element.clone()),
        Form::Text | Form::Made => Value::Text(element.text.clone()),
    })
}

fn attendee(element: &Element) -> Attendee {
    Attendee {
        who: element.child("Mailbox").map(address).unwrap_or_default(),
        response: Response::of_name(element.child_text("ResponseType").unwrap_or_default()),
        at: element.child_text("LastResponseTime").and_then(time),
    }
}

fn address(mailbox: &Element) -> Address {
    Address {
        name: mailbox.child_text("Name").unwrap_or_default().to_owned(),
        email: mailbox
            .child_text("EmailAddress")
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Reads `xs:dateTime` and `xs:date`; without a zone they are UTC.
pub fn time(text: &str) -> Option<Timestamp> {
    time_in(text, &TimeZone::UTC)
}

/// Reads `xs:dateTime` and `xs:date`; without a zone they are those of `rules`.
fn time_in(text: &str, rules: &TimeZone) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    // A date may carry a zone too; what counts is the day.
    let local = text
        .get(..10)
        .filter(|_| !text.contains('T'))
        .unwrap_or(text);
    let date_time = local.parse::<DateTime>().ok().or_else(|| {
        local
            .parse::<Date>()
            .ok()
            .map(|date| date.to_datetime(jiff::civil::Time::midnight()))
    })?;
    date_time
        .to_zoned(rules.clone())
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// What Exchange fills in on a new message; events, tasks and contacts are settled where they are kept.
pub fn complete(draft: &mut Draft) {
    let mut preset = |name: &'static str, value: Value| {
        draft.properties.entry(name).or_insert(value);
    };
    preset("Importance", Value::Text("Normal".to_owned()));
    preset("Sensitivity", Value::Text("Normal".to_owned()));
    if matches!(draft.kind, Kind::Message | Kind::PostItem) {
        preset("IsRead", Value::Bool(true));
    }
}
