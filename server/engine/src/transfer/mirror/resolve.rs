//! Making Leads and Contacts of unknown attendees (RES-01 to RES-08): reserve the address, ask the CRM once
//! more, make, report. `ssi_domain::resolve` decides who.

use jiff::Timestamp;
use ssi_domain::{
    Kind, LinkId, PARTY_KINDS, ReasonCode, Record, RecordRef, Value,
    autolink::{candidate_keys, company_domain, mailbox_key},
    mirror::{CANCELLED, is_private},
    plan::Effect,
    port::{CrmQuery, CrmWrite, FoundBy, Hit, PartyHit, PartyRole, PortError, RecordParty},
    resolve::{Company, Creation, account_name, is_account_of, resolve},
    settings::ResolveAs,
};
use ssi_store::MadeParty;

use super::{End, File, Transfer, claim::Claim, people};
use crate::{
    Error,
    transfer::parties::{made_party, party_of},
};

/// Accounts looked at per company name.
const MOST_ACCOUNTS: usize = 50;

/// What became of one party that was wanted.
pub(super) enum Made {
    /// It stands, made now or before.
    Stands(Box<PartyHit>),
    /// It is not made, for this reason.
    No(ReasonCode),
    /// Another session is at it, or nobody knows whether it was made: later.
    Later,
}

impl Transfer {
    /// Makes parties of the unknown attendees of meetings whose record is about to be written, and decides
    /// those meetings again with them. A meeting whose attendee another session is making waits for it.
    pub(super) async fn resolve_people(
        &mut self,
        files: &mut [File],
        now: Timestamp,
    ) -> Result<(), Error> {
        if self.settings.resolve.people == ResolveAs::Off {
            return Ok(());
        }
        let mut met = false;
        for file in files.iter_mut().filter(|file| wants_people(file)) {
            met |= self.resolve_file(file, now).await?;
        }
        if met {
            self.decide(files, now).await?;
        }
        Ok(())
    }

    async fn resolve_file(&mut self, file: &mut File, now: Timestamp) -> Result<bool, Error> {
        let people = file.people.all().to_vec();
        let hits = self.behind(&people);
        let (creations, trace) = resolve(&people, &hits, &self.settings);
        file.resolved.append(trace);
        let met = !creations.is_empty();
        for creation in creations {
            match self.person(file, &creation, now).await? {
                Made::Stands(hit) => {
                    let detail = format!("{} {}", hit.record.kind, hit.record.id);
                    file.resolved.note("RES-01", ReasonCode::Resolved, detail);
                    file.met.push(hit.record.clone());
                    self.parties.met(*hit);
                }
                Made::No(code) => file.resolved.note("RES-01", code, "one participant"),
                Made::Later => file.end = Some(End::Later),
            }
        }
        Ok(met)
    }

    /// One person, at most once per address and tenant.
    async fn person(
        &mut self,
        file: &File,
        creation: &Creation,
        now: Timestamp,
    ) -> Result<Made, Error> {
        let key = self.reservation("address", &mailbox_key(&creation.address));
        let (link, stands) = match self.claim_pair(Kind::Contact, &key).await? {
            Claim::Held => return Ok(Made::Later),
            Claim::Fresh(link) | Claim::Left(link) => (link, None),
            Claim::Stands(link, record) => (link, Some(record)),
        };
        // What was read earlier may be older than another session's work, and our list may hide people.
        let known = self.ask_people(&creation.address).await?;
        let usable = |hit: &&PartyHit| !hit.obsolete && hit.record.kind != Kind::Employee;
        if let Some(record) = stands {
            let known = known.into_iter().find(|hit| hit.record == record);
            let hit = match known {
                Some(hit) => Some(hit).filter(|hit| usable(&hit)),
                None => self.standing(&record).await?,
            };
            return Ok(hit.map_or(Made::No(ReasonCode::ResolveOnce), |hit| {
                Made::Stands(Box::new(found_by(hit, &creation.address)))
            }));
        }
        if let Some(hit) = known.iter().find(usable) {
            self.complete_pair(link, &hit.record, None).await?;
            return Ok(Made::Stands(Box::new(found_by(
                hit.clone(),
                &creation.address,
            ))));
        }
        if !known.is_empty() {
            self.parts.store.abandon(link, &self.holder).await?;
            return Ok(Made::No(ReasonCode::ResolveKnown));
        }
        let account = match self.company(file, creation, now).await? {
            Made::Stands(hit) => Some(*hit),
            Made::No(_) => None,
            Made::Later => {
                self.let_go(link).await?;
                return Ok(Made::Later);
            }
        };
        let write = self.person_write(creation, account);
        let made = self.make(file, link, write, now).await?;
        Ok(match made {
            Made::Stands(hit) => Made::Stands(Box::new(found_by(*hit, &creation.address))),
            other => other,
        })
    }

    /// The account of a person's company: known, found by name, or made, once per domain and tenant.
    async fn company(
        &mut self,
        file: &File,
        creation: &Creation,
        now: Timestamp,
    ) -> Result<Made, Error> {
        let (name, domain) = match &creation.company {
            Company::None => return Ok(Made::No(ReasonCode::NoCompanyDomain)),
            Company::Known(hit) => return Ok(Made::Stands(hit.clone())),
            Company::New { name, domain } => (name, domain),
        };
        let key = self.reservation("domain", domain);
        let link = match self.claim_pair(Kind::Account, &key).await? {
            Claim::Held => return Ok(Made::Later),
            Claim::Stands(_, record) => {
                let hit = self.standing(&record).await?;
                return Ok(hit.map_or(Made::No(ReasonCode::ResolveOnce), |hit| {
                    Made::Stands(Box::new(hit))
                }));
            }
            Claim::Fresh(link) | Claim::Left(link) => link,
        };
        let alike = self.accounts_called(name).await?;
        let live: Vec<&PartyHit> = alike.iter().filter(|hit| !hit.obsolete).collect();
        match (live.as_slice(), alike.is_empty()) {
            ([one], _) => {
                self.complete_pair(link, &one.record, None).await?;
                return Ok(Made::Stands(Box::new((*one).clone())));
            }
            ([], true) => {}
            // Several of that name, or only obsolete ones: somebody must say which.
            _ => {
                self.parts.store.abandon(link, &self.holder).await?;
                return Ok(Made::No(ReasonCode::SeveralAccounts));
            }
        }
        let write = self.company_write(creation, name);
        self.make(file, link, write, now).await
    }

    /// The account of a person's company.
    pub(super) fn company_write(&self, creation: &Creation, name: &str) -> CrmWrite {
        let mut record = Record::new().with("name", name);
        if let Some(country) = &creation.country {
            record.set("country", Value::Choice(country.clone()));
        }
        CrmWrite::Create {
            kind: Kind::Account,
            identity_key: String::new(),
            record,
            parties: self.owned(),
            attachments: Vec::new(),
        }
    }

    /// Carries a create out under its reservation and reports it.
    pub(super) async fn make(
        &mut self,
        file: &File,
        link: LinkId,
        write: CrmWrite,
        now: Timestamp,
    ) -> Result<Made, Error> {
        self.writes += 1;
        let mut record = match &write {
            CrmWrite::Create { record, .. } => record.clone(),
            _ => Record::new(),
        };
        if let CrmWrite::Create { parties, .. } = &write {
            let linked = parties.iter().filter_map(|one| one.party.as_ref());
            let account = linked
                .map(|hit| &hit.record)
                .find(|of| of.kind == Kind::Account);
            if let Some(account) = account {
                record.set("account_id", account.id.as_str());
            }
        }
        let answer = match self.crm.put(vec![write]).await {
            Ok(answers) => answers.into_iter().next(),
            Err(error) => Some(Err(error)),
        };
        match answer {
            Some(Ok(written)) => {
                self.complete_pair(link, &written.record, written.version)
                    .await?;
                let made = MadeParty {
                    link,
                    mailbox: self.row.id,
                    record: written.record.clone(),
                    for_kind: file.kind,
                    for_key: file.key.clone(),
                    made_at: now,
                };
                self.parts.store.note_made(&self.row.tenant, &made).await?;
                self.tell_directory(&[made_party(&written.record, &record, now)])
                    .await?;
                Ok(Made::Stands(Box::new(PartyHit {
                    created_at: Some(now),
                    ..PartyHit::bare(written.record)
                })))
            }
            // The next who comes asks the CRM by the address before anything else (INV-9).
            None | Some(Err(PortError::Unknown { .. })) => {
                self.let_go(link).await?;
                Ok(Made::Later)
            }
            Some(Err(error)) if error.is_item_problem() => {
                self.parts.store.abandon(link, &self.holder).await?;
                Ok(Made::No(ReasonCode::ResolveRefused))
            }
            Some(Err(error)) => {
                self.let_go(link).await?;
                Err(error.into())
            }
        }
    }

    /// The lead or contact of a person.
    pub(super) fn person_write(&self, creation: &Creation, account: Option<PartyHit>) -> CrmWrite {
        let name = &creation.name;
        let mut record = Record::new()
            .with("surname", name.last.as_str())
            .with("email", creation.address.as_str());
        for (field, value) in [("given_name", &name.first), ("middle_name", &name.middle)] {
            if !value.is_empty() {
                record.set(field, value.as_str());
            }
        }
        if creation.kind == Kind::Lead {
            record.set("subject", ssi_domain::name::join(name).as_str());
            if let Some(company) = company_domain(&creation.address).and_then(account_name) {
                record.set("company", company.as_str());
            }
        }
        let mut parties = self.owned();
        parties.extend(account.map(|hit| people::link(PartyRole::Linked, hit, true)));
        CrmWrite::Create {
            kind: creation.kind,
            identity_key: String::new(),
            record,
            parties,
            attachments: Vec::new(),
        }
    }

    /// The mailbox's owner as the owner of what is made.
    pub(super) fn owned(&self) -> Vec<RecordParty> {
        let owner = self.owner();
        owner
            .map(|hit| people::link(PartyRole::Owner, hit, true))
            .into_iter()
            .collect()
    }

    /// Everybody the CRM knows by an address, asked now: employees and obsolete records included.
    async fn ask_people(&self, address: &str) -> Result<Vec<PartyHit>, Error> {
        let hits = self.people_at(address).await?;
        let told: Vec<_> = hits.iter().map(|hit| party_of(hit, &hit.address)).collect();
        self.tell_directory(&told).await?;
        Ok(hits)
    }

    /// As [`Self::ask_people`], with nothing kept.
    pub(super) async fn people_at(&self, address: &str) -> Result<Vec<PartyHit>, Error> {
        let keys = candidate_keys(address).into_iter().map(|key| key.key);
        let question = CrmQuery::PartiesByAddress {
            kinds: PARTY_KINDS.to_vec(),
            addresses: keys.collect(),
        };
        Ok(parties(self.crm.find(&[question]).await?))
    }

    /// The accounts that are called like a company, obsolete ones included.
    pub(super) async fn accounts_called(&self, name: &str) -> Result<Vec<PartyHit>, Error> {
        let question = CrmQuery::Search {
            kind: Kind::Account,
            text: name.to_owned(),
            limit: MOST_ACCOUNTS,
        };
        let mut hits = parties(self.crm.find(&[question]).await?);
        hits.retain(|hit| is_account_of(&hit.name, name));
        Ok(hits)
    }

    /// A record that was made before, if it still stands and is in use.
    pub(super) async fn standing(&self, record: &RecordRef) -> Result<Option<PartyHit>, Error> {
        let read = self.crm.get(std::slice::from_ref(record)).await?;
        let found = read.into_iter().next().flatten();
        let found = found.filter(|found| found.value.text("lifecycle") != CANCELLED);
        Ok(found.map(|found| PartyHit {
            number: found.value.text("number").to_owned(),
            ..PartyHit::bare(record.clone())
        }))
    }

    /// The key of a reservation; it says nothing about the address (ARC-07).
    pub(super) fn reservation(&self, what: &str, text: &str) -> String {
        let key = self.parts.store.derived_key("resolved address");
        let digest = blake3::keyed_hash(&key, text.as_bytes());
        format!("{what}:{}", digest.to_hex())
    }
}

fn found_by(hit: PartyHit, address: &str) -> PartyHit {
    PartyHit {
        address: address.to_owned(),
        found_by: FoundBy::Address,
        ..hit
    }
}

/// Whether a record of a meeting is about to be written with its people.
pub(super) fn wants_people(file: &File) -> bool {
    let item = file.item.there();
    let meeting = item.is_some_and(|item| {
        item.event.as_ref().is_some_and(|event| event.meeting) && !is_private(&item.record)
    });
    let effects = file.plan.iter().flat_map(|plan| &plan.effects);
    let mut people = effects.filter(|effect| {
        matches!(
            effect,
            Effect::CreateRecord { .. }
                | Effect::UpdateRecord {
                    parties: Some(_),
                    ..
                }
        )
    });
    // Only sessions do it (RES-01); the add-in shows a card instead (SRCH-07).
    file.open() && file.look.hand.is_none() && meeting && people.next().is_some()
}

fn parties(answers: Vec<Vec<Hit>>) -> Vec<PartyHit> {
    answers
        .into_iter()
        .flatten()
        .filter_map(|hit| match hit {
            Hit::Party(party) => Some(party),
            _ => None,
        })
        .collect()
}
