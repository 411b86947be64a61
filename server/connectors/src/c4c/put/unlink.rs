//! Takes links away from a record: reads what is there, removes only what stands.

use http::Method;
use serde_json::Value as Json;
use ssi_domain::{
    Kind, RecordRef,
    port::{PartyHit, PartyRole, PortError, RecordParty, Written},
};

use super::{not_written, payload::Fields, send::change};
use crate::c4c::{
    find::references,
    link::{Linkable, Roles},
    mirror::{note::child_set, set::Header},
    odata::{batch::Change, json::Row, literal::bare, query::Query},
    tenant::C4c,
};

/// Tries when the record changes under our hands.
const TRIES: usize = 3;

impl C4c {
    pub(super) async fn remove_links(
        &self,
        record: &RecordRef,
        parties: &[RecordParty],
    ) -> Result<Written, PortError> {
        let (place, key) = Linkable::of(record).ok_or_else(|| not_written(record.kind))?;
        let unwanted: Vec<&PartyHit> = parties
            .iter()
            .filter(|party| party.role == PartyRole::Linked)
            .filter_map(|party| party.party.as_ref())
            .collect();
        // A main link of the header is shown as a child too: what is left after the first go is seen in the
        // next one.
        for _ in 0..TRIES {
            let row = self.linked_record(record).await?;
            let changes = self.unwanted((&place, &key), &row, &unwanted);
            if changes.is_empty() {
                break;
            }
            for change in changes {
                match self.write_set(vec![change]).await {
                    // Gone with another one, or changed since it was read: the next go sees it.
                    Err(PortError::Gone { .. } | PortError::Stale { .. }) => {}
                    done => done?,
                }
            }
        }
        Ok(Written {
            record: record.clone(),
            version: None,
        })
    }

    fn unwanted(
        &self,
        (place, key): (&Linkable, &str),
        row: &Row,
        unwanted: &[&PartyHit],
    ) -> Vec<Change> {
        let codes = &self.shared.config.codes;
        let standing = references(place, row, codes);
        let is_link = |hit: &&&PartyHit| standing.iter().any(|reference| reference.is_to(hit));
        let unwanted: Vec<&PartyHit> = unwanted.iter().filter(is_link).copied().collect();
        let mut header = Fields::new();
        let mut changes = Vec::new();
        for hit in &unwanted {
            let slot = place.slot(hit.record.kind);
            if let Some(slot) = slot.filter(|slot| names(*slot, row, hit)) {
                clear(slot, &mut header);
            }
        }
        if !header.is_empty() {
            let tag = row.tag();
            changes.push(Change {
                if_match: (!tag.is_empty()).then_some(tag),
                ..change(
                    Method::PATCH,
                    Query::row(place.set, key).path(),
                    Json::Object(header).to_string(),
                )
            });
        }
        let roles = [codes.contact_role.as_str(), codes.account_role.as_str()];
        let is_party = |child: &Row, hit: &PartyHit| {
            let linked =
                place.roles == Roles::All || roles.contains(&child.text("RoleCode").as_str());
            linked && same(child, "PartyID", "PartyUUID", hit)
        };
        let is_document = |child: &Row, hit: &PartyHit| {
            let code = codes.document(hit.record.kind);
            code == Some(child.text("TypeCode").as_str())
                && !hit.number.is_empty()
                && child.text("ID") == hit.number
        };
        let documents = place.documents.map(|(node, _)| node);
        for (node, is) in [
            (place.parties, &is_party as &dyn Fn(&Row, &PartyHit) -> bool),
            (documents, &is_document),
        ] {
            let Some(node) = node else { continue };
            for child in row.children(node).unwrap_or_default() {
                if unwanted.iter().any(|hit| is(&child, hit)) {
                    let tag = child.tag();
                    let path = Query::row(&child_set(node), &child.text("ObjectID")).path();
                    changes.push(Change {
                        if_match: (!tag.is_empty()).then_some(tag),
                        ..change(Method::DELETE, path, String::new())
                    });
                }
            }
        }
        changes
    }
}

/// Whether the header's place names this record.
fn names(slot: Header, row: &Row, hit: &PartyHit) -> bool {
    let by_number = slot
        .number
        .is_some_and(|name| !hit.number.is_empty() && row.text(name) == hit.number);
    let by_id = slot
        .uuid
        .is_some_and(|name| bare(&row.text(name)) == bare(hit.record.id.as_str()));
    by_number || by_id
}

/// Empties a place of the header. The number alone where there is one: the service follows it with the UUID.
fn clear(slot: Header, fields: &mut Fields) {
    match (slot.number, slot.uuid) {
        (Some(number), _) => drop(fields.insert(number.into(), "".into())),
        (None, Some(uuid)) => drop(fields.insert(uuid.into(), Json::Null)),
        (None, None) => {}
    }
}

/// Whether a child names this partner.
fn same(child: &Row, number: &str, uuid: &str, hit: &PartyHit) -> bool {
    let partner = matches!(
        hit.record.kind,
        Kind::Contact | Kind::Account | Kind::IndividualCustomer
    );
    let by_number = !hit.number.is_empty() && child.text(number) == hit.number;
    let by_id = bare(&child.text(uuid)) == bare(hit.record.id.as_str());
    partner && (by_number || by_id)
}
