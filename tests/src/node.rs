//! An engine node over the real connectors, as the server wires one, with clock and settings in the test's hand.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use ssi_connectors::{c4c, ews, http::CallMeter};
use ssi_domain::{
    Clock, MailboxId, SyncSettings, SystemClock, TenantId,
    mapping::Tables,
    port::{Crm, Lane, Mailbox, PortError},
};
use ssi_engine::{
    Backends, Cause, Engine, ItemEvent, ItemKey, Parts, SaveChoice, SaveEmail, SaveOutcome,
    SessionEvent, SessionReport, SystemIds,
};
use ssi_store::{MailboxRow, NewMailbox, Store};
use uuid::Uuid;

use crate::{
    db::Database,
    given::Given,
    stopwatch::{Stopwatch, Timed},
};

/// The tenant of the tests.
pub const TENANT: &str = "demo";

/// The machine's clock, moved by so much.
#[derive(Default)]
pub struct ShiftedClock(Mutex<SignedDuration>);

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() + *self.0.lock().expect("not poisoned")
    }
}

/// A node.
pub struct Node {
    /// Its engine.
    pub engine: Engine,
    /// Its store.
    pub store: Store,
    /// The time spent in calls to the other sides.
    pub stopwatch: Stopwatch,
    wiring: Arc<Wiring>,
    clock: Arc<ShiftedClock>,
}

struct Wiring {
    ews_url: String,
    service: (String, String),
    settings: Mutex<SyncSettings>,
    tables: Tables,
    stopwatch: Stopwatch,
    tenant: c4c::C4c,
    /// One client per mailbox, as the server keeps them.
    mailboxes: Mutex<HashMap<String, Arc<dyn Mailbox>>>,
}

impl Node {
    /// A node of this name on a database, over the world's faces.
    pub async fn start(database: &Database, given: &Given, name: &str) -> Self {
        let urls = (given.sandbox.ews_url(), given.sandbox.c4c_url());
        Self::start_over(database, given, name, urls).await
    }

    /// The same for a tenant with a mapping of its own.
    pub async fn start_mapped(database: &Database, given: &Given, tables: Tables) -> Self {
        let urls = (given.sandbox.ews_url(), given.sandbox.c4c_url());
        Self::start_with(database, given, "one", urls, tables).await
    }

    /// The same, with the world's faces at other addresses: those of Exchange and of C4C.
    pub async fn start_over(
        database: &Database,
        given: &Given,
        name: &str,
        urls: (String, String),
    ) -> Self {
        Self::start_with(database, given, name, urls, Tables::built_in()).await
    }

    async fn start_with(
        database: &Database,
        given: &Given,
        name: &str,
        (ews_url, c4c_url): (String, String),
        tables: Tables,
    ) -> Self {
        let store = database.open().await;
        let service = given
            .sandbox
            .world()
            .service_account()
            .expect("a service account")
            .clone();
        let stopwatch = Stopwatch::default();
        let wiring = Arc::new(Wiring {
            ews_url,
            service: (service.login, service.password),
            settings: Mutex::default(),
            stopwatch: stopwatch.clone(),
            tenant: tenant(&c4c_url, &tables),
            tables,
            mailboxes: Mutex::default(),
        });
        let clock = Arc::new(ShiftedClock::default());
        let engine = Engine::new(Parts {
            store: store.clone(),
            clock: clock.clone(),
            ids: Arc::new(SystemIds),
            backends: wiring.clone(),
            node: name.to_owned(),
            parallel_sessions: 4,
        });
        engine.start().await.expect("leftovers are freed");
        Self {
            engine,
            store,
            stopwatch,
            wiring,
            clock,
        }
    }

    /// Changes the settings of all mailboxes.
    pub fn set(&self, change: impl FnOnce(&mut SyncSettings)) {
        let mut settings = self.wiring.settings.lock().expect("not poisoned");
        change(&mut settings);
        let sound = settings.validate_for(&self.wiring.tables);
        sound.expect("settings that a configuration may hold");
    }

    /// Moves this node's clock.
    pub fn advance(&self, by: SignedDuration) {
        *self.clock.0.lock().expect("not poisoned") += by;
    }

    /// The mailbox with this address, enabled a day ago.
    pub async fn mailbox(&self, address: &str) -> MailboxId {
        let new = NewMailbox {
            id: MailboxId(Uuid::new_v4()),
            tenant: TenantId::new(TENANT),
            address: address.into(),
            now: SystemClock.now() - SignedDuration::from_hours(24),
        };
        self.store.ensure_mailbox(&new).await.expect("mailbox").id
    }

    /// Runs one session; answers its report and what it said about each item.
    pub async fn session(&self, mailbox: MailboxId) -> (SessionReport, Vec<ItemEvent>) {
        let mut events = self.engine.watch(mailbox);
        let report = self
            .engine
            .run_once(mailbox, Cause::Once)
            .await
            .expect("a session runs");
        let mut items = Vec::new();
        while let Ok(event) = events.try_recv() {
            if let SessionEvent::Item { event, .. } = event {
                items.push(event);
            }
        }
        (report, items)
    }

    /// Reads what changed in the CRM, and what was deleted there.
    pub async fn feed(&self) {
        let tenant = TenantId::new(TENANT);
        self.engine
            .feed(&tenant, true)
            .await
            .expect("the feed is read");
    }

    /// The feed, then a session that ends well; answers its outward writes.
    pub async fn step(&self, mailbox: MailboxId) -> u64 {
        self.feed().await;
        let (report, _) = self.session(mailbox).await;
        assert_eq!(report.end, ssi_engine::SessionEnd::Done);
        report.counts.writes
    }

    /// Steps until nothing is written any more (INV-3, INV-4).
    pub async fn calm(&self, mailbox: MailboxId) {
        for _ in 0..5 {
            if self.step(mailbox).await == 0 {
                return;
            }
        }
        panic!("the sides never came to rest (INV-3, INV-4)");
    }

    /// Clicks "Save" on an item.
    pub async fn click(
        &self,
        mailbox: MailboxId,
        item: &str,
        choice: SaveChoice,
    ) -> Result<SaveOutcome, ssi_engine::Error> {
        self.engine
            .save_email(
                mailbox,
                SaveEmail {
                    request_id: None,
                    caller: "test".into(),
                    item: ItemKey::Item(ssi_domain::ItemId::new(item)),
                    choice,
                    deadline: std::time::Duration::from_secs(30),
                },
            )
            .await
    }
}

/// How the world's tenant is reached.
pub fn tenant_config(url: &str, tables: &Tables) -> c4c::C4cConfig {
    let credentials = c4c::Credentials::Basic {
        user: ssi_sandbox::crm::TECHNICAL_LOGIN.into(),
        password: SecretString::from(ssi_sandbox::crm::TECHNICAL_PASSWORD),
    };
    let url = url.parse().expect("an address");
    let mut config = c4c::C4cConfig::new(url, credentials);
    config.tables = tables.clone();
    config
}

/// The world's tenant; one client for all mailboxes of a node.
fn tenant(url: &str, tables: &Tables) -> c4c::C4c {
    let gate = Arc::new(c4c::LocalGate::new(6));
    let config = tenant_config(url, tables);
    c4c::C4c::new(config, CallMeter::new(), gate).expect("a client")
}

#[async_trait]
impl Backends for Wiring {
    async fn mailbox(&self, row: &MailboxRow) -> Result<Arc<dyn Mailbox>, PortError> {
        if let Some(open) = self
            .mailboxes
            .lock()
            .expect("not poisoned")
            .get(&row.address)
        {
            return Ok(Arc::clone(open));
        }
        let (user, password) = self.service.clone();
        let credentials = ews::Credentials::Basic {
            user,
            password: SecretString::from(password),
        };
        let url = self
            .ews_url
            .parse()
            .map_err(|_| PortError::item("bad address"))?;
        let mut config = ews::EwsConfig::new(url, credentials, row.address.clone());
        config.impersonate = Some(row.address.clone());
        config.tables = self.tables.clone();
        let port = ews::Ews::new(config, CallMeter::new())?;
        let open: Arc<dyn Mailbox> = Arc::new(Timed::new(port, self.stopwatch.clone()));
        let mut mailboxes = self.mailboxes.lock().expect("not poisoned");
        mailboxes.insert(row.address.clone(), Arc::clone(&open));
        Ok(open)
    }

    async fn crm(&self, _tenant: &TenantId, lane: Lane) -> Result<Arc<dyn Crm>, PortError> {
        Ok(Arc::new(Timed::new(
            self.tenant.lane(lane),
            self.stopwatch.clone(),
        )))
    }

    fn tables(&self, _tenant: &TenantId) -> Tables {
        self.tables.clone()
    }

    fn settings(&self, _row: &MailboxRow) -> Arc<SyncSettings> {
        Arc::new(self.settings.lock().expect("not poisoned").clone())
    }
}
