//! The rules every row of a mapping table keeps.

use super::{Backend, Flow, Row, ValueType, path};
use crate::{Kind, transform};

/// Fields that decide whether an e-mail is saved: read before, so never `after_decision` (INV-13).
const DECIDING: [&str; 10] = [
    "from",
    "sender",
    "to",
    "cc",
    "message_id",
    "sent_at",
    "received_at",
    "subject",
    "conversation",
    "content_type",
];

/// Says what is wrong with a row and what to write instead.
pub(super) fn check(kind: Kind, row: &Row) -> Result<(), String> {
    check_name(&row.name)?;
    for backend in Backend::ALL {
        if let Some(path) = row.path(backend) {
            path::check(backend, path)?;
        }
    }
    check_named(row)?;
    check_flow(row)?;
    check_conversion(row)?;
    if row.after_decision && kind == Kind::Email && DECIDING.contains(&row.name.as_str()) {
        return Err("decides about saving; leave out after_decision".into());
    }
    if !row.after_decision && row.value == ValueType::RichText {
        return Err("is a body, which is read only once saving is decided; \
                    write after_decision = true (INV-13)"
            .into());
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), String> {
    let sound = name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if sound {
        Ok(())
    } else {
        Err("write the name in snake case, at most 64 letters".into())
    }
}

/// A named property holds one plain value.
fn check_named(row: &Row) -> Result<(), String> {
    let named = row
        .ews
        .as_deref()
        .is_some_and(|path| path.starts_with("extended:"));
    let plain = matches!(
        row.value,
        ValueType::Text
            | ValueType::Phone
            | ValueType::Choice
            | ValueType::Bool
            | ValueType::Number
            | ValueType::Date
            | ValueType::Instant
    );
    if named && !plain {
        return Err(
            "is kept in a named property, which holds one plain value; write the type text, phone, choice, bool, \
             number, date or instant"
                .into(),
        );
    }
    Ok(())
}

fn check_flow(row: &Row) -> Result<(), String> {
    let on_mail = Backend::MAIL
        .iter()
        .any(|backend| row.path(*backend).is_some());
    let on_crm = row.path(Backend::C4c).is_some();
    match row.flow {
        Flow::ToCrm | Flow::Both if !on_crm => {
            Err("travels to the CRM and needs a path there: write c4c = \"...\"".into())
        }
        Flow::ToMail | Flow::Both if !on_mail => {
            Err("travels to the mailbox and needs a path on at \
             least one of ews, graph, google"
                .into())
        }
        Flow::None if !on_mail && !on_crm => Err("has no path on any backend; remove it".into()),
        _ => Ok(()),
    }
}

fn check_conversion(row: &Row) -> Result<(), String> {
    let outward = matches!(row.flow, Flow::ToCrm | Flow::Both);
    if let Some(name) = &row.transform {
        if transform::find(name).is_none() {
            let known: Vec<_> = transform::names().collect();
            return Err(format!(
                "transform {name:?} is unknown; known are {}",
                known.join(", ")
            ));
        }
        if !outward {
            return Err("has a transform but never travels to the CRM; remove it".into());
        }
    }
    let textual = matches!(
        row.value,
        ValueType::Text
            | ValueType::RichText
            | ValueType::Address
            | ValueType::Addresses
            | ValueType::Phone
            | ValueType::Texts
    );
    match row.max_chars {
        Some(0) => Err("max_chars = 0 would keep nothing; leave it out or write a length".into()),
        Some(_) if !textual => Err("has max_chars but is no text; remove it".into()),
        Some(_) if !outward => Err("has max_chars but never travels to the CRM; remove it".into()),
        _ => Ok(()),
    }
}
