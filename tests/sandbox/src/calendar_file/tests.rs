use std::{collections::BTreeMap, fs, path::PathBuf};

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn fixtures(folder: &str, ending: &str) -> BTreeMap<String, Vec<u8>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(folder);
    let mut folders = vec![root.clone()];
    let mut found = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|own| own == ending) {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn calendar(name: &str) -> CalendarFile {
    read_calendar(&fixtures("ics", "ics")[name])
}

fn contacts(name: &str) -> ContactFile {
    read_contacts(&fixtures("vcf", "vcf")[name])
}

#[test]
fn every_calendar_file_is_read() {
    let files = fixtures("ics", "ics");
    assert_eq!(files.len(), 93);
    let (mut events, mut tasks, mut changed, mut refused) = (0, 0, 0, 0);
    for (name, bytes) in &files {
        let file = read_calendar(bytes);
        let text = text::decode(bytes).0.to_uppercase();
        let written = text.matches("BEGIN:VEVENT").count() + text.matches("BEGIN:VTODO").count();
        let inside: usize = file.events.iter().map(|event| event.overrides.len()).sum();
        let read = file.events.len() + inside + file.tasks.len();
        assert!(
            read == written || !file.refused.is_empty(),
            "{name}: {read} of {written} without a word"
        );
        events += file.events.len();
        tasks += file.tasks.len();
        changed += inside;
        refused += file.refused.len();
    }
    assert_eq!((events, tasks, changed, refused), (234, 5, 0, 47));
}

#[test]
fn every_contact_file_is_read() {
    let files = fixtures("vcf", "vcf");
    let counts: Vec<_> = files
        .iter()
        .map(|(name, bytes)| {
            let file = read_contacts(bytes);
            (name.as_str(), file.contacts.len(), file.refused.len())
        })
        .collect();
    assert_eq!(
        counts,
        [
            ("arabic-4.0.vcf", 1, 0),
            ("broken.vcf", 1, 0),
            ("cyrillic-3.0-folded.vcf", 1, 0),
            ("japanese-3.0.vcf", 1, 0),
            ("latin-1.vcf", 1, 0),
            ("outlook-2.1-quoted-printable.vcf", 1, 0),
            ("with-photo-and-oddities.vcf", 1, 0),
            ("without-names.vcf", 4, 1),
        ]
    );
}

#[test]
fn a_meeting_of_teams_is_read_whole() {
    let file = calendar("calcard/047.ics");
    let [event] = &file.events[..] else {
        panic!("{file:?}");
    };
    let at = |hour, minute| Moment::Time {
        at: date(2020, 11, 24).at(hour, minute, 0, 0),
        zone: Some("W. Europe Standard Time".into()),
    };
    assert_eq!((&event.start, &event.end), (&at(11, 0), &at(11, 30)));
    assert_eq!(
        event.rrule.as_deref(),
        Some("FREQ=DAILY;UNTIL=20201126T100000Z;INTERVAL=2")
    );
    assert_eq!(event.attendees.len(), 2);
    assert_eq!(event.attendees[0].address, "Annonym.Usernames@email.com");
    assert_eq!(event.attendees[0].answer, "NEEDS-ACTION");
    assert_eq!(event.alarms, [-15]);
    assert!(event.description.contains("aka.ms/JoinTeamsMeeting"));
}

#[test]
fn a_series_holds_its_changes() {
    let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n\
        BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID;TZID=Europe/Berlin:20261109T090000\r\n\
        DTSTART;TZID=Europe/Berlin:20261109T110000\r\nDURATION:PT1H30M\r\nSUMMARY:Moved\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=\"Europe/Berlin\":20261102T090000\r\n\
        DTEND;TZID=Europe/Berlin:20261102T100000\r\nRRULE:FREQ=WEEKLY;BYDAY=MO\r\n\
        EXDATE;TZID=Europe/Berlin:20261116T090000,20261123T090000\r\nSUMMARY:One\\, two\r\n\
        ORGANIZER;CN=Anna:MAILTO:anna@example.com\r\nCLASS:private\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:b\r\nDTSTART;VALUE=DATE:20261102\r\nEND:VEVENT\r\n\
        BEGIN:VEVENT\r\nUID:c\r\nRECURRENCE-ID:20261109T090000Z\r\nDTSTART:20261109T110000Z\r\nEND:VEVENT\r\n\
        END:VCALENDAR\r\n";
    let file = read_calendar(text.as_bytes());
    assert_eq!(file.refused, []);
    let [series, day, alone] = &file.events[..] else {
        panic!("{file:?}");
    };
    assert_eq!(series.summary, "One, two");
    assert_eq!(series.rrule.as_deref(), Some("FREQ=WEEKLY;BYDAY=MO"));
    assert_eq!(series.exdates.len(), 2);
    assert_eq!(series.class, "PRIVATE");
    let organizer = series.organizer.as_ref().unwrap();
    assert_eq!(
        (organizer.name.as_str(), organizer.address.as_str()),
        ("Anna", "anna@example.com")
    );
    let [moved] = &series.overrides[..] else {
        panic!("{series:?}");
    };
    let berlin = |day, hour, minute| Moment::Time {
        at: date(2026, 11, day).at(hour, minute, 0, 0),
        zone: Some("Europe/Berlin".into()),
    };
    assert_eq!(series.start, berlin(2, 9, 0));
    assert_eq!(moved.recurrence_id, Some(berlin(9, 9, 0)));
    assert_eq!(
        (&moved.start, &moved.end),
        (&berlin(9, 11, 0), &berlin(9, 12, 30))
    );
    assert_eq!(day.end, Moment::Date(date(2026, 11, 3)));
    assert!(alone.recurrence_id.is_some() && alone.end == alone.start);
}

#[test]
fn what_cannot_be_read_says_why() {
    let file = calendar("collective-icalendar/broken_dtstart.ics");
    let why = Refusal::new("test-123", "its start cannot be read");
    assert_eq!((file.events.len(), &file.refused[..]), (0, &[why][..]));
    for bytes in [
        &b""[..],
        b"hello",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        &[0xff; 40],
        &[0; 40],
    ] {
        assert!(!read_calendar(bytes).refused.is_empty(), "{bytes:?}");
        assert!(!read_contacts(bytes).refused.is_empty(), "{bytes:?}");
    }
    let large = vec![b'a'; LARGEST + 1];
    assert_eq!(read_calendar(&large).refused.len(), 1);
    assert_eq!(read_contacts(&large).refused.len(), 1);
}

#[test]
fn a_length_beyond_the_calendar_is_refused() {
    for length in ["P1000000W", "P99999999D", "PT999999999H", "P8000000D"] {
        for start in ["DTSTART;VALUE=DATE:20261102", "DTSTART:20261102T090000Z"] {
            let text =
                format!("BEGIN:VEVENT\r\nUID:a\r\n{start}\r\nDURATION:{length}\r\nEND:VEVENT\r\n");
            let file = read_calendar(text.as_bytes());
            assert_eq!(
                (file.events.len(), file.refused.len()),
                (0, 1),
                "{text}{file:?}"
            );
        }
    }
}

#[test]
fn a_file_with_too_many_items_is_cut_with_a_word() {
    let event = "BEGIN:VEVENT\r\nDTSTART:20261102T090000Z\r\nEND:VEVENT\r\n";
    let calendar = format!(
        "BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n",
        event.repeat(MOST + 5)
    );
    let file = read_calendar(calendar.as_bytes());
    assert!(file.events.len() <= MOST && !file.refused.is_empty());
    let card = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nEND:VCARD\r\n".repeat(MOST + 5);
    let file = read_contacts(card.as_bytes());
    assert_eq!((file.contacts.len(), file.refused.len()), (MOST, 1));
}

#[test]
fn contacts_of_every_version_keep_their_names() {
    for (file, name, last, first) in [
        (
            "outlook-2.1-quoted-printable.vcf",
            "Dr. Jürgen Müller",
            "Müller",
            "Jürgen",
        ),
        ("japanese-3.0.vcf", "山田 太郎", "山田", "太郎"),
        ("arabic-4.0.vcf", "محمد بن عبد الله", "عبد الله", "محمد"),
        (
            "cyrillic-3.0-folded.vcf",
            "Оксана Петрівна Ковальчук",
            "Ковальчук",
            "Оксана",
        ),
        ("latin-1.vcf", "María José Gómez", "Gómez", "María José"),
        (
            "with-photo-and-oddities.vcf",
            "Anne-Marie O'Neil-Smith, PhD",
            "O'Neil-Smith",
            "Anne-Marie",
        ),
    ] {
        let contact = &contacts(file).contacts[0];
        let read = (
            contact.name.as_str(),
            contact.last.as_str(),
            contact.first.as_str(),
        );
        assert_eq!(read, (name, last, first), "{file}");
    }
    let names: Vec<_> = contacts("without-names.vcf")
        .contacts
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(
        names,
        [
            "Prince",
            "Teller",
            "Only A Company Ltd.",
            "nobody@example.com"
        ]
    );
}

#[test]
fn fields_of_a_contact_are_typed() {
    let outlook = &contacts("outlook-2.1-quoted-printable.vcf").contacts[0];
    assert_eq!(outlook.phones[0].kinds, ["work", "voice"]);
    assert_eq!(outlook.phones[1].value, "0171 / 555 01 23");
    assert_eq!(outlook.addresses[0].value.street, "Straße 1");
    assert_eq!(
        (outlook.organization.as_str(), &outlook.units[..]),
        ("Bäckerei Müller GmbH", &["Einkauf Süd".to_owned()][..])
    );
    let lines: Vec<_> = outlook.note.lines().collect();
    assert_eq!(lines, ["Erste Zeile", "zweite Zeile mit ß"]);
    let arabic = &contacts("arabic-4.0.vcf").contacts[0];
    assert_eq!(arabic.phones[0].value, "+971-4-555-0100");
    assert_eq!(arabic.birthday, Some(date(1984, 2, 29)));
    let odd = &contacts("with-photo-and-oddities.vcf").contacts[0];
    assert_eq!((odd.emails.len(), odd.birthday), (4, None));
    let cyrillic = &contacts("cyrillic-3.0-folded.vcf").contacts[0];
    assert_eq!(cyrillic.categories, ["Партнери", "Київ"]);
}

proptest! {
    #[test]
    fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = (read_calendar(&bytes), read_contacts(&bytes));
    }

    #[test]
    fn no_line_is_too_odd(lines in prop::collection::vec(prop::sample::select(&[
        "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTODO", "END:VTODO", "BEGIN:VCARD",
        "END:VCARD", "BEGIN:VALARM", "END:VALARM", "UID:a", "DTSTART:20261102", "DTSTART:99991231T235960Z", "DUE:x",
        "DURATION:P9999999999W", "DURATION:-P1D", "RRULE:FREQ=WEEKLY", "RRULE:FREQ=;", "EXDATE:,,", "N:;;;;;;",
        "FN:", "TEL;;:", "RECURRENCE-ID:20261102", "TRIGGER:-PT15M", " folded", "X;A=\"b:c\":d", "BDAY:0000-00-00",
    ][..]), 0..40)) {
        let text = lines.join("\r\n");
        let _ = (read_calendar(text.as_bytes()), read_contacts(text.as_bytes()));
    }

    /// Cutting a real file anywhere still gives an answer.
    #[test]
    fn half_a_file_is_no_trouble(cut in 0.0..1.0f64, at in 0..93usize) {
        let files = fixtures("ics", "ics");
        let bytes = files.values().nth(at).unwrap();
        let end = (bytes.len() as f64 * cut) as usize;
        let _ = read_calendar(&bytes[..end]);
    }
}
