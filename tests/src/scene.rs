//! A world, a node over it and the mailboxes of Anna and Bernd: what most tests of the mirror begin with.

use jiff::{Span, Timestamp, tz::TimeZone};
use ssi_domain::{Clock as _, MailboxId, SystemClock, TenantId};
use ssi_engine::{ItemEvent, SessionEnd};
use ssi_sandbox::{
    crm::{self, Kind, Record, Refusal},
    exchange::{Address, Cause, EventEdit, EventView, Person, Place},
};
use ssi_store::{IssueRow, IssueState};

use crate::{
    db::Database,
    given::{ANNA, BERND, CATEGORY, Given},
    node::{Node, TENANT},
    tap::Tap,
};

/// Sessions after which both sides must agree (INV-3, INV-4).
const MOST_ROUNDS: usize = 6;

/// A world at work.
pub struct Scene {
    /// The world.
    pub given: Given,
    /// The node.
    pub node: Node,
    /// Anna's mailbox.
    pub anna: MailboxId,
    /// Bernd's mailbox.
    pub bernd: MailboxId,
    /// Lives as long as the scene that is played on it.
    own: Option<Database>,
}

impl Scene {
    /// A fresh world on a database; no session has run.
    pub async fn new(database: &Database) -> Self {
        let given = Given::world().await;
        let node = Node::start(database, &given, "one").await;
        Self::of(given, node).await
    }

    /// The same on a database of its own, of the same engine.
    pub async fn on_another(database: &Database) -> Self {
        let own = database.another().await;
        let mut scene = Self::new(&own).await;
        scene.own = Some(own);
        scene
    }

    /// The same, with everything the node says and hears written down.
    pub async fn tapped(database: &Database) -> (Self, Tap) {
        let given = Given::world().await;
        let tap = Tap::open().await;
        let urls = (
            tap.before(&given.sandbox.ews_url()),
            tap.before(&given.sandbox.c4c_url()),
        );
        let node = Node::start_over(database, &given, "one", urls).await;
        (Self::of(given, node).await, tap)
    }

    async fn of(given: Given, node: Node) -> Self {
        let (anna, bernd) = (node.mailbox(ANNA).await, node.mailbox(BERND).await);
        Self {
            given,
            node,
            anna,
            bernd,
            own: None,
        }
    }

    /// Reads what changed in the CRM, deletions included.
    pub async fn feed(&self) {
        feed(&self.node).await;
    }

    /// A session that ends well; answers its outward writes and what it said.
    pub async fn session(&self, mailbox: MailboxId) -> (u64, Vec<ItemEvent>) {
        session(&self.node, mailbox).await
    }

    /// Feed and session until nothing is written any more; answers all that was said.
    pub async fn calm(&self, mailbox: MailboxId) -> Vec<ItemEvent> {
        calm(&self.node, mailbox).await
    }

    /// Anna in front of Outlook.
    pub fn outlook(&self) -> Person<'_> {
        self.given.sandbox.world().person(ANNA)
    }

    /// Anna puts an event into her calendar and invites nobody who is not named in it; answers its number.
    pub fn event(&self, event: &EventEdit) -> u64 {
        self.outlook()
            .create_event(event)
            .expect("Outlook makes it")
    }

    /// Anna changes an event.
    pub fn edit(&self, place: impl Into<Place>, event: &EventEdit) {
        self.outlook()
            .edit_event(place, event)
            .expect("Outlook changes it");
    }

    /// An event of Anna's as she sees it; `None` when it is gone or in Deleted Items.
    pub fn seen(&self, place: impl Into<Place>) -> Option<EventView> {
        let event = self.outlook().event(place).ok()?;
        (!event.item.deleted).then_some(event)
    }

    /// Anna in front of the CRM's screen.
    pub fn screen<T>(&self, act: impl FnOnce(&mut crm::Person<'_>) -> Result<T, Refusal>) -> T {
        let world = self.given.sandbox.world();
        let now = world.now();
        let mut crm = world.crm();
        let mut person = crm.person("anna", now).expect("Anna signs in");
        act(&mut person).expect("the CRM takes it")
    }

    /// The records of a kind, oldest first.
    pub fn records(&self, kind: Kind) -> Vec<Record> {
        self.given.sandbox.world().crm().records(kind)
    }

    /// The only record of a kind.
    pub fn record(&self, kind: Kind) -> Record {
        let mut records = self.records(kind);
        assert_eq!(records.len(), 1, "one record of the kind: {records:#?}");
        records.remove(0)
    }

    /// A record as it stands now; `None` when it is gone.
    pub fn stands(&self, record: &Record) -> Option<Record> {
        let crm = self.given.sandbox.world().crm();
        crm.record(record.kind, &record.object_id)
    }

    /// No meeting message went out that nobody caused in Outlook (INV-12).
    pub fn assert_only_people_sent(&self) {
        let world = self.given.sandbox.world();
        for notice in world.notices() {
            assert_eq!(notice.cause, Cause::Human, "INV-12: {notice:?}");
        }
    }

    /// The open issues of a mailbox.
    pub async fn issues(&self, mailbox: MailboxId) -> Vec<IssueRow> {
        self.node
            .store
            .issues(mailbox, IssueState::Open, None, 1_000)
            .await
            .expect("issues are read")
    }

    /// Codes of the open issues of a mailbox.
    pub async fn issue_codes(&self, mailbox: MailboxId) -> Vec<String> {
        let issues = self.issues(mailbox).await;
        issues.into_iter().map(|issue| issue.code).collect()
    }
}

/// Reads what changed in the CRM, deletions included.
pub async fn feed(node: &Node) {
    node.engine
        .feed(&TenantId::new(TENANT), true)
        .await
        .expect("the feed is read");
}

/// A session that ends well; answers its outward writes and what it said.
pub async fn session(node: &Node, mailbox: MailboxId) -> (u64, Vec<ItemEvent>) {
    let (report, events) = node.session(mailbox).await;
    if std::env::var_os("TELL").is_some() {
        println!("{report:?} {events:#?}");
    }
    assert_eq!(report.end, SessionEnd::Done);
    (report.counts.writes, events)
}

/// Feed and session until nothing is written any more; answers all that was said.
pub async fn calm(node: &Node, mailbox: MailboxId) -> Vec<ItemEvent> {
    let mut said = Vec::new();
    for _ in 0..MOST_ROUNDS {
        feed(node).await;
        let (writes, events) = session(node, mailbox).await;
        said.extend(events);
        if writes == 0 {
            return said;
        }
    }
    panic!("the sides never came to rest (INV-3, INV-4)");
}

/// A point in time some days from now, at a full hour UTC.
pub fn at(days: i64, hour: i8) -> Timestamp {
    let today = SystemClock.now().to_zoned(TimeZone::UTC).date();
    let day = today
        .checked_add(Span::new().days(days))
        .expect("near enough");
    TimeZone::UTC
        .to_timestamp(day.at(hour, 0, 0, 0))
        .expect("near enough")
}

/// An event of an hour some days from now.
pub fn event(subject: &str, days: i64) -> EventEdit {
    EventEdit {
        subject: Some(subject.into()),
        start: Some(at(days, 9)),
        end: Some(at(days, 10)),
        ..EventEdit::default()
    }
}

/// The same with our category.
pub fn marked(subject: &str, days: i64) -> EventEdit {
    with_category(event(subject, days), CATEGORY)
}

/// An event with one category.
pub fn with_category(mut event: EventEdit, category: &str) -> EventEdit {
    event.categories = Some(vec![category.into()]);
    event
}

/// An event with required attendees.
pub fn inviting(mut event: EventEdit, who: &[&str]) -> EventEdit {
    event.required = Some(who.iter().map(|one| person(one)).collect());
    event
}

/// Somebody by address.
pub fn person(address: &str) -> Address {
    Address {
        name: String::new(),
        email: address.into(),
    }
}
