//! Two actors at once on events, tasks and contacts: click and session, two nodes on one database.

use std::time::Duration;

use jiff::SignedDuration;
use ssi_domain::{ItemId, Kind, TenantId};
use ssi_engine::{EventClick, EventOutcome, SaveEvent};
use ssi_sandbox::{
    GatePoint, GateRule,
    crm::Value as CrmValue,
    exchange::{Draft, Kind as ItemKind, Sending, Value},
};
use ssi_tests::{
    calm::{feed, tomorrow},
    db::{Database, on_both},
    desk::{named, titled},
    given::{ANNA, BERND, CATEGORY, Given},
    node::{Node, TENANT},
    people::{People, attendee, event, marked, text},
};

use crate::race::{assert_no_overlap, run_both};

const APPOINTMENTS: &str = "AppointmentCollection";

fn click(item: String, deadline: Duration) -> EventClick {
    EventClick {
        save: SaveEvent {
            request_id: None,
            caller: "anna".into(),
            item: ItemId::new(item),
            kind: Kind::Appointment,
            links: None,
            also: Vec::new(),
        },
        composed: None,
        deadline,
    }
}

fn meeting(subject: &str) -> Draft {
    marked(event(subject, &tomorrow(9), &tomorrow(10)), &[CATEGORY])
}

/// X1, INV-1: a click while a session works on the same event.
#[tokio::test(flavor = "multi_thread")]
async fn a_click_on_an_event_during_a_session_gives_one_record() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        for round in 1..=8 {
            let made = given.make(ANNA, "calendar", meeting("Race"), Sending::NONE);
            let click = click(given.id_of(&made), Duration::from_secs(30));
            let (clicked, _) = tokio::join!(
                node.engine.click_event(mailbox, click),
                node.session(mailbox)
            );
            let saved = matches!(clicked, Ok(EventOutcome::Saved(_)));
            assert!(saved, "round {round}: {clicked:?}");
        }
        node.calm(mailbox).await;
        node.advance(SignedDuration::from_mins(10));
        node.calm(mailbox).await;
        assert_eq!(given.records(APPOINTMENTS).len(), 8);
        assert_eq!(given.items(ANNA, ItemKind::CalendarItem).len(), 8);
        assert!(given.notices().is_empty(), "INV-12");
    })
    .await;
}

/// X1, INV-1: a session has the event in hand for longer than the person waits; the next session fulfils the wish and
/// makes nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_click_on_a_busy_event_becomes_a_wish_that_the_next_session_fulfils() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        node.calm(mailbox).await;
        let made = given.make(ANNA, "calendar", meeting("Busy"), Sending::NONE);
        let faults = given.sandbox.world().faults();
        let gate = faults.add_gate(GateRule {
            face: Some("odata".into()),
            operation: Some(format!("POST {APPOINTMENTS}")),
            nth: 1,
            point: GatePoint::After,
        });
        let click = click(given.id_of(&made), Duration::from_millis(400));
        let clicking = async {
            faults.gate_reached(gate).await;
            let clicked = node.engine.click_event(mailbox, click).await;
            faults.release_gate(gate);
            clicked
        };
        let (_, clicked) = tokio::join!(node.session(mailbox), clicking);
        let Ok(EventOutcome::Queued(wish)) = clicked else {
            panic!("not queued: {clicked:?}");
        };
        node.advance(SignedDuration::from_mins(2));
        node.session(mailbox).await;
        let fulfilled = node.store.wish_fulfilled(mailbox, wish).await;
        assert_eq!(fulfilled.expect("read"), Some(true));
        node.calm(mailbox).await;
        assert_eq!(given.records(APPOINTMENTS).len(), 1);
        let item = given.see(&made).expect("stands");
        assert!(item.categories().contains(&CATEGORY.to_owned()));
    })
    .await;
}

/// INV-2: a write of the item was refused because somebody edited it, and it is edited once more while what it said then
/// is written to the CRM. What the refused write held was agreed by nobody: the last edit stands on both sides.
#[tokio::test(flavor = "multi_thread")]
async fn an_edit_after_a_refused_write_is_not_taken_for_agreed() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let made = given.make(ANNA, "calendar", meeting("Race"), Sending::NONE);
        node.calm(mailbox).await;
        let key = given.records(APPOINTMENTS).remove(0);
        let place = CrmValue::text("From the CRM");
        given.change(APPOINTMENTS, &key, &[("Location", place)]);
        feed(&node).await;

        let faults = given.sandbox.world().faults();
        let gate = |face: &str, operation: Option<&str>| {
            faults.add_gate(GateRule {
                face: Some(face.into()),
                operation: operation.map(Into::into),
                nth: 1,
                point: GatePoint::Before,
            })
        };
        let edit = |place: &str| {
            given.edit(&made, |draft| {
                draft.properties.insert("Location", text(place));
            });
        };
        let to_item = gate("ews", Some("UpdateItem"));
        let people = async {
            faults.gate_reached(to_item).await;
            edit("From Outlook");
            let operation = format!("PATCH {APPOINTMENTS}");
            let to_record = gate("odata", Some(&operation));
            faults.release_gate(to_item);
            faults.gate_reached(to_record).await;
            edit("From Outlook, later");
            faults.release_gate(to_record);
        };
        tokio::join!(node.session(mailbox), people);
        node.calm(mailbox).await;

        let last = "From Outlook, later";
        assert_eq!(given.see(&made).expect("stands").text("Location"), last);
        let there = given.field(APPOINTMENTS, &key, "Location");
        assert_eq!(there.as_deref(), Some(last));
    })
    .await;
}

/// INV-1, INV-22, CAL-37: two nodes on one PostgreSQL mirror the same mailboxes, and two attendees the same meetings:
/// each record once, no session of a mailbox twice at once.
#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_mirror_the_same_mailboxes_and_make_each_record_once() {
    let Some(database) = Database::postgres().await else {
        return;
    };
    let given = Given::world().await;
    let one = Node::start(&database, &given, "one").await;
    let two = Node::start(&database, &given, "two").await;
    let mailboxes = [one.mailbox(ANNA).await, one.mailbox(BERND).await];
    for number in 0..12 {
        let mut draft = meeting(&format!("Meeting {number}"));
        let people = vec![attendee(BERND), attendee("carla@customer.example")];
        draft
            .properties
            .insert("RequiredAttendees", Value::Attendees(people));
        given.make(ANNA, "calendar", draft, Sending::ALL);
    }
    // Bernd wants them in the CRM as well.
    for (copy, _) in given.items(BERND, ItemKind::CalendarItem) {
        given.edit_quietly(&copy, |draft| {
            let categories = Value::Strings(vec![CATEGORY.to_owned()]);
            draft.properties.insert("Categories", categories);
        });
    }
    let copies = given.items(BERND, ItemKind::CalendarItem).len();
    assert_eq!(copies, 12, "he was invited");
    let sent = given.notices().len();
    let anna = given.sandbox.world().person(ANNA);
    for number in 0..6 {
        let mut task = titled(&format!("Task {number}"));
        task.categories = Some(vec![CATEGORY.into()]);
        anna.create_task_in("tasks", &task).expect("made");
        let mut contact = named("Rosa", &format!("Neumann {number}"));
        contact.categories = Some(vec![CATEGORY.into()]);
        anna.create_contact_in("contacts", &contact).expect("made");
    }
    run_both(&one, &two, &mailboxes).await;
    for mailbox in mailboxes {
        one.calm(mailbox).await;
        two.calm(mailbox).await;
        assert_no_overlap(&one, mailbox).await;
    }
    assert_eq!(given.records(APPOINTMENTS).len(), 12);
    assert_eq!(given.records("TasksCollection").len(), 6);
    let contacts = given.sandbox.world().crm().contacts();
    let made = contacts
        .iter()
        .filter(|one| one.last_name.starts_with("Neumann"));
    assert_eq!(made.count(), 6);
    for mailbox in [ANNA, BERND] {
        let events = given.items(mailbox, ItemKind::CalendarItem);
        assert_eq!(events.len(), 12, "{mailbox}");
    }
    assert_eq!(given.notices().len(), sent, "INV-12");
}

/// ARC-05, INV-22: a reading of the CRM's changes that takes longer than its lease keeps it, page by page; another node
/// leaves it alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_reading_of_changes_stays_with_its_node() {
    on_both(|database| async move {
        let given = Given::world().await;
        let one = Node::start(&database, &given, "one").await;
        let two = Node::start(&database, &given, "two").await;
        one.mailbox(ANNA).await;
        let tenant = TenantId::new(TENANT);
        let faults = given.sandbox.world().faults();
        let hold = |nth| {
            faults.add_gate(GateRule {
                face: Some("odata".into()),
                operation: None,
                nth,
                point: GatePoint::Before,
            })
        };
        let later = |minutes| {
            for node in [&one, &two] {
                node.advance(SignedDuration::from_mins(minutes));
            }
        };
        let first = hold(2);
        let meanwhile = async {
            faults.gate_reached(first).await;
            later(6);
            let second = hold(4);
            faults.release_gate(first);
            faults.gate_reached(second).await;
            later(6);
            let calls = given.sandbox.world().total_calls();
            let other = two.engine.feed(&tenant, true).await.expect("left alone");
            assert_eq!(other.changes, 0);
            let asked = given.sandbox.world().total_calls() - calls;
            assert_eq!(asked, 0, "the first node has it still");
            faults.release_gate(second);
        };
        let (read, ()) = tokio::join!(one.engine.feed(&tenant, true), meanwhile);
        assert!(read.expect("read to its end").changes > 0);
    })
    .await;
}
