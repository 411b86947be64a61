//! What follows from the configuration: which tenant, server and settings a mailbox has.

use ssi_domain::SyncSettings;
use toml::{Table, Value};

use super::{Config, MailServer, MailboxConfig, Problem, TenantConfig};

impl Config {
    /// The tenant of a mailbox: the one it names, else the only one.
    pub fn tenant_of(&self, mailbox: &MailboxConfig) -> Option<&TenantConfig> {
        match (&mailbox.tenant, self.tenants.as_slice()) {
            (Some(id), tenants) => tenants.iter().find(|tenant| tenant.id == *id),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }

    /// The mail server of a mailbox with its path in the configuration: its own, the one it names, else
    /// the only one.
    pub fn mail_server_of<'a>(
        &'a self,
        mailbox: &'a MailboxConfig,
    ) -> Option<(String, &'a MailServer)> {
        if let Some(own) = &mailbox.ews {
            let at = self
                .mailboxes
                .iter()
                .position(|other| other.address == mailbox.address);
            return Some((format!("mailboxes[{}].ews", at.unwrap_or_default()), own));
        }
        let at = match &mailbox.server {
            Some(id) => self
                .mail_servers
                .iter()
                .position(|server| server.id == *id)?,
            None if self.mail_servers.len() == 1 => 0,
            None => return None,
        };
        Some((format!("mail_servers[{at}]"), &self.mail_servers[at]))
    }

    /// The settings of a mailbox: `[sync]`, overridden by its tenant, overridden by itself.
    pub fn settings_of(&self, mailbox: &MailboxConfig) -> Result<SyncSettings, Problem> {
        let tenant = self.tenant_of(mailbox).map(|tenant| &tenant.sync);
        let layers: Vec<&Table> = tenant.into_iter().chain([&mailbox.sync]).collect();
        if layers.iter().all(|layer| layer.is_empty()) {
            return Ok(self.sync.clone());
        }
        let unreadable = |error: String| Problem::new("sync", error);
        let mut table =
            Table::try_from(&self.sync).map_err(|error| unreadable(error.to_string()))?;
        for layer in layers {
            merge(&mut table, layer);
        }
        let mut track = serde_path_to_error::Track::new();
        let reader = serde_path_to_error::Deserializer::new(Value::Table(table), &mut track);
        serde::Deserialize::deserialize(reader).map_err(|error: toml::de::Error| {
            let key = match track.path().to_string().as_str() {
                "." => "sync".to_owned(),
                path => format!("sync.{path}"),
            };
            Problem::new(key, error.to_string().trim().replace('\n', " "))
        })
    }
}

/// Lays one table over another; inner tables are merged, everything else is replaced.
fn merge(below: &mut Table, above: &Table) {
    for (key, value) in above {
        match (below.get_mut(key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            _ => {
                below.insert(key.clone(), value.clone());
            }
        }
    }
}
