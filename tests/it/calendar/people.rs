//! Who owns, organizes, attends and writes (rules 3.4): CAL-30 to CAL-40.

use ssi_sandbox::{
    crm::{AppointmentForm, Kind, Participant, Record},
    exchange::{EventEdit, NoticeKind, Pattern, Range, Recurrence},
};
use ssi_tests::{
    db::on_both,
    given::{ANNA, BERND, CATEGORY},
    people::People,
    scene::{Scene, at, event, inviting, marked, person},
};

const CARLA: &str = "carla@customer.example";
const STRANGER: &str = "new@nowhere.example";

fn attendees(record: &Record) -> Vec<String> {
    let all = record
        .parties
        .iter()
        .filter(|party| party.role == ssi_sandbox::crm::ATTENDEE);
    let mut found: Vec<String> = all.map(|party| party.address.to_lowercase()).collect();
    found.sort();
    found
}

/// CAL-30, CAL-31, CAL-32, CAL-40: who organizes and creates owns; the known become parties, others stand by address.
#[tokio::test(flavor = "multi_thread")]
async fn the_organizer_owns_and_attendees_stand_on_the_record() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&inviting(marked("Review", 2), &[CARLA, STRANGER]));
        scene.calm(scene.anna).await;
        let record = scene.record(Kind::Appointment);
        let anna = scene.given.employee(ANNA);
        assert_eq!(record.field("OrganizerPartyID"), anna, "CAL-31");
        assert_eq!(record.field("OwnerPartyID"), anna, "CAL-32");
        assert_eq!(attendees(&record), [CARLA, STRANGER]);
        let carla = record
            .parties
            .iter()
            .find(|party| party.address == CARLA)
            .expect("CAL-40");
        assert!(!carla.number.is_empty(), "CAL-40: known");
        let stranger = record
            .parties
            .iter()
            .find(|party| party.address == STRANGER)
            .expect("CAL-40");
        assert!(stranger.number.is_empty(), "CAL-40: unknown");

        let bernd = scene.given.employee(BERND);
        let form = AppointmentForm {
            owner: Some(bernd.clone()),
            ..AppointmentForm::default()
        };
        scene.screen(|person| person.edit(&record.object_id, &form));
        scene.edit(
            key,
            &EventEdit {
                location: Some("Room 3".into()),
                ..EventEdit::default()
            },
        );
        scene.edit(key, &inviting(EventEdit::default(), &[CARLA]));
        scene.calm(scene.anna).await;
        let record = scene.stands(&record).expect("stands");
        assert_eq!(
            record.field("OwnerPartyID"),
            bernd,
            "CAL-30: the owner can change"
        );
        assert_eq!(
            record.field("OrganizerPartyID"),
            anna,
            "CAL-30: the organizer does not"
        );
        assert_eq!(record.field("Location"), "Room 3");
        assert_eq!(
            attendees(&record),
            [CARLA],
            "who was taken off the list is off the record"
        );
        scene.assert_only_people_sent();
    })
    .await;
}

/// CAL-33, CAL-34: an attendee may sync first; an organizer nobody knows stays so.
#[tokio::test(flavor = "multi_thread")]
async fn an_attendee_syncs_a_meeting_of_somebody_outside() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let meeting = EventEdit {
            uid: Some("talks@outside.example".into()),
            ..inviting(event("Talks", 2), &[ANNA, CARLA])
        };
        let outlook = scene.outlook();
        let boss = person("boss@outside.example");
        let key = outlook.hear_from_outside(&boss, NoticeKind::Request, &meeting);
        let key = key.expect("heard").expect("an event");
        outlook.set_categories(key, &[CATEGORY]).expect("set");
        scene.calm(scene.anna).await;
        let record = scene.record(Kind::Appointment);
        assert_eq!(
            record.field("OrganizerEmailURI"),
            "boss@outside.example",
            "CAL-34"
        );
        assert_eq!(
            record.field("OwnerPartyID"),
            scene.given.employee(ANNA),
            "CAL-33"
        );

        // Her copy is never written: what somebody edits in the CRM stays there (INV-11).
        let form = AppointmentForm {
            subject: Some("Edited in the CRM".into()),
            ..AppointmentForm::default()
        };
        scene.screen(|person| person.edit(&record.object_id, &form));
        scene.calm(scene.anna).await;
        assert_eq!(scene.seen(key).expect("stands").item.subject, "Talks");
        scene.assert_only_people_sent();
    })
    .await;
}

/// CAL-35, CAL-37: the real organizer takes over; from then on only that mailbox writes.
#[tokio::test(flavor = "multi_thread")]
async fn the_organizer_takes_a_meeting_over_from_an_attendee() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&inviting(event("Review", 2), &[BERND]));
        let world = scene.given.sandbox.world();
        let his = world.person(BERND).events()[0].item.place;
        world
            .person(BERND)
            .set_categories(his, &[CATEGORY])
            .expect("set");
        scene.calm(scene.bernd).await;
        let record = scene.record(Kind::Appointment);
        assert_eq!(
            record.field("OwnerPartyID"),
            scene.given.employee(BERND),
            "CAL-33"
        );

        scene
            .outlook()
            .set_categories(key, &[CATEGORY])
            .expect("set");
        scene.calm(scene.anna).await;
        let record = scene.stands(&record).expect("the same record");
        let anna = scene.given.employee(ANNA);
        assert_eq!(record.field("OwnerPartyID"), anna, "CAL-35");
        assert_eq!(record.field("OrganizerPartyID"), anna, "CAL-35");
        scene.calm(scene.bernd).await;
        let copy = world.person(BERND).event(his).expect("stands");
        assert!(
            copy.item.categories.is_empty(),
            "CAL-35: the attendee's copy loses its category"
        );

        scene.edit(
            key,
            &EventEdit {
                subject: Some("Review, moved".into()),
                ..EventEdit::default()
            },
        );
        scene.calm(scene.bernd).await;
        assert_eq!(
            scene.record(Kind::Appointment).title,
            "Review",
            "CAL-37: his mailbox writes nothing"
        );
        scene.calm(scene.anna).await;
        assert_eq!(scene.record(Kind::Appointment).title, "Review, moved");
        scene.assert_only_people_sent();
    })
    .await;
}

/// CAL-36: a series stays with who wrote for it first.
#[tokio::test(flavor = "multi_thread")]
async fn a_series_is_not_taken_over() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let start = at(2, 9).to_zoned(jiff::tz::TimeZone::UTC).date();
        let series = EventEdit {
            recurrence: Some(Some(Recurrence {
                pattern: Pattern::Daily { interval: 1 },
                range: Range::Numbered { start, count: 4 },
            })),
            ..inviting(event("Daily", 2), &[BERND])
        };
        let key = scene.event(&series);
        let world = scene.given.sandbox.world();
        let his = world.person(BERND).events()[0].item.place;
        world
            .person(BERND)
            .set_categories(his, &[CATEGORY])
            .expect("set");
        scene.calm(scene.bernd).await;
        scene
            .outlook()
            .set_categories(key, &[CATEGORY])
            .expect("set");
        scene.calm(scene.anna).await;
        scene.calm(scene.bernd).await;
        let record = scene.record(Kind::Series);
        assert_eq!(
            record.field("OwnerPartyID"),
            scene.given.employee(BERND),
            "CAL-36"
        );
        let copy = world.person(BERND).event(his).expect("stands");
        assert_eq!(copy.item.categories, [CATEGORY], "CAL-36");
        scene.assert_only_people_sent();
    })
    .await;
}

/// CAL-38: what comes from the CRM goes to the calendars of its owner and its organizer, and to nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_comes_down_to_its_owner_and_its_organizer() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        scene.calm(scene.anna).await;
        scene.calm(scene.bernd).await;
        for (subject, owner, organizer) in [("Hers", ANNA, ANNA), ("His", BERND, BERND)] {
            let form = AppointmentForm {
                subject: Some(subject.into()),
                start: Some(at(2, 9)),
                end: Some(at(2, 10)),
                owner: Some(scene.given.employee(owner)),
                organizer: Some(scene.given.employee(organizer)),
                ..AppointmentForm::default()
            };
            scene.screen(|person| person.create(&form));
        }
        for _ in 0..2 {
            scene.calm(scene.anna).await;
            scene.calm(scene.bernd).await;
        }
        let subjects = |address: &str| {
            let events = scene.given.sandbox.world().person(address).events();
            let subjects: Vec<_> = events.into_iter().map(|event| event.item.subject).collect();
            subjects
        };
        assert_eq!(subjects(ANNA), ["Hers"]);
        assert_eq!(subjects(BERND), ["His"]);
    })
    .await;
}

/// CAL-39: somebody added in the CRM is invited by nobody, and no later change of the mailbox takes them away.
#[tokio::test(flavor = "multi_thread")]
async fn an_attendee_added_in_the_crm_stays_there_uninvited() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&inviting(marked("Review", 2), &[CARLA]));
        scene.calm(scene.anna).await;
        let record = scene.record(Kind::Appointment);
        let sent = scene.given.notices().len();
        let bernd = Participant {
            number: scene.given.employee(BERND),
            ..Participant::default()
        };
        scene.screen(|person| person.invite(Kind::Appointment, &record.object_id, &bernd));
        scene.calm(scene.anna).await;
        assert_eq!(scene.given.notices().len(), sent, "CAL-39: nothing is sent");
        let seen = scene.seen(key).expect("stands");
        assert_eq!(seen.attendees.len(), 1, "decision 10");

        scene.edit(key, &inviting(EventEdit::default(), &[CARLA, STRANGER]));
        scene.calm(scene.anna).await;
        let record = scene.stands(&record).expect("stands");
        let numbers: Vec<_> = record
            .parties
            .iter()
            .map(|party| party.number.as_str())
            .collect();
        assert!(
            numbers.contains(&scene.given.employee(BERND).as_str()),
            "never removed by us"
        );
        assert!(attendees(&record).contains(&STRANGER.to_owned()));
        scene.assert_only_people_sent();
    })
    .await;
}
