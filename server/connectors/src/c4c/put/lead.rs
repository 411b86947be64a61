//! New leads: `LeadCollection`, whose people are named otherwise than anywhere else.
//!
//! <https://help.sap.com/docs/SAP_CLOUD_FOR_CUSTOMER>, OData service `c4codataapi`, entity `Lead`.

use ssi_domain::{
    Kind, Record, Value,
    port::{PartyRole, PortError, RecordParty},
    transform::truncate,
};

use super::payload::Fields;
use crate::c4c::mirror::set::{Header, both};

/// Our names of the fields, the service's, and how many characters it takes.
const FIELDS: [(&str, &str, usize); 12] = [
    ("subject", "Name", 255),
    ("given_name", "ContactFirstName", 240),
    ("middle_name", "ContactMiddleName", 40),
    ("surname", "ContactLastName", 240),
    ("company", "Company", 480),
    ("email", "ContactEMail", 765),
    ("phone", "ContactPhone", 350),
    ("mobile", "ContactMobile", 350),
    ("job_title", "ContactFunctionalTitleName", 40),
    ("website", "AccountWebsite", 1280),
    ("city", "AccountCity", 240),
    ("country", "AccountCountry", 3),
];

const ACCOUNT: Header = both("AccountPartyID", "AccountPartyUUID");
const CONTACT: Header = both("ContactID", "ContactUUID");
const OWNER: Header = both("OwnerPartyID", "OwnerPartyUUID");

/// A lead as one insert.
///
/// # Errors
/// `Refused` without a subject: the service takes no lead without a name.
pub(super) fn fields(record: &Record, parties: &[RecordParty]) -> Result<Fields, PortError> {
    let mut fields = Fields::new();
    for (name, property, most) in FIELDS {
        let value = match record.get(name) {
            Some(Value::Choice(code)) => code.as_str(),
            _ => record.text(name),
        };
        let value = truncate(value.trim(), most);
        if !value.is_empty() {
            fields.insert(property.into(), value.into());
        }
    }
    if !fields.contains_key("Name") {
        return Err(PortError::Refused {
            field: Some("subject".into()),
            why: "a lead needs a name".into(),
        });
    }
    for party in parties {
        let Some(hit) = &party.party else { continue };
        let place = match (party.role, hit.record.kind) {
            (PartyRole::Owner, _) => OWNER,
            (PartyRole::Linked, Kind::Account) => ACCOUNT,
            (PartyRole::Linked, Kind::Contact) => CONTACT,
            _ => continue,
        };
        if !place.is_taken(&fields) {
            place.refer(&mut fields, hit);
        }
    }
    Ok(fields)
}
