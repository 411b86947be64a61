//! Values on their way from one side to the other, as a row of the mapping table says.

use std::ops::RangeInclusive;

use super::{Row, Table, ValueType};
use crate::{
    Kind, ReasonCode, Record, RichText, Step, TextFormat, Trace, Value, phone,
    transform::{self, Lines},
};

/// Years of days that C4C takes without harm. Before 1900 stand days without a year (1604 in Outlook).
const CRM_YEARS: RangeInclusive<i16> = 1900..=9998;
/// Years that Outlook shows; beyond them lies its word for "none" (MS-OXCDATA, `PtypTime`).
const MAIL_YEARS: RangeInclusive<i16> = 1601..=4500;
/// The year of birthdays whose year nobody knows, in Outlook and in address books of telephones.
const NO_YEAR: i16 = 1604;

/// Fields of which a part is another thing: half an address reaches somebody else.
const WHOLE: [&str; 3] = ["email", "website", "postal_code"];

/// A value of the mailbox as the CRM shall hold it: converted, without characters it cannot carry, and cut
/// where it takes no more; a cut is said in the trace (INV-15). `None`: it has no form there.
pub fn to_crm(row: &Row, value: &Value, trace: &mut Trace) -> Option<Value> {
    match converted(row, value) {
        Converted::Whole(value) => {
            note_zone(&value, trace);
            Some(value)
        }
        Converted::Cut(value, cut) => {
            let detail = format!("{}: {cut} characters", row.name);
            note_once(trace, ReasonCode::TextCut, detail);
            Some(value)
        }
        Converted::Kept => {
            note_once(trace, ReasonCode::ValueKept, row.name.clone());
            None
        }
        Converted::Nothing => None,
    }
}

/// Says in the trace which values of an item the CRM does not hold, or not whole, whoever changed last (INV-15).
pub fn note_left(table: &Table, record: &Record, trace: &mut Trace) {
    // A task that repeats goes up as the one that is due: the CRM has no series of tasks.
    if table.kind() == Kind::Task && !record.text("recurrence").trim().is_empty() {
        note_once(trace, ReasonCode::ValueKept, "recurrence".into());
    }
    for row in table.rows() {
        let Some(value) = record.get(&row.name).filter(|_| row.travels_up()) else {
            continue;
        };
        // A text is converted only when its length makes a cut likely: bodies are long, looks many.
        let short = value.as_text().is_some_and(|text| {
            row.transform.as_deref() != Some("country_to_code")
                && text.len() <= row.max_chars.unwrap_or(usize::MAX)
        });
        if !short {
            to_crm(row, value, trace);
        }
    }
}

/// Instants are exact in any zone (INV-16); only the clock shown beside them is another one where the CRM has no code.
fn note_zone(value: &Value, trace: &mut Trace) {
    if let Value::Zone(name) = value
        && crate::zone::to_c4c(name) == "UTC"
        && crate::zone::get(name).is_some_and(|zone| zone != jiff::tz::TimeZone::UTC)
    {
        note_once(trace, ReasonCode::ZoneShownAsUtc, name.clone());
    }
}

fn note_once(trace: &mut Trace, code: ReasonCode, detail: String) {
    let known = |step: &Step| step.code == code && step.detail.as_ref() == Some(&detail);
    if !trace.0.iter().any(known) {
        trace.note("INV-15", code, detail);
    }
}

enum Converted {
    /// As it is, or as the row's transform makes it.
    Whole(Value),
    /// Without so many characters at its end.
    Cut(Value, usize),
    /// The CRM cannot hold it.
    Kept,
    /// There is nothing to hold.
    Nothing,
}

fn converted(row: &Row, value: &Value) -> Converted {
    if let Value::Date(day) = value
        && !CRM_YEARS.contains(&day.year())
    {
        return match day.year() {
            NO_YEAR => Converted::Nothing,
            _ => Converted::Kept,
        };
    }
    let value = match row.transform.as_deref() {
        None => value.clone(),
        Some(name) => match transform::find(name).and_then(|convert| convert(value)) {
            Some(value) => value,
            None if meaning(Some(value)).is_none() => return Converted::Nothing,
            // Most countries have states that the CRM numbers: an issue for each address would bury the others.
            None if row.transform.as_deref() == Some("state_to_code") => return Converted::Nothing,
            None => return Converted::Kept,
        },
    };
    let lines = if row.after_decision {
        Lines::Keep
    } else {
        Lines::Join
    };
    let value = clean(value, lines);
    let Some(most) = row.max_chars else {
        return Converted::Whole(value);
    };
    let mut cut = 0;
    let shortened = shorten(value, most, &mut cut);
    let whole = row.value == ValueType::Phone || WHOLE.contains(&row.name.as_str());
    match cut {
        0 => Converted::Whole(shortened),
        _ if whole => Converted::Kept,
        cut => Converted::Cut(shortened, cut),
    }
}

/// The value without characters that the CRM cannot carry.
fn clean(value: Value, lines: Lines) -> Value {
    match value {
        Value::Text(text) => Value::Text(transform::printable(&text, lines)),
        Value::Phone(text) => Value::Phone(transform::printable(&text, Lines::Join)),
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
        Value::Phone(text) => Value::Phone(short(text)),
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
    if let Value::Date(day) = value
        && !MAIL_YEARS.contains(&day.year())
    {
        return None;
    }
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
