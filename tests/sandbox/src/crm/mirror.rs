//! Party rows that mirror header fields: both sides always say the same.

use super::schema::{EntitySet, Schema};
use super::table::Row;
use super::tenant::Crm;
use super::value::Value;

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
const VISIT: &str = "VisitCollection";
const VISIT_PARTIES: &str = "VisitPartyCollection";
const CALL: &str = "PhoneCallCollection";
const CALL_PARTIES: &str = "PhoneCallPartiesCollection";
const SERIES: &str = "RecurringActivityCollection";
const SERIES_PARTIES: &str = "RecurringActivityPartyCollection";
const TASK: &str = "TasksCollection";
const TASK_PARTIES: &str = "TasksInvolvedPartiesCollection";

const MIRRORS: [Mirror; 19] = [
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
    mirror(VISIT, "OrganizerPartyID", VISIT_PARTIES, "35"),
    mirror(VISIT, "OwnerPartyID", VISIT_PARTIES, "39"),
    mirror(VISIT, "MainAccountPartyID", VISIT_PARTIES, "34"),
    mirror(CALL, "OrganizerPartyID", CALL_PARTIES, "35"),
    mirror(CALL, "OwnerPartyID", CALL_PARTIES, "39"),
    mirror(CALL, "MainAccountPartyID", CALL_PARTIES, "34"),
    mirror(SERIES, "OrganizerPartyID", SERIES_PARTIES, "35"),
    mirror(SERIES, "OwnerPartyID", SERIES_PARTIES, "39"),
    mirror(SERIES, "MainAccountPartyID", SERIES_PARTIES, "34"),
    mirror(TASK, "MainEmployeeResponsiblePartyID", TASK_PARTIES, "39"),
    mirror(TASK, "MainAccountPartyID", TASK_PARTIES, "34"),
    mirror(TASK, "ProcessorPartyID", TASK_PARTIES, "40"),
    mirror(TASK, "MainContactPartyID", TASK_PARTIES, "31"),
];

/// Brings the party rows of a root into line with its header fields.
///
/// Only mirrors of node sets that the written set can have changed are looked at.
pub(super) fn bring(crm: &mut Crm, root: &'static EntitySet, key: &str, written: &EntitySet) {
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
    let mut row = main.unwrap_or_else(|| Row::new(crm.new_id(), node));
    row.values[party_at] = wanted.clone();
    row.values[parent_at] = Value::Text(key.to_owned());
    let party = crm.party(&wanted).map(|party| (party.kind, party.uuid()));
    let (kind, uuid) = party.unwrap_or_default();
    let mut fill = |name: &str, value: Value| {
        if let Some(at) = node.position(name) {
            row.values[at] = value;
        }
    };
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
