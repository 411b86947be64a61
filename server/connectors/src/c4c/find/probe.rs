//! A probe: one GET, and what to try when a service refuses it in that form.

use ssi_domain::port::PortError;

use super::linked_record;
use crate::c4c::odata::json::Row;
use crate::{
    c4c::{
        known::Known,
        link::{Attachable, Linkable},
        mirror::set::SERIES,
        odata::{
            literal,
            query::{Query, any_of},
            service::Answer,
        },
        parties::PartySet,
        read::Pages,
        tenant::{C4c, essential},
    },
    http::Intent,
};

const FIND: &str = "find";

/// A condition on one property.
#[derive(Debug, Clone)]
pub(in crate::c4c) enum Filter {
    /// Equal to one of these.
    AnyOf {
        property: &'static str,
        values: Vec<String>,
    },
    /// Contains the text.
    Contains {
        property: &'static str,
        text: String,
    },
    /// Names this record, by its UUID.
    Names {
        property: &'static str,
        uuid: String,
    },
}

impl Filter {
    fn text(&self, known: &Known) -> String {
        match self {
            Self::AnyOf { property, values } => any_of(property, values.iter().map(String::as_str)),
            // Works in practice, though SAP's guide does not promise it; wildcards are the promised way.
            Self::Contains { property, text } if known.has_substringof() => {
                format!("substringof({},{property})", literal::text(text))
            }
            Self::Contains { property, text } => {
                format!("{property} eq {}", literal::text(&format!("*{text}*")))
            }
            Self::Names { property, uuid } => format!("{property} eq guid'{uuid}'"),
        }
    }

    fn property(&self) -> &'static str {
        match self {
            Self::AnyOf { property, .. }
            | Self::Contains { property, .. }
            | Self::Names { property, .. } => property,
        }
    }
}

/// What is asked.
#[derive(Debug, Clone)]
pub(in crate::c4c) enum Shape {
    /// All rows of the set that match, with these properties.
    Rows(Filter, Vec<&'static str>),
    /// The first rows that match.
    Search(Filter, Vec<&'static str>, usize),
    /// Names of the attachments of a record.
    Attachments(Attachable),
    /// The same by a filter on the child set.
    AttachmentsOf(Attachable),
    /// The record with this key and what it is linked with.
    Linked(Linkable, String),
}

/// One GET.
#[derive(Debug, Clone)]
pub(in crate::c4c) struct Probe {
    /// The question it belongs to.
    pub(in crate::c4c) question: usize,
    /// The entity set.
    pub(in crate::c4c) set: &'static str,
    /// The kind of party its rows are.
    pub(in crate::c4c) party: Option<&'static PartySet>,
    pub(in crate::c4c) shape: Shape,
}

/// What to do about a refused probe.
enum Next {
    /// Ask again in another form.
    Again(Probe),
    /// The tenant does not offer this; go on without.
    Without,
    /// The question cannot be answered.
    Fail(PortError),
}

impl Probe {
    pub(in crate::c4c) fn new(question: usize, set: &'static str, shape: Shape) -> Self {
        Self {
            question,
            set,
            party: None,
            shape,
        }
    }

    pub(in crate::c4c) fn of(mut self, party: &'static PartySet) -> Self {
        self.party = Some(party);
        self
    }

    fn address(&self, known: &Known) -> (String, Pages) {
        let select = |select: &[&'static str]| {
            if known.selects(self.set) {
                select.to_vec()
            } else {
                Vec::new()
            }
        };
        let set = Query::set(self.set);
        match &self.shape {
            Shape::Rows(filter, properties) => {
                let query = set.filter(filter.text(known)).select(&select(properties));
                (query.address(), Pages::All)
            }
            Shape::Search(filter, properties, limit) => {
                let query = set.filter(filter.text(known)).select(&select(properties));
                (query.top(*limit).address(), Pages::First)
            }
            Shape::Attachments(place) => {
                let query = Query::children(place.parent, &place.key, place.node);
                (query.select(&select(&["Name"])).address(), Pages::All)
            }
            Shape::AttachmentsOf(place) => {
                let query = set.filter(any_of("ParentObjectID", [place.key.as_str()]));
                (query.select(&["Name"]).address(), Pages::All)
            }
            Shape::Linked(place, key) => (linked_record(place, key, known), Pages::All),
        }
    }

    /// Decides by the answer that refused it; `sent` is what the probe looked like when it was asked.
    fn after(mut self, answer: &Answer, sent: &str, known: &Known) -> Next {
        // Another probe may have taught us a better form already.
        if self.address(known).0 != sent {
            return Next::Again(self);
        }
        let status = answer.status;
        let malformed = matches!(status, 400 | 501);
        let fault = answer.fault();
        let selective = matches!(
            self.shape,
            Shape::Rows(..) | Shape::Search(..) | Shape::Attachments(_)
        );
        if let Shape::Search(Filter::Contains { .. }, ..) = self.shape
            && malformed
            && known.refuse_substringof()
        {
            return Next::Again(self);
        }
        if let Shape::Rows(Filter::Names { property, .. }, _) = self.shape
            && (malformed || matches!(status, 403..=405))
        {
            // Whether it can be asked for is not documented.
            known.refuse_property(self.set, property);
            return Next::Without;
        }
        if malformed && selective && known.refuse_select(self.set) {
            return Next::Again(self);
        }
        if let Shape::Linked(..) = self.shape
            && malformed
            && known.refuse_expand()
        {
            return Next::Again(self);
        }
        match (&self.shape, self.party) {
            (Shape::Rows(filter, _) | Shape::Search(filter, ..), Some(set)) => {
                let lacks = malformed && fault.message.contains(filter.property());
                if matches!(status, 403..=405) || lacks {
                    // A searched property may be missing alone; the set is still there.
                    if !matches!(self.shape, Shape::Search(..)) || !lacks {
                        known.miss(set.kind, status);
                    }
                    return Next::Without;
                }
                Next::Fail(fault.into_error(&answer.headers, Intent::Read, FIND))
            }
            (Shape::Attachments(place), _) if malformed || matches!(status, 404 | 405) => {
                self.shape = Shape::AttachmentsOf(place.clone());
                Next::Again(self)
            }
            // Tenants without series have none with this key.
            (Shape::Rows(..), None) if self.set == SERIES.name && matches!(status, 403..=405) => {
                known.refuse_set(self.set);
                Next::Without
            }
            (Shape::Rows(..), None) => Next::Fail(essential(fault, &answer.headers, FIND)),
            _ => Next::Fail(fault.into_error(&answer.headers, Intent::Read, FIND)),
        }
    }
}

impl C4c {
    /// Runs probes together and answers each with its rows; probes the tenant does not offer are left out.
    pub(super) async fn run(
        &self,
        probes: Vec<Probe>,
    ) -> Result<Vec<(Probe, Vec<Row>)>, PortError> {
        let known = &self.shared.known;
        let mut done: Vec<(usize, Probe, Vec<Row>)> = Vec::new();
        let mut open: Vec<(usize, Probe)> = probes.into_iter().enumerate().collect();
        while !open.is_empty() {
            let addresses: Vec<_> = open.iter().map(|(_, probe)| probe.address(known)).collect();
            let outcomes = self.rows(addresses.clone(), FIND).await?;
            let mut again = Vec::new();
            for (((place, probe), (sent, _)), outcome) in
                open.into_iter().zip(addresses).zip(outcomes)
            {
                match outcome {
                    Ok(rows) => done.push((place, probe, rows)),
                    Err(answer) => match probe.after(&answer, &sent, known) {
                        Next::Again(probe) => again.push((place, probe)),
                        Next::Without => {}
                        Next::Fail(error) => return Err(error),
                    },
                }
            }
            open = again;
        }
        done.sort_by_key(|(place, ..)| *place);
        let found = done.into_iter().map(|(_, probe, rows)| (probe, rows));
        Ok(found.collect())
    }
}
