//! INV-16, CAL-64: occurrences that were taken out of a series (`EXDATE`) or changed (`RECURRENCE-ID`), of calendar files
//! and at random: the CRM hears of each by its original day, and the mailbox stays as it is.

use jiff::{SignedDuration, Timestamp, civil::Time, tz::TimeZone};
use ssi_sandbox::{
    calendar_file::read_calendar,
    crm::{Kind, Record},
    exchange::{Draft, EventEdit, Sending, Value},
};
use ssi_tests::{
    db::on_both,
    given::{ANNA, CATEGORY},
    people::{Made, People, marked},
    scene::Scene,
};

use super::{
    draft::{moment_of, of_file},
    round_trip::{drawn, fixtures, same_uid},
};

/// So many occurrences of a series are looked at; an exception behind them is not one of this series.
const OCCURRENCES: usize = 3_000;
/// A session tells so many off; more come with the next, which is another test's matter.
const MOST: usize = 100;

/// A series and what became of single occurrences of it, by their original starts.
struct Changed {
    draft: Draft,
    taken_out: Vec<Timestamp>,
    moved: Vec<(Timestamp, Timestamp, Timestamp)>,
}

/// The series of the calendar files that have such occurrences.
fn of_files() -> Vec<Changed> {
    let mut all = Vec::new();
    for bytes in fixtures().values() {
        for event in read_calendar(bytes).events {
            let Ok(draft) = of_file(&event) else { continue };
            let starts: Vec<Timestamp> = draft.starts().take(OCCURRENCES).collect();
            let stands = |at: &Timestamp| starts.contains(at);
            let moved = event.overrides.iter().filter_map(|other| {
                let original = moment_of(&event, other.recurrence_id.as_ref()?).ok()?;
                let start = moment_of(&event, &other.start).ok()?;
                let end = moment_of(&event, &other.end).ok()?;
                (stands(&original) && start < end).then_some((original, start, end))
            });
            let moved: Vec<_> = moved.take(MOST).collect();
            let taken_out = event.exdates.iter();
            let taken_out = taken_out.filter_map(|day| moment_of(&event, day).ok());
            let taken_out = taken_out.filter(stands);
            let free = |at: &Timestamp| moved.iter().all(|(original, ..)| original != at);
            let mut taken_out: Vec<_> = taken_out.filter(free).take(MOST).collect();
            taken_out.sort();
            taken_out.dedup();
            if !(moved.is_empty() && taken_out.is_empty()) {
                all.push(Changed {
                    draft,
                    taken_out,
                    moved,
                });
            }
        }
    }
    all
}

/// Series at random, of which one occurrence was taken out and another put half an hour later.
fn at_random(count: usize) -> Vec<Changed> {
    let drafts = drawn(count).into_iter();
    let series = drafts.filter_map(|draft| {
        let starts: Vec<Timestamp> = draft.starts().take(4).collect();
        let [_, second, third, after @ ..] = starts.as_slice() else {
            return None;
        };
        let whole = draft.properties.get("IsAllDayEvent") == Some(&Value::Bool(true));
        let length = draft.time("End")?.duration_since(draft.time("Start")?);
        let later = *third + SignedDuration::from_mins(30);
        // Exchange has no two occurrences on one day, by the clock of the series.
        let meets = |next: &Timestamp| next.duration_since(later) < SignedDuration::from_hours(25);
        let moved = match whole
            || length > SignedDuration::from_hours(12)
            || after.first().is_some_and(meets)
        {
            // Days are moved by days, and long ones would meet the next occurrence.
            true => Vec::new(),
            false => vec![(*third, later, later + length)],
        };
        Some(Changed {
            taken_out: vec![*second],
            moved,
            draft,
        })
    });
    series.collect()
}

/// Puts them into Anna's mailbox and mirrors them; answers how many occurrences the CRM heard of.
async fn mirror(scene: &Scene, all: &[Changed]) -> usize {
    scene
        .node
        .set(|settings| settings.mirror.scope_days_back = 200_000);
    let given = &scene.given;
    let outlook = scene.outlook();
    let mut made: Vec<(Made, Draft)> = Vec::new();
    for changed in all {
        let draft = marked(changed.draft.clone(), &[CATEGORY]);
        let key = given.make(ANNA, "calendar", draft, Sending::NONE);
        for original in &changed.taken_out {
            let deleted = outlook.delete_occurrence(key.key, *original);
            deleted.expect("the occurrence stands");
        }
        for (original, start, end) in &changed.moved {
            let edit = EventEdit {
                start: Some(*start),
                end: Some(*end),
                location: Some("Elsewhere".into()),
                ..EventEdit::default()
            };
            let moved = outlook.edit_occurrence(key.key, *original, &edit);
            moved.expect("the occurrence stands");
        }
        let stands = given.see(&key).expect("made");
        made.push((key, stands));
    }
    scene.calm(scene.anna).await;
    let mut told = 0;
    let records = scene.records(Kind::Appointment);
    let series = scene.records(Kind::Series);
    for ((key, before), changed) in made.iter().zip(all) {
        assert_eq!(
            given
                .see(key)
                .as_ref()
                .map(|after| after.recurrence().cloned()),
            Some(before.recurrence().cloned())
        );
        let uid = before.text("UID");
        if !series
            .iter()
            .any(|record| same_uid(&record.groupware_item_id, uid))
        {
            // What the CRM cannot hold stays with an issue, its occurrences too.
            continue;
        }
        let own = |original: &Timestamp| {
            let day = day(before, *original);
            let mut own = records.iter().filter(|record| {
                let series = record.field("RecurrenceActGroupwareID");
                same_uid(series, uid) && record.time("OccurrenceDate") == Some(day)
            });
            let found = own.next().cloned();
            assert!(
                own.next().is_none(),
                "INV-1: one record for {original} of {uid}"
            );
            found
        };
        for original in &changed.taken_out {
            let record =
                own(original).unwrap_or_else(|| panic!("{original} of {uid} is not told off"));
            assert!(is_off(&record), "{original} of {uid}");
            told += 1;
        }
        for (original, start, end) in &changed.moved {
            let record =
                own(original).unwrap_or_else(|| panic!("{original} of {uid} has no record"));
            assert!(!is_off(&record), "{original} of {uid}");
            assert_eq!(record.field("Location"), "Elsewhere");
            assert_eq!(
                (record.time("StartDate"), record.time("EndDate")),
                (Some(*start), Some(*end)),
                "{original} of {uid}"
            );
            told += 1;
        }
    }
    assert!(given.notices().is_empty(), "INV-12");
    told
}

/// The day of the series' own clock, as the CRM writes a day.
fn day(series: &Draft, at: Timestamp) -> Timestamp {
    let day = series.rules().to_datetime(at).date();
    let midnight = day.to_datetime(Time::midnight());
    TimeZone::UTC.to_timestamp(midnight).expect("a day")
}

fn is_off(record: &Record) -> bool {
    record.field("LifeCycleStatusCode") == "4"
}

/// CAL-64: every occurrence that a calendar file takes out or changes.
#[tokio::test(flavor = "multi_thread")]
async fn every_exception_of_every_calendar_file_reaches_the_crm() {
    on_both(|database| async move {
        let all = of_files();
        let scene = Scene::new(&database).await;
        let told = mirror(&scene, &all).await;
        println!("{told} occurrences of {} series", all.len());
        assert!(told >= 7, "{told} of {}", all.len());
    })
    .await;
}

/// INV-16, CAL-64: any zone, any rule.
#[tokio::test(flavor = "multi_thread")]
async fn any_exception_of_any_series_reaches_the_crm() {
    on_both(|database| async move {
        let all = at_random(if database.engine == "sqlite" { 80 } else { 20 });
        let scene = Scene::new(&database).await;
        let told = mirror(&scene, &all).await;
        println!("{told} occurrences of {} series", all.len());
        assert!(told > 0, "none of {}", all.len());
    })
    .await;
}
