//! Duplicates.

use ssi_engine::Cause;
use ssi_sandbox::exchange::{Draft, Kind, Sending};
use ssi_tests::{
    db::Database,
    given::{ANNA, BERND, CATEGORY, FOLDER, eml},
    node::Node,
    people::{People, marked, text},
};

use crate::scene::{APPOINTMENTS, CARLA, CONTACTS, Scene, TASKS, on_both, review};

/// C 6: re-installing the module duplicates everything.
#[tokio::test(flavor = "multi_thread")]
async fn odoo_143781_a_new_database_imports_nothing_again() {
    on_both(|scene| async move {
        scene.make(review());
        let mut contact = Draft::new(Kind::Contact);
        contact.properties.insert("Surname", text("Neumann"));
        scene
            .given
            .make(ANNA, "SAP Contacts", contact, Sending::NONE);
        scene.calm().await;
        let contacts = scene.given.records(CONTACTS).len();
        let other = Scene::in_world(scene.given, Database::sqlite().await, "two").await;
        assert_eq!(other.sync().await, 0, "joined in silence");
        assert_eq!(other.given.records(APPOINTMENTS).len(), 1);
        assert_eq!(other.given.records(CONTACTS).len(), contacts);
        assert_eq!(other.given.items(ANNA, Kind::CalendarItem).len(), 1);
    })
    .await;
}

/// C 10: moving something between folders made a second one.
#[tokio::test(flavor = "multi_thread")]
async fn nylas_281_a_move_makes_no_second_record() {
    on_both(|scene| async move {
        let mut contact = Draft::new(Kind::Contact);
        contact.properties.insert("Surname", text("Neumann"));
        let contact = marked(contact, &[CATEGORY]);
        scene.given.make(ANNA, "contacts", contact, Sending::NONE);
        scene.calm().await;
        let before = scene.given.records(CONTACTS).len();
        let items = scene.given.items(ANNA, Kind::Contact);
        assert_eq!(items.len(), 1, "CON-01: moved, not copied");
        {
            let mut exchange = scene.given.world().exchange();
            let mailbox = exchange.mailbox(ANNA).expect("mailbox");
            let contacts = mailbox.distinguished("contacts").expect("contacts");
            exchange
                .move_item(ANNA, items[0].0.key.into(), contacts)
                .expect("moved back by hand");
        }
        scene.calm().await;
        assert_eq!(scene.given.records(CONTACTS).len(), before);
        assert_eq!(scene.given.items(ANNA, Kind::Contact).len(), 1);
    })
    .await;
}

/// C 10: a move is a deletion here and something new there.
#[tokio::test(flavor = "multi_thread")]
async fn nylas_281_a_task_that_moves_is_neither_gone_nor_new() {
    on_both(|scene| async move {
        let mut task = Draft::new(Kind::Task);
        task.properties.insert("Subject", text("Send the offer"));
        let task = marked(task, &[CATEGORY]);
        scene.given.make(ANNA, "tasks", task, Sending::NONE);
        scene.calm().await;
        let records = scene.given.records(TASKS);
        assert_eq!(records.len(), 1);
        for folder in ["SAP Tasks", "tasks"] {
            let key = scene.given.items(ANNA, Kind::Task)[0].0.key;
            let person = scene.given.world().person(ANNA);
            person.move_item(key, folder).expect("moved");
            scene.calm().await;
            assert_eq!(scene.given.records(TASKS), records);
            let status = scene.given.field(TASKS, &records[0], "Status");
            assert_eq!(status.as_deref(), Some("1"), "still open");
            assert_eq!(scene.given.items(ANNA, Kind::Task).len(), 1);
        }
    })
    .await;
}

/// C 6, with nothing but the key to go by: another mailbox's copy in a new database.
#[tokio::test(flavor = "multi_thread")]
async fn odoo_143781_a_new_database_knows_a_meeting_by_its_key() {
    on_both(|scene| async move {
        scene.meeting();
        scene.calm().await;
        let key = scene.appointment();
        let other = Scene::in_world(scene.given, Database::sqlite().await, "two").await;
        let bernd = other.node.mailbox(BERND).await;
        other.calm_of(&[bernd]).await;
        assert_eq!(other.appointment(), key);
    })
    .await;
}

/// C 9: contacts duplicated at every sync.
#[tokio::test(flavor = "multi_thread")]
async fn erpnext_48263_contacts_come_once() {
    on_both(|scene| async move {
        let mut contact = Draft::new(Kind::Contact);
        contact.properties.insert("GivenName", text("太郎"));
        contact.properties.insert("Surname", text("山田"));
        scene
            .given
            .make(ANNA, "SAP Contacts", contact, Sending::NONE);
        scene.calm().await;
        let count = scene.given.records(CONTACTS).len();
        for _ in 0..3 {
            assert_eq!(scene.sync().await, 0);
        }
        assert_eq!(scene.given.records(CONTACTS).len(), count);
    })
    .await;
}

/// C 1: a meeting appears once per invited user.
#[tokio::test(flavor = "multi_thread")]
async fn odoo_70769_a_meeting_stands_once_for_all_who_are_invited() {
    on_both(|scene| async move {
        let bernd = scene.node.mailbox(BERND).await;
        let (_, copy) = scene.meeting();
        scene.calm_of(&[bernd, scene.anna]).await;
        let key = scene.appointment();
        assert_eq!(scene.events(ANNA).len(), 1);
        assert_eq!(scene.events(BERND).len(), 1);
        // What a guest notes on his own copy is not the meeting's.
        scene.given.edit_quietly(&copy, |draft| {
            draft.properties.insert("Location", text("By phone"));
        });
        scene.calm_of(&[bernd, scene.anna]).await;
        assert_ne!(scene.field(&key, "Location"), "By phone", "INV-11");
    })
    .await;
}

/// C 2: a colleague on another system multiplies the same meeting. Who comes later joins.
#[tokio::test(flavor = "multi_thread")]
async fn odoo_241997_a_colleague_who_comes_later_joins() {
    on_both(|scene| async move {
        scene.meeting();
        scene.calm().await;
        let key = scene.appointment();
        let bernd = scene.node.mailbox(BERND).await;
        scene.calm_of(&[bernd, scene.anna]).await;
        scene.days_pass(1);
        scene.calm_of(&[bernd, scene.anna]).await;
        assert_eq!(scene.appointment(), key);
        assert_eq!(scene.events(BERND).len(), 1);
    })
    .await;
}

/// C 7: the same mail imported from the personal and from the group mailbox.
#[tokio::test(flavor = "multi_thread")]
async fn suitecrm_10813_one_mail_in_two_mailboxes_is_saved_once() {
    on_both(|scene| async move {
        let bernd = scene.node.mailbox(BERND).await;
        let mail = eml("both@x", CARLA, &format!("{ANNA}, {BERND}"), "Offer");
        for mailbox in [ANNA, BERND] {
            scene
                .given
                .mail_in(mailbox, "inbox", &[CATEGORY], mail.clone());
        }
        scene.calm_of(&[bernd, scene.anna]).await;
        assert_eq!(scene.given.emails().len(), 1);
    })
    .await;
}

/// C 8: messages are downloaded again and again.
#[tokio::test(flavor = "multi_thread")]
async fn espocrm_1516_a_saved_mail_is_not_fetched_again() {
    on_both(|scene| async move {
        scene.mail("once@x");
        scene.calm().await;
        for _ in 0..3 {
            scene.given.world().exchange().expire_sync_states();
            assert_eq!(scene.sync().await, 0);
        }
        assert_eq!(scene.given.emails().len(), 1);
        scene.given.assert_nothing_twice();
    })
    .await;
}

/// C 10: a mail that moves between folders is another message.
#[tokio::test(flavor = "multi_thread")]
async fn nylas_182_a_mail_that_moves_is_the_same_mail() {
    on_both(|scene| async move {
        scene.mail("moves@x");
        scene.calm().await;
        {
            let mut exchange = scene.given.world().exchange();
            let mailbox = exchange.mailbox(ANNA).expect("mailbox");
            let ours = mailbox.folder_by_name(FOLDER).expect("our folder").key;
            let mail = mailbox
                .by_message_id("<moves@x>")
                .next()
                .expect("the mail")
                .key;
            exchange.move_item(ANNA, mail.into(), ours).expect("moved");
        }
        scene.calm().await;
        assert_eq!(scene.given.emails().len(), 1);
    })
    .await;
}

/// C 11: another import of the same mailbox duplicates everything in it.
#[tokio::test(flavor = "multi_thread")]
async fn oroplatform_411_a_second_import_finds_what_the_first_made() {
    on_both(|scene| async move {
        for number in 0..4 {
            scene.mail(&format!("again{number}@x"));
        }
        scene.calm().await;
        let other = Scene::in_world(scene.given, Database::sqlite().await, "two").await;
        assert_eq!(other.sync().await, 0, "marks stand already");
        assert_eq!(other.given.emails().len(), 4);
    })
    .await;
}

/// C 12: two active pollers after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn n8n_35251_two_nodes_at_once_make_one_record() {
    on_both(|scene| async move {
        let other = Node::start(&scene.database, &scene.given, "two").await;
        let bernd = scene.node.mailbox(BERND).await;
        scene.meeting();
        scene.mail("race@x");
        let copy = eml("race@x", CARLA, ANNA, "Offer");
        scene.given.mail_in(BERND, "inbox", &[CATEGORY], copy);
        for _ in 0..2 {
            // A mailbox that is taken answers "busy", which is the point.
            let _ = tokio::join!(
                scene.node.engine.run_once(scene.anna, Cause::Once),
                other.engine.run_once(bernd, Cause::Once),
                other.engine.run_once(scene.anna, Cause::Once),
                scene.node.engine.run_once(bernd, Cause::Once),
            );
        }
        scene.calm_of(&[scene.anna, bernd]).await;
        scene.appointment();
        assert_eq!(scene.given.emails().len(), 1);
        scene.given.assert_nothing_twice();
    })
    .await;
}
