//! The one service that saves: both paths hand it orders, and nothing else writes outward.
//!
//! An order goes: reserve the link row (the lock) → ask the CRM for the key, always → choose links →
//! create with the key stamped → complete the row. Whatever breaks in between leaves a row by which
//! the next actor finds out how far this one got (INV-1, INV-9).

mod by_hand;
mod claim;
mod content;
mod create;
mod links;
mod mark;
pub(crate) mod mirror;
mod offers;
mod order;
mod parties;
mod rehearse;
mod relink;

use std::{collections::HashMap, sync::Arc};

use ssi_domain::{
    Kind, SyncSettings,
    mapping::Tables,
    merge::DigestKey,
    participant::Participant,
    port::{Crm, CrmQuery, EmailRecord, Hit, Mailbox, PartyHit, PortError},
};
use ssi_store::MailboxRow;

pub(crate) use self::{
    by_hand::ByHand,
    mark::MarkOrder,
    offers::offer_appeared,
    order::{Fate, Linked, Order, Outcome},
    parties::{MOST_LOOKED_UP, looked_up},
};
use crate::{Error, Parts, transfer::parties::Parties, wish::EventWishes};

/// One actor's access to both sides, for the length of a session or of a call.
pub(crate) struct Transfer {
    parts: Arc<Parts>,
    row: MailboxRow,
    mail: Arc<dyn Mailbox>,
    crm: Arc<dyn Crm>,
    settings: Arc<SyncSettings>,
    /// The tenant's mapping.
    tables: Tables,
    /// Who holds the link rows this actor reserves: the node, and this actor on it.
    holder: String,
    parties: Parties,
    /// Accounts by company in lower case, asked once per session.
    accounts: HashMap<String, mirror::company::Account>,
    digest_key: DigestKey,
    /// How many records of each kind came down so far; `None`: to be counted.
    came_down: Option<HashMap<Kind, u64>>,
    /// Wishes for events, of which a session finds the events.
    event_wishes: EventWishes,
    /// What a dry run told; empty everywhere else.
    told: rehearse::Told,
    /// A pause one side asked for, in answer to something that had to go on without it.
    rest: Option<PortError>,
    writes: u64,
    calls_before: u64,
}

impl Transfer {
    /// Opens both sides for an actor.
    pub(crate) fn new(
        parts: Arc<Parts>,
        row: MailboxRow,
        mail: Arc<dyn Mailbox>,
        crm: Arc<dyn Crm>,
        settings: Arc<SyncSettings>,
    ) -> Self {
        let holder = format!("{}:{}", parts.node, parts.ids.uuid());
        let calls_before = mail.calls() + crm.calls();
        let tables = parts.backends.tables(&row.tenant);
        let tables = match settings.mirror.home_address {
            true => tables,
            false => tables.without_home_address(),
        };
        let digest_key = DigestKey::new(parts.store.derived_key("mirror baseline"));
        Self {
            parts,
            row,
            mail,
            crm,
            settings,
            tables,
            holder,
            parties: Parties::default(),
            accounts: HashMap::new(),
            digest_key,
            came_down: None,
            event_wishes: EventWishes::default(),
            told: rehearse::Told::default(),
            rest: None,
            writes: 0,
            calls_before,
        }
    }

    /// Lets events be recognised that were wished for.
    pub(crate) fn wish_for(&mut self, wishes: EventWishes) {
        self.event_wishes = wishes;
    }

    /// Reading access to the mailbox.
    pub(crate) fn mail(&self) -> &dyn Mailbox {
        self.mail.as_ref()
    }

    /// Reading access to the CRM.
    pub(crate) fn crm(&self) -> &dyn Crm {
        self.crm.as_ref()
    }

    /// The settings in force.
    pub(crate) fn settings(&self) -> &SyncSettings {
        &self.settings
    }

    /// Notes a failure that what was done outlives; a pause that was asked for is kept afterwards (INV-19).
    fn bear(&mut self, error: PortError) {
        if matches!(error, PortError::Wait { .. }) {
            self.rest = Some(error);
        }
    }

    /// The same for the failures among the answers of a batch.
    fn bear_all<T>(&mut self, answers: &[Result<T, PortError>]) {
        for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            self.bear(error.clone());
        }
    }

    /// A pause that was asked for meanwhile: what is left is put off rather than sent.
    fn resting(&self) -> Option<&PortError> {
        self.rest.as_ref()
    }

    /// The pause one side asked for, if one did: nothing more is asked of it now.
    pub(crate) fn rest(&mut self) -> Option<Error> {
        self.rest.take().map(Error::from)
    }

    /// Outward writes so far.
    pub(crate) fn writes(&self) -> u64 {
        self.writes
    }

    /// Outward calls so far, by the ports' own meters.
    pub(crate) fn calls(&self) -> u64 {
        (self.mail.calls() + self.crm.calls()).saturating_sub(self.calls_before)
    }

    /// Saves a batch of mails. An error concerns the whole mailbox or tenant; nothing is reserved then,
    /// and what was created meanwhile is found again by its key.
    pub(crate) async fn save(&mut self, orders: Vec<Order>) -> Result<Vec<Outcome>, Error> {
        let mut desk = claim::Desk::new(orders);
        let result = self.work(&mut desk).await;
        self.release_unfinished(&desk).await?;
        result?;
        let stored = desk.stored();
        self.notice(&stored).await?;
        Ok(desk.into_outcomes())
    }

    async fn work(&mut self, desk: &mut claim::Desk) -> Result<(), Error> {
        self.claim(desk).await?;
        if self.resting().is_some() {
            return Ok(());
        }
        self.extend_links(desk).await?;
        self.choose_links(desk);
        self.create(desk).await
    }

    /// Asks the CRM in one call for records with these keys, and for the parties behind new addresses of kinds that
    /// the directory does not answer for yet.
    async fn ask(
        &mut self,
        keys: Vec<String>,
        addresses: Vec<String>,
    ) -> Result<Vec<EmailRecord>, Error> {
        let mut queries = Vec::new();
        if !keys.is_empty() {
            queries.push(CrmQuery::ByIdentity {
                kind: Kind::Email,
                keys,
            });
        }
        let local = self.look_into_directory(&addresses).await?;
        queries.extend(local.as_ref().and_then(parties::Local::question));
        let answers = match queries.is_empty() {
            true => Vec::new(),
            false => self.crm.find(&queries).await?,
        };
        let (mut records, mut parties) = (Vec::new(), Vec::new());
        for hit in answers.into_iter().flatten() {
            match hit {
                Hit::Email(record) => records.push(record),
                Hit::Party(_) => parties.push(hit),
                _ => {}
            }
        }
        if let Some(local) = local {
            self.file(local, parties).await?;
        }
        Ok(records)
    }

    /// Makes sure the parties behind these addresses are known; no call if they all are.
    pub(crate) async fn meet(&mut self, addresses: Vec<String>) -> Result<(), Error> {
        self.ask(Vec::new(), addresses).await.map(drop)
    }

    /// The known parties behind participants.
    pub(crate) fn behind(&self, participants: &[Participant]) -> Vec<PartyHit> {
        self.parties.behind(
            participants
                .iter()
                .filter_map(|person| person.key.as_deref()),
        )
    }
}
