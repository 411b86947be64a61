//! Starts a node: database, engine, port; and stops it without losing work.

use std::{collections::HashMap, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use jiff::SignedDuration;
use ssi_domain::{Clock, MailboxId, SystemClock, TenantId};
use ssi_engine::{Backends, Engine, Ids, Parts, SystemIds};
use ssi_store::{NewMailbox, Store};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
use tonic_health::server::HealthReporter;

use crate::{
    auth::{Access, AuthError, Authenticator},
    backends::ConfiguredBackends,
    config::{Config, Problem},
    database::{self, NodeName, OpenError},
    grpc::{Handlers, Inner},
    http::{self, App, EventParts, Limits, Metrics, WebParts},
    lifecycle::Shutdown,
};

/// How often old rows are looked for.
const TIDY_EVERY: Duration = Duration::from_secs(6 * 3_600);
/// How often the health service asks the database.
const HEALTH_EVERY: Duration = Duration::from_secs(5);

/// What the health service answers for; the empty name stands for the whole server.
const SERVICES: [&str; 6] = [
    "",
    "ssi.v1.SessionService",
    "ssi.v1.AddInService",
    "ssi.v1.RecordService",
    "ssi.v1.SyncService",
    "ssi.v1.PeopleService",
];

/// Why a node cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A key of the configuration.
    #[error("{0}")]
    Config(Problem),
    /// The database.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The database, once open.
    #[error(transparent)]
    Store(#[from] ssi_store::StoreError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] ssi_engine::Error),
    /// Sign-in.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// Reflection.
    #[error(transparent)]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The port.
    #[error("server.listen: {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

impl From<Problem> for StartError {
    fn from(problem: Problem) -> Self {
        Self::Config(problem)
    }
}

/// The engine of a configuration, with its mailboxes known to the database. Runs nothing yet.
pub struct Wired {
    /// The engine.
    pub engine: Engine,
    /// The ports.
    pub backends: Arc<ConfiguredBackends>,
    /// The ids of the configured mailboxes, in their order.
    pub mailboxes: Vec<MailboxId>,
    /// The key that tokens and secrets are sealed with.
    pub key: ssi_store::StoreKey,
    /// Held while the node runs.
    name: NodeName,
}

/// Opens the database, brings it up to date, wires the engine and frees what a dead process of this
/// node's name left.
pub async fn wire(config: &Arc<Config>) -> Result<Wired, StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (store, key) = database::open(config).await?;
    let name = NodeName::claim(config)?;
    store.migrate().await?;
    let backends = Arc::new(ConfiguredBackends::new(Arc::clone(config), &store)?);
    let mailboxes = enroll(config, &store, clock.as_ref()).await?;
    let engine = Engine::new(Parts {
        store,
        clock,
        ids: Arc::new(SystemIds),
        backends: backends.clone(),
        node: config.node.clone(),
        parallel_sessions: config.server.parallel_sessions,
    });
    engine.start().await?;
    Ok(Wired {
        engine,
        backends,
        mailboxes,
        key,
        name,
    })
}

/// Makes the mailboxes known that are new in the configuration.
async fn enroll(
    config: &Config,
    store: &Store,
    clock: &dyn Clock,
) -> Result<Vec<MailboxId>, StartError> {
    let known = store.mailboxes().await?;
    let known: HashMap<_, _> = known
        .into_iter()
        .map(|row| (row.address.clone(), row))
        .collect();
    let mut ids = Vec::with_capacity(config.mailboxes.len());
    for (at, mailbox) in config.mailboxes.iter().enumerate() {
        let address = mailbox.address.to_lowercase();
        let missing = || Problem::new(format!("mailboxes[{at}].tenant"), "there is no such tenant");
        let tenant = config.tenant_of(mailbox).ok_or_else(missing)?;
        let row = match known.get(&address) {
            Some(row) => row.clone(),
            None => {
                let new = NewMailbox {
                    id: MailboxId(SystemIds.uuid()),
                    tenant: TenantId::new(tenant.id.clone()),
                    address,
                    now: clock.now(),
                };
                store.ensure_mailbox(&new).await?
            }
        };
        if row.tenant.as_str() != tenant.id {
            let why = format!(
                "the mailbox was kept in step with tenant {:?} so far; links cannot change their tenant. \
                 Write that tenant, or start with another database",
                row.tenant.as_str()
            );
            return Err(Problem::new(format!("mailboxes[{at}].tenant"), why).into());
        }
        ids.push(row.id);
    }
    Ok(ids)
}

/// A node that runs.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its engine.
    pub engine: Engine,
    shutdown: Shutdown,
    patience: Duration,
    port: JoinHandle<()>,
    sessions: JoinHandle<()>,
    helpers: Vec<JoinHandle<()>>,
    name: NodeName,
}

/// Starts a node and answers once it listens.
pub async fn start(config: Config, shutdown: Shutdown) -> Result<Running, StartError> {
    let config = Arc::new(config);
    let Wired {
        engine,
        backends,
        mailboxes,
        key,
        name,
    } = wire(&config).await?;
    let store = engine.store().clone();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let tls = match (&config.server.tls_cert, &config.server.tls_key) {
        (Some(cert), Some(key)) => Some(http::acceptor(cert, key)?),
        _ => None,
    };
    let handlers = Handlers::new(Inner {
        engine: engine.clone(),
        access: Access::new(&config, &mailboxes),
        auth: Authenticator::new(&config.auth, key, Arc::clone(&clock))?,
        clock: Arc::clone(&clock),
        settings: backends as Arc<dyn Backends>,
        watchers: Arc::new(Semaphore::new(config.server.max_watchers)),
        stopping: shutdown.stopping(),
    });
    let (health, health_service) = tonic_health::server::health_reporter();
    // Known from the first call on: the database has just answered.
    set_health(&health, true).await;
    let routes = handlers.routes(health_service, config.server.max_request_bytes)?;
    let web = WebParts {
        store: store.clone(),
        metrics: config.telemetry.metrics.then(Metrics::install).flatten(),
        metrics_token: config.telemetry.metrics_token.clone(),
        static_dir: config.server.static_dir.clone(),
        stopping: shutdown.stopping(),
    };
    let events = EventParts::new(engine.clone(), config.event_secrets()?);
    let app = App::new(routes, handlers, &config.server, web, events);
    let wanted = config.server.listen;
    let failed = |source| StartError::Listen {
        address: wanted,
        source,
    };
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let limits = Limits {
        connections: config.server.max_connections,
        streams: config.server.max_streams,
    };
    let port = tokio::spawn(http::accept(
        listener,
        tls,
        app,
        limits,
        shutdown.stopping(),
    ));
    let sessions = tokio::spawn(run_sessions(engine.clone(), shutdown.clone()));
    let tenants = config.tenants.iter();
    let tenants = tenants.map(|tenant| TenantId::new(&tenant.id)).collect();
    let helpers = vec![
        tokio::spawn(watch_health(health, store.clone(), shutdown.clone())),
        tokio::spawn(tidy(store.clone(), clock, config.database.keep_days)),
        tokio::spawn(learn(store, tenants)),
    ];
    tracing::info!(%address, mailboxes = mailboxes.len(), "listening");
    Ok(Running {
        address,
        engine,
        shutdown,
        patience: Duration::from_secs(config.server.shutdown_seconds),
        port,
        sessions,
        helpers,
        name,
    })
}

/// Starts a node and runs it until it was asked to stop.
pub async fn run(config: Config, shutdown: Shutdown) -> Result<(), StartError> {
    start(config, shutdown).await?.finished().await;
    Ok(())
}

/// Writes the address into a file. Written beside and renamed: whoever waits for the file must never read
/// half an address.
pub fn write_ready_file(path: &Path, address: SocketAddr) -> std::io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".part");
    std::fs::write(&draft, address.to_string())?;
    std::fs::rename(&draft, path)
}

impl Running {
    /// Waits until the node was asked to stop and has stopped.
    ///
    /// Asked to stop: no new connection, running calls are answered, sessions end at their next page and give
    /// their lease back. After the configured time, or when asked to end at once, the rest is cut off: what was
    /// committed stays, and a save that was under way is looked up in the CRM before it is tried again.
    pub async fn finished(self) {
        let Self {
            shutdown,
            patience,
            port,
            sessions,
            helpers,
            engine,
            address: _,
            name,
        } = self;
        shutdown.stopping().cancelled().await;
        let ending = shutdown.ending();
        let cut = [port.abort_handle(), sessions.abort_handle()];
        let work = async {
            let (port, sessions) = tokio::join!(port, sessions);
            for ended in [port, sessions] {
                if let Err(error) = ended {
                    tracing::error!(%error, "a part of the server ended badly");
                }
            }
        };
        tokio::select! {
            () = work => tracing::info!("everything under way was finished"),
            () = tokio::time::sleep(patience) => {
                tracing::warn!("work under way was cut off; the next start takes it up");
            }
            () = ending.cancelled() => {}
        }
        for handle in cut {
            handle.abort();
        }
        for helper in helpers {
            helper.abort();
        }
        engine.store().close().await;
        drop(name);
    }

    /// Asks to stop, and waits until it has.
    pub async fn stop(self) {
        self.shutdown.stop();
        self.finished().await;
    }
}

async fn run_sessions(engine: Engine, shutdown: Shutdown) {
    let (tell, stopped) = tokio::sync::watch::channel(false);
    let stopping = shutdown.stopping();
    let mut run = std::pin::pin!(engine.run(stopped));
    tokio::select! {
        () = &mut run => return,
        () = stopping.cancelled() => {}
    }
    // No receiver is an engine that has ended already.
    let _ = tell.send(true);
    run.await;
}

/// Tells load balancers whether to send calls here.
async fn watch_health(health: HealthReporter, store: Store, shutdown: Shutdown) {
    let mut every = tokio::time::interval(HEALTH_EVERY);
    let stopping = shutdown.stopping();
    loop {
        let serving = tokio::select! {
            _ = every.tick() => {
                let ping = tokio::time::timeout(HEALTH_EVERY, store.ping()).await;
                matches!(ping, Ok(Ok(())))
            }
            () = stopping.cancelled() => false,
        };
        set_health(&health, serving).await;
        if stopping.is_cancelled() {
            return;
        }
    }
}

async fn set_health(health: &HealthReporter, serving: bool) {
    let status = match serving {
        true => tonic_health::ServingStatus::Serving,
        false => tonic_health::ServingStatus::NotServing,
    };
    for service in SERVICES {
        health.set_service_status(service, status).await;
    }
}

/// Learns the directories by heart, so that nobody who clicks waits for it.
async fn learn(store: Store, tenants: Vec<TenantId>) {
    for tenant in tenants {
        if let Err(error) = store.learn_directory(&tenant).await {
            tracing::warn!(%error, "the directory could not be read ahead; whoever asks first reads it");
        }
    }
}

/// Deletes what nobody needs any more.
async fn tidy(store: Store, clock: Arc<dyn Clock>, keep_days: u32) {
    let keep = SignedDuration::from_hours(24 * i64::from(keep_days));
    let mut every = tokio::time::interval(TIDY_EVERY);
    loop {
        every.tick().await;
        if let Err(error) = store.prune(clock.now() - keep).await {
            tracing::warn!(%error, "old rows could not be deleted; it is tried again later");
        }
    }
}
