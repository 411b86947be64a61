//! Who takes part in an event, and as what they stand on its record (CAL-30 to CAL-34, CAL-40).

use ssi_domain::{
    Kind, Record, SyncSettings, Value,
    autolink::rank,
    participant::{Field, Participant, Standing, participants},
    port::{Item, PartyHit, PartyRole, RecordParty},
};

use super::Hand;
use crate::transfer::{MOST_LOOKED_UP, parties::Parties};

/// The people of an event: organizer, required, optional, in this order (LNK-05).
#[derive(Debug, Default)]
pub(super) struct People {
    all: Vec<Participant>,
}

impl People {
    /// Those of an item; items of other kinds have none.
    pub(super) fn of(item: &Item, settings: &SyncSettings, own_address: &str) -> Self {
        if item.event.is_none() {
            return Self::default();
        }
        // The rules for the people of a mail hold, with organizer, required and optional in the places of
        // author, recipients and copied ones (CAL-12).
        let people = |fields: &[&str]| {
            let all = fields.iter().flat_map(|field| item.record.addresses(field));
            Value::List(all.cloned().map(Value::Address).collect())
        };
        let record = Record::new()
            .with("from", people(&["organizer"]))
            .with("to", people(&["required"]))
            .with("cc", people(&["optional"]));
        Self {
            all: participants(&record, settings, own_address),
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
        let keys = self.all.iter().filter_map(|person| person.key.clone());
        keys.take(MOST_LOOKED_UP).collect()
    }

    /// Whether a customer is among them (CAL-12).
    pub(super) fn known(&self, parties: &Parties) -> bool {
        let outside = self
            .all
            .iter()
            .filter(|person| person.standing == Standing::External)
            .filter_map(|person| person.key.as_deref());
        parties
            .behind(outside)
            .iter()
            .any(|hit| matches!(hit.record.kind, Kind::Contact | Kind::IndividualCustomer))
    }

    /// How they stand on the record.
    pub(super) fn parties(
        &self,
        parties: &Parties,
        owner: Option<&PartyHit>,
        hand: Option<&Hand>,
    ) -> Vec<RecordParty> {
        let mut standing = Vec::new();
        for person in &self.all {
            let hits = parties.behind(person.key.as_deref());
            let role = match person.field {
                Field::From | Field::Sender => PartyRole::Organizer,
                _ => PartyRole::Attendee,
            };
            standing.push(RecordParty {
                role,
                address: person.address.clone(),
                party: best(&hits).cloned(),
                main: role == PartyRole::Organizer,
            });
        }
        if let Some(owner) = owner {
            standing.push(link(PartyRole::Owner, owner.clone(), true));
        }
        standing.extend(self.links(parties, hand));
        standing
    }

    fn links(&self, parties: &Parties, hand: Option<&Hand>) -> Vec<RecordParty> {
        let keys = self.all.iter().filter_map(|person| person.key.as_deref());
        let hits = parties.behind(keys);
        let ranked = rank(&self.all, &hits);
        match hand.and_then(|hand| hand.links.as_ref()) {
            // The list left ticked is final (LNK-01).
            Some(chosen) => chosen
                .iter()
                .map(|record| {
                    let known = hits.iter().find(|hit| hit.record == *record);
                    let hit = known
                        .cloned()
                        .unwrap_or_else(|| PartyHit::bare(record.clone()));
                    let main = matches!(record.kind, Kind::Contact | Kind::Account);
                    link(PartyRole::Linked, hit, main)
                })
                .collect(),
            // A click links all that are found, a session one (LNK-01, LNK-03).
            None => ranked
                .into_iter()
                .take(if hand.is_some() { usize::MAX } else { 1 })
                .map(|hit| link(PartyRole::Linked, hit.clone(), true))
                .collect(),
        }
    }
}

/// Records chosen by hand, as links.
pub(super) fn chosen(records: &[ssi_domain::RecordRef]) -> Vec<RecordParty> {
    records
        .iter()
        .map(|record| link(PartyRole::Linked, PartyHit::bare(record.clone()), false))
        .collect()
}

fn best(hits: &[PartyHit]) -> Option<&PartyHit> {
    hits.iter().find(|hit| !hit.obsolete)
}

fn link(role: PartyRole, hit: PartyHit, main: bool) -> RecordParty {
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
