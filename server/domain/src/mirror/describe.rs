//! The Smart Description on mirrored items: the chosen fields of the record below the user's own text (SD-01 to SD-05).
//!
//! Everything that decides sees the user's own text only ([`own_text`]), so the block can neither reach the CRM nor
//! count as an edit; what is written carries the block as the record has it now.

use super::{
    Pair, Rules, is_private,
    words::{sentence, shown},
};
use crate::{
    Kind, ReasonCode, Record, RichText, TextFormat, Trace, Value, mapping::convert::meaning,
    merge::Direction, smart,
};

/// The block as it was read, beside the fields of the mapping.
const BLOCK: &str = "smart_description";

/// The field of a kind that holds the user's own text.
fn field(kind: Kind) -> &'static str {
    match kind {
        Kind::Contact | Kind::Account | Kind::IndividualCustomer => "notes",
        _ => "body",
    }
}

/// Parts the user's own text from the block below it (SD-05).
pub fn own_text(kind: Kind, record: &mut Record) {
    let Some(whole) = record.get(field(kind)).cloned() else {
        return;
    };
    let own = match &whole {
        Value::Text(text) => Value::Text(smart::strip(text).to_owned()),
        Value::RichText(rich) => Value::RichText(RichText {
            format: rich.format,
            text: match rich.format {
                TextFormat::Plain => smart::strip(&rich.text).to_owned(),
                TextFormat::Html => smart::strip_html(&rich.text).to_owned(),
            },
        }),
        _ => return,
    };
    if own != whole {
        record.set(field(kind), own);
        record.set(BLOCK, whole);
    }
}

/// Sets the text of an item that shall stand, if the block it carries is not what the record says now.
pub(super) fn describe(
    pair: &Pair<'_>,
    item: &Record,
    crm: &Record,
    direction: Direction,
    to_mail: &mut Record,
    rules: &Rules<'_>,
    trace: &mut Trace,
) {
    // An attendee's copy is the organizer's, and a placeholder says nothing (INV-11, CAL-70).
    if direction == Direction::ToCrm || is_private(item) {
        return;
    }
    let field = field(pair.kind);
    let own = to_mail.get(field).or_else(|| item.get(field)).cloned();
    let stands = item.get(BLOCK).or_else(|| item.get(field));
    let chosen = chosen(pair, crm, rules);
    if chosen.is_empty() && item.get(BLOCK).is_none() {
        return;
    }
    let whole = render(own.as_ref(), &chosen);
    if meaning(Some(&whole)) == meaning(stands) && to_mail.get(field).is_none() {
        return;
    }
    trace.note(
        "SD-01",
        ReasonCode::DescriptionSet,
        format!("{} fields", chosen.len()),
    );
    to_mail.set(field, whole);
}

/// The text of a new item.
pub(super) fn describe_new(pair: &Pair<'_>, crm: &Record, item: &mut Record, rules: &Rules<'_>) {
    let chosen = chosen(pair, crm, rules);
    if !chosen.is_empty() {
        let field = field(pair.kind);
        let whole = render(item.get(field), &chosen);
        item.set(field, whole);
    }
}

fn render(own: Option<&Value>, chosen: &[(String, String)]) -> Value {
    let fields: Vec<(&str, &str)> = chosen
        .iter()
        .map(|(label, value)| (label.as_str(), value.as_str()))
        .collect();
    match own {
        Some(Value::RichText(RichText {
            format: TextFormat::Html,
            text,
        })) => Value::RichText(RichText {
            format: TextFormat::Html,
            text: smart::render_html(text, &fields),
        }),
        own => Value::RichText(RichText {
            format: TextFormat::Plain,
            text: smart::render(own.and_then(Value::as_text).unwrap_or_default(), &fields),
        }),
    }
}

/// The chosen fields that the record fills, with the labels people read.
fn chosen(pair: &Pair<'_>, crm: &Record, rules: &Rules<'_>) -> Vec<(String, String)> {
    let all = &rules.settings.mirror.smart_description;
    let names = all.get(&pair.kind).map(Vec::as_slice).unwrap_or_default();
    let fields = names.iter().filter_map(|name| {
        let value = shown(pair.kind, pair.table, name, crm)?;
        // It is a name that is shown, where there is one.
        Some((sentence(name.strip_suffix("_id").unwrap_or(name)), value))
    });
    fields.collect()
}
