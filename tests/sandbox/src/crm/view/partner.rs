//! Contacts, accounts and individual customers as people see them.

use serde::Serialize;

use super::Record;
use crate::crm::kind::Kind;
use crate::crm::tenant::Crm;

/// A postal address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct AddressView {
    /// Street.
    pub street: String,
    /// House number.
    pub house_number: String,
    /// Postal code.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// Code of the state.
    pub state: String,
    /// Code of the country.
    pub country: String,
}

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContactView {
    /// Identity, clocks, notes and files.
    pub record: Record,
    /// First name.
    pub first_name: String,
    /// Middle name.
    pub middle_name: String,
    /// Last name.
    pub last_name: String,
    /// Code of the title.
    pub title: String,
    /// E-mail address.
    pub address: String,
    /// Phone, as typed.
    pub phone: String,
    /// Mobile phone, as typed.
    pub mobile: String,
    /// Fax, as typed.
    pub fax: String,
    /// What they do.
    pub job_title: String,
    /// Where they do it.
    pub department: String,
    /// Code of the status: `2` active, `4` obsolete.
    pub status: String,
    /// Number of the main account.
    pub account: String,
    /// Numbers of all accounts they belong to.
    pub accounts: Vec<String>,
    /// Business address.
    pub business_address: AddressView,
}

/// A corporate account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountView {
    /// Identity, clocks, notes and files.
    pub record: Record,
    /// Name.
    pub name: String,
    /// Code of the role, such as `CRM000` for customers.
    pub role: String,
    /// E-mail address.
    pub address: String,
    /// Phone, as typed.
    pub phone: String,
    /// Fax, as typed.
    pub fax: String,
    /// Web site.
    pub web_site: String,
    /// Code of the status: `2` active, `4` obsolete.
    pub status: String,
    /// Main address.
    pub postal_address: AddressView,
    /// Numbers of its contacts.
    pub contacts: Vec<String>,
}

/// An individual customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndividualCustomerView {
    /// Identity, clocks, notes and files.
    pub record: Record,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Code of the role.
    pub role: String,
    /// E-mail address.
    pub address: String,
    /// Phone, as typed.
    pub phone: String,
    /// Mobile phone, as typed.
    pub mobile: String,
    /// Code of the status: `2` active, `4` obsolete.
    pub status: String,
    /// Main address.
    pub postal_address: AddressView,
}

/// The address of accounts and customers; contacts spell theirs with a prefix.
fn postal(record: &Record, prefix: &str) -> AddressView {
    let text = |name: &str| record.text(&format!("{prefix}{name}"));
    AddressView {
        street: text("Street"),
        house_number: text("HouseNumber"),
        postal_code: text("StreetPostalCode"),
        city: text("City"),
        state: text("StateCode"),
        country: text("CountryCode"),
    }
}

impl Crm {
    /// A contact by its ObjectID.
    #[must_use]
    pub fn contact(&self, object_id: &str) -> Option<ContactView> {
        let record = self.record(Kind::Contact, object_id)?;
        Some(self.contact_view(record))
    }

    /// All contacts, oldest first.
    #[must_use]
    pub fn contacts(&self) -> Vec<ContactView> {
        let records = self.records(Kind::Contact).into_iter();
        records.map(|record| self.contact_view(record)).collect()
    }

    fn contact_view(&self, record: Record) -> ContactView {
        let accounts = self.under(
            &record.object_id,
            "ContactIsContactPersonForCollection",
            |set, row| self.text(set, row, "AccountID"),
        );
        ContactView {
            first_name: record.text("FirstName"),
            middle_name: record.text("MiddleName"),
            last_name: record.text("LastName"),
            title: record.text("TitleCode"),
            address: record.text("Email"),
            phone: record.text("Phone"),
            mobile: record.text("Mobile"),
            fax: record.text("Fax"),
            job_title: record.text("JobTitle"),
            department: record.text("Department"),
            status: record.text("StatusCode"),
            account: record.text("AccountID"),
            accounts,
            business_address: postal(&record, "BusinessAddress"),
            record,
        }
    }

    /// An account by its ObjectID.
    #[must_use]
    pub fn account(&self, object_id: &str) -> Option<AccountView> {
        let record = self.record(Kind::Account, object_id)?;
        Some(self.account_view(record))
    }

    /// All accounts, oldest first.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountView> {
        let records = self.records(Kind::Account).into_iter();
        records.map(|record| self.account_view(record)).collect()
    }

    fn account_view(&self, record: Record) -> AccountView {
        let contacts = self.under(
            &record.object_id,
            "CorporateAccountHasContactPersonCollection",
            |set, row| self.text(set, row, "ContactID"),
        );
        AccountView {
            name: record.text("Name"),
            role: record.text("RoleCode"),
            address: record.text("Email"),
            phone: record.text("Phone"),
            fax: record.text("Fax"),
            web_site: record.text("WebSite"),
            status: record.text("LifeCycleStatusCode"),
            postal_address: postal(&record, ""),
            contacts,
            record,
        }
    }

    /// An individual customer by its ObjectID.
    #[must_use]
    pub fn individual_customer(&self, object_id: &str) -> Option<IndividualCustomerView> {
        let record = self.record(Kind::IndividualCustomer, object_id)?;
        Some(customer_view(record))
    }

    /// All individual customers, oldest first.
    #[must_use]
    pub fn individual_customers(&self) -> Vec<IndividualCustomerView> {
        let records = self.records(Kind::IndividualCustomer).into_iter();
        records.map(customer_view).collect()
    }
}

fn customer_view(record: Record) -> IndividualCustomerView {
    IndividualCustomerView {
        first_name: record.text("FirstName"),
        last_name: record.text("LastName"),
        role: record.text("RoleCode"),
        address: record.text("Email"),
        phone: record.text("Phone"),
        mobile: record.text("Mobile"),
        status: record.text("LifeCycleStatusCode"),
        postal_address: postal(&record, ""),
        record,
    }
}
