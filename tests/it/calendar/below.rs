//! Edits of what lies below a record, notes and parties: they need not move its ETag, and arrive all the same.

use ssi_sandbox::{
    crm::{ATTENDEE, Kind, Participant, Switch},
    exchange::{Body, EventEdit, EventView},
};
use ssi_tests::{
    db::on_both,
    scene::{Scene, marked},
};

fn text(plain: &str) -> Body {
    Body {
        text: Some(plain.into()),
        html: None,
    }
}

fn seen(scene: &Scene, key: u64) -> EventView {
    scene.seen(key).expect("stands")
}

/// INV-2, INV-3, INV-4: a note edited and somebody added in the CRM are in the mailbox after the next feed and session,
/// whether the tag of the record moves with them or not; what the mailbox writes there makes no loop.
async fn edits_below_arrive(tag: Switch) {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        {
            let mut crm = scene.given.sandbox.world().crm();
            crm.settings.child_moves_root_etag = tag;
        }
        let key = scene.event(&EventEdit {
            body: Some(text("Agenda")),
            ..marked("Review", 2)
        });
        scene.calm(scene.anna).await;
        let record = scene.record(Kind::Appointment);

        let note = "Agenda and minutes";
        scene.screen(|person| person.write_note(Kind::Appointment, &record.object_id, note));
        scene.feed().await;
        scene.session(scene.anna).await;
        assert!(seen(&scene, key).item.text.contains(note));

        let body = Some(text("Agenda, minutes, photos"));
        scene.edit(
            key,
            &EventEdit {
                body,
                ..EventEdit::default()
            },
        );
        scene.session(scene.anna).await;
        scene.feed().await;
        assert_eq!(
            scene.session(scene.anna).await.0,
            0,
            "INV-4: our own note is no news"
        );
        let stands = scene.stands(&record).expect("stands");
        assert!(
            stands.notes.iter().any(|note| note.text.contains("photos")),
            "{:?}",
            stands.notes
        );

        let again = "Agenda, minutes, photos, costs";
        scene.screen(|person| person.write_note(Kind::Appointment, &record.object_id, again));
        scene.feed().await;
        scene.session(scene.anna).await;
        assert!(seen(&scene, key).item.text.contains(again));
        scene.feed().await;
        assert_eq!(scene.session(scene.anna).await.0, 0, "INV-4");

        let carla = Participant {
            number: String::new(),
            address: "carla@customer.example".into(),
            name: "Carla Kundin".into(),
            role: ATTENDEE.into(),
        };
        scene.screen(|person| person.invite(Kind::Appointment, &record.object_id, &carla));
        scene.feed().await;
        scene.session(scene.anna).await;
        let said = scene.issue_codes(scene.anna).await;
        assert_eq!(
            said,
            ["attendee_not_invited"],
            "CAL-39: seen with the next feed"
        );
        scene.assert_only_people_sent();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_below_a_record_arrives_though_its_tag_stays() {
    edits_below_arrive(Switch::Off).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_below_a_record_arrives_when_its_tag_moves() {
    edits_below_arrive(Switch::On).await;
}
