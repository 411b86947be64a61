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
    Address, Attachment, Body, Content, Draft, ExtendedKey, ExtendedValue, Failure, Form, Kind,
    Value,
};
use crate::mail;
use crate::xml::Element;

/// Deepest message-in-message accepted from a client.
const MAX_ATTACHED: usize = 8;

/// Reads an item element (`Message`, `CalendarItem`...).
///
/// # Errors
/// For an element that is no item, MIME content that is not base64, and unnamed extended properties.
pub fn item(element: &Element, now: Timestamp) -> Result<Draft, Failure> {
    item_at(element, now, 0)
}

fn item_at(element: &Element, now: Timestamp, depth: usize) -> Result<Draft, Failure> {
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
                        .push(Arc::new(attachment(one, number, now, depth)?));
                }
            }
            name => {
                if let Some(field) = kind.field(name).filter(|field| field.form != Form::Made) {
                    draft
                        .properties
                        .insert(field.name, value(field.form, child));
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
            let inner = item_at(inner.ok_or(Failure::REQUEST)?, now, depth + 1)?;
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

/// Reads a value in the form a field is stored in. A time nobody can read is kept as text.
pub fn value(form: Form, element: &Element) -> Value {
    match form {
        Form::Bool => Value::Bool(matches!(element.text.trim(), "true" | "1")),
        Form::Time => match time(element.text.trim()) {
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
        Form::Tree => Value::Tree(element.clone()),
        Form::Text | Form::Made => Value::Text(element.text.clone()),
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
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let local = text.trim_end_matches('Z');
    let date_time = local.parse::<DateTime>().ok().or_else(|| {
        local
            .parse::<Date>()
            .ok()
            .map(|date| date.to_datetime(jiff::civil::Time::midnight()))
    })?;
    date_time
        .to_zoned(TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// What Exchange fills in on a new item.
pub fn complete(draft: &mut Draft, uid: u128) {
    let mut preset = |name: &'static str, value: Value| {
        draft.properties.entry(name).or_insert(value);
    };
    preset("Importance", Value::Text("Normal".to_owned()));
    preset("Sensitivity", Value::Text("Normal".to_owned()));
    match draft.kind {
        Kind::Message | Kind::PostItem => preset("IsRead", Value::Bool(true)),
        Kind::CalendarItem => {
            let master = draft.properties.contains_key("Recurrence");
            let kind = if master { "RecurringMaster" } else { "Single" };
            let mut preset = |name: &'static str, value: Value| {
                draft.properties.entry(name).or_insert(value);
            };
            preset(
                "UID",
                Value::Text(format!("040000008200E00074C5B7101A82E008{uid:032X}")),
            );
            preset("CalendarItemType", Value::Text(kind.to_owned()));
            preset("IsRecurring", Value::Bool(false));
            preset("IsAllDayEvent", Value::Bool(false));
            preset("IsMeeting", Value::Bool(false));
            preset("IsCancelled", Value::Bool(false));
            preset("LegacyFreeBusyStatus", Value::Text("Busy".to_owned()));
            preset("MyResponseType", Value::Text("Organizer".to_owned()));
        }
        Kind::Task => {
            preset("IsComplete", Value::Bool(false));
            preset("PercentComplete", Value::Text("0".to_owned()));
            preset("Status", Value::Text("NotStarted".to_owned()));
            preset("IsRecurring", Value::Bool(false));
        }
        Kind::Contact => {
            let names = [draft.text("GivenName"), draft.text("Surname")];
            let shown = names
                .into_iter()
                .filter(|name| !name.is_empty())
                .collect::<Vec<_>>()
                .join(" ");
            draft
                .properties
                .entry("DisplayName")
                .or_insert(Value::Text(shown.clone()));
            draft
                .properties
                .entry("FileAs")
                .or_insert(Value::Text(shown));
        }
        _ => {}
    }
}
