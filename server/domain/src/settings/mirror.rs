//! What is mirrored, and how far.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{DownRule, SettingsError, within};
use crate::{Kind, mapping::Tables};

/// To whose calendar visits of the CRM go ("Sync Visit To", CAL-38). One setting for the organization.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitsTo {
    /// The organizer's.
    #[default]
    Organizer,
    /// The owner's.
    Owner,
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
    /// Look between sessions whether anything happened in the calendar, and sync at once if so (CAL-04).
    pub watch_calendar: bool,
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
    /// Days that a completed or cancelled task stays mirrored after it last changed (TSK-09).
    pub tasks_done_days: u32,
    /// "Sync Visit To" (CAL-38).
    pub visits_to: VisitsTo,
    /// Contacts, accounts and individual customers of the mailbox's owner come down (CON-10).
    pub contacts_from_crm: bool,
    /// "Synchronize Home Phone and Address" of contacts (CON-40).
    pub home_address: bool,
    /// Which records of a kind come down, and how many; kinds without a rule: all of the owner's (CON-10, CON-11).
    pub down: BTreeMap<Kind, DownRule>,
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
            watch_calendar: true,
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
            tasks_done_days: 14,
            visits_to: VisitsTo::Organizer,
            contacts_from_crm: true,
            home_address: false,
            down: BTreeMap::new(),
            appointment_attachments: true,
            visit_attachments: true,
            task_attachments: true,
            smart_description: BTreeMap::new(),
            default_zone: "UTC".into(),
            default_country: None,
        }
    }
}

impl MirrorSettings {
    /// Whether records of a kind are mirrored at all.
    pub fn mirrors(&self, kind: Kind) -> bool {
        match kind {
            Kind::Task => self.tasks,
            Kind::Contact | Kind::Account => self.contacts,
            Kind::IndividualCustomer => self.individual_customers,
            Kind::Appointment | Kind::Visit | Kind::PhoneCall => self.events,
            _ => false,
        }
    }

    /// What these settings say about which records come down, as a text that differs when they do.
    pub fn comes_down(&self) -> String {
        let kinds = [
            self.events,
            self.tasks,
            self.contacts,
            self.individual_customers,
        ];
        let ways = [self.from_crm, self.contacts_from_crm];
        let days = [self.scope_days_back, self.tasks_done_days];
        // Written as before where no kind has a rule: an upgrade reads nothing again.
        let rules = match self.down.is_empty() {
            true => String::new(),
            false => format!(" {:?}", self.down),
        };
        format!("{kinds:?} {ways:?} {days:?} {:?}{rules}", self.visits_to)
    }

    /// What these settings say about which events are captured, as a text that differs when they do.
    pub fn captures(&self) -> String {
        let switches = [
            self.auto_appointments,
            self.auto_meetings,
            self.auto_private,
            self.auto_unknown,
        ];
        let days = [self.capture_days_back, self.capture_days_ahead];
        format!("{switches:?} {days:?}")
    }

    /// A field of a Smart Description that its kind does not have.
    fn unknown_description(&self, tables: &Tables) -> Option<(Kind, &str)> {
        self.smart_description.iter().find_map(|(kind, fields)| {
            let table = tables.of(*kind);
            let known = |name: &String| table.is_some_and(|table| table.row(name).is_some());
            let field = fields.iter().find(|name| !known(name))?;
            Some((*kind, field.as_str()))
        })
    }

    pub(super) fn validate(&self, tables: &Tables) -> Result<(), SettingsError> {
        for (key, days) in [
            ("mirror.capture_days_back", self.capture_days_back),
            ("mirror.capture_days_ahead", self.capture_days_ahead),
        ] {
            within(key, u64::from(days), 0, 3_650)?;
        }
        let scope = u64::from(self.scope_days_back);
        within("mirror.scope_days_back", scope, 0, 1_000_000)?;
        let done = u64::from(self.tasks_done_days);
        within("mirror.tasks_done_days", done, 0, 36_500)?;
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
        self.validate_down(tables)?;
        if let Some((kind, field)) = self.unknown_description(tables) {
            return Err(SettingsError {
                key: format!("mirror.smart_description.{kind}"),
                why: format!(
                    "there is no field {field:?}; docs/mapping.md lists them, and a tenant's mapping adds others"
                ),
            });
        }
        if crate::zone::get(&self.default_zone).is_none() {
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
