//! Other people's bugs, re-enacted: each is a starred complaint about a system that mirrors a mailbox with
//! something, and must not happen here. The names say whose it was.

use ssi_domain::{MailboxId, TenantId};
use ssi_engine::SessionEnd;
use ssi_sandbox::{
    crm::Value as CrmValue,
    exchange::{Body, Draft, Kind, Sending, Value},
};
use ssi_tests::{
    db::Database,
    given::{ANNA, BERND, CATEGORY, Given},
    node::{Node, TENANT},
    people::{Made, People, attendee, event, marked, text},
};

const APPOINTMENTS: &str = "AppointmentCollection";
const CONTACTS: &str = "ContactCollection";

/// A world, a node on a fresh database, and Anna's mailbox after its first session.
struct Scene {
    given: Given,
    database: Database,
    node: Node,
    anna: MailboxId,
}

impl Scene {
    async fn set() -> Self {
        let given = Given::world().await;
        let database = Database::sqlite().await;
        let node = Node::start(&database, &given, "one").await;
        let anna = node.mailbox(ANNA).await;
        let scene = Self {
            given,
            database,
            node,
            anna,
        };
        scene.sync().await;
        scene
    }

    /// Feed and session; answers the outward writes.
    async fn sync(&self) -> u64 {
        self.sync_of(self.anna).await
    }

    async fn sync_of(&self, mailbox: MailboxId) -> u64 {
        let tenant = TenantId::new(TENANT);
        self.node
            .engine
            .feed(&tenant, true)
            .await
            .expect("the feed is read");
        let (report, _) = self.node.session(mailbox).await;
        assert_eq!(report.end, SessionEnd::Done);
        report.counts.writes
    }

    /// Until nothing is written any more.
    async fn calm(&self) {
        for _ in 0..5 {
            if self.sync().await == 0 {
                return;
            }
        }
        panic!("it never comes to rest");
    }

    fn make(&self, draft: Draft) -> Made {
        self.given.make(ANNA, "calendar", draft, Sending::NONE)
    }

    fn field(&self, key: &str, name: &str) -> String {
        let found = self.given.field(APPOINTMENTS, key, name);
        found.expect("the record stands")
    }
}

fn at(days: i64, hour: i8) -> String {
    let today = jiff::Zoned::now().date();
    let day = today
        .checked_add(jiff::Span::new().days(days))
        .expect("a day");
    let at = jiff::tz::TimeZone::UTC.to_timestamp(day.at(hour, 0, 0, 0));
    at.expect("a time").to_string()
}

fn review() -> Draft {
    marked(event("Review", &at(1, 9), &at(1, 10)), &[CATEGORY])
}

/// C 21: a small update wiped attendees, because the whole object was written.
#[tokio::test(flavor = "multi_thread")]
async fn suitecrm_10807_a_small_update_keeps_everything_else() {
    let scene = Scene::set().await;
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
}

/// C 32: a storage that looks empty must not empty the other.
#[tokio::test(flavor = "multi_thread")]
async fn vdirsyncer_745_a_lost_sync_state_deletes_nothing() {
    let scene = Scene::set().await;
    let made: Vec<Made> = (0..3).map(|_| scene.make(review())).collect();
    scene.calm().await;
    scene.given.world().exchange().expire_sync_states();
    assert_eq!(scene.sync().await, 0);
    assert_eq!(scene.given.records(APPOINTMENTS).len(), 3);
    assert!(made.iter().all(|made| scene.given.see(made).is_some()));
}

/// C 6: re-installing the module duplicates everything.
#[tokio::test(flavor = "multi_thread")]
async fn odoo_143781_a_new_database_imports_nothing_again() {
    let scene = Scene::set().await;
    scene.make(review());
    let mut contact = Draft::new(Kind::Contact);
    contact.properties.insert("Surname", text("Neumann"));
    scene
        .given
        .make(ANNA, "SAP Contacts", contact, Sending::NONE);
    scene.calm().await;
    let contacts = scene.given.records(CONTACTS).len();
    let fresh = Database::sqlite().await;
    let node = Node::start(&fresh, &scene.given, "two").await;
    let anna = node.mailbox(ANNA).await;
    let other = Scene {
        anna,
        node,
        database: fresh,
        given: scene.given,
    };
    assert_eq!(other.sync().await, 0, "joined in silence");
    assert_eq!(other.given.records(APPOINTMENTS).len(), 1);
    assert_eq!(other.given.records(CONTACTS).len(), contacts);
    assert_eq!(other.given.items(ANNA, Kind::CalendarItem).len(), 1);
    drop(other.database);
}

/// C 18, C 20: the older side overwrites the newer edit, or "server wins" throws local edits away.
#[tokio::test(flavor = "multi_thread")]
async fn ogcs_2232_two_edits_of_one_field_are_both_kept() {
    let scene = Scene::set().await;
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
}

/// C 29: a brand-new event is deleted by the first sync.
#[tokio::test(flavor = "multi_thread")]
async fn ogcs_2039_a_new_event_survives_its_first_sync() {
    let scene = Scene::set().await;
    let made = scene.make(event("Mine", &at(2, 9), &at(2, 10)));
    assert_eq!(scene.sync().await, 0, "nothing asks for it");
    assert!(scene.given.see(&made).is_some());
    assert!(scene.given.records(APPOINTMENTS).is_empty(), "INV-22");
}

/// C 43, C 44: delete, import again, delete, at every run.
#[tokio::test(flavor = "multi_thread")]
async fn frappe_7136_what_was_deleted_stays_deleted() {
    let scene = Scene::set().await;
    let made = scene.make(review());
    scene.calm().await;
    scene.given.discard(&made);
    scene.calm().await;
    for _ in 0..3 {
        assert_eq!(scene.sync().await, 0);
    }
    assert!(scene.given.items(ANNA, Kind::CalendarItem).is_empty());
    assert_eq!(
        scene.given.records(APPOINTMENTS).len(),
        1,
        "cancelled, not made again"
    );
}

/// C 42: HTML normalisation makes every event look changed for ever.
#[tokio::test(flavor = "multi_thread")]
async fn ogcs_2269_a_body_that_closes_nothing_is_no_edit() {
    let scene = Scene::set().await;
    let mut draft = review();
    draft.body = Body {
        html: Some("<p>Agenda<ul><li>one<li><b>two".into()),
        text: None,
    };
    scene.make(draft);
    scene.calm().await;
    assert_eq!(scene.sync().await, 0, "INV-4");
}

/// C 35, C 37: cancellations and refusals in the name of somebody who did not organise the meeting.
#[tokio::test(flavor = "multi_thread")]
async fn aluxnimm_354_an_attendees_copy_cancels_nothing() {
    let scene = Scene::set().await;
    let bernd = scene.node.mailbox(BERND).await;
    let mut draft = review();
    let invited = Value::Attendees(vec![attendee(BERND)]);
    draft.properties.insert("RequiredAttendees", invited);
    let made = scene.given.make(ANNA, "calendar", draft, Sending::ALL);
    scene.calm().await;
    scene.sync_of(bernd).await;
    let sent = scene.given.notices().len();
    let (copy, _) = scene.given.items(BERND, Kind::CalendarItem).remove(0);
    scene.given.discard(&copy);
    for _ in 0..2 {
        scene.sync_of(bernd).await;
        scene.calm().await;
    }
    let key = scene.given.records(APPOINTMENTS)[0].clone();
    assert_ne!(scene.field(&key, "LifeCycleStatusCode"), "4", "CAL-58");
    assert!(scene.given.see(&made).is_some());
    assert_eq!(scene.given.notices().len(), sent, "INV-12");
}

/// C 39: a reminder set in Outlook makes the other side cancel the meeting.
#[tokio::test(flavor = "multi_thread")]
async fn calcom_11778_a_reminder_is_nobody_elses_business() {
    let scene = Scene::set().await;
    let made = scene.make(review());
    scene.calm().await;
    scene.given.edit_quietly(&made, |draft| {
        draft.properties.insert("ReminderIsSet", Value::Bool(true));
        draft
            .properties
            .insert("ReminderMinutesBeforeStart", text("30"));
    });
    assert_eq!(scene.sync().await, 0);
}

/// C 10: moving something between folders made a second one.
#[tokio::test(flavor = "multi_thread")]
async fn nylas_281_a_move_makes_no_second_record() {
    let scene = Scene::set().await;
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
}

/// C 9: contacts duplicated at every sync.
#[tokio::test(flavor = "multi_thread")]
async fn erpnext_48263_contacts_come_once() {
    let scene = Scene::set().await;
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
}

/// C 22, C 23: the status says "synced" and nothing was imported.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_16679_what_cannot_be_stored_is_visible() {
    let scene = Scene::set().await;
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
}

/// C 46 to C 48: all-day events a day early, or at two in the morning.
#[tokio::test(flavor = "multi_thread")]
async fn odoo_8267_an_all_day_event_keeps_its_day() {
    let scene = Scene::set().await;
    let mut draft = marked(event("Fair", &at(3, 0), &at(5, 0)), &[CATEGORY]);
    draft.properties.insert("IsAllDayEvent", Value::Bool(true));
    let made = scene.make(draft);
    scene.calm().await;
    let key = scene.given.records(APPOINTMENTS)[0].clone();
    assert_eq!(scene.field(&key, "FullDayIndicator"), "true");
    assert_eq!(scene.field(&key, "StartDate"), at(3, 0));
    scene
        .given
        .change(APPOINTMENTS, &key, &[("Location", CrmValue::text("Hall"))]);
    scene.calm().await;
    let seen = scene.given.see(&made).expect("stands");
    assert_eq!(seen.time("Start").map(|at| at.to_string()), Some(at(3, 0)));
    assert_eq!(seen.time("End").map(|at| at.to_string()), Some(at(5, 0)));
}

/// C 25, C 30: what leaves the window is delivered as removed, or deleted.
#[tokio::test(flavor = "multi_thread")]
async fn vdirsyncer_1074_leaving_the_window_deletes_nothing() {
    let scene = Scene::set().await;
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
}
