//! What the CRM holds already when a switch is turned on, and what one feed or one day does not reach.

use jiff::SignedDuration;
use ssi_sandbox::{
    Fault, FaultRule,
    crm::{ContactForm, TaskForm},
};
use ssi_tests::{
    db::on_both,
    desk::Desk,
    given::ANNA,
    people::People,
    scene::{Scene, marked},
};

fn contact() -> ContactForm {
    ContactForm {
        last_name: Some("Unten".into()),
        ..ContactForm::default()
    }
}

fn task(desk: &Desk) -> TaskForm {
    TaskForm {
        subject: Some("Offer".into()),
        owner: Some(desk.given.employee(ANNA)),
        ..TaskForm::default()
    }
}

/// TSK-01, CON-10: what was made while a switch was off comes down once it is on.
#[tokio::test(flavor = "multi_thread")]
async fn switching_on_brings_down_what_is_there() {
    on_both(|database| async move {
        let desk = Desk::open_with(&database, |settings| {
            settings.mirror.contacts_from_crm = false;
            settings.mirror.tasks = false;
        })
        .await;
        desk.crm_contact(contact());
        let task = task(&desk);
        desk.screen(|person| person.create(&task));
        desk.calm().await;
        desk.node.advance(SignedDuration::from_hours(25));
        desk.calm().await;
        assert!(desk.contacts().is_empty() && desk.tasks().is_empty());

        desk.node
            .set(|settings| settings.mirror.contacts_from_crm = true);
        desk.calm().await;
        assert_eq!(
            (desk.contacts().len(), desk.tasks().len()),
            (1, 0),
            "CON-10"
        );
        desk.node.set(|settings| settings.mirror.tasks = true);
        desk.calm().await;
        assert_eq!(
            (desk.contacts().len(), desk.tasks().len()),
            (1, 1),
            "TSK-01"
        );
        desk.assert_at_rest().await;
        assert_eq!((desk.contacts().len(), desk.tasks().len()), (1, 1), "INV-1");
    })
    .await;
}

/// INV-14: a tenant that does not let us read one kind still has the others.
#[tokio::test(flavor = "multi_thread")]
async fn one_kind_that_is_forbidden_leaves_the_others() {
    on_both(|database| async move {
        let desk = Desk::open(&database).await;
        let rule = FaultRule {
            face: Some("odata".into()),
            operation: Some("GET VisitCollection".into()),
            nth: 1,
            times: 0,
            fault: Fault::Forbidden403,
        };
        desk.given.sandbox.world().faults().add(rule);
        desk.crm_contact(contact());
        let task = task(&desk);
        desk.screen(|person| person.create(&task));
        desk.calm().await;
        assert_eq!((desk.contacts().len(), desk.tasks().len()), (1, 1));
    })
    .await;
}

/// CAL-20: the daily look goes on where the last one stopped, and then begins anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_daily_look_goes_on_where_it_stopped() {
    on_both(|database| async move {
        let scene = Scene::new(&database).await;
        for number in 0..4 {
            scene.event(&marked(&format!("Event {number}"), 2));
        }
        scene.calm(scene.anna).await;
        let store = &scene.node.store;
        let rows = store
            .mirrors_page(scene.anna, None, 10)
            .await
            .expect("read");
        assert_eq!(rows.len(), 4);
        let place = Some(rows[1].link);
        store
            .set_looked_after(scene.anna, place)
            .await
            .expect("noted");

        // A day later, and so much later that all of them left the mirrored days.
        scene.node.advance(SignedDuration::from_hours(24 * 60));
        scene.session(scene.anna).await;
        let active = store.count_mirrors(scene.anna).await.expect("read");
        assert_eq!(active, 2, "those behind the place were looked at");
        assert_eq!(store.looked_after(scene.anna).await.expect("read"), None);
        scene.node.advance(SignedDuration::from_hours(25));
        scene.session(scene.anna).await;
        assert_eq!(store.count_mirrors(scene.anna).await.expect("read"), 0);
    })
    .await;
}
