//! Calendar, tasks and contacts in both directions, over HTTP, on both databases (rules 3 to 5).

use ssi_engine::{SaveEvent, SessionEnd};
use ssi_sandbox::{
    crm::Value as CrmValue,
    exchange::{Draft, Kind, Sending, Value},
};
use ssi_tests::{
    db::on_both,
    given::{ANNA, BERND, CATEGORY, Given},
    node::Node,
    people::{Made, People, attendee, event, marked, text, time},
};

const APPOINTMENTS: &str = "AppointmentCollection";
const TASKS: &str = "TasksCollection";
const CONTACTS: &str = "ContactCollection";

/// Days from now on, so that events lie in the mirrored days.
fn tomorrow(hour: i8) -> String {
    let day = jiff::Zoned::now().date().tomorrow().expect("a day");
    let at = day.at(hour, 0, 0, 0);
    jiff::tz::TimeZone::UTC
        .to_timestamp(at)
        .expect("a time")
        .to_string()
}

fn meeting() -> Draft {
    marked(event("Review", &tomorrow(9), &tomorrow(10)), &[CATEGORY])
}

/// A session that ends well; answers its outward writes.
async fn session(node: &Node, mailbox: ssi_domain::MailboxId) -> u64 {
    let (report, _) = node.session(mailbox).await;
    assert_eq!(report.end, SessionEnd::Done);
    report.counts.writes
}

async fn calm(node: &Node, mailbox: ssi_domain::MailboxId) {
    node.calm(mailbox).await;
}

/// CAL-01, CAL-03, CAL-07, ARC-05
#[tokio::test(flavor = "multi_thread")]
async fn a_categorised_event_is_mirrored_both_ways() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let made = given.make(ANNA, "calendar", meeting(), Sending::NONE);
        calm(&node, mailbox).await;
        let records = given.records(APPOINTMENTS);
        assert_eq!(records.len(), 1);
        let field = |name: &str| {
            given
                .field(APPOINTMENTS, &records[0], name)
                .expect("stands")
        };
        assert_eq!(field("Subject"), "Review");
        assert_eq!(field("StartDate"), tomorrow(9));
        assert_eq!(field("EndDate"), tomorrow(10));
        assert_eq!(field("OwnerPartyID"), given.employee(ANNA), "CAL-32");

        given.edit(&made, |draft| {
            draft
                .properties
                .insert("Subject", text("Review of the year"));
        });
        calm(&node, mailbox).await;
        assert_eq!(field("Subject"), "Review of the year");

        given.change(
            APPOINTMENTS,
            &records[0],
            &[("Location", CrmValue::text("Room 7"))],
        );
        calm(&node, mailbox).await;
        let seen = given.see(&made).expect("stands");
        assert_eq!(seen.text("Location"), "Room 7");
        assert_eq!(seen.text("Subject"), "Review of the year");
        assert!(given.notices().is_empty(), "INV-12");
    })
    .await;
}

/// CAL-56, INV-5, INV-6
#[tokio::test(flavor = "multi_thread")]
async fn deletions_follow_and_edits_beat_them() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let make = || given.make(ANNA, "calendar", meeting(), Sending::NONE);
        let (gone, edited, kept) = (make(), make(), make());
        calm(&node, mailbox).await;
        let records = given.records(APPOINTMENTS);
        assert_eq!(records.len(), 3);

        given.discard(&gone);
        given.discard(&edited);
        given.change(
            APPOINTMENTS,
            &records[1],
            &[("Subject", CrmValue::text("Edited"))],
        );
        given.erase(APPOINTMENTS, &records[2]);
        calm(&node, mailbox).await;
        let status = |key: &str| given.field(APPOINTMENTS, key, "LifeCycleStatusCode");
        assert_eq!(status(&records[0]).as_deref(), Some("4"), "cancelled");
        assert_ne!(status(&records[1]).as_deref(), Some("4"), "INV-6");
        let seen = given.see(&kept).expect("CAL-51: kept");
        assert!(seen.categories().is_empty(), "CAL-51: category off");
        assert_eq!(given.records(APPOINTMENTS).len(), 2, "nothing comes back");
    })
    .await;
}

/// CAL-38, CAL-52, CAL-73
#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_of_the_crm_comes_down_and_goes_again() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        calm(&node, mailbox).await;
        let at = |hour: i8| {
            let at: jiff::Timestamp = tomorrow(hour).parse().expect("time");
            CrmValue::Instant(at.as_microsecond())
        };
        let anna = CrmValue::text(given.employee(ANNA));
        let key = given.record(
            APPOINTMENTS,
            &[
                ("Subject", CrmValue::text("Lunch")),
                ("StartDate", at(11)),
                ("EndDate", at(12)),
                ("OwnerPartyID", anna.clone()),
                ("OrganizerPartyID", anna),
            ],
        );
        calm(&node, mailbox).await;
        let items = given.items(ANNA, Kind::CalendarItem);
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].1.text("Subject"), "Lunch");
        assert_eq!(
            items[0].1.time("Start").map(|at| at.to_string()),
            Some(tomorrow(11))
        );
        assert_eq!(items[0].1.categories(), [CATEGORY]);

        given.edit(&items[0].0, |draft| {
            draft.properties.insert("Subject", text("Late lunch"));
        });
        calm(&node, mailbox).await;
        let subject = given.field(APPOINTMENTS, &key, "Subject");
        assert_eq!(subject.as_deref(), Some("Late lunch"));

        given.erase(APPOINTMENTS, &key);
        calm(&node, mailbox).await;
        assert!(given.items(ANNA, Kind::CalendarItem).is_empty(), "CAL-52");
    })
    .await;
}

/// TSK-02, TSK-09
#[tokio::test(flavor = "multi_thread")]
async fn tasks_are_mirrored_with_status_and_due_day() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let mut task = Draft::new(Kind::Task);
        task.properties.insert("Subject", text("Send the offer"));
        task.properties
            .insert("DueDate", time("2030-05-06T00:00:00Z"));
        let task = marked(task, &[CATEGORY]);
        let made = given.make(ANNA, "tasks", task, Sending::NONE);
        calm(&node, mailbox).await;
        let records = given.records(TASKS);
        assert_eq!(records.len(), 1);
        let field = |name: &str| given.field(TASKS, &records[0], name).expect("stands");
        assert_eq!(field("Subject"), "Send the offer");
        assert!(field("DueDateTime").starts_with("2030-05-06"));
        given.edit(&made, |draft| {
            draft.properties.insert("Status", text("Completed"));
        });
        calm(&node, mailbox).await;
        assert_eq!(field("Status"), "3");
        given.change(TASKS, &records[0], &[("Status", CrmValue::text("2"))]);
        calm(&node, mailbox).await;
        assert_eq!(
            given.see(&made).expect("stands").text("Status"),
            "InProgress"
        );
    })
    .await;
}

/// CON-01, CON-31, CON-33, CON-41
#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_mirrored_with_their_account() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        session(&node, mailbox).await;
        let mut contact = Draft::new(Kind::Contact);
        for (name, value) in [
            ("GivenName", "Rosa"),
            ("Surname", "Neumann"),
            ("CompanyName", "Customer Ltd"),
            ("JobTitle", "Buyer"),
        ] {
            contact.properties.insert(name, text(value));
        }
        let made = given.make(ANNA, "SAP Contacts", contact, Sending::NONE);
        calm(&node, mailbox).await;
        let found = |name: &str| {
            let rows = given.records(CONTACTS);
            let is =
                |key: &&String| given.field(CONTACTS, key, "LastName").as_deref() == Some(name);
            rows.iter().find(is).cloned()
        };
        let key = found("Neumann").expect("uploaded");
        let field = |name: &str| given.field(CONTACTS, &key, name).expect("stands");
        assert_eq!(
            (field("FirstName"), field("JobTitle")),
            ("Rosa".into(), "Buyer".into())
        );
        assert!(!field("AccountID").is_empty(), "CON-31");
        given.change(
            CONTACTS,
            &key,
            &[("JobTitle", CrmValue::text("Head of buying"))],
        );
        calm(&node, mailbox).await;
        assert_eq!(
            given.see(&made).expect("stands").text("JobTitle"),
            "Head of buying"
        );
        // Out of one's address book is not out of the CRM.
        given.discard(&made);
        calm(&node, mailbox).await;
        assert!(found("Neumann").is_some());
        assert!(
            given.items(ANNA, Kind::Contact).is_empty(),
            "and it does not come back"
        );
    })
    .await;
}

/// INV-7: ten deletions at once are held, and exactly they are approved.
#[tokio::test(flavor = "multi_thread")]
async fn many_deletions_are_held_until_somebody_approves_them() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        let made: Vec<Made> = (0..10)
            .map(|_| given.make(ANNA, "calendar", meeting(), Sending::NONE))
            .collect();
        calm(&node, mailbox).await;
        made.iter().for_each(|made| given.discard(made));
        session(&node, mailbox).await;
        let cancelled = || {
            let rows = given.records(APPOINTMENTS);
            let is = |key: &&String| {
                given
                    .field(APPOINTMENTS, key, "LifeCycleStatusCode")
                    .as_deref()
                    == Some("4")
            };
            rows.iter().filter(is).count()
        };
        assert_eq!(cancelled(), 0, "none of them is executed");
        let status = node.engine.status(mailbox).await.expect("status");
        assert_eq!(status.suspended.expect("held").0, "budget_exceeded");
        let held = node
            .store
            .held(mailbox)
            .await
            .expect("read")
            .expect("a plan");
        assert!(
            !node
                .engine
                .approve_held(mailbox, "another")
                .await
                .expect("asked")
        );
        assert!(
            node.engine
                .approve_held(mailbox, &held.digest)
                .await
                .expect("asked")
        );
        session(&node, mailbox).await;
        assert_eq!(cancelled(), 10);
    })
    .await;
}

/// X1, LNK-01: a click saves at once; a session and another click find the same record.
#[tokio::test(flavor = "multi_thread")]
async fn a_click_saves_an_event_once() {
    on_both(|database| async move {
        let given = Given::world().await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        session(&node, mailbox).await;
        let plain = event("Visit", &tomorrow(9), &tomorrow(10));
        let made = given.make(ANNA, "calendar", plain, Sending::NONE);
        let click = || {
            node.engine.save_event(
                mailbox,
                SaveEvent {
                    request_id: None,
                    caller: "anna".into(),
                    item: ssi_domain::ItemId::new(given.id_of(&made)),
                    kind: ssi_domain::Kind::Appointment,
                    links: None,
                    also: Vec::new(),
                },
            )
        };
        let first = click().await.expect("saved");
        assert!(!first.already_saved);
        calm(&node, mailbox).await;
        let again = click().await.expect("saved");
        assert!(again.already_saved);
        assert_eq!(first.record, again.record);
        assert_eq!(given.records(APPOINTMENTS).len(), 1);
        assert_eq!(given.see(&made).expect("stands").categories(), [CATEGORY]);
    })
    .await;
}

/// REG-01: two employees in one meeting, in either order of sync; the organizer calls it as the category says.
async fn two_employees(organizer_first: bool, category: &'static str) {
    on_both(move |database| async move {
        {
            let given = Given::world().await;
            let node = Node::start(&database, &given, "one").await;
            let (anna, bernd) = (node.mailbox(ANNA).await, node.mailbox(BERND).await);
            let mut meeting = meeting();
            let invited = Value::Attendees(vec![attendee(BERND)]);
            meeting.properties.insert("RequiredAttendees", invited);
            let meeting = marked(meeting, &[category]);
            let made = given.make(ANNA, "calendar", meeting, Sending::ALL);
            let copies = given.items(BERND, Kind::CalendarItem);
            assert_eq!(copies.len(), 1, "the invitation arrived");
            given.edit_quietly(&copies[0].0, |draft| {
                let category = Value::Strings(vec![CATEGORY.into()]);
                draft.properties.insert("Categories", category);
            });
            let notices = given.notices().len();
            let order = if organizer_first {
                [anna, bernd]
            } else {
                [bernd, anna]
            };
            for _ in 0..3 {
                for mailbox in order {
                    calm(&node, mailbox).await;
                }
            }
            let sets = [
                (APPOINTMENTS, "LifeCycleStatusCode"),
                ("VisitCollection", "Status"),
            ];
            let records = sets.iter().flat_map(|(set, status)| {
                let keys = given.records(set).into_iter();
                keys.map(|key| given.field(set, &key, status))
            });
            let states: Vec<_> = records.collect();
            assert_eq!(states.len(), 1, "one meeting, one record");
            assert_ne!(states[0].as_deref(), Some("4"));
            assert!(given.see(&made).is_some() && given.see(&copies[0].0).is_some());
            assert_eq!(given.notices().len(), notices, "nothing was sent");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_employees_in_one_meeting_organizer_first() {
    two_employees(true, CATEGORY).await;
}

/// CAL-01, INV-1: it stays what it became first.
#[tokio::test(flavor = "multi_thread")]
async fn two_employees_who_call_one_meeting_differently() {
    for organizer_first in [true, false] {
        two_employees(organizer_first, "Visit").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_employees_in_one_meeting_attendee_first() {
    two_employees(false, CATEGORY).await;
}
