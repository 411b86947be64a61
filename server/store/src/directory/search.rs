//! Search by text: sets of slots are read and cut with each other, newest first, then the parties themselves are
//! looked at. Work is bounded whatever is typed.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::AssertSqlSafe;
use ssi_domain::{
    Kind, PARTY_KINDS, TenantId,
    directory::{Fit, Loose, Party, Posting, Query, SLOTS, Tally, fold, kind_key},
    port::{FoundBy, PartyHit},
};

use super::row::unpack;
use crate::{
    Store, StoreError,
    dialect::{numbers, one_of_numbers},
    pool::at_hand,
    statements::directory as sql,
};

/// Most hits of a search.
const MOST_HITS: usize = 200;
/// Parties looked at per way of searching. What is left out beyond them is said ([`Found::cut`]).
const MOST_LOOKED_AT: usize = 1_024;
/// Parties looked at that may bear errors: every one of them is measured letter by letter.
const MOST_MEASURED: usize = 256;
/// Parties read at once: mostly the first ones have enough, and when not, most others have to be looked at as well.
const READ: [usize; 2] = [64, 256];
/// Bytes of sets kept from one way of searching to the next, which mostly needs the same ones.
const MOST_KEPT: usize = 16 << 20;
/// Chunks read at once, newest first: mostly the first ones have enough.
const STEPS: [i64; 7] = [1, 3, 6, 10, 16, 16, 16];

/// The postings of one chunk by key.
type Chunk = HashMap<i64, Posting>;

/// What is being looked for.
struct Search<'a> {
    tenant: &'a TenantId,
    /// Keys of the kinds, of which a party has one; none when all kinds are wanted.
    kinds: Vec<i64>,
    newest: i64,
    /// What was read of the index, by chunk.
    chunks: BTreeMap<i64, Chunk>,
    /// Keys read, by the first chunk of a step.
    read: HashMap<i64, HashSet<i64>>,
    /// Bytes of what was read.
    kept: usize,
    seen: HashSet<i64>,
    hits: Vec<(Fit, i64, Party)>,
    limit: usize,
    /// Candidates were left that nobody looked at.
    cut: bool,
}

/// What a search found.
#[derive(Debug, Default)]
pub struct Found {
    /// The parties with how well each answers, best first.
    pub hits: Vec<(Fit, PartyHit)>,
    /// More parties could answer than could be looked at: there may be others.
    pub cut: bool,
}

impl Store {
    /// Parties of these kinds whose texts contain what was typed: every word of it, in any order, at least as part
    /// of a word, with one typing error per six letters where nothing better is found. Best fit first, then last
    /// changed: an exact one comes first however old it is. An empty text gives what changed last; none of letters
    /// or digits gives nothing.
    pub async fn find_parties(
        &self,
        tenant: &TenantId,
        kinds: &[Kind],
        text: &str,
        limit: usize,
    ) -> Result<Found, StoreError> {
        let limit = limit.clamp(1, MOST_HITS);
        let Some(mut search) = self.begin_search(tenant, kinds, limit).await? else {
            return Ok(Found::default());
        };
        if text.trim().is_empty() {
            self.recent(&mut search).await?;
            return Ok(search.found());
        }
        let Some(query) = Query::parse(text) else {
            return Ok(Found::default());
        };
        let fit = |party: &Party| query.strict_fit(party);
        // The best fit first, each newest first: what is filled by a better fit needs no worse one.
        for (best, keys) in [
            (Fit::Whole, query.whole_keys()),
            (Fit::Start, query.start_keys()),
            (Fit::Part, query.inside_keys()),
        ] {
            if search.has_enough(best) {
                break;
            }
            self.strict(&mut search, &keys, best, fit).await?;
        }
        if search.hits.is_empty()
            && let Some(loose) = query.loose()
        {
            self.loose(&mut search, &loose, |party| query.fit(party))
                .await?;
        }
        Ok(search.found())
    }

    /// Parties of a kind with the same name and company, however written: what is warned of before another one is
    /// made. Where one of the two has no company, the name decides.
    pub async fn parties_named(
        &self,
        tenant: &TenantId,
        kind: Kind,
        name: &str,
        company: &str,
    ) -> Result<Vec<PartyHit>, StoreError> {
        let Some(query) = Query::parse(name) else {
            return Ok(Vec::new());
        };
        let Some(mut search) = self.begin_search(tenant, &[kind], 20).await? else {
            return Ok(Vec::new());
        };
        let (name, company) = (folded(name), folded(company));
        let same = |party: &Party| {
            let theirs = folded(&party.company);
            let no_other = theirs.is_empty() || company.is_empty() || theirs == company;
            (folded(&party.name) == name && no_other).then_some(Fit::Whole)
        };
        self.strict(&mut search, &query.whole_keys(), Fit::Whole, same)
            .await?;
        Ok(search
            .found()
            .hits
            .into_iter()
            .map(|(_, hit)| hit)
            .collect())
    }

    async fn begin_search<'a>(
        &self,
        tenant: &'a TenantId,
        kinds: &[Kind],
        limit: usize,
    ) -> Result<Option<Search<'a>>, StoreError> {
        let next: Option<(i64,)> = at_hand!(&self.db, on => sqlx::query_as(sql::DIRECTORY_NEXT)
            .bind(tenant.as_str())
            .fetch_optional(on)
            .await)?;
        let Some((next,)) = next.filter(|(next,)| *next > 0 && !kinds.is_empty()) else {
            return Ok(None);
        };
        let all = PARTY_KINDS.iter().all(|kind| kinds.contains(kind));
        Ok(Some(Search {
            tenant,
            kinds: if all {
                Vec::new()
            } else {
                kinds.iter().map(|kind| kind_key(*kind)).collect()
            },
            newest: (next - 1) / SLOTS,
            chunks: BTreeMap::new(),
            read: HashMap::new(),
            kept: 0,
            seen: HashSet::new(),
            hits: Vec::new(),
            limit,
            cut: false,
        }))
    }

    async fn recent(&self, search: &mut Search<'_>) -> Result<(), StoreError> {
        if search.kinds.is_empty() {
            let text = sql::parties_recent();
            let limit = i64::try_from(search.limit).unwrap_or(i64::MAX);
            let (answer,): (Option<String>,) = at_hand!(&self.db, on => {
                sqlx::query_as(AssertSqlSafe(text))
                    .bind(search.tenant.as_str())
                    .bind(limit)
                    .fetch_one(on)
                    .await
            })?;
            let found = unpack(answer.as_deref())?.into_iter();
            let found = found.map(|(slot, party)| (Fit::Whole, slot, party));
            search.hits.extend(found);
            return Ok(());
        }
        self.strict(search, &[], Fit::Whole, |_| Some(Fit::Whole))
            .await
    }

    /// Looks at parties that have all these keys, newest first, until enough are found that fit at least so well.
    async fn strict(
        &self,
        search: &mut Search<'_>,
        keys: &[i64],
        best: Fit,
        fit: impl Fn(&Party) -> Option<Fit>,
    ) -> Result<(), StoreError> {
        let mut left = MOST_LOOKED_AT;
        for (from, to) in steps(search.newest) {
            self.read(search, keys, from, to).await?;
            let mut slots: Vec<i64> = Vec::new();
            for (chunk, postings) in search.chunks.range(from..=to).rev() {
                let found = search.all_of(keys, postings);
                let found = found.slots();
                let of_chunk = found.iter().rev();
                let of_chunk = of_chunk.map(|slot| chunk * SLOTS + i64::from(*slot));
                slots.extend(of_chunk.filter(|slot| !search.seen.contains(slot)));
                if slots.len() > left {
                    break;
                }
            }
            let more = slots.len() > left;
            self.look_at(search, slots, &mut left, best, &fit).await?;
            if search.has_enough(best) {
                break;
            }
            if more {
                search.cut = true;
                break;
            }
        }
        Ok(())
    }

    /// Looks at the parties that have the most of the keys of each word.
    async fn loose(
        &self,
        search: &mut Search<'_>,
        words: &[Loose],
        fit: impl Fn(&Party) -> Option<Fit>,
    ) -> Result<(), StoreError> {
        let keys: Vec<i64> = words
            .iter()
            .flat_map(|word| word.keys.iter().copied())
            .collect();
        let mut best: Vec<(usize, i64)> = Vec::new();
        for (from, to) in steps(search.newest) {
            self.read(search, &keys, from, to).await?;
            for (chunk, postings) in search.chunks.range(from..=to) {
                best.extend(search.most_of(words, *chunk, postings));
            }
            best.sort_unstable_by(|a, b| b.cmp(a));
            search.cut |= best.len() > MOST_MEASURED;
            best.truncate(MOST_MEASURED);
        }
        let slots = best.into_iter().map(|(_, slot)| slot).collect();
        self.look_at(search, slots, &mut MOST_MEASURED.clone(), Fit::Errors, &fit)
            .await
    }

    /// Reads the postings of some keys, and of the kinds wanted, in a range of chunks, as far as they are not read.
    async fn read(
        &self,
        search: &mut Search<'_>,
        keys: &[i64],
        from: i64,
        to: i64,
    ) -> Result<(), StoreError> {
        if search.kept > MOST_KEPT {
            search.chunks.clear();
            search.read.clear();
            search.kept = 0;
        }
        let read = search.read.entry(from).or_default();
        let keys = keys.iter().chain(&search.kinds).copied();
        let keys: Vec<i64> = keys.filter(|key| read.insert(*key)).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let wanted: Vec<i64> = (from..=to).collect();
        let text = sql::postings(&one_of_numbers(&self.db, 2), &one_of_numbers(&self.db, 3));
        let (wanted, keys) = (numbers(&self.db, &wanted), numbers(&self.db, &keys));
        let rows: Vec<(i64, i64, Vec<u8>)> = at_hand!(&self.db, on => {
            sqlx::query_as(AssertSqlSafe(text))
                .bind(search.tenant.as_str())
                .bind(wanted)
                .bind(keys)
                .fetch_all(on)
                .await
        })?;
        for (key, chunk, bytes) in rows {
            let posting = Posting::read(&bytes);
            let posting = posting.ok_or_else(|| StoreError::Corrupt("posting".into()))?;
            search.kept += bytes.len();
            search.chunks.entry(chunk).or_default().insert(key, posting);
        }
        Ok(())
    }

    async fn look_at(
        &self,
        search: &mut Search<'_>,
        slots: Vec<i64>,
        left: &mut usize,
        best: Fit,
        fit: impl Fn(&Party) -> Option<Fit>,
    ) -> Result<(), StoreError> {
        let mut slots = slots;
        slots.retain(|slot| !search.seen.contains(slot));
        slots.truncate(*left);
        let mut slots = &slots[..];
        for at in 0.. {
            if slots.is_empty() {
                break;
            }
            let (part, rest) = slots.split_at(READ[at.min(1)].min(slots.len()));
            slots = rest;
            *left -= part.len();
            search.seen.extend(part);
            let text = sql::parties_by_slots(&one_of_numbers(&self.db, 2));
            let part = numbers(&self.db, part);
            let (answer,): (Option<String>,) = at_hand!(&self.db, on => {
                sqlx::query_as(AssertSqlSafe(text))
                    .bind(search.tenant.as_str())
                    .bind(part)
                    .fetch_one(on)
                    .await
            })?;
            for (slot, party) in unpack(answer.as_deref())? {
                if let Some(fit) = fit(&party) {
                    search.hits.push((fit, slot, party));
                }
            }
            if search.has_enough(best) {
                break;
            }
        }
        Ok(())
    }
}

impl Search<'_> {
    /// Whether enough were found that fit at least so well.
    fn has_enough(&self, best: Fit) -> bool {
        let good = self.hits.iter().filter(|(fit, _, _)| *fit <= best);
        good.count() >= self.limit
    }

    /// The slots of a chunk that have all keys and one of the kinds.
    fn all_of(&self, keys: &[i64], chunk: &Chunk) -> Posting {
        let mut lists: Vec<&Posting> = Vec::new();
        for key in keys {
            match chunk.get(key) {
                Some(posting) => lists.push(posting),
                None => return Posting::default(),
            }
        }
        lists.sort_by_cached_key(|posting| posting.len());
        let kinds = self.of_kinds(chunk);
        let mut lists = lists.into_iter().chain(kinds.as_ref());
        let Some(mut found) = lists.next().cloned() else {
            return Posting::default();
        };
        for other in lists {
            found.keep(other);
        }
        found
    }

    fn of_kinds(&self, chunk: &Chunk) -> Option<Posting> {
        if self.kinds.is_empty() {
            return None;
        }
        let mut posting = Posting::default();
        for of_kind in self.kinds.iter().filter_map(|key| chunk.get(key)) {
            posting.add(of_kind);
        }
        Some(posting)
    }

    /// The slots of a chunk that have enough keys of every word, with how many they have.
    fn most_of(&self, words: &[Loose], chunk: i64, postings: &Chunk) -> Vec<(usize, i64)> {
        let mut all = Tally::default();
        let mut enough = self.of_kinds(postings);
        for word in words {
            let mut own = Tally::default();
            for posting in word.keys.iter().filter_map(|key| postings.get(key)) {
                own.add(posting);
                all.add(posting);
            }
            let have = own.at_least(word.least);
            match &mut enough {
                Some(enough) => enough.keep(&have),
                None => enough = Some(have),
            }
        }
        // One more than can be looked at, so that it shows.
        let best = all.most_counted(&enough.unwrap_or_default(), MOST_MEASURED + 1);
        let best = best.into_iter();
        best.map(|(count, slot)| (count, chunk * SLOTS + i64::from(slot)))
            .collect()
    }

    fn found(mut self) -> Found {
        self.hits
            .sort_by_key(|(fit, slot, _)| (*fit, std::cmp::Reverse(*slot)));
        self.hits.truncate(self.limit);
        let hits = self.hits.iter();
        Found {
            hits: hits
                .map(|(fit, _, party)| (*fit, party.hit("", FoundBy::Hand)))
                .collect(),
            cut: self.cut,
        }
    }
}

/// Folded, with one space between words.
fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    fold(&words.join(" "))
}

/// Ranges of chunks from the newest down. What lies further back than four million slots is not searched.
fn steps(newest: i64) -> impl Iterator<Item = (i64, i64)> {
    let mut to = newest;
    STEPS.into_iter().map_while(move |step| {
        let from = (to - step + 1).max(0);
        let range = (to >= 0).then_some((from, to));
        to = from - 1;
        range
    })
}
