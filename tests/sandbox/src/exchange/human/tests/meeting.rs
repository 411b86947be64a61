//! Meetings: who hears of what, what stands in whose calendar, who answered.

use super::{ANNA, BERND, at, event, series, who, world};
use crate::World;
use crate::exchange::{
    Actor, Address, Attendee, Audience, Cause, EventEdit, EventType, ExtendedKey, Failure, Kind,
    NoticeKind, Place, Response, Sending, Value, Zone,
};

const CLIENT: &str = "Kunde@Example.com";

fn meeting(subject: &str) -> EventEdit {
    EventEdit {
        required: Some(vec![who(BERND), who(CLIENT)]),
        ..event(subject, "2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z")
    }
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
fn only_those_who_came_or_went_are_told_if_the_program_asks_for_that() {
    let (world, _) = world();
    let anna = world.person(ANNA);
    let key = anna.create_event(&meeting("Vertrag")).unwrap();
    world.reset_notices();
    let changed = Sending {
        audience: Audience::Changed,
        keep_copy: false,
    };
    let invite = |people: &[&str]| {
        let attendee = |email: &&str| Attendee {
            who: who(email),
            ..Attendee::default()
        };
        let people = Value::Attendees(people.iter().map(attendee).collect());
        let actor = Actor::human(ANNA);
        world
            .exchange()
            .update_item(&actor, key.into(), &Zone::utc(), changed, |draft| {
                draft.properties.insert("RequiredAttendees", people);
                Ok(())
            })
            .unwrap();
    };
    invite(&[BERND, CLIENT, "neu@example.com"]);
    invite(&[BERND, "neu@example.com"]);
    let told: Vec<_> = world
        .notices()
        .into_iter()
        .map(|one| (one.kind, one.recipients))
        .collect();
    let to = |email: &str| vec![email.to_lowercase()];
    assert_eq!(
        told,
        [
            (NoticeKind::Request, to("neu@example.com")),
            (NoticeKind::Cancellation, to(CLIENT))
        ]
    );
}

#[test]
fn a_crowd_is_refused() {
    let (world, _) = world();
    let crowd = (0..501).map(|number| who(&format!("guest{number}@example.com")));
    let event = EventEdit {
        optional: Some(crowd.collect()),
        ..meeting("Konzert")
    };
    let refused = world.person(ANNA).create_event(&event);
    assert_eq!(refused, Err(Failure::TOO_MANY_ATTENDEES));
    assert!(world.notices().is_empty() && world.person(BERND).events().is_empty());
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
