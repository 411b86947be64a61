//! Forms of contacts, accounts and individual customers.

use super::form::{Fields, Form};
use crate::crm::kind::Kind;
use crate::crm::value::Value;

/// A postal address; members that are `None` stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PostalForm {
    /// Street.
    pub street: Option<String>,
    /// House number.
    pub house_number: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Code of the state.
    pub state: Option<String>,
    /// Code of the country.
    pub country: Option<String>,
}

/// Properties of a contact's business address, in the order of [`PostalForm`].
const BUSINESS: [&str; 6] = [
    "BusinessAddressStreet",
    "BusinessAddressHouseNumber",
    "BusinessAddressStreetPostalCode",
    "BusinessAddressCity",
    "BusinessAddressStateCode",
    "BusinessAddressCountryCode",
];
/// The same of accounts and customers.
const MAIN: [&str; 6] = [
    "Street",
    "HouseNumber",
    "StreetPostalCode",
    "City",
    "StateCode",
    "CountryCode",
];

impl Fields {
    fn postal(self, form: &PostalForm, names: &[&'static str; 6]) -> Self {
        let [street, house_number, postal_code, city, state, country] = *names;
        self.text(street, form.street.as_ref())
            .text(house_number, form.house_number.as_ref())
            .text(postal_code, form.postal_code.as_ref())
            .text(city, form.city.as_ref())
            .text(state, form.state.as_ref())
            .text(country, form.country.as_ref())
    }
}

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactForm {
    /// First name.
    pub first_name: Option<String>,
    /// Middle name.
    pub middle_name: Option<String>,
    /// Last name; mandatory on create.
    pub last_name: Option<String>,
    /// Code of the title.
    pub title: Option<String>,
    /// E-mail address.
    pub address: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Mobile phone.
    pub mobile: Option<String>,
    /// Fax.
    pub fax: Option<String>,
    /// What they do.
    pub job_title: Option<String>,
    /// Where they do it.
    pub department: Option<String>,
    /// Number of the account.
    pub account: Option<String>,
    /// Business address.
    pub business_address: PostalForm,
    /// Code of the status: `1` open, `2` in process, `3` completed, `4` cancelled.
    pub status: Option<String>,
    /// The note.
    pub note: Option<String>,
    /// Any other property by its name.
    pub more: Vec<(&'static str, Value)>,
}

impl Form for ContactForm {
    const KIND: Kind = Kind::Contact;

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Fields::default()
            .text("FirstName", self.first_name.as_ref())
            .text("MiddleName", self.middle_name.as_ref())
            .text("LastName", self.last_name.as_ref())
            .text("TitleCode", self.title.as_ref())
            .text("Email", self.address.as_ref())
            .text("Phone", self.phone.as_ref())
            .text("Mobile", self.mobile.as_ref())
            .text("Fax", self.fax.as_ref())
            .text("JobTitle", self.job_title.as_ref())
            .text("Department", self.department.as_ref())
            .text("AccountID", self.account.as_ref())
            .postal(&self.business_address, &BUSINESS)
            .text("StatusCode", self.status.as_ref())
            .more(&self.more)
    }

    fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// A corporate account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountForm {
    /// Name; mandatory on create.
    pub name: Option<String>,
    /// Code of the role; mandatory on create, `CRM000` for customers.
    pub role: Option<String>,
    /// E-mail address.
    pub address: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Fax.
    pub fax: Option<String>,
    /// Web site.
    pub web_site: Option<String>,
    /// Main address.
    pub postal_address: PostalForm,
    /// Code of the status: `1` open, `2` in process, `3` completed, `4` cancelled.
    pub status: Option<String>,
    /// The note.
    pub note: Option<String>,
    /// Any other property by its name.
    pub more: Vec<(&'static str, Value)>,
}

impl Form for AccountForm {
    const KIND: Kind = Kind::Account;

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Fields::default()
            .text("Name", self.name.as_ref())
            .text("RoleCode", self.role.as_ref())
            .text("Email", self.address.as_ref())
            .text("Phone", self.phone.as_ref())
            .text("Fax", self.fax.as_ref())
            .text("WebSite", self.web_site.as_ref())
            .postal(&self.postal_address, &MAIN)
            .text("LifeCycleStatusCode", self.status.as_ref())
            .more(&self.more)
    }

    fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// An individual customer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndividualCustomerForm {
    /// First name.
    pub first_name: Option<String>,
    /// Last name; mandatory on create.
    pub last_name: Option<String>,
    /// Code of the role; mandatory on create, `CRM000` for customers.
    pub role: Option<String>,
    /// E-mail address.
    pub address: Option<String>,
    /// Phone.
    pub phone: Option<String>,
    /// Mobile phone.
    pub mobile: Option<String>,
    /// Main address.
    pub postal_address: PostalForm,
    /// Code of the status: `1` open, `2` in process, `3` completed, `4` cancelled.
    pub status: Option<String>,
    /// The note.
    pub note: Option<String>,
    /// Any other property by its name.
    pub more: Vec<(&'static str, Value)>,
}

impl Form for IndividualCustomerForm {
    const KIND: Kind = Kind::IndividualCustomer;

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Fields::default()
            .text("FirstName", self.first_name.as_ref())
            .text("LastName", self.last_name.as_ref())
            .text("RoleCode", self.role.as_ref())
            .text("Email", self.address.as_ref())
            .text("Phone", self.phone.as_ref())
            .text("Mobile", self.mobile.as_ref())
            .postal(&self.postal_address, &MAIN)
            .text("LifeCycleStatusCode", self.status.as_ref())
            .more(&self.more)
    }

    fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}
