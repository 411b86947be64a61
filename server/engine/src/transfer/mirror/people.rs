//! Who takes part in an event, and as what they stand on its record (CAL-30 to CAL-34, CAL-40).

use ssi_domain::{
    Kind, RecordRef, SyncSettings, Trace,
    autolink::{link_for_route, link_ticked, rank},
    eligible::Route,
    mirror::is_private,
    participant::{Field, Participant, Standing, people},
    port::{Item, PartyHit, PartyRole, RecordParty},
};

use super::Hand;
use crate::transfer::{looked_up, parties::Parties};

/// The people of an event: organizer, required, optional, in this order (LNK-05). Of a task those whom its text
/// names (TSK-08): they are linked and take part in nothing.
#[derive(Debug, Default)]
pub(super) struct People {
    all: Vec<Participant>,
    /// Only named in a text.
    mentioned: bool,
}

impl People {
    /// Those whom a task's subject and body name, in the order of the text. Private ones are not read.
    pub(super) fn named_in(item: &Item, settings: &SyncSettings, own_address: &str) -> Self {
        if is_private(&item.record) {
            return Self::default();
        }
        Self {
            all: people(item, settings, own_address),
            mentioned: true,
        }
    }

    /// Those of an item; items of other kinds have none.
    pub(super) fn of(item: &Item, settings: &SyncSettings, own_address: &str) -> Self {
        if item.event.is_none() {
            return Self::default();
        }
        Self {
            all: people(item, settings, own_address),
            mentioned: false,
        }
    }

    /// Whether somebody from outside takes part whom nobody blocked (CAL-14).
    pub(super) fn outsiders(&self) -> bool {
        self.all
            .iter()
            .any(|person| person.standing == Standing::External)
    }

    /// The addresses to look up.
    pub(super) fn addresses(&self) -> Vec<String> {
        looked_up(&self.all)
    }

    /// Everybody, in the order of LNK-05.
    pub(super) fn all(&self) -> &[Participant] {
        &self.all
    }

    /// Whether anybody takes part.
    pub(super) fn any(&self) -> bool {
        !self.all.is_empty()
    }

    /// Whether a customer is among them (CAL-12).
    pub(super) fn known(&self, parties: &Parties) -> bool {
        let outside = self
            .all
            .iter()
            .filter(|person| person.standing == Standing::External)
            .filter_map(|person| person.key.as_deref());
        let customer = |hit: &PartyHit| {
            matches!(hit.record.kind, Kind::Contact | Kind::IndividualCustomer)
                && hit.found_by.is_own()
                && !hit.obsolete
        };
        parties.behind(outside).iter().any(customer)
    }

    /// How they stand on the record, and why it is linked as it is. `met` are linked in any case: they were
    /// made for this event.
    pub(super) fn parties(
        &self,
        parties: &Parties,
        owner: Option<&PartyHit>,
        hand: Option<&Hand>,
        met: &[RecordRef],
    ) -> (Vec<RecordParty>, Trace) {
        let mut standing = Vec::new();
        for person in self.all.iter().filter(|_| !self.mentioned) {
            let hits = parties.behind(person.key.as_deref());
            let role = match person.field {
                Field::From | Field::Sender => PartyRole::Organizer,
                _ => PartyRole::Attendee,
            };
            standing.push(RecordParty {
                role,
                address: person.address.clone(),
                party: who(person, &hits).cloned(),
                main: role == PartyRole::Organizer,
            });
        }
        if let Some(owner) = owner {
            standing.push(link(PartyRole::Owner, owner.clone(), true));
        }
        let (links, trace) = self.links(parties, hand, met);
        standing.extend(links);
        (standing, trace)
    }

    fn links(
        &self,
        parties: &Parties,
        hand: Option<&Hand>,
        met: &[RecordRef],
    ) -> (Vec<RecordParty>, Trace) {
        let keys = self.all.iter().filter_map(|person| person.key.as_deref());
        let hits = parties.behind(keys);
        let Some(hand) = hand else {
            // A session links one record by the same selector as for a mail that was asked for (LNK-03, LNK-04).
            let (best, trace) = link_for_route(Route::Category, &self.all, &hits);
            let others = met
                .iter()
                .filter(|record| best.is_none_or(|best| best.record != **record))
                .filter_map(|record| hits.iter().find(|hit| hit.record == *record));
            let links = best.into_iter().chain(others).cloned();
            let links = links.map(|hit| link(PartyRole::Linked, hit, true));
            return (links.collect(), trace);
        };
        // A click links all that are found; the list left ticked is final (LNK-01).
        let found = rank(&self.all, &hits);
        let (records, trace) = link_ticked(&found, hand.links.as_deref(), &hand.also);
        let links = records.into_iter().map(|record| {
            let known = hits.iter().find(|hit| hit.record == record);
            let main = hand.links.is_none() || matches!(record.kind, Kind::Contact | Kind::Account);
            let hit = known.cloned().unwrap_or_else(|| PartyHit::bare(record));
            link(PartyRole::Linked, hit, main)
        });
        (links.collect(), trace)
    }
}

/// Who a participant is: the first of the ranking, else a colleague, else whoever else has the address.
fn who<'a>(person: &Participant, hits: &'a [PartyHit]) -> Option<&'a PartyHit> {
    let direct = |hit: &&PartyHit| hit.found_by.is_own() && !hit.obsolete;
    let ranked = rank(std::slice::from_ref(person), hits);
    let first = ranked.into_iter().find(direct);
    first.or_else(|| {
        let mut others: Vec<&PartyHit> = hits.iter().filter(direct).collect();
        others.sort_by_key(|hit| (hit.record.kind != Kind::Employee, hit.record.clone()));
        others.into_iter().next()
    })
}

pub(in crate::transfer) fn link(role: PartyRole, hit: PartyHit, main: bool) -> RecordParty {
    RecordParty {
        role,
        address: ssi_domain::Address {
            name: String::new(),
            address: String::new(),
        },
        party: Some(hit),
        main,
    }
}
