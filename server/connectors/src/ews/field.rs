//! Reading the value of one property by the type its row names. Absent and empty are the same on this wire.

use ssi_domain::{RichText, TextFormat, Value, mapping::ValueType};

use super::{
    op::find_folder::is_true,
    plan::Slot,
    recurrence::Written,
    value::{Mailbox, day, instant, snake_case, strings},
    wire::Wire,
    xml::{Element, Walker, XmlError},
};

/// A value as read.
#[derive(Debug, Clone)]
pub(crate) enum Read {
    /// Ready to use.
    Value(Value),
    /// An address that a hidden property may know better.
    One(Mailbox),
    /// How something repeats.
    Repeats(Written),
}

/// Reads a property that has an element of its own.
pub(crate) fn read(
    slot: &Slot,
    element: &Element<'_>,
    walker: &mut Walker<'_>,
) -> Result<Option<Read>, XmlError> {
    if element.name() == "Recurrence" {
        return Written::read(walker).map(|written| Some(Read::Repeats(written)));
    }
    Ok(match slot.value {
        ValueType::Address => Mailbox::read_all(walker)?.into_iter().next().map(Read::One),
        ValueType::Addresses => {
            let all = Mailbox::read_all(walker)?;
            let all: Vec<Value> = all
                .into_iter()
                .map(|one| Value::Address(one.into_address()))
                .collect();
            (!all.is_empty()).then_some(Read::Value(Value::List(all)))
        }
        ValueType::RichText => {
            let html = element.attribute("BodyType")?;
            let html = html.is_some_and(|body_type| body_type.eq_ignore_ascii_case("HTML"));
            let format = if html {
                TextFormat::Html
            } else {
                TextFormat::Plain
            };
            let text = walker.text()?;
            Some(Read::Value(Value::RichText(RichText { format, text })))
        }
        ValueType::Texts => {
            let texts = strings(walker)?.into_iter().map(Value::Text).collect();
            Some(Read::Value(Value::List(texts)))
        }
        ValueType::Choice => {
            let word = snake_case(&walker.text()?);
            filled(word, Value::Choice)
        }
        ValueType::Text | ValueType::Ref => {
            // Ids of conversations and the like stand in an attribute.
            let id = element.attribute("Id")?;
            let text = walker.text()?;
            filled(id.unwrap_or(text), Value::Text)
        }
        plain => scalar(plain, walker.text()?),
    })
}

/// Reads a dictionary: its entries go to the slots they are for.
pub(crate) fn entries(
    list: &str,
    slots: &[Slot],
    values: &mut [Option<Read>],
    walker: &mut Walker<'_>,
) -> Result<(), XmlError> {
    let mut put = |key: &str, part: Option<&str>, text: &str| {
        for (slot, value) in slots.iter().zip(values.iter_mut()) {
            if let Wire::Entry(entry) = slot.wire
                && entry.list == list
                && entry.key.eq_ignore_ascii_case(key)
                && entry.part == part
            {
                // Words of a dictionary are people's own, not those of an enumeration.
                *value = match slot.value {
                    ValueType::Choice => filled(text.trim().to_owned(), Value::Choice),
                    ValueType::Text => filled(text.to_owned(), Value::Text),
                    other => scalar(other, text.to_owned()),
                };
            }
        }
    };
    let has_parts = list == "PhysicalAddresses";
    while let Some(entry) = walker.child()? {
        let key = match entry.attribute("Key")? {
            Some(key) => key,
            None => entry.attribute("HeaderName")?.unwrap_or_default(),
        };
        if !has_parts {
            put(&key, None, &walker.text()?);
            continue;
        }
        while let Some(part) = walker.child()? {
            let name = match part.name() {
                // So in examples of the vendor.
                "Country" => "CountryOrRegion".to_owned(),
                name => name.to_owned(),
            };
            put(&key, Some(&name), &walker.text()?);
        }
    }
    Ok(())
}

/// Reads the text of a named property. Its words are people's own, not those of an enumeration.
pub(crate) fn named(value: ValueType, text: String) -> Option<Read> {
    match value {
        ValueType::Choice => filled(text.trim().to_owned(), Value::Choice),
        other => scalar(other, text),
    }
}

/// The value that says that there is none.
pub(crate) fn empty(value: ValueType) -> Value {
    match value {
        ValueType::Phone => Value::Phone(String::new()),
        ValueType::Choice => Value::Choice(String::new()),
        ValueType::Addresses | ValueType::Texts => Value::List(Vec::new()),
        _ => Value::Text(String::new()),
    }
}

fn scalar(value: ValueType, text: String) -> Option<Read> {
    let value = match value {
        ValueType::Instant | ValueType::When => instant(&text).map(Value::Instant),
        ValueType::Date => day(&text).map(Value::Date),
        ValueType::Bool => Some(Value::Bool(is_true(&text))),
        ValueType::Number => whole(&text).map(Value::Number),
        ValueType::Phone => return filled(text, Value::Phone),
        ValueType::Zone => return filled(text, Value::Zone),
        _ => return filled(text, Value::Text),
    };
    value.map(Read::Value)
}

/// A number; `xs:double` is rounded (`task:PercentComplete`).
fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    text.parse::<i64>().ok().or_else(|| {
        let number = text.parse::<f64>().ok()?;
        // Beyond this a double is no exact whole number.
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
        (number.abs() < 9.0e15).then(|| number.round() as i64)
    })
}

fn filled(text: String, make: fn(String) -> Value) -> Option<Read> {
    (!text.is_empty()).then(|| Read::Value(make(text)))
}
