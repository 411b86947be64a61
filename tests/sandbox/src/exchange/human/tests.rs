//! What people do in Outlook and what becomes of it, in their own mailbox and in those of others.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday, date};

use super::{ContactEdit, EventEdit, EventType, PostalAddress, TaskEdit};
use crate::clock::MovableClock;
use crate::exchange::{
    Address, Body, Cause, ExtendedKey, Failure, Kind, NoticeKind, PageLimit, Pattern, Place, Range,
    Recurrence, Response, Step,
};
use crate::{World, WorldConfig};

const ANNA: &str = "anna@sandbox.example";
const BERND: &str = "bernd@sandbox.example";
const CLIENT: &str = "Kunde@Example.com";

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

fn meeting(subject: &str) -> EventEdit {
    EventEdit {
        required: Some(vec![who(BERND), who(CLIENT)]),
        ..event(subject, "2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z")
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
fn a_meeting_reaches_its_attendees_and_their_answers_come_back() {
    let (world, clock) = world();
    let (anna, bernd) = (world.person(ANNA), world.person(BERND));
    let key = anna.create_event(&meeting("Vertrag")).unwrap();
    let own = anna.event(key).unwrap();

    let copy = bernd.event_by_uid(&own.uid).expect("Bernd has a copy");
    assert!(copy.is_meeting && !copy.is_organizer);
    assert_eq!(
        (copy.my_response, copy.busy.as_str()),
        (Response::NoResponseReceived, "Tentative")
    );
    assert_eq!(
        copy.organizer.as_ref().map(|who| who.email.as_str()),
        Some(ANNA)
    );
    assert_eq!(
        own.attendees[0].who.name, "Bernd Vogel",
        "names are resolved"
    );
    assert_eq!(own.attendees[1].who.name, CLIENT);
    let notices = world.notices();
    assert_eq!(notices.len(), 1);
    assert_eq!(
        (notices[0].kind, &notices[0].cause),
        (NoticeKind::Request, &Cause::Human)
    );
    assert_eq!(notices[0].recipients, [BERND, "kunde@example.com"]);
    assert_eq!(notices[0].uid, own.uid);
    let request = |world: &World| {
        let exchange = world.exchange();
        let mailbox = exchange.mailbox(BERND).unwrap();
        let inbox = mailbox.distinguished("inbox").unwrap();
        let items = &mailbox.folder(inbox).unwrap().items;
        let kinds = items
            .iter()
            .map(|key| mailbox.item(*key).unwrap().data.kind);
        kinds.collect::<Vec<Kind>>()
    };
    assert_eq!(request(&world), [Kind::MeetingRequest]);

    clock.advance_seconds(60);
    bernd.respond(copy.item.place, Response::Accept).unwrap();
    anna.hear_answer(&own.uid, None, CLIENT, Response::Decline)
        .unwrap();

    assert_eq!(request(&world), [], "an answered request leaves the inbox");
    let answered = anna.event(key).unwrap();
    let responses: Vec<Response> = answered.attendees.iter().map(|one| one.response).collect();
    assert_eq!(responses, [Response::Accept, Response::Decline]);
    assert_eq!(bernd.event(copy.item.place).unwrap().busy, "Busy");
    let last = world.notices().pop().unwrap();
    assert_eq!(
        (last.kind, last.from.as_str()),
        (NoticeKind::Response, BERND)
    );
    assert_eq!(
        anna.respond(key, Response::Accept),
        Err(Failure::ORGANIZER_ACCEPTS)
    );

    // Own things are nobody's business; a new time asks everybody again.
    world.reset_notices();
    anna.set_categories(key, &["Rot"]).unwrap();
    anna.edit_event(
        key,
        &EventEdit {
            reminder: Some(Some(30)),
            ..EventEdit::default()
        },
    )
    .unwrap();
    assert_eq!(world.notices(), []);
    bernd.set_categories(copy.item.place, &["Blau"]).unwrap();
    let later = EventEdit {
        end: Some(at("2026-11-23T11:00:00Z")),
        ..EventEdit::default()
    };
    anna.edit_event(key, &later).unwrap();
    let copy = bernd.event(copy.item.place).unwrap();
    assert_eq!((copy.end, copy.sequence), (at("2026-11-23T11:00:00Z"), 1));
    assert_eq!(copy.my_response, Response::NoResponseReceived);
    assert_eq!(
        copy.item.categories,
        ["Blau"],
        "categories are everybody's own"
    );
    assert_eq!(world.notices()[0].kind, NoticeKind::Update);
    assert_eq!(
        anna.event(key).unwrap().attendees[0].response,
        Response::Accept
    );
}

#[test]
fn a_cancelled_meeting_stays_with_its_attendees_until_they_remove_it() {
    let (world, _) = world();
    let (anna, bernd) = (world.person(ANNA), world.person(BERND));
    let key = anna.create_event(&meeting("Vertrag")).unwrap();
    let uid = anna.event(key).unwrap().uid;
    let copy = bernd.event_by_uid(&uid).unwrap().item.place;
    assert_eq!(bernd.cancel(copy), Err(Failure::NOT_ORGANIZER));
    world.reset_notices();

    anna.cancel(key).unwrap();

    let view = bernd.event(copy).unwrap();
    assert!(view.is_cancelled);
    assert_eq!(
        (view.item.subject.as_str(), view.busy.as_str()),
        ("Canceled: Vertrag", "Free")
    );
    assert_eq!(anna.event_by_uid(&uid), None);
    assert_eq!(world.notices()[0].kind, NoticeKind::Cancellation);
    assert_eq!(
        bernd.respond(copy, Response::Accept),
        Err(Failure::CANCELLED_ACCEPTS)
    );
    bernd.delete(copy).unwrap();
    assert_eq!(
        world.notices().len(),
        1,
        "an attendee's deletion tells nobody"
    );
}

#[test]
fn attendees_come_and_go_and_single_occurrences_are_told_apart() {
    let (world, _) = world();
    let (anna, bernd) = (world.person(ANNA), world.person(BERND));
    let key = anna.create_event(&series()).unwrap();
    let uid = anna.event(key).unwrap().uid;
    assert_eq!(world.notices(), []);
    let invite = EventEdit {
        required: Some(vec![who(BERND)]),
        ..EventEdit::default()
    };
    anna.edit_event(key, &invite).unwrap();
    let copy = bernd.event_by_uid(&uid).expect("invited later");
    assert_eq!(copy.event_type, EventType::Master);
    assert_eq!(world.notices()[0].kind, NoticeKind::Request);

    let second = at("2026-10-26T09:00:00Z");
    let elsewhere = EventEdit {
        location: Some("Linz".to_owned()),
        ..EventEdit::default()
    };
    anna.edit_occurrence(key, second, &elsewhere).unwrap();
    anna.delete_occurrence(key, at("2026-11-02T09:00:00Z"))
        .unwrap();
    let copy = bernd.event_by_uid(&uid).unwrap();
    let seen: Vec<(bool, &str)> = copy
        .exceptions
        .iter()
        .map(|one| (one.is_cancelled, one.location.as_str()))
        .collect();
    assert_eq!(seen, [(false, "Linz"), (true, "")]);
    let told: Vec<_> = world
        .notices()
        .iter()
        .map(|one| (one.kind, one.occurrence))
        .collect();
    assert_eq!(told[1], (NoticeKind::Update, Some(second)));
    assert_eq!(told[2].0, NoticeKind::Cancellation);

    bernd
        .respond(
            Place {
                key: copy.item.place.key,
                occurrence: Some(second),
            },
            Response::Tentative,
        )
        .unwrap();
    let occurrence = anna
        .event(Place {
            key,
            occurrence: Some(second),
        })
        .unwrap();
    assert_eq!(occurrence.attendees[0].response, Response::Tentative);
    assert_eq!(
        anna.event(key).unwrap().attendees[0].response,
        Response::Unknown
    );

    anna.edit_event(
        key,
        &EventEdit {
            required: Some(Vec::new()),
            ..EventEdit::default()
        },
    )
    .unwrap();
    assert!(bernd.event_by_uid(&uid).unwrap().is_cancelled);
    assert_eq!(world.notices().pop().unwrap().recipients, [BERND]);
}

#[test]
fn an_invitation_from_outside_is_kept_under_its_own_uid() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    let outside = Address {
        name: "Eva Kunde".to_owned(),
        email: CLIENT.to_owned(),
    };
    let mut invitation = EventEdit {
        uid: Some("7a@calendar.example".to_owned()),
        required: Some(vec![who(ANNA)]),
        ..event("Audit", "2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z")
    };
    let key = anna
        .hear_from_outside(&outside, NoticeKind::Request, &invitation)
        .unwrap()
        .unwrap();
    let view = anna.event(key).unwrap();
    assert_eq!(view.uid, "7a@calendar.example");
    assert!(!view.is_organizer);
    assert_eq!(view.organizer, Some(outside.clone()));
    anna.respond(key, Response::Accept).unwrap();
    assert_eq!(world.notices()[0].recipients, ["kunde@example.com"]);
    invitation.location = Some("Graz".to_owned());
    let same = anna
        .hear_from_outside(&outside, NoticeKind::Update, &invitation)
        .unwrap();
    assert_eq!(
        (same, anna.event(key).unwrap().location.as_str()),
        (Some(key), "Graz")
    );
    anna.hear_from_outside(&outside, NoticeKind::Cancellation, &invitation)
        .unwrap();
    assert!(anna.event(key).unwrap().is_cancelled);
    // The clean id that a migration tool reads carries the same UID.
    let clean = ExtendedKey::numbered("6ed8da90-450b-101b-98da-00aa003f1305", 0x23, "Binary");
    let exchange = world.exchange();
    let item = exchange.mailbox(ANNA).unwrap().item(key).unwrap();
    let path = crate::exchange::Path::Extended(clean);
    let shown = crate::exchange::values(item, &path);
    assert!(shown[0].starts_with("BAAAAIIA4AB0xbcQGoLgCA"), "{shown:?}");
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
