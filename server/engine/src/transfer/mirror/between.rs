//! Edits between our write and our read (INV-2). A write of the header answers with its version, by which a later edit
//! shows; one that writes notes or parties does not, and what is read back may be somebody else's.

use ssi_domain::{
    Record, Value,
    mapping::{Flow, Table, convert::same},
};

use super::File;

/// Fields the CRM puts into its own words: what is read back differs from what was written, and is the same.
const REWORDED: [&str; 4] = ["recurrence", "zone", "all_day", "company"];

impl File {
    /// Fields that were written and read back as something else, with no version to say whose it is. Of these nothing
    /// is agreed; the next look merges anew. Once: what differs again is how the CRM keeps it.
    pub(super) fn doubted(&self) -> Vec<String> {
        let (None, Some(after)) = (&self.record_version, &self.after_record) else {
            return Vec::new();
        };
        let known = self.baseline();
        let fresh = |field: &str| known.as_ref().is_none_or(|known| known.knows(field));
        let written = self.sent.iter().map(|(field, _)| field);
        written
            .filter(|field| travels(self, field) && fresh(field))
            .filter(|field| differ(field, &self.sent, &after.value))
            .map(ToString::to_string)
            .collect()
    }

    /// Whether somebody edited the record between our write and our read, as far as that can be seen: then the version
    /// read is not ours to know it by.
    pub(super) fn disturbed(&self) -> bool {
        if self.record_version.is_some() || self.after_record.is_none() {
            return false;
        }
        self.crm.there().is_some() && (!self.doubted().is_empty() || self.others_moved())
    }

    /// Whether a field that was not written reads otherwise after our write than before it.
    pub(super) fn others_moved(&self) -> bool {
        let (Some(after), Some(before)) = (&self.after_record, self.crm.there()) else {
            return false;
        };
        let rows = Table::of(self.kind).map(Table::rows).unwrap_or_default();
        let mut others = rows
            .iter()
            .filter(|row| row.flow != Flow::None && self.sent.get(&row.name).is_none());
        others.any(|row| differ(&row.name, &before.value, &after.value))
    }
}

fn travels(file: &File, field: &str) -> bool {
    let row = Table::of(file.kind).and_then(|table| table.row(field));
    row.is_some_and(|row| row.flow != Flow::None)
}

/// Whether two values cannot be the same one. A day and an instant may be; they are compared by nobody here.
fn differ(field: &str, one: &Record, other: &Record) -> bool {
    let (one, other) = (one.get(field), other.get(field));
    let times = |value: Option<&Value>| matches!(value, Some(Value::Date(_) | Value::Instant(_)));
    match (one, other) {
        _ if REWORDED.contains(&field) => false,
        (Some(Value::Instant(one)), Some(Value::Instant(other))) => {
            one.as_second() != other.as_second()
        }
        (Some(Value::Date(one)), Some(Value::Date(other))) => one != other,
        (one, other) if times(one) || times(other) => false,
        (one, other) => !same(one, other),
    }
}
