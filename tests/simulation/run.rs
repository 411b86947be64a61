//! One history from a seed.

use std::sync::Arc;

use jiff::Timestamp;
use ssi_domain::{
    Clock, MailboxId, SyncSettings, TenantId,
    port::{Crm, Lane, Mailbox, PortError},
};
use ssi_engine::{Backends, Cause, Engine, Parts, SessionEnd};
use ssi_sandbox::{
    MovableClock, World, WorldConfig,
    company::{self, NewParty, PartyKind},
};
use ssi_store::{MailboxRow, NewMailbox, Store, StoreKey};
use tempfile::TempDir;

use super::{
    Chaos,
    crm::SimCrm,
    deed::{Thing, deed},
    law,
    mailbox::SimMailbox,
};
use crate::{
    db::KEY,
    given::{ANNA, BERND},
};

const TENANT: &str = "demo";
/// Rounds in which calm must be reached (INV-3).
const ROUNDS: usize = 6;

/// What a history came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// Things people did, sessions and feeds.
    pub steps: usize,
    /// Laws that were broken.
    pub violations: Vec<String>,
    /// A digest of everything that happened; the same seed gives the same.
    pub trace: String,
}

struct SimClock(MovableClock);

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        (self.0.clock())()
    }
}

struct Wiring {
    world: World,
    chaos: Chaos,
    settings: Arc<SyncSettings>,
}

#[async_trait::async_trait]
impl Backends for Wiring {
    async fn mailbox(&self, row: &MailboxRow) -> Result<Arc<dyn Mailbox>, PortError> {
        Ok(Arc::new(SimMailbox {
            world: self.world.clone(),
            chaos: self.chaos.clone(),
            address: row.address.clone(),
        }))
    }

    async fn crm(&self, _: &TenantId, _: Lane) -> Result<Arc<dyn Crm>, PortError> {
        Ok(Arc::new(SimCrm {
            world: self.world.clone(),
            chaos: self.chaos.clone(),
        }))
    }

    fn settings(&self, _: &MailboxRow) -> Arc<SyncSettings> {
        Arc::clone(&self.settings)
    }
}

struct History {
    chaos: Chaos,
    clock: MovableClock,
    world: World,
    store: Store,
    engine: Engine,
    mailboxes: Vec<MailboxId>,
    things: Vec<Thing>,
    steps: usize,
    _folder: TempDir,
}

/// A folder in memory where the system has one: thousands of databases need no disk.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a temporary folder")
}

/// An empty, migrated database; made once, copied for each history.
async fn template() -> &'static [u8] {
    static TEMPLATE: tokio::sync::OnceCell<Vec<u8>> = tokio::sync::OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let folder = folder();
            let path = folder.path().join("empty.sqlite");
            let url = format!("sqlite:{}", path.display());
            let store = Store::open(&url, None).await.expect("a database");
            store.migrate().await.expect("migrated");
            store.close().await;
            std::fs::read(&path).expect("the database")
        })
        .await
}

/// Runs the history of a seed.
pub async fn run(seed: u64) -> Outcome {
    let mut history = History::start(seed).await;
    let violations = history.live().await;
    Outcome {
        seed,
        steps: history.steps,
        violations,
        trace: history.end().await,
    }
}

impl History {
    async fn start(seed: u64) -> Self {
        let chaos = Chaos::new(seed);
        let clock = MovableClock::new("2026-03-02T08:00:00Z".parse().expect("a time"));
        let world = World::new(WorldConfig {
            clock: clock.clock(),
            ..WorldConfig::default()
        });
        for (address, name) in [(ANNA, "Anna Berger"), (BERND, "Bernd Vogel")] {
            let party = NewParty {
                kind: PartyKind::Employee,
                address: address.into(),
                name: name.into(),
            };
            let now = world.now();
            company::add_party(&mut world.crm(), now, &party).expect("an employee");
        }
        let folder = folder();
        let path = folder.path().join("sim.sqlite");
        std::fs::write(&path, template().await).expect("a copy of the empty database");
        let url = format!("sqlite:{}", path.display());
        let store = Store::open(&url, Some(StoreKey::new(KEY)))
            .await
            .expect("a database");
        let mut settings = SyncSettings {
            email: false,
            ..SyncSettings::default()
        };
        settings.budgets.deletions = 1_000;
        let engine = Engine::new(Parts {
            store: store.clone(),
            clock: Arc::new(SimClock(clock.clone())),
            ids: Arc::new(chaos.clone()),
            backends: Arc::new(Wiring {
                world: world.clone(),
                chaos: chaos.clone(),
                settings: Arc::new(settings),
            }),
            node: "sim".into(),
            parallel_sessions: 1,
        });
        let mut mailboxes = Vec::new();
        for address in [ANNA, BERND] {
            let new = NewMailbox {
                id: MailboxId(ssi_engine::Ids::uuid(&chaos)),
                tenant: TenantId::new(TENANT),
                address: address.into(),
                now: world.now(),
            };
            let row = store.ensure_mailbox(&new).await.expect("a mailbox");
            mailboxes.push(row.id);
        }
        Self {
            chaos,
            clock,
            world,
            store,
            engine,
            mailboxes,
            things: Vec::new(),
            steps: 0,
            _folder: folder,
        }
    }

    async fn end(self) -> String {
        self.store.close().await;
        self.chaos.digest()
    }

    async fn live(&mut self) -> Vec<String> {
        let length = 10 + self.chaos.below(30);
        self.chaos.faults(true);
        for number in 0..length {
            self.steps += 1;
            self.clock.advance_seconds(1 + self.chaos.below(600) as i64);
            let what = match self.chaos.below(10) {
                0..5 => deed(&self.world, &self.chaos, &mut self.things, number),
                5..8 => {
                    let at = self.chaos.below(self.mailboxes.len());
                    self.session(at).await
                }
                _ => self.feed().await,
            };
            self.chaos.note(&format!("step {number} {what}"));
            let broken = law::always(&self.world, &self.things);
            if !broken.is_empty() {
                return broken;
            }
        }
        self.chaos.faults(false);
        self.calm().await
    }

    /// No edits, no faults: the sides must agree soon, and then nothing is written any more.
    async fn calm(&mut self) -> Vec<String> {
        let mut writes = u64::MAX;
        for _ in 0..ROUNDS {
            self.clock.advance_seconds(24 * 3_600);
            writes = 0;
            self.feed().await;
            for at in 0..self.mailboxes.len() {
                let mailbox = self.mailboxes[at];
                self.engine.resume(mailbox).await.expect("resumed");
                match self.engine.run_once(mailbox, Cause::Once).await {
                    Ok(report) if report.end == SessionEnd::Done => {
                        writes += report.counts.writes;
                    }
                    other => return vec![format!("INV-19: a calm session ended {other:?}")],
                }
            }
            self.steps += 1;
            let broken = law::always(&self.world, &self.things);
            if !broken.is_empty() {
                return broken;
            }
            if writes == 0 {
                break;
            }
        }
        if writes > 0 {
            return vec![format!(
                "INV-4: {writes} writes after {ROUNDS} rounds of calm"
            )];
        }
        let mut cards = Vec::new();
        for mailbox in &self.mailboxes {
            let open = self.store.conflicts(*mailbox, 1_000).await.expect("read");
            for conflict in open {
                for value in [conflict.mail_value, conflict.crm_value] {
                    let value: Option<ssi_domain::Value> =
                        serde_json::from_value(value).unwrap_or_default();
                    cards.extend(value.and_then(|value| value.as_text().map(str::to_owned)));
                }
            }
        }
        law::calm(&self.world, &self.things, &cards)
    }

    async fn session(&mut self, at: usize) -> String {
        let mailbox = self.mailboxes[at];
        let run = self.engine.run_once(mailbox, Cause::Once);
        let end = tokio::select! {
            report = run => match report {
                Ok(report) => format!("{:?}", report.end),
                Err(error) => format!("error {}", error.reason()),
            },
            () = self.chaos.death() => {
                // A new process of this node's name takes up what is left.
                self.engine.start().await.expect("leftovers are freed");
                "died".into()
            }
        };
        format!("session {at} {end}")
    }

    async fn feed(&mut self) -> String {
        let tenant = TenantId::new(TENANT);
        let read = self.engine.feed(&tenant, true);
        let end = tokio::select! {
            report = read => format!("{:?}", report.is_ok()),
            () = self.chaos.death() => {
                self.engine.start().await.expect("leftovers are freed");
                "died".into()
            }
        };
        format!("feed {end}")
    }
}
