//! The one source of candidates, for both paths: what the directory knows, and for kinds it is not filled with yet
//! what the CRM answers, asked once per session.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use ssi_domain::{
    Kind, PARTY_KINDS, RecordRef,
    autolink::{Candidates, Missing},
    directory::{Party, site_domain},
    participant::{Participant, normalize},
    port::{CrmQuery, FoundBy, Hit, PartyHit},
};
use ssi_store::Known;

use super::Transfer;
use crate::Error;

/// What is known behind the addresses that were met. An address without hits is remembered too.
#[derive(Debug, Default)]
pub(crate) struct Parties {
    known: Candidates,
    /// What is pinned in the mailbox: chosen before others that are equal (SRCH-10). Read with the first question.
    pins: Option<HashSet<RecordRef>>,
}

/// Parties behind more addresses of one mail are not asked for; the first ones write and read it.
pub(crate) const MOST_LOOKED_UP: usize = 100;

/// Bounds the memory of one session; beyond it the cache starts anew, which only costs calls.
const MOST_ADDRESSES: usize = 50_000;

impl Parties {
    fn file(&mut self, known: Known, missing: &Missing) {
        if self.known.len() > MOST_ADDRESSES {
            self.known = Candidates::default();
        }
        known.file(missing, &mut self.known);
    }

    /// Files what the CRM answered.
    fn learn(&mut self, hits: Vec<Hit>) {
        for hit in hits {
            if let Hit::Party(party) = hit {
                self.known.met(party);
            }
        }
    }

    /// Files a party that was made or found meanwhile, under the address it was looked up by.
    pub(crate) fn met(&mut self, party: PartyHit) {
        self.known.met(party);
    }

    /// Everybody found behind these addresses ([`Candidates::behind`]).
    pub(crate) fn behind<'a>(&self, addresses: impl IntoIterator<Item = &'a str>) -> Vec<PartyHit> {
        let mut hits = self.known.behind(addresses);
        if let Some(pins) = &self.pins {
            for hit in &mut hits {
                hit.pinned = pins.contains(&hit.record);
            }
        }
        hits
    }
}

/// The addresses of an item that are looked up: those from outside first, because only they are linked, in the order
/// of the item, at most [`MOST_LOOKED_UP`].
pub(crate) fn looked_up(people: &[Participant]) -> Vec<String> {
    let outside = |one: &&Participant| one.standing == ssi_domain::participant::Standing::External;
    let others = |one: &&Participant| !outside(one);
    let ordered = people
        .iter()
        .filter(outside)
        .chain(people.iter().filter(others));
    let keys = ordered.filter_map(|person| person.key.clone());
    keys.take(MOST_LOOKED_UP).collect()
}

/// What the directory knows, and what the CRM is asked besides.
pub(super) struct Local {
    missing: Missing,
    known: Known,
    /// The kinds the directory does not answer for yet.
    remote: Vec<Kind>,
}

impl Local {
    /// The question for the CRM, if there is one.
    pub(super) fn question(&self) -> Option<CrmQuery> {
        let asks = !self.remote.is_empty() && !self.missing.keys.is_empty();
        asks.then(|| CrmQuery::PartiesByAddress {
            kinds: self.remote.clone(),
            addresses: self.missing.keys.clone(),
        })
    }
}

impl Transfer {
    /// What the directory knows behind these addresses, and what the CRM has to be asked besides; `None`: all of it
    /// is known. Filed by [`Self::file`] once the CRM has answered, so that what failed is asked again.
    pub(super) async fn look_into_directory(
        &mut self,
        addresses: &[String],
    ) -> Result<Option<Local>, Error> {
        let missing = self
            .parties
            .known
            .missing(addresses.iter().map(String::as_str));
        if missing.keys.is_empty() && missing.domains.is_empty() {
            return Ok(None);
        }
        let store = &self.parts.store;
        let tenant = &self.row.tenant;
        if self.parties.pins.is_none() {
            let pins = store.pins(self.row.id).await?;
            self.parties.pins = Some(pins.into_iter().collect());
        }
        let fills = store.directory_state(tenant).await?;
        let filled = |kind: &Kind| {
            let mut fills = fills.iter();
            fills.any(|fill| fill.kind == *kind && fill.filled_at.is_some())
        };
        let (local, remote): (Vec<Kind>, Vec<Kind>) = PARTY_KINDS.into_iter().partition(filled);
        let known = store.candidates(tenant, &local, &missing).await?;
        Ok(Some(Local {
            missing,
            known,
            remote,
        }))
    }

    /// Files what the directory and the CRM answered.
    pub(super) async fn file(&mut self, local: Local, hits: Vec<Hit>) -> Result<(), Error> {
        self.parties.file(local.known, &local.missing);
        if hits.is_empty() {
            return Ok(());
        }
        self.parties.learn(hits);
        self.learn_accounts().await
    }

    /// The accounts that those belong to whom the CRM answered with.
    async fn learn_accounts(&mut self) -> Result<(), Error> {
        let accounts = self.parties.known.unknown_accounts();
        let store = &self.parts.store;
        let found = store
            .parties(&self.row.tenant, Kind::Account, &accounts)
            .await?;
        for party in found {
            self.parties
                .known
                .met_account(party.hit("", FoundBy::Relation));
        }
        Ok(())
    }

    /// Lets the directory know parties at once that the feed will tell about later.
    pub(super) async fn tell_directory(&self, parties: &[Party]) -> Result<(), Error> {
        let store = &self.parts.store;
        store.put_new_parties(&self.row.tenant, parties).await?;
        Ok(())
    }

    /// Looks which of the parties of a refused write are gone, which the directory may not know yet, and forgets
    /// them. `true`: some are, so that the links have to be chosen again. A miss is confirmed by reading (INV-5).
    pub(super) async fn forget_gone<'a>(
        &mut self,
        hits: impl IntoIterator<Item = &'a PartyHit>,
    ) -> Result<bool, Error> {
        let records: BTreeSet<&RecordRef> = hits.into_iter().map(|hit| &hit.record).collect();
        let records: Vec<RecordRef> = records.into_iter().cloned().collect();
        if records.is_empty() {
            return Ok(false);
        }
        let standing = self.crm.standing(&records).await?;
        let missed = records
            .into_iter()
            .zip(standing)
            .filter(|(_, stands)| !stands);
        let missed: Vec<RecordRef> = missed.map(|(record, _)| record).collect();
        if missed.is_empty() {
            return Ok(false);
        }
        let read = self.crm.get(&missed).await?;
        let mut any = false;
        for (record, _) in missed.iter().zip(read).filter(|(_, found)| found.is_none()) {
            any = true;
            self.parties.known.forget(record);
            self.parts
                .store
                .drop_party(&self.row.tenant, record)
                .await?;
        }
        Ok(any)
    }
}

/// A hit as a party, as far as it says something.
pub(super) fn party_of(hit: &PartyHit, address: &str) -> Party {
    Party {
        record: hit.record.clone(),
        number: hit.number.clone(),
        name: hit.name.clone(),
        addresses: Some(address.to_owned())
            .filter(|address| !address.is_empty())
            .into_iter()
            .collect(),
        phones: Vec::new(),
        company: String::new(),
        account: hit.account.clone(),
        domains: Vec::new(),
        created_at: hit.created_at,
        changed_at: hit.changed_at,
        obsolete: hit.obsolete,
        hidden: false,
    }
}

/// A party we made, as the directory keeps it until the feed tells more.
pub(super) fn made_party(made: &RecordRef, record: &ssi_domain::Record, now: Timestamp) -> Party {
    let text = |field: &str| record.text(field).trim().to_owned();
    let full = [text("given_name"), text("surname")].join(" ");
    let names = [text("name"), full.trim().to_owned(), text("subject")];
    let account = text("account_id");
    let hit = PartyHit {
        name: names
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_default(),
        account: Some(account)
            .filter(|id| !id.is_empty())
            .map(|id| RecordRef {
                kind: Kind::Account,
                id: ssi_domain::RecordId::new(id),
            }),
        created_at: Some(now),
        ..PartyHit::bare(made.clone())
    };
    let address = normalize(record.text("email")).unwrap_or_default();
    Party {
        company: text("company"),
        domains: site_domain(&text("website")).into_iter().collect(),
        ..party_of(&hit, &address)
    }
}
