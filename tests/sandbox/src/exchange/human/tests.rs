//! What people do in Outlook and what becomes of it, in their own mailbox and in those of others.

mod meeting;
mod other;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday, date};

use super::{ContactEdit, EventEdit, EventType, PostalAddress, TaskEdit};
use crate::clock::MovableClock;
use crate::exchange::{
    Address, Body, Failure, PageLimit, Pattern, Place, Range, Recurrence, Response, Step,
};
use crate::{World, WorldConfig};

const ANNA: &str = "anna@sandbox.example";
const BERND: &str = "bernd@sandbox.example";

fn at(text: &str) -> Timestamp {
    text.parse().expect("a valid time")
}

fn world() -> (World, MovableClock) {
    let clock = MovableClock::new(at("2026-11-22T08:00:00Z"));
    let world = World::new(WorldConfig {
        clock: clock.clock(),
        ..WorldConfig::default()
    });
    (world, clock)
}

fn who(email: &str) -> Address {
    Address {
        name: String::new(),
        email: email.to_owned(),
    }
}

fn event(subject: &str, start: &str, end: &str) -> EventEdit {
    EventEdit {
        subject: Some(subject.to_owned()),
        start: Some(at(start)),
        end: Some(at(end)),
        ..EventEdit::default()
    }
}

/// Mondays at ten in Berlin, across the end of daylight time.
fn weekly(start: Date, count: u16) -> Option<Option<Recurrence>> {
    Some(Some(Recurrence {
        pattern: Pattern::Weekly {
            interval: 1,
            days: vec![Weekday::Monday],
            first_day: Weekday::Monday,
        },
        range: Range::Numbered { start, count },
    }))
}

fn series() -> EventEdit {
    EventEdit {
        recurrence: weekly(date(2026, 10, 19), 4),
        ..event("jour fixe", "2026-10-19T08:00:00Z", "2026-10-19T09:00:00Z")
    }
}

fn starts(world: &World, series: u64) -> Vec<String> {
    let until = at("2030-01-01T00:00:00Z");
    let occurrences = world.person(ANNA).occurrences(series, until);
    let occurrences = occurrences.expect("the series is there");
    occurrences
        .iter()
        .map(|one| one.start.to_string())
        .collect()
}

#[test]
fn an_event_is_settled_as_the_server_does() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    let key = anna
        .create_event(&EventEdit {
            body: Some(Body::rich("<p>Hallo</p>")),
            categories: Some(vec!["Rot".to_owned(), "rot".to_owned()]),
            ..event("Besuch  ", "2026-11-23T09:00:00.7Z", "2026-11-23T10:30:00Z")
        })
        .unwrap();

    let view = anna.event(key).unwrap();

    assert_eq!(view.item.subject, "Besuch");
    assert_eq!(view.start, at("2026-11-23T09:00:00Z"));
    assert_eq!(
        (view.zone.as_str(), view.busy.as_str()),
        ("W. Europe Standard Time", "Busy")
    );
    assert!(view.uid.starts_with("040000008200E00074C5B7101A82E008"));
    assert!(view.is_organizer && !view.is_meeting && !view.item.reminds);
    assert_eq!(view.my_response, Response::Organizer);
    assert_eq!(view.item.categories, ["Rot"]);
    assert!(
        view.item
            .html
            .unwrap()
            .starts_with("<html>\r\n<head>\r\n<meta ")
    );
    assert_eq!(view.event_type, EventType::Single);
    assert_eq!(world.notices(), []);

    let version = anna.event(key).unwrap().item.change_key;
    anna.set_categories(key, &["SAP Cloud for Customer"])
        .unwrap();
    let view = anna.event(key).unwrap();
    assert_ne!(view.item.change_key, version);
    let backwards = EventEdit {
        end: Some(at("2026-11-22T00:00:00Z")),
        ..EventEdit::default()
    };
    assert_eq!(
        anna.edit_event(key, &backwards),
        Err(Failure::END_BEFORE_START)
    );
    assert_eq!(
        anna.event(key).unwrap(),
        view,
        "a refused edit changes nothing"
    );
    let nowhere = EventEdit {
        zone: Some("Europe/Berlin".to_owned()),
        ..EventEdit::default()
    };
    assert_eq!(anna.edit_event(key, &nowhere), Err(Failure::TIME_ZONE));
}

#[test]
fn all_day_events_last_from_midnight_to_midnight_in_their_zone() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    let key = anna
        .create_event(&EventEdit {
            all_day: Some(true),
            ..event("Messe", "2026-03-28T09:00:00Z", "2026-03-29T10:00:00Z")
        })
        .unwrap();
    let view = anna.event(key).unwrap();
    // Two days, the second one hour short.
    assert_eq!(view.start, at("2026-03-27T23:00:00Z"));
    assert_eq!(view.end, at("2026-03-29T22:00:00Z"));
    anna.edit_event(key, &EventEdit::default()).unwrap();
    assert_eq!(anna.event(key).unwrap().end, view.end);
}

#[test]
fn a_series_keeps_its_wall_clock_and_its_exceptions() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    let key = anna.create_event(&series()).unwrap();
    let originals = starts(&world, key);
    assert_eq!(
        originals,
        [
            "2026-10-19T08:00:00Z",
            "2026-10-26T09:00:00Z",
            "2026-11-02T09:00:00Z",
            "2026-11-09T09:00:00Z"
        ]
    );

    let second = at(&originals[1]);
    let moved = event("verschoben", "2026-10-27T12:00:00Z", "2026-10-27T13:00:00Z");
    anna.edit_occurrence(key, second, &moved).unwrap();
    anna.delete_occurrence(key, at(&originals[2])).unwrap();

    let view = anna.event(key).unwrap();
    assert_eq!(view.event_type, EventType::Master);
    assert_eq!(view.deleted_occurrences, [at(&originals[2])]);
    let [exception] = view.exceptions.as_slice() else {
        panic!("one exception: {view:?}");
    };
    assert_eq!(exception.event_type, EventType::Exception);
    assert_eq!(
        (exception.item.subject.as_str(), exception.original_start),
        ("verschoben", Some(second))
    );
    assert_eq!(
        starts(&world, key),
        [
            "2026-10-19T08:00:00Z",
            "2026-10-27T12:00:00Z",
            "2026-11-09T09:00:00Z"
        ]
    );

    // What the exception does not have of its own follows the series.
    let renamed = EventEdit {
        location: Some("Wien".to_owned()),
        subject: Some("neuer Name".to_owned()),
        ..EventEdit::default()
    };
    anna.edit_event(key, &renamed).unwrap();
    let view = anna.event(key).unwrap();
    let exception = &view.exceptions[0];
    assert_eq!(
        (exception.item.subject.as_str(), exception.location.as_str()),
        ("verschoben", "Wien")
    );

    let gone = Place {
        key,
        occurrence: Some(at(&originals[2])),
    };
    assert_eq!(anna.event(gone), Err(Failure::ITEM_NOT_FOUND));
    let over = event("x", "2026-11-09T12:00:00Z", "2026-11-09T13:00:00Z");
    assert_eq!(
        anna.edit_occurrence(key, second, &over),
        Err(Failure::OCCURRENCE_CROSSING)
    );

    // A new pattern drops exceptions and deletions.
    let longer = EventEdit {
        recurrence: weekly(date(2026, 10, 19), 3),
        ..EventEdit::default()
    };
    anna.edit_event(key, &longer).unwrap();
    let view = anna.event(key).unwrap();
    assert!(view.exceptions.is_empty() && view.deleted_occurrences.is_empty());
    assert_eq!(starts(&world, key), &originals[..3]);
}

#[test]
fn impossible_series_are_refused() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    let daily = |interval| Pattern::Daily { interval };
    let with = |pattern, range| EventEdit {
        recurrence: Some(Some(Recurrence { pattern, range })),
        ..event("x", "2026-10-19T08:00:00Z", "2026-10-20T09:00:00Z")
    };
    let start = date(2026, 10, 19);
    let long = with(daily(1), Range::Numbered { start, count: 2 });
    assert_eq!(anna.create_event(&long), Err(Failure::SPAN_TOO_BIG));
    let never = with(
        daily(9),
        Range::EndDate {
            start,
            end: date(2026, 10, 18),
        },
    );
    assert_eq!(anna.create_event(&never), Err(Failure::NO_OCCURRENCE));
    assert_eq!(anna.events(), []);
}

#[test]
fn a_series_begins_on_the_first_day_of_its_pattern() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    let tuesday = EventEdit {
        recurrence: weekly(date(2026, 10, 20), 2),
        ..event("x", "2026-10-20T08:00:00Z", "2026-10-20T09:00:00Z")
    };
    let key = anna.create_event(&tuesday).unwrap();
    // The next Monday, when the clocks have changed.
    assert_eq!(anna.event(key).unwrap().start, at("2026-10-26T09:00:00Z"));
}

#[test]
fn sync_shows_masters_only_and_an_exception_as_their_update() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    let key = anna.create_event(&series()).unwrap();
    let sync = |state: Option<&str>| {
        let exchange = world.exchange();
        let mailbox = exchange.mailbox(ANNA).unwrap();
        let calendar = mailbox.distinguished("calendar").unwrap();
        let limit = PageLimit {
            changes: 512,
            odd: false,
        };
        mailbox.sync_items(calendar, state, limit).unwrap()
    };
    let first = sync(None);
    assert_eq!(first.steps, [Step::Create(key)]);
    anna.delete_occurrence(key, at("2026-10-19T08:00:00Z"))
        .unwrap();
    let second = sync(Some(&first.state));
    assert_eq!(second.steps, [Step::Update(key)]);
    anna.edit_occurrence(
        key,
        at("2026-11-02T09:00:00Z"),
        &EventEdit {
            subject: Some("anders".to_owned()),
            ..EventEdit::default()
        },
    )
    .unwrap();
    assert_eq!(sync(Some(&second.state)).steps, [Step::Update(key)]);
}

#[test]
fn folders_of_their_own_take_what_fits_and_a_move_changes_the_number() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    anna.create_folder("tasks", "SAP Tasks").unwrap();
    let key = anna
        .create_task_in(
            "SAP Tasks",
            &TaskEdit {
                subject: Some("x".to_owned()),
                ..TaskEdit::default()
            },
        )
        .unwrap();
    assert_eq!(anna.task(key).unwrap().item.folder_name, "SAP Tasks");
    let moved = anna.move_item(key, "tasks").unwrap();
    assert_ne!(moved, key);
    assert_eq!(anna.task(key), Err(Failure::ITEM_NOT_FOUND));
    anna.delete(moved).unwrap();
    assert!(anna.tasks()[0].item.deleted);
    let misplaced = anna.create_event_in(
        "SAP Tasks",
        &event("x", "2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z"),
    );
    assert_eq!(misplaced, Err(Failure::NOT_A_CALENDAR));
    let misplaced = anna.create_task_in("calendar", &TaskEdit::default());
    assert_eq!(misplaced, Err(Failure::NOT_A_TASK_FOLDER));
}
