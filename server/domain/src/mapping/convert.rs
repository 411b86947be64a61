//! Values on their way from one side to the other, as a row of the mapping table says.

use super::Row;
use crate::{
    ReasonCode, RichText, TextFormat, Trace, Value, phone,
    transform::{self, Lines},
};

/// A value of the mailbox as the CRM shall hold it: converted, without characters it cannot carry, and cut
/// where it takes no more; a cut is said in the trace (INV-15). `None`: it has no form there.
pub fn to_crm(row: &Row, value: &Value, trace: &mut Trace) -> Option<Value> {
    let value = match row.transform.as_deref() {
        Some(name) => transform::find(name).and_then(|convert| convert(value))?,
        None => value.clone(),
    };
    let value = clean(
        value,
        if row.after_decision {
            Lines::Keep
        } else {
            Lines::Join
        },
    );
    let Some(most) = row.max_chars else {
        return Some(value);
    };
    let mut cut = 0;
    let value = shorten(value, most, &mut cut);
    if cut > 0 {
        trace.note(
            "INV-15",
            ReasonCode::TextCut,
            format!("{}: {cut} characters", row.name),
        );
    }
    Some(value)
}

/// The value without characters that the CRM cannot carry.
fn clean(value: Value, lines: Lines) -> Value {
    match value {
        Value::Text(text) => Value::Text(transform::printable(&text, lines)),
        Value::Address(mut address) => {
            address.name = transform::printable(&address.name, Lines::Join);
            Value::Address(address)
        }
        other => other,
    }
}

fn shorten(value: Value, most: usize, cut: &mut usize) -> Value {
    let mut short = |text: String| {
        let head = transform::truncate(&text, most);
        *cut += text[head.len()..].chars().count();
        head.to_owned()
    };
    match value {
        Value::Text(text) => Value::Text(short(text)),
        Value::RichText(mut rich) => {
            rich.text = short(rich.text);
            Value::RichText(rich)
        }
        Value::Address(mut address) => {
            address.name = short(address.name);
            Value::Address(address)
        }
        Value::List(values) => Value::List(
            values
                .into_iter()
                .map(|value| shorten(value, most, cut))
                .collect(),
        ),
        other => other,
    }
}

/// A value of the CRM as the mailbox shall hold it. `None`: it has no form there.
pub fn to_mail(row: &Row, value: &Value) -> Option<Value> {
    match row.transform.as_deref() {
        Some(name) => transform::find_back(name).and_then(|convert| convert(value)),
        None => Some(value.clone()),
    }
}

/// Whether two values of the CRM's form mean the same to people: white space at the ends, line ends,
/// the format of a text and the punctuation of telephone numbers say nothing.
pub fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    meaning(a) == meaning(b)
}

/// What a value says, as text to compare or digest; nothing and an empty text are the same.
pub fn meaning(value: Option<&Value>) -> Option<String> {
    let said = match value? {
        Value::Text(text) | Value::Choice(text) | Value::Zone(text) => plain(text),
        Value::RichText(RichText {
            format: TextFormat::Html,
            text,
        }) => plain(&transform::html_to_text(text)),
        Value::RichText(RichText { text, .. }) => plain(text),
        Value::Phone(text) => match phone::normal(text) {
            // Words where a number should be are still somebody's words.
            number if number.is_empty() => plain(text),
            number => number,
        },
        Value::Address(address) => address.address.trim().to_lowercase(),
        Value::Instant(at) => at.to_string(),
        Value::Date(day) => day.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Ref(record) => format!("{}/{}", record.kind, record.id),
        Value::List(values) => {
            let parts: Vec<String> = values
                .iter()
                .map(|value| meaning(Some(value)).unwrap_or_default())
                .collect();
            if parts.iter().all(String::is_empty) {
                String::new()
            } else {
                parts.join("\u{1f}")
            }
        }
    };
    (!said.is_empty()).then_some(said)
}

/// Text without the white space at line ends, around it and in runs of empty lines.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.trim().lines() {
        let line = line.trim_end();
        if line.is_empty() && out.ends_with("\n\n") {
            continue;
        }
        out.push_str(line);
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}
