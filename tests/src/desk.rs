//! Anna at her desk: Outlook on one screen, the CRM on the other, and the server that keeps them in step.

use jiff::SignedDuration;
use ssi_domain::{MailboxId, SyncSettings, TenantId};
use ssi_engine::{Counts, SessionEnd};
use ssi_sandbox::{
    crm::{
        self, AccountForm, AccountView, ContactForm, IndividualCustomerForm,
        IndividualCustomerView, Refusal, Schema, Value, uuid_of,
    },
    exchange::{ContactEdit, ContactView, Person, TaskEdit, TaskView},
};
use ssi_store::{IssueRow, IssueState};

use crate::{
    db::Database,
    given::{ANNA, Given},
    node::{Node, TENANT},
};

/// Sessions after which both sides must have come to rest.
const MOST_SESSIONS: usize = 6;

/// A world, a node and Anna's mailbox with its folders made.
pub struct Desk {
    /// The world.
    pub given: Given,
    /// The node.
    pub node: Node,
    /// Anna's mailbox.
    pub mailbox: MailboxId,
}

impl Desk {
    /// A fresh one, after a first session.
    pub async fn open(database: &Database) -> Self {
        Self::open_with(database, |_| {}).await
    }

    /// The same, with other settings from the start.
    pub async fn open_with(database: &Database, change: impl FnOnce(&mut SyncSettings)) -> Self {
        let given = Given::world().await;
        let node = Node::start(database, &given, "one").await;
        node.set(change);
        let mailbox = node.mailbox(ANNA).await;
        let desk = Self {
            given,
            node,
            mailbox,
        };
        desk.calm().await;
        desk
    }

    /// Reads the CRM's changes and looks which records are gone.
    pub async fn feed(&self) {
        let tenant = TenantId::new(TENANT);
        self.node
            .engine
            .feed(&tenant, true)
            .await
            .expect("the feed is read");
    }

    /// A session that ends well; answers its numbers.
    pub async fn session(&self) -> Counts {
        let (report, events) = self.node.session(self.mailbox).await;
        if std::env::var_os("TELL").is_some() {
            println!("{report:?} {events:#?}");
        }
        assert_eq!(report.end, SessionEnd::Done);
        report.counts
    }

    /// Feed and session until nothing is written any more (INV-3, INV-4); answers the writes it took.
    pub async fn calm(&self) -> u64 {
        let mut writes = 0;
        for _ in 0..MOST_SESSIONS {
            self.feed().await;
            match self.session().await.writes {
                0 => return writes,
                some => writes += some,
            }
        }
        panic!("the sides never came to rest (INV-3, INV-4)");
    }

    /// Two more sessions, of which neither writes anything (INV-4).
    pub async fn assert_at_rest(&self) {
        for _ in 0..2 {
            self.node.advance(SignedDuration::from_hours(25));
            self.feed().await;
            assert_eq!(
                self.session().await.writes,
                0,
                "INV-4: nothing is left to write"
            );
        }
    }

    /// Open issues of the mailbox.
    pub async fn issues(&self) -> Vec<IssueRow> {
        let store = &self.node.store;
        let issues = store
            .issues(self.mailbox, IssueState::Open, None, 100)
            .await;
        issues.expect("issues are read")
    }

    /// Anna in front of Outlook.
    pub fn outlook(&self) -> Person<'_> {
        self.given.sandbox.world().person(ANNA)
    }

    /// Puts a contact into a folder of hers; answers its number.
    pub fn contact(&self, folder: &str, contact: &ContactEdit) -> u64 {
        self.outlook()
            .create_contact_in(folder, contact)
            .expect("Outlook makes it")
    }

    /// The contacts she sees, of all folders but Deleted Items.
    pub fn contacts(&self) -> Vec<ContactView> {
        let all = self.outlook().contacts().into_iter();
        all.filter(|contact| !contact.item.deleted).collect()
    }

    /// The contact with this last name, wherever it lies.
    pub fn seen(&self, surname: &str) -> Option<ContactView> {
        self.contacts()
            .into_iter()
            .find(|contact| contact.surname == surname)
    }

    /// Puts a task into a folder of hers; answers its number.
    pub fn task(&self, folder: &str, task: &TaskEdit) -> u64 {
        self.outlook()
            .create_task_in(folder, task)
            .expect("Outlook makes it")
    }

    /// The tasks she sees.
    pub fn tasks(&self) -> Vec<TaskView> {
        let all = self.outlook().tasks().into_iter();
        all.filter(|task| !task.item.deleted).collect()
    }

    /// Anna in front of the CRM's screen.
    pub fn screen<T>(&self, act: impl FnOnce(&mut crm::Person<'_>) -> Result<T, Refusal>) -> T {
        let world = self.given.sandbox.world();
        let now = world.now();
        let mut crm = world.crm();
        let mut person = crm.person("anna", now).expect("Anna signs in");
        act(&mut person).expect("the CRM takes it")
    }

    /// Her UUID as an employee, which owners of business partners are named by.
    pub fn owner(&self) -> Value {
        let crm = self.given.sandbox.world().crm();
        let set = Schema::standard()
            .set("EmployeeCollection")
            .expect("employees");
        let rows = crm.rows(set.name);
        let row = rows
            .into_iter()
            .find(|row| crm.text(set, row, "Email").eq_ignore_ascii_case(ANNA));
        let row = row.expect("an employee");
        Value::Guid(uuid_of(&row.key).expect("a UUID"))
    }

    /// A contact of hers in the CRM; answers its ObjectID.
    pub fn crm_contact(&self, mut form: ContactForm) -> String {
        form.more.push(("ContactOwnerUUID", self.owner()));
        self.screen(|person| person.create(&form))
    }

    /// An account of hers in the CRM; answers its ObjectID.
    pub fn crm_account(&self, mut form: AccountForm) -> String {
        form.role = Some("CRM000".into());
        form.more.push(("OwnerUUID", self.owner()));
        self.screen(|person| person.create(&form))
    }

    /// An individual customer of hers in the CRM; answers its ObjectID.
    pub fn crm_customer(&self, mut form: IndividualCustomerForm) -> String {
        form.role = Some("CRM000".into());
        form.more.push(("OwnerUUID", self.owner()));
        self.screen(|person| person.create(&form))
    }

    /// The contact of the CRM with this last name.
    pub fn stored(&self, last_name: &str) -> Option<crm::ContactView> {
        let all = self.given.sandbox.world().crm().contacts();
        all.into_iter()
            .find(|contact| contact.last_name == last_name)
    }

    /// The account of the CRM with this name.
    pub fn stored_account(&self, name: &str) -> Option<AccountView> {
        let all = self.given.sandbox.world().crm().accounts();
        all.into_iter().find(|account| account.name == name)
    }

    /// The individual customer of the CRM with this last name.
    pub fn stored_customer(&self, last_name: &str) -> Option<IndividualCustomerView> {
        let all = self.given.sandbox.world().crm().individual_customers();
        all.into_iter()
            .find(|customer| customer.last_name == last_name)
    }

    /// The tasks of the CRM.
    pub fn stored_tasks(&self) -> Vec<crm::TaskView> {
        self.given.sandbox.world().crm().tasks()
    }
}

/// A person's name as somebody fills in the form of a contact.
pub fn named(given_name: &str, surname: &str) -> ContactEdit {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    ContactEdit {
        given_name: text(given_name),
        surname: text(surname),
        ..ContactEdit::default()
    }
}

/// A task with a subject.
pub fn titled(subject: &str) -> TaskEdit {
    TaskEdit {
        subject: Some(subject.into()),
        ..TaskEdit::default()
    }
}
