//! The settings of a mailbox's sync, with the defaults for a profile that says nothing.

mod public_domains;
mod resolve;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Kind, blocklist::Entry, mapping::Table, port::FolderRole};

pub use public_domains::is_public_mail_domain;
pub use resolve::{ResolveAs, ResolveSettings};

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

/// What the sidebar offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SidebarSettings {
    /// Kinds people may create; leads are not among them by default (SB-05).
    pub create: Vec<Kind>,
    /// Kinds that searches leave out ("Hide on search", SRCH-12).
    pub hide: Vec<Kind>,
}

impl Default for SidebarSettings {
    fn default() -> Self {
        Self {
            create: vec![
                Kind::Contact,
                Kind::Account,
                Kind::IndividualCustomer,
                Kind::Task,
                Kind::PhoneCall,
                Kind::Appointment,
                Kind::Opportunity,
                Kind::Ticket,
            ],
            hide: Vec::new(),
        }
    }
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

/// Names of categories and folders; localisable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Names {
    /// The category that asks for saving and says that it is done (EM-20, MBX-03).
    pub category: String,
    /// The category of an item that failed.
    pub error_category: String,
    /// The folder whose mails are saved (EM-20).
    pub folder: String,
    /// The category that makes an event a visit (CAL-01).
    pub visit_category: String,
    /// The category that makes an event a phone call.
    pub phone_call_category: String,
    /// The category that makes a contact item an account (CON-01).
    pub account_category: String,
    /// The category that makes a contact item an individual customer (CON-01).
    pub individual_customer_category: String,
    /// The folder whose tasks are mirrored (TSK-02).
    pub tasks_folder: String,
    /// The folder whose contact items are contacts (CON-01).
    pub contacts_folder: String,
    /// The folder whose contact items are accounts.
    pub accounts_folder: String,
    /// The folder whose contact items are individual customers.
    pub individual_customers_folder: String,
}

/// Budgets of a session (INV-7, INV-12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Budgets {
    /// So many deletions are always allowed.
    pub deletions: u32,
    /// Deletions are allowed up to this share of all linked items, in percent, where that is more.
    pub deletions_percent: u32,
    /// Notifications to attendees that no person caused.
    pub notifications: u32,
}

/// What is mirrored, and how far (rules 3 to 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MirrorSettings {
    /// Appointments, visits and phone calls are mirrored.
    pub events: bool,
    /// "Synchronize Tasks" (TSK-01).
    pub tasks: bool,
    /// Contacts and accounts are mirrored.
    pub contacts: bool,
    /// "Synchronize Individual Customers" (CON-03).
    pub individual_customers: bool,
    /// Meetings are captured without a category (CAL-10).
    pub auto_meetings: bool,
    /// Events without attendees are captured without a category (CAL-10).
    pub auto_appointments: bool,
    /// "Sync even if there are no linked contacts or individual customers" (CAL-13).
    pub auto_unknown: bool,
    /// Days back for capturing (CAL-11).
    pub capture_days_back: u32,
    /// Days ahead for capturing (CAL-11).
    pub capture_days_ahead: u32,
    /// Days back that mirrored events stay in scope (CAL-20).
    pub scope_days_back: u32,
    /// "Sync private meetings and appointments": a placeholder without details (CAL-70).
    pub private_placeholders: bool,
    /// "Include private meetings or appointments" in capturing (CAL-71).
    pub auto_private: bool,
    /// Cancel records instead of deleting them (CAL-56).
    pub cancel_instead_of_delete: bool,
    /// Events from the CRM that leave the scope are deleted although they have attendees (CAL-22).
    pub delete_out_of_scope: bool,
    /// A contact, account or individual customer deleted in the mailbox, or taken out of its folder, is taken out of
    /// use in the CRM too (5.3); off: it stays there.
    pub delete_contacts_in_crm: bool,
    /// Minutes before an event from the CRM that its reminder rings; none: no reminder (CAL-73).
    pub reminder_minutes: Option<u32>,
    /// "Remind About Tasks at" (TSK-05): the time of day, `HH:MM` in the default zone, at which a task that comes
    /// from the CRM reminds on the day it is due; none: no reminder.
    pub task_reminder_at: Option<String>,
    /// "Keep Tasks Read-Only" (TSK-03).
    pub tasks_read_only: bool,
    /// "Keep Contacts Read-Only" (CON-20).
    pub contacts_read_only: bool,
    /// "Keep Accounts Read-Only" (CON-20, CON-22).
    pub accounts_read_only: bool,
    /// "Keep Individual Customers Read-Only" (CON-20).
    pub individual_customers_read_only: bool,
    /// Records of the CRM come down to the mailbox: events and tasks of the mailbox's owner.
    pub from_crm: bool,
    /// Contacts, accounts and individual customers of the mailbox's owner come down (CON-10).
    pub contacts_from_crm: bool,
    /// Attachments of appointments and phone calls are stored (CAL-76).
    pub appointment_attachments: bool,
    /// Attachments of visits are stored (CAL-76).
    pub visit_attachments: bool,
    /// "Synchronize Task Attachments" (TSK-04).
    pub task_attachments: bool,
    /// Fields of the record that are shown below the text of its item, by kind (SD-01). Attendees see them (SD-04).
    pub smart_description: BTreeMap<Kind, Vec<String>>,
    /// IANA zone for events whose own zone nobody knows.
    pub default_zone: String,
    /// Country of accounts made for a contact, ISO 3166-1 (CON-34).
    pub default_country: Option<String>,
}

impl Default for MirrorSettings {
    fn default() -> Self {
        Self {
            events: true,
            tasks: true,
            contacts: true,
            individual_customers: true,
            auto_meetings: false,
            auto_appointments: false,
            auto_unknown: false,
            capture_days_back: 14,
            capture_days_ahead: 60,
            scope_days_back: 30,
            private_placeholders: true,
            auto_private: false,
            cancel_instead_of_delete: true,
            delete_out_of_scope: false,
            delete_contacts_in_crm: false,
            reminder_minutes: None,
            task_reminder_at: None,
            tasks_read_only: false,
            contacts_read_only: false,
            accounts_read_only: false,
            individual_customers_read_only: false,
            from_crm: true,
            contacts_from_crm: true,
            appointment_attachments: true,
            visit_attachments: true,
            task_attachments: true,
            smart_description: BTreeMap::new(),
            default_zone: "UTC".into(),
            default_country: None,
        }
    }
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

impl Default for Names {
    fn default() -> Self {
        Self {
            category: "SAP Cloud for Customer".into(),
            error_category: "Sync Error".into(),
            folder: "SAP E-Mails".into(),
            visit_category: "Visit".into(),
            phone_call_category: "Phone Call".into(),
            account_category: "Account".into(),
            individual_customer_category: "Individual Customer".into(),
            tasks_folder: "SAP Tasks".into(),
            contacts_folder: "SAP Contacts".into(),
            accounts_folder: "SAP Accounts".into(),
            individual_customers_folder: "SAP Individual Customers".into(),
        }
    }
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            deletions: 5,
            deletions_percent: 2,
            notifications: 0,
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
    /// Checks that the settings can be used; the error names the first offending key.
    pub fn validate(&self) -> Result<(), SettingsError> {
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
        self.mirror.validate()?;
        within(
            "resolve.most_per_event",
            u64::from(self.resolve.most_per_event),
            1,
            200,
        )?;
        self.names.validate()
    }
}

impl MirrorSettings {
    /// A field of a Smart Description that its kind does not have.
    fn unknown_description(&self) -> Option<(Kind, &str)> {
        self.smart_description.iter().find_map(|(kind, fields)| {
            let table = Table::of(*kind);
            let known = |name: &String| table.is_some_and(|table| table.row(name).is_some());
            let field = fields.iter().find(|name| !known(name))?;
            Some((*kind, field.as_str()))
        })
    }

    fn validate(&self) -> Result<(), SettingsError> {
        for (key, days) in [
            ("mirror.capture_days_back", self.capture_days_back),
            ("mirror.capture_days_ahead", self.capture_days_ahead),
        ] {
            within(key, u64::from(days), 0, 3_650)?;
        }
        let scope = u64::from(self.scope_days_back);
        within("mirror.scope_days_back", scope, 0, 36_500)?;
        if self.capture_days_back > self.scope_days_back {
            return Err(SettingsError {
                key: "mirror.capture_days_back".into(),
                why: "is longer than mirror.scope_days_back: what is captured would be dropped at once"
                    .into(),
            });
        }
        if self.auto_private && !self.private_placeholders {
            return Err(SettingsError {
                key: "mirror.auto_private".into(),
                why: "needs mirror.private_placeholders (CAL-71)".into(),
            });
        }
        if let Some((kind, field)) = self.unknown_description() {
            return Err(SettingsError {
                key: format!("mirror.smart_description.{kind}"),
                why: format!("there is no field {field:?}; docs/mapping.md lists them"),
            });
        }
        if jiff::tz::TimeZone::get(&self.default_zone).is_err() {
            return Err(SettingsError {
                key: "mirror.default_zone".into(),
                why: "write an IANA zone, for instance Europe/Berlin".into(),
            });
        }
        let time = self.task_reminder_at.as_deref().unwrap_or("08:00");
        let sound = time.len() == 5 && time.parse::<jiff::civil::Time>().is_ok();
        if !sound {
            return Err(SettingsError {
                key: "mirror.task_reminder_at".into(),
                why: "write hours and minutes, for instance 08:30".into(),
            });
        }
        within(
            "mirror.reminder_minutes",
            u64::from(self.reminder_minutes.unwrap_or(0)),
            0,
            40_320,
        )
    }
}

impl Names {
    /// Our own folders with their names, by role.
    pub fn own_folders(&self) -> Vec<(FolderRole, String)> {
        [
            (FolderRole::Saved, &self.folder),
            (FolderRole::OwnTasks, &self.tasks_folder),
            (FolderRole::OwnContacts, &self.contacts_folder),
            (FolderRole::OwnAccounts, &self.accounts_folder),
            (
                FolderRole::OwnIndividualCustomers,
                &self.individual_customers_folder,
            ),
        ]
        .map(|(role, name)| (role, name.clone()))
        .into()
    }

    fn validate(&self) -> Result<(), SettingsError> {
        let all = [
            ("names.category", &self.category),
            ("names.error_category", &self.error_category),
            ("names.folder", &self.folder),
            ("names.visit_category", &self.visit_category),
            ("names.phone_call_category", &self.phone_call_category),
            ("names.account_category", &self.account_category),
            (
                "names.individual_customer_category",
                &self.individual_customer_category,
            ),
            ("names.tasks_folder", &self.tasks_folder),
            ("names.contacts_folder", &self.contacts_folder),
            ("names.accounts_folder", &self.accounts_folder),
            (
                "names.individual_customers_folder",
                &self.individual_customers_folder,
            ),
        ];
        for (key, name) in all {
            // Exchange separates categories in some properties by comma and semicolon; 255 is its limit.
            let sound = !name.trim().is_empty()
                && name.trim() == name
                && name.chars().count() <= 255
                && !name.chars().any(|c| c.is_control() || ",;/\\".contains(c));
            if !sound {
                let why = "write 1 to 255 characters without , ; / \\ and outer spaces";
                return Err(SettingsError {
                    key: key.into(),
                    why: why.into(),
                });
            }
        }
        if self.category.eq_ignore_ascii_case(&self.error_category) {
            return Err(SettingsError {
                key: "names.error_category".into(),
                why: "must differ from names.category".into(),
            });
        }
        Ok(())
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
