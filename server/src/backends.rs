//! The only place that knows the connectors: opens ports by configuration, and keeps them.

mod shared_gate;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use secrecy::SecretString;
use shared_gate::SharedGate;
use ssi_connectors::{
    c4c::{self, C4c, C4cConfig, JsonMode, LocalGate},
    ews::{self, Ews, EwsConfig},
    http::{CallMeter, HttpConfig},
};
use ssi_domain::{
    SyncSettings, TenantId,
    mapping::Tables,
    port::{CallGate, Crm, Lane, Mailbox, PortError},
};
use ssi_engine::Backends;
use ssi_store::{MailboxRow, Store};
use url::Url;

use crate::{
    auth::oauth::OAuthTokens,
    config::{Config, Credentials, MailServer, MailboxConfig, Problem, TenantConfig, own_rows},
};

/// Mailbox ports kept open. Each holds connections of its own; beyond this the one used longest ago is closed.
const MOST_OPEN: usize = 512;

/// The ports of everything in a configuration.
pub struct ConfiguredBackends {
    config: Arc<Config>,
    by_address: HashMap<String, (usize, Arc<SyncSettings>)>,
    tables: HashMap<TenantId, Tables>,
    gates: HashMap<TenantId, Arc<dyn CallGate>>,
    open: Mutex<Open>,
    default_settings: Arc<SyncSettings>,
}

/// Ports and token sources that are in use.
#[derive(Default)]
struct Open {
    mailboxes: HashMap<String, (u64, Arc<Ews>)>,
    tenants: HashMap<TenantId, C4c>,
    tokens: HashMap<String, Arc<OAuthTokens>>,
    uses: u64,
}

/// Gives OAuth tokens to either connector.
struct Tokens(Arc<OAuthTokens>);

#[async_trait]
impl ews::TokenSource for Tokens {
    async fn token(&self, refused: Option<&SecretString>) -> Result<SecretString, PortError> {
        self.0.access_token(refused).await
    }
}

#[async_trait]
impl c4c::TokenSource for Tokens {
    async fn token(&self, refused: Option<&SecretString>) -> Result<SecretString, PortError> {
        self.0.access_token(refused).await
    }
}

/// Credentials with their secrets read.
enum SignIn {
    Basic {
        user: String,
        password: SecretString,
    },
    Bearer(Arc<OAuthTokens>),
}

impl ConfiguredBackends {
    /// Ports by a checked configuration. Opens nothing yet. `node` names this process in call slots.
    pub fn new(config: Arc<Config>, store: &Store) -> Result<Self, Problem> {
        let mut by_address = HashMap::new();
        // Most mailboxes have the same settings: they share one copy.
        let mut shared: Vec<Arc<SyncSettings>> = vec![Arc::new(config.sync.clone())];
        for (at, mailbox) in config.mailboxes.iter().enumerate() {
            let settings = config.settings_of(mailbox)?;
            let settings = match shared.iter().find(|known| ***known == settings) {
                Some(known) => Arc::clone(known),
                None => {
                    let new = Arc::new(settings);
                    shared.push(Arc::clone(&new));
                    new
                }
            };
            by_address.insert(mailbox.address.to_lowercase(), (at, settings));
        }
        let mut tables = HashMap::new();
        for (at, tenant) in config.tenants.iter().enumerate() {
            let own = tenant.tables(&format!("tenants[{at}]"));
            let own = own.map_err(|mut problems| problems.swap_remove(0))?;
            tables.insert(TenantId::new(tenant.id.clone()), own);
        }
        let one_node = config.database.sqlite_path().is_some();
        let gate = |tenant: &TenantConfig| -> Arc<dyn CallGate> {
            let calls = tenant.call_limit;
            match one_node {
                true => Arc::new(LocalGate::new(usize::try_from(calls).unwrap_or(usize::MAX))),
                false => Arc::new(SharedGate::new(
                    store.clone(),
                    &tenant.id,
                    &config.node,
                    calls,
                )),
            }
        };
        let gates = config
            .tenants
            .iter()
            .map(|one| (TenantId::new(one.id.clone()), gate(one)));
        Ok(Self {
            gates: gates.collect(),
            tables,
            by_address,
            open: Mutex::default(),
            default_settings: Arc::new(config.sync.clone()),
            config,
        })
    }

    /// The port of a configured mailbox by its address.
    pub fn mailbox_at(&self, address: &str) -> Result<Arc<dyn Mailbox>, PortError> {
        Ok(self.open_mailbox(&address.to_lowercase())?)
    }

    /// What the configuration says about a tenant's service beside how to reach it: checked against the service itself.
    pub async fn check_tenant(&self, id: &TenantId) -> Result<Vec<String>, PortError> {
        let port = self.open_tenant(id)?.lane(Lane::Instant);
        port.check_configuration(&own_rows(&self.tables(id))).await
    }

    fn mailbox_config(&self, address: &str) -> Option<&MailboxConfig> {
        let (at, _) = self.by_address.get(&address.to_lowercase())?;
        self.config.mailboxes.get(*at)
    }

    fn open_mailbox(&self, address: &str) -> Result<Arc<Ews>, PortError> {
        let unknown = || PortError::Blocked {
            detail: "the mailbox is no longer in the configuration; add it, then resume".into(),
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.uses += 1;
        let now = open.uses;
        if let Some((used, port)) = open.mailboxes.get_mut(address) {
            *used = now;
            return Ok(Arc::clone(port));
        }
        let mailbox = self.mailbox_config(address).ok_or_else(unknown)?;
        let (key, server) = self.config.mail_server_of(mailbox).ok_or_else(unknown)?;
        let config = self.ews_config(&mut open, &key, server, mailbox)?;
        let port = Arc::new(Ews::new(config, CallMeter::new())?);
        if open.mailboxes.len() >= MOST_OPEN {
            let oldest = open.mailboxes.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(address, _)| address.clone()) {
                open.mailboxes.remove(&oldest);
            }
        }
        open.mailboxes
            .insert(address.to_owned(), (now, Arc::clone(&port)));
        Ok(port)
    }

    fn ews_config(
        &self,
        open: &mut Open,
        key: &str,
        server: &MailServer,
        mailbox: &MailboxConfig,
    ) -> Result<EwsConfig, PortError> {
        let credentials = match sign_in(open, key, &server.credentials)? {
            SignIn::Basic { user, password } => ews::Credentials::Basic { user, password },
            SignIn::Bearer(tokens) => ews::Credentials::Bearer(Arc::new(Tokens(tokens))),
        };
        let url = url(&format!("{key}.ews_url"), &server.ews_url)?;
        let mut config = EwsConfig::new(url, credentials, mailbox.address.clone());
        if let Some(tenant) = self.config.tenant_of(mailbox) {
            config.tables = self.tables(&TenantId::new(tenant.id.clone()));
        }
        config.impersonate = server.impersonate.then(|| mailbox.address.clone());
        config.http = http_config(&format!("{key}.ca_file"), server.ca_file.as_deref())?;
        Ok(config)
    }

    fn open_tenant(&self, id: &TenantId) -> Result<C4c, PortError> {
        let unknown = || PortError::Blocked {
            detail: format!("there is no tenant {id} in the configuration; add it, then resume"),
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(port) = open.tenants.get(id) {
            return Ok(port.clone());
        }
        let at = self
            .config
            .tenants
            .iter()
            .position(|one| one.id == id.as_str());
        let at = at.ok_or_else(unknown)?;
        let tenant = &self.config.tenants[at];
        let key = format!("tenants[{at}]");
        let credentials = match sign_in(&mut open, &key, &tenant.credentials)? {
            SignIn::Basic { user, password } => c4c::Credentials::Basic { user, password },
            SignIn::Bearer(tokens) => c4c::Credentials::Bearer(Arc::new(Tokens(tokens))),
        };
        let base = url(&format!("{key}.base_url"), &tenant.base_url)?;
        let mut config = C4cConfig::new(base, credentials);
        config.tables = self.tables(id);
        config.codes = tenant.codes.clone();
        config.sizes = tenant.sizes.clone();
        if tenant.strict_json {
            config.json = JsonMode::Strict;
        }
        config.people_url = tenant.people_url.clone();
        config.http = http_config(&format!("{key}.ca_file"), tenant.ca_file.as_deref())?;
        let gate = self.gates.get(id).map(Arc::clone).ok_or_else(unknown)?;
        let port = C4c::new(config, CallMeter::new(), gate)?;
        open.tenants.insert(id.clone(), port.clone());
        Ok(port)
    }
}

#[async_trait]
impl Backends for ConfiguredBackends {
    async fn mailbox(&self, row: &MailboxRow) -> Result<Arc<dyn Mailbox>, PortError> {
        self.mailbox_at(&row.address)
    }

    async fn crm(&self, tenant: &TenantId, lane: Lane) -> Result<Arc<dyn Crm>, PortError> {
        Ok(Arc::new(self.open_tenant(tenant)?.lane(lane)))
    }

    fn tables(&self, tenant: &TenantId) -> Tables {
        self.tables.get(tenant).cloned().unwrap_or_default()
    }

    fn settings(&self, row: &MailboxRow) -> Arc<SyncSettings> {
        let own = self.by_address.get(&row.address);
        own.map_or_else(
            || Arc::clone(&self.default_settings),
            |(_, settings)| Arc::clone(settings),
        )
    }
}

/// Reads the secrets. Mailboxes on one server share its token source, so that they share its tokens.
fn sign_in(open: &mut Open, key: &str, credentials: &Credentials) -> Result<SignIn, PortError> {
    let key = format!("{key}.credentials");
    if let Some(oauth2) = &credentials.oauth2 {
        let key = format!("{key}.oauth2");
        if let Some(tokens) = open.tokens.get(&key) {
            return Ok(SignIn::Bearer(Arc::clone(tokens)));
        }
        let tokens = Arc::new(OAuthTokens::new(&key, oauth2).map_err(blocked)?);
        open.tokens.insert(key, Arc::clone(&tokens));
        return Ok(SignIn::Bearer(tokens));
    }
    let password_key = format!("{key}.password");
    let password = credentials
        .password(&password_key)
        .read()
        .map_err(blocked)?;
    let missing = || {
        blocked(Problem::new(
            key.as_str(),
            "write user and password, or oauth2",
        ))
    };
    Ok(SignIn::Basic {
        user: credentials.user.clone().ok_or_else(missing)?,
        password: password.ok_or_else(missing)?,
    })
}

fn http_config(key: &str, ca_file: Option<&Path>) -> Result<HttpConfig, PortError> {
    let mut config = HttpConfig::default();
    if let Some(path) = ca_file {
        let pem = std::fs::read(path)
            .map_err(|error| blocked(Problem::new(key, format!("{}: {error}", path.display()))))?;
        config.extra_roots_pem = Some(pem);
    }
    Ok(config)
}

fn url(key: &str, text: &str) -> Result<Url, PortError> {
    Url::parse(text).map_err(|error| blocked(Problem::new(key, error.to_string())))
}

fn blocked(problem: Problem) -> PortError {
    PortError::Blocked {
        detail: format!("configuration: {problem}"),
    }
}
