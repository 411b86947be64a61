//! The initial search: the cards that belong to the open item, streamed as they are found (SRCH-01 to SRCH-10).

use std::collections::HashMap;

use ssi_domain::{
    Address, Kind, MailboxId, PARTY_KINDS, ReasonCode, Record, RecordRef, Value,
    autolink::{is_known, pinned_first, rank},
    participant::{
        Field, Participant, Standing as Place, participants_composing, people as people_of,
    },
    port::{BrokenSource, PartyHit, PortError, Shape},
};
use ssi_store::LinkTarget;
use tokio::sync::mpsc;

use super::{Card, ItemKey, UnknownPerson, Who, open::Open, search::known_as, state::SavedAs};
use crate::{
    Engine, Error,
    transfer::{MOST_LOOKED_UP, looked_up},
};

/// Cards that wait for a slow reader, at most; then the search waits.
const WAITING: usize = 64;

/// The cards of an item as they are found. It ends when everybody was looked up; an error is the last thing in it.
pub type Cards = mpsc::Receiver<Result<Card, Error>>;

/// One search under way.
struct Looking {
    engine: Engine,
    open: Open,
    people: Vec<Participant>,
    /// The people are those of an event.
    event: bool,
    saved: Option<SavedAs>,
    out: mpsc::Sender<Result<Card, Error>>,
    /// The cards shown, by record, so that one that is learnt more about keeps its place.
    shown: HashMap<RecordRef, Card>,
}

impl Engine {
    /// The cards of an item: records known by its addresses, pinned ones first, then records it is linked with,
    /// then unknown addresses, or a notice when there is nothing to save (SRCH-02 to SRCH-10).
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such item; later failures are in the stream.
    pub async fn stream_cards(&self, mailbox: MailboxId, key: &ItemKey) -> Result<Cards, Error> {
        let open = self.open_instant(mailbox).await?;
        let (mut item, _) = open.item(key, Shape::Headers).await?;
        if item.kind == Kind::Task {
            // Addresses of a task stand in its text, if anywhere.
            (item, _) = open.item(&ItemKey::Item(item.id), Shape::Full).await?;
        }
        let people = people_of(&item, open.transfer.settings(), &open.row.address);
        let saved = self.saved_as(&open, &item).await?;
        Ok(self.look(open, people, item.event.is_some(), saved))
    }

    /// The cards of an item that is being composed, for the people on it so far; hidden recipients count too
    /// (SRCH-02).
    pub async fn stream_composing(
        &self,
        mailbox: MailboxId,
        people: &[(Field, Address)],
    ) -> Result<Cards, Error> {
        let open = self.open_instant(mailbox).await?;
        let mut record = Record::new();
        for field in [Field::From, Field::To, Field::Cc, Field::Bcc] {
            let there = people.iter().filter(|(at, _)| *at == field);
            let there = there.map(|(_, address)| Value::Address(address.clone()));
            record.set(field.name(), Value::List(there.collect()));
        }
        let settings = open.transfer.settings();
        let people = participants_composing(&record, settings, &open.row.address);
        Ok(self.look(open, people, false, None))
    }

    /// [`Engine::stream_cards`] to its end.
    pub async fn initial_search(
        &self,
        mailbox: MailboxId,
        key: &ItemKey,
    ) -> Result<Vec<Card>, Error> {
        collect(self.stream_cards(mailbox, key).await?).await
    }

    /// [`Engine::stream_composing`] to its end.
    pub async fn search_composing(
        &self,
        mailbox: MailboxId,
        people: &[(Field, Address)],
    ) -> Result<Vec<Card>, Error> {
        collect(self.stream_composing(mailbox, people).await?).await
    }

    fn look(
        &self,
        open: Open,
        people: Vec<Participant>,
        event: bool,
        saved: Option<SavedAs>,
    ) -> Cards {
        let (out, cards) = mpsc::channel(WAITING);
        let mut looking = Looking {
            engine: self.clone(),
            open,
            people,
            event,
            saved,
            out,
            shown: HashMap::new(),
        };
        // Ends by itself when nobody listens any more: sending fails.
        tokio::spawn(async move {
            if let Err(error) = looking.run().await {
                let _ = looking.out.send(Err(error)).await;
            }
        });
        cards
    }
}

/// All cards; one that was sent again stands once, as it was sent last.
async fn collect(mut cards: Cards) -> Result<Vec<Card>, Error> {
    let mut all: Vec<Card> = Vec::new();
    while let Some(card) = cards.recv().await {
        let card = card?;
        let same = all.iter_mut().find(|one| match (&**one, &card) {
            (Card::Found { party: old, .. }, Card::Found { party: new, .. }) => {
                old.record == new.record
            }
            _ => false,
        });
        match same {
            Some(old) => *old = card,
            None => all.push(card),
        }
    }
    Ok(all)
}

impl Looking {
    async fn run(&mut self) -> Result<(), Error> {
        let mut external: Vec<Participant> = self.people.clone();
        external.retain(|person| person.standing == Place::External);
        let beyond = external.len().saturating_sub(MOST_LOOKED_UP);
        external.truncate(MOST_LOOKED_UP);
        let keys = looked_up(&external);
        if !keys.is_empty() {
            self.open.transfer.meet(keys).await?;
        }
        let hits = self.open.transfer.behind(&external);
        self.found(&external, &hits).await;
        let unclear = self.linked().await?;
        for person in &external {
            let key = person.key.as_deref();
            if !key.is_some_and(|key| is_known(key, &hits)) {
                let card = Card::Unknown(UnknownPerson {
                    who: self.who(person),
                    creatable: self.creatable(),
                });
                self.send(card).await;
            }
        }
        if beyond > 0 {
            self.send(Card::NotLookedUp(beyond)).await;
        }
        if external.is_empty() && self.shown.is_empty() {
            let card = Card::Notice(self.why_nothing());
            self.send(card).await;
        }
        unclear.map_or(Ok(()), Err)
    }

    /// The parties behind the addresses.
    async fn found(&mut self, external: &[Participant], hits: &[PartyHit]) {
        let targets = self.saved.as_ref().map(|saved| saved.targets.clone());
        let targets = targets.unwrap_or_default();
        let hidden = self.open.transfer.settings().sidebar.hide.clone();
        let shown = rank(external, hits)
            .into_iter()
            .filter(|hit| !hidden.contains(&hit.record.kind))
            .collect::<Vec<_>>();
        for hit in pinned_first(&shown) {
            let mut of_hit = external
                .iter()
                .filter(|person| person.key.as_ref() == Some(&hit.address));
            let who = of_hit.next().map(|person| self.who(person));
            let linked = targets.iter().any(|target| target.record == hit.record);
            self.show(hit.clone(), who, linked).await;
        }
    }

    /// The records that the saved item is linked with, by our own note and by the CRM's word (SRCH-08). Answers
    /// what went wrong with asking the CRM: then our own note is shown.
    async fn linked(&mut self) -> Result<Option<Error>, Error> {
        let Some(saved) = self.saved.take() else {
            return Ok(None);
        };
        let (standing, unclear) = match self.open.transfer.links_of(&saved.record).await {
            Ok(hits) => (hits, None),
            Err(error) => {
                let noted = saved
                    .targets
                    .into_iter()
                    .map(|LinkTarget { record, .. }| record);
                let unclear = (!cannot_be_asked(&error)).then_some(error);
                (noted.map(PartyHit::bare).collect(), unclear)
            }
        };
        let mut new = Vec::new();
        for hit in standing {
            match self.shown.get(&hit.record) {
                Some(Card::Found { linked: true, .. }) => {}
                Some(Card::Found { party, who, .. }) => {
                    let (party, who) = (PartyHit::clone(party), who.clone());
                    self.show(party, who, true).await;
                }
                _ => new.push(hit),
            }
        }
        let named = match self.named(new).await {
            Ok(named) => named,
            Err(error) => return Ok(Some(unclear.unwrap_or(error))),
        };
        for hit in named {
            self.show(hit, None, true).await;
        }
        Ok(unclear)
    }

    /// Records with what people know them by: from the directory, else from the CRM in one call. Those that are
    /// gone are left out.
    async fn named(&self, hits: Vec<PartyHit>) -> Result<Vec<PartyHit>, Error> {
        let (store, tenant) = (&self.engine.parts.store, &self.open.row.tenant);
        let pins = store.pins(self.open.row.id).await?;
        let mut known: HashMap<RecordRef, (String, String)> = HashMap::new();
        for kind in PARTY_KINDS {
            let of_kind = hits.iter().map(|hit| &hit.record);
            let of_kind: Vec<RecordRef> = of_kind
                .filter(|record| record.kind == kind)
                .cloned()
                .collect();
            if !of_kind.is_empty() {
                let parties = store.parties(tenant, kind, &of_kind).await?;
                let named = parties
                    .into_iter()
                    .map(|one| (one.record, (one.number, one.name)));
                known.extend(named);
            }
        }
        let strange: Vec<RecordRef> = hits
            .iter()
            .map(|hit| hit.record.clone())
            .filter(|record| !known.contains_key(record))
            .collect();
        if !strange.is_empty() {
            let read = self.open.transfer.crm().get(&strange).await?;
            for (record, found) in strange.into_iter().zip(read) {
                if let Some(found) = found {
                    known.insert(record, known_as(&found.value));
                }
            }
        }
        let named = hits.into_iter().filter_map(|mut hit| {
            (hit.number, hit.name) = known.remove(&hit.record)?;
            hit.pinned = pins.contains(&hit.record);
            Some(hit)
        });
        Ok(named.collect())
    }

    async fn show(&mut self, party: PartyHit, who: Option<Who>, linked: bool) {
        let rank = match self.shown.get(&party.record) {
            Some(Card::Found { rank, .. }) => *rank,
            _ => self.shown.len(),
        };
        let record = party.record.clone();
        let card = Card::Found {
            url: self.open.transfer.crm().link_for_people(&record),
            party: Box::new(party),
            who,
            linked,
            rank,
        };
        self.shown.insert(record, card.clone());
        self.send(card).await;
    }

    async fn send(&self, card: Card) {
        // Nobody listens any more: what is left is not worth a call, and ends soon.
        let _ = self.out.send(Ok(card)).await;
    }

    fn who(&self, person: &Participant) -> Who {
        Who {
            address: person.address.clone(),
            field: person.field,
            event: self.event,
        }
    }

    /// What "Not found" offers to create (SRCH-07), if it may be created at all (SB-05).
    fn creatable(&self) -> Vec<Kind> {
        let offered = &self.open.transfer.settings().sidebar.create;
        let kinds = [Kind::Contact, Kind::Lead].into_iter();
        kinds.filter(|kind| offered.contains(kind)).collect()
    }

    /// Why nobody was looked up (SRCH-09).
    fn why_nothing(&self) -> ReasonCode {
        let is = |place: Place| self.people.iter().any(|person| person.standing == place);
        if is(Place::BlockedByOrg) {
            ReasonCode::BlockedByOrg
        } else if is(Place::BlockedByUser) {
            ReasonCode::BlockedByUser
        } else if is(Place::Unusable) || self.people.is_empty() {
            ReasonCode::NoUsableAddress
        } else {
            ReasonCode::InternalOnly
        }
    }
}

/// Whether the record is gone, or simply is of a kind without links that could be asked for: nothing to report.
fn cannot_be_asked(error: &Error) -> bool {
    matches!(
        error,
        Error::Port(
            PortError::Gone { .. }
                | PortError::Broken {
                    source_kind: BrokenSource::Item,
                    ..
                }
        )
    )
}
