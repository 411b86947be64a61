//! Recurring meetings.

use jiff::{SignedDuration, Timestamp, civil::Weekday};
use ssi_sandbox::{
    crm::Value as CrmValue,
    exchange::{EventEdit, Pattern, Range, Recurrence},
};
use ssi_tests::{
    given::{ANNA, CATEGORY},
    people::People,
};

use crate::scene::{APPOINTMENTS, SERIES, Scene, moment, on_both};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn weekly(start: Timestamp, count: u16) -> Recurrence {
    let day = start.to_zoned(jiff::tz::TimeZone::UTC).date();
    Recurrence {
        pattern: Pattern::Weekly {
            interval: 1,
            days: vec![day.weekday()],
            first_day: Weekday::Monday,
        },
        range: Range::Numbered { start: day, count },
    }
}

fn single(start: Timestamp) -> EventEdit {
    EventEdit {
        subject: Some("Stand-up".into()),
        start: Some(start),
        end: Some(start + HOUR),
        zone: Some("W. Europe Standard Time".into()),
        categories: Some(vec![CATEGORY.into()]),
        ..EventEdit::default()
    }
}

/// Weekly, so many times.
fn standup(start: Timestamp, count: u16) -> EventEdit {
    EventEdit {
        recurrence: Some(Some(weekly(start, count))),
        ..single(start)
    }
}

/// Records that stand and are not cancelled.
fn living(scene: &Scene) -> usize {
    let standing = |set: &str| {
        let keys = scene.given.records(set).into_iter();
        let status = |key: &String| scene.given.field(set, key, "LifeCycleStatusCode");
        keys.filter(|key| status(key).as_deref() != Some("4"))
            .count()
    };
    standing(APPOINTMENTS) + standing(SERIES)
}

/// C 4: shifting a series leaves the old occurrences beside the new ones.
#[tokio::test(flavor = "multi_thread")]
async fn odoo_271529_a_shifted_series_leaves_nothing_behind() {
    on_both(|scene| async move {
        let start = moment(2, 9);
        let person = scene.given.world().person(ANNA);
        let key = person.create_event(&standup(start, 5)).expect("made");
        scene.calm().await;
        assert_eq!(living(&scene), 1);
        let moved = EventEdit {
            start: Some(start + HOUR),
            end: Some(start + HOUR * 2),
            ..EventEdit::default()
        };
        person.edit_event(key, &moved).expect("edited");
        scene.calm().await;
        assert_eq!(living(&scene), 1, "INV-1");
        let record = scene.given.records(SERIES).remove(0);
        let stands = scene.given.field(SERIES, &record, "RecurrenceStartDate");
        assert_eq!(stands, Some((start + HOUR).to_string()));
    })
    .await;
}

/// C 13: editing a series from the CRM was given up altogether.
#[tokio::test(flavor = "multi_thread")]
async fn odoo_115253_a_series_can_be_edited_in_the_crm() {
    on_both(|scene| async move {
        let start = moment(2, 9);
        let person = scene.given.world().person(ANNA);
        person.create_event(&standup(start, 5)).expect("made");
        scene.calm().await;
        let record = scene.given.records(SERIES).remove(0);
        let edits = [
            ("SubjectName", CrmValue::text("Stand-up, shorter")),
            ("EndOcurrences", CrmValue::Int(3)),
        ];
        scene.given.change(SERIES, &record, &edits);
        scene.calm().await;
        let events = scene.events(ANNA);
        assert_eq!(events.len(), 1, "INV-1: the same series, not another one");
        let seen = &events[0].1;
        assert_eq!(seen.text("Subject"), "Stand-up, shorter");
        let starts: Vec<Timestamp> = seen.starts().collect();
        assert_eq!((starts.len(), starts[0]), (3, start), "INV-16");
        assert_eq!(scene.given.records(SERIES), [record]);
        assert_eq!((living(&scene), scene.notices()), (1, 0), "INV-12");
        assert!(scene.issues().await.is_empty());
    })
    .await;
}

/// C 5: turning a single meeting into a series duplicates it, and back.
#[tokio::test(flavor = "multi_thread")]
async fn odoo_271787_a_single_meeting_that_becomes_a_series_stands_once() {
    on_both(|scene| async move {
        let start = moment(2, 9);
        let person = scene.given.world().person(ANNA);
        let key = person.create_event(&single(start)).expect("made");
        scene.calm().await;
        assert_eq!(living(&scene), 1);
        for recurrence in [Some(weekly(start, 4)), None] {
            let turned = EventEdit {
                recurrence: Some(recurrence),
                ..EventEdit::default()
            };
            person.edit_event(key, &turned).expect("turned");
            scene.calm().await;
            assert_eq!(living(&scene), 1, "INV-1");
            assert_eq!(scene.events(ANNA).len(), 1);
        }
    })
    .await;
}

/// C 14: after a change of clocks each occurrence exists three times.
#[tokio::test(flavor = "multi_thread")]
async fn odoo_114030_a_series_over_a_change_of_clocks_stands_once() {
    on_both(|scene| async move {
        let person = scene.given.world().person(ANNA);
        person
            .create_event(&standup(moment(2, 9), 52))
            .expect("a year of them");
        scene.calm().await;
        scene.given.world().exchange().expire_sync_states();
        scene.days_pass(1);
        assert_eq!(scene.sync().await, 0, "INV-4");
        assert_eq!(scene.given.records(SERIES).len(), 1);
        assert!(
            scene.appointments().is_empty(),
            "occurrences are not records"
        );
        assert_eq!(scene.events(ANNA).len(), 1);
    })
    .await;
}

/// C 16, C 17: an edited occurrence ends in a conflict for ever, or others go missing.
#[tokio::test(flavor = "multi_thread")]
async fn vdirsyncer_963_an_edited_series_comes_to_rest() {
    on_both(|scene| async move {
        let start = moment(2, 9);
        let person = scene.given.world().person(ANNA);
        let key = person.create_event(&standup(start, 6)).expect("made");
        scene.calm().await;
        let until = start + SignedDuration::from_hours(24 * 60);
        let occurrences = person.occurrences(key, until).expect("six");
        assert_eq!(occurrences.len(), 6);
        let original = |at: usize| {
            occurrences[at]
                .original_start
                .unwrap_or(occurrences[at].start)
        };
        let other = EventEdit {
            location: Some("Terrace".into()),
            ..EventEdit::default()
        };
        person
            .edit_occurrence(key, original(1), &other)
            .expect("edited");
        person
            .delete_occurrence(key, original(2))
            .expect("taken out");
        scene.calm().await;
        let renamed = EventEdit {
            subject: Some("Weekly".into()),
            ..EventEdit::default()
        };
        person.edit_event(key, &renamed).expect("edited");
        scene.calm().await;
        scene.days_pass(1);
        scene.calm().await;
        let record = scene.given.records(SERIES);
        assert_eq!(record.len(), 1, "INV-1");
        let subject = scene.given.field(SERIES, &record[0], "SubjectName");
        assert_eq!(subject.as_deref(), Some("Weekly"));
        assert_eq!(person.occurrences(key, until).expect("five").len(), 5);
        assert!(scene.notices() == 0, "INV-12");
    })
    .await;
}
