//! `ssi directory`: how far the directory of a tenant's parties is, and forgetting it (docs/decisions/0021).

use std::process::ExitCode;

use anyhow::bail;
use ssi_domain::TenantId;
use ssi_store::{Fill, Store};

use crate::{config::Config, database, print};

/// Prints how far the directory of one tenant, or of all of them, is.
pub(super) async fn status(config: &Config, tenant: Option<&str>) -> anyhow::Result<ExitCode> {
    let tenants = match tenant {
        Some(tenant) => vec![known(config, tenant)?],
        None => all(config),
    };
    let (store, _) = database::open(config).await?;
    for tenant in tenants {
        let fills = store.directory_state(&tenant).await?;
        if fills.is_empty() {
            print(&format!(
                "{tenant}: empty; the next reading of the CRM's changes fills it\n"
            ))?;
        }
        for fill in fills {
            print(&format!("{tenant} {}\n", line(&fill)))?;
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Forgets what is known of a tenant's parties. The next reading of its changes fills the directory again.
pub(super) async fn drop(config: &Config, tenant: &str) -> anyhow::Result<ExitCode> {
    let tenant = known(config, tenant)?;
    let (store, _) = database::open(config).await?;
    forget(&store, &tenant).await?;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn forget(store: &Store, tenant: &TenantId) -> anyhow::Result<()> {
    store.drop_directory(tenant).await?;
    print(&format!(
        "{tenant}: forgotten; a running server reads the parties again with the next changes, else `ssi serve` does\n"
    ))
}

fn all(config: &Config) -> Vec<TenantId> {
    let ids = config.tenants.iter().map(|one| one.id.clone());
    ids.map(TenantId::new).collect()
}

fn known(config: &Config, tenant: &str) -> anyhow::Result<TenantId> {
    let tenant = TenantId::new(tenant);
    if !all(config).contains(&tenant) {
        bail!("{tenant} is not one of [[tenants]] in the configuration");
    }
    Ok(tenant)
}

fn line(fill: &Fill) -> String {
    let of = fill
        .total
        .map_or(String::new(), |total| format!(" of {total}"));
    match fill.filled_at {
        Some(at) => format!("{}: filled since {at}", fill.kind),
        None => format!(
            "{}: {}{of} read; the CRM is asked meanwhile",
            fill.kind, fill.seen
        ),
    }
}
