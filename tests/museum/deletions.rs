//! Deleted items reappear, living items are deleted.

use ssi_domain::MailboxId;
use ssi_sandbox::{Fault, FaultRule, crm::Value as CrmValue, exchange::Value};
use ssi_tests::{
    given::{ANNA, BERND, CATEGORY},
    people::{Made, People, event, text},
};

use crate::scene::{APPOINTMENTS, CONTACTS, Scene, at, on_both, review};

/// C 32: a storage that looks empty must not empty the other.
#[tokio::test(flavor = "multi_thread")]
async fn vdirsyncer_745_a_lost_sync_state_deletes_nothing() {
    on_both(|scene| async move {
        let made: Vec<Made> = (0..3).map(|_| scene.make(review())).collect();
        scene.calm().await;
        scene.given.world().exchange().expire_sync_states();
        assert_eq!(scene.sync().await, 0);
        assert_eq!(scene.given.records(APPOINTMENTS).len(), 3);
        assert!(made.iter().all(|made| scene.given.see(made).is_some()));
    })
    .await;
}

/// C 29: a brand-new event is deleted by the first sync.
#[tokio::test(flavor = "multi_thread")]
async fn ogcs_2039_a_new_event_survives_its_first_sync() {
    on_both(|scene| async move {
        let made = scene.make(event("Mine", &at(2, 9), &at(2, 10)));
        assert_eq!(scene.sync().await, 0, "nothing asks for it");
        assert!(scene.given.see(&made).is_some());
        assert!(scene.given.records(APPOINTMENTS).is_empty(), "INV-22");
    })
    .await;
}

/// C 25, C 30: what leaves the window is delivered as removed, or deleted.
#[tokio::test(flavor = "multi_thread")]
async fn vdirsyncer_1074_leaving_the_window_deletes_nothing() {
    on_both(|scene| async move {
        let made = scene.make(review());
        scene.calm().await;
        scene
            .node
            .advance(jiff::SignedDuration::from_hours(24 * 40));
        scene.calm().await;
        let seen = scene.given.see(&made).expect("CAL-51: kept");
        assert!(seen.categories().is_empty(), "CAL-21");
        let key = scene.given.records(APPOINTMENTS)[0].clone();
        assert_ne!(scene.field(&key, "LifeCycleStatusCode"), "4", "INV-5");
    })
    .await;
}

/// C 27: Outlook was closed during a sync; the next run deleted every event in both calendars.
#[tokio::test(flavor = "multi_thread")]
async fn ogcs_2022_a_server_that_goes_away_deletes_nothing() {
    on_both(|scene| async move {
        let made: Vec<Made> = (0..4).map(|_| scene.make(review())).collect();
        scene.calm().await;
        let away = || Fault::Unavailable503 { retry_after: None };
        for (face, operation) in [
            ("ews", "GetItem"),
            ("ews", "SyncFolderItems"),
            ("odata", "$batch"),
            ("odata", "GET AppointmentCollection"),
        ] {
            scene.given.edit_quietly(&made[0], |draft| {
                draft.properties.insert("Location", text(operation));
            });
            scene.given.world().faults().add(FaultRule {
                times: 0,
                ..FaultRule::once(face, operation, away())
            });
            for _ in 0..2 {
                let tenant = ssi_domain::TenantId::new(ssi_tests::node::TENANT);
                let _ = scene.node.engine.feed(&tenant, true).await;
                scene.node.session(scene.anna).await;
                scene.days_pass(1);
            }
            scene.given.world().faults().clear();
            scene.node.engine.resume(scene.anna).await.expect("resumed");
            scene.calm().await;
            let stands = made.iter().all(|made| scene.given.see(made).is_some());
            assert!(stands, "{face} {operation}");
            let keys = scene.appointments();
            assert_eq!(keys.len(), 4, "{face} {operation}");
            assert!(
                !keys.iter().any(|key| scene.is_cancelled(key)),
                "{face} {operation}"
            );
        }
    })
    .await;
}

/// C 28: deleted events come back, from either side.
#[tokio::test(flavor = "multi_thread")]
async fn ogcs_1677_what_is_deleted_comes_back_from_nowhere() {
    on_both(|scene| async move {
        let here = scene.make(review());
        let there = scene.make(review());
        scene.calm().await;
        let keys = scene.appointments();
        scene.given.discard(&here);
        scene.given.erase(APPOINTMENTS, &keys[1]);
        scene.calm().await;
        scene.given.world().exchange().expire_sync_states();
        for _ in 0..3 {
            scene.days_pass(1);
            assert_eq!(scene.sync().await, 0);
        }
        assert!(
            scene.given.see(&there).is_some(),
            "CAL-51: kept, without its category"
        );
        assert_eq!(scene.events(ANNA).len(), 1);
        assert_eq!(scene.appointments(), [keys[0].clone()]);
    })
    .await;
}

/// C 27, the other half: what somebody edited outlives its deletion on the other side (INV-6).
#[tokio::test(flavor = "multi_thread")]
async fn ogcs_2022_an_edit_outlives_a_deletion() {
    on_both(|scene| async move {
        let made = scene.make(review());
        scene.calm().await;
        let key = scene.appointment();
        scene.given.discard(&made);
        scene.given.change(
            APPOINTMENTS,
            &key,
            &[("Location", CrmValue::text("Room 7"))],
        );
        scene.calm().await;
        assert!(!scene.is_cancelled(&scene.appointment()));
        assert_eq!(scene.field(&key, "Location"), "Room 7");
    })
    .await;
}

/// C 31: the list of changes misses a deletion. A look at every pair, once a day, finds it.
#[tokio::test(flavor = "multi_thread")]
async fn graph_11728_a_deletion_nobody_told_of_is_found() {
    on_both(|scene| async move {
        let gone = scene.make(review());
        let kept = scene.make(review());
        scene.calm().await;
        let keys = scene.appointments();
        scene.given.discard(&gone);
        scene.given.world().exchange().expire_sync_states();
        scene.sync().await;
        scene.days_pass(2);
        scene.calm().await;
        let cancelled: Vec<bool> = keys.iter().map(|key| scene.is_cancelled(key)).collect();
        assert_eq!(cancelled.iter().filter(|yes| **yes).count(), 1);
        assert!(scene.given.see(&kept).is_some());
    })
    .await;
}

/// C 33: appointments cancelled because a filter or a right changed. Settings that grow narrower delete nothing.
#[tokio::test(flavor = "multi_thread")]
async fn microsoft_4345686_another_filter_deletes_nothing() {
    on_both(|scene| async move {
        let made = scene.make(review());
        let contact = scene.contact("Neumann");
        scene.calm().await;
        let contacts = scene.given.records(CONTACTS).len();
        let key = scene.appointment();
        scene.node.set(|settings| {
            settings.mirror.events = false;
            settings.mirror.contacts = false;
        });
        scene.given.edit_quietly(&made, |draft| {
            draft.properties.insert("Location", text("Elsewhere"));
        });
        scene.days_pass(2);
        scene.calm().await;
        scene.node.set(|settings| {
            settings.mirror.events = true;
            settings.mirror.contacts = true;
            settings.names.category = "Another Category".into();
        });
        scene.days_pass(2);
        scene.calm().await;
        assert!(scene.given.see(&made).is_some());
        assert!(scene.given.see(&contact).is_some());
        assert_eq!(scene.appointment(), key);
        assert!(!scene.is_cancelled(&key));
        assert_eq!(scene.given.records(CONTACTS).len(), contacts);
    })
    .await;
}

/// C 34, REG-01: two employees share a meeting and are synced in an unlucky order; the visits were deleted on
/// both sides and cancellations went out.
async fn february_2020(scene: Scene, organizer_first: bool) {
    let bernd = scene.node.mailbox(BERND).await;
    let (made, copy) = scene.meeting();
    let sent = scene.notices();
    let order: [MailboxId; 2] = match organizer_first {
        true => [scene.anna, bernd],
        false => [bernd, scene.anna],
    };
    scene.calm_of(&order).await;
    let key = scene.appointment();
    // The attendee takes the category off, puts it on again and at last deletes his copy.
    for categories in [vec![], vec![CATEGORY.to_owned()]] {
        scene.given.edit_quietly(&copy, |draft| {
            let value = Value::Strings(categories);
            draft.properties.insert("Categories", value);
        });
        scene.calm_of(&order).await;
    }
    scene.given.discard(&copy);
    scene.days_pass(1);
    scene.calm_of(&order).await;
    assert_eq!(
        scene.appointment(),
        key,
        "one meeting, one record, still the same"
    );
    assert!(!scene.is_cancelled(&key));
    let seen = scene.given.see(&made).expect("the organizer's stands");
    assert!(!seen.flag("IsCancelled"));
    assert_eq!(scene.notices(), sent, "nothing was sent (INV-12)");
}

#[tokio::test(flavor = "multi_thread")]
async fn sap_2020_february_organizer_first() {
    on_both(|scene| february_2020(scene, true)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sap_2020_february_attendee_first() {
    on_both(|scene| february_2020(scene, false)).await;
}
