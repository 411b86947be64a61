//! Events nobody should make: each stays on the side that has it, with an issue that says what to do, and others go on.

use jiff::{Timestamp, tz::TimeZone};
use ssi_sandbox::{
    crm::{AppointmentForm, Kind},
    exchange::{Address, Body, Draft, EventEdit, Kind as ItemKind, Sending, Value, Zone},
};
use ssi_tests::{
    db::on_both,
    given::{ANNA, CATEGORY},
    people::{Made, People, marked as category},
    scene::{Scene, at, event, marked, with_category},
};

/// A draft whose times are written as they are, past what Outlook's form would allow.
fn odd(subject: &str, start: &str, end: &str, zone: Zone) -> Draft {
    let mut draft = ssi_tests::people::event(subject, start, end);
    for name in ["StartTimeZone", "EndTimeZone"] {
        draft.properties.insert(name, Value::Zone(zone.clone()));
    }
    category(draft, &[CATEGORY])
}

fn make(scene: &Scene, draft: Draft) -> Made {
    scene.given.make(ANNA, "calendar", draft, Sending::NONE)
}

/// An item as a sync program with its own ideas leaves it in the store, past all checks of the server.
fn spoilt(scene: &Scene, pattern: &Made, spoil: impl FnOnce(&mut Draft)) -> Made {
    let mut draft = scene.given.see(pattern).expect("stands");
    draft
        .properties
        .insert("UID", ssi_tests::people::text("spoilt"));
    spoil(&mut draft);
    let mut exchange = scene.given.sandbox.world().exchange();
    let now = exchange.now();
    let mailbox = exchange.mailbox_mut(ANNA).expect("hers");
    let folder = mailbox.distinguished("calendar").expect("a calendar");
    let key = mailbox.insert(folder, draft, now).expect("stored");
    Made {
        mailbox: ANNA.into(),
        key,
    }
}

/// Zones that nobody knows: the instants are exact all the same, and the mailbox keeps its zone.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_in_a_zone_nobody_knows_happens_when_it_happens() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let mars = Zone {
            id: "Mars/Olympus Mons".into(),
            name: "(MTC) Olympus Mons".into(),
            definition: None,
            rules: TimeZone::UTC,
        };
        let (start, end) = (at(2, 9).to_string(), at(2, 10).to_string());
        let made = make(&scene, odd("Landing", &start, &end, mars));
        scene.calm(scene.anna).await;
        let record = scene.record(Kind::Appointment);
        assert_eq!(
            (record.time("StartDate"), record.time("EndDate")),
            (Some(at(2, 9)), Some(at(2, 10)))
        );
        let form = AppointmentForm {
            subject: Some("Landing, edited".into()),
            ..AppointmentForm::default()
        };
        scene.screen(|person| person.edit(&record.object_id, &form));
        scene.calm(scene.anna).await;
        let seen = scene.seen(made.key).expect("stands");
        assert_eq!(
            (seen.item.subject.as_str(), seen.zone.as_str()),
            ("Landing, edited", "Mars/Olympus Mons")
        );
        assert_eq!((seen.start, seen.end), (at(2, 9), at(2, 10)));
    })
    .await;
}

/// End before start, and the years at the ends of the calendar: an issue each, and the neighbours are stored.
#[tokio::test(flavor = "multi_thread")]
async fn impossible_times_are_issues_and_others_go_on() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        scene
            .node
            .set(|settings| settings.mirror.scope_days_back = 900_000);
        let pattern = make(
            &scene,
            odd(
                "Backwards",
                &at(2, 9).to_string(),
                &at(2, 10).to_string(),
                Zone::utc(),
            ),
        );
        let backwards = spoilt(&scene, &pattern, |draft| {
            draft.properties.insert("End", Value::Time(at(1, 9)));
        });
        scene.outlook().delete_for_good(pattern.key).expect("gone");
        let first = make(
            &scene,
            odd(
                "Year one",
                "0001-01-02T09:00:00Z",
                "0001-01-02T10:00:00Z",
                Zone::utc(),
            ),
        );
        let last = make(
            &scene,
            odd(
                "Year 9999",
                "9999-12-30T09:00:00Z",
                "9999-12-30T10:00:00Z",
                Zone::utc(),
            ),
        );
        scene.event(&marked("Plain", 2));
        scene.calm(scene.anna).await;
        assert_eq!(scene.record(Kind::Appointment).title, "Plain");
        let issues = scene.issues(scene.anna).await;
        assert_eq!(issues.len(), 3, "{issues:#?}");
        for made in [&backwards, &first, &last] {
            let id = scene.given.id_of(made);
            let issue = issues
                .iter()
                .find(|issue| issue.item_id.as_str() == id)
                .expect("an issue");
            assert_eq!(issue.code, "time_impossible");
            assert!(issue.message.contains("correct"), "{}", issue.message);
            assert!(scene.given.see(made).is_some(), "kept");
        }

        // Corrected, it is taken and the issue is over.
        scene.given.edit_quietly(&backwards, |draft| {
            draft.properties.insert("End", Value::Time(at(2, 11)));
        });
        scene.calm(scene.anna).await;
        assert_eq!(scene.records(Kind::Appointment).len(), 2);
        assert_eq!(scene.issues(scene.anna).await.len(), 2);
    })
    .await;
}

/// Five hundred attendees of any name, all of them on the record; nobody is told twice.
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_attendees_stand_on_the_record() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let names = [
            "Åsa Öberg",
            "王小明",
            "محمد علي",
            "Ольга Ким",
            "שרה כהן",
            "🦀 Ferris",
            "O'Neil; \"Bob\" <x>",
        ];
        let who: Vec<Address> = (0..500)
            .map(|at| Address {
                name: names[at % names.len()].into(),
                email: format!("guest{at}@crowd.example"),
            })
            .collect();
        let key = scene.event(&EventEdit {
            required: Some(who),
            ..marked("Assembly", 2)
        });
        scene.calm(scene.anna).await;
        let record = scene.record(Kind::Appointment);
        let attendees: Vec<_> = record
            .parties
            .iter()
            .filter(|party| party.role == ssi_sandbox::crm::ATTENDEE)
            .collect();
        assert_eq!(attendees.len(), 500);
        assert!(
            names
                .iter()
                .all(|name| attendees.iter().any(|party| party.name == *name))
        );
        assert_eq!(scene.seen(key).expect("stands").attendees.len(), 500);
        scene.assert_only_people_sent();
    })
    .await;
}

/// Subjects in any script, a note of a megabyte, HTML that closes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn texts_of_any_sort_go_there_and_back() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let sentence = "All work and no play makes a dull note. ";
        let (long, longer) = (sentence.repeat(24_990), sentence.repeat(26_000));
        let texts = [
            ("会议 — встреча — اجتماع — पहला", Body::plain("ελληνικά 🎉")),
            ("Long", Body::plain(&long)),
            ("Longer", Body::plain(&longer)),
            (
                "Open",
                Body::rich("<html><body><p>One<br><b>two<i>three<table><tr><td>four<ul><li>five"),
            ),
            ("Nothing", Body::rich("")),
        ];
        for (subject, body) in &texts {
            scene.event(&EventEdit {
                body: Some(body.clone()),
                ..marked(subject, 2)
            });
        }
        scene.calm(scene.anna).await;
        let issues = scene.issues(scene.anna).await;
        let codes: Vec<_> = issues.iter().map(|issue| issue.code.as_str()).collect();
        assert_eq!(
            codes,
            ["text_cut"],
            "INV-15: more than the CRM takes is told"
        );
        let note = |subject: &str| {
            let mut records = scene.records(Kind::Appointment).into_iter();
            let record = records
                .find(|record| record.title == subject)
                .expect("stored");
            record
                .notes
                .first()
                .map(|note| note.text.clone())
                .unwrap_or_default()
        };
        assert_eq!(note(texts[0].0), "ελληνικά 🎉");
        assert!(note("Long").trim() == long.trim(), "a megabyte goes whole");
        assert_eq!(note("Longer").chars().count(), 1_000_000);
        let open = note("Open");
        for word in ["One", "two", "three", "four", "five"] {
            assert!(open.contains(word), "{open}");
        }
        assert!(!open.contains('<'), "{open}");
        assert_eq!(note("Nothing"), "");
        for seen in scene.outlook().events() {
            let text = texts
                .iter()
                .find(|(subject, _)| *subject == seen.item.subject)
                .expect("hers");
            if let Some(html) = &text.1.html {
                assert_eq!(
                    seen.item
                        .html
                        .as_deref()
                        .unwrap_or_default()
                        .contains("five"),
                    html.contains("five")
                );
            }
        }
    })
    .await;
}

/// What the CRM holds and a mailbox cannot: it stays there, with an issue.
#[tokio::test(flavor = "multi_thread")]
async fn an_impossible_record_of_the_crm_stays_there() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        scene.calm(scene.anna).await;
        let anna = scene.given.employee(ANNA);
        let form = AppointmentForm {
            subject: Some("Without a time".into()),
            owner: Some(anna.clone()),
            organizer: Some(anna),
            ..AppointmentForm::default()
        };
        scene.screen(|person| person.create(&form));
        let said = scene.calm(scene.anna).await;
        assert!(scene.given.items(ANNA, ItemKind::CalendarItem).is_empty());
        let issues = scene.issues(scene.anna).await;
        assert_eq!(issues.len(), 1, "{issues:#?} {said:#?}");
        assert_eq!(scene.record(Kind::Appointment).title, "Without a time");
        let plain: Timestamp = at(2, 9);
        let key = scene.event(&with_category(event("Plain", 2), CATEGORY));
        scene.calm(scene.anna).await;
        assert_eq!(scene.seen(key).expect("others go on").start, plain);
    })
    .await;
}
