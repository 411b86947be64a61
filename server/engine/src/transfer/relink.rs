//! Changing the links of a record that stands: what a person adds or takes away (LNK-01).

use ssi_domain::{
    Kind, RecordRef,
    port::{CrmQuery, CrmWrite, Hit, PartyHit, PartyRole, RecordParty},
};

use super::Transfer;
use crate::Error;

impl Transfer {
    /// Adds and removes links; answers what the record is linked with then, by the CRM's own word. Nothing is
    /// written for what stands or is missing already.
    pub(crate) async fn change_links(
        &mut self,
        record: &RecordRef,
        add: &[RecordRef],
        remove: &[RecordRef],
    ) -> Result<Vec<RecordRef>, Error> {
        let standing = self.links_of(record).await?;
        let stands = |wanted: &RecordRef| standing.iter().any(|hit| hit.record == *wanted);
        let missing = add.iter().filter(|wanted| !stands(wanted));
        let added: Vec<RecordParty> = missing
            .map(|wanted| linked(PartyHit::bare(wanted.clone())))
            .collect();
        let unwanted = standing.iter().filter(|hit| remove.contains(&hit.record));
        let removed: Vec<RecordParty> = unwanted.map(|hit| linked(hit.clone())).collect();
        let mut writes = Vec::new();
        if !removed.is_empty() {
            writes.push(CrmWrite::RemoveLinks {
                record: record.clone(),
                parties: removed,
            });
        }
        if !added.is_empty() {
            writes.push(CrmWrite::AddLinks {
                record: record.clone(),
                parties: added,
            });
        }
        if writes.is_empty() {
            return Ok(standing.into_iter().map(|hit| hit.record).collect());
        }
        for write in writes {
            self.writes += 1;
            for answer in self.crm.put(vec![write]).await? {
                answer?;
            }
        }
        let now = self.links_of(record).await?;
        Ok(now.into_iter().map(|hit| hit.record).collect())
    }

    /// What a record is linked with; employees take part, they are no links.
    pub(crate) async fn links_of(&self, record: &RecordRef) -> Result<Vec<PartyHit>, Error> {
        let question = CrmQuery::Links {
            record: record.clone(),
        };
        let hits = self.crm.find(&[question]).await?;
        let parties = hits.into_iter().flatten().filter_map(|hit| match hit {
            Hit::Party(party) if party.record.kind != Kind::Employee => Some(party),
            _ => None,
        });
        Ok(parties.collect())
    }
}

fn linked(hit: PartyHit) -> RecordParty {
    RecordParty {
        role: PartyRole::Linked,
        address: ssi_domain::Address {
            name: String::new(),
            address: String::new(),
        },
        party: Some(hit),
        main: false,
    }
}
