use std::path::Path;

use super::*;
use crate::Kind;

const ROW: &str = "kind = \"email\"\n[[field]]\nname = \"extra\"\ntype = \"text\"\nflow = \"to_crm\"\nwins = \"mail\"\nc4c = \"Extra_KUT\"\n";

#[test]
fn the_built_in_table_keeps_the_rules() {
    let table = Table::email();
    assert_eq!(table.kind(), Kind::Email);
    for name in [
        "subject",
        "from",
        "to",
        "cc",
        "sent_at",
        "message_id",
        "body",
    ] {
        assert!(table.row(name).is_some(), "{name}");
    }
    assert_eq!(
        table.row("subject").and_then(|row| row.max_chars),
        Some(765)
    );
    let later: Vec<_> = table
        .rows()
        .iter()
        .filter(|r| r.after_decision)
        .map(|r| &r.name)
        .collect();
    assert_eq!(
        later,
        ["body"],
        "INV-13: nothing else is private before the decision"
    );
}

fn check(change: impl Fn(&str) -> String, row: &str, why: &str) {
    let error = Table::parse(&change(ROW))
        .expect_err("must be refused")
        .to_string();
    assert!(error.contains(row) && error.contains(why), "{error}");
}

#[test]
fn a_broken_row_is_named_with_what_to_write_instead() {
    Table::parse(ROW).expect("the row to break is sound");
    let add = |line: &'static str| move |text: &str| format!("{text}{line}\n");
    let swap = |from: &'static str, to: &'static str| move |text: &str| text.replace(from, to);
    check(
        add("transform = \"rot13\""),
        "extra",
        "known are html_to_text",
    );
    check(add("max_chars = 0"), "extra", "max_chars");
    check(add("ews = \"Subject\""), "extra", "item:Subject");
    check(add("ews = \"item:Subject:a:b:c\""), "extra", "item:Subject");
    check(add("graph = \"a..b\""), "extra", "start.dateTime");
    check(
        add("google = \"headers[name=From\""),
        "extra",
        "headers[name=From].value",
    );
    check(swap("Extra_KUT", "A/B/C"), "extra", "Child/Property");
    check(swap("Extra_KUT", "A' or '1"), "extra", "Child/Property");
    check(swap("c4c = \"Extra_KUT\"", ""), "extra", "needs a path");
    check(swap("to_crm", "both"), "extra", "at least one of ews");
    let unread = |text: &str| {
        text.replace("to_crm", "none")
            .replace("c4c = \"Extra_KUT\"", "")
    };
    check(unread, "extra", "no path on any backend");
    check(swap("\"text\"", "\"rich_text\""), "extra", "after_decision");
    check(
        swap("\"extra\"", "\"Extra field\""),
        "Extra field",
        "snake case",
    );
    check(
        |text| format!("{text}{}", &text[text.find("[[").expect("row")..]),
        "extra",
        "twice",
    );
    check(
        add("ews = \"extended:NoSet:Tier\""),
        "extra",
        "extended:PublicStrings:Tier",
    );
    let listed = |text: &str| {
        text.replace("\"text\"", "\"texts\"") + "ews = \"extended:PublicStrings:Tier\"\n"
    };
    check(listed, "extra", "one plain value");
    check(add("colour = \"red\""), "unknown field", "colour");
}

/// INV-13
#[test]
fn a_field_that_decides_cannot_be_read_later() {
    let text = ROW.replace("extra", "received_at") + "after_decision = true\n";
    let error = Table::parse(&text)
        .expect_err("must be refused")
        .to_string();
    assert!(error.contains("decides about saving"), "{error}");
}

#[test]
fn overrides_replace_and_add_rows() {
    let subject = ROW
        .replace("extra", "subject")
        .replace("Extra_KUT", "Title_KUT");
    let table = Table::email().with_overrides(&subject).expect("replaces");
    let path = |table: &Table, name: &str| {
        table
            .row(name)
            .and_then(|row| row.path(Backend::C4c))
            .map(str::to_owned)
    };
    assert_eq!(path(&table, "subject").as_deref(), Some("Title_KUT"));
    assert_eq!(table.rows().len(), Table::email().rows().len());

    let table = Table::email().with_overrides(ROW).expect("adds");
    assert_eq!(path(&table, "extra").as_deref(), Some("Extra_KUT"));
    assert_eq!(table.rows().len(), Table::email().rows().len() + 1);

    let retyped = ROW.replace("extra", "sent_at");
    let error = Table::email()
        .with_overrides(&retyped)
        .expect_err("type")
        .to_string();
    assert!(error.contains("the type is instant"), "{error}");
    let other = ROW.replace("\"email\"", "\"task\"");
    assert!(Table::email().with_overrides(&other).is_err());
}

/// The documentation is made from the tables; `UPDATE_DOCS=1` writes it.
#[test]
fn the_documentation_says_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/mapping.md");
    let wanted = document(Table::built_in());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).expect("docs can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        found, wanted,
        "run UPDATE_DOCS=1 cargo test -p ssi-domain mapping"
    );
}
