//! Occurrences that somebody edits or cancels in the CRM (CAL-64, docs/decisions/0056): an exception of the series in the
//! mailbox, or a reason that people see.

use jiff::SignedDuration;
use ssi_sandbox::{
    crm::{AppointmentForm, Kind, Record, SeriesForm, Value, uuid_of},
    exchange::{EventEdit, Pattern, Place, Range, Recurrence},
};
use ssi_tests::{
    db::on_both,
    given::{ANNA, BERND, CATEGORY},
    people::People,
    scene::{Scene, at, inviting, marked},
};

/// Five days in a row, beginning the day after tomorrow, at nine in UTC.
fn standup() -> EventEdit {
    let start = at(2, 9).to_zoned(jiff::tz::TimeZone::UTC).date();
    let daily = Recurrence {
        pattern: Pattern::Daily { interval: 1 },
        range: Range::Numbered { start, count: 5 },
    };
    EventEdit {
        zone: Some("UTC".into()),
        recurrence: Some(Some(daily)),
        location: Some("Hall".into()),
        ..marked("Stand-up", 2)
    }
}

/// The occurrence of that day.
fn on(key: u64, days: i64) -> Place {
    Place {
        key,
        occurrence: Some(at(days, 9)),
    }
}

/// The occurrence of that day as the CRM has it: as its series, but for what the form says.
fn occurrence(scene: &Scene, series: &Record, days: i64, form: AppointmentForm) -> String {
    let uuid = uuid_of(&series.object_id).expect("an ObjectID");
    let more = vec![
        ("RecurringBusinessActivityNodeID", Value::Guid(uuid)),
        (
            "OccurrenceDate",
            Value::Instant(at(days, 0).as_microsecond()),
        ),
    ];
    let anna = scene.given.employee(ANNA);
    let form = AppointmentForm {
        subject: form.subject.or(Some(series.title.clone())),
        start: form.start.or(Some(at(days, 9))),
        end: form.end.or(Some(at(days, 10))),
        zone: Some("UTC".into()),
        location: form.location.or(Some(series.field("Location").into())),
        owner: Some(anna.clone()),
        organizer: Some(anna),
        more,
        ..form
    };
    scene.screen(|person| person.create(&form))
}

fn moved() -> AppointmentForm {
    AppointmentForm {
        start: Some(at(3, 14)),
        end: Some(at(3, 15)),
        location: Some("Roof".into()),
        ..AppointmentForm::default()
    }
}

fn cancelled() -> AppointmentForm {
    AppointmentForm {
        status: Some("4".into()),
        ..AppointmentForm::default()
    }
}

/// A day later nothing is written any more, and nobody was told of anything by mail.
async fn at_rest(scene: &Scene) {
    scene.node.advance(SignedDuration::from_hours(25));
    scene.feed().await;
    let (writes, _) = scene.session(scene.anna).await;
    assert_eq!(writes, 0, "INV-4");
    scene.assert_only_people_sent();
}

/// A series that somebody made in the CRM, in Anna's calendar: its number there and its record.
async fn series_of_the_crm(scene: &Scene) -> (u64, Record) {
    let anna = scene.given.employee(ANNA);
    let form = SeriesForm {
        subject: Some("Round".into()),
        start: Some(at(2, 9)),
        duration: Some("PT1H".into()),
        pattern: Some("1".into()),
        zone: Some("UTC".into()),
        owner: Some(anna.clone()),
        organizer: Some(anna),
        more: vec![
            ("DailyEveryDays", Value::Int(1)),
            ("NoEndDate", Value::Bool(true)),
        ],
        ..SeriesForm::default()
    };
    let id = scene.screen(|person| person.create(&form));
    scene.calm(scene.anna).await;
    let events = scene.outlook().events();
    let round = events.iter().find(|event| event.item.subject == "Round");
    let records = scene.records(Kind::Series);
    let record = records.into_iter().find(|one| one.object_id == id);
    let key = round.expect("came down").item.place.key;
    (key, record.expect("stands"))
}

/// CAL-64: an occurrence that is edited in the CRM is an exception of the series, and a pair from then on.
#[tokio::test(flavor = "multi_thread")]
async fn an_occurrence_edited_in_the_crm_is_an_exception_in_the_mailbox() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&standup());
        scene.calm(scene.anna).await;
        let series = scene.record(Kind::Series);
        let first = occurrence(&scene, &series, 3, moved());
        let form = AppointmentForm {
            subject: Some("Stand-up with guests".into()),
            ..AppointmentForm::default()
        };
        occurrence(&scene, &series, 5, form);
        // Nobody changed this one.
        occurrence(&scene, &series, 4, AppointmentForm::default());
        scene.calm(scene.anna).await;

        let third = scene.seen(on(key, 3)).expect("stands");
        assert_eq!((third.start, third.end), (at(3, 14), at(3, 15)));
        assert_eq!(
            (third.location.as_str(), third.item.subject.as_str()),
            ("Roof", "Stand-up")
        );
        let fifth = scene.seen(on(key, 5)).expect("stands");
        assert_eq!(fifth.item.subject, "Stand-up with guests");
        assert_eq!((fifth.start, fifth.location.as_str()), (at(5, 9), "Hall"));
        let whole = scene.seen(key).expect("stands");
        assert_eq!(
            (whole.item.subject.as_str(), whole.start),
            ("Stand-up", at(2, 9))
        );
        assert_eq!(whole.item.categories, [CATEGORY]);
        assert_eq!(
            scene.outlook().events().len(),
            1,
            "INV-1: no event beside it"
        );
        assert_eq!(scene.records(Kind::Appointment).len(), 3, "INV-1");
        at_rest(&scene).await;

        // Each side follows the other from here on.
        scene.edit(
            on(key, 3),
            &EventEdit {
                location: Some("Cellar".into()),
                ..EventEdit::default()
            },
        );
        let form = AppointmentForm {
            subject: Some("Stand-up, longer".into()),
            ..AppointmentForm::default()
        };
        scene.screen(|person| person.edit(&first, &form));
        scene.calm(scene.anna).await;
        let third = scene.seen(on(key, 3)).expect("stands");
        assert_eq!(
            (third.location.as_str(), third.item.subject.as_str()),
            ("Cellar", "Stand-up, longer")
        );
        let crm = scene
            .given
            .sandbox
            .world()
            .crm()
            .record(Kind::Appointment, &first);
        let crm = crm.expect("stands");
        assert_eq!(
            (crm.field("Location"), crm.title.as_str()),
            ("Cellar", "Stand-up, longer")
        );
        assert_eq!(scene.records(Kind::Appointment).len(), 3, "INV-1");
        assert!(scene.issues(scene.anna).await.is_empty());
        at_rest(&scene).await;
    })
    .await;
}

/// INV-2: an occurrence that both sides edited keeps both edits, with a card where they meet.
#[tokio::test(flavor = "multi_thread")]
async fn an_occurrence_edited_on_both_sides_keeps_both_edits() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&standup());
        scene.calm(scene.anna).await;
        let series = scene.record(Kind::Series);
        let form = AppointmentForm {
            subject: Some("Theirs".into()),
            ..moved()
        };
        let record = occurrence(&scene, &series, 3, form);
        scene.feed().await;
        // Between the feed and the session, so that no record is made for it first.
        scene.edit(
            on(key, 3),
            &EventEdit {
                subject: Some("Ours".into()),
                ..EventEdit::default()
            },
        );
        scene.calm(scene.anna).await;
        let third = scene.seen(on(key, 3)).expect("stands");
        assert_eq!(third.item.subject, "Ours", "the mailbox wins");
        let open = scene.records(Kind::Appointment);
        let crm = open
            .iter()
            .find(|one| one.object_id == record)
            .expect("stands");
        assert_eq!(crm.title, "Ours");
        assert_eq!((third.start, third.location.as_str()), (at(3, 14), "Roof"));
        assert_eq!(scene.issue_codes(scene.anna).await, ["both_changed"]);
        assert_eq!(open.len(), 1, "INV-1");
        at_rest(&scene).await;
    })
    .await;
}

/// CAL-52, CAL-64: cancelled in the CRM, an occurrence of a series from there goes; within the budget.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_occurrence_of_a_series_of_the_crm_goes() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        scene.calm(scene.anna).await;
        let (key, series) = series_of_the_crm(&scene).await;
        let first = occurrence(&scene, &series, 3, moved());
        occurrence(&scene, &series, 4, cancelled());
        scene.calm(scene.anna).await;
        let left = |scene: &Scene| {
            let left = scene
                .outlook()
                .occurrences(key, at(7, 0))
                .expect("a series");
            left.len()
        };
        assert_eq!(left(&scene), 4, "one of five is off");
        assert!(scene.seen(on(key, 4)).is_none());
        assert_eq!(scene.seen(on(key, 3)).expect("stands").location, "Roof");
        at_rest(&scene).await;
        assert_eq!(
            scene.records(Kind::Appointment).len(),
            2,
            "INV-1: not told off once more"
        );

        scene.screen(|person| person.edit(&first, &cancelled()));
        scene.calm(scene.anna).await;
        assert_eq!(left(&scene), 3);
        at_rest(&scene).await;
        assert_eq!(scene.records(Kind::Appointment).len(), 2, "INV-1");

        // More than the budget allows are held.
        scene.node.set(|settings| {
            settings.budgets.deletions = 0;
            settings.budgets.deletions_percent = 0;
        });
        occurrence(&scene, &series, 5, cancelled());
        scene.feed().await;
        scene.node.session(scene.anna).await;
        let held = scene.node.store.held(scene.anna).await;
        assert!(held.expect("read").is_some(), "INV-7");
        assert_eq!(left(&scene), 3, "INV-7");
    })
    .await;
}

/// CAL-51, CAL-53, INV-6: where the series was made in the mailbox, or the occurrence was edited there, it stays, and
/// its owner is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_occurrence_that_stays_is_told() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&standup());
        scene.calm(scene.anna).await;
        let series = scene.record(Kind::Series);
        occurrence(&scene, &series, 4, cancelled());
        scene.calm(scene.anna).await;
        assert!(scene.seen(on(key, 4)).is_some(), "CAL-51");
        assert_eq!(scene.issue_codes(scene.anna).await, ["occurrence_kept"]);
        assert_eq!(scene.seen(key).expect("stands").item.categories, [CATEGORY]);
        at_rest(&scene).await;

        let (round, series) = series_of_the_crm(&scene).await;
        occurrence(&scene, &series, 5, cancelled());
        scene.feed().await;
        scene.edit(
            on(round, 5),
            &EventEdit {
                location: Some("Roof".into()),
                ..EventEdit::default()
            },
        );
        scene.calm(scene.anna).await;
        assert_eq!(scene.seen(on(round, 5)).expect("INV-6").location, "Roof");
        let codes = scene.issue_codes(scene.anna).await;
        assert!(codes.contains(&"edit_beats_delete".to_owned()), "{codes:?}");
        scene.assert_only_people_sent();
    })
    .await;
}

/// INV-11, INV-13, CAL-64: an attendee's copy, a private one and one that was taken out are not written; a card says so.
#[tokio::test(flavor = "multi_thread")]
async fn an_occurrence_that_cannot_be_changed_here_is_told() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let bernd = scene.given.sandbox.world().person(BERND);
        let meeting = inviting(
            EventEdit {
                categories: None,
                ..standup()
            },
            &[ANNA],
        );
        bernd
            .create_event(&EventEdit {
                subject: Some("Bernd's".into()),
                ..meeting
            })
            .expect("invites");
        let copy = scene
            .outlook()
            .events()
            .first()
            .map(|event| event.item.place.key)
            .expect("invited");
        scene.edit(
            copy,
            &EventEdit {
                categories: Some(vec![CATEGORY.into()]),
                ..EventEdit::default()
            },
        );
        let own = scene.event(&standup());
        scene.calm(scene.anna).await;
        let series = scene.records(Kind::Series);
        let of = |subject: &str| {
            series
                .iter()
                .find(|one| one.title == subject)
                .expect("mirrored")
        };
        let theirs = of("Bernd's").clone();
        let ours = of("Stand-up").clone();

        occurrence(&scene, &theirs, 3, moved());
        scene.calm(scene.anna).await;
        assert_eq!(
            scene.issue_codes(scene.anna).await,
            ["occurrence_stays"],
            "INV-11"
        );
        let seen = scene.seen(on(copy, 3)).expect("stands");
        assert_eq!((seen.start, seen.location.as_str()), (at(3, 9), "Hall"));
        at_rest(&scene).await;

        scene
            .outlook()
            .delete_occurrence(own, at(4, 9))
            .expect("deleted");
        scene.calm(scene.anna).await;
        let form = AppointmentForm {
            subject: Some("But why".into()),
            ..AppointmentForm::default()
        };
        occurrence(&scene, &ours, 4, form);
        scene.calm(scene.anna).await;
        let messages: Vec<String> = scene
            .issues(scene.anna)
            .await
            .into_iter()
            .map(|one| one.message)
            .collect();
        assert!(
            messages
                .iter()
                .any(|one| one.contains("deleted from the series")),
            "{messages:?}"
        );

        scene.edit(
            own,
            &EventEdit {
                sensitivity: Some("Private".into()),
                ..EventEdit::default()
            },
        );
        scene.calm(scene.anna).await;
        let form = AppointmentForm {
            subject: Some("Not private".into()),
            ..AppointmentForm::default()
        };
        occurrence(&scene, &ours, 5, form);
        scene.calm(scene.anna).await;
        let messages: Vec<String> = scene
            .issues(scene.anna)
            .await
            .into_iter()
            .map(|one| one.message)
            .collect();
        assert!(
            messages
                .iter()
                .any(|one| one.contains("private in the mailbox")),
            "{messages:?}"
        );
        assert_eq!(
            scene.seen(on(own, 5)).expect("stands").item.subject,
            "Stand-up"
        );
        scene.assert_only_people_sent();
    })
    .await;
}
