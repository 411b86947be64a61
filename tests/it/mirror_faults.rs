//! What goes wrong between us and the servers while events, tasks and contacts are mirrored: nothing twice, nothing
//! lost, the mailbox goes on.

use jiff::SignedDuration;
use ssi_domain::TenantId;
use ssi_sandbox::{
    Fault, FaultRule,
    crm::Value as CrmValue,
    exchange::{Kind as ItemKind, Sending},
};
use ssi_store::MailboxState;
use ssi_tests::{
    calm::tomorrow,
    db::Database,
    desk::titled,
    fault,
    given::{ANNA, CATEGORY, Given},
    node::{Node, TENANT},
    people::{People, event, marked},
};

const APPOINTMENTS: &str = "AppointmentCollection";

/// The calls of sessions and of the feed.
const CALLS: [(&str, &str); 10] = [
    ("ews", "SyncFolderItems"),
    ("ews", "GetItem"),
    ("ews", "CreateItem"),
    ("ews", "UpdateItem"),
    ("odata", "$batch"),
    ("odata", "POST AppointmentCollection"),
    ("odata", "POST TasksCollection"),
    ("odata", "PATCH AppointmentCollection"),
    ("odata", "GET AppointmentCollection"),
    ("odata", "GET TasksCollection"),
];

async fn rounds(node: &Node, mailbox: ssi_domain::MailboxId) {
    for _ in 0..4 {
        // What the feed cannot read now it reads the next time.
        let fed = node.engine.feed(&TenantId::new(TENANT), true).await;
        drop(fed);
        node.session(mailbox).await;
        node.advance(SignedDuration::from_mins(30));
    }
}

async fn after_any_fault(database: Database) {
    let given = Given::world().await;
    let node = Node::start(&database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    node.calm(mailbox).await;
    let anna = CrmValue::text(given.employee(ANNA));
    let at = |hour| {
        let time: jiff::Timestamp = tomorrow(hour).parse().expect("a time");
        CrmValue::Instant(time.as_microsecond())
    };
    let mut number = 0;
    for (face, operation) in CALLS {
        for fault in fault::passing() {
            if matches!(fault, Fault::ServerBusy { .. }) && face != "ews" {
                continue;
            }
            number += 1;
            let what = format!("{fault:?} at {face} {operation} on {}", database.engine);
            let draft = event(&format!("Up {number}"), &tomorrow(9), &tomorrow(10));
            let draft = marked(draft, &[CATEGORY]);
            given.make(ANNA, "calendar", draft, Sending::NONE);
            let down = given.record(
                APPOINTMENTS,
                &[
                    ("Subject", CrmValue::text(format!("Down {number}"))),
                    ("StartDate", at(11)),
                    ("EndDate", at(12)),
                    ("OwnerPartyID", anna.clone()),
                    ("OrganizerPartyID", anna.clone()),
                ],
            );
            let outlook = given.sandbox.world().person(ANNA);
            let task = titled(&format!("Task {number}"));
            outlook.create_task_in("SAP Tasks", &task).expect("made");
            let faults = given.sandbox.world().faults();
            faults.add(FaultRule::once(face, operation, fault));
            rounds(&node, mailbox).await;
            faults.clear();

            assert_eq!(given.records(APPOINTMENTS).len(), 2 * number, "{what}");
            assert_eq!(given.records("TasksCollection").len(), number, "{what}");
            let events = given.items(ANNA, ItemKind::CalendarItem);
            assert_eq!(events.len(), 2 * number, "{what}");
            let marks = events
                .iter()
                .all(|(_, draft)| draft.categories() == [CATEGORY.to_owned()]);
            assert!(marks, "{what}");
            let subject = given.field(APPOINTMENTS, &down, "Subject");
            assert_eq!(subject, Some(format!("Down {number}")), "{what}");
            let row = node.store.mailbox(mailbox).await.expect("read");
            let state = row.expect("the mailbox").state;
            assert_eq!(state, MailboxState::Active, "{what}");
        }
    }
    node.calm(mailbox).await;
    assert!(given.notices().is_empty(), "INV-12");
}

/// INV-1, INV-9, INV-19
#[tokio::test(flavor = "multi_thread")]
async fn after_any_fault_at_any_call_each_pair_stands_once_on_sqlite() {
    after_any_fault(Database::sqlite().await).await;
}

/// INV-1, INV-9, INV-19
#[tokio::test(flavor = "multi_thread")]
async fn after_any_fault_at_any_call_each_pair_stands_once_on_postgresql() {
    if let Some(database) = Database::postgres().await {
        after_any_fault(database).await;
    }
}
