//! A small company for tests and the demo: employees who sell, accounts with their contacts, customers,
//! leads, opportunities and tickets. Some partners have addresses that occur in the mail fixtures, so
//! that real mails find somebody.

use jiff::Timestamp;
use serde::Deserialize;

use crate::crm::{Author, Crm, CrmUser, Draft, EntitySet, Refusal, Schema, UserKind, Value};
use crate::world::World;

#[derive(Deserialize)]
struct Company {
    employees: Vec<Employee>,
    accounts: Vec<Account>,
    contacts: Vec<Contact>,
    customers: Vec<Person>,
    leads: Vec<Lead>,
    opportunities: Vec<Document>,
    tickets: Vec<Document>,
}

#[derive(Deserialize)]
struct Employee {
    number: String,
    login: String,
    first: String,
    last: String,
    email: String,
}

#[derive(Deserialize)]
struct Account {
    number: String,
    name: String,
    domain: String,
    street: String,
    city: String,
    country: String,
}

#[derive(Deserialize)]
struct Contact {
    number: String,
    first: String,
    last: String,
    email: String,
    account: String,
    job: String,
    phone: String,
}

#[derive(Deserialize)]
struct Person {
    number: String,
    first: String,
    last: String,
    email: String,
}

#[derive(Deserialize)]
struct Lead {
    name: String,
    first: String,
    last: String,
    email: String,
    company: String,
}

/// An opportunity or a ticket.
#[derive(Deserialize)]
struct Document {
    name: String,
    account: String,
    contact: String,
}

/// What kind of partner an address belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartyKind {
    /// A contact, of the account with this number if there is one.
    Contact {
        /// Number of the account, such as `1000001`.
        account: Option<String>,
    },
    /// An individual customer.
    IndividualCustomer,
    /// A lead with contact data of its own.
    Lead,
    /// A corporate account with this address.
    Account,
    /// An employee who can sign in; the login is the part before the `@`.
    Employee,
}

/// A partner to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewParty {
    /// What kind.
    pub kind: PartyKind,
    /// E-mail address.
    pub address: String,
    /// Display name; the last word is the last name.
    pub name: String,
}

/// Fills a tenant with the company.
///
/// # Errors
/// The first refusal, for instance when the tenant already has partners with these numbers.
pub fn fill(crm: &mut Crm, now: Timestamp) -> Result<(), Refusal> {
    let company: Company = serde_json::from_str(include_str!("company.json"))
        .map_err(|error| Refusal::Malformed(format!("company.json: {error}")))?;
    crm.act_as(demo_author(), now.as_microsecond());
    for employee in &company.employees {
        add_employee(crm, employee)?;
    }
    for account in &company.accounts {
        add_account(crm, account)?;
    }
    for contact in &company.contacts {
        let values = [
            ("ContactID", contact.number.as_str()),
            ("FirstName", &contact.first),
            ("LastName", &contact.last),
            ("Email", &contact.email),
            ("AccountID", &contact.account),
            ("JobTitle", &contact.job),
            ("Phone", &contact.phone),
        ];
        create(crm, "ContactCollection", &values)?;
    }
    for customer in &company.customers {
        let values = [
            ("CustomerID", customer.number.as_str()),
            ("FirstName", &customer.first),
            ("LastName", &customer.last),
            ("Email", &customer.email),
            ("RoleCode", "CRM000"),
        ];
        create(crm, "IndividualCustomerCollection", &values)?;
    }
    for lead in &company.leads {
        add_lead(crm, lead)?;
    }
    add_documents(crm, &company)
}

/// Fills the tenant of a world, and makes everybody with a mailbox an employee.
///
/// # Errors
/// The first refusal, as [`fill`].
pub fn settle(world: &World) -> Result<(), Refusal> {
    let now = world.now();
    let mut crm = world.crm();
    fill(&mut crm, now)?;
    for user in world.users() {
        let employee = NewParty {
            kind: PartyKind::Employee,
            address: user.address.clone(),
            name: user.name.clone(),
        };
        add_party(&mut crm, now, &employee)?;
    }
    Ok(())
}

fn demo_author() -> Author {
    Author {
        name: "Demo Data".to_owned(),
        employee: None,
    }
}

/// Adds one partner; returns its ObjectID.
///
/// # Errors
/// The refusal of the tenant, for instance for a name that is too long.
pub fn add_party(crm: &mut Crm, now: Timestamp, party: &NewParty) -> Result<String, Refusal> {
    crm.act_as(demo_author(), now.as_microsecond());
    let (first, last) = party.name.rsplit_once(' ').unwrap_or(("", &party.name));
    let address = party.address.as_str();
    match &party.kind {
        PartyKind::Contact { account } => {
            let account = account.as_deref().unwrap_or_default();
            let values = [
                ("FirstName", first),
                ("LastName", last),
                ("Email", address),
                ("AccountID", account),
            ];
            create(crm, "ContactCollection", &values)
        }
        PartyKind::IndividualCustomer => {
            let values = [
                ("FirstName", first),
                ("LastName", last),
                ("Email", address),
                ("RoleCode", "CRM000"),
            ];
            create(crm, "IndividualCustomerCollection", &values)
        }
        PartyKind::Lead => add_lead(
            crm,
            &Lead {
                name: format!("Inquiry of {}", party.name),
                first: first.to_owned(),
                last: last.to_owned(),
                email: address.to_owned(),
                company: String::new(),
            },
        ),
        PartyKind::Account => {
            let values = [
                ("Name", party.name.as_str()),
                ("Email", address),
                ("RoleCode", "CRM000"),
            ];
            create(crm, "CorporateAccountCollection", &values)
        }
        PartyKind::Employee => {
            let login = address.split('@').next().unwrap_or(address);
            let employee = Employee {
                number: String::new(),
                login: login.to_uppercase(),
                first: if first.is_empty() {
                    login.to_owned()
                } else {
                    first.to_owned()
                },
                last: last.to_owned(),
                email: address.to_owned(),
            };
            add_employee(crm, &employee)
        }
    }
}

/// An employee who signs in with the login and the password `<login>-secret`.
fn add_employee(crm: &mut Crm, employee: &Employee) -> Result<String, Refusal> {
    let values = [
        ("EmployeeID", employee.number.as_str()),
        ("UserID", &employee.login),
        ("FirstName", &employee.first),
        ("LastName", &employee.last),
        ("Email", &employee.email),
        ("TimeZoneCode", "CET"),
    ];
    let key = create(crm, "EmployeeCollection", &values)?;
    crm.users.add(CrmUser {
        login: employee.login.clone(),
        password: format!("{}-secret", employee.login),
        kind: UserKind::Named,
        employee: Some(key.clone()),
    });
    Ok(key)
}

fn add_account(crm: &mut Crm, account: &Account) -> Result<String, Refusal> {
    let email = format!("info@{}", account.domain);
    let site = format!("https://www.{}", account.domain);
    let values = [
        ("AccountID", account.number.as_str()),
        ("Name", &account.name),
        ("RoleCode", "CRM000"),
        ("Email", &email),
        ("WebSite", &site),
        ("Street", &account.street),
        ("City", &account.city),
        ("CountryCode", &account.country),
    ];
    create(crm, "CorporateAccountCollection", &values)
}

fn add_lead(crm: &mut Crm, lead: &Lead) -> Result<String, Refusal> {
    let values = [
        ("Name", lead.name.as_str()),
        ("ContactFirstName", &lead.first),
        ("ContactLastName", &lead.last),
        ("ContactEMail", &lead.email),
        ("Company", &lead.company),
    ];
    create(crm, "LeadCollection", &values)
}

fn add_documents(crm: &mut Crm, company: &Company) -> Result<(), Refusal> {
    for (nth, opportunity) in company.opportunities.iter().enumerate() {
        let seller = 8_000_000_001 + nth % company.employees.len();
        let seller = seller.to_string();
        let values = [
            ("MainEmployeeResponsiblePartyID", seller.as_str()),
            ("Name", &opportunity.name),
            ("ProspectPartyID", &opportunity.account),
            ("PrimaryContactPartyID", &opportunity.contact),
        ];
        create(crm, "OpportunityCollection", &values)?;
    }
    for ticket in &company.tickets {
        let values = [
            ("Name", ticket.name.as_str()),
            ("ProcessingTypeCode", "SRRQ"),
            ("BuyerPartyID", &ticket.account),
            ("BuyerMainContactPartyID", &ticket.contact),
        ];
        create(crm, "ServiceRequestCollection", &values)?;
    }
    Ok(())
}

/// Creates a row from texts; empty ones are left out.
fn create(crm: &mut Crm, set: &str, values: &[(&str, &str)]) -> Result<String, Refusal> {
    let set: &'static EntitySet = Schema::standard()
        .set(set)
        .ok_or_else(|| Refusal::NotFound(set.to_owned()))?;
    let mut draft = Draft::default();
    for (name, text) in values.iter().filter(|(_, text)| !text.is_empty()) {
        let at = set.position(name);
        let at = at.ok_or_else(|| Refusal::UnknownProperty((*name).to_owned()))?;
        draft.values.push((at, Value::text(*text)));
    }
    let key = crm.create(set, &draft, None)?;
    crm.forget_touched();
    Ok(key)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{NewParty, PartyKind, add_party, fill, settle};
    use crate::crm::{Crm, Schema};
    use crate::world::{World, WorldConfig};

    fn with_address(crm: &Crm, set: &str, property: &str, address: &str) -> usize {
        let set = Schema::standard().set(set).unwrap();
        let rows = crm.rows(set.name).into_iter();
        rows.filter(|row| crm.text(set, row, property) == address)
            .count()
    }

    #[test]
    fn the_company_is_complete_and_knows_people_from_the_mail_fixtures() {
        let mut crm = Crm::default();
        fill(&mut crm, Timestamp::UNIX_EPOCH).unwrap();
        for (set, least) in [
            ("EmployeeCollection", 6),
            ("BusinessUserCollection", 6),
            ("CorporateAccountCollection", 12),
            ("ContactCollection", 40),
            ("ContactIsContactPersonForCollection", 39),
            ("IndividualCustomerCollection", 8),
            ("LeadCollection", 8),
            ("OpportunityCollection", 10),
            ("ServiceRequestCollection", 6),
        ] {
            assert!(crm.rows(set).len() >= least, "{set}");
        }
        for (set, property, address) in [
            ("ContactCollection", "Email", "concierge@powerupdev.com"),
            (
                "IndividualCustomerCollection",
                "Email",
                "raasdnil@gmail.com",
            ),
            ("LeadCollection", "ContactEMail", "jorn@prikkprikkprikk.no"),
            ("CorporateAccountCollection", "Email", "info@37signals.com"),
        ] {
            assert_eq!(with_address(&crm, set, property, address), 1, "{address}");
        }
    }

    #[test]
    fn everybody_with_a_mailbox_is_an_employee() {
        let world = World::new(WorldConfig::default());
        settle(&world).unwrap();
        let crm = world.crm();
        for user in world.users() {
            assert_eq!(
                with_address(&crm, "EmployeeCollection", "Email", &user.address),
                1
            );
        }
    }

    #[test]
    fn a_party_of_every_kind_is_added_by_address() {
        let mut crm = Crm::default();
        for (kind, set, property) in [
            (
                PartyKind::Contact { account: None },
                "ContactCollection",
                "Email",
            ),
            (
                PartyKind::IndividualCustomer,
                "IndividualCustomerCollection",
                "Email",
            ),
            (PartyKind::Lead, "LeadCollection", "ContactEMail"),
            (PartyKind::Account, "CorporateAccountCollection", "Email"),
            (PartyKind::Employee, "EmployeeCollection", "Email"),
        ] {
            let party = NewParty {
                kind,
                address: "eva@new.example".to_owned(),
                name: "Eva New".to_owned(),
            };
            add_party(&mut crm, Timestamp::UNIX_EPOCH, &party).unwrap();
            assert_eq!(
                with_address(&crm, set, property, "eva@new.example"),
                1,
                "{set}"
            );
        }
        assert!(crm.users.sign_in("eva", "EVA-secret").is_some());
    }
}
