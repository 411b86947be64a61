//! The entity sets parties and documents live in, and how their rows are read.

use jiff::Timestamp;
use ssi_domain::{
    Kind, RecordId, RecordRef,
    directory::{Party, site_domain},
    participant::normalize,
    phone,
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
    /// Property and codes of those that are no longer to be used.
    status: Option<(&'static str, &'static [&'static str])>,
    /// Properties a search looks into (SRCH-11).
    pub(super) searched: &'static [&'static str],
    /// What only the directory keeps.
    more: More,
}

/// Properties of a party that only the directory keeps.
#[derive(Debug)]
struct More {
    phones: &'static [&'static str],
    /// The company's name, best first.
    company: &'static [&'static str],
    web_site: Option<&'static str>,
}

const NO_MORE: More = More {
    phones: &[],
    company: &[],
    web_site: None,
};

/// Life cycle of business partners that are no longer to be used.
const OBSOLETE: &[&str] = &["4"];

/// Life cycle of documents: completed (a lead that was converted) and cancelled. The status people see is a list of
/// the tenant's own; this one is SAP's.
const FINAL: &[&str] = &["3", "4"];

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
        status: Some(("StatusCode", OBSOLETE)),
        searched: &["Name", "Email"],
        more: More {
            phones: &["Phone", "Mobile"],
            company: &["AccountFormattedName"],
            web_site: None,
        },
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
        status: Some(("LifeCycleStatusCode", OBSOLETE)),
        searched: &["FormattedName", "Email"],
        more: More {
            phones: &["Phone", "Mobile"],
            company: &[],
            web_site: None,
        },
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
        status: Some(("LifeCycleStatusCode", FINAL)),
        searched: &["Name", "ContactEMail"],
        more: More {
            phones: &["ContactPhone", "ContactMobile"],
            company: &["AccountPartyName", "Company"],
            web_site: None,
        },
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
        status: Some(("LifeCycleStatusCode", OBSOLETE)),
        searched: &["Name", "Email"],
        more: More {
            phones: &["Phone", "Mobile"],
            company: &[],
            web_site: Some("WebSite"),
        },
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
        more: More {
            phones: &["OfficePhoneNumber", "MobilePhoneNumber"],
            company: &[],
            web_site: None,
        },
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
        more: NO_MORE,
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
        more: NO_MORE,
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
        more: NO_MORE,
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
        more: NO_MORE,
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
        more: NO_MORE,
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
        more: NO_MORE,
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
        select.extend(self.status.map(|(property, _)| property));
        select
    }

    /// What the directory wants to know besides ([`Self::select`]).
    pub(super) fn select_more(&self) -> Vec<&'static str> {
        let More {
            phones,
            company,
            web_site,
        } = &self.more;
        let mut select = phones.to_vec();
        select.extend(*company);
        select.extend(*web_site);
        select
    }

    /// A row as the directory keeps it. `None` for a row without a key.
    pub(super) fn party(&self, row: &Row, changed_at: Option<Timestamp>) -> Option<Party> {
        let hit = self.hit(row)?;
        let text = self.email.map(|email| row.text(email)).unwrap_or_default();
        let phones = self
            .more
            .phones
            .iter()
            .map(|name| phone::normal(&row.text(name)));
        let mut numbers: Vec<String> = Vec::new();
        for number in phones.filter(|number| !number.is_empty()) {
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        let site = self
            .more
            .web_site
            .map(|name| row.text(name))
            .unwrap_or_default();
        Some(Party {
            record: hit.record,
            number: hit.number,
            name: hit.name,
            addresses: normalize(&text).into_iter().collect(),
            phones: numbers,
            company: row.first(self.more.company),
            account: hit.account,
            domains: site_domain(&site).into_iter().collect(),
            created_at: hit.created_at,
            changed_at,
            obsolete: hit.obsolete,
            hidden: false,
        })
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
            obsolete: self
                .status
                .is_some_and(|(property, codes)| codes.contains(&row.text(property).as_str())),
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
