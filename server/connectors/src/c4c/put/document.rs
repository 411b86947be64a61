//! New opportunities and tickets: `OpportunityCollection`, `ServiceRequestCollection`. Both keep what they are linked
//! with in the header, opportunities by number only.
//!
//! <https://help.sap.com/docs/SAP_CLOUD_FOR_CUSTOMER>, OData service `c4codataapi`.

use ssi_domain::{
    Kind, Record,
    port::{PartyRole, PortError, RecordParty},
    transform::truncate,
};

use super::{create::Place, payload::Fields};
use crate::c4c::mirror::{
    set::{Header, both},
    write::refused,
};

/// Longest name of both, in characters.
const LONGEST_NAME: usize = 255;
/// The processing type of an opportunity; the service takes none without.
const OPPORTUNITY_TYPE: &str = "OPPT";

/// Where the parties of a document stand in its header.
struct Parties {
    account: Header,
    contact: Header,
    owner: Header,
}

const fn by_number(number: &'static str) -> Header {
    Header {
        number: Some(number),
        uuid: None,
    }
}

const OPPORTUNITY: Parties = Parties {
    account: by_number("ProspectPartyID"),
    contact: by_number("PrimaryContactPartyID"),
    owner: by_number("MainEmployeeResponsiblePartyID"),
};

const TICKET: Parties = Parties {
    account: both("BuyerPartyID", "BuyerPartyUUID"),
    contact: both("BuyerMainContactPartyID", "BuyerMainContactPartyUUID"),
    owner: both("ProcessorPartyID", "ProcessorPartyUUID"),
};

/// Where records of the kind go; `None` for kinds that are not such documents.
pub(super) fn place(kind: Kind) -> Option<Place> {
    let (set, attachments) = match kind {
        Kind::Opportunity => ("OpportunityCollection", "OpportunityAttachmentFolder"),
        Kind::Ticket => ("ServiceRequestCollection", "ServiceRequestAttachmentFolder"),
        _ => return None,
    };
    Some(Place {
        kind,
        set,
        attachments,
        mirror: None,
    })
}

/// A document as one insert.
///
/// # Errors
/// `Refused` without a subject (SB-07), and for an opportunity without the account it is about.
pub(super) fn fields(
    kind: Kind,
    record: &Record,
    parties: &[RecordParty],
) -> Result<Fields, PortError> {
    let mut fields = Fields::new();
    let name = truncate(record.text("subject").trim(), LONGEST_NAME);
    if name.is_empty() {
        return Err(refused("subject", format!("a {kind} needs a subject")));
    }
    fields.insert("Name".into(), name.into());
    let places = if kind == Kind::Opportunity {
        fields.insert("ProcessingTypeCode".into(), OPPORTUNITY_TYPE.into());
        OPPORTUNITY
    } else {
        TICKET
    };
    for party in parties {
        let Some(hit) = &party.party else { continue };
        let place = match (party.role, hit.record.kind) {
            (PartyRole::Owner, _) => places.owner,
            (PartyRole::Linked, Kind::Account | Kind::IndividualCustomer) => places.account,
            (PartyRole::Linked, Kind::Contact) => places.contact,
            _ => continue,
        };
        if !place.is_taken(&fields) {
            place.refer(&mut fields, hit);
        }
    }
    if kind == Kind::Opportunity && !fields.contains_key("ProspectPartyID") {
        let why = "an opportunity needs an account or a customer";
        return Err(refused("links", why.into()));
    }
    Ok(fields)
}
