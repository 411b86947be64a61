//! Records a person asked for from the sidebar (SB-05). The link row of the click is the lock: a repeated click, or
//! one whose process died, finds what was made.

use jiff::SignedDuration;
use ssi_domain::{
    Kind, PARTY_KINDS, Record, RecordRef,
    port::{CrmQuery, CrmWrite, PartyHit, PartyRole, PortError, RecordParty},
};

use super::{
    Transfer,
    mirror::{
        account::{is_twin, parties, twin_queries},
        claim::Claim,
        people::link,
    },
    parties::made_party,
};
use crate::Error;

/// A lost create is looked for among the records made so recently.
const RECENT: SignedDuration = SignedDuration::from_hours(24);
/// Documents looked at when a create may have happened.
const MOST_TWINS: usize = 200;

/// One record to make.
pub(crate) struct ByHand {
    /// Makes the click unique in the tenant.
    pub(crate) key: String,
    /// What to make.
    pub(crate) kind: Kind,
    /// Its fields, checked.
    pub(crate) record: Record,
    /// What it is linked with.
    pub(crate) links: Vec<RecordRef>,
}

impl Transfer {
    /// Makes the record, or finds the one this click made before.
    pub(crate) async fn make_by_hand(&mut self, wanted: &ByHand) -> Result<RecordRef, Error> {
        let link = match self.claim_pair(wanted.kind, &wanted.key).await? {
            Claim::Stands(_, record) => return Ok(record),
            Claim::Held => {
                return Err(Error::Busy {
                    retry_after: SignedDuration::from_secs(2),
                });
            }
            Claim::Fresh(link) => link,
            Claim::Left(link) => {
                let twin = match self.made_before(wanted).await {
                    Ok(twin) => twin,
                    Err(error) => {
                        self.let_go(link).await?;
                        return Err(error);
                    }
                };
                if let Some(record) = twin {
                    self.complete_pair(link, &record, None).await?;
                    return Ok(record);
                }
                link
            }
        };
        let write = CrmWrite::Create {
            kind: wanted.kind,
            identity_key: String::new(),
            record: wanted.record.clone(),
            parties: self.parties_by_hand(wanted).await?,
            attachments: Vec::new(),
        };
        self.writes += 1;
        let made = self.crm.put(vec![write]).await;
        let made = made.and_then(|mut answers| {
            let lost = || PortError::transient("no answer to the create");
            answers.pop().unwrap_or_else(|| Err(lost()))
        });
        match made {
            Ok(written) => {
                self.complete_pair(link, &written.record, written.version)
                    .await?;
                if PARTY_KINDS.contains(&wanted.kind) {
                    let now = self.parts.clock.now();
                    let party = made_party(&written.record, &wanted.record, now);
                    self.tell_directory(&[party]).await?;
                }
                Ok(written.record)
            }
            Err(error)
                if error.is_item_problem() && !matches!(error, PortError::Unknown { .. }) =>
            {
                self.parts.store.abandon(link, &self.holder).await?;
                Err(error.into())
            }
            // It may have happened: the row stays, and the next try looks before it makes another.
            Err(error) => {
                self.let_go(link).await?;
                Err(error.into())
            }
        }
    }

    /// The mailbox's owner as owner and organizer, and the links.
    async fn parties_by_hand(&mut self, wanted: &ByHand) -> Result<Vec<RecordParty>, Error> {
        let own = ssi_domain::participant::normalize(&self.row.address);
        self.meet(own.into_iter().collect()).await?;
        let mut found = Vec::new();
        if let Some(owner) = self.owner() {
            if matches!(wanted.kind, Kind::Appointment | Kind::PhoneCall) {
                found.push(link(PartyRole::Organizer, owner.clone(), true));
            }
            found.push(link(PartyRole::Owner, owner, true));
        }
        for record in &wanted.links {
            let main = record.kind.is_mirrored_party();
            let hit = PartyHit::bare(record.clone());
            found.push(link(PartyRole::Linked, hit, main));
        }
        Ok(found)
    }

    /// What a create whose answer was lost has made: recent, of the same name, the same in what tells such records
    /// apart, and of no other click.
    async fn made_before(&mut self, wanted: &ByHand) -> Result<Option<RecordRef>, Error> {
        let since = self.parts.clock.now() - RECENT;
        let title = wanted.record.text("subject");
        let mut queries = twin_queries(wanted.kind, &wanted.record);
        if !title.is_empty() && wanted.kind != Kind::Task {
            queries.push(CrmQuery::Search {
                kind: wanted.kind,
                text: title.to_owned(),
                limit: MOST_TWINS,
            });
        }
        let hits = parties(self.crm.find(&queries).await?);
        let recent = hits
            .into_iter()
            .filter(|hit| !hit.obsolete && hit.record.kind == wanted.kind)
            .filter(|hit| hit.created_at.is_some_and(|at| at >= since));
        for hit in recent {
            let record = hit.record;
            let same = if self.tables.of(wanted.kind).is_none() || !title.is_empty() {
                hit.name == title
            } else {
                true
            };
            if !same {
                continue;
            }
            let found = self.crm.get(std::slice::from_ref(&record)).await?;
            let twin = found.into_iter().flatten().any(|found| {
                self.tables.of(wanted.kind).is_none()
                    || is_twin(&self.tables, wanted.kind, &wanted.record, &found.value)
            });
            let mirrored = self
                .parts
                .store
                .mirrors_of_record(&self.row.tenant, &record)
                .await?;
            if twin && mirrored.is_empty() {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }
}
