//! `ssi doctor`: tries every connection of the configuration and says what to do. Changes nothing.

use std::{process::ExitCode, sync::Arc, time::Duration};

use futures::{StreamExt as _, stream};
use ssi_domain::{SystemClock, TenantId, port::Lane, port::PortError};
use ssi_engine::{Backends as _, Error};
use ssi_store::{Store, StoreKey};

use crate::{
    auth::Authenticator, backends::ConfiguredBackends, config::Config, database, http, print,
};

/// Checks at once: friendly to one mail server with thousands of mailboxes.
const AT_ONCE: usize = 4;
/// A connection that takes longer is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a check came out.
enum Finding {
    Good(String),
    /// Works, but somebody should know.
    Note(String),
    Bad(String),
}

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let mut bad = 0;
    let config = Arc::new(config);
    let opened = database(&config, &mut bad).await?;
    server(&config, &mut bad)?;
    if let Some((store, key)) = &opened {
        sign_in(&config, key, &mut bad).await?;
        match ConfiguredBackends::new(Arc::clone(&config), store) {
            Ok(backends) => {
                tenants(&config, &backends, &mut bad).await?;
                mailboxes(&config, &backends, &mut bad).await?;
            }
            Err(problem) => tell("configuration", Finding::Bad(problem.to_string()), &mut bad)?,
        }
        store.close().await;
    }
    if bad == 0 {
        print("everything works\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    print(&format!("{bad} of these must be mended\n"))?;
    Ok(ExitCode::FAILURE)
}

fn tell(what: &str, finding: Finding, bad: &mut usize) -> anyhow::Result<()> {
    let line = match finding {
        Finding::Good(text) => format!("ok    {what}: {text}\n"),
        Finding::Note(text) => format!("note  {what}: {text}\n"),
        Finding::Bad(text) => {
            *bad += 1;
            format!("BAD   {what}: {text}\n")
        }
    };
    print(&line)
}

async fn database(config: &Config, bad: &mut usize) -> anyhow::Result<Option<(Store, StoreKey)>> {
    let opened = match database::open(config).await {
        Ok(opened) => opened,
        Err(error) => {
            tell("database", Finding::Bad(error.to_string()), bad)?;
            return Ok(None);
        }
    };
    let finding = match opened.0.ping().await {
        Ok(()) => Finding::Good("answers".into()),
        Err(error) => Finding::Bad(error.to_string()),
    };
    tell("database", finding, bad)?;
    let sealed = opened.0.seal("doctor", b"probe");
    let sound = sealed.and_then(|sealed| opened.0.unseal("doctor", &sealed));
    let finding = match sound {
        Ok(_) => Finding::Good("seals and opens".into()),
        Err(error) => Finding::Bad(error.to_string()),
    };
    tell("database key", finding, bad)?;
    Ok(Some(opened))
}

fn server(config: &Config, bad: &mut usize) -> anyhow::Result<()> {
    let server = &config.server;
    let finding = match (&server.tls_cert, &server.tls_key) {
        (Some(cert), Some(key)) => match http::acceptor(cert, key) {
            Ok(_) => Finding::Good("certificate and key fit".into()),
            Err(problem) => Finding::Bad(problem.to_string()),
        },
        _ if server.listen.ip().is_loopback() => Finding::Good("off, listening on loopback only".into()),
        _ => Finding::Note(
            "off: tokens travel unprotected unless a proxy in front adds TLS; set server.tls_cert and tls_key"
                .into(),
        ),
    };
    tell("TLS", finding, bad)
}

async fn sign_in(config: &Config, key: &StoreKey, bad: &mut usize) -> anyhow::Result<()> {
    if config.auth.issuers.is_empty() && config.auth.dev_tokens.is_empty() {
        let text =
            "nobody can sign in; add a section [[auth.issuers]] (`ssi config print` shows one)";
        tell("sign-in", Finding::Note(text.into()), bad)?;
    }
    if !config.auth.dev_tokens.is_empty() {
        let text = "fixed tokens are configured; remove [[auth.dev_tokens]] outside development";
        tell("sign-in", Finding::Note(text.into()), bad)?;
    }
    let auth = match Authenticator::new(&config.auth, key.clone(), Arc::new(SystemClock)) {
        Ok(auth) => auth,
        Err(error) => return tell("sign-in", Finding::Bad(error.to_string()), bad),
    };
    for provider in auth.providers() {
        let finding = match provider.check().await {
            Ok(keys) => Finding::Good(format!("{keys} keys")),
            Err(error) => Finding::Bad(format!(
                "{error}; check issuer, discovery_url and the way there"
            )),
        };
        tell(&format!("issuer {}", provider.issuer()), finding, bad)?;
    }
    Ok(())
}

async fn tenants(
    config: &Config,
    backends: &ConfiguredBackends,
    bad: &mut usize,
) -> anyhow::Result<()> {
    if config.tenants.is_empty() {
        tell("tenants", Finding::Note("none is configured".into()), bad)?;
    }
    for tenant in &config.tenants {
        let id = TenantId::new(tenant.id.clone());
        let check = async { backends.crm(&id, Lane::Instant).await?.check().await };
        let finding = match within(check).await {
            Ok(user) => Finding::Good(format!(
                "signed in as {user}; whoever uses SSI Sync sees in the CRM what this user sees"
            )),
            Err(error) => Finding::Bad(advice(&error)),
        };
        events(config, &tenant.id, bad)?;
        let reached = matches!(finding, Finding::Good(_));
        tell(&format!("tenant {}", tenant.id), finding, bad)?;
        if reached {
            fields_and_codes(&id, backends, bad).await?;
        }
    }
    Ok(())
}

/// Whether the tenant may send event notifications, and where they go.
fn events(config: &Config, tenant: &str, bad: &mut usize) -> anyhow::Result<()> {
    let finding = match config.event_secrets() {
        Err(problem) => Finding::Bad(problem.to_string()),
        Ok(secrets) if secrets.iter().any(|(id, _)| id == tenant) => Finding::Good(format!(
            "taken at /c4c/events/{tenant}; in C4C: Administrator > General Settings > Event Notification, an \
             External Consumer with user and password, subscribed to created, updated and deleted of the root \
             nodes of appointments, visits, phone calls, tasks, contacts, accounts and leads"
        )),
        Ok(_) => Finding::Note(format!(
            "not taken: changes are read every 5 minutes and deletions every hour; set tenants[].events_secret_file \
             of {tenant} to hear of them at once"
        )),
    };
    tell(&format!("events of tenant {tenant}"), finding, bad)
}

/// Whether the tenant has the fields and codes that its section names.
async fn fields_and_codes(
    id: &TenantId,
    backends: &ConfiguredBackends,
    bad: &mut usize,
) -> anyhow::Result<()> {
    let what = format!("mapping and codes of tenant {id}");
    match within(backends.check_tenant(id)).await {
        Ok(wrong) if wrong.is_empty() => {
            tell(&what, Finding::Good("the tenant has them".into()), bad)
        }
        Ok(wrong) => {
            for one in wrong {
                tell(&what, Finding::Bad(one), bad)?;
            }
            Ok(())
        }
        Err(error) => tell(&what, Finding::Bad(advice(&error)), bad),
    }
}

async fn mailboxes(
    config: &Config,
    backends: &ConfiguredBackends,
    bad: &mut usize,
) -> anyhow::Result<()> {
    if config.mailboxes.is_empty() {
        tell("mailboxes", Finding::Note("none is configured".into()), bad)?;
    }
    let checks = config.mailboxes.iter().map(|mailbox| async move {
        let check = async { backends.mailbox_at(&mailbox.address)?.check().await };
        (&mailbox.address, within(check).await)
    });
    let mut checks = stream::iter(checks).buffered(AT_ONCE);
    while let Some((address, checked)) = checks.next().await {
        let finding = match checked {
            Ok(()) => Finding::Good("opens".into()),
            Err(error) => Finding::Bad(advice(&error)),
        };
        tell(&format!("mailbox {address}"), finding, bad)?;
    }
    Ok(())
}

async fn within<T>(check: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
    let late = || PortError::transient(format!("no answer in {}s", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, check)
        .await
        .unwrap_or_else(|_| Err(late()))
}

fn advice(error: &PortError) -> String {
    format!("{error}. {}", Error::advice(error))
}
