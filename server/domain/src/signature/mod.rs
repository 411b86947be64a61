//! The sender's signature, read to prefill a record that somebody is about to create (SRCH-03, SB-05): name, work,
//! telephone numbers, address and web site.
//!
//! Only the sender's own newest part of a mail is read. What is not certain is left empty: an empty field costs
//! somebody ten seconds, a wrong one stays in the CRM. Every value says where it was found.

mod asian;
mod block;
mod lines;
mod newest;
mod person;
mod phones;
mod place;
mod russian;
mod text;
mod words;
mod work;

use crate::{TextFormat, participant};

/// Longest body that is looked at, in bytes; what lies behind is not the newest part of a mail that people read.
const LONGEST_BODY: usize = 2 * 1024 * 1024;

/// A mail as it is read here.
#[derive(Debug, Clone, Copy)]
pub struct Mail<'a> {
    /// The body.
    pub body: &'a str,
    /// How the body is written.
    pub format: TextFormat,
    /// The sender's display name; may be empty.
    pub display_name: &'a str,
    /// The sender's address.
    pub address: &'a str,
}

/// What a value says about the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Given name.
    FirstName,
    /// Names between the first and the last; a patronymic.
    MiddleName,
    /// Family name.
    LastName,
    /// Academic titles as written: `Dr.`, `Ing.`, `PhD`.
    AcademicTitle,
    /// Function in the company.
    JobTitle,
    /// Department.
    Department,
    /// The company's name.
    Company,
    /// Telephone at work.
    Phone,
    /// Mobile telephone.
    Mobile,
    /// Fax.
    Fax,
    /// Street without the house number.
    Street,
    /// House number.
    HouseNumber,
    /// Postal code.
    PostalCode,
    /// City.
    City,
    /// State, province or prefecture as written.
    Region,
    /// Country, ISO 3166-1 alpha-2.
    Country,
    /// Web site as written.
    WebSite,
}

/// Every field with the name it has in reports.
pub const FIELDS: [(Field, &str); 17] = [
    (Field::FirstName, "first_name"),
    (Field::MiddleName, "middle_name"),
    (Field::LastName, "last_name"),
    (Field::AcademicTitle, "academic_title"),
    (Field::JobTitle, "job_title"),
    (Field::Department, "department"),
    (Field::Company, "company"),
    (Field::Phone, "phone"),
    (Field::Mobile, "mobile"),
    (Field::Fax, "fax"),
    (Field::Street, "street"),
    (Field::HouseNumber, "house_number"),
    (Field::PostalCode, "postal_code"),
    (Field::City, "city"),
    (Field::Region, "region"),
    (Field::Country, "country"),
    (Field::WebSite, "web_site"),
];

/// Where a value was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the display name of the sender.
    DisplayName,
    /// In the address of the sender.
    Address,
    /// In this line of the readable text of the body, counted from 1.
    Line(usize),
}

/// One value with the place it was found at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub field: Field,
    /// The value, never empty.
    pub value: String,
    /// Where it stands.
    pub place: Place,
}

/// What a mail says about its sender.
///
/// Law: a field appears at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prefill {
    found: Vec<Found>,
}

impl Prefill {
    /// Everything that was found.
    pub fn iter(&self) -> impl Iterator<Item = &Found> {
        self.found.iter()
    }

    /// The value of a field; empty when none was found.
    pub fn text(&self, field: Field) -> &str {
        self.found
            .iter()
            .find(|found| found.field == field)
            .map_or("", |found| found.value.as_str())
    }

    /// Notes a value; the first one of a field stays.
    fn add(&mut self, field: Field, value: &str, place: Place) {
        let value = value.trim();
        if !value.is_empty() && self.text(field).is_empty() {
            self.found.push(Found {
                field,
                value: value.to_owned(),
                place,
            });
        }
    }
}

/// Reads what a mail says about its sender. Linear in the length of the body, whatever is in it.
pub fn prefill(mail: &Mail<'_>) -> Prefill {
    let mut found = Prefill::default();
    let sender = person::Sender::of(mail.display_name, mail.address);
    let own = newest::lines(mail.body, mail.format);
    let block = block::find(&own, &sender);
    person::read(&sender, block.as_ref(), &mut found);
    if let Some(block) = block.filter(|block| !block.is_somebody_elses(&sender)) {
        lines::read(&block, &sender, &mut found);
    }
    found
        .found
        .sort_by_key(|one| FIELDS.iter().position(|(field, _)| *field == one.field));
    found
}

/// The registrable domain of the sender's own company; `None` for public mail domains.
fn company_domain(address: &str) -> Option<String> {
    let key = participant::normalize(address)?;
    let domain = participant::domain_of(&key);
    let own = participant::registrable(domain)?;
    let public = crate::settings::is_public_mail_domain(own)
        || crate::settings::is_public_mail_domain(domain);
    (!public).then(|| own.to_owned())
}
