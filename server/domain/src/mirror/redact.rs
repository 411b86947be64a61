//! Private items: the CRM holds when, and nothing else (CAL-70).

use crate::{Record, Value, mapping::Table};

/// What a placeholder is called.
const PLACEHOLDER: &str = "Private";

/// Fields of a placeholder besides its subject.
const BARE: [&str; 6] = [
    "start",
    "end",
    "zone",
    "all_day",
    "sensitivity",
    "recurrence",
];

/// Whether an item is private: everything but what is plainly not. `personal` is a colour, no secret.
pub fn is_private(record: &Record) -> bool {
    matches!(
        record.get("sensitivity").and_then(Value::as_text),
        Some("private" | "confidential")
    )
}

/// The item without what nobody else may see.
pub fn redact(table: &Table, record: &Record) -> Record {
    let mut bare = Record::new();
    for row in table.rows() {
        if row.name == "subject" {
            bare.set("subject", PLACEHOLDER);
        } else if let Some(value) = record.get(&row.name)
            && BARE.contains(&row.name.as_str())
        {
            bare.set(&row.name, value.clone());
        }
    }
    bare
}
