//! What people do in Outlook and what becomes of it, in their own mailbox and in those of others.

mod meeting;

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
fn a_task_counts_in_days_and_its_fields_follow_each_other() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    let key = anna
        .create_task(&TaskEdit {
            subject: Some("anrufen".to_owned()),
            start: Some(Some(date(2026, 11, 25))),
            due: Some(Some(date(2026, 11, 24))),
            ..TaskEdit::default()
        })
        .unwrap();
    let view = anna.task(key).unwrap();
    assert_eq!(
        (view.start, view.due),
        (Some(date(2026, 11, 25)), Some(date(2026, 11, 25)))
    );
    assert_eq!(
        (view.status.as_str(), view.is_complete),
        ("NotStarted", false)
    );
    let edit = |edit: TaskEdit| {
        anna.edit_task(key, &edit).unwrap();
        let view = anna.task(key).unwrap();
        (view.status, view.percent, view.completed)
    };
    let status = |status: &str| TaskEdit {
        status: Some(status.to_owned()),
        ..TaskEdit::default()
    };
    let percent = |percent| TaskEdit {
        percent: Some(percent),
        ..TaskEdit::default()
    };
    let found = |status: &str, percent, day| (status.to_owned(), percent, day);
    assert_eq!(edit(percent(40)), found("InProgress", 40.0, None));
    assert_eq!(
        edit(status("WaitingOnOthers")),
        found("WaitingOnOthers", 40.0, None)
    );
    assert_eq!(
        edit(percent(100)),
        found("Completed", 100.0, Some(date(2026, 11, 22)))
    );
    assert_eq!(edit(status("InProgress")), found("InProgress", 0.0, None));
    assert_eq!(
        edit(status("Completed")),
        found("Completed", 100.0, Some(date(2026, 11, 22)))
    );
    assert_eq!(edit(status("NotStarted")), found("NotStarted", 0.0, None));
    assert_eq!(anna.edit_task(key, &status("Fertig")), Err(Failure::SCHEMA));
    let day = anna.task(key).unwrap().due;
    edit(TaskEdit {
        importance: Some("High".to_owned()),
        ..TaskEdit::default()
    });
    assert_eq!(
        anna.task(key).unwrap().due,
        day,
        "an unrelated edit does not shift days"
    );
}

#[test]
fn a_completed_recurring_task_stays_and_the_next_one_comes() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    let recurrence = |pattern, count| {
        let start = date(2026, 11, 23);
        let range = Range::Numbered { start, count };
        Some(Some(Recurrence { pattern, range }))
    };
    let done = TaskEdit {
        status: Some("Completed".to_owned()),
        ..TaskEdit::default()
    };
    let key = anna
        .create_task(&TaskEdit {
            subject: Some("gießen".to_owned()),
            start: Some(Some(date(2026, 11, 23))),
            due: Some(Some(date(2026, 11, 24))),
            recurrence: recurrence(Pattern::Daily { interval: 7 }, 2),
            ..TaskEdit::default()
        })
        .unwrap();
    anna.edit_task(key, &done).unwrap();
    let open = anna.task(key).unwrap();
    assert_eq!(
        (open.start, open.due),
        (Some(date(2026, 11, 30)), Some(date(2026, 12, 1)))
    );
    assert!(!open.is_complete && open.recurrence.is_some());
    let kept: Vec<_> = anna
        .tasks()
        .into_iter()
        .filter(|task| task.is_complete)
        .collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].due, &kept[0].recurrence),
        (Some(date(2026, 11, 24)), &None)
    );
    // The last one is done where it stands.
    anna.edit_task(key, &done).unwrap();
    assert!(anna.task(key).unwrap().is_complete);
    assert_eq!(anna.tasks().len(), 2);

    let unit = crate::exchange::Unit::Week;
    let key = anna
        .create_task(&TaskEdit {
            due: Some(Some(date(2026, 11, 1))),
            recurrence: recurrence(Pattern::Regeneration { unit, interval: 2 }, 9),
            ..TaskEdit::default()
        })
        .unwrap();
    anna.edit_task(key, &done).unwrap();
    let due = anna.task(key).unwrap().due;
    assert_eq!(due, Some(date(2026, 12, 6)), "two weeks after today");
}

#[test]
fn a_contact_gets_its_generated_names_and_keeps_its_dictionaries() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    let text = |text: &str| Some(text.to_owned());
    let entry = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let address = PostalAddress {
        city: "Wien".to_owned(),
        street: "Ring 1".to_owned(),
        ..PostalAddress::default()
    };
    let key = anna
        .create_contact(&ContactEdit {
            given_name: text("Eva"),
            surname: text("Huber"),
            company: text("Huber GmbH"),
            emails: [entry("EmailAddress1", "eva@example.com")].into(),
            phones: [
                entry("MobilePhone", "+43 1"),
                entry("BusinessPhone", "+43 2"),
            ]
            .into(),
            addresses: [("Business".to_owned(), address.clone())].into(),
            birthday: Some(Some(date(1980, 2, 29))),
            notes: Some(Body::plain("kommt gern")),
            ..ContactEdit::default()
        })
        .unwrap();
    let view = anna.contact(key).unwrap();
    assert_eq!(
        (view.display_name.as_str(), view.file_as.as_str()),
        ("Eva Huber", "Huber, Eva")
    );
    assert_eq!(view.birthday, Some(date(1980, 2, 29)));
    assert_eq!(view.addresses["Business"], address);
    assert_eq!(
        (view.item.subject.as_str(), view.item.text.as_str()),
        ("Eva Huber", "kommt gern")
    );

    anna.edit_contact(
        key,
        &ContactEdit {
            surname: text("Maier"),
            phones: [entry("MobilePhone", "")].into(),
            ..ContactEdit::default()
        },
    )
    .unwrap();
    let view = anna.contact(key).unwrap();
    assert_eq!(
        (view.display_name.as_str(), view.file_as.as_str()),
        ("Eva Maier", "Maier, Eva")
    );
    assert_eq!(view.phones.keys().collect::<Vec<_>>(), ["BusinessPhone"]);
    anna.edit_contact(
        key,
        &ContactEdit {
            file_as_mapping: text("Company"),
            ..ContactEdit::default()
        },
    )
    .unwrap();
    assert_eq!(anna.contact(key).unwrap().file_as, "Huber GmbH");
    let unknown = ContactEdit {
        phones: [entry("Fernschreiber", "1")].into(),
        ..ContactEdit::default()
    };
    assert_eq!(anna.edit_contact(key, &unknown), Err(Failure::SCHEMA));
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
