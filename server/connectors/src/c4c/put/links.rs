//! Adds links to a record that stands already: reads what is there, writes only what is missing.

use http::Method;
use serde_json::Value as Json;
use ssi_domain::{
    RecordRef, Version,
    port::{PartyHit, PartyRole, PortError, RecordParty, Written},
};

use super::{PUT, not_written, payload::Fields, send::change};
use crate::{
    c4c::{
        find::references,
        link::Linkable,
        mirror::set::Header,
        odata::{batch::Change, json::Row, query::Query},
        tenant::C4c,
    },
    http::Intent,
};

/// Tries when the record changes under our hands.
const TRIES: usize = 3;

impl C4c {
    pub(super) async fn add_links(
        &self,
        record: &RecordRef,
        parties: &[RecordParty],
    ) -> Result<Written, PortError> {
        let (place, key) = Linkable::of(record).ok_or_else(|| not_written(record.kind))?;
        let mut tries = 0;
        loop {
            tries += 1;
            match self
                .add_missing_links(record, (&place, &key), parties)
                .await
            {
                Err(PortError::Stale { .. }) if tries < TRIES => {}
                done => return done,
            }
        }
    }

    async fn add_missing_links(
        &self,
        record: &RecordRef,
        (place, key): (&Linkable, &str),
        parties: &[RecordParty],
    ) -> Result<Written, PortError> {
        let stored = self.linked_record(record).await?;
        let changes = self.missing((place, key), &stored, parties)?;
        let unchanged = changes.is_empty();
        if !unchanged {
            self.write_set(changes).await?;
        }
        let tag = stored.tag();
        Ok(Written {
            record: record.clone(),
            version: (unchanged && !tag.is_empty()).then(|| Version::new(tag)),
        })
    }

    fn missing(
        &self,
        (place, key): (&Linkable, &str),
        row: &Row,
        parties: &[RecordParty],
    ) -> Result<Vec<Change>, PortError> {
        let codes = &self.shared.config.codes;
        let stored = references(place, row, codes);
        let mut header = Fields::new();
        let mut changes = Vec::new();
        let mut done: Vec<&PartyHit> = Vec::new();
        for party in parties
            .iter()
            .filter(|party| party.role == PartyRole::Linked)
        {
            let Some(hit) = &party.party else { continue };
            let stands = stored.iter().any(|reference| reference.is_to(hit));
            if stands || done.iter().any(|other| other.record == hit.record) {
                continue;
            }
            done.push(hit);
            let free = |slot: &Header| {
                let mut names = slot.number.into_iter().chain(slot.uuid);
                names.all(|name| row.text(name).is_empty()) && !slot.is_taken(&header)
            };
            // Business partners have no child node for links, only the header.
            let first = party.main || place.parties.is_none();
            if let Some(slot) = place
                .slot(hit.record.kind)
                .filter(|slot| first && free(slot))
            {
                slot.refer(&mut header, hit);
                continue;
            }
            let (node, row) = place.row(codes, hit)?;
            let path = Query::children(place.set, key, node).path();
            changes.push(Change {
                echo: false,
                ..change(Method::POST, path, Json::Object(row).to_string())
            });
        }
        if !header.is_empty() {
            let tag = row.tag();
            let path = Query::row(place.set, key).path();
            changes.insert(
                0,
                Change {
                    if_match: (!tag.is_empty()).then_some(tag),
                    ..change(Method::PATCH, path, Json::Object(header).to_string())
                },
            );
        }
        Ok(changes)
    }

    /// Several writes as one change set. Without batches one after the other: each is harmless by itself,
    /// and what is missing after a failure is added by the next try.
    pub(super) async fn write_set(&self, changes: Vec<Change>) -> Result<(), PortError> {
        if changes.len() > 1
            && let Some(outcomes) = self.write_batch(vec![changes.clone()]).await?
        {
            return match outcomes.into_iter().next() {
                Some(Ok(_)) => Ok(()),
                Some(Err(answer)) => Err(answer.error(Intent::Write, PUT)),
                None => Err(super::send::unclear("no answer")),
            };
        }
        for change in changes {
            let answer = self.write_one(change).await?;
            if !answer.is_success() {
                return Err(answer.error(Intent::Write, PUT));
            }
        }
        Ok(())
    }
}
