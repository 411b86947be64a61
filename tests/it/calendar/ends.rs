//! What happens to the other side when one side cancels or deletes (rules 3.5): CAL-50 to CAL-58, cell by cell.

use ssi_sandbox::{
    crm::{AppointmentForm, Kind, Record},
    exchange::{EventEdit, EventView, NoticeKind},
};
use ssi_tests::{
    db::on_both,
    given::{ANNA, BERND, CATEGORY},
    people::People,
    scene::{Scene, at, event, inviting, marked, person},
};

const CARLA: &str = "carla@customer.example";
const OUTSIDE: &str = "boss@outside.example";

/// How a record goes away: CAL-50, both mean the same.
#[derive(Debug, Clone, Copy)]
enum Way {
    Cancelled,
    Deleted,
}

const WAYS: [Way; 2] = [Way::Cancelled, Way::Deleted];

fn goes(scene: &Scene, record: &Record, way: Way) {
    match way {
        Way::Deleted => scene.screen(|person| person.delete(Kind::Appointment, &record.object_id)),
        Way::Cancelled => {
            let form = AppointmentForm {
                status: Some("4".into()),
                ..AppointmentForm::default()
            };
            scene.screen(|person| person.edit(&record.object_id, &form));
        }
    }
}

fn is_cancelled(scene: &Scene, record: &Record) -> bool {
    let record = scene.stands(record).expect("it stands");
    record.field("LifeCycleStatusCode") == "4"
}

/// A record of Anna's made in the CRM, and its event once it came down.
async fn from_crm(scene: &Scene) -> (Record, EventView) {
    scene.calm(scene.anna).await;
    let anna = scene.given.employee(ANNA);
    let form = AppointmentForm {
        subject: Some("Made in the CRM".into()),
        start: Some(at(2, 9)),
        end: Some(at(2, 10)),
        owner: Some(anna.clone()),
        organizer: Some(anna),
        ..AppointmentForm::default()
    };
    scene.screen(|person| person.create(&form));
    scene.calm(scene.anna).await;
    let mut events = scene.outlook().events();
    assert_eq!(events.len(), 1);
    (scene.record(Kind::Appointment), events.remove(0))
}

/// CAL-51: no attendees, made in the mailbox.
#[tokio::test(flavor = "multi_thread")]
async fn an_own_event_is_kept_when_its_record_goes() {
    on_both(|database| async move {
        for way in WAYS {
            let scene = Scene::on_another(&database).await;
            let key = scene.event(&marked("Review", 2));
            scene.calm(scene.anna).await;
            goes(&scene, &scene.record(Kind::Appointment), way);
            scene.calm(scene.anna).await;
            let kept = scene.seen(key).unwrap_or_else(|| panic!("{way:?}: kept"));
            assert!(kept.item.categories.is_empty(), "{way:?}: category off");
            scene.calm(scene.anna).await;
            let open = scene.records(Kind::Appointment).into_iter();
            assert_eq!(
                open.filter(|one| one.field("LifeCycleStatusCode") != "4")
                    .count(),
                0,
                "nothing comes back"
            );
        }
    })
    .await;
}

/// CAL-51, CAL-52, CAL-56: an event without attendees that goes takes its record along, as the setting says.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_cancelled_or_deleted_with_its_event() {
    on_both(|database| async move {
        for (cancel, born_in_crm) in [(true, false), (false, false), (true, true), (false, true)] {
            let scene = Scene::on_another(&database).await;
            scene
                .node
                .set(|settings| settings.mirror.cancel_instead_of_delete = cancel);
            let place = if born_in_crm {
                from_crm(&scene).await.1.item.place
            } else {
                scene.event(&marked("Review", 2)).into()
            };
            scene.calm(scene.anna).await;
            let record = scene.record(Kind::Appointment);
            scene.outlook().delete(place).expect("deleted");
            scene.calm(scene.anna).await;
            if cancel {
                assert!(is_cancelled(&scene, &record), "CAL-56");
            } else {
                assert!(scene.stands(&record).is_none(), "CAL-56");
            }
            let left = scene
                .outlook()
                .events()
                .into_iter()
                .filter(|event| !event.item.deleted);
            assert_eq!(left.count(), 0, "it does not come back");
        }
    })
    .await;
}

/// CAL-52: no attendees, made in the CRM.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_the_crm_goes_with_its_record() {
    on_both(|database| async move {
        for way in WAYS {
            let scene = Scene::on_another(&database).await;
            let (record, event) = from_crm(&scene).await;
            goes(&scene, &record, way);
            scene.calm(scene.anna).await;
            assert!(scene.seen(event.item.place).is_none(), "{way:?}");
        }
    })
    .await;
}

/// CAL-53, CAL-57: the organizer's copy stays and nobody is told; her own cancelling takes the record along.
#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_is_cancelled_by_people_only() {
    on_both(|database| async move {
        for way in WAYS {
            let scene = Scene::on_another(&database).await;
            let key = scene.event(&inviting(marked("Review", 2), &[BERND, CARLA]));
            let cancelled = scene.event(&inviting(marked("Called off", 3), &[BERND]));
            scene.calm(scene.anna).await;
            let find = |title: &str| {
                let mut records = scene.records(Kind::Appointment).into_iter();
                records
                    .find(|record| record.title == title)
                    .expect("stands")
            };
            goes(&scene, &find("Review"), way);
            let off = find("Called off");
            scene
                .outlook()
                .cancel(cancelled)
                .expect("Anna calls it off");
            scene.calm(scene.anna).await;
            let kept = scene.seen(key).expect("CAL-53: kept");
            assert!(
                kept.item.categories.is_empty() && !kept.is_cancelled,
                "{way:?}"
            );
            assert!(is_cancelled(&scene, &off), "CAL-53");
            scene.assert_only_people_sent();
            let bernd = scene.given.sandbox.world().person(BERND);
            let his = bernd
                .events()
                .into_iter()
                .find(|event| event.item.subject == "Review");
            assert!(!his.expect("still his").is_cancelled, "CAL-57");
        }
    })
    .await;
}

/// A meeting somebody outside called, with Anna's category on her copy.
async fn invited(scene: &Scene, subject: &str) -> u64 {
    let boss = person(OUTSIDE);
    let meeting = EventEdit {
        uid: Some(format!("{subject}@outside.example")),
        ..inviting(event(subject, 2), &[ANNA])
    };
    let key = scene
        .outlook()
        .hear_from_outside(&boss, NoticeKind::Request, &meeting)
        .expect("heard")
        .expect("an event");
    scene
        .outlook()
        .set_categories(key, &[CATEGORY])
        .expect("set");
    key
}

/// CAL-54, CAL-58: an attendee's copy that writes: kept when the record goes; the record follows when it goes.
#[tokio::test(flavor = "multi_thread")]
async fn an_attendees_copy_is_kept_and_takes_the_record_along() {
    on_both(|database| async move {
        for way in WAYS {
            let scene = Scene::on_another(&database).await;
            let key = invited(&scene, "Negotiation").await;
            scene.calm(scene.anna).await;
            goes(&scene, &scene.record(Kind::Appointment), way);
            scene.calm(scene.anna).await;
            let kept = scene.seen(key).expect("CAL-54: kept");
            assert!(kept.item.categories.is_empty(), "{way:?}");
        }
        let scene = Scene::new(&database).await;
        let declined = invited(&scene, "Declined").await;
        invited(&scene, "Called off").await;
        scene.calm(scene.anna).await;
        assert_eq!(scene.records(Kind::Appointment).len(), 2);
        scene.outlook().delete(declined).expect("deleted");
        let off = EventEdit {
            uid: Some("Called off@outside.example".into()),
            ..inviting(event("Called off", 2), &[ANNA])
        };
        scene
            .outlook()
            .hear_from_outside(&person(OUTSIDE), NoticeKind::Cancellation, &off)
            .expect("heard");
        scene.calm(scene.anna).await;
        for record in scene.records(Kind::Appointment) {
            assert_eq!(
                record.field("LifeCycleStatusCode"),
                "4",
                "CAL-54: {}",
                record.title
            );
        }
        scene.assert_only_people_sent();
    })
    .await;
}

/// CAL-55, CAL-58: the copy of who wrote before is told by its category only, and its end says nothing to the CRM.
#[tokio::test(flavor = "multi_thread")]
async fn the_former_writers_copy_says_nothing_any_more() {
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
        scene
            .outlook()
            .set_categories(key, &[CATEGORY])
            .expect("set");
        scene.calm(scene.anna).await;
        scene.calm(scene.bernd).await;
        let copy = world.person(BERND).event(his).expect("stands");
        assert!(copy.item.categories.is_empty(), "CAL-55: category off");
        let record = scene.record(Kind::Appointment);
        world.person(BERND).delete(his).expect("deleted");
        scene.calm(scene.bernd).await;
        scene.calm(scene.anna).await;
        assert!(!is_cancelled(&scene, &record), "CAL-58");
        assert_eq!(scene.seen(key).expect("stands").item.categories, [CATEGORY]);
        scene.assert_only_people_sent();
    })
    .await;
}
