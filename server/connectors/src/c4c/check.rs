//! Whether the tenant has what its configuration names: fields of its own and code values. For `ssi doctor`.

use std::collections::{BTreeMap, BTreeSet};

use ssi_domain::{
    Kind,
    mapping::{Backend, Row as Field},
    port::PortError,
};

use super::{
    find::EMAILS,
    mirror::set::of,
    odata::{metadata::Metadata, query::Query},
    put::Place,
    read::Pages,
    tenant::C4c,
};

/// Rows of a code list that are read; longer lists are not compared.
const MOST_CODES: usize = 1_000;

/// Where a configured code is written to: the key it is configured by, the set, the node below it, the property.
type Use = (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static str,
);

const APPOINTMENTS: &str = "AppointmentCollection";
const SERIES: &str = "RecurringActivityCollection";
const PARTIES: Option<&str> = Some("AppointmentInvolvedParties");
const LINKS: Option<&str> = Some("AppointmentBTDReference");
const FILES: Option<&str> = Some("AppointmentAttachmentFolder");
const NOTES: Option<&str> = Some("AppointmentTextCollection");

/// Appointments stand for all kinds whose nodes share a code list.
const USES: [Use; 17] = [
    ("account_role", APPOINTMENTS, PARTIES, "RoleCode"),
    ("contact_role", APPOINTMENTS, PARTIES, "RoleCode"),
    ("attendee_role", APPOINTMENTS, PARTIES, "RoleCode"),
    ("lead_type", APPOINTMENTS, LINKS, "TypeCode"),
    ("opportunity_type", APPOINTMENTS, LINKS, "TypeCode"),
    ("ticket_type", APPOINTMENTS, LINKS, "TypeCode"),
    ("document_role", APPOINTMENTS, LINKS, "BTDRoleCode"),
    ("attachment_type", APPOINTMENTS, FILES, "TypeCode"),
    ("attachment_category", APPOINTMENTS, FILES, "CategoryCode"),
    ("note_type", EMAILS, Some("EMailNotes"), "TypeCode"),
    ("mirrored_note", APPOINTMENTS, NOTES, "TypeCode"),
    ("groupware_origin", APPOINTMENTS, None, "DataOriginTypeCode"),
    ("appointment_type", APPOINTMENTS, None, "DocumentType"),
    ("visit_type", SERIES, None, "DocumentType"),
    ("task_type", "TasksCollection", None, "DocumentType"),
    (
        "account_kind",
        "CorporateAccountCollection",
        None,
        "RoleCode",
    ),
    (
        "customer_kind",
        "IndividualCustomerCollection",
        None,
        "RoleCode",
    ),
];

impl C4c {
    /// What is wrong with the rows a tenant's administrator wrote and with its code values, each with what to do.
    /// Nothing is said about what the service does not describe.
    pub async fn check_configuration(
        &self,
        own: &[(Kind, Field)],
    ) -> Result<Vec<String>, PortError> {
        let Some(metadata) = self.read_metadata().await? else {
            return Ok(Vec::new());
        };
        let mut wrong: Vec<String> = own
            .iter()
            .filter_map(|(kind, row)| missing(&metadata, *kind, row))
            .collect();
        let codes = serde_json::to_value(&self.shared.config.codes).unwrap_or_default();
        let mut lists: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
        for (key, set, child, property) in USES {
            let Some(code) = codes.get(key).and_then(|code| code.as_str()) else {
                continue;
            };
            let Some(help) = metadata.value_help(set, child, property) else {
                continue;
            };
            if !lists.contains_key(help) {
                let list = self.code_list(help).await?;
                lists.insert(help.to_owned(), list);
            }
            let Some(Some(known)) = lists.get(help) else {
                continue;
            };
            if !known.is_empty() && !known.contains(code) {
                let some: Vec<&str> = known.iter().take(20).map(String::as_str).collect();
                let some = some.join(", ");
                wrong.push(format!(
                    "codes.{key}: the tenant's list {help} has no {code:?}; write one of {some}"
                ));
            }
        }
        Ok(wrong)
    }

    /// The codes of a list; `None` where it cannot be read or is too long to compare.
    async fn code_list(&self, help: &str) -> Result<Option<BTreeSet<String>>, PortError> {
        let address = Query::set(help).top(MOST_CODES).address();
        let outcomes = self.rows(vec![(address, Pages::First)], "read codes");
        let Some(Ok(rows)) = outcomes.await?.into_iter().next() else {
            return Ok(None);
        };
        let whole = rows.len() < MOST_CODES;
        let codes = rows.iter().map(|row| row.text("Code"));
        Ok(whole.then(|| codes.collect()))
    }
}

/// Says which property of a row the tenant does not have.
fn missing(metadata: &Metadata, kind: Kind, row: &Field) -> Option<String> {
    let place = Place::of(row)?;
    let set = match kind {
        Kind::Email => EMAILS,
        kind => of(kind)?.name,
    };
    let lost = match &place {
        Place::Header(properties) => properties.iter().find(|name| !metadata.has(set, name)),
        Place::Child(child, _) if !metadata.has(set, child) => Some(child),
        Place::Child(child, properties) => properties
            .iter()
            .find(|name| !metadata.child_has(set, child, name)),
    }?;
    let path = row.path(Backend::C4c).unwrap_or_default();
    Some(format!(
        "mapping row {:?} of {kind}: {set} has no {lost:?} (c4c = {path:?}); write the name that the tenant's $metadata \
         shows, and let the field take part in the OData service",
        row.name
    ))
}
