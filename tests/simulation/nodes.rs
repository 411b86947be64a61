//! The nodes of a history on their one database, which may be lost and restored from a backup.

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use ssi_domain::{
    Clock, MailboxId, SyncSettings, TenantId,
    mapping::Tables,
    port::{Crm, Lane, Mailbox, PortError},
};
use ssi_engine::{Backends, Engine, Parts};
use ssi_sandbox::{MovableClock, World};
use ssi_store::{MailboxRow, NewMailbox, Store, StoreKey};
use tempfile::TempDir;

use super::{Chaos, chosen::Chosen, crm::SimCrm, mailbox::SimMailbox, memory::Memory};
use crate::db::KEY;

pub(super) const TENANT: &str = "demo";

/// The engine's clock; it may be off against the world's (INV-17).
pub(super) struct SimClock {
    pub(super) world: MovableClock,
    pub(super) off: SignedDuration,
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        (self.world.clock())() + self.off
    }
}

/// What all nodes share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) world: World,
    pub(super) chaos: Chaos,
    pub(super) clock: Arc<SimClock>,
    pub(super) chosen: Chosen,
    pub(super) memory: Memory,
}

struct Wiring {
    node: usize,
    shared: Shared,
}

#[async_trait::async_trait]
impl Backends for Wiring {
    async fn mailbox(&self, row: &MailboxRow) -> Result<Arc<dyn Mailbox>, PortError> {
        Ok(Arc::new(SimMailbox {
            world: self.shared.world.clone(),
            chaos: self.shared.chaos.clone(),
            memory: self.shared.memory.clone(),
            chosen: self.shared.chosen.clone(),
            address: row.address.clone(),
            node: self.node,
        }))
    }

    async fn crm(&self, _: &TenantId, _: Lane) -> Result<Arc<dyn Crm>, PortError> {
        Ok(Arc::new(SimCrm {
            world: self.shared.world.clone(),
            chaos: self.shared.chaos.clone(),
            memory: self.shared.memory.clone(),
            chosen: self.shared.chosen.clone(),
            node: self.node,
        }))
    }

    fn tables(&self, _: &TenantId) -> Tables {
        self.shared.chosen.tables.clone()
    }

    fn settings(&self, _: &MailboxRow) -> Arc<SyncSettings> {
        Arc::clone(&self.shared.chosen.settings)
    }

    async fn pause(&self, _: Duration) {}
}

/// The nodes.
pub(super) struct Nodes {
    shared: Shared,
    engines: Vec<Engine>,
    stores: Vec<Store>,
    path: PathBuf,
    backups: Vec<Vec<u8>>,
    count: usize,
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

impl Nodes {
    /// So many nodes on a fresh database that knows these mailboxes.
    pub(super) async fn start(
        shared: Shared,
        count: usize,
        addresses: &[&str],
    ) -> (Self, Vec<MailboxId>) {
        let folder = folder();
        let path = folder.path().join("sim.sqlite");
        std::fs::write(&path, template().await).expect("a copy of the empty database");
        let mut nodes = Self {
            shared,
            engines: Vec::new(),
            stores: Vec::new(),
            path,
            backups: Vec::new(),
            count,
            _folder: folder,
        };
        nodes.open().await;
        let mut mailboxes = Vec::new();
        for address in addresses {
            let new = NewMailbox {
                id: MailboxId(ssi_engine::Ids::uuid(&nodes.shared.chaos)),
                tenant: TenantId::new(TENANT),
                address: (*address).into(),
                now: nodes.shared.clock.now(),
            };
            let row = nodes.store().ensure_mailbox(&new).await;
            mailboxes.push(row.expect("a mailbox").id);
        }
        (nodes, mailboxes)
    }

    async fn open(&mut self) {
        let url = format!("sqlite:{}", self.path.display());
        for node in 0..self.count {
            let key = Some(StoreKey::new(KEY));
            let store = Store::open(&url, key).await.expect("a database");
            self.stores.push(store.clone());
            self.engines.push(Engine::new(Parts {
                store,
                clock: self.shared.clock.clone(),
                ids: Arc::new(self.shared.chaos.clone()),
                backends: Arc::new(Wiring {
                    node,
                    shared: self.shared.clone(),
                }),
                node: format!("sim-{node}"),
                parallel_sessions: 1,
            }));
        }
    }

    pub(super) async fn close(&mut self) {
        self.engines.clear();
        for store in self.stores.drain(..) {
            store.close().await;
        }
    }

    /// Copies the database to where `SIM_KEEP` says, if it does: to look into what broke a law.
    pub(super) fn keep(&self) {
        if let Some(to) = std::env::var_os("SIM_KEEP") {
            std::fs::copy(&self.path, to).expect("the database is kept");
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn engine(&self, node: usize) -> Engine {
        self.engines[node].clone()
    }

    pub(super) fn store(&self) -> &Store {
        &self.stores[0]
    }

    /// A new process of this name takes up what is left.
    pub(super) async fn revive(&self, node: usize) {
        let started = self.engines[node].start().await;
        started.expect("leftovers are freed");
    }

    /// Keeps a copy of the database.
    pub(super) async fn back_up(&mut self) {
        self.close().await;
        self.backups
            .push(std::fs::read(&self.path).expect("the database"));
        self.open().await;
    }

    /// The database is lost; a copy takes its place. `false`: there is none.
    pub(super) async fn restore(&mut self) -> bool {
        if self.backups.is_empty() {
            return false;
        }
        let at = self.shared.chaos.below(self.backups.len());
        self.close().await;
        for end in ["-wal", "-shm"] {
            let mut beside = self.path.clone().into_os_string();
            beside.push(end);
            // Most often there is none: closing the last connection takes it away.
            let _ = std::fs::remove_file(beside);
        }
        std::fs::write(&self.path, &self.backups[at]).expect("restored");
        self.open().await;
        for node in 0..self.count {
            self.revive(node).await;
        }
        true
    }
}
