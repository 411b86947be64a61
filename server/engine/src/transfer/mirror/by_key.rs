//! Records by the keys of their items: what a meeting became already, whoever made it of which kind (INV-1).

use std::collections::BTreeMap;

use ssi_domain::{
    Kind,
    port::{CrmQuery, Hit, RecordHit},
};

use super::{File, Transfer};
use crate::Error;

impl Transfer {
    /// Joins items to the records that bear their keys already.
    pub(super) async fn ask_keys(
        &mut self,
        files: &mut [File],
        wanted: BTreeMap<Kind, Vec<String>>,
    ) -> Result<(), Error> {
        if wanted.is_empty() {
            return Ok(());
        }
        let found = self.records_by_keys(wanted).await?;
        // What it is called here comes before what colleagues called it.
        for exact in [true, false] {
            for (kind, hit) in &found {
                let same = |file: &&mut File| {
                    let like = match exact {
                        true => file.kind == *kind,
                        false => {
                            file.record.is_none() && file.kind.claimed_as() == kind.claimed_as()
                        }
                    };
                    like && file.open() && file.key == hit.identity_key
                };
                for file in files.iter_mut().filter(same) {
                    file.record = Some(hit.record.clone());
                    file.stay_what_it_became();
                }
            }
        }
        Ok(())
    }

    /// The records of each kind that bear these keys, in the CRM's order.
    pub(super) async fn records_by_keys(
        &self,
        wanted: BTreeMap<Kind, Vec<String>>,
    ) -> Result<Vec<(Kind, RecordHit)>, Error> {
        let (kinds, queries): (Vec<Kind>, Vec<CrmQuery>) = wanted
            .into_iter()
            .map(|(kind, keys)| (kind, CrmQuery::ByIdentity { kind, keys }))
            .unzip();
        let answers = self.crm.find(&queries).await?;
        let mut found = Vec::new();
        for (kind, hits) in kinds.into_iter().zip(answers) {
            found.extend(hits.into_iter().filter_map(|hit| match hit {
                Hit::Record(record) => Some((kind, record)),
                _ => None,
            }));
        }
        Ok(found)
    }
}

impl File {
    /// An event whose record stands is of the record's kind, whatever its category says (CAL-01).
    pub(super) fn stay_what_it_became(&mut self) {
        let record = self.record.as_ref().map(|record| record.kind);
        if let Some(kind) = record.filter(|kind| kind.is_event() && self.kind.is_event()) {
            self.kind = kind;
        }
    }
}
