//! A node dies at each outward call of a click on an event and of sessions that mirror events, tasks and contacts,
//! before the call reaches the other side and after its effect. The next one brings both sides to where they would
//! stand undisturbed: nothing twice, nothing lost, nobody notified (INV-1, INV-3, INV-9, INV-12).

use std::time::Duration;

use ssi_domain::{ItemId, Kind, MailboxId};
use ssi_engine::{EventClick, SaveEvent};
use ssi_sandbox::{
    GatePoint,
    crm::{ContactForm, Kind as RecordKind, TaskForm, Value as CrmValue},
    exchange::{Kind as ItemKind, Sending, Value},
};
use ssi_tests::{
    calm::tomorrow,
    db::Database,
    desk::{Desk, named, titled},
    doomed::killed_at,
    given::{ANNA, CATEGORY, Given},
    node::Node,
    people::{People, attendee, event, marked, text},
};

const APPOINTMENTS: &str = "AppointmentCollection";

/// Everything people see on both sides, without ids and clocks.
fn seen(given: &Given) -> Vec<String> {
    let mut all = Vec::new();
    for key in given.records(APPOINTMENTS) {
        let field = |name| given.field(APPOINTMENTS, &key, name).unwrap_or_default();
        let (subject, place) = (field("Subject"), field("Location"));
        all.push(format!(
            "appointment {subject} {place} {}",
            field("LifeCycleStatusCode")
        ));
    }
    for (_, draft) in given.items(ANNA, ItemKind::CalendarItem) {
        let (subject, place) = (draft.text("Subject"), draft.text("Location"));
        all.push(format!("event {subject} {place} {:?}", draft.categories()));
    }
    let crm = given.sandbox.world().crm();
    for task in crm.tasks() {
        all.push(format!("stored task {} {}", task.subject, task.status));
    }
    for contact in crm.contacts() {
        all.push(format!("stored contact {}", contact.last_name));
    }
    for account in crm.accounts() {
        all.push(format!("stored account {}", account.name));
    }
    drop(crm);
    let anna = given.sandbox.world().person(ANNA);
    for task in anna.tasks().iter().filter(|task| !task.item.deleted) {
        let item = &task.item;
        all.push(format!("task {} {:?}", item.subject, item.categories));
    }
    for contact in anna.contacts().iter().filter(|one| !one.item.deleted) {
        let item = &contact.item;
        let (name, company) = (&contact.surname, &contact.company);
        all.push(format!("contact {name} {company} {:?}", item.categories));
    }
    all.sort();
    all
}

/// What a killed node was doing: the feed and a session.
async fn work(node: Node, mailbox: MailboxId) {
    node.step(mailbox).await;
}

/// A node after the dead one, until both sides rest.
async fn rested(database: &Database, given: Given) -> Desk {
    let node = Node::start(database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    node.calm(mailbox).await;
    // What the dead one put off is due by then.
    node.advance(jiff::SignedDuration::from_mins(30));
    node.calm(mailbox).await;
    Desk {
        given,
        node,
        mailbox,
    }
}

/// One engine after the other, so that each meets half of the calls in half of the time; SQLite alone where there is no
/// PostgreSQL.
async fn engine(at: u64) -> Database {
    let postgres = match at % 2 {
        0 => None,
        _ => Database::postgres().await,
    };
    match postgres {
        Some(database) => database,
        None => Database::sqlite().await,
    }
}

/// Kills a node at every call of its work in a world, and compares with the undisturbed one.
async fn at_every_call(point: GatePoint, prepare: impl AsyncFn(&Database) -> Given) {
    let database = Database::sqlite().await;
    let given = prepare(&database).await;
    let world = given.sandbox.world();
    world.reset_calls();
    let never = (u64::MAX, GatePoint::Before);
    killed_at((&database, &given), never, work).await;
    let calls = world.total_calls();
    assert!(calls >= 10, "counted {calls}");
    let desk = rested(&database, given).await;
    let expected = seen(&desk.given);
    // What Anna's Outlook sent.
    let notices = desk.given.notices().len();
    for call in 1..=calls {
        let database = engine(call + u64::from(point == GatePoint::After)).await;
        let on = database.engine;
        let what = format!("killed {point:?} call {call} of {calls} on {on}");
        let given = prepare(&database).await;
        killed_at((&database, &given), (call, point), work).await;
        let desk = rested(&database, given).await;
        assert_eq!(seen(&desk.given), expected, "{what}");
        assert!(desk.issues().await.is_empty(), "{what}");
        assert_eq!(desk.given.notices().len(), notices, "INV-12: {what}");
        desk.assert_at_rest().await;
    }
}

fn meeting(subject: &str) -> ssi_sandbox::exchange::Draft {
    let mut draft = event(subject, &tomorrow(9), &tomorrow(10));
    let people = vec![attendee("carla@customer.example")];
    draft
        .properties
        .insert("RequiredAttendees", Value::Attendees(people));
    marked(draft, &[CATEGORY])
}

/// An appointment of Anna's, made in the CRM.
fn appointment(given: &Given, subject: &str) -> String {
    let at = |hour| {
        let time: jiff::Timestamp = tomorrow(hour).parse().expect("a time");
        CrmValue::Instant(time.as_microsecond())
    };
    let anna = CrmValue::text(given.employee(ANNA));
    let fields = [
        ("Subject", CrmValue::text(subject)),
        ("StartDate", at(11)),
        ("EndDate", at(12)),
        ("OwnerPartyID", anna.clone()),
        ("OrganizerPartyID", anna),
    ];
    given.record(APPOINTMENTS, &fields)
}

fn task(desk: &Desk, subject: &str) -> String {
    let form = TaskForm {
        subject: Some(subject.into()),
        owner: Some(desk.given.employee(ANNA)),
        ..TaskForm::default()
    };
    desk.screen(|person| person.create(&form))
}

/// New events of both sides.
async fn new_events(database: &Database) -> Given {
    let desk = Desk::open(database).await;
    desk.given
        .make(ANNA, "calendar", meeting("Up"), Sending::NONE);
    appointment(&desk.given, "Down");
    desk.given
}

/// Changes and deletions of events, of both sides.
async fn changed_events(database: &Database) -> Given {
    let desk = Desk::open(database).await;
    let up = desk
        .given
        .make(ANNA, "calendar", meeting("Up"), Sending::NONE);
    let gone = desk
        .given
        .make(ANNA, "calendar", meeting("Gone"), Sending::NONE);
    let down = appointment(&desk.given, "Down");
    desk.calm().await;
    desk.given.edit_quietly(&up, |draft| {
        draft.properties.insert("Location", text("Room 7"));
    });
    let edited = [("Location", CrmValue::text("Their place"))];
    desk.given.change(APPOINTMENTS, &down, &edited);
    let world = desk.given.sandbox.world();
    let bin = world.person(ANNA);
    bin.delete_for_good(gone.key).expect("Outlook deletes it");
    desk.given
}

/// New tasks and contacts of both sides: kinds without a key of ours in the CRM, where what a lost create made is found by
/// what it is called.
async fn new_others(database: &Database) -> Given {
    let desk = Desk::open(database).await;
    desk.task("SAP Tasks", &titled("Up"));
    task(&desk, "Down");
    let mut contact = named("Rosa", "Neumann");
    contact.company = Some("Fresh Goods".into());
    desk.contact("SAP Contacts", &contact);
    desk.crm_contact(ContactForm {
        first_name: Some("Hugo".into()),
        last_name: Some("Unten".into()),
        ..ContactForm::default()
    });
    desk.given
}

/// Changes and deletions of tasks and contacts, of both sides.
async fn changed_others(database: &Database) -> Given {
    let desk = Desk::open(database).await;
    let up = desk.task("SAP Tasks", &titled("Up"));
    let down = task(&desk, "Down");
    let gone = task(&desk, "Gone");
    let rosa = desk.contact("SAP Contacts", &named("Rosa", "Neumann"));
    desk.calm().await;
    let renamed = titled("Up, renamed");
    desk.outlook().edit_task(up, &renamed).expect("edited");
    let edited = TaskForm {
        subject: Some("Down, renamed".into()),
        ..TaskForm::default()
    };
    desk.screen(|person| person.edit(&down, &edited));
    desk.screen(|person| person.purge(RecordKind::Task, &gone));
    let married = named("Rosa", "Falk");
    desk.outlook().edit_contact(rosa, &married).expect("edited");
    desk.given
}

/// INV-1, INV-9
#[tokio::test(flavor = "multi_thread")]
async fn killed_before_a_call_while_events_are_made_each_is_made_once() {
    at_every_call(GatePoint::Before, new_events).await;
}

/// INV-1, INV-9
#[tokio::test(flavor = "multi_thread")]
async fn killed_after_an_effect_while_events_are_made_each_is_made_once() {
    at_every_call(GatePoint::After, new_events).await;
}

/// INV-3, INV-6
#[tokio::test(flavor = "multi_thread")]
async fn killed_before_a_call_while_events_change_both_sides_agree_in_the_end() {
    at_every_call(GatePoint::Before, changed_events).await;
}

/// INV-3, INV-6
#[tokio::test(flavor = "multi_thread")]
async fn killed_after_an_effect_while_events_change_both_sides_agree_in_the_end() {
    at_every_call(GatePoint::After, changed_events).await;
}

/// INV-1, INV-9
#[tokio::test(flavor = "multi_thread")]
async fn killed_before_a_call_while_tasks_and_contacts_are_made_each_is_made_once() {
    at_every_call(GatePoint::Before, new_others).await;
}

/// INV-1, INV-9
#[tokio::test(flavor = "multi_thread")]
async fn killed_after_an_effect_while_tasks_and_contacts_are_made_each_is_made_once() {
    at_every_call(GatePoint::After, new_others).await;
}

/// INV-3, INV-6
#[tokio::test(flavor = "multi_thread")]
async fn killed_before_a_call_while_tasks_and_contacts_change_both_sides_agree_in_the_end() {
    at_every_call(GatePoint::Before, changed_others).await;
}

/// INV-3, INV-6
#[tokio::test(flavor = "multi_thread")]
async fn killed_after_an_effect_while_tasks_and_contacts_change_both_sides_agree_in_the_end() {
    at_every_call(GatePoint::After, changed_others).await;
}

/// X1, INV-1, INV-9: the second click and sessions give one record.
async fn clicked(point: GatePoint) {
    for call in 1.. {
        let database = engine(call + u64::from(point == GatePoint::After)).await;
        let what = format!("killed {point:?} call {call} on {}", database.engine);
        let desk = Desk::open(&database).await;
        let mut draft = meeting("Clicked");
        draft.properties.remove("Categories");
        let made = desk.given.make(ANNA, "calendar", draft, Sending::NONE);
        let id = desk.given.id_of(&made);
        let given = desk.given;
        given.sandbox.world().reset_calls();
        let first = click(id.clone());
        let act = |node: Node, mailbox| async move {
            let clicked = node.engine.click_event(mailbox, first).await;
            clicked.expect("saved");
        };
        killed_at((&database, &given), (call, point), act).await;
        let reached = given.sandbox.world().total_calls() >= call;
        let desk = rested(&database, given).await;
        let visits = || desk.given.records("VisitCollection").len();
        assert!(visits() <= 1, "{what}");
        let again = desk.node.engine.click_event(desk.mailbox, click(id));
        let again = again.await;
        again.unwrap_or_else(|error| panic!("{what}: {error}"));
        desk.calm().await;
        assert_eq!(visits(), 1, "{what}");
        let item = desk.given.see(&made).expect("stands");
        assert!(item.categories().contains(&"Visit".to_owned()), "{what}");
        desk.assert_at_rest().await;
        if !reached {
            assert!(call > 4, "a click makes some calls");
            return;
        }
    }
}

fn click(id: String) -> EventClick {
    EventClick {
        save: SaveEvent {
            request_id: None,
            caller: "anna".into(),
            item: ItemId::new(id),
            kind: Kind::Visit,
            links: None,
            also: Vec::new(),
        },
        composed: None,
        deadline: Duration::from_secs(30),
    }
}

/// X1, INV-1, INV-9
#[tokio::test(flavor = "multi_thread")]
async fn a_click_on_an_event_killed_before_any_call_gives_one_record() {
    clicked(GatePoint::Before).await;
}

/// X1, INV-1, INV-9
#[tokio::test(flavor = "multi_thread")]
async fn a_click_on_an_event_killed_after_any_effect_gives_one_record() {
    clicked(GatePoint::After).await;
}
