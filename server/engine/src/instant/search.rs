//! Finding records: search by text, local first (SRCH-11, SRCH-12), and one record with its fields.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use ssi_domain::{
    Kind, MailboxId, PARTY_KINDS, Record, RecordRef, Versioned,
    directory::{Fit, Query},
    port::{Crm, CrmQuery, Hit, Lane, PartyHit},
};

use crate::{Engine, Error};

/// Fewer characters find too much (SRCH-11).
const FEWEST_CHARACTERS: usize = 3;
const MOST_CHARACTERS: usize = 200;
/// Records shown before anything is typed (SRCH-11).
const RECENT: usize = 5;
/// Places among those for records that are no parties: the CRM's last changes would never leave them one.
const RECENT_USED: usize = 2;
/// Items saved last whose records count as used lately.
const ITEMS_USED: usize = 20;
/// Hits of a search, at most.
const MOST_HITS: usize = 200;

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundRecords {
    /// The records, best match first, each with its address for a browser.
    pub hits: Vec<(PartyHit, Option<String>)>,
    /// Kinds the CRM could not be asked for just now.
    pub unsearched: Vec<Kind>,
}

impl Engine {
    /// Records whose key fields contain the text, at most `limit`: from the directory where it is filled, from the
    /// CRM where not. An empty text gives the parties that changed last, and records of other kinds that this user
    /// saved to or linked last. Kinds that searches leave out, and employees, are not among them (SRCH-05, SRCH-12).
    ///
    /// # Errors
    /// [`Error::Invalid`] for one or two characters. A CRM that fails is an error only where the directory found
    /// nothing.
    pub async fn search_records(
        &self,
        mailbox: MailboxId,
        kinds: &[Kind],
        text: &str,
        limit: usize,
    ) -> Result<FoundRecords, Error> {
        let text = text.trim();
        let length = text.chars().count();
        if length > MOST_CHARACTERS || (1..FEWEST_CHARACTERS).contains(&length) {
            let why = format!(
                "send {FEWEST_CHARACTERS} to {MOST_CHARACTERS} characters, or none for what changed last"
            );
            return Err(Error::Invalid {
                field: "query",
                why,
            });
        }
        let row = self.row(mailbox).await?;
        let hidden = &self.parts.backends.settings(&row).sidebar.hide;
        let mut wanted: Vec<Kind> = kinds.to_vec();
        wanted
            .retain(|kind| !hidden.contains(kind) && !matches!(kind, Kind::Employee | Kind::Email));
        let (local, mut remote) = self.by_place(&row.tenant, wanted).await?;
        let limit = match length {
            0 => limit.clamp(1, RECENT),
            _ => limit.clamp(1, MOST_HITS),
        };
        let store = &self.parts.store;
        let found = store.find_parties(&row.tenant, &local, text, limit).await?;
        if found.cut && found.hits.len() < limit {
            // Too many look alike to be sure: then the CRM is asked as well.
            remote.extend(&local);
        }
        let crm = self.parts.backends.crm(&row.tenant, Lane::Instant).await?;
        let mut all = found.hits;
        let mut unsearched = Vec::new();
        if length == 0 {
            match self.used_last(mailbox, &crm, &remote).await {
                Ok(used) => all = with_used(all, used, limit),
                Err(_) => unsearched = remote,
            }
        } else if !remote.is_empty() {
            match from_crm(&crm, &remote, text, limit).await {
                Ok(hits) => all.extend(hits),
                Err(error) if all.is_empty() => return Err(error),
                Err(_) => unsearched = remote,
            }
        }
        let pins: HashSet<RecordRef> = store.pins(mailbox).await?.into_iter().collect();
        let mut hits = in_order(all, &pins, length == 0);
        hits.truncate(limit);
        let urls = hits.into_iter().map(|hit| {
            let url = crm.link_for_people(&hit.record);
            (hit, url)
        });
        Ok(FoundRecords {
            hits: urls.collect(),
            unsearched,
        })
    }

    /// The records of these kinds that the user saved to or linked last, newest first, named by the CRM in one call.
    /// Those that are gone are left out.
    async fn used_last(
        &self,
        mailbox: MailboxId,
        crm: &Arc<dyn Crm>,
        kinds: &[Kind],
    ) -> Result<Vec<PartyHit>, Error> {
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        let used = self
            .parts
            .store
            .records_used_last(mailbox, ITEMS_USED)
            .await?;
        let mut seen = HashSet::new();
        let mut used: Vec<_> = used
            .into_iter()
            .filter(|(_, record)| kinds.contains(&record.kind) && seen.insert(record.clone()))
            .collect();
        used.truncate(RECENT);
        if used.is_empty() {
            return Ok(Vec::new());
        }
        let records: Vec<RecordRef> = used.iter().map(|(_, record)| record.clone()).collect();
        let read = crm.get(&records).await?;
        let hits = used
            .into_iter()
            .zip(read)
            .filter_map(|((at, record), found)| {
                let (number, name) = known_as(&found?.value);
                Some(PartyHit {
                    number,
                    name,
                    changed_at: Some(at),
                    ..PartyHit::bare(record)
                })
            });
        Ok(hits.collect())
    }

    /// The kinds that the directory answers for, and the others.
    async fn by_place(
        &self,
        tenant: &ssi_domain::TenantId,
        wanted: Vec<Kind>,
    ) -> Result<(Vec<Kind>, Vec<Kind>), Error> {
        let fills = self.parts.store.directory_state(tenant).await?;
        let filled: Vec<Kind> = fills
            .into_iter()
            .filter(|fill| fill.filled_at.is_some())
            .map(|fill| fill.kind)
            .collect();
        let is_local = |kind: &Kind| PARTY_KINDS.contains(kind) && filled.contains(kind);
        Ok(wanted.into_iter().partition(is_local))
    }

    /// One record with its fields.
    pub async fn record(
        &self,
        mailbox: MailboxId,
        record: &RecordRef,
    ) -> Result<(Versioned<Record>, Option<String>), Error> {
        let row = self.row(mailbox).await?;
        let crm = self.parts.backends.crm(&row.tenant, Lane::Instant).await?;
        let read = crm.get(std::slice::from_ref(record)).await?;
        let found = read
            .into_iter()
            .next()
            .flatten()
            .ok_or(Error::NotFound { what: "record" })?;
        Ok((found, crm.link_for_people(record)))
    }
}

/// The number and the name people know a record by.
pub(super) fn known_as(fields: &Record) -> (String, String) {
    let first = |names: [&str; 2]| {
        let mut texts = names.into_iter().map(|name| fields.text(name));
        let text = texts.find(|text| !text.is_empty());
        text.unwrap_or_default().to_owned()
    };
    (first(["number", "id"]), first(["name", "subject"]))
}

/// What changed last and what was used last, by time. Each keeps its order; what was used gets [`RECENT_USED`] of the
/// places, and those that nothing else takes.
fn with_used(
    changed: Vec<(Fit, PartyHit)>,
    used: Vec<PartyHit>,
    limit: usize,
) -> Vec<(Fit, PartyHit)> {
    let places = limit
        .saturating_sub(changed.len())
        .max(RECENT_USED.min(limit));
    let mut used = used.into_iter().take(places).peekable();
    let left = limit - used.len();
    let mut all = Vec::new();
    for (fit, hit) in changed.into_iter().take(left) {
        while let Some(newer) = used.next_if(|used| used.changed_at >= hit.changed_at) {
            all.push((Fit::Whole, newer));
        }
        all.push((fit, hit));
    }
    all.extend(used.map(|hit| (Fit::Whole, hit)));
    all
}

/// Hits of the CRM with how well each answers, by what is known of it.
async fn from_crm(
    crm: &Arc<dyn Crm>,
    kinds: &[Kind],
    text: &str,
    limit: usize,
) -> Result<Vec<(Fit, PartyHit)>, Error> {
    let query = |kind: &Kind| CrmQuery::Search {
        kind: *kind,
        text: text.to_owned(),
        limit,
    };
    let queries: Vec<CrmQuery> = kinds.iter().map(query).collect();
    let found = crm.find(&queries).await?;
    let asked = Query::parse(text);
    let fit = |hit: &PartyHit| asked.as_ref().and_then(|asked| asked.fit_of_hit(hit));
    let hits = found.into_iter().flatten().filter_map(|hit| match hit {
        // The CRM found it, so it answers at least somewhere.
        Hit::Party(party) if !party.obsolete => Some((fit(&party).unwrap_or(Fit::Part), party)),
        _ => None,
    });
    Ok(hits.collect())
}

/// Each record once: the best fit first, of equals pinned ones, then the last changed. What changed last keeps its
/// order.
fn in_order(all: Vec<(Fit, PartyHit)>, pins: &HashSet<RecordRef>, recent: bool) -> Vec<PartyHit> {
    let mut best: HashMap<RecordRef, Fit> = HashMap::new();
    for (fit, hit) in &all {
        let known = best.entry(hit.record.clone()).or_insert(*fit);
        *known = (*known).min(*fit);
    }
    let mut hits: Vec<(Fit, PartyHit)> = Vec::new();
    for (_, mut hit) in all {
        if let Some(fit) = best.remove(&hit.record) {
            hit.pinned = pins.contains(&hit.record);
            hits.push((fit, hit));
        }
    }
    if !recent {
        hits.sort_by_key(|(fit, hit)| (*fit, !hit.pinned, Reverse(hit.changed_at)));
    }
    hits.into_iter().map(|(_, hit)| hit).collect()
}
