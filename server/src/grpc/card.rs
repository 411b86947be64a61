//! Cards of the initial search as messages.

use ssi_domain::{ReasonCode, participant::Field};
use ssi_engine::{Card, UnknownPerson, Who};
use ssi_proto::v1::{self, card::Content};

use super::convert::{kind, party};

/// What every notice about the item as a whole says (SRCH-09); its code says why.
const NOTHING: &str = "Nothing to save in SAP Cloud for Customer";
/// Code of the notice about addresses that were not looked up (INV-15).
const NOT_LOOKED_UP: &str = "not_looked_up";

/// A card.
pub fn card(card: Card) -> v1::Card {
    let content = match card {
        Card::Found {
            party: hit,
            who,
            linked,
            url,
            rank,
        } => Content::Party(v1::PartyCard {
            participant: who.map(participant),
            pinned: hit.pinned,
            record: Some(party(*hit, url)),
            ticked: true,
            rank: i32::try_from(rank).unwrap_or(i32::MAX),
            linked,
        }),
        Card::Unknown(UnknownPerson { who, creatable }) => Content::NotFound(v1::NotFoundCard {
            participant: Some(participant(who)),
            creatable_kinds: creatable.into_iter().map(|one| kind(one).into()).collect(),
        }),
        Card::Notice(code) => Content::Notice(notice(code)),
        Card::NotLookedUp(count) => Content::Notice(v1::NoticeCard {
            code: NOT_LOOKED_UP.to_owned(),
            message: format!("{count} more addresses were not looked up"),
            count: i32::try_from(count).unwrap_or(i32::MAX),
        }),
    };
    v1::Card {
        content: Some(content),
    }
}

fn notice(code: ReasonCode) -> v1::NoticeCard {
    v1::NoticeCard {
        code: code.as_str().to_owned(),
        message: NOTHING.to_owned(),
        count: 0,
    }
}

fn participant(who: Who) -> v1::Participant {
    use v1::ParticipantRole as Role;
    let role = match (who.field, who.event) {
        (Field::From | Field::Sender, false) => Role::From,
        (Field::To, false) => Role::To,
        (Field::Cc, false) => Role::Cc,
        (Field::From | Field::Sender, true) => Role::Organizer,
        (Field::To, true) => Role::Required,
        (Field::Cc, true) => Role::Optional,
        (Field::Bcc, _) => Role::Bcc,
    };
    v1::Participant {
        address: who.address.address,
        display_name: who.address.name,
        role: role.into(),
    }
}
