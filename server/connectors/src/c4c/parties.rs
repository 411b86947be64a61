//! The entity sets parties and documents live in, and how their rows are read.

use ssi_domain::{
    Kind, RecordId, RecordRef,
    participant::normalize,
    port::{FoundBy, PartyHit},
};

use super::odata::{json::Row, literal::bare};

/// One set.
#[derive(Debug)]
pub(super) struct PartySet {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    /// The number people see; of employees the business partner id, which activities refer to.
    pub(super) number: &'static str,
    /// Properties that hold the name, best first.
    names: &'static [&'static str],
    /// First and last name, for rows without a composed one.
    person: &'static [&'static str],
    pub(super) email: Option<&'static str>,
    created: &'static str,
    account: Option<&'static str>,
    status: Option<&'static str>,
    /// Properties a search looks into (SRCH-11).
    pub(super) searched: &'static [&'static str],
}

/// Life cycle of business partners that are no longer to be used.
const OBSOLETE: &str = "4";

static SETS: [PartySet; 11] = [
    PartySet {
        kind: Kind::Contact,
        name: "ContactCollection",
        number: "ContactID",
        names: &["Name"],
        person: &["FirstName", "LastName"],
        email: Some("Email"),
        created: "CreationOn",
        account: Some("AccountUUID"),
        status: Some("StatusCode"),
        searched: &["Name", "Email"],
    },
    PartySet {
        kind: Kind::IndividualCustomer,
        name: "IndividualCustomerCollection",
        number: "CustomerID",
        names: &["FormattedName"],
        person: &["FirstName", "LastName"],
        email: Some("Email"),
        created: "CreationOn",
        account: None,
        status: Some("LifeCycleStatusCode"),
        searched: &["FormattedName", "Email"],
    },
    PartySet {
        kind: Kind::Lead,
        name: "LeadCollection",
        number: "ID",
        names: &["Name"],
        person: &["ContactFirstName", "ContactLastName"],
        email: Some("ContactEMail"),
        created: "CreationDateTime",
        account: Some("AccountPartyUUID"),
        status: None,
        searched: &["Name", "ContactEMail"],
    },
    PartySet {
        kind: Kind::Account,
        name: "CorporateAccountCollection",
        number: "AccountID",
        names: &["BusinessPartnerFormattedName", "Name"],
        person: &[],
        email: Some("Email"),
        created: "CreationOn",
        account: None,
        status: Some("LifeCycleStatusCode"),
        searched: &["Name", "Email"],
    },
    PartySet {
        kind: Kind::Employee,
        name: "EmployeeCollection",
        number: "BusinessPartnerID",
        names: &["BusinessPartnerFormattedName"],
        person: &["FirstName", "LastName"],
        email: Some("Email"),
        created: "CreatedOn",
        account: None,
        status: None,
        searched: &["BusinessPartnerFormattedName", "Email"],
    },
    PartySet {
        kind: Kind::Opportunity,
        name: "OpportunityCollection",
        number: "ID",
        names: &["Name"],
        person: &[],
        email: None,
        created: "CreationDateTime",
        account: None,
        status: None,
        searched: &["Name"],
    },
    PartySet {
        kind: Kind::Ticket,
        name: "ServiceRequestCollection",
        number: "ID",
        names: &["Name"],
        person: &[],
        email: None,
        created: "CreationDateTime",
        account: None,
        status: None,
        searched: &["Name"],
    },
    PartySet {
        kind: Kind::Appointment,
        name: "AppointmentCollection",
        number: "ID",
        names: &["Subject"],
        person: &[],
        email: None,
        created: "CreatedOn",
        account: None,
        status: None,
        searched: &["Subject"],
    },
    PartySet {
        kind: Kind::Visit,
        name: "VisitCollection",
        number: "ID",
        names: &["Subject"],
        person: &[],
        email: None,
        created: "CreationDateTime",
        account: None,
        status: None,
        searched: &["Subject"],
    },
    PartySet {
        kind: Kind::PhoneCall,
        name: "PhoneCallCollection",
        number: "ID",
        names: &["Subject"],
        person: &[],
        email: None,
        created: "CreatedOn",
        account: None,
        status: None,
        searched: &["Subject"],
    },
    PartySet {
        kind: Kind::Task,
        name: "TasksCollection",
        number: "ID",
        names: &["Subject"],
        person: &[],
        email: None,
        created: "ReportedDateTime",
        account: None,
        status: None,
        searched: &["Subject"],
    },
];

/// The set of a kind; e-mails have none here.
pub(super) fn set_of(kind: Kind) -> Option<&'static PartySet> {
    SETS.iter().find(|set| set.kind == kind)
}

impl PartySet {
    /// What is read of a row.
    pub(super) fn select(&self) -> Vec<&'static str> {
        let mut select = vec!["ObjectID", self.number];
        select.extend(self.names);
        select.extend(self.person);
        select.extend(self.email);
        select.push(self.created);
        select.extend(self.account);
        select.extend(self.status);
        select
    }

    /// A row as a hit, its address in comparable form. `None` for a row without a key.
    pub(super) fn hit(&self, row: &Row) -> Option<PartyHit> {
        let id = row.text("ObjectID");
        if id.is_empty() {
            return None;
        }
        let composed = row.first(self.names);
        let name = if composed.is_empty() {
            let parts: Vec<_> = self.person.iter().map(|part| row.text(part)).collect();
            parts.join(" ").trim().to_owned()
        } else {
            composed
        };
        let account = self.account.map(|uuid| bare(&row.text(uuid)));
        let record = RecordRef {
            kind: self.kind,
            id: RecordId::new(id),
        };
        Some(PartyHit {
            number: row.text(self.number),
            name,
            address: self.address(row),
            found_by: FoundBy::Address,
            account: account.filter(|id| !id.is_empty()).map(|id| RecordRef {
                kind: Kind::Account,
                id: RecordId::new(id),
            }),
            created_at: row.instant(self.created),
            obsolete: self.status.is_some_and(|code| row.text(code) == OBSOLETE),
            ..PartyHit::bare(record)
        })
    }

    /// The row's address in comparable form.
    fn address(&self, row: &Row) -> String {
        let text = self.email.map(|email| row.text(email)).unwrap_or_default();
        comparable(&text)
    }
}

/// An address in the form in which two spellings of it are equal.
pub(super) fn comparable(address: &str) -> String {
    normalize(address).unwrap_or_else(|| address.trim().to_lowercase())
}
