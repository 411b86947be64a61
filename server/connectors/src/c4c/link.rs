//! Where a record keeps what it is linked with: the main contact and account in its header, all others in child
//! nodes.

use serde_json::json;
use ssi_domain::{
    Kind, RecordRef,
    port::{PartyHit, PortError},
};

use super::{
    config::Codes,
    find::EMAILS,
    mirror::set::{Header, MirrorSet, Target, both},
    odata::literal::{bare, uuid_of},
    put::{Fields, object},
};

/// Whether the involved parties of a record are all links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Roles {
    /// Whoever takes part is a link.
    All,
    /// Organizer, attendees and owner take part as well; links have the roles of contacts and accounts.
    OfLinks,
}

/// The places of links in one entity set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Linkable {
    pub(super) kind: Kind,
    /// The entity set.
    pub(super) set: &'static str,
    pub(super) contact: Option<Header>,
    pub(super) account: Option<Header>,
    /// Navigation to involved parties.
    pub(super) parties: Option<&'static str>,
    pub(super) roles: Roles,
    /// Navigation to document references, and the property that says the role.
    pub(super) documents: Option<(&'static str, &'static str)>,
}

/// How involved parties name a business partner.
pub(super) const PARTY: Header = both("PartyID", "PartyUUID");

impl Linkable {
    pub(super) const EMAIL: Self = Self {
        kind: Kind::Email,
        set: EMAILS,
        contact: Some(both("MainContactPartyID", "PrimaryContact")),
        account: Some(both("MainAccountPartyID", "Account")),
        parties: Some("EMailInvolvedParties"),
        roles: Roles::All,
        documents: Some(("EMailBTDReference", "RoleCode")),
    };

    pub(super) fn of_set(set: &MirrorSet) -> Self {
        Self {
            kind: set.kind,
            set: set.name,
            contact: set.contact,
            account: set.account,
            parties: set.parties.map(|parties| parties.node),
            roles: Roles::OfLinks,
            documents: set.documents,
        }
    }

    /// The places of a record's links and its key; `None` for kinds that are only linked to.
    pub(super) fn of(record: &RecordRef) -> Option<(Self, String)> {
        if record.kind == Kind::Email {
            return Some((Self::EMAIL, record.id.as_str().to_owned()));
        }
        let target = Target::of(record)?;
        Some((Self::of_set(target.set()), target.key))
    }

    /// The child nodes links are stored in.
    pub(super) fn nodes(&self) -> Vec<&'static str> {
        let documents = self.documents.map(|(node, _)| node);
        self.parties.into_iter().chain(documents).collect()
    }

    /// The header's place for the main link of a kind.
    pub(super) fn slot(&self, kind: Kind) -> Option<Header> {
        match kind {
            Kind::Contact => self.contact,
            Kind::Account | Kind::IndividualCustomer => self.account,
            _ => None,
        }
    }

    /// The child node and the row that link a record.
    ///
    /// # Errors
    /// `Refused` when records of these two kinds cannot be linked.
    pub(super) fn row(
        &self,
        codes: &Codes,
        hit: &PartyHit,
    ) -> Result<(&'static str, Fields), PortError> {
        let kind = hit.record.kind;
        let refused = |why: String| PortError::Refused {
            field: Some("links".into()),
            why,
        };
        let cannot = || refused(format!("a {} cannot be linked with a {kind}", self.kind));
        if let Some(code) = codes.document(kind) {
            let (node, role) = self.documents.ok_or_else(cannot)?;
            if hit.number.is_empty() {
                let why = format!("the {kind} to link is not in the CRM or cannot be read");
                return Err(refused(why));
            }
            let row = json!({"ID": hit.number, "TypeCode": code, role: codes.document_role});
            return Ok((node, object(row)));
        }
        let role = match kind {
            Kind::Contact => &codes.contact_role,
            Kind::Account | Kind::IndividualCustomer => &codes.account_role,
            _ => return Err(cannot()),
        };
        let node = self.parties.ok_or_else(cannot)?;
        let mut row = object(json!({"RoleCode": role}));
        PARTY.refer(&mut row, hit);
        Ok((node, row))
    }
}

impl Header {
    /// Names a party by number and by UUID, as far as they are known; both mean the same record.
    pub(super) fn refer(self, fields: &mut Fields, hit: &PartyHit) {
        if let Some(number) = self.number.filter(|_| !hit.number.is_empty()) {
            fields.insert(number.into(), hit.number.as_str().into());
        }
        if let Some(uuid) = self.uuid
            && let Some(value) = uuid_of(&bare(hit.record.id.as_str()))
        {
            fields.insert(uuid.into(), value.into());
        }
    }

    /// Whether the fields name somebody here already.
    pub(super) fn is_taken(self, fields: &Fields) -> bool {
        let mut names = self.number.into_iter().chain(self.uuid);
        names.any(|name| fields.contains_key(name))
    }
}

/// The places of the attachments of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attachable {
    /// The record's entity set.
    pub(super) parent: &'static str,
    pub(super) key: String,
    /// Navigation to attachments.
    pub(super) node: &'static str,
    /// The entity set of the attachments.
    pub(super) set: &'static str,
}

impl Attachable {
    /// `None` for kinds nothing is attached to.
    pub(super) fn of(record: &RecordRef) -> Option<Self> {
        if record.kind == Kind::Email {
            return Some(Self {
                parent: EMAILS,
                key: record.id.as_str().to_owned(),
                node: "EMailAttachments",
                set: "EMailAttachmentsCollection",
            });
        }
        let target = Target::of(record)?;
        let set = target.set();
        let (node, children) = set.attachments;
        Some(Self {
            parent: set.name,
            key: target.key,
            node,
            set: children,
        })
    }
}
