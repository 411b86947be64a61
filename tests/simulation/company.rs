//! Whom the CRM knows when a history begins.

use ssi_sandbox::{
    World,
    company::{NewParty, PartyKind, add_party},
};

use super::{
    Plot,
    letter::{BLOCKED, KNOWN},
};
use crate::given::{ANNA, BERND};

/// Anna and Bernd, and where there are mails those they write to.
pub(super) fn found(world: &World, plot: Plot) {
    let contact = PartyKind::Contact { account: None };
    let known = [
        (PartyKind::Employee, ANNA, "Anna Berger"),
        (PartyKind::Employee, BERND, "Bernd Vogel"),
        (contact.clone(), KNOWN, "Carla Kundin"),
        (contact, BLOCKED, "Eve Laut"),
    ];
    for (kind, address, name) in known.into_iter().take(if plot.mails { 4 } else { 2 }) {
        let party = NewParty {
            kind,
            address: address.into(),
            name: name.into(),
        };
        let now = world.now();
        add_party(&mut world.crm(), now, &party).expect("a party");
    }
}
