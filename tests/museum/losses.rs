//! Lost updates and lost data.

use std::collections::HashMap;

use ssi_engine::{Settle, SettleIssue};
use ssi_sandbox::{
    crm::Value as CrmValue,
    exchange::{Actor, Disposal, Draft, Kind, Sending, Value},
};
use ssi_tests::{
    given::{ANNA, BERND, eml},
    node::Node,
    people::{People, attendee, text},
};

use crate::scene::{APPOINTMENTS, CARLA, moment, on_both, review};

/// C 21: a small update wiped attendees, because the whole object was written.
#[tokio::test(flavor = "multi_thread")]
async fn suitecrm_10807_a_small_update_keeps_everything_else() {
    on_both(|scene| async move {
        let mut draft = review();
        let invited = Value::Attendees(vec![attendee("carla@customer.example"), attendee(BERND)]);
        draft.properties.insert("RequiredAttendees", invited);
        draft.properties.insert("LegacyFreeBusyStatus", text("OOF"));
        let made = scene.make(draft);
        scene.calm().await;
        let before = scene.given.see(&made).expect("stands");
        let key = scene.given.records(APPOINTMENTS)[0].clone();
        scene.given.change(
            APPOINTMENTS,
            &key,
            &[("Location", CrmValue::text("Room 7"))],
        );
        scene.calm().await;
        let mut after = scene.given.see(&made).expect("stands");
        assert_eq!(after.text("Location"), "Room 7");
        after.properties.remove("Location");
        assert_eq!(after.properties, before.properties, "INV-10");
    })
    .await;
}

/// C 18, C 20: the older side overwrites the newer edit, or "server wins" throws local edits away.
#[tokio::test(flavor = "multi_thread")]
async fn ogcs_2232_two_edits_of_one_field_are_both_kept() {
    on_both(|scene| async move {
        let made = scene.make(review());
        scene.calm().await;
        let key = scene.given.records(APPOINTMENTS)[0].clone();
        scene.given.edit_quietly(&made, |draft| {
            draft.properties.insert("Location", text("Here"));
        });
        scene
            .given
            .change(APPOINTMENTS, &key, &[("Location", CrmValue::text("There"))]);
        scene.calm().await;
        let seen = scene.given.see(&made).expect("stands");
        assert_eq!(
            seen.text("Location"),
            scene.field(&key, "Location"),
            "INV-3"
        );
        let cards = scene
            .node
            .store
            .conflicts(scene.anna, 10)
            .await
            .expect("read");
        let card = cards.first().expect("a card");
        assert!(card.mail_value.to_string().contains("Here"));
        assert!(card.crm_value.to_string().contains("There"));
    })
    .await;
}

/// C 19: asks for conflict handling that guarantees no loss, with a copy of what lost. Here the copy waits on its card
/// until a person says which one stands, and then that one does, on both sides.
#[tokio::test(flavor = "multi_thread")]
async fn aluxnimm_387_what_lost_a_conflict_can_be_put_back() {
    on_both(|scene| async move {
        let made = scene.make(review());
        scene.calm().await;
        let key = scene.appointment();
        for (side, here, there, stands) in [
            (Settle::Mailbox, "Here", "There", "Here"),
            (Settle::Crm, "Again here", "Again there", "Again there"),
        ] {
            scene.given.edit_quietly(&made, |draft| {
                draft.properties.insert("Location", text(here));
            });
            let edit = [("Location", CrmValue::text(there))];
            scene.given.change(APPOINTMENTS, &key, &edit);
            scene.calm().await;
            let issues = scene.issues().await;
            assert_eq!(issues.len(), 1, "INV-2: {issues:?}");
            let disputes = scene.node.engine.disputes(&issues[0]).await.expect("read");
            let kept = (disputes[0].mailbox.as_str(), disputes[0].crm.as_str());
            assert_eq!(kept, (here, there), "both copies");
            let choice = SettleIssue {
                request_id: None,
                caller: "anna".into(),
                side,
                choices: HashMap::new(),
            };
            let settled = scene
                .node
                .engine
                .settle_issue(scene.anna, issues[0].id, choice);
            settled.await.expect("settled");
            scene.calm().await;
            let seen = scene.given.see(&made).expect("stands");
            assert_eq!(seen.text("Location"), stands);
            assert_eq!(scene.field(&key, "Location"), stands, "INV-3");
            assert!(scene.issues().await.is_empty());
        }
        assert_eq!((scene.appointments().len(), scene.notices()), (1, 0));
    })
    .await;
}

/// C 22, C 23: the status says "synced" and nothing was imported.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_16679_what_cannot_be_stored_is_visible() {
    on_both(|scene| async move {
        let contact = Draft::new(Kind::Contact);
        scene
            .given
            .make(ANNA, "SAP Contacts", contact, Sending::NONE);
        scene.sync().await;
        let open = ssi_store::IssueState::Open;
        let issues = scene.node.store.issues(scene.anna, open, None, 10).await;
        let issues = issues.expect("read");
        assert_eq!(issues.len(), 1);
        assert_eq!(issues[0].code, "field_missing");
        assert!(
            issues[0].message.contains("last name"),
            "it says what to do"
        );
    })
    .await;
}

/// C 20: "the server wins" throws local edits away. What lost is still there when another node looks.
#[tokio::test(flavor = "multi_thread")]
async fn chroncal_610_the_value_that_lost_can_be_seen_later() {
    on_both(|scene| async move {
        let made = scene.make(review());
        scene.calm().await;
        let key = scene.appointment();
        scene.given.edit_quietly(&made, |draft| {
            draft.properties.insert("Subject", text("Ours"));
        });
        scene
            .given
            .change(APPOINTMENTS, &key, &[("Subject", CrmValue::text("Theirs"))]);
        scene.calm().await;
        let later = Node::start(&scene.database, &scene.given, "two").await;
        let cards = later.store.conflicts(scene.anna, 10).await.expect("read");
        assert_eq!(cards.len(), 1);
        let values = format!("{} {}", cards[0].mail_value, cards[0].crm_value);
        assert!(values.contains("Ours") && values.contains("Theirs"));
        assert_eq!(scene.issues().await.len(), 1, "and its owner is told");
        let settled = later.store.settle_conflict(scene.anna, cards[0].id).await;
        assert!(settled.expect("written"));
        scene.days_pass(1);
        scene.calm().await;
        assert!(scene.issues().await.is_empty(), "until it is settled");
    })
    .await;
}

/// C 23: after somebody cleaned the mailbox up, imports stop, and the job still reports success.
#[tokio::test(flavor = "multi_thread")]
async fn espocrm_3654_a_cleaned_up_mailbox_goes_on() {
    on_both(|scene| async move {
        scene.mail("before@x");
        scene.sync().await;
        {
            let mut exchange = scene.given.world().exchange();
            let mailbox = exchange.mailbox(ANNA).expect("mailbox");
            let inbox = mailbox.distinguished("inbox").expect("inbox");
            let all: Vec<u64> = mailbox
                .folder(inbox)
                .expect("inbox")
                .items
                .iter()
                .copied()
                .collect();
            let anna = Actor::human(ANNA);
            for key in all {
                exchange
                    .delete_item(&anna, key.into(), Disposal::Hard, Sending::NONE)
                    .expect("deleted");
            }
        }
        scene.given.world().exchange().expire_sync_states();
        scene.mail("after@x");
        scene.sync().await;
        let ids: Vec<_> = scene
            .given
            .emails()
            .into_iter()
            .map(|mail| mail.groupware_item_id)
            .collect();
        assert_eq!(
            ids,
            ["<before@x>", "<after@x>"],
            "the old one stays (INV-5), the new one came"
        );
    })
    .await;
}

/// C 24: mails missed by polling for time stamps.
#[tokio::test(flavor = "multi_thread")]
async fn n8n_24970_an_old_date_hides_nothing() {
    on_both(|scene| async move {
        scene.mail("today@x");
        scene.sync().await;
        let old = eml("old@x", CARLA, ANNA, "Late").replace("16 Nov 2026", "16 Nov 1998");
        scene.given.marked_mail(old);
        scene.sync().await;
        assert_eq!(scene.given.emails().len(), 2);
    })
    .await;
}

/// C 24, the other side: what one change of the CRM concerns, all of it is filed.
#[tokio::test(flavor = "multi_thread")]
async fn n8n_4272_every_change_of_the_crm_arrives() {
    on_both(|scene| async move {
        let made: Vec<_> = (0..5).map(|_| scene.make(review())).collect();
        scene.calm().await;
        for (number, key) in scene.appointments().iter().enumerate() {
            let place = CrmValue::text(format!("Room {number}"));
            scene
                .given
                .change(APPOINTMENTS, key, &[("Location", place)]);
        }
        scene.calm().await;
        let mut rooms: Vec<String> = made
            .iter()
            .map(|made| {
                scene
                    .given
                    .see(made)
                    .expect("stands")
                    .text("Location")
                    .to_owned()
            })
            .collect();
        rooms.sort();
        assert_eq!(rooms, ["Room 0", "Room 1", "Room 2", "Room 3", "Room 4"]);
    })
    .await;
}

/// C 26: new events of the other side are never pulled.
#[tokio::test(flavor = "multi_thread")]
async fn suitecrm_core_938_new_records_come_down() {
    on_both(|scene| async move {
        let at = |hour| CrmValue::Instant(moment(2, hour).as_microsecond());
        let anna = CrmValue::text(scene.given.employee(ANNA));
        for subject in ["One", "Two", "Three"] {
            let fields = [
                ("Subject", CrmValue::text(subject)),
                ("StartDate", at(8)),
                ("EndDate", at(9)),
                ("OwnerPartyID", anna.clone()),
                ("OrganizerPartyID", anna.clone()),
            ];
            scene.given.record(APPOINTMENTS, &fields);
            scene.sync().await;
        }
        scene.calm().await;
        let mut subjects: Vec<_> = scene
            .events(ANNA)
            .iter()
            .map(|(_, draft)| draft.text("Subject").to_owned())
            .collect();
        subjects.sort();
        assert_eq!(subjects, ["One", "Three", "Two"]);
    })
    .await;
}
