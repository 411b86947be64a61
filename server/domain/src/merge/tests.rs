use proptest::prelude::*;

use super::*;
use crate::{Kind, Record, Trace, Value, mapping::Table};

fn key() -> DigestKey {
    DigestKey::new([7; 32])
}

fn contacts() -> &'static Table {
    Table::of(Kind::Contact).expect("contacts are mirrored")
}

fn person(surname: &str, city: &str) -> Record {
    Record::new().with("surname", surname).with("city", city)
}

fn run(base: Option<&Baseline>, mail: &Record, crm: &Record, direction: Direction) -> Merged {
    let sides = Sides { mail, crm };
    let mut trace = Trace::new();
    merge(contacts(), base, sides, direction, &key(), &mut trace)
}

#[test]
fn only_one_side_moved_and_the_other_follows() {
    let old = person("Kundin", "Ulm");
    let base = Baseline::of(&key(), contacts(), &old, &old);
    let new = person("Kundin", "Bonn");
    let merged = run(Some(&base), &new, &old, Direction::Both);
    assert_eq!(merged.to_crm, Record::new().with("city", "Bonn"));
    assert_eq!(merged.to_mail, Record::new());
    let merged = run(Some(&base), &old, &new, Direction::Both);
    assert_eq!(merged.to_mail, Record::new().with("city", "Bonn"));
    assert_eq!(merged.to_crm, Record::new());
    assert!(merged.conflicts.is_empty());
}

/// INV-2: an attendee's copy takes nothing, and says nothing about what the CRM holds besides.
#[test]
fn a_copy_that_is_never_written_overwrites_nothing_in_silence() {
    let run = |mail: &Record, crm: &Record| run(None, mail, crm, Direction::ToCrm);
    let (empty, ulm, bonn) = (
        person("Kundin", ""),
        person("Kundin", "Ulm"),
        person("Kundin", "Bonn"),
    );
    assert_eq!(run(&empty, &ulm), Merged::default());
    assert_eq!(run(&ulm, &empty).to_crm, Record::new().with("city", "Ulm"));
    let merged = run(&bonn, &ulm);
    assert_eq!(merged.to_crm, Record::new().with("city", "Bonn"));
    assert_eq!(merged.conflicts[0].crm, Some(Value::Text("Ulm".into())));
    let private = person("Kundin", "").with("sensitivity", Value::Choice("private".into()));
    assert_eq!(run(&private, &ulm).to_crm.text("city"), "", "CAL-70");
    assert!(run(&private, &ulm).to_crm.get("city").is_some(), "CAL-70");
}

/// INV-2, INV-6: what the copy did not take stays an edit, before the first merge and after it.
#[test]
fn what_a_copy_does_not_take_is_not_agreed() {
    let of = |mail: &Record, crm: &Record, before: Option<&Baseline>| {
        let baseline = Baseline::of(&key(), contacts(), mail, crm);
        baseline.taking_nothing(before, &Record::new())
    };
    let (ulm, bonn) = (person("Kundin", "Ulm"), person("Kundin", "Bonn"));
    let agreed = of(&ulm, &ulm, None);
    assert!(agreed.crm_unmoved(&key(), contacts(), &ulm));
    let later = of(&ulm, &bonn, Some(&agreed));
    assert!(!later.crm_unmoved(&key(), contacts(), &bonn));
    let rest = run(Some(&later), &ulm, &bonn, Direction::ToCrm);
    assert_eq!(rest, Merged::default(), "nothing is written again");
    let mine = person("Kundin", "Kiel");
    let merged = run(Some(&later), &mine, &bonn, Direction::ToCrm);
    assert_eq!(merged.conflicts[0].crm, Some(Value::Text("Bonn".into())));
    let sent = Record::new().with("city", "Kiel");
    let told = Baseline::of(&key(), contacts(), &mine, &mine).taking_nothing(Some(&later), &sent);
    assert!(told.crm_unmoved(&key(), contacts(), &mine));
    let joined = of(&person("Kundin", ""), &ulm, None);
    assert!(!joined.crm_unmoved(&key(), contacts(), &ulm));
}

#[test]
fn what_a_server_made_of_a_value_is_no_edit() {
    let mail = Record::new().with("phone", Value::Phone("06227/74747".into()));
    let crm = Record::new().with("phone", Value::Phone("+49 6227 74747".into()));
    let base = Baseline::of(&key(), contacts(), &mail, &crm);
    let merged = run(Some(&base), &mail, &crm, Direction::Both);
    assert_eq!(merged, Merged::default(), "INV-4");
}

#[test]
fn both_moved_apart_and_both_values_are_kept() {
    let old = person("Kundin", "Ulm");
    let base = Baseline::of(&key(), contacts(), &old, &old);
    let (mail, crm) = (person("Kundin", "Bonn"), person("Kundin", "Köln"));
    let merged = run(Some(&base), &mail, &crm, Direction::Both);
    assert_eq!(
        merged.to_mail.text("city"),
        "Köln",
        "contacts: the CRM wins"
    );
    assert_eq!(merged.to_crm, Record::new());
    let conflict = &merged.conflicts[0];
    assert_eq!(conflict.field, "city");
    assert_eq!(conflict.mail, Some("Bonn".into()));
    assert_eq!(conflict.crm, Some("Köln".into()));
    let merged = run(Some(&base), &mail, &mail, Direction::Both);
    assert_eq!(merged, Merged::default(), "both moved to the same: adopted");
}

#[test]
fn a_read_only_mailbox_is_restored() {
    let old = person("Kundin", "Ulm");
    let base = Baseline::of(&key(), contacts(), &old, &old);
    let edited = person("Kundin", "Bonn");
    let merged = run(Some(&base), &edited, &old, Direction::ToMail);
    assert_eq!(merged.to_mail, Record::new().with("city", "Ulm"));
    assert_eq!(merged.to_crm, Record::new(), "CON-20");
}

#[test]
fn without_a_baseline_nothing_is_overwritten_in_silence() {
    let (mail, crm) = (person("Kundin", ""), person("Kundin", "Köln"));
    let merged = run(None, &mail, &crm, Direction::Both);
    assert_eq!(
        merged.to_mail.text("city"),
        "Köln",
        "an empty field is filled"
    );
    assert!(merged.conflicts.is_empty());
    let merged = run(None, &person("Kundin", "Bonn"), &crm, Direction::Both);
    assert_eq!(merged.conflicts.len(), 1, "a difference is a card");
}

#[test]
fn a_time_moves_as_a_whole() {
    let at = |text: &str| Value::Instant(text.parse().expect("time"));
    let table = Table::of(Kind::Appointment).expect("table");
    let event = |start: &str, end: &str, zone: &str| {
        Record::new()
            .with("start", at(start))
            .with("end", at(end))
            .with("zone", Value::Zone(zone.into()))
            .with("all_day", Value::Bool(false))
    };
    let mail = event(
        "2026-03-02T08:00:00Z",
        "2026-03-02T09:00:00Z",
        "Europe/Vienna",
    );
    let crm = event(
        "2026-03-02T08:00:00Z",
        "2026-03-02T09:00:00Z",
        "Europe/Berlin",
    );
    let base = Baseline::of(&key(), table, &mail, &crm);
    let later = event(
        "2026-03-02T08:00:00Z",
        "2026-03-02T10:00:00Z",
        "Europe/Berlin",
    );
    let sides = Sides {
        mail: &mail,
        crm: &later,
    };
    let mut trace = Trace::new();
    let merged = merge(
        table,
        Some(&base),
        sides,
        Direction::Both,
        &key(),
        &mut trace,
    );
    let names: Vec<&str> = merged.to_mail.iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["start", "end", "all_day"],
        "the mailbox keeps its zone"
    );
}

proptest! {
    /// Whatever two people do to a pair, one merge and its writes make the sides agree, a second merge
    /// writes nothing, and a value only one of them set survives (INV-2, INV-3, INV-4).
    #[test]
    fn a_merge_converges_and_loses_nothing(
        values in proptest::collection::vec("[a-c]{0,2}", 9),
    ) {
        const FIELDS: [&str; 3] = ["surname", "city", "job_title"];
        let make = |from: usize| FIELDS.iter().enumerate().fold(Record::new(), |record, (at, field)| {
            record.with(field, values[from + at].as_str())
        });
        let (old, mut mail, mut crm) = (make(0), make(3), make(6));
        let base = Baseline::of(&key(), contacts(), &old, &old);
        let before = (mail.clone(), crm.clone());
        let merged = run(Some(&base), &mail, &crm, Direction::Both);
        for (field, value) in merged.to_mail.iter() { mail.set(field, value.clone()); }
        for (field, value) in merged.to_crm.iter() { crm.set(field, value.clone()); }
        for field in FIELDS {
            prop_assert_eq!(mail.text(field), crm.text(field));
            let (was, m, c) = (old.text(field), before.0.text(field), before.1.text(field));
            if m != was && c == was { prop_assert_eq!(mail.text(field), m); }
            if c != was && m == was { prop_assert_eq!(mail.text(field), c); }
            let card = merged.conflicts.iter().any(|conflict| conflict.field == field);
            prop_assert_eq!(card, m != was && c != was && m != c);
        }
        let after = Baseline::of(&key(), contacts(), &mail, &crm);
        let again = run(Some(&after), &mail, &crm, Direction::Both);
        prop_assert_eq!(again, Merged::default());
    }
}
