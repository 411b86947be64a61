//! The tenant's changes of a kind, by `EntityLastChangedOn`: ordered, continued by the last stamp and not by row
//! numbers, which shift while people work.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use ssi_domain::{
    Cursor, Kind, PARTY_KINDS, Version,
    port::{FeedPage, FeedRow, PortError},
};

use super::set::{self, MirrorSet, SERIES, not_mirrored, record_ref};
use crate::{
    c4c::{
        odata::{
            json::{self, Row, Rows},
            literal,
            query::Query,
            service::Answer,
        },
        parties::set_of,
        tenant::C4c,
    },
    http::Intent,
};

const FEED: &str = "feed";

/// How far back each poll looks: a transaction becomes visible after the time it is stamped with.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);

/// Most rows a cursor remembers; beyond that rows come again, which is harmless.
const MOST_SEEN: usize = 1_000;

/// The stamp rows are ordered by.
const STAMP: &str = "EntityLastChangedOn";

/// The option that counts all rows; remembered like a property when a service refuses it.
const COUNT: &str = "$inlinecount";

/// Where a feed stands. Kept as JSON; nobody else looks inside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    /// The kind's own set.
    own: Lane,
    /// Series of that kind.
    #[serde(default)]
    series: Lane,
}

/// Where reading one set stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Lane {
    /// The highest stamp seen, in milliseconds; the true one lies at or above it.
    #[serde(default)]
    high: Option<i64>,
    /// Whether the last page was full: go on from `at` without looking back.
    #[serde(default)]
    more: bool,
    /// The last stamp of that page.
    #[serde(default)]
    at: Option<i64>,
    /// Rows to pass over, when a whole page bears one stamp.
    #[serde(default)]
    skip: usize,
    /// Rows given out already: stamp and digest of key, version and stamp.
    #[serde(default)]
    seen: Vec<(i64, u64)>,
}

impl C4c {
    pub(in crate::c4c) async fn read_feed(
        &self,
        kind: Kind,
        cursor: Option<&Cursor>,
    ) -> Result<FeedPage, PortError> {
        let set = set::fed(kind).ok_or_else(|| not_mirrored(kind))?;
        let mut position = match cursor {
            None => Position::default(),
            Some(cursor) => {
                serde_json::from_str(cursor.as_str()).map_err(|_| PortError::CursorLost {
                    detail: format!("{FEED}: not a cursor of this connector"),
                })?
            }
        };
        let offers_series = set.has_occurrences && self.shared.known.has_set(SERIES.name);
        if !offers_series {
            position.series = Lane::default();
        }
        // While one set has more to give, the other need not be asked again.
        let catching_up = position.own.more || position.series.more;
        let mut lanes: Vec<(&'static MirrorSet, &mut Lane)> = Vec::new();
        if !catching_up || position.own.more {
            lanes.push((set, &mut position.own));
        }
        if offers_series && (!catching_up || position.series.more) {
            lanes.push((&SERIES, &mut position.series));
        }
        let pages = self.pages(kind, &lanes).await?;
        let total = pages.iter().flatten().find_map(|page| page.count);
        let mut fresh: Vec<(&'static MirrorSet, i64, Row)> = Vec::new();
        for ((set, lane), page) in lanes.into_iter().zip(pages) {
            let Some(page) = page else {
                *lane = Lane::default();
                continue;
            };
            let rows = lane.take(self.stamp(set), self.page_size(), page);
            fresh.extend(rows.into_iter().map(|(at, row)| (set, at, row)));
        }
        fresh.sort_by_key(|(_, at, _)| *at);
        self.learn_owners(&fresh).await?;
        let rows = fresh
            .iter()
            .filter_map(|(set, _, row)| self.feed_row(set, kind, row));
        let rows = rows.collect();
        let more = position.own.more || position.series.more;
        let cursor = serde_json::to_string(&position)
            .map_err(|error| PortError::item(format!("{FEED}: {error}")))?;
        Ok(FeedPage {
            rows,
            cursor: Cursor::new(cursor),
            more,
            total,
        })
    }

    fn page_size(&self) -> usize {
        self.shared.config.sizes.feed_page.max(1)
    }

    /// The version of a record. Writes of notes and parties need not move the ETag of their root; its change date they
    /// do move. Both are told by the feed and by every read.
    pub(in crate::c4c) fn version(&self, set: &MirrorSet, row: &Row) -> Version {
        let changed = row
            .instant(STAMP)
            .or_else(|| row.instant(set.older_change_date));
        Version::stamped(&row.tag(), changed.map(Timestamp::as_microsecond))
    }

    fn stamp(&self, set: &MirrorSet) -> &'static str {
        if self.shared.known.has_property(set.name, STAMP) {
            STAMP
        } else {
            set.older_change_date
        }
    }

    /// The next page of each set, all in one call; `None` for series where the tenant has none.
    async fn pages(
        &self,
        kind: Kind,
        lanes: &[(&'static MirrorSet, &mut Lane)],
    ) -> Result<Vec<Option<Rows>>, PortError> {
        let known = &self.shared.known;
        // At most four forms of each question: as wished, without the count, without `$select`, by the older
        // change date.
        for _ in 0..6 {
            let addresses = lanes.iter().map(|(set, lane)| self.page_address(set, lane));
            let answers = self.answers(addresses.collect(), FEED).await?;
            let mut again = false;
            for ((set, lane), answer) in lanes.iter().zip(&answers) {
                let counted = self.counts(set, lane);
                if matches!(answer.status, 400 | 501) {
                    let other_form = (counted && known.refuse_property(set.name, COUNT))
                        || known.refuse_select(set.name)
                        || known.refuse_property(set.name, STAMP);
                    again |= other_form;
                }
            }
            if again {
                continue;
            }
            let read = |(set, answer): (&&'static MirrorSet, Answer)| {
                if answer.is_success() {
                    let page = json::rows(&answer.body)
                        .map_err(|error| PortError::answer(format!("{FEED}: {error}")))?;
                    return Ok(Some(page));
                }
                if set.is_series() && matches!(answer.status, 403..=405) {
                    known.refuse_set(set.name);
                    return Ok(None);
                }
                Err(match answer.error(Intent::Read, FEED) {
                    PortError::Gone { detail } => PortError::Blocked {
                        detail: format!("{detail}: no records of the kind {kind} are offered"),
                    },
                    error => error,
                })
            };
            let sets: Vec<&'static MirrorSet> = lanes.iter().map(|(set, _)| *set).collect();
            return sets.iter().zip(answers).map(read).collect();
        }
        Err(PortError::answer(format!("{FEED}: refused in every form")))
    }

    /// Learns the numbers of employees that new rows name by UUID only.
    async fn learn_owners(&self, rows: &[(&'static MirrorSet, i64, Row)]) -> Result<(), PortError> {
        let mut owners = Vec::new();
        for (set, _, row) in rows {
            let owner = set.concerns_uuid.map(|name| literal::bare(&row.text(name)));
            owners.extend(owner.filter(|owner| !owner.is_empty() && !owners.contains(owner)));
        }
        self.employee_numbers(&owners).await
    }

    /// A row of a set as a change; `None` for a series of another kind.
    fn feed_row(&self, set: &MirrorSet, kind: Kind, row: &Row) -> Option<FeedRow> {
        let codes = &self.shared.config.codes;
        if set.is_series() && codes.series_kind(&row.text("DocumentType")) != kind {
            return None;
        }
        let by_uuid = set.concerns_uuid.and_then(|property| {
            let owner = literal::bare(&row.text(property));
            self.shared.known.employee(&owner)
        });
        let by_number = set.concerns.iter().map(|property| row.text(property));
        let mut concerns: Vec<String> = Vec::new();
        for employee in by_number.chain(by_uuid) {
            if !employee.is_empty() && !concerns.contains(&employee) {
                concerns.push(employee);
            }
        }
        Some(FeedRow {
            record: record_ref(kind, set, &row.text("ObjectID")),
            version: self.version(set, row),
            identity_key: set.identity.map(|key| row.text(key)).unwrap_or_default(),
            concerns,
            party: set_of(kind)
                .filter(|_| PARTY_KINDS.contains(&kind))
                .and_then(|party| party.party(row, row.instant(self.stamp(set))))
                .map(Box::new),
        })
    }

    /// Whether a page is asked how many rows there are: the first one of parties, which fills the directory.
    fn counts(&self, set: &MirrorSet, lane: &Lane) -> bool {
        let first = lane.from().is_none() && lane.skip == 0;
        first && PARTY_KINDS.contains(&set.kind) && self.shared.known.has_property(set.name, COUNT)
    }

    fn page_address(&self, set: &'static MirrorSet, lane: &Lane) -> String {
        let stamp = self.stamp(set);
        let mut query = Query::set(set.name);
        if let Some(from) = lane.from() {
            query = query.filter(format!("{stamp} ge {}", literal::instant(from)));
        }
        if self.shared.known.selects(set.name) {
            let mut select = vec!["ObjectID", "ETag", stamp];
            select.extend(set.identity);
            select.extend(set.is_series().then_some("DocumentType"));
            select.extend(set.concerns);
            select.extend(set.concerns_uuid);
            if let Some(party) = set_of(set.kind).filter(|_| PARTY_KINDS.contains(&set.kind)) {
                let more = party.select().into_iter().chain(party.select_more());
                for property in more {
                    if !select.contains(&property) {
                        select.push(property);
                    }
                }
            }
            query = query.select(&select);
        }
        query = query
            .order_by(&format!("{stamp} asc,ObjectID asc"))
            .top(self.page_size());
        if self.counts(set, lane) {
            query = query.count();
        }
        if lane.skip > 0 {
            query = query.skip(lane.skip);
        }
        query.address()
    }
}

impl Lane {
    /// The stamp to read from.
    fn from(&self) -> Option<Timestamp> {
        if self.more {
            return Timestamp::from_millisecond(self.at?).ok();
        }
        let high = Timestamp::from_millisecond(self.high?).ok()?;
        high.checked_sub(OVERLAP).ok()
    }

    /// Takes a page in: what is new in it, by stamp.
    fn take(&mut self, stamp: &str, page_size: usize, page: Rows) -> Vec<(i64, Row)> {
        let count = page.rows.len();
        let full = page.next.is_some() || count >= page_size;
        let from = self.from().map(Timestamp::as_millisecond);
        let mut last = None;
        let mut fresh = Vec::new();
        for row in page.rows {
            let at = row.instant(stamp).map(Timestamp::as_millisecond);
            last = last.max(at);
            let (id, tag) = (row.text("ObjectID"), row.tag());
            if id.is_empty() {
                continue;
            }
            let at = at.unwrap_or(i64::MIN);
            let digest = digest(&id, &tag, at);
            if self.seen.iter().any(|(_, seen)| *seen == digest) {
                continue;
            }
            self.seen.push((at, digest));
            fresh.push((at, row));
        }
        // A page whose rows all bear the stamp it was asked from leads nowhere by stamp.
        let stuck = full && (last.is_none() || last == from);
        self.skip = if stuck { self.skip + count } else { 0 };
        self.more = full && count > 0;
        self.at = last.filter(|_| self.more);
        self.high = self.high.max(last);
        self.forget();
        fresh
    }

    /// Keeps the newest of what can come again.
    fn forget(&mut self) {
        if let Some(high) = self.high {
            let least = high.saturating_sub(i64::try_from(OVERLAP.as_millis()).unwrap_or(i64::MAX));
            self.seen.retain(|(at, _)| *at >= least);
        }
        if self.seen.len() > MOST_SEEN {
            self.seen.sort_unstable();
            self.seen.drain(..self.seen.len() - MOST_SEEN);
        }
    }
}

/// A short mark of a row's state: its version and its stamp, which are different clocks. Two rows with the same mark cost one hint in 2^64; another compiler's mark
/// costs a repeated one.
fn digest(id: &str, tag: &str, at: i64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (id, tag, at).hash(&mut hasher);
    hasher.finish()
}
