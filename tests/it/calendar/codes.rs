//! Fields of events that are changed in the CRM: codes of appointments, and phone calls whole (6.1, CAL-73).

use ssi_sandbox::{
    crm::{AppointmentForm, Kind, PhoneCallForm},
    exchange::{EventEdit, EventView},
};
use ssi_tests::{
    db::on_both,
    given::ANNA,
    people::People,
    scene::{Scene, at, marked},
};

fn only(scene: &Scene) -> EventView {
    let all = scene.outlook().events().into_iter();
    let mut all = all.filter(|event| !event.item.deleted);
    let event = all.next().expect("an event");
    assert_eq!(all.next(), None, "INV-1");
    event
}

/// 6.1, INV-4: importance and sensitivity follow the codes of the CRM; nothing becomes urgent on the way back.
#[tokio::test(flavor = "multi_thread")]
async fn importance_and_sensitivity_come_down() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let key = scene.event(&EventEdit {
            importance: Some("High".into()),
            ..marked("Review", 2)
        });
        scene.calm(scene.anna).await;
        let record = scene.record(Kind::Appointment);
        assert_eq!(record.field("Priority"), "2");
        for (code, word) in [("7", "Low"), ("1", "High"), ("3", "Normal")] {
            let form = AppointmentForm {
                priority: Some(code.into()),
                ..AppointmentForm::default()
            };
            scene.screen(|person| person.edit(&record.object_id, &form));
            scene.calm(scene.anna).await;
            assert_eq!(scene.seen(key).expect("stands").item.importance, word);
            let stands = scene.stands(&record).expect("stands");
            assert_eq!(stands.field("Priority"), code, "not made another one");
        }
        for (code, word) in [("2", "Personal"), ("1", "Normal")] {
            let form = AppointmentForm {
                sensitivity: Some(code.into()),
                ..AppointmentForm::default()
            };
            scene.screen(|person| person.edit(&record.object_id, &form));
            scene.calm(scene.anna).await;
            assert_eq!(scene.seen(key).expect("stands").item.sensitivity, word);
        }
        scene.assert_only_people_sent();
    })
    .await;
}

/// 6.1, INV-4: a phone call of the CRM comes down, and each of its fields follows.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_call_of_the_crm_comes_down_and_its_changes_follow() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        let anna = scene.given.employee(ANNA);
        let id = scene.screen(|person| {
            person.create(&PhoneCallForm {
                subject: Some("Ring up".into()),
                start: Some(at(2, 9)),
                end: Some(at(2, 10)),
                zone: Some("UTC".into()),
                priority: Some("3".into()),
                owner: Some(anna.clone()),
                organizer: Some(anna.clone()),
                note: Some("About the offer.".into()),
                ..PhoneCallForm::default()
            })
        });
        scene.calm(scene.anna).await;
        let event = only(&scene);
        assert_eq!(event.item.subject, "Ring up");
        assert_eq!((event.start, event.end), (at(2, 9), at(2, 10)));
        assert_eq!(event.item.text.trim(), "About the offer.");
        scene.screen(|person| {
            person.edit(
                &id,
                &PhoneCallForm {
                    subject: Some("Ring back".into()),
                    start: Some(at(3, 11)),
                    end: Some(at(3, 12)),
                    priority: Some("2".into()),
                    note: Some("About the order.".into()),
                    ..PhoneCallForm::default()
                },
            )
        });
        scene.calm(scene.anna).await;
        let event = only(&scene);
        assert_eq!(event.item.subject, "Ring back");
        assert_eq!((event.start, event.end), (at(3, 11), at(3, 12)));
        assert_eq!(event.item.importance, "High");
        assert_eq!(event.item.text.trim(), "About the order.");
        scene.assert_only_people_sent();
    })
    .await;
}
