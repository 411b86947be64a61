//! Finding records that a lost create may have made and that carry no key (INV-9).

use ssi_domain::{
    EVENT_KINDS, Kind, Record, RecordRef, Trace,
    mapping::{
        Table, Tables,
        convert::{same, to_crm},
    },
    participant::normalize,
    port::{CrmQuery, Hit, PartyHit},
};

use super::{File, Transfer};
use crate::Error;

/// Records looked at when a create may have happened.
const MOST_TWINS: usize = 200;

impl Transfer {
    /// A record that a lost create may have made: by its key where the kind has one, else the one with the
    /// same key field that no pair knows (INV-9).
    pub(super) async fn find_twin(&mut self, file: &File) -> Result<Option<RecordRef>, Error> {
        if file.item.there().is_some_and(|item| item.event.is_some()) {
            let by_key = |kind| CrmQuery::ByIdentity {
                kind,
                keys: vec![file.key.clone()],
            };
            // Whatever a colleague called it; what it is called here comes first.
            let mut kinds = EVENT_KINDS;
            kinds.sort_by_key(|kind| *kind != file.kind);
            let answers = self.crm.find(&kinds.map(by_key)).await?;
            let old = file.row.as_ref().map(|row| &row.record);
            let mut found: Vec<RecordRef> = answers
                .into_iter()
                .flatten()
                .filter_map(|hit| match hit {
                    Hit::Record(found) => Some(found.record),
                    _ => None,
                })
                .collect();
            // The one we know comes last: beside it may stand what an earlier try made.
            found.sort_by_key(|record| Some(record) == old);
            return Ok(found.into_iter().next());
        }
        let Some(item) = file.item.there() else {
            return Ok(None);
        };
        let mut record = item.record.clone();
        ssi_domain::mirror::complete(file.kind, &mut record);
        let hits = parties(self.crm.find(&twin_queries(file.kind, &record)).await?);
        for hit in hits.into_iter().filter(|hit| !hit.obsolete) {
            let taken = self
                .parts
                .store
                .mirrors_of_record(&self.row.tenant, &hit.record)
                .await?;
            if !taken.is_empty() {
                continue;
            }
            let records = self.crm.get(std::slice::from_ref(&hit.record)).await?;
            let same = records.into_iter().flatten().any(|found| {
                self.may_own(file.kind, &found.value)
                    && is_twin(&self.tables, file.kind, &record, &found.value)
            });
            if same {
                return Ok(Some(hit.record));
            }
        }
        Ok(None)
    }

    /// Whether a record may be one that was made for this mailbox's owner.
    fn may_own(&self, kind: Kind, record: &Record) -> bool {
        let number = record.text("owner_id");
        let own = self.owner().map(|owner| owner.number);
        kind != Kind::Task || number.is_empty() || own.is_none_or(|own| own == number)
    }
}

/// What finds the records a lost create may have made: the address, which few share, and the key field.
pub(in crate::transfer) fn twin_queries(kind: Kind, record: &Record) -> Vec<CrmQuery> {
    let field = match kind {
        Kind::Task => "subject",
        Kind::Account => "name",
        _ => "surname",
    };
    let mut queries = Vec::new();
    if let Some(address) = normalize(record.text("email")) {
        queries.push(CrmQuery::PartiesByAddress {
            kinds: vec![kind],
            addresses: vec![address],
        });
    }
    let text = record.text(field).trim();
    if !text.is_empty() {
        queries.push(CrmQuery::Search {
            kind,
            text: text.to_owned(),
            limit: MOST_TWINS,
        });
    }
    queries
}

/// Whether a record is called what the lost create wanted to call it. Other fields may have been edited since, on
/// either side.
pub(in crate::transfer) fn is_twin(
    tables: &Tables,
    kind: Kind,
    wanted: &Record,
    found: &Record,
) -> bool {
    let named: &[&str] = match kind {
        // The day it is due is what people change most; its owner tells it from others' of that name.
        Kind::Task => &["subject"],
        Kind::Account => &["name"],
        _ => &["surname", "given_name", "email"],
    };
    let rows = tables.of(kind).map(Table::rows).unwrap_or_default();
    let mut rows = rows.iter().filter(|row| named.contains(&row.name.as_str()));
    rows.all(|row| {
        let mut trace = Trace::new();
        let wanted = wanted
            .get(&row.name)
            .and_then(|value| to_crm(row, value, &mut trace));
        same(wanted.as_ref(), found.get(&row.name))
    })
}

pub(in crate::transfer) fn parties(answers: Vec<Vec<Hit>>) -> Vec<PartyHit> {
    answers
        .into_iter()
        .flatten()
        .filter_map(|hit| match hit {
            Hit::Party(party) => Some(party),
            _ => None,
        })
        .collect()
}
