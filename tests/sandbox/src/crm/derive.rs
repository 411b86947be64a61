//! What the tenant fills in by itself: defaults, names, the other half of party references, and the
//! involved-party rows that mirror header fields.

use super::schema::{EntitySet, Schema};
use super::table::Row;
use super::tenant::Crm;
use super::value::{Value, guid_text, uuid_of};

/// Values a new row gets when the client says nothing: (set, property, value).
const DEFAULTS: [(&str, &str, &str); 17] = [
    ("EMailCollection", "Status", "1"),
    ("EMailCollection", "DocumentType", "0004"),
    ("EMailCollection", "PriorityCode", "3"),
    ("EMailCollection", "CreatedBySSI", "0"),
    ("AppointmentCollection", "DocumentType", "0001"),
    ("AppointmentCollection", "LifeCycleStatusCode", "1"),
    ("AppointmentCollection", "Priority", "3"),
    ("AppointmentCollection", "InformationSensitivityCode", "1"),
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

/// Header fields that fall to the calling user: (set, property).
const OWNERS: [(&str, &str); 4] = [
    ("EMailCollection", "OwnerUUID"),
    ("AppointmentCollection", "Owner"),
    ("AppointmentCollection", "OrganizerUUID"),
    ("TasksCollection", "OwnerUUID"),
];

/// A header field that shows as a row of a party node.
struct Mirror {
    root: &'static str,
    number: &'static str,
    node: &'static str,
    /// Role of the row; the sender node has no roles.
    role: Option<&'static str>,
}

const fn mirror(
    root: &'static str,
    number: &'static str,
    node: &'static str,
    role: &'static str,
) -> Mirror {
    Mirror {
        root,
        number,
        node,
        role: Some(role),
    }
}

const EMAIL: &str = "EMailCollection";
const EMAIL_PARTIES: &str = "EMailInvolvedPartiesCollection";
const APPOINTMENT: &str = "AppointmentCollection";
const APPOINTMENT_PARTIES: &str = "AppointmentInvolvedPartiesCollection";
const TASK: &str = "TasksCollection";
const TASK_PARTIES: &str = "TasksInvolvedPartiesCollection";

const MIRRORS: [Mirror; 10] = [
    mirror(EMAIL, "MainAccountPartyID", EMAIL_PARTIES, "34"),
    mirror(EMAIL, "OwnerPartyID", EMAIL_PARTIES, "39"),
    Mirror {
        root: EMAIL,
        number: "MessageFromPartyID",
        node: "EMailSenderPartyCollection",
        role: None,
    },
    mirror(APPOINTMENT, "OrganizerPartyID", APPOINTMENT_PARTIES, "35"),
    mirror(APPOINTMENT, "OwnerPartyID", APPOINTMENT_PARTIES, "39"),
    mirror(APPOINTMENT, "MainAccountPartyID", APPOINTMENT_PARTIES, "34"),
    mirror(TASK, "MainEmployeeResponsiblePartyID", TASK_PARTIES, "39"),
    mirror(TASK, "MainAccountPartyID", TASK_PARTIES, "34"),
    mirror(TASK, "ProcessorPartyID", TASK_PARTIES, "40"),
    mirror(TASK, "MainContactPartyID", TASK_PARTIES, "31"),
];

/// Fills in what the client left open.
pub(super) fn defaults(crm: &Crm, set: &EntitySet, row: &mut Row) {
    let mut fill = |property: &str, value: Value| {
        if let Some(at) = set.position(property)
            && row.values[at].is_null()
        {
            row.values[at] = value;
        }
    };
    for (_, property, value) in DEFAULTS.iter().filter(|(name, ..)| *name == set.name) {
        fill(property, Value::text(*value));
    }
    if let Some(employee) = crm.author.employee.as_deref().and_then(uuid_of) {
        let employee = Value::Guid(employee);
        let owners = OWNERS.iter().filter(|(name, _)| *name == set.name);
        for (_, property) in owners {
            let number = set
                .properties
                .iter()
                .position(|p| p.pair == set.position(property));
            // Somebody named by number is not replaced by the caller.
            if number.is_none_or(|at| row.values[at].is_null()) {
                let at = set.position(property).unwrap_or_default();
                if row.values[at].is_null() {
                    row.values[at] = employee.clone();
                }
            }
        }
    }
}

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
            ("NormalisedPhone", digits(&text(row, "Phone"))),
            ("NormalisedMobile", digits(&text(row, "Mobile"))),
        ],
        "IndividualCustomerCollection" => vec![
            ("FormattedName", joined(row, &person, " ")),
            ("NormalisedPhone", digits(&text(row, "Phone"))),
            ("NormalisedMobile", digits(&text(row, "Mobile"))),
        ],
        "EmployeeCollection" => vec![
            ("BusinessPartnerFormattedName", joined(row, &person, " ")),
            (
                "NormalisedOfficePhoneNumber",
                digits(&text(row, "OfficePhoneNumber")),
            ),
        ],
        "CorporateAccountCollection" => vec![
            ("BusinessPartnerFormattedName", joined(row, &["Name"], "")),
            (
                "FormattedPostalAddressDescription",
                joined(row, &["Street", "City", "CountryCode"], " / "),
            ),
        ],
        _ => Vec::new(),
    };
    for (name, value) in derived {
        if let Some(at) = set.position(name) {
            row.values[at] = value;
        }
    }
}

fn digits(phone: &str) -> Value {
    Value::text(
        phone
            .chars()
            .filter(|c| c.is_ascii_digit() || *c == '+')
            .collect::<String>(),
    )
}

/// Brings the party rows of a root into line with its header fields.
///
/// Only mirrors of node sets that the written set can have changed are looked at.
pub(super) fn parties(crm: &mut Crm, root: &'static EntitySet, key: &str, written: &EntitySet) {
    for mirror in MIRRORS.iter().filter(|mirror| mirror.root == root.name) {
        if written.name == root.name || written.name == mirror.node {
            bring_into_line(crm, root, key, mirror);
        }
    }
}

fn bring_into_line(crm: &mut Crm, root: &'static EntitySet, key: &str, mirror: &Mirror) {
    let schema = Schema::standard();
    let (Some(node), Some(number)) = (schema.set(mirror.node), root.position(mirror.number)) else {
        return;
    };
    let (Some(party_at), Some(parent_at)) =
        (node.position("PartyID"), node.position("ParentObjectID"))
    else {
        return;
    };
    let Some(wanted) = crm.row(root, key).map(|row| row.values[number].clone()) else {
        return;
    };
    let (role_at, main_at) = (node.position("RoleCode"), node.position("MainIndicator"));
    let has_role = |row: &Row| {
        role_at
            .is_none_or(|at| Some(row.values[at].as_text()) == mirror.role || mirror.role.is_none())
    };
    let is_main = |row: &Row| main_at.is_none_or(|at| row.values[at] == Value::Bool(true));
    let rows: Vec<Row> = crm
        .children(node, key)
        .into_iter()
        .filter_map(|slot| crm.row_at(node, slot).cloned())
        .filter(|row| has_role(row))
        .collect();
    if !wanted.is_null() && rows.iter().any(|row| row.values[party_at] == wanted) {
        return;
    }
    let main = rows.into_iter().find(|row| is_main(row));
    if wanted.is_null() {
        if let Some(main) = main {
            crm.remove(node, &main.key);
        }
        return;
    }
    let is_new = main.is_none();
    let mut row = main.unwrap_or_else(|| Row {
        key: crm.new_id(),
        values: vec![Value::Null; node.properties.len()],
    });
    row.values[party_at] = wanted.clone();
    row.values[parent_at] = Value::Text(key.to_owned());
    let party = crm.party(&wanted).map(|party| (party.kind, party.uuid()));
    let (kind, uuid) = party.unwrap_or_default();
    let mut fill = |name: &str, value: Value| {
        if let Some(at) = node.position(name) {
            row.values[at] = value;
        }
    };
    fill("ObjectID", Value::Null);
    fill("PartyTypeCode", Value::text(kind));
    fill("PartyUUID", uuid);
    fill("MainIndicator", Value::Bool(true));
    fill("RoleCode", Value::text(mirror.role.unwrap_or_default()));
    fill(
        "RoleCategoryCode",
        Value::text(mirror.role.unwrap_or_default()),
    );
    fill("ObjectID", Value::Text(row.key.clone()));
    if is_new {
        crm.stamp_created(node, &mut row);
    } else {
        crm.stamp_changed(node, &mut row);
    }
    crm.put(node, row);
}

/// Rows in other sets that exist because this one does.
pub(super) fn related(crm: &mut Crm, set: &'static EntitySet, key: &str) {
    let schema = Schema::standard();
    match set.name {
        "ContactCollection" => {
            let rows = [
                "ContactIsContactPersonForCollection",
                "CorporateAccountHasContactPersonCollection",
            ];
            for node in rows.iter().filter_map(|name| schema.set(name)) {
                contact_relation(crm, set, key, node);
            }
        }
        "EmployeeCollection" => business_user(crm, set, key),
        _ => {}
    }
}

/// A contact's main account shows as a relation node of the contact and of the account.
fn contact_relation(crm: &mut Crm, set: &EntitySet, key: &str, node: &'static EntitySet) {
    let text = |name: &str| {
        let row = crm.row(set, key);
        let value = row
            .zip(set.position(name))
            .map(|(row, at)| row.values[at].clone());
        value.unwrap_or_default()
    };
    let (contact, account, email) = (text("ContactID"), text("AccountID"), text("Email"));
    let Some(account_key) = crm.party(&account).map(|party| party.uuid()) else {
        return;
    };
    let Value::Guid(account_key) = account_key else {
        return;
    };
    let parent = if node.parent == Some("ContactCollection") {
        key.to_owned()
    } else {
        super::value::object_id(account_key)
    };
    let (Some(contact_at), Some(account_at)) =
        (node.position("ContactID"), node.position("AccountID"))
    else {
        return;
    };
    let known = crm.children(node, &parent).into_iter().any(|slot| {
        crm.row_at(node, slot).is_some_and(|row| {
            row.values[contact_at] == contact && row.values[account_at] == account
        })
    });
    if known {
        return;
    }
    let mut row = Row {
        key: crm.new_id(),
        values: vec![Value::Null; node.properties.len()],
    };
    let object_id = Value::Text(row.key.clone());
    for (name, value) in [
        ("ObjectID", object_id),
        ("ParentObjectID", Value::Text(parent)),
        ("ContactID", contact),
        ("AccountID", account),
        ("Email", email),
        ("ReverseMainIndicator", Value::Bool(true)),
    ] {
        if let Some(at) = node.position(name) {
            row.values[at] = value;
        }
    }
    crm.stamp_created(node, &mut row);
    crm.put(node, row);
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
    let mut row = Row {
        key: key.to_owned(),
        values: vec![Value::Null; users.properties.len()],
    };
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
