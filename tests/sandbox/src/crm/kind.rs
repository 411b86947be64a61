//! The kinds of records people know, and where each keeps its nodes.

use serde::Serialize;

use super::schema::{EntitySet, Schema};

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `EMailCollection`.
    Email,
    /// `AppointmentCollection`.
    Appointment,
    /// `VisitCollection`.
    Visit,
    /// `PhoneCallCollection`.
    PhoneCall,
    /// `RecurringActivityCollection`: a series of appointments or visits.
    Series,
    /// `TasksCollection`.
    Task,
    /// `ContactCollection`.
    Contact,
    /// `CorporateAccountCollection`.
    Account,
    /// `IndividualCustomerCollection`.
    IndividualCustomer,
}

/// Where a kind keeps what.
#[derive(Debug)]
pub(super) struct Layout {
    kind: Kind,
    pub(super) set: &'static str,
    /// The property a person reads as the title.
    pub(super) title: &'static str,
    pub(super) parties: Option<Parties>,
    /// The set of its notes; every one has `Text`.
    pub(super) notes: &'static str,
    pub(super) files: &'static str,
    /// The set of references to other documents.
    pub(super) documents: Option<&'static str>,
    /// The property that says where it stands in its life.
    pub(super) status: &'static str,
}

/// The node of involved parties.
#[derive(Debug)]
pub(super) struct Parties {
    pub(super) set: &'static str,
    /// The writable address of somebody who is no partner.
    pub(super) address: &'static str,
    /// The writable name of such a person.
    pub(super) name: &'static str,
    /// The address the service shows of a partner; the same as `address` where there is only one.
    pub(super) shown_address: &'static str,
    /// The name the service shows of a partner.
    pub(super) shown_name: &'static str,
}

const LAYOUTS: [Layout; 9] = [
    Layout {
        kind: Kind::Email,
        set: "EMailCollection",
        title: "Subject",
        parties: Some(Parties {
            set: "EMailInvolvedPartiesCollection",
            address: "",
            name: "",
            shown_address: "",
            shown_name: "",
        }),
        notes: "EMailNotesCollection",
        files: "EMailAttachmentsCollection",
        documents: Some("EMailBTDReferenceCollection"),
        status: "Status",
    },
    Layout {
        kind: Kind::Appointment,
        set: "AppointmentCollection",
        title: "Subject",
        parties: Some(Parties {
            set: "AppointmentInvolvedPartiesCollection",
            address: "PartyEmailURI",
            name: "PartyName",
            shown_address: "EMail",
            shown_name: "Name",
        }),
        notes: "AppointmentTextCollectionCollection",
        files: "AppointmentAttachmentFolderCollection",
        documents: Some("AppointmentBTDReferenceCollection"),
        status: "LifeCycleStatusCode",
    },
    Layout {
        kind: Kind::Visit,
        set: "VisitCollection",
        title: "Subject",
        parties: Some(Parties {
            set: "VisitPartyCollection",
            address: "Email",
            name: "PartyName",
            shown_address: "Email",
            shown_name: "PartyName",
        }),
        notes: "VisitTextCollectionCollection",
        files: "VisitAttachmentCollection",
        documents: Some("VisitBTDReferenceCollection"),
        status: "Status",
    },
    Layout {
        kind: Kind::PhoneCall,
        set: "PhoneCallCollection",
        title: "Subject",
        parties: Some(Parties {
            set: "PhoneCallPartiesCollection",
            address: "PartyEmailURI",
            name: "PartyName",
            shown_address: "Email",
            shown_name: "Name",
        }),
        notes: "PhoneCallNotesCollection",
        files: "PhoneCallAttachmentFolderCollection",
        documents: Some("PhoneCallBTDReferenceCollection"),
        status: "Status",
    },
    Layout {
        kind: Kind::Series,
        set: "RecurringActivityCollection",
        title: "SubjectName",
        parties: Some(Parties {
            set: "RecurringActivityPartyCollection",
            address: "PartyEmailURI",
            name: "PartyName",
            shown_address: "EMail",
            shown_name: "Name",
        }),
        notes: "RecurringActivityTextCollection",
        files: "RecurringActivityAttachmentFolderCollection",
        documents: None,
        status: "LifeCycleStatusCode",
    },
    Layout {
        kind: Kind::Task,
        set: "TasksCollection",
        title: "Subject",
        parties: Some(Parties {
            set: "TasksInvolvedPartiesCollection",
            address: "PartyEmailURI",
            name: "Party",
            shown_address: "EMail",
            shown_name: "PartyName",
        }),
        notes: "TasksTextCollectionCollection",
        files: "TasksAttachmentFolderCollection",
        documents: Some("TasksBTDReferenceCollection"),
        status: "Status",
    },
    Layout {
        kind: Kind::Contact,
        set: "ContactCollection",
        title: "Name",
        parties: None,
        notes: "ContactTextCollectionCollection",
        files: "ContactAttachmentFolderCollection",
        documents: None,
        status: "StatusCode",
    },
    Layout {
        kind: Kind::Account,
        set: "CorporateAccountCollection",
        title: "Name",
        parties: None,
        notes: "CorporateAccountTextCollectionCollection",
        files: "CorporateAccountAttachmentFolderCollection",
        documents: None,
        status: "LifeCycleStatusCode",
    },
    Layout {
        kind: Kind::IndividualCustomer,
        set: "IndividualCustomerCollection",
        title: "FormattedName",
        parties: None,
        notes: "IndividualCustomerTextCollectionCollection",
        files: "IndividualCustomerAttachmentFolderCollection",
        documents: None,
        status: "LifeCycleStatusCode",
    },
];

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Email,
        Self::Appointment,
        Self::Visit,
        Self::PhoneCall,
        Self::Series,
        Self::Task,
        Self::Contact,
        Self::Account,
        Self::IndividualCustomer,
    ];

    /// The kind with this name, as in `phone_call`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| serde_json::to_value(kind).is_ok_and(|known| known == name))
    }

    /// The entity set of its headers.
    #[must_use]
    pub fn set(self) -> &'static EntitySet {
        set(self.layout().set)
    }

    pub(super) fn layout(self) -> &'static Layout {
        LAYOUTS
            .iter()
            .find(|layout| layout.kind == self)
            .unwrap_or(&LAYOUTS[0])
    }
}

/// A set of the schema by a name that stands in this program.
pub(super) fn set(name: &str) -> &'static EntitySet {
    let schema = Schema::standard();
    schema.set(name).unwrap_or(&schema.sets[0])
}

#[cfg(test)]
mod tests {
    use super::Kind;
    use crate::crm::Schema;

    #[test]
    fn every_kind_has_a_layout_that_names_what_exists() {
        let schema = Schema::standard();
        for kind in Kind::ALL {
            let layout = kind.layout();
            assert_eq!(layout.kind, kind);
            let set = schema.set(layout.set).expect(layout.set);
            for property in [layout.title, layout.status] {
                assert!(set.position(property).is_some(), "{kind:?} {property}");
            }
            let parties = layout.parties.as_ref().map(|parties| parties.set);
            let nodes = [
                Some(layout.notes),
                Some(layout.files),
                layout.documents,
                parties,
            ];
            for node in nodes.into_iter().flatten() {
                let node = schema.set(node).expect(node);
                assert_eq!(node.parent, Some(layout.set));
            }
            if let Some(parties) = layout.parties.as_ref().filter(|p| !p.address.is_empty()) {
                let node = schema.set(parties.set).expect(parties.set);
                let names = [
                    parties.address,
                    parties.name,
                    parties.shown_address,
                    parties.shown_name,
                ];
                for name in names {
                    assert!(node.position(name).is_some(), "{kind:?} {name}");
                }
            }
            assert_eq!(Kind::named(&kind_name(kind)), Some(kind));
        }
        assert_eq!(Kind::named("lead"), None);
    }

    fn kind_name(kind: Kind) -> String {
        let json = serde_json::to_value(kind).expect("a name");
        json.as_str().expect("a text").to_owned()
    }
}
