//! Cursors, the database or the tenant's records are lost: nothing twice, nothing deleted.

use jiff::SignedDuration;
use ssi_sandbox::{
    crm::Value as CrmValue,
    exchange::{Draft, Kind, Sending},
};
use ssi_tests::{
    calm::{calm, feed, session, tomorrow},
    db::{Database, on_both},
    given::{ANNA, CATEGORY, Given},
    node::Node,
    people::{Made, People, event, marked, text},
};

const APPOINTMENTS: &str = "AppointmentCollection";
const TASKS: &str = "TasksCollection";

fn meeting(subject: &str) -> Draft {
    marked(event(subject, &tomorrow(9), &tomorrow(10)), &[CATEGORY])
}

/// Three meetings and a task that are in step.
async fn in_step(given: &Given, node: &Node) -> Vec<Made> {
    let mailbox = node.mailbox(ANNA).await;
    let mut made: Vec<Made> = ["One", "Two", "Three"]
        .into_iter()
        .map(|subject| given.make(ANNA, "calendar", meeting(subject), Sending::NONE))
        .collect();
    let mut task = Draft::new(Kind::Task);
    task.properties.insert("Subject", text("Call back"));
    made.push(given.make(ANNA, "tasks", marked(task, &[CATEGORY]), Sending::NONE));
    calm(node, mailbox).await;
    assert_counts(given, "in step");
    made
}

fn assert_counts(given: &Given, what: &str) {
    assert_eq!(given.records(APPOINTMENTS).len(), 3, "{what}: appointments");
    assert_eq!(given.records(TASKS).len(), 1, "{what}: tasks");
    assert_eq!(
        given.items(ANNA, Kind::CalendarItem).len(),
        3,
        "{what}: events"
    );
    assert_eq!(given.items(ANNA, Kind::Task).len(), 1, "{what}: tasks");
    let keys = given.records(APPOINTMENTS);
    let status = |key: &String| given.field(APPOINTMENTS, key, "LifeCycleStatusCode");
    assert!(
        keys.iter().all(|key| status(key).as_deref() != Some("4")),
        "{what}"
    );
    assert!(given.notices().is_empty(), "{what}: INV-12");
}

/// An edit on either side still arrives.
async fn still_mirrored(given: &Given, node: &Node, made: &Made, subject: &str) {
    let mailbox = node.mailbox(ANNA).await;
    given.edit(made, |draft| {
        draft.properties.insert("Subject", text(subject));
    });
    calm(node, mailbox).await;
    let keys = given.records(APPOINTMENTS);
    let found = keys
        .iter()
        .find(|key| given.field(APPOINTMENTS, key, "Subject").as_deref() == Some(subject));
    let key = found.expect("the edit arrived in the CRM");
    given.change(APPOINTMENTS, key, &[("Location", CrmValue::text("Room 9"))]);
    calm(node, mailbox).await;
    assert_eq!(given.see(made).expect("stands").text("Location"), "Room 9");
}

/// INV-1, INV-5: all sync states are forgotten by the mail server.
#[tokio::test(flavor = "multi_thread")]
async fn lost_cursors_of_mailbox_and_feed_cost_reads_and_no_writes() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let made = in_step(&given, &node).await;
        for (collection, _) in node.store.cursors(mailbox).await.expect("read") {
            let dropped = node.store.drop_cursor(mailbox, &collection).await;
            dropped.expect("dropped");
        }
        let tenant = ssi_domain::TenantId::new(ssi_tests::node::TENANT);
        for (kind, _) in node.store.feed_cursors(&tenant).await.expect("read") {
            let dropped = node.store.drop_feed_cursor(&tenant, kind).await;
            dropped.expect("dropped");
        }
        feed(&node).await;
        assert_eq!(session(&node, mailbox).await, 0, "nothing is written");
        assert_counts(&given, "cursors lost");
        still_mirrored(&given, &node, &made[0], "Edited later").await;
    })
    .await;
}

/// INV-1: an empty database meets a mailbox and a tenant that were in step.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_finds_every_pair_again() {
    on_both(|database| async move {
        let given = Given::world().await;
        let old = Node::start(&database, &given, "one").await;
        let made = in_step(&given, &old).await;
        let fresh = match database.engine {
            "sqlite" => Database::sqlite().await,
            _ => Database::postgres().await.expect("answers"),
        };
        let node = Node::start(&fresh, &given, "two").await;
        let mailbox = node.mailbox(ANNA).await;
        calm(&node, mailbox).await;
        assert_counts(&given, "an empty database");
        still_mirrored(&given, &node, &made[1], "Edited last").await;
        assert_counts(&given, "afterwards");
    })
    .await;
}

/// CAL-51, INV-5: the tenant was refreshed and its records are gone: the items stay and nothing is imported again.
#[tokio::test(flavor = "multi_thread")]
async fn records_gone_with_a_refreshed_tenant_delete_nothing_by_themselves() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        in_step(&given, &node).await;
        given.erase_all(APPOINTMENTS);
        calm(&node, mailbox).await;
        assert_eq!(
            given.items(ANNA, Kind::CalendarItem).len(),
            3,
            "the items stay"
        );
        assert!(
            given.records(APPOINTMENTS).is_empty(),
            "and are not imported again"
        );
        assert!(given.notices().is_empty(), "INV-12");
    })
    .await;
}

/// INV-1, INV-5: the mailbox lives on another server: every id the database knows names nothing any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_moved_to_another_server_is_found_again_item_by_item() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let made = in_step(&given, &node).await;
        {
            let mut exchange = given.sandbox.world().exchange();
            let moved = exchange.mailbox_mut(ANNA).expect("Anna has a mailbox");
            moved.move_to_another_server();
        }
        calm(&node, mailbox).await;
        assert_counts(&given, "moved");
        // The daily look at every pair finds them by their marks too.
        node.advance(SignedDuration::from_hours(25));
        calm(&node, mailbox).await;
        assert_counts(&given, "a day later");
        still_mirrored(&given, &node, &made[2], "Edited elsewhere").await;
        assert_counts(&given, "afterwards");
    })
    .await;
}

/// INV-1, INV-2, INV-8: the database is a backup from before the last edits, a new meeting and a cancelled one.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_backup_of_the_database_catches_up() {
    on_both(|database| async move {
        let given = Given::world().await;
        let before = Node::start(&database, &given, "one").await;
        let made = in_step(&given, &before).await;
        before.store.close().await;
        let backup = database.copy().await;

        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        still_mirrored(&given, &node, &made[0], "Edited later").await;
        given.make(ANNA, "calendar", meeting("Made since"), Sending::NONE);
        calm(&node, mailbox).await;
        assert_eq!(given.records(APPOINTMENTS).len(), 4);
        node.store.close().await;

        let node = Node::start(&backup, &given, "two").await;
        let mailbox = node.mailbox(ANNA).await;
        calm(&node, mailbox).await;
        assert_eq!(given.records(APPOINTMENTS).len(), 4, "nothing twice");
        assert_eq!(given.items(ANNA, Kind::CalendarItem).len(), 4);
        let kept = given.see(&made[0]).expect("stands");
        assert_eq!(kept.text("Subject"), "Edited later");
        assert_eq!(kept.text("Location"), "Room 9", "nothing is undone");
        still_mirrored(&given, &node, &made[1], "Edited last").await;
        assert!(given.notices().is_empty(), "INV-12");
    })
    .await;
}

/// INV-1, CAL-07: what came down since the backup and was released is not made again; what was not is kept in step.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_down_since_an_older_backup_does_not_come_down_again() {
    on_both(|database| async move {
        let given = Given::world().await;
        let before = Node::start(&database, &given, "one").await;
        let mailbox = before.mailbox(ANNA).await;
        calm(&before, mailbox).await;
        before.store.close().await;
        let backup = database.copy().await;

        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let anna = CrmValue::text(given.employee(ANNA));
        for subject in ["Kept", "Released"] {
            let start: jiff::Timestamp = tomorrow(9).parse().expect("a time");
            let fields = [
                ("Subject", CrmValue::text(subject)),
                ("StartDate", CrmValue::Instant(start.as_microsecond())),
                (
                    "EndDate",
                    CrmValue::Instant(start.as_microsecond() + 3_600_000_000),
                ),
                ("OwnerPartyID", anna.clone()),
                ("OrganizerPartyID", anna.clone()),
            ];
            given.record(APPOINTMENTS, &fields);
        }
        calm(&node, mailbox).await;
        let find = |subject: &str| {
            let items = given.items(ANNA, Kind::CalendarItem).into_iter();
            let mut named = items.filter(|(_, draft)| draft.text("Subject") == subject);
            let found = named.next().expect("came down");
            assert!(named.next().is_none(), "{subject}: once");
            found
        };
        let (released, _) = find("Released");
        given.edit(&released, |draft| {
            draft.properties.remove("Categories");
        });
        calm(&node, mailbox).await;
        node.store.close().await;

        let node = Node::start(&backup, &given, "two").await;
        let mailbox = node.mailbox(ANNA).await;
        calm(&node, mailbox).await;
        assert!(find("Released").1.categories().is_empty(), "CAL-07");
        let (kept, _) = find("Kept");
        let keys = given.records(APPOINTMENTS);
        let named =
            |key: &&String| given.field(APPOINTMENTS, key, "Subject").as_deref() == Some("Kept");
        let key = keys.iter().find(named).expect("stands");
        given.change(APPOINTMENTS, key, &[("Location", CrmValue::text("Room 9"))]);
        calm(&node, mailbox).await;
        assert_eq!(given.see(&kept).expect("stands").text("Location"), "Room 9");
        assert_eq!(given.items(ANNA, Kind::CalendarItem).len(), 2);
    })
    .await;
}
