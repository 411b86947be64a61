//! Values a new row gets when the client says nothing.

use super::schema::{Edm, EntitySet};
use super::table::Row;
use super::tenant::Crm;
use super::value::{Value, uuid_of};

/// Values a new row gets when the client says nothing: (set, property, value).
const DEFAULTS: [(&str, &str, &str); 26] = [
    ("EMailCollection", "Status", "1"),
    ("EMailCollection", "DocumentType", "0004"),
    ("EMailCollection", "PriorityCode", "3"),
    ("EMailCollection", "CreatedBySSI", "0"),
    ("AppointmentCollection", "DocumentType", "0001"),
    ("AppointmentCollection", "LifeCycleStatusCode", "1"),
    ("AppointmentCollection", "Priority", "3"),
    ("AppointmentCollection", "InformationSensitivityCode", "1"),
    ("VisitCollection", "Status", "1"),
    ("VisitCollection", "PriorityCode", "3"),
    ("PhoneCallCollection", "DocumentType", "0002"),
    ("PhoneCallCollection", "Status", "1"),
    ("PhoneCallCollection", "Priority", "3"),
    ("PhoneCallCollection", "InitiatorCode", "1"),
    ("RecurringActivityCollection", "DocumentType", "0001"),
    ("RecurringActivityCollection", "LifeCycleStatusCode", "1"),
    ("RecurringActivityCollection", "Priority", "3"),
    ("TasksCollection", "DocumentType", "0006"),
    ("TasksCollection", "Status", "1"),
    ("TasksCollection", "PriorityCode", "3"),
    ("ContactCollection", "StatusCode", "2"),
    ("CorporateAccountCollection", "LifeCycleStatusCode", "2"),
    ("IndividualCustomerCollection", "LifeCycleStatusCode", "2"),
    ("LeadCollection", "UserStatusCode", "01"),
    ("OpportunityCollection", "ProcessingTypeCode", "OPPT"),
    (
        "ServiceRequestCollection",
        "ServiceRequestUserLifeCycleStatusCode",
        "1",
    ),
];

/// Header fields that fall to the calling user: (set, property). A technical user is nobody's owner.
const OWNERS: [(&str, &str); 10] = [
    ("EMailCollection", "OwnerUUID"),
    ("AppointmentCollection", "Owner"),
    ("AppointmentCollection", "OrganizerUUID"),
    ("VisitCollection", "Owner"),
    ("VisitCollection", "Organizer"),
    ("PhoneCallCollection", "OwnerUUID"),
    ("PhoneCallCollection", "OrganizerPartyID"),
    ("RecurringActivityCollection", "OwnerUUID"),
    ("RecurringActivityCollection", "OrganizerUUID"),
    ("TasksCollection", "OwnerUUID"),
];

/// Fills in what the client left open.
pub(super) fn fill(crm: &Crm, set: &EntitySet, row: &mut Row) {
    let mut put = |property: &str, value: Value| {
        if let Some(at) = set.position(property)
            && row.values[at].is_null()
        {
            row.values[at] = value;
        }
    };
    for (_, property, value) in DEFAULTS.iter().filter(|(name, ..)| *name == set.name) {
        put(property, Value::text(*value));
    }
    let Some(employee) = crm.author.employee.as_deref().and_then(uuid_of) else {
        return;
    };
    let employee = Value::Guid(employee);
    for (_, property) in OWNERS.iter().filter(|(name, _)| *name == set.name) {
        let Some(at) = set.position(property) else {
            continue;
        };
        let number = set.properties.iter().position(|p| p.pair == Some(at));
        // Somebody named by number is not replaced by the caller.
        let named = number.is_some_and(|number| !row.values[number].is_null());
        if named || !row.values[at].is_null() {
            continue;
        }
        row.values[at] = match set.properties[at].edm {
            Edm::Guid => employee.clone(),
            _ => crm
                .party(&employee)
                .map_or(Value::Null, |party| party.number()),
        };
    }
}
