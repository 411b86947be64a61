//! Whether the tenant has what its configuration names: fields of its own and code values. For `ssi doctor`.

use std::collections::{BTreeMap, BTreeSet};

use ssi_domain::{
    Kind,
    mapping::{Backend, Row as Field},
    port::PortError,
};

use super::{
    config::Codes,
    find::EMAILS,
    mirror::set::{SERIES, of},
    odata::{metadata::Metadata, query::Query},
    put::Place,
    read::Pages,
    tenant::C4c,
};

/// Rows of a code list that are read; longer lists are not compared.
const MOST_CODES: usize = 1_000;

/// A code, the key it is configured by, and the property it is written to.
struct Used<'a> {
    key: &'static str,
    code: &'a str,
    set: &'static str,
    child: Option<&'static str>,
    property: &'static str,
}

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
        let codes = self.shared.config.codes.clone();
        let mut lists: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
        for used in used(&codes) {
            let Some(help) = metadata.value_help(used.set, used.child, used.property) else {
                continue;
            };
            if !lists.contains_key(help) {
                let list = self.code_list(help).await?;
                lists.insert(help.to_owned(), list);
            }
            let Some(Some(known)) = lists.get(help) else {
                continue;
            };
            if !known.is_empty() && !known.contains(used.code) {
                let some: Vec<&str> = known.iter().take(20).map(String::as_str).collect();
                wrong.push(format!(
                    "codes.{}: the tenant's list {help} has no {:?}; write one of {}",
                    used.key,
                    used.code,
                    some.join(", ")
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

fn used(codes: &Codes) -> Vec<Used<'_>> {
    const APPOINTMENTS: &str = "AppointmentCollection";
    const PARTIES: Option<&str> = Some("AppointmentInvolvedParties");
    const LINKS: Option<&str> = Some("AppointmentBTDReference");
    const NOTES: Option<&str> = Some("AppointmentTextCollection");
    const FILES: Option<&str> = Some("AppointmentAttachmentFolder");
    let one = |key, code, set, child, property| Used {
        key,
        code,
        set,
        child,
        property,
    };
    let all = [
        ("account_role", &codes.account_role, PARTIES, "RoleCode"),
        ("contact_role", &codes.contact_role, PARTIES, "RoleCode"),
        ("attendee_role", &codes.attendee_role, PARTIES, "RoleCode"),
        ("lead_type", &codes.lead_type, LINKS, "TypeCode"),
        (
            "opportunity_type",
            &codes.opportunity_type,
            LINKS,
            "TypeCode",
        ),
        ("ticket_type", &codes.ticket_type, LINKS, "TypeCode"),
        ("document_role", &codes.document_role, LINKS, "BTDRoleCode"),
        ("attachment_type", &codes.attachment_type, FILES, "TypeCode"),
        (
            "attachment_category",
            &codes.attachment_category,
            FILES,
            "CategoryCode",
        ),
        ("mirrored_note", &codes.mirrored_note, NOTES, "TypeCode"),
        (
            "groupware_origin",
            &codes.groupware_origin,
            None,
            "DataOriginTypeCode",
        ),
        (
            "appointment_type",
            &codes.appointment_type,
            None,
            "DocumentType",
        ),
    ];
    let mut used: Vec<Used<'_>> = all
        .into_iter()
        .map(|(key, code, child, property)| one(key, code, APPOINTMENTS, child, property))
        .collect();
    if let Some(code) = &codes.note_type {
        used.push(one(
            "note_type",
            code,
            EMAILS,
            Some("EMailNotes"),
            "TypeCode",
        ));
    }
    for (key, code, set, property) in [
        ("visit_type", &codes.visit_type, SERIES.name, "DocumentType"),
        (
            "task_type",
            &codes.task_type,
            "TasksCollection",
            "DocumentType",
        ),
        (
            "account_kind",
            &codes.account_kind,
            "CorporateAccountCollection",
            "RoleCode",
        ),
        (
            "customer_kind",
            &codes.customer_kind,
            "IndividualCustomerCollection",
            "RoleCode",
        ),
    ] {
        used.push(one(key, code, set, None, property));
    }
    used
}
