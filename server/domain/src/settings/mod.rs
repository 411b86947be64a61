//! The settings of a mailbox's sync, with the defaults for a profile that says nothing.

mod down;
mod mirror;
mod names;
mod public_domains;
mod resolve;
mod sidebar;

use serde::{Deserialize, Serialize};

use crate::{blocklist::Entry, mapping::Tables};

pub use down::{DownFilter, DownRule};
pub use mirror::{MirrorSettings, VisitsTo};
pub use names::Names;
pub use public_domains::is_public_mail_domain;
pub use resolve::{ResolveAs, ResolveSettings};
pub use sidebar::SidebarSettings;

/// The settings that decide about one mailbox. Whatever deletes, creates parties or
/// notifies without being asked is off by default (CFG-02).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyncSettings {
    /// "Synchronize E-Mail Messages" (EM-04): the master switch of every route.
    pub email: bool,
    /// "Synchronize E-Mail Attachments" (EM-04).
    pub email_attachments: bool,
    /// Store an `.eml` copy with mails a session saves (EM-12 offers it in the dialog).
    pub eml_copy: bool,
    /// "Enable auto-sharing for e-mail" (EM-30).
    pub auto_save: bool,
    /// "Automatic Saving of E-Mail Threads" (EM-45).
    pub thread_auto_save: bool,
    /// How many days before the start of sync the first session looks back for auto-save (EM-34).
    pub lookback_days: u32,
    /// Extensions that may be stored, without dot; empty: all that are not prohibited (EM-50).
    pub allowed_extensions: Vec<String>,
    /// Extensions that are never stored, without dot (EM-51).
    pub prohibited_extensions: Vec<String>,
    /// Largest attachment in bytes (EM-50).
    pub attachment_max_bytes: u64,
    /// Pictures of the body below this many bytes are taken for parts of a signature (EM-51).
    pub signature_picture_below_bytes: u64,
    /// Who is never saved or linked without being asked (BL-01).
    pub blocklist: BlocklistSettings,
    /// Domains of the own organization besides the mailbox's own (BL-03, BL-04); `*.corp.example` takes all
    /// below too.
    pub corporate_domains: Vec<String>,
    /// Names of what we own in the mailbox.
    pub names: Names,
    /// Minutes between two sessions.
    pub interval_minutes: u32,
    /// How much of each noticeable effect a session may have.
    pub budgets: Budgets,
    /// Calendar, tasks and contacts.
    pub mirror: MirrorSettings,
    /// What becomes of unknown attendees.
    pub resolve: ResolveSettings,
    /// What the sidebar creates and finds.
    pub sidebar: SidebarSettings,
}

/// The two layers of the blocklist (BL-02): addresses, domains, or `*.shop.example` for a domain and all below
/// it, as people write them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlocklistSettings {
    /// The key user's layer; users cannot change it.
    pub org: Vec<String>,
    /// The user's own layer.
    pub user: Vec<String>,
}

/// Budgets of a session (INV-7, INV-12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Budgets {
    /// So many deletions are always allowed.
    pub deletions: u32,
    /// Deletions are allowed up to this share of all linked items, in percent, where that is more.
    pub deletions_percent: u32,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting {key}: {why}")]
pub struct SettingsError {
    /// The setting's name as it stands in a configuration file.
    pub key: String,
    /// What is wrong and what to write instead.
    pub why: String,
}

impl Default for SyncSettings {
    fn default() -> Self {
        Self {
            email: true,
            email_attachments: true,
            eml_copy: false,
            auto_save: false,
            thread_auto_save: true,
            lookback_days: 0,
            allowed_extensions: Vec::new(),
            prohibited_extensions: PROHIBITED.iter().map(|&e| e.to_owned()).collect(),
            attachment_max_bytes: 25_000_000,
            signature_picture_below_bytes: 5_000,
            blocklist: BlocklistSettings::default(),
            corporate_domains: Vec::new(),
            names: Names::default(),
            interval_minutes: 30,
            budgets: Budgets::default(),
            mirror: MirrorSettings::default(),
            resolve: ResolveSettings::default(),
            sidebar: SidebarSettings::default(),
        }
    }
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            deletions: 5,
            deletions_percent: 2,
        }
    }
}

/// Types that run code when opened. The list follows what mail programs themselves block
/// (<https://support.microsoft.com/office/blocked-attachments-in-outlook-434752e1-02d3-4e90-9124-8b81e49a8519>).
const PROHIBITED: &[&str] = &[
    "ade", "adp", "app", "appx", "asp", "bas", "bat", "cer", "chm", "cmd", "com", "cpl", "crt",
    "csh", "der", "dll", "exe", "fxp", "gadget", "hlp", "hta", "inf", "ins", "iso", "isp", "its",
    "jar", "jnlp", "js", "jse", "ksh", "lnk", "mad", "maf", "mda", "mde", "msc", "msh", "msi",
    "msix", "msp", "mst", "ops", "pcd", "pif", "plg", "prf", "prg", "ps1", "ps1xml", "ps2", "psc1",
    "psc2", "psm1", "reg", "scf", "scr", "sct", "sh", "shb", "shs", "sys", "url", "vb", "vbe",
    "vbs", "vhd", "vhdx", "vsmacros", "ws", "wsc", "wsf", "wsh", "xbap", "xll", "xnk",
];

/// More entries than this in one list are a mistake, not a list.
const MOST_ENTRIES: usize = 10_000;

impl SyncSettings {
    /// Checks that the settings can be used with the built-in mapping; the error names the first offending key.
    pub fn validate(&self) -> Result<(), SettingsError> {
        self.validate_for(&Tables::built_in())
    }

    /// The same for a tenant with this mapping.
    pub fn validate_for(&self, tables: &Tables) -> Result<(), SettingsError> {
        within(
            "interval_minutes",
            u64::from(self.interval_minutes),
            1,
            24 * 60,
        )?;
        within("lookback_days", u64::from(self.lookback_days), 0, 3_650)?;
        within(
            "attachment_max_bytes",
            self.attachment_max_bytes,
            1,
            150_000_000,
        )?;
        within(
            "signature_picture_below_bytes",
            self.signature_picture_below_bytes,
            0,
            self.attachment_max_bytes,
        )?;
        within(
            "budgets.deletions_percent",
            u64::from(self.budgets.deletions_percent),
            0,
            100,
        )?;
        for (key, list) in [
            ("allowed_extensions", &self.allowed_extensions),
            ("prohibited_extensions", &self.prohibited_extensions),
        ] {
            each(key, list, |e| {
                let bare = e.strip_prefix('.').unwrap_or(e);
                !bare.is_empty() && bare.len() <= 32 && bare.chars().all(char::is_alphanumeric)
            })?;
        }
        for (key, list) in [
            ("blocklist.org", &self.blocklist.org),
            ("blocklist.user", &self.blocklist.user),
        ] {
            each(key, list, |entry| Entry::parse(entry).is_some())?;
        }
        each(
            "corporate_domains",
            &self.corporate_domains,
            |domain| match Entry::parse(domain) {
                Some(Entry::Domain(domain) | Entry::Subtree(domain)) => {
                    !is_public_mail_domain(&domain)
                }
                Some(Entry::Address(_)) | None => false,
            },
        )?;
        self.mirror.validate(tables)?;
        within(
            "resolve.most_per_event",
            u64::from(self.resolve.most_per_event),
            1,
            200,
        )?;
        self.names.validate()
    }
}

fn within(key: &str, value: u64, least: u64, most: u64) -> Result<(), SettingsError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let why = format!("{value} is outside {least} to {most}");
    Err(SettingsError {
        key: key.into(),
        why,
    })
}

fn each(key: &str, list: &[String], sound: impl Fn(&str) -> bool) -> Result<(), SettingsError> {
    if list.len() > MOST_ENTRIES {
        let why = format!("{} entries; at most {MOST_ENTRIES} are allowed", list.len());
        return Err(SettingsError {
            key: key.into(),
            why,
        });
    }
    match list.iter().position(|entry| !sound(entry)) {
        None => Ok(()),
        Some(at) => Err(SettingsError {
            key: format!("{key}[{at}]"),
            why: format!("{:?} cannot be used here", list[at]),
        }),
    }
}

#[cfg(test)]
mod tests;
