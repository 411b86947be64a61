//! What the tenant fills in by itself: names, the other half of party references, relations of partners.

use super::schema::{EntitySet, Schema};
use super::table::Row;
use super::tenant::Crm;
use super::value::{Value, guid_text, uuid_of};
use super::{phone, relation};

/// Keeps number and UUID of a party reference together: whichever was sent decides, the number if both were.
pub(super) fn pairs(crm: &Crm, set: &EntitySet, row: &mut Row, sent: &[(usize, Value)]) {
    let was_sent = |at: usize| sent.iter().any(|(sent, _)| *sent == at);
    for (number, property) in set.properties.iter().enumerate() {
        let Some(uuid) = property.pair else { continue };
        let number_leads = was_sent(number) && !row.values[number].is_null()
            || was_sent(number) && !was_sent(uuid)
            || row.values[uuid].is_null();
        if number_leads {
            let party = crm.party(&row.values[number]).map(|party| party.uuid());
            row.values[uuid] = party.unwrap_or_default();
        } else {
            let party = crm.party(&row.values[uuid]).map(|party| party.number());
            row.values[number] = party.unwrap_or_default();
        }
    }
}

/// Composes formatted names, addresses and normalised phone numbers of business partners.
pub(super) fn names(set: &EntitySet, row: &mut Row) {
    let text = |row: &Row, name: &str| {
        let at = set.position(name);
        at.map_or(String::new(), |at| row.values[at].as_text().to_owned())
    };
    let joined = |row: &Row, names: &[&str], with: &str| {
        let parts: Vec<_> = names.iter().map(|name| text(row, name)).collect();
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        Value::text(parts.collect::<Vec<_>>().join(with))
    };
    let person = ["FirstName", "MiddleName", "LastName"];
    let derived = match set.name {
        "ContactCollection" => vec![
            ("Name", joined(row, &person, " ")),
            ("NormalisedPhone", phone::normalised(&text(row, "Phone"))),
            ("NormalisedMobile", phone::normalised(&text(row, "Mobile"))),
        ],
        "IndividualCustomerCollection" => vec![
            ("FormattedName", joined(row, &person, " ")),
            ("NormalisedPhone", phone::normalised(&text(row, "Phone"))),
            ("NormalisedMobile", phone::normalised(&text(row, "Mobile"))),
        ],
        // The tenant's own status of a lead stands for one of SAP's life cycle.
        "LeadCollection" => {
            let cycle = match text(row, "UserStatusCode").as_str() {
                "02" => "2",
                "03" => "3",
                "04" => "4",
                _ => "1",
            };
            vec![("LifeCycleStatusCode", Value::text(cycle))]
        }
        "EmployeeCollection" => vec![
            ("BusinessPartnerFormattedName", joined(row, &person, " ")),
            (
                "NormalisedOfficePhoneNumber",
                phone::normalised(&text(row, "OfficePhoneNumber")),
            ),
        ],
        "CorporateAccountCollection" => vec![
            ("BusinessPartnerFormattedName", joined(row, &["Name"], "")),
            (
                "FormattedPostalAddressDescription",
                joined(row, &["Street", "City", "CountryCode"], " / "),
            ),
            ("NormalisedPhone", phone::normalised(&text(row, "Phone"))),
            ("NormalisedMobile", phone::normalised(&text(row, "Mobile"))),
        ],
        "ContactPersonalAddressCollection" => vec![
            ("NormalisedPhone", phone::normalised(&text(row, "Phone"))),
            ("NormalisedMobile", phone::normalised(&text(row, "Mobile"))),
        ],
        _ => Vec::new(),
    };
    for (name, value) in derived {
        if let Some(at) = set.position(name) {
            row.values[at] = value;
        }
    }
}

/// Rows in other sets that exist because this one does.
pub(super) fn related(crm: &mut Crm, set: &'static EntitySet, key: &str) {
    match set.name {
        "ContactCollection" => relation::of_contact(crm, set, key),
        relation::OF_CONTACT | relation::OF_ACCOUNT => relation::of_node(crm, set, key),
        "EmployeeCollection" => business_user(crm, set, key),
        _ => {}
    }
}

/// An employee signs in as a business user with the same ObjectID.
fn business_user(crm: &mut Crm, set: &EntitySet, key: &str) {
    let Some(users) = Schema::standard().set("BusinessUserCollection") else {
        return;
    };
    let Some(employee) = crm.row(set, key).cloned() else {
        return;
    };
    let value = |name: &str| set.position(name).map(|at| employee.values[at].clone());
    let mut row = Row::new(key.to_owned(), users);
    let uuid = uuid_of(key);
    for (name, value) in [
        ("ObjectID", Some(Value::Text(key.to_owned()))),
        ("EmployeeUUID", uuid.map(Value::Guid)),
        ("EmployeeID", value("EmployeeID")),
        (
            "UserID",
            value("UserID")
                .filter(|id| !id.is_null())
                .or(uuid.map(|uuid| Value::Text(guid_text(uuid)))),
        ),
        ("BusinessPartnerID", value("BusinessPartnerID")),
        (
            "BusinessPartnerFormattedName",
            value("BusinessPartnerFormattedName"),
        ),
        ("EmailURI", value("Email")),
        ("TimeZoneCode", value("TimeZoneCode")),
    ] {
        if let Some((at, value)) = users.position(name).zip(value) {
            row.values[at] = value;
        }
    }
    crm.stamp_created(users, &mut row);
    crm.put(users, row);
}
