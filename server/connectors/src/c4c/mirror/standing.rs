//! Which records still stand, by reading their ids and nothing else.

use std::collections::HashSet;

use ssi_domain::{Kind, RecordRef, port::PortError};

use super::set::{self, Target};
use crate::{
    c4c::{
        find::EMAILS,
        odata::{
            json,
            query::{Query, any_of},
        },
        parties::set_of,
        read::Pages,
        tenant::C4c,
    },
    http::Intent,
};

const STANDING: &str = "standing";
const TOTALS: &str = "totals";

/// Ids joined with `or` in one question: about 3 KB of address.
const IDS_PER_QUESTION: usize = 50;

impl C4c {
    /// Law: a question that was not answered is an error, never an absence (INV-5).
    pub(in crate::c4c) async fn read_standing(
        &self,
        records: &[RecordRef],
    ) -> Result<Vec<bool>, PortError> {
        let mut wanted: Vec<(&'static str, Vec<String>)> = Vec::new();
        let mut keys = Vec::with_capacity(records.len());
        for record in records {
            let (set, key) = row_of(record)?;
            keys.push((set, key.to_uppercase()));
            let at = wanted.iter().position(|(name, _)| *name == set);
            let at = at.unwrap_or_else(|| {
                wanted.push((set, Vec::new()));
                wanted.len() - 1
            });
            // A wildcard would ask for other rows as well; a key has none.
            if !key.contains('*') && !wanted[at].1.contains(&key) {
                wanted[at].1.push(key);
            }
        }
        let questions: Vec<(&str, &[String])> = wanted
            .iter()
            .flat_map(|(set, ids)| ids.chunks(IDS_PER_QUESTION).map(move |ids| (*set, ids)))
            .collect();
        let addresses = questions.iter().map(|(set, ids)| {
            let filter = any_of("ObjectID", ids.iter().map(String::as_str));
            let query = Query::set(set).filter(filter).select(&["ObjectID"]);
            (query.address(), Pages::All)
        });
        let outcomes = self.rows(addresses.collect(), STANDING).await?;
        let mut standing: HashSet<(&str, String)> = HashSet::new();
        for ((set, _), outcome) in questions.iter().zip(outcomes) {
            let rows = outcome.map_err(|answer| match answer.error(Intent::Read, STANDING) {
                // The set is not there; about the records that says nothing.
                PortError::Gone { detail } => PortError::Blocked {
                    detail: format!("{detail}: no {set} there; check the C4C address"),
                },
                error => error,
            })?;
            standing.extend(
                rows.iter()
                    .map(|row| (*set, row.text("ObjectID").to_uppercase())),
            );
        }
        Ok(keys.iter().map(|key| standing.contains(key)).collect())
    }

    /// How many rows the sets of these kinds have. A tenant that does not say so of one is not asked again by another
    /// form: the number is for people.
    pub(in crate::c4c) async fn read_totals(
        &self,
        kinds: &[Kind],
    ) -> Result<Vec<Option<u64>>, PortError> {
        let sets: Vec<Option<&str>> = kinds
            .iter()
            .map(|kind| Some(set::fed(*kind)?.name))
            .collect();
        let asked = sets.iter().flatten();
        let addresses = asked.map(|set| {
            Query::set(set)
                .select(&["ObjectID"])
                .top(1)
                .count()
                .address()
        });
        let mut answers = self.answers(addresses.collect(), TOTALS).await?.into_iter();
        let mut totals = Vec::with_capacity(kinds.len());
        for set in sets {
            let answer = set.and_then(|_| answers.next());
            let page = answer.filter(|answer| answer.is_success());
            let page = page.and_then(|answer| json::rows(&answer.body).ok());
            totals.push(page.and_then(|page| page.count));
        }
        Ok(totals)
    }
}

fn row_of(record: &RecordRef) -> Result<(&'static str, String), PortError> {
    if let Some(target) = Target::of(record) {
        return Ok((target.set().name, target.key));
    }
    let key = record.id.as_str().to_owned();
    match set_of(record.kind) {
        Some(set) => Ok((set.name, key)),
        None => Ok((EMAILS, key)),
    }
}
