//! How a contact is shown: Exchange makes neither the display name nor the filing name by itself.

use ssi_domain::{Kind, Record};

use super::{Act, Ground, part::Part};

/// The fields a name is made of.
const NAMES: [&str; 3] = ["given_name", "middle_name", "surname"];

/// A new display name depends on the parts that do not change.
pub(super) fn needs_now(set: &Record) -> bool {
    set.get("display_name").is_none()
        && (NAMES.iter().any(|name| set.get(name).is_some()) || set.get("name").is_some())
}

/// Adds the names people see.
pub(super) fn complete(ground: &Ground<'_>, parts: &mut Vec<Part>) {
    let field = |name: &str| {
        let record = match (ground.set.get(name), ground.now) {
            (None, Some(now)) => now,
            _ => ground.set,
        };
        record.text(name).trim().to_owned()
    };
    if ground.act == Act::Create {
        let mapping = match ground.kind {
            Kind::Account => "Company",
            _ => "LastCommaFirst",
        };
        parts.push(Part::leaf("contacts:FileAsMapping", mapping));
    }
    if parts.iter().any(|part| part.is("contacts:DisplayName")) {
        return;
    }
    let shown = full_name(ground.kind, field);
    let changed = match ground.now {
        // A display name that somebody chose stays.
        Some(now) => {
            let before = full_name(ground.kind, |name| now.text(name).trim().to_owned());
            shown != before && [before.as_str(), ""].contains(&now.text("display_name").trim())
        }
        None => ground.act == Act::Create,
    };
    if changed && !shown.is_empty() {
        parts.push(Part::leaf("contacts:DisplayName", &shown));
    }
}

fn full_name(kind: Kind, field: impl Fn(&str) -> String) -> String {
    if kind == Kind::Account {
        return field("name");
    }
    let names = NAMES.map(&field);
    let names: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() {
        return field("company");
    }
    names.join(" ")
}
