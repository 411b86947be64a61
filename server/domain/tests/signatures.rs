//! Signatures as people write them, in twelve languages and hostile: what is read out of them, field by field, is
//! counted in `docs/signatures.md`.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use proptest::prelude::*;
use serde::Deserialize;
use ssi_domain::{
    TextFormat,
    signature::{FIELDS, Mail, prefill},
};

#[derive(Deserialize)]
struct File {
    mail: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    display: String,
    address: String,
    #[serde(default)]
    html: bool,
    body: String,
    expect: BTreeMap<String, String>,
}

#[derive(Default, Clone, Copy)]
struct Count {
    right: usize,
    wrong: usize,
    missed: usize,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn cases() -> Vec<(String, Vec<Case>)> {
    let folder = root().join("tests/fixtures/signatures");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("fixtures exist")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("fixture is text");
            let file: File = toml::from_str(&text).unwrap_or_else(|e| panic!("{path:?}: {e}"));
            let language = path
                .file_stem()
                .expect("name")
                .to_string_lossy()
                .into_owned();
            (language, file.mail)
        })
        .collect()
}

fn read(case: &Case) -> BTreeMap<String, String> {
    let format = if case.html {
        TextFormat::Html
    } else {
        TextFormat::Plain
    };
    let found = prefill(&Mail {
        body: &case.body,
        format,
        display_name: &case.display,
        address: &case.address,
    });
    found
        .iter()
        .map(|one| {
            let name = FIELDS.iter().find(|(field, _)| *field == one.field);
            (
                name.expect("every field has a name").1.to_owned(),
                one.value.clone(),
            )
        })
        .collect()
}

fn count(counts: &mut Count, expected: Option<&String>, got: Option<&String>) {
    match (expected, got) {
        (Some(expected), Some(got)) if expected == got => counts.right += 1,
        (_, Some(_)) => counts.wrong += 1,
        (Some(_), None) => counts.missed += 1,
        (None, None) => {}
    }
}

fn row(name: &str, count: Count) -> String {
    let share = |of: usize| match of {
        0 => "–".to_owned(),
        of => format!("{:.1} %", 100.0 * count.right as f64 / of as f64),
    };
    let (precision, recall) = (
        share(count.right + count.wrong),
        share(count.right + count.missed),
    );
    format!(
        "| {name} | {} | {} | {} | {precision} | {recall} |\n",
        count.right, count.wrong, count.missed
    )
}

#[test]
fn signatures_are_read_as_the_report_says() {
    let mut by_field: BTreeMap<&str, Count> = BTreeMap::new();
    let mut by_language = String::new();
    let mut all = Count::default();
    let mut wrong = String::new();
    let mut mails = 0;
    for (language, cases) in cases() {
        assert!(cases.len() >= 4, "{language} has few");
        let mut own = Count::default();
        for case in &cases {
            mails += 1;
            let got = read(case);
            for (_, field) in FIELDS {
                let (expected, got) = (case.expect.get(field), got.get(field));
                count(by_field.entry(field).or_default(), expected, got);
                count(&mut own, expected, got);
                count(&mut all, expected, got);
                if expected != got {
                    let _ = writeln!(
                        wrong,
                        "{language}, {}: {field} {got:?}, expected {expected:?}",
                        case.name
                    );
                }
            }
        }
        by_language.push_str(&row(&format!("{language} ({} mails)", cases.len()), own));
    }
    let mut report = format!(
        "# What is read from signatures\n\nMade by a test from the {mails} mails of `tests/fixtures/signatures`; they are made up, so the numbers say \
         what is covered rather than how it goes elsewhere.\nA value is right when it is what a careful person would copy, character by character; a value \
         where nothing stands is wrong.\n\n| field | right | wrong | missed | precision | recall |\n|---|---|---|---|---|---|\n"
    );
    for (_, field) in FIELDS {
        report.push_str(&row(
            field,
            by_field.get(field).copied().unwrap_or_default(),
        ));
    }
    report.push_str(&row("**all**", all));
    report.push_str(
        "\n| language | right | wrong | missed | precision | recall |\n|---|---|---|---|---|---|\n",
    );
    report.push_str(&by_language);
    let path = root().join("docs/signatures.md");
    let before = fs::read_to_string(&path).unwrap_or_default();
    fs::write(&path, &report).expect("docs can be written");
    assert!(mails >= 60, "{mails}");
    let precision = all.right as f64 / (all.right + all.wrong) as f64;
    let recall = all.right as f64 / (all.right + all.missed) as f64;
    assert!(precision >= 0.99 && recall >= 0.97, "{wrong}");
    assert_eq!(
        before, report,
        "docs/signatures.md was written anew; look at it and commit\n{wrong}"
    );
}

/// Reads a body and asks that it was done in time that grows with its length at most.
fn bounded(body: &str, format: TextFormat) {
    let found = prefill(&Mail {
        body,
        format,
        display_name: "Anna Schmidt",
        address: "anna@schmidt.example",
    });
    for one in found.iter() {
        assert!(
            one.value.chars().count() <= 120 && !one.value.chars().any(char::is_control),
            "{one:?}"
        );
    }
}

#[test]
fn hostile_bodies_end_soon_and_give_short_values() {
    let started = std::time::Instant::now();
    for unit in [
        "a",
        "1",
        "+",
        "(",
        "-- \n",
        "Best regards\n",
        "Tel: +49 30 1234567 ",
        "From: a\n",
        "-----Original Message-----",
        ",",
        ":",
        "\u{202e}",
        "Mit freundlichen Grüßen, Anna ",
        "On 1.1.2026 10:00 a <a@b> wrote\n",
        "Hauptstr. 1, 10115 Berlin, ",
        "株式会社",
        "1 ",
        "|",
        "a.b.",
        "@",
        "((((1)",
        "<blockquote>",
        "</blockquote>",
        "<",
        "<p ",
        "&#x",
        "<!--",
        "ext 1 ",
        "D-",
        "www.",
    ] {
        let body = unit.repeat(1_000_000 / unit.len());
        bounded(&body, TextFormat::Plain);
        bounded(&body, TextFormat::Html);
        bounded(
            &format!("Best regards\nAnna Schmidt\n{body}"),
            TextFormat::Plain,
        );
    }
    // 90 bodies of a megabyte each; a quadratic step would take hours. The bound is wide for slow machines.
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
}

proptest! {
    #[test]
    fn no_text_brings_it_down(body in "\\PC{0,400}", name in "\\PC{0,40}", address in "\\PC{0,40}") {
        for format in [TextFormat::Plain, TextFormat::Html] {
            let body = format!("{body}\nBest regards\n{body}");
            prefill(&Mail { body: &body, format, display_name: &name, address: &address });
        }
    }

    /// What is quoted says nothing: a mail below the sender's own changes no value.
    #[test]
    fn a_quoted_mail_changes_nothing(quoted in "[A-Za-z0-9 .,:+@\\n]{0,300}") {
        let own = "Hi\n\nBest regards\nAnna Schmidt\nSales Manager\nTel: +49 30 5550100\n";
        let read = |body: &str| prefill(&Mail { body, format: TextFormat::Plain, display_name: "Anna Schmidt", address: "anna@schmidt.example" });
        let with = format!("{own}\n-----Original Message-----\n{quoted}");
        prop_assert_eq!(read(own), read(&with));
    }
}
