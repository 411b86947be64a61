//! What people read for a value of a record: words for codes, names for numbers, local times (SD-01).

use jiff::tz::TimeZone;

use crate::{
    Kind, Record, Value,
    mapping::{Table, convert::meaning, convert::to_mail},
    zone,
};

/// A value as people read it; `None` when there is nothing to read.
pub(super) fn shown(kind: Kind, table: &Table, name: &str, crm: &Record) -> Option<String> {
    let value = crm.get(name)?;
    // The CRM says who is behind a number, where it does.
    if let Some(who) = name.strip_suffix("_id") {
        let named = crm.text(&format!("{who}_name")).trim();
        if !named.is_empty() {
            return Some(named.to_owned());
        }
    }
    let value = match table.row(name) {
        Some(row) => to_mail(row, value).unwrap_or_else(|| value.clone()),
        None => value.clone(),
    };
    match value {
        Value::Choice(code) if code.trim().is_empty() => None,
        Value::Choice(code) => Some(match words(kind, name, &code) {
            Some(words) => words.to_owned(),
            None => sentence(&code),
        }),
        Value::Phone(number) => Some(number),
        Value::Bool(yes) => Some(if yes { "Yes" } else { "No" }.to_owned()),
        Value::Instant(at) => {
            let home = zone::get(crm.text("zone")).unwrap_or(TimeZone::UTC);
            let shown = at.to_zoned(home);
            Some(shown.strftime("%Y-%m-%d %H:%M %Z").to_string())
        }
        value => meaning(Some(&value)),
    }
}

/// `job_title` as `Job title`.
pub(super) fn sentence(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}

/// Codes that no mailbox knows, in words.
fn words(kind: Kind, name: &str, code: &str) -> Option<&'static str> {
    match (kind, name, code.trim().trim_start_matches('0')) {
        (Kind::Appointment | Kind::Visit | Kind::PhoneCall, "status", code) => match code {
            "1" => Some("Open"),
            "2" => Some("In process"),
            "3" => Some("Completed"),
            "4" => Some("Cancelled"),
            _ => None,
        },
        (Kind::Contact | Kind::Account | Kind::IndividualCustomer, "lifecycle", code) => match code
        {
            "1" => Some("In preparation"),
            "2" => Some("Active"),
            "3" => Some("Blocked"),
            "4" => Some("Obsolete"),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SD-01
    #[test]
    fn codes_numbers_and_times_are_shown_in_words() {
        let at: jiff::Timestamp = "2026-12-01T09:30:00Z".parse().expect("a time");
        let crm = Record::new()
            .with("status", Value::Choice("3".into()))
            .with("importance", Value::Choice("2".into()))
            .with("sensitivity", Value::Choice("4".into()))
            .with("zone", Value::Zone("Europe/Berlin".into()))
            .with("start", at)
            .with("all_day", Value::Bool(false))
            .with("owner_id", "7000001")
            .with("owner_name", "Anna Beispiel")
            .with("organizer_id", "7000002");
        let table = Table::of(Kind::Appointment).expect("mirrored");
        for (name, wanted) in [
            ("status", "Completed"),
            ("importance", "High"),
            ("sensitivity", "Confidential"),
            ("start", "2026-12-01 10:30 CET"),
            ("all_day", "No"),
            ("owner_id", "Anna Beispiel"),
            ("organizer_id", "7000002"),
        ] {
            let found = shown(Kind::Appointment, table, name, &crm);
            assert_eq!(found.as_deref(), Some(wanted), "{name}");
        }
        let table = Table::of(Kind::Contact).expect("mirrored");
        let crm = Record::new()
            .with("lifecycle", Value::Choice("2".into()))
            .with("country", Value::Choice("DE".into()))
            .with("street", Value::List(vec!["Ring".into(), "5".into()]));
        for (name, wanted) in [
            ("lifecycle", "Active"),
            ("country", "Germany"),
            ("street", "Ring 5"),
        ] {
            let found = shown(Kind::Contact, table, name, &crm);
            assert_eq!(found.as_deref(), Some(wanted), "{name}");
        }
    }
}
