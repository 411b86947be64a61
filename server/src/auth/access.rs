//! Which mailboxes a caller may touch: their own; a key user all of the tenants they administer.

use std::collections::{BTreeSet, HashMap};

use ssi_domain::{MailboxId, TenantId, participant};

use super::Caller;
use crate::config::Config;

/// A configured mailbox, known to the database.
#[derive(Debug, Clone)]
pub struct Enrolled {
    /// Its id.
    pub id: MailboxId,
    /// Its address, lower case.
    pub address: String,
    /// Its tenant.
    pub tenant: TenantId,
}

/// Why a mailbox is not open to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It is somebody else's, or there is none: strangers are not told which.
    #[error("this mailbox is not yours")]
    NotYours,
    /// A key user asked for a mailbox that is not configured.
    #[error("there is no such mailbox in the configuration")]
    Unknown,
    /// The caller is known, but no mailbox is theirs.
    #[error("no mailbox is configured for you; ask your key user")]
    NotEnrolled,
}

/// Who may touch what.
#[derive(Debug, Default)]
pub struct Access {
    mailboxes: Vec<Enrolled>,
    by_address: HashMap<String, usize>,
    by_owner_address: HashMap<String, Vec<usize>>,
    by_subject: HashMap<String, Vec<usize>>,
    key_users: BTreeSet<String>,
    tenant_key_users: HashMap<TenantId, BTreeSet<String>>,
}

impl Access {
    /// The rules of a configuration; `ids` are the mailboxes' ids in its order.
    pub fn new(config: &Config, ids: &[MailboxId]) -> Self {
        let mut access = Self {
            key_users: names(&config.auth.key_users),
            ..Self::default()
        };
        for tenant in &config.tenants {
            let id = TenantId::new(tenant.id.clone());
            access.tenant_key_users.insert(id, names(&tenant.key_users));
        }
        for (mailbox, id) in config.mailboxes.iter().zip(ids) {
            let Some(tenant) = config.tenant_of(mailbox) else {
                continue;
            };
            let at = access.mailboxes.len();
            let address = mailbox.address.to_lowercase();
            access.by_address.insert(address.clone(), at);
            for subject in &mailbox.owner_subjects {
                access
                    .by_subject
                    .entry(subject.clone())
                    .or_default()
                    .push(at);
            }
            if mailbox.owner_subjects.is_empty() {
                let owners = mailbox.owner_addresses.iter().chain([&mailbox.address]);
                for owner in owners.filter_map(|text| participant::normalize(text)) {
                    access.by_owner_address.entry(owner).or_default().push(at);
                }
            }
            access.mailboxes.push(Enrolled {
                id: *id,
                address,
                tenant: TenantId::new(tenant.id.clone()),
            });
        }
        access
    }

    /// The caller's own mailboxes, in the order of the configuration.
    pub fn own(&self, caller: &Caller) -> Vec<&Enrolled> {
        let by_subject = self.by_subject.get(&caller.subject);
        let by_address = caller
            .addresses
            .iter()
            .filter_map(|one| self.by_owner_address.get(one));
        let at: BTreeSet<usize> = by_subject
            .into_iter()
            .chain(by_address)
            .flatten()
            .copied()
            .collect();
        at.into_iter().map(|at| &self.mailboxes[at]).collect()
    }

    /// Whether the caller administers anything.
    pub fn is_key_user(&self, caller: &Caller) -> bool {
        self.administers_all(caller)
            || self
                .tenant_key_users
                .values()
                .any(|names| is_among(caller, names))
    }

    /// The mailbox with this address, if the caller may touch it.
    pub fn mailbox(&self, caller: &Caller, address: &str) -> Result<&Enrolled, Denied> {
        let found = self
            .by_address
            .get(&address.to_lowercase())
            .map(|at| &self.mailboxes[*at]);
        match found {
            Some(found) if self.own(caller).iter().any(|own| own.id == found.id) => Ok(found),
            Some(found) if self.administers(caller, &found.tenant) => Ok(found),
            None if self.administers_all(caller) => Err(Denied::Unknown),
            _ => Err(Denied::NotYours),
        }
    }

    /// The mailbox on whose behalf a caller asks the CRM when the call names none: their first own one, for a
    /// key user without one the first they administer.
    pub fn main_mailbox(&self, caller: &Caller) -> Result<&Enrolled, Denied> {
        let own = self.own(caller).into_iter().next();
        own.or_else(|| {
            self.mailboxes
                .iter()
                .find(|one| self.administers(caller, &one.tenant))
        })
        .ok_or(Denied::NotEnrolled)
    }

    /// Whether there is anything the caller may touch.
    pub fn is_enrolled(&self, caller: &Caller) -> bool {
        !self.own(caller).is_empty() || self.is_key_user(caller)
    }

    /// The mailbox of an id, whoever asks.
    pub fn by_id(&self, id: MailboxId) -> Option<&Enrolled> {
        self.mailboxes.iter().find(|one| one.id == id)
    }

    /// Whether the caller is a key user of the tenant.
    pub fn administers(&self, caller: &Caller, tenant: &TenantId) -> bool {
        let of_tenant = self.tenant_key_users.get(tenant);
        self.administers_all(caller) || of_tenant.is_some_and(|names| is_among(caller, names))
    }

    fn administers_all(&self, caller: &Caller) -> bool {
        caller.key_user || is_among(caller, &self.key_users)
    }
}

/// Subjects as they are, addresses normalised.
fn names(list: &[String]) -> BTreeSet<String> {
    let normalise = |name: &String| match participant::normalize(name) {
        Some(address) if name.contains('@') => address,
        _ => name.clone(),
    };
    list.iter().map(normalise).collect()
}

fn is_among(caller: &Caller, names: &BTreeSet<String>) -> bool {
    names.contains(&caller.subject) || caller.addresses.iter().any(|one| names.contains(one))
}
