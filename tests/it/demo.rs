//! The demo as a stranger runs it.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::Value;
use ssi_tests::process::program;

async fn demo(folder: &Path) -> Vec<Value> {
    over(&[("--mail", folder)]).await
}

async fn over(folders: &[(&str, &Path)]) -> Vec<Value> {
    let mut command = tokio::process::Command::new(program("ssi-sandbox"));
    command.args(["demo", "--once", "--json"]);
    for (option, folder) in folders {
        command.arg(option).arg(folder);
    }
    let run = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(Duration::from_secs(300), run)
        .await
        .expect("the demo ends")
        .expect("the demo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON lines only"))
        .collect()
}

#[tokio::test]
async fn every_file_of_a_folder_gets_a_line_and_a_second_session_writes_nothing() {
    let lines = demo(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mime")).await;
    let (totals, files) = lines.split_last().expect("lines");
    assert!(files.len() >= 60);
    for line in files {
        for key in ["file", "decision", "reason", "record", "links"] {
            assert!(line.get(key).is_some(), "{key} is missing in {line}");
        }
    }
    let number = |key: &str| {
        totals[key]
            .as_u64()
            .unwrap_or_else(|| panic!("{key} in {totals}"))
    };
    assert_eq!(
        number("saved") + number("skipped") + number("failed") + number("duplicates"),
        files.len() as u64
    );
    assert!(number("saved") > 50, "{totals}");
    assert_eq!(number("failed"), 0, "{totals}");
    assert_eq!(number("second_session_writes"), 0, "{totals}");
    assert!(number("remote_calls") > 0);
}

#[tokio::test]
async fn a_folder_of_rubbish_is_no_error() {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::create_dir_all(folder.path().join("deep/er")).expect("folder");
    std::fs::write(folder.path().join("empty.eml"), "").expect("file");
    std::fs::write(
        folder.path().join("deep/er/binary.eml"),
        [0_u8, 159, 146, 150, 255],
    )
    .expect("file");
    std::fs::write(folder.path().join("notes.txt"), "no mail").expect("file");
    let same = "Message-ID: <same@x>\r\nFrom: a@b.example\r\nSubject: Twice\r\n\r\nx";
    std::fs::write(folder.path().join("one.eml"), same).expect("file");
    std::fs::write(folder.path().join("two.eml"), same).expect("file");
    let lines = demo(folder.path()).await;
    let (totals, files) = lines.split_last().expect("lines");
    assert_eq!(files.len(), 5, "{files:?}");
    assert_eq!(totals["duplicates"], 1, "{totals}");
    assert_eq!(totals["second_session_writes"], 0);
    let text = files
        .iter()
        .find(|line| line["file"] == "notes.txt")
        .expect("a line for every file");
    assert_eq!(text["decision"], "skipped");
}

fn fixtures(folder: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(folder)
}

/// What a line says of an item, by file and outcome.
fn outcomes<'a>(lines: &'a [Value], file: &str) -> Vec<(&'a str, &'a str)> {
    let text = |value: &'a Value| value.as_str().expect("a text");
    lines
        .iter()
        .filter(|line| line["file"] == file)
        .map(|line| (text(&line["outcome"]), text(&line["reasons"][0])))
        .collect()
}

/// Every event, task and contact of the fixtures goes up, comes down to a colleague and follows changes of both
/// sides; sessions with nothing to do write nothing (INV-4, INV-16).
#[tokio::test]
async fn events_tasks_and_contacts_travel_in_both_directions() {
    let (ics, vcf) = (fixtures("ics"), fixtures("vcf"));
    let lines = over(&[("--calendar", &ics), ("--contacts", &vcf)]).await;
    let (totals, lines) = lines.split_last().expect("lines");
    let sums = &totals["mirror"];
    let number = |key: &str| {
        let number = sums[key].as_u64();
        number.unwrap_or_else(|| panic!("{key} in {totals}"))
    };
    assert_eq!(totals["second_session_writes"], 0, "{totals}");
    assert_eq!(totals["last_session_writes"], 0, "{totals}");
    let parts = [
        "mirrored",
        "duplicate",
        "skipped",
        "failed",
        "refused",
        "unreadable",
    ];
    let all: u64 = parts.into_iter().map(number).sum();
    assert_eq!(all, lines.len() as u64, "every item is accounted for");
    assert_eq!(number("lines"), all);
    assert!(number("mirrored") > 200, "{totals}");
    assert_eq!(number("came_back"), number("mirrored"), "{totals}");
    assert!(number("changes_to_crm") > 200, "{totals}");
    assert!(number("changes_to_mailbox") > 180, "{totals}");
    for line in lines.iter().filter(|line| line["outcome"] == "mirrored") {
        assert!(line["record"]["id"].is_string(), "{line}");
        let differs = line["differences"].as_array().expect("a list");
        // The CRM has a code for most zones only: the instants stay in any case.
        let wrong = |name: &&Value| {
            ["start", "end", "all_day"]
                .iter()
                .any(|part| name.as_str().expect("a text").ends_with(part))
        };
        assert!(differs.iter().find(wrong).is_none(), "{line}");
    }
    let series: Vec<&Value> = lines
        .iter()
        .filter(|line| line["record"]["kind"] == "series")
        .collect();
    assert!(series.len() > 20);
    for line in series {
        assert_eq!(
            line["crm"]["recurrence"], line["mailbox"]["recurrence"],
            "{line}"
        );
    }
}

const MEETING: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:one@x\r\n\
    DTSTART;TZID=Europe/Vienna:20261201T090000\r\nDTEND;TZID=Europe/Vienna:20261201T100000\r\n\
    SUMMARY:First\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// A folder that wants to do harm: nothing of it is an error, nothing of it is passed over.
#[tokio::test]
async fn every_file_of_a_hostile_folder_is_accounted_for() {
    let folder = tempfile::tempdir().expect("folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folder");
        std::fs::write(path, bytes).expect("file");
    };
    write("one.ics", MEETING.as_bytes());
    let cancelled = MEETING.replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:CANCEL");
    write("nested/deep/two.ics", cancelled.as_bytes());
    write("empty.ics", b"");
    write("binary.ics", &[0, 159, 146, 150, 255]);
    write("half.ics", &MEETING.as_bytes()[..60]);
    write("latin.ics", &{
        let text = MEETING.replace("one@x", "latin@x");
        let mut bytes = text.replace("First", "Caf~").into_bytes();
        let at = bytes.iter().position(|byte| *byte == b'~').expect("found");
        bytes[at] = 0xE9;
        bytes
    });
    let odd = MEETING
        .replace("one@x", "odd@x")
        .replace("Europe/Vienna", "Nowhere at all");
    write("zone.ics", odd.as_bytes());
    let backwards = MEETING
        .replace("one@x", "back@x")
        .replace("T100000", "T080000");
    write("backwards.ics", backwards.as_bytes());
    let weekly = MEETING.replace("one@x", "weekly@x").replace(
        "SUMMARY",
        "RRULE:FREQ=WEEKLY;COUNT=5\r\nEXDATE;TZID=Europe/Vienna:20261208T090000\r\nSUMMARY",
    );
    write("weekly.ics", weekly.as_bytes());
    let hourly = MEETING
        .replace("one@x", "hourly@x")
        .replace("SUMMARY", "RRULE:FREQ=HOURLY\r\nSUMMARY");
    write("hourly.ics", hourly.as_bytes());
    let task = "BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nUID:t@x\r\nSUMMARY:Call\r\nDUE;VALUE=DATE:20261224\r\n\
        END:VTODO\r\nEND:VCALENDAR\r\n";
    write("task.ics", task.as_bytes());
    std::fs::File::create(folder.path().join("huge.ics"))
        .and_then(|file| file.set_len(100 << 20))
        .expect("file");
    write("notes.txt", b"no calendar");
    write(
        "people.vcf",
        b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:M=C3=BCller;Eva\r\n\
          EMAIL;INTERNET:eva@new.example\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:4.0\r\nFN:Otto Neu\r\n\
          EMAIL:otto@new.example\r\nEND:VCARD\r\n",
    );
    let lines = over(&[("--calendar", folder.path()), ("--contacts", folder.path())]).await;
    let (totals, lines) = lines.split_last().expect("lines");
    assert_eq!(totals["mirror"]["files"], 14, "{totals}");
    assert_eq!(totals["second_session_writes"], 0, "{totals}");
    let first = |file: &str| {
        let found = outcomes(lines, file);
        *found
            .first()
            .unwrap_or_else(|| panic!("no line for {file}"))
    };
    for (file, expected) in [
        ("empty.ics", ("unreadable", "file_empty")),
        ("latin.ics", ("mirrored", "mirror_asked")),
        ("zone.ics", ("mirrored", "mirror_asked")),
        (
            "backwards.ics",
            ("refused", "ErrorCalendarEndDateIsEarlierThanStartDate"),
        ),
        ("weekly.ics", ("mirrored", "mirror_asked")),
        (
            "hourly.ics",
            ("refused", "mailbox_cannot_hold_this_recurrence"),
        ),
        ("task.ics", ("mirrored", "mirror_asked")),
        ("huge.ics", ("unreadable", "file_too_large")),
        (
            "notes.txt",
            ("skipped", "neither_calendar_nor_contact_file"),
        ),
        ("people.vcf", ("mirrored", "mirror_asked")),
    ] {
        assert_eq!(first(file), expected, "{file}: {lines:#?}");
    }
    for file in ["binary.ics", "half.ics"] {
        assert_eq!(first(file).0, "unreadable", "{file}");
    }
    assert_eq!(outcomes(lines, "people.vcf").len(), 2);
    let weekly = lines
        .iter()
        .find(|line| line["file"] == "weekly.ics")
        .expect("a line");
    assert_eq!(weekly["crm"]["recurrence"], "FREQ=WEEKLY;BYDAY=TU;COUNT=5");
    assert_eq!(weekly["crm"]["start"], "2026-12-01T08:00:00Z");
}

/// Mails and the mirror in one run; folders without a file are no error.
#[tokio::test]
async fn mails_and_events_are_shown_together() {
    let folder = tempfile::tempdir().expect("folder");
    let empty = tempfile::tempdir().expect("folder");
    let mail = "Message-ID: <m@x>\r\nFrom: a@b.example\r\nSubject: Hello\r\n\r\nx";
    std::fs::write(folder.path().join("a.eml"), mail).expect("file");
    std::fs::write(folder.path().join("b.ics"), MEETING).expect("file");
    let mails = tempfile::tempdir().expect("folder");
    std::fs::write(mails.path().join("a.eml"), mail).expect("file");
    let lines = over(&[
        ("--mail", mails.path()),
        ("--calendar", folder.path()),
        ("--contacts", empty.path()),
    ])
    .await;
    let (totals, lines) = lines.split_last().expect("lines");
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(totals["saved"], 1);
    assert_eq!(totals["mirror"]["mirrored"], 1);
    assert_eq!(totals["mirror"]["skipped"], 1, "the mail is no event");
    assert_eq!(totals["last_session_writes"], 0);
}
