//! Series (rules 3.6): the pattern both ways, changed, moved and deleted occurrences, and events that become series.

use jiff::{SignedDuration, Timestamp};
use ssi_sandbox::{
    crm::{AppointmentForm, Kind, Record, SeriesForm, Value},
    exchange::{EventEdit, Pattern, Place, Range, Recurrence},
};
use ssi_tests::{
    db::on_both,
    given::{ANNA, CATEGORY},
    people::People,
    scene::{Scene, at, marked, with_category},
};

fn daily(count: u16) -> Recurrence {
    let start = at(2, 9).to_zoned(jiff::tz::TimeZone::UTC).date();
    Recurrence {
        pattern: Pattern::Daily { interval: 1 },
        range: Range::Numbered { start, count },
    }
}

/// Five days in a row, beginning the day after tomorrow, at nine in UTC.
fn series(subject: &str) -> EventEdit {
    EventEdit {
        zone: Some("UTC".into()),
        recurrence: Some(Some(daily(5))),
        ..marked(subject, 2)
    }
}

/// The occurrence of that day.
fn on(key: u64, days: i64) -> Place {
    Place {
        key,
        occurrence: Some(at(days, 9)),
    }
}

/// The record of the occurrence that stood that day.
fn occurrence(scene: &Scene, days: i64) -> Option<Record> {
    let day = at(days, 0);
    let mut all = scene.records(Kind::Appointment).into_iter();
    all.find(|record| record.time("OccurrenceDate") == Some(day))
}

fn is_off(record: &Record) -> bool {
    record.field("LifeCycleStatusCode") == "4"
}

/// CAL-60 to CAL-63: a series is a Recurring Activity with its pattern, and follows on both sides.
#[tokio::test(flavor = "multi_thread")]
async fn a_series_is_mirrored_with_its_pattern_both_ways() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&series("Stand-up"));
        scene.calm(scene.anna).await;
        let record = scene.record(Kind::Series);
        assert!(scene.records(Kind::Appointment).is_empty(), "CAL-62");
        assert_eq!(
            (
                record.field("RecurrencePattern"),
                record.field("EndOcurrences")
            ),
            ("1", "5")
        );
        assert_eq!(
            record.time("RecurrenceEndDate"),
            Some(Timestamp::UNIX_EPOCH),
            "CAL-63"
        );

        let form = SeriesForm {
            subject: Some("Stand-up, shorter".into()),
            more: vec![("DailyEveryDays", Value::Int(2))],
            ..SeriesForm::default()
        };
        scene.screen(|person| person.edit(&record.object_id, &form));
        scene.calm(scene.anna).await;
        let seen = scene.seen(key).expect("stands");
        assert_eq!(seen.item.subject, "Stand-up, shorter");
        assert_eq!(
            seen.recurrence.expect("a series").pattern,
            Pattern::Daily { interval: 2 }
        );

        let weekly = Recurrence {
            pattern: Pattern::Daily { interval: 3 },
            ..daily(4)
        };
        scene.edit(
            key,
            &EventEdit {
                recurrence: Some(Some(weekly)),
                ..EventEdit::default()
            },
        );
        scene.calm(scene.anna).await;
        let record = scene.stands(&record).expect("the same record");
        assert_eq!(
            (
                record.field("DailyEveryDays"),
                record.field("EndOcurrences")
            ),
            ("3", "4")
        );
    })
    .await;
}

/// CAL-38, CAL-61: a series made in the CRM is a series in the mailbox; one that nobody understands is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_series_of_the_crm_comes_down_as_a_series_or_not_at_all() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        scene.calm(scene.anna).await;
        let anna = scene.given.employee(ANNA);
        let form = |subject: &str, pattern: &str| SeriesForm {
            subject: Some(subject.into()),
            start: Some(at(2, 9)),
            duration: Some("PT1H".into()),
            pattern: Some(pattern.into()),
            zone: Some("UTC".into()),
            owner: Some(anna.clone()),
            organizer: Some(anna.clone()),
            more: vec![
                ("DailyEveryDays", Value::Int(2)),
                ("NoEndDate", Value::Bool(true)),
            ],
            ..SeriesForm::default()
        };
        scene.screen(|person| person.create(&form("Every other day", "1")));
        scene.screen(|person| person.create(&form("Who knows when", "")));
        scene.calm(scene.anna).await;
        let events = scene.outlook().events();
        assert_eq!(
            events.len(),
            1,
            "what nobody understands is no single event either"
        );
        let rule = events[0].recurrence.clone().expect("a series");
        assert_eq!(rule.pattern, Pattern::Daily { interval: 2 });
        assert!(matches!(rule.range, Range::NoEnd { .. }));
        let issues = scene.issues(scene.anna).await;
        assert!(
            issues
                .iter()
                .any(|issue| issue.code == "recurrence_not_held"
                    && issue.message.contains("pattern")),
            "{issues:#?}"
        );
    })
    .await;
}

/// CAL-64: a changed or moved occurrence is a record of its own that says which one it is.
#[tokio::test(flavor = "multi_thread")]
async fn changed_and_moved_occurrences_are_records_of_their_own() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&series("Stand-up"));
        scene.calm(scene.anna).await;
        let moved = EventEdit {
            start: Some(at(3, 14)),
            end: Some(at(3, 15)),
            ..EventEdit::default()
        };
        scene.edit(on(key, 3), &moved);
        scene.edit(
            on(key, 4),
            &EventEdit {
                location: Some("Roof".into()),
                ..EventEdit::default()
            },
        );
        scene.calm(scene.anna).await;
        let first = occurrence(&scene, 3).expect("CAL-64: moved");
        assert_eq!(
            (first.time("StartDate"), first.time("EndDate")),
            (Some(at(3, 14)), Some(at(3, 15)))
        );
        let second = occurrence(&scene, 4).expect("CAL-64: changed");
        assert_eq!(second.field("Location"), "Roof");
        assert_eq!(scene.records(Kind::Appointment).len(), 2);
        assert_eq!(
            scene.record(Kind::Series).time("RecurrenceStartDate"),
            Some(at(2, 9))
        );

        // Edited there, it follows here, and the series does not.
        let form = AppointmentForm {
            subject: Some("On the roof".into()),
            ..AppointmentForm::default()
        };
        scene.screen(|person| person.edit(&second.object_id, &form));
        scene.calm(scene.anna).await;
        let roof = scene.seen(on(key, 4)).expect("stands");
        assert_eq!(roof.item.subject, "On the roof");
        assert_eq!(scene.seen(key).expect("stands").item.subject, "Stand-up");
        assert_eq!(scene.seen(key).expect("stands").item.categories, [CATEGORY]);
        scene.assert_only_people_sent();
    })
    .await;
}

/// CAL-64: an occurrence that is taken out is told off in the CRM, whether it had a record or not.
#[tokio::test(flavor = "multi_thread")]
async fn deleted_occurrences_are_off_in_the_crm() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&series("Stand-up"));
        scene.edit(
            on(key, 3),
            &EventEdit {
                location: Some("Roof".into()),
                ..EventEdit::default()
            },
        );
        scene.calm(scene.anna).await;
        assert!(!is_off(&occurrence(&scene, 3).expect("CAL-64")));
        let outlook = scene.outlook();
        outlook.delete_occurrence(key, at(3, 9)).expect("deleted");
        outlook.delete_occurrence(key, at(5, 9)).expect("deleted");
        scene.calm(scene.anna).await;
        assert!(is_off(
            &occurrence(&scene, 3).expect("its record stays to be seen")
        ));
        let off = occurrence(&scene, 5).expect("told off");
        assert!(is_off(&off));
        assert_eq!(
            (off.time("StartDate"), off.time("EndDate")),
            (Some(at(5, 9)), Some(at(5, 10)))
        );
        assert_eq!(off.title, "Stand-up");
        assert_eq!(scene.records(Kind::Appointment).len(), 2);

        scene.node.advance(SignedDuration::from_hours(25));
        scene.calm(scene.anna).await;
        assert_eq!(scene.records(Kind::Appointment).len(), 2, "INV-4");
        assert_eq!(scene.seen(key).expect("stands").item.categories, [CATEGORY]);
        let left = outlook.occurrences(key, at(30, 0)).expect("a series");
        assert_eq!(left.len(), 3, "nothing comes back");
    })
    .await;
}

/// CAL-62: what becomes a series, or a single event, has its record made anew; the old one goes as deletions go.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_becomes_a_series_has_a_new_record() {
    on_both(|database| async move {
        for cancel in [true, false] {
            let scene = Scene::on_another(&database).await;
            scene
                .node
                .set(|settings| settings.mirror.cancel_instead_of_delete = cancel);
            let key = scene.event(&marked("Review", 2));
            scene.calm(scene.anna).await;
            let single = scene.record(Kind::Appointment);
            let repeats = EventEdit {
                recurrence: Some(Some(daily(4))),
                ..EventEdit::default()
            };
            scene.edit(key, &repeats);
            scene.calm(scene.anna).await;
            let series = scene.record(Kind::Series);
            assert_eq!(series.title, "Review");
            match scene.stands(&single) {
                Some(old) => assert!(cancel && is_off(&old) && old.groupware_item_id.is_empty()),
                None => assert!(!cancel, "CAL-56"),
            }
            assert_eq!(scene.seen(key).expect("stands").item.categories, [CATEGORY]);

            // Mirrored from here on, under the same key.
            scene.edit(
                key,
                &EventEdit {
                    subject: Some("Reviews".into()),
                    ..EventEdit::default()
                },
            );
            scene.calm(scene.anna).await;
            assert_eq!(scene.record(Kind::Series).title, "Reviews");

            scene.edit(
                key,
                &EventEdit {
                    recurrence: Some(None),
                    ..EventEdit::default()
                },
            );
            scene.calm(scene.anna).await;
            let open: Vec<_> = scene
                .records(Kind::Appointment)
                .into_iter()
                .chain(scene.records(Kind::Series))
                .filter(|record| !is_off(record))
                .collect();
            assert_eq!(open.len(), 1, "{open:#?}");
            assert_eq!(
                (open[0].kind, open[0].title.as_str()),
                (Kind::Appointment, "Reviews")
            );
            scene.node.advance(SignedDuration::from_hours(25));
            scene.calm(scene.anna).await;
            assert!(scene.seen(key).is_some());
        }
    })
    .await;
}

/// CAL-60: what the CRM has no pattern for stays in the mailbox, with an issue; phone calls have no series.
#[tokio::test(flavor = "multi_thread")]
async fn a_series_the_crm_cannot_hold_stays_with_an_issue() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let weekdays = Recurrence {
            pattern: Pattern::RelativeMonthly {
                interval: 1,
                days: ssi_sandbox::exchange::Days::Weekday,
                index: ssi_sandbox::exchange::Index::Last,
            },
            ..daily(5)
        };
        let key = scene.event(&EventEdit {
            recurrence: Some(Some(weekdays)),
            ..series("Closing")
        });
        scene.event(&with_category(series("Ring up"), "Phone Call"));
        let nepal = EventEdit {
            zone: Some("Nepal Standard Time".into()),
            ..series("Kathmandu")
        };
        scene.event(&nepal);
        scene.calm(scene.anna).await;
        for kind in [Kind::Series, Kind::Appointment, Kind::PhoneCall] {
            assert!(scene.records(kind).is_empty());
        }
        let issues = scene.issues(scene.anna).await;
        assert_eq!(issues.len(), 3, "{issues:#?}");
        assert!(issues.iter().all(|issue| issue.message.len() > 30));
        let stands = scene.seen(key).expect("stays");
        assert!(stands.recurrence.is_some() && stands.item.subject == "Closing");
    })
    .await;
}
