//! What a scenario starts from: a world, a node on a fresh database, Anna's mailbox after its first session.

use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use ssi_domain::{Clock as _, MailboxId, TenantId};
use ssi_engine::SessionEnd;
use ssi_sandbox::exchange::{Draft, Kind, Sending, Value};
use ssi_store::{IssueRow, IssueState};
use ssi_tests::{
    db::{self, Database},
    given::{ANNA, BERND, CATEGORY, Given, eml},
    node::{Node, TENANT},
    people::{Made, People, attendee, event, marked, text},
};

pub const APPOINTMENTS: &str = "AppointmentCollection";
pub const SERIES: &str = "RecurringActivityCollection";
pub const CONTACTS: &str = "ContactCollection";
pub const TASKS: &str = "TasksCollection";
pub const CARLA: &str = "Carla Kundin <carla@customer.example>";
/// Rounds in which the sides must come to rest (INV-3).
const ROUNDS: usize = 5;

pub struct Scene {
    pub given: Given,
    pub database: Database,
    pub node: Node,
    pub anna: MailboxId,
}

/// Plays a scenario on both databases.
pub async fn on_both<T, F>(scenario: T)
where
    T: Fn(Scene) -> F,
    F: Future<Output = ()>,
{
    let scenario = &scenario;
    db::on_both(|database| async move { scenario(Scene::set(database).await).await }).await;
}

impl Scene {
    async fn set(database: Database) -> Self {
        let given = Given::world().await;
        let scene = Self::in_world(given, database, "one").await;
        scene.sync().await;
        scene
    }

    /// Another node, on another database, in a world that stands.
    pub async fn in_world(given: Given, database: Database, node: &str) -> Self {
        let node = Node::start(&database, &given, node).await;
        let anna = node.mailbox(ANNA).await;
        Self {
            given,
            database,
            node,
            anna,
        }
    }

    pub async fn feed(&self) {
        let tenant = TenantId::new(TENANT);
        let read = self.node.engine.feed(&tenant, true).await;
        read.expect("the feed is read");
    }

    /// Feed and Anna's session; answers the outward writes.
    pub async fn sync(&self) -> u64 {
        self.sync_of(self.anna).await
    }

    pub async fn sync_of(&self, mailbox: MailboxId) -> u64 {
        self.feed().await;
        let (report, _) = self.node.session(mailbox).await;
        assert_eq!(report.end, SessionEnd::Done);
        report.counts.writes
    }

    /// Until nothing is written any more.
    pub async fn calm(&self) {
        self.calm_of(&[self.anna]).await;
    }

    /// The same with several mailboxes, in this order.
    pub async fn calm_of(&self, mailboxes: &[MailboxId]) {
        for _ in 0..ROUNDS {
            let mut writes = 0;
            for mailbox in mailboxes {
                writes += self.sync_of(*mailbox).await;
            }
            if writes == 0 {
                return;
            }
        }
        panic!("it never comes to rest (INV-3, INV-4)");
    }

    pub fn make(&self, draft: Draft) -> Made {
        self.given.make(ANNA, "calendar", draft, Sending::NONE)
    }

    /// A meeting that Anna calls and Bernd is invited to, categorised by both.
    pub fn meeting(&self) -> (Made, Made) {
        let mut draft = review();
        let invited = Value::Attendees(vec![attendee(BERND)]);
        draft.properties.insert("RequiredAttendees", invited);
        let made = self.given.make(ANNA, "calendar", draft, Sending::ALL);
        let copy = self.events(BERND).remove(0).0;
        self.given.edit_quietly(&copy, |draft| {
            let category = Value::Strings(vec![CATEGORY.into()]);
            draft.properties.insert("Categories", category);
        });
        (made, copy)
    }

    pub fn contact(&self, name: &str) -> Made {
        let mut contact = Draft::new(Kind::Contact);
        contact.properties.insert("Surname", text(name));
        self.given
            .make(ANNA, "SAP Contacts", contact, Sending::NONE)
    }

    pub fn mail(&self, id: &str) -> String {
        self.given.marked_mail(eml(id, CARLA, ANNA, "Offer"))
    }

    pub fn events(&self, mailbox: &str) -> Vec<(Made, Draft)> {
        self.given.items(mailbox, Kind::CalendarItem)
    }

    pub fn appointments(&self) -> Vec<String> {
        self.given.records(APPOINTMENTS)
    }

    /// The one appointment there is.
    pub fn appointment(&self) -> String {
        let mut all = self.appointments();
        assert_eq!(all.len(), 1, "INV-1");
        all.remove(0)
    }

    /// A field of an appointment.
    pub fn field(&self, key: &str, name: &str) -> String {
        let found = self.given.field(APPOINTMENTS, key, name);
        found.expect("the record stands")
    }

    pub fn is_cancelled(&self, key: &str) -> bool {
        self.field(key, "LifeCycleStatusCode") == "4"
    }

    pub fn notices(&self) -> usize {
        self.given.notices().len()
    }

    pub async fn issues(&self) -> Vec<IssueRow> {
        let open = IssueState::Open;
        let issues = self.node.store.issues(self.anna, open, None, 100).await;
        issues.expect("read")
    }

    pub fn days_pass(&self, days: i64) {
        self.node.advance(SignedDuration::from_hours(24 * days));
    }
}

/// So many days from today, at this hour, UTC.
pub fn at(days: i64, hour: i8) -> String {
    moment(days, hour).to_string()
}

/// Now, as the world has it.
pub fn now() -> Timestamp {
    ssi_domain::SystemClock.now()
}

pub fn moment(days: i64, hour: i8) -> Timestamp {
    let today = now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = today
        .checked_add(jiff::Span::new().days(days))
        .expect("a day");
    let at = jiff::tz::TimeZone::UTC.to_timestamp(day.at(hour, 0, 0, 0));
    at.expect("a time")
}

/// A categorised event of tomorrow.
pub fn review() -> Draft {
    marked(event("Review", &at(1, 9), &at(1, 10)), &[CATEGORY])
}
