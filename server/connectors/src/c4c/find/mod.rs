//! Answers the questions of the port: every question becomes probes, all probes travel together.

mod links;
mod occurrences;
mod probe;

use std::collections::HashSet;

use ssi_domain::{
    Kind, RecordId, RecordRef, Version,
    port::{CrmQuery, EmailRecord, Hit, PartyHit, PortError, RecordHit},
};

use super::{
    config::Codes,
    known::Known,
    link::{Attachable, Linkable},
    mirror::set::{self, SERIES},
    odata::{json::Row, query::Query},
    parties::{PartySet, comparable, set_of},
    read::Pages,
    tenant::C4c,
};
use crate::http::Intent;
pub(super) use links::references;
use probe::{Filter, Probe, Shape};

pub(super) const EMAILS: &str = "EMailCollection";
const EMAIL_SELECT: [&str; 6] = [
    "ObjectID",
    "ETag",
    "GroupwareItemID",
    "Subject",
    "MessageFromEmailURI",
    "DateTime",
];

const IDENTITY: &str = "GroupwareItemID";
const RECORD_SELECT: [&str; 3] = ["ObjectID", "ETag", IDENTITY];
/// Series of all kinds share a set, and their type tells them apart.
const SERIES_SELECT: [&str; 4] = ["ObjectID", "ETag", IDENTITY, "DocumentType"];

/// Most hits a search returns.
const MOST_HITS: usize = 200;

impl C4c {
    pub(super) async fn answer_all(
        &self,
        queries: &[CrmQuery],
    ) -> Result<Vec<Vec<Hit>>, PortError> {
        let mut probes = Vec::new();
        for (at, query) in queries.iter().enumerate() {
            probes.extend(self.probes(at, query)?);
        }
        let found = self.run(probes).await?;
        let mut rows_of: Vec<Vec<(Probe, Vec<Row>)>> = queries.iter().map(|_| Vec::new()).collect();
        for (probe, rows) in found {
            rows_of[probe.question].push((probe, rows));
        }
        let mut hits = Vec::with_capacity(queries.len());
        let mut linked = Vec::new();
        for (query, rows) in queries.iter().zip(rows_of) {
            if let CrmQuery::Links { record } = query {
                let row = rows.into_iter().flat_map(|(_, rows)| rows).next();
                let (place, key) = linkable(record)?;
                let row = self
                    .with_children((&place, &key), row.unwrap_or_default())
                    .await?;
                linked.push((hits.len(), (place, row)));
                hits.push(Vec::new());
            } else {
                hits.push(interpret(query, rows, &self.shared.config.codes));
            }
        }
        if !linked.is_empty() {
            let (places, records): (Vec<_>, Vec<_>) = linked.into_iter().unzip();
            for (at, parties) in places.into_iter().zip(self.linked_parties(&records).await?) {
                hits[at] = parties.into_iter().map(Hit::Party).collect();
            }
        }
        Ok(hits)
    }

    fn probes(&self, question: usize, query: &CrmQuery) -> Result<Vec<Probe>, PortError> {
        let probe = |set, shape| Probe::new(question, set, shape);
        Ok(match query {
            CrmQuery::ByIdentity { kind, keys } => {
                let sets = identity_sets(*kind);
                if keys.iter().any(|key| key.contains('*')) {
                    // A wildcard would find other records, and dropping the key could make a second one.
                    return Err(PortError::item("an identity key with an asterisk"));
                }
                let filters = self.any_of(IDENTITY, keys.iter().map(String::as_str));
                let known = &self.shared.known;
                sets.into_iter()
                    .filter(|(set, _)| known.has_set(set))
                    .flat_map(|one| filters.iter().map(move |filter| (one, filter.clone())))
                    .map(|((set, select), filter)| probe(set, Shape::Rows(filter, select.to_vec())))
                    .collect()
            }
            CrmQuery::Occurrences { series } => {
                let asked = occurrences::question(series, &self.shared.known);
                asked
                    .map(|(set, shape)| probe(set, shape))
                    .into_iter()
                    .collect()
            }
            CrmQuery::PartiesByAddress { kinds, addresses } => {
                let spellings = spellings_of(addresses);
                let sets = kinds.iter().filter_map(|kind| set_of(*kind));
                sets.filter(|set| self.shared.known.offers(set.kind))
                    .filter_map(|set| set.email.map(|email| (set, email)))
                    .flat_map(|(set, email)| {
                        let filters = self.any_of(email, spellings.iter().map(String::as_str));
                        filters.into_iter().map(move |filter| {
                            let shape = Shape::Rows(filter, set.select());
                            Probe::new(question, set.name, shape).of(set)
                        })
                    })
                    .collect()
            }
            CrmQuery::Search { kind, text, limit } => {
                let set = set_of(*kind).ok_or_else(|| unsupported(*kind, "searching"))?;
                if !self.shared.known.offers(*kind) {
                    return Ok(Vec::new());
                }
                let limit = (*limit).clamp(1, MOST_HITS);
                search_probes(question, set, text, limit)
            }
            CrmQuery::ByName { kind, name } => {
                let set = set_of(*kind).ok_or_else(|| unsupported(*kind, "finding by name"))?;
                let property = set.searched.first().filter(|_| !name.trim().is_empty());
                let Some(property) = property.filter(|_| self.shared.known.offers(*kind)) else {
                    return Ok(Vec::new());
                };
                let spellings = name_spellings(name);
                let filters = self.any_of(property, spellings.iter().map(String::as_str));
                let rows = |filter| Shape::Rows(filter, set.select());
                let probes = filters
                    .into_iter()
                    .map(|filter| probe(set.name, rows(filter)));
                probes.map(|probe| probe.of(set)).collect()
            }
            CrmQuery::AttachmentNames { record } => {
                let place = Attachable::of(record)
                    .ok_or_else(|| unsupported(record.kind, "listing attachments"))?;
                vec![probe(place.set, Shape::Attachments(place))]
            }
            CrmQuery::Links { record } => {
                let (place, key) = linkable(record)?;
                vec![probe(place.set, Shape::Linked(place, key))]
            }
        })
    }

    /// `or` chains over one property, cut into chunks a server can bear.
    pub(super) fn any_of<'a>(
        &self,
        property: &'static str,
        values: impl Iterator<Item = &'a str>,
    ) -> Vec<Filter> {
        let most = self.shared.config.sizes.values_per_question.max(1);
        let mut seen = HashSet::new();
        let values: Vec<String> = values
            .filter(|value| seen.insert(*value))
            .map(str::to_owned)
            .collect();
        let mut chunks: Vec<Vec<String>> = Vec::new();
        let mut bytes = 0;
        for value in values {
            // Worst case of percent-encoding; long addresses still must work as a GET of their own.
            let cost = property.len() + 20 + value.len() * 3;
            match chunks.last_mut() {
                Some(chunk)
                    if chunk.len() < most && bytes + cost < super::read::LONGEST_ADDRESS =>
                {
                    bytes += cost;
                    chunk.push(value);
                }
                _ => {
                    bytes = cost;
                    chunks.push(vec![value]);
                }
            }
        }
        let filter = |values| Filter::AnyOf { property, values };
        chunks.into_iter().map(filter).collect()
    }
}

impl C4c {
    /// A record with what links are stored in.
    pub(super) async fn linked_record(&self, record: &RecordRef) -> Result<Row, PortError> {
        let query = CrmQuery::Links {
            record: record.clone(),
        };
        let found = self.run(self.probes(0, &query)?).await?;
        let row = found.into_iter().flat_map(|(_, rows)| rows).next();
        let (place, key) = linkable(record)?;
        self.with_children((&place, &key), row.unwrap_or_default())
            .await
    }

    /// Reads children that were not expanded, so that no link is taken for missing.
    async fn with_children(
        &self,
        (place, key): (&Linkable, &str),
        mut row: Row,
    ) -> Result<Row, PortError> {
        let missing = place
            .nodes()
            .into_iter()
            .filter(|node| row.children(node).is_none());
        let missing: Vec<&str> = missing.collect();
        let addresses = missing.iter().map(|node| {
            let query = Query::children(place.set, key, node);
            (query.address(), Pages::All)
        });
        let outcomes = self.rows(addresses.collect(), "links").await?;
        for (node, outcome) in missing.into_iter().zip(outcomes) {
            match outcome {
                Ok(rows) => row.adopt(node, rows),
                // A tenant without the node has no links there.
                Err(answer) if matches!(answer.status, 400 | 404 | 405 | 501) => {}
                Err(answer) => return Err(answer.error(Intent::Read, "links")),
            }
        }
        Ok(row)
    }
}

fn linkable(record: &RecordRef) -> Result<(Linkable, String), PortError> {
    Linkable::of(record).ok_or_else(|| unsupported(record.kind, "reading links"))
}

fn unsupported(kind: Kind, what: &str) -> PortError {
    PortError::item(format!("{what} is not offered for the kind {kind}"))
}

/// The spellings to ask for: as given and in lower case, because whether the service compares with case
/// is not documented. Addresses with `*` are not asked: it would be a wildcard.
fn spellings_of(addresses: &[String]) -> Vec<String> {
    let mut spellings = Vec::new();
    for address in addresses {
        let given = address.trim();
        if given.is_empty() || given.contains('*') {
            continue;
        }
        for spelling in [given.to_owned(), given.to_lowercase()] {
            if !spellings.contains(&spelling) {
                spellings.push(spelling);
            }
        }
    }
    spellings
}

/// A name as given and in the ways people write it, because whether the service compares with case is not
/// documented. An asterisk finds more than was asked for; the rows are compared here.
fn name_spellings(name: &str) -> Vec<String> {
    let name = name.trim();
    let titled: Vec<String> = name
        .split(' ')
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters.flat_map(char::to_lowercase)).collect()
        })
        .collect();
    let mut spellings = vec![name.to_owned()];
    for other in [name.to_lowercase(), name.to_uppercase(), titled.join(" ")] {
        if !spellings.contains(&other) {
            spellings.push(other);
        }
    }
    spellings
}

fn search_probes(question: usize, set: &'static PartySet, text: &str, limit: usize) -> Vec<Probe> {
    // The longest piece without a wildcard; the whole text is compared here.
    let piece = text
        .trim()
        .split('*')
        .map(str::trim)
        .max_by_key(|piece| piece.len());
    let Some(piece) = piece.filter(|piece| !piece.is_empty()) else {
        return Vec::new();
    };
    let small = piece.to_lowercase();
    let mut spellings = vec![piece.to_owned()];
    // As typed, and as names and words are mostly written.
    for other in [other_case(piece), other_case(&small), small] {
        if !spellings.contains(&other) {
            spellings.push(other);
        }
    }
    let mut probes = Vec::new();
    for property in set.searched {
        for text in &spellings {
            let filter = Filter::Contains {
                property,
                text: text.clone(),
            };
            let shape = Shape::Search(filter, set.select(), limit);
            probes.push(Probe::new(question, set.name, shape).of(set));
        }
    }
    if piece.len() <= 35 && piece.bytes().all(|byte| byte.is_ascii_digit()) {
        let filter = Filter::AnyOf {
            property: set.number,
            values: vec![piece.to_owned()],
        };
        let shape = Shape::Search(filter, set.select(), limit);
        probes.push(Probe::new(question, set.name, shape).of(set));
    }
    probes
}

/// The text with its first letter in the other case, for services that compare with case.
fn other_case(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    let first: String = if first.is_uppercase() {
        first.to_lowercase().collect()
    } else {
        first.to_uppercase().collect()
    };
    first + chars.as_str()
}

/// The sets whose rows carry keys of a kind, and what is read of them. None for kinds without keys.
fn identity_sets(kind: Kind) -> Vec<(&'static str, &'static [&'static str])> {
    if kind == Kind::Email {
        return vec![(EMAILS, &EMAIL_SELECT)];
    }
    let Some(set) = set::of(kind).filter(|set| set.identity.is_some()) else {
        return Vec::new();
    };
    let mut sets: Vec<(_, &'static [_])> = vec![(set.name, &RECORD_SELECT)];
    if set.has_occurrences {
        sets.push((SERIES.name, &SERIES_SELECT));
    }
    sets
}

fn interpret(query: &CrmQuery, found: Vec<(Probe, Vec<Row>)>, codes: &Codes) -> Vec<Hit> {
    match query {
        CrmQuery::ByIdentity {
            kind: Kind::Email,
            keys,
        } => emails(keys, found),
        CrmQuery::ByIdentity { kind, keys } => records(*kind, keys, found, codes),
        CrmQuery::Occurrences { series } => occurrences::hits(series, found),
        CrmQuery::PartiesByAddress { addresses, .. } => {
            let parties = parties(found);
            let mut hits = Vec::new();
            let mut asked = HashSet::new();
            for address in addresses {
                let key = comparable(address);
                if asked.insert(key.clone()) {
                    let theirs = parties.iter().filter(|party| party.address == key);
                    hits.extend(theirs.cloned().map(Hit::Party));
                }
            }
            hits
        }
        CrmQuery::Search { text, limit, .. } => {
            let wanted = text.replace('*', " ").to_lowercase();
            let words: Vec<&str> = wanted.split_whitespace().collect();
            let fits = |party: &PartyHit| {
                let fields = [&party.name, &party.address, &party.number];
                let all = fields.map(|field| field.to_lowercase()).join("\n");
                words.iter().all(|word| all.contains(word))
            };
            let hits = parties(found).into_iter().filter(fits);
            hits.take(*limit).map(Hit::Party).collect()
        }
        CrmQuery::ByName { name, .. } => {
            let wanted = name.trim().to_lowercase();
            let exact = found.into_iter().map(|(probe, mut rows)| {
                let property = probe.party.and_then(|set| set.searched.first());
                rows.retain(|row| {
                    property.is_some_and(|name| row.text(name).trim().to_lowercase() == wanted)
                });
                (probe, rows)
            });
            let hits = parties(exact.collect()).into_iter();
            hits.map(Hit::Party).collect()
        }
        CrmQuery::AttachmentNames { .. } => found
            .into_iter()
            .flat_map(|(_, rows)| rows)
            .map(|row| Hit::Attachment(row.text("Name")))
            .collect(),
        // Answered in a second step, see `answer_all`.
        CrmQuery::Links { .. } => Vec::new(),
    }
}

/// The e-mails that carry exactly one of the keys, whatever the server took for equal.
fn emails(keys: &[String], found: Vec<(Probe, Vec<Row>)>) -> Vec<Hit> {
    let keys: HashSet<&str> = keys.iter().map(String::as_str).collect();
    let mut seen = HashSet::new();
    let mut hits = Vec::new();
    for row in found.into_iter().flat_map(|(_, rows)| rows) {
        let (id, identity_key) = (row.text("ObjectID"), row.text("GroupwareItemID"));
        if id.is_empty() || !keys.contains(identity_key.as_str()) || !seen.insert(id.clone()) {
            continue;
        }
        hits.push(Hit::Email(EmailRecord {
            id: RecordId::new(id),
            version: Version::new(row.tag()),
            identity_key,
            subject: row.text("Subject"),
            from: row.text("MessageFromEmailURI"),
            sent_at: row.instant("DateTime"),
        }));
    }
    hits
}

/// The mirrored records that carry exactly one of the keys, whatever the server took for equal.
fn records(kind: Kind, keys: &[String], found: Vec<(Probe, Vec<Row>)>, codes: &Codes) -> Vec<Hit> {
    let keys: HashSet<&str> = keys.iter().map(String::as_str).collect();
    let mut seen = HashSet::new();
    let mut hits = Vec::new();
    for (probe, rows) in found {
        let is_series = probe.set == SERIES.name;
        let Some(set) = set::of(kind) else { continue };
        let set = if is_series { &SERIES } else { set };
        for row in rows {
            let (id, identity_key) = (row.text("ObjectID"), row.text(IDENTITY));
            let other_kind = is_series && codes.series_kind(&row.text("DocumentType")) != kind;
            if id.is_empty() || other_kind || !keys.contains(identity_key.as_str()) {
                continue;
            }
            let record = set::record_ref(kind, set, &id);
            if seen.insert(record.clone()) {
                hits.push(Hit::Record(RecordHit {
                    record,
                    version: Version::new(row.tag()),
                    identity_key,
                }));
            }
        }
    }
    hits
}

/// The rows as parties, each record once.
fn parties(found: Vec<(Probe, Vec<Row>)>) -> Vec<PartyHit> {
    let mut seen = HashSet::new();
    let mut parties = Vec::new();
    for (probe, rows) in found {
        let Some(set) = probe.party else { continue };
        for hit in rows.iter().filter_map(|row| set.hit(row)) {
            if seen.insert(hit.record.clone()) {
                parties.push(hit);
            }
        }
    }
    parties
}

/// The address of a record with what links are stored in, as far as the service expands.
fn linked_record(place: &Linkable, key: &str, known: &Known) -> String {
    let nodes = if known.expands() {
        place.nodes()
    } else {
        Vec::new()
    };
    Query::row(place.set, key).expand(&nodes).address()
}
