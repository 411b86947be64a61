//! What the mapping tables do not say about the entity sets that are mirrored: where the key, the notes and
//! the parties live. Spellings as in the service's metadata; no two sets agree on them.

use ssi_domain::{Kind, RecordId, RecordRef, mapping::Row as Field, port::PortError};

use super::series;
use crate::c4c::put::Place;

/// The places of one sort of party in the header.
#[derive(Debug, Clone, Copy)]
pub(in crate::c4c) struct Header {
    /// Property that takes the business partner id.
    pub(in crate::c4c) number: Option<&'static str>,
    /// Property that takes the UUID.
    pub(in crate::c4c) uuid: Option<&'static str>,
}

/// Both ways to name a party.
pub(in crate::c4c) const fn both(number: &'static str, uuid: &'static str) -> Header {
    Header {
        number: Some(number),
        uuid: Some(uuid),
    }
}

const fn only_uuid(uuid: &'static str) -> Header {
    Header {
        number: None,
        uuid: Some(uuid),
    }
}

/// The child node that lists involved parties.
#[derive(Debug, Clone, Copy)]
pub(in crate::c4c) struct Parties {
    /// Its navigation.
    pub(in crate::c4c) node: &'static str,
    /// Writable address of somebody who is no business partner.
    pub(in crate::c4c) address: &'static str,
    /// Writable name of such a person.
    pub(in crate::c4c) name: &'static str,
}

/// One entity set whose rows are mirrored.
#[derive(Debug)]
pub(in crate::c4c) struct MirrorSet {
    pub(in crate::c4c) kind: Kind,
    /// The entity set.
    pub(in crate::c4c) name: &'static str,
    /// Property that carries the identity key, where there is one.
    pub(in crate::c4c) identity: Option<&'static str>,
    /// Whether notes have a type; those of business partners have none.
    pub(in crate::c4c) typed_notes: bool,
    pub(in crate::c4c) parties: Option<Parties>,
    /// Child node with the private address: one of its rows is mapped, and no other is touched (CON-40).
    pub(in crate::c4c) home: Option<&'static str>,
    /// Navigation to document references, and the property that says the role.
    pub(in crate::c4c) documents: Option<(&'static str, &'static str)>,
    /// Navigation to attachments, and their entity set.
    pub(in crate::c4c) attachments: (&'static str, &'static str),
    pub(in crate::c4c) owner: Header,
    pub(in crate::c4c) organizer: Option<Header>,
    /// Address and name of an organizer who is no business partner.
    pub(in crate::c4c) organizer_mail: Option<(&'static str, &'static str)>,
    pub(in crate::c4c) contact: Option<Header>,
    pub(in crate::c4c) account: Option<Header>,
    /// Employees a change concerns, by business partner id.
    pub(in crate::c4c) concerns: &'static [&'static str],
    /// The employee a change concerns, by UUID. Owners of business partners are numbered as employees, which is
    /// another number.
    pub(in crate::c4c) concerns_uuid: Option<&'static str>,
    /// The zone of the end; the tables name the zone of the start, and both are the same in a mailbox.
    pub(in crate::c4c) end_zone: Option<&'static str>,
    /// The zone in which days were meant that stand there as points in time.
    pub(in crate::c4c) day_zone: Option<&'static str>,
    /// Change date of tenants without `EntityLastChangedOn` (before release 1911).
    pub(in crate::c4c) older_change_date: &'static str,
    /// Life cycle property set to obsolete in place of a deletion, which the service does not offer.
    pub(in crate::c4c) obsolete: Option<&'static str>,
    /// Whether rows can belong to a series.
    pub(in crate::c4c) has_occurrences: bool,
}

/// What most sets have in common, and nothing a set has of its own.
const PLAIN: MirrorSet = MirrorSet {
    kind: Kind::Appointment,
    name: "",
    identity: Some("GroupwareItemID"),
    typed_notes: true,
    parties: None,
    home: None,
    documents: None,
    attachments: ("", ""),
    owner: both("OwnerPartyID", "Owner"),
    organizer: None,
    organizer_mail: None,
    contact: Some(both("MainContactPartyID", "PrimaryContact")),
    account: Some(both("MainAccountPartyID", "Account")),
    concerns: &["OrganizerPartyID", "OwnerPartyID"],
    concerns_uuid: None,
    end_zone: None,
    day_zone: None,
    older_change_date: "LastChangeDateTime",
    obsolete: None,
    has_occurrences: false,
};

const PARTNER: MirrorSet = MirrorSet {
    identity: None,
    typed_notes: false,
    contact: None,
    account: None,
    owner: only_uuid("OwnerUUID"),
    concerns: &[],
    concerns_uuid: Some("OwnerUUID"),
    older_change_date: "ChangedOn",
    obsolete: Some("LifeCycleStatusCode"),
    ..PLAIN
};

/// Where series of appointments and visits live.
pub(in crate::c4c) static SERIES: MirrorSet = MirrorSet {
    name: "RecurringActivityCollection",
    parties: Some(Parties {
        node: "RecurringActivityParty",
        address: "PartyEmailURI",
        name: "PartyName",
    }),
    attachments: (
        "RecurringActivityAttachmentFolder",
        "RecurringActivityAttachmentFolderCollection",
    ),
    owner: both("OwnerPartyID", "OwnerUUID"),
    organizer: Some(both("OrganizerPartyID", "OrganizerUUID")),
    organizer_mail: Some(("OrganizerEmailURI", "OrganizerName")),
    ..PLAIN
};

static SETS: [MirrorSet; 7] = [
    MirrorSet {
        kind: Kind::Appointment,
        name: "AppointmentCollection",
        parties: Some(Parties {
            node: "AppointmentInvolvedParties",
            address: "PartyEmailURI",
            name: "PartyName",
        }),
        documents: Some(("AppointmentBTDReference", "BTDRoleCode")),
        attachments: (
            "AppointmentAttachmentFolder",
            "AppointmentAttachmentFolderCollection",
        ),
        organizer: Some(both("OrganizerPartyID", "OrganizerUUID")),
        organizer_mail: Some(("OrganizerEmailURI", "OrganizerPartyName")),
        end_zone: Some("EnddatetimeZoneCode"),
        has_occurrences: true,
        ..PLAIN
    },
    MirrorSet {
        kind: Kind::Visit,
        name: "VisitCollection",
        parties: Some(Parties {
            node: "VisitParty",
            address: "Email",
            name: "PartyName",
        }),
        documents: Some(("VisitBTDReference", "BTDRoleCode")),
        attachments: ("VisitAttachment", "VisitAttachmentCollection"),
        organizer: Some(both("OrganizerPartyID", "Organizer")),
        organizer_mail: Some(("OrganizerEmailURI", "OrganizerPartyName")),
        contact: Some(both("MainContactPartyID", "PrimaryContactUUID")),
        end_zone: Some("EndTimeZoneCode"),
        has_occurrences: true,
        ..PLAIN
    },
    MirrorSet {
        kind: Kind::PhoneCall,
        name: "PhoneCallCollection",
        parties: Some(Parties {
            node: "PhoneCallParties",
            address: "PartyEmailURI",
            name: "PartyName",
        }),
        documents: Some(("PhoneCallBTDReference", "BTDRoleCode")),
        attachments: (
            "PhoneCallAttachmentFolder",
            "PhoneCallAttachmentFolderCollection",
        ),
        owner: both("OwnerPartyID", "OwnerUUID"),
        organizer: Some(Header {
            number: Some("OrganizerPartyID"),
            uuid: None,
        }),
        end_zone: Some("EndDatetimeZoneCode"),
        ..PLAIN
    },
    MirrorSet {
        kind: Kind::Task,
        name: "TasksCollection",
        identity: None,
        parties: Some(Parties {
            node: "TasksInvolvedParties",
            address: "PartyEmailURI",
            name: "Party",
        }),
        documents: Some(("TasksBTDReference", "BTDRoleCode")),
        attachments: ("TasksAttachmentFolder", "TasksAttachmentFolderCollection"),
        owner: both("MainEmployeeResponsiblePartyID", "OwnerUUID"),
        contact: Some(both("MainContactPartyID", "PrimaryContactUUID")),
        account: Some(both("MainAccountPartyID", "AccountUUID")),
        concerns: &["MainEmployeeResponsiblePartyID", "ProcessorPartyID"],
        day_zone: Some("StartDatetimeZoneCode"),
        ..PLAIN
    },
    MirrorSet {
        kind: Kind::Contact,
        name: "ContactCollection",
        home: Some("ContactPersonalAddress"),
        attachments: (
            "ContactAttachmentFolder",
            "ContactAttachmentFolderCollection",
        ),
        owner: only_uuid("ContactOwnerUUID"),
        account: Some(both("AccountID", "AccountUUID")),
        concerns_uuid: Some("ContactOwnerUUID"),
        obsolete: Some("StatusCode"),
        ..PARTNER
    },
    MirrorSet {
        kind: Kind::Account,
        name: "CorporateAccountCollection",
        attachments: (
            "CorporateAccountAttachmentFolder",
            "CorporateAccountAttachmentFolderCollection",
        ),
        ..PARTNER
    },
    MirrorSet {
        kind: Kind::IndividualCustomer,
        name: "IndividualCustomerCollection",
        attachments: (
            "IndividualCustomerAttachmentFolder",
            "IndividualCustomerAttachmentFolderCollection",
        ),
        ..PARTNER
    },
];

/// The set of a mirrored kind.
pub(in crate::c4c) fn of(kind: Kind) -> Option<&'static MirrorSet> {
    SETS.iter().find(|set| set.kind == kind)
}

/// Sets that are read for the directory only.
static READ: [MirrorSet; 2] = [
    MirrorSet {
        kind: Kind::Lead,
        name: "LeadCollection",
        concerns_uuid: None,
        older_change_date: "LastChangeDateTime",
        obsolete: None,
        ..PARTNER
    },
    MirrorSet {
        kind: Kind::Employee,
        name: "EmployeeCollection",
        concerns_uuid: None,
        obsolete: None,
        ..PARTNER
    },
];

/// The set of a kind whose changes can be read, mirrored or not.
pub(in crate::c4c) fn fed(kind: Kind) -> Option<&'static MirrorSet> {
    of(kind).or_else(|| READ.iter().find(|set| set.kind == kind))
}

/// Marks ids of series, so that one id names both the set and the row. Nobody outside the connector looks
/// inside.
pub(in crate::c4c) const SERIES_MARK: &str = "series:";

/// One row of a mirrored set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::c4c) struct Target {
    pub(in crate::c4c) kind: Kind,
    /// The row's key.
    pub(in crate::c4c) key: String,
    pub(in crate::c4c) is_series: bool,
}

impl Target {
    /// The row behind a record; `None` for kinds that are not mirrored.
    pub(in crate::c4c) fn of(record: &RecordRef) -> Option<Self> {
        of(record.kind)?;
        let id = record.id.as_str();
        let series = id.strip_prefix(SERIES_MARK);
        Some(Self {
            kind: record.kind,
            key: series.unwrap_or(id).to_owned(),
            is_series: series.is_some(),
        })
    }

    pub(in crate::c4c) fn set(&self) -> &'static MirrorSet {
        if self.is_series {
            return &SERIES;
        }
        of(self.kind).expect("targets are made of mirrored kinds only")
    }
}

/// The record behind a row.
pub(in crate::c4c) fn record_ref(kind: Kind, set: &MirrorSet, key: &str) -> RecordRef {
    let id = if set.is_series() {
        format!("{SERIES_MARK}{key}")
    } else {
        key.to_owned()
    };
    RecordRef {
        kind,
        id: RecordId::new(id),
    }
}

/// What is asked of a kind that is not mirrored.
pub(in crate::c4c) fn not_mirrored(kind: Kind) -> PortError {
    PortError::item(format!("records of the kind {kind} are not mirrored"))
}

impl MirrorSet {
    pub(in crate::c4c) fn is_series(&self) -> bool {
        std::ptr::eq(self, &raw const SERIES)
    }

    /// Where a field of the table lives in this set.
    pub(in crate::c4c) fn place<'a>(&self, field: &'a Field) -> Option<Place<'a>> {
        if self.is_series() {
            return series::place(field);
        }
        // Single records have no rule; the path in the table stands for the series' properties.
        if field.name == "recurrence" {
            return None;
        }
        Place::of(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_series_name_their_set() {
        let record = record_ref(Kind::Visit, &SERIES, "AB");
        let target = Target::of(&record).unwrap();
        assert!(target.is_series && target.key == "AB");
        assert_eq!(target.set().name, "RecurringActivityCollection");
        let single = record_ref(Kind::Visit, of(Kind::Visit).unwrap(), "AB");
        assert_eq!(Target::of(&single).unwrap().set().name, "VisitCollection");
        assert!(
            Target::of(&RecordRef {
                kind: Kind::Lead,
                ..single
            })
            .is_none()
        );
    }
}
