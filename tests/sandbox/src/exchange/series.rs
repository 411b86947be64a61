//! A recurring event: its occurrences, and what became of single ones of them.
//!
//! An exception holds only what differs from the series, so that later changes of the series reach it too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Failure;
use super::item::{Attachment, Body, Draft};
use super::property::{ExtendedKey, ExtendedValue, Value};
use super::recurrence::Recurrence;

/// Changed and deleted occurrences, by original start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Changed ones.
    pub exceptions: BTreeMap<Timestamp, Exception>,
    /// Deleted ones.
    pub deleted: BTreeSet<Timestamp>,
}

/// What an occurrence has in place of what the series has; an inner `None` is something it does not have.
#[derive(Clone, Debug, Default)]
pub struct Exception {
    properties: BTreeMap<&'static str, Option<Value>>,
    extended: BTreeMap<ExtendedKey, Option<ExtendedValue>>,
    body: Option<Body>,
    attachments: Option<Vec<Arc<Attachment>>>,
}

impl PartialEq for Exception {
    fn eq(&self, other: &Self) -> bool {
        let files = |one: &Self| one.attachments.as_ref().map(Vec::len);
        self.properties == other.properties
            && self.extended == other.extended
            && self.body == other.body
            && files(self) == files(other)
    }
}

/// What the server derives for every occurrence anew.
const DERIVED: [&str; 4] = [
    "CalendarItemType",
    "OriginalStart",
    "RecurrenceId",
    "IsRecurring",
];

fn differences<K: Ord + Clone, V: PartialEq + Clone>(
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
) -> BTreeMap<K, Option<V>> {
    let lost = before.keys().filter(|key| !after.contains_key(key));
    let lost = lost.map(|key| (key.clone(), None));
    let changed = after
        .iter()
        .filter(|(key, value)| before.get(key) != Some(*value))
        .map(|(key, value)| (key.clone(), Some(value.clone())));
    lost.chain(changed).collect()
}

fn overlay<K: Ord + Clone, V: Clone>(onto: &mut BTreeMap<K, V>, changes: &BTreeMap<K, Option<V>>) {
    for (key, value) in changes {
        match value {
            Some(value) => onto.insert(key.clone(), value.clone()),
            None => onto.remove(key),
        };
    }
}

impl Exception {
    /// What `after` has that the plain occurrence `before` has not.
    pub(super) fn between(before: &Draft, after: &Draft) -> Self {
        let mut properties = differences(&before.properties, &after.properties);
        properties.retain(|name, _| !DERIVED.contains(name));
        let same_files = before.attachments.len() == after.attachments.len()
            && before
                .attachments
                .iter()
                .zip(&after.attachments)
                .all(|(left, right)| Arc::ptr_eq(left, right));
        Self {
            properties,
            extended: differences(&before.extended, &after.extended),
            body: (before.body != after.body).then(|| after.body.clone()),
            attachments: (!same_files).then(|| after.attachments.clone()),
        }
    }

    fn lay_over(&self, occurrence: &mut Draft) {
        overlay(&mut occurrence.properties, &self.properties);
        overlay(&mut occurrence.extended, &self.extended);
        if let Some(body) = &self.body {
            occurrence.body = body.clone();
        }
        if let Some(attachments) = &self.attachments {
            occurrence.attachments.clone_from(attachments);
        }
    }
}

/// Start and end of an event at a wall clock time. The span is civil, so that an all-day event stays one across
/// a change of the clocks; where the change would turn it round it keeps its length.
pub(super) fn span_on(
    rules: &TimeZone,
    wall: DateTime,
    span: SignedDuration,
) -> Option<(Timestamp, Timestamp)> {
    let at = |wall: DateTime| {
        let zoned = wall.to_zoned(rules.clone()).ok()?;
        Some(zoned.timestamp())
    };
    let start = at(wall)?;
    let end = at(wall.checked_add(span).ok()?)?;
    if end >= start {
        return Some((start, end));
    }
    let end = start.checked_add(span.max(SignedDuration::ZERO)).ok()?;
    Some((start, end))
}

impl Draft {
    /// The recurrence of a series or a recurring task.
    pub fn recurrence(&self) -> Option<&Recurrence> {
        match self.properties.get("Recurrence") {
            Some(Value::Recurrence(recurrence)) => Some(recurrence),
            _ => None,
        }
    }

    /// Rules of the zone the event was made in.
    pub fn rules(&self) -> TimeZone {
        match self.properties.get("StartTimeZone") {
            Some(Value::Zone(zone)) => zone.rules.clone(),
            _ => TimeZone::UTC,
        }
    }

    /// Start and end on the wall clock of the series.
    fn wall(&self) -> Option<(DateTime, DateTime)> {
        let rules = self.rules();
        let wall = |name: &str| self.time(name).map(|at| rules.to_datetime(at));
        Some((wall("Start")?, wall("End")?))
    }

    /// The original starts of all occurrences, deleted and changed ones too.
    pub fn starts(&self) -> impl Iterator<Item = Timestamp> + '_ {
        let rules = self.rules();
        let clock = self.wall().map(|(start, _)| start.time());
        let days = self.recurrence().into_iter().flat_map(Recurrence::days);
        days.map_while(move |day| {
            let start = day.to_datetime(clock?).to_zoned(rules.clone());
            start.ok().map(|start| start.timestamp())
        })
    }

    /// The occurrence with that original start as the series makes it, without what was changed about it.
    pub(super) fn plain_occurrence(&self, original: Timestamp) -> Option<Self> {
        let found = self.starts().take_while(|start| *start <= original).last();
        if found != Some(original) {
            return None;
        }
        self.shaped(original)
    }

    /// As [`Draft::plain_occurrence`] for an original start known to be one.
    fn shaped(&self, original: Timestamp) -> Option<Self> {
        let rules = self.rules();
        let (start, end) = self.wall()?;
        let wall = rules.to_datetime(original);
        let (_, ends) = span_on(&rules, wall, start.duration_until(end))?;
        let mut occurrence = self.clone();
        occurrence.series = Series::default();
        let properties = &mut occurrence.properties;
        properties.remove("Recurrence");
        let times = [
            ("Start", original),
            ("End", ends),
            ("OriginalStart", original),
            ("RecurrenceId", original),
            ("ReminderDueBy", original),
        ];
        properties.extend(times.map(|(name, at)| (name, Value::Time(at))));
        properties.insert("IsRecurring", Value::Bool(true));
        properties.insert("CalendarItemType", Value::Text("Occurrence".to_owned()));
        Some(occurrence)
    }

    fn with_exception(&self, mut occurrence: Self, original: Timestamp) -> Self {
        if let Some(exception) = self.series.exceptions.get(&original) {
            exception.lay_over(&mut occurrence);
            let kind = Value::Text("Exception".to_owned());
            occurrence.properties.insert("CalendarItemType", kind);
        }
        occurrence
    }

    /// The occurrence with that original start as it is now; `None` when the series has none there or it was
    /// deleted.
    pub fn occurrence(&self, original: Timestamp) -> Option<Self> {
        if self.series.deleted.contains(&original) {
            return None;
        }
        let plain = self.plain_occurrence(original)?;
        Some(self.with_exception(plain, original))
    }

    /// All occurrences as they are now whose original start is not after `until`, with their original starts.
    pub fn occurrences(&self, until: Timestamp) -> impl Iterator<Item = (Timestamp, Self)> + '_ {
        self.starts()
            .take_while(move |start| *start <= until)
            .filter(|start| !self.series.deleted.contains(start))
            .filter_map(|start| Some((start, self.with_exception(self.shaped(start)?, start))))
    }

    /// Start and end of an occurrence as it is now, cheaper than the whole of it.
    pub fn span_of(&self, original: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let at = |exception: &Exception, name: &str| match exception.properties.get(name) {
            Some(Some(Value::Time(at))) => Some(*at),
            _ => None,
        };
        let (start, end) = self.wall()?;
        let rules = self.rules();
        let wall = rules.to_datetime(original);
        let (_, ends) = span_on(&rules, wall, start.duration_until(end))?;
        let exception = self.series.exceptions.get(&original);
        let moved = |name: &str| exception.and_then(|exception| at(exception, name));
        Some((
            moved("Start").unwrap_or(original),
            moved("End").unwrap_or(ends),
        ))
    }

    /// The original start of the occurrence with that number, counted from 1 over deleted ones too.
    ///
    /// # Errors
    /// `ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange`, `ErrorCalendarOccurrenceIsDeletedFromRecurrence`.
    pub fn occurrence_at(&self, index: usize) -> Result<Timestamp, Failure> {
        let at = index.checked_sub(1).ok_or(Failure::OCCURRENCE_INDEX)?;
        let start = self.starts().nth(at).ok_or(Failure::OCCURRENCE_INDEX)?;
        if self.series.deleted.contains(&start) {
            return Err(Failure::OCCURRENCE_DELETED);
        }
        Ok(start)
    }

    /// The first and the last occurrence that is left; an endless series has no last one.
    pub fn first_and_last(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let mut left = self
            .starts()
            .filter(|start| !self.series.deleted.contains(start));
        let first = left.next();
        let endless = matches!(
            self.recurrence().map(|recurrence| recurrence.range),
            Some(super::recurrence::Range::NoEnd { .. }) | None
        );
        let last = if endless { None } else { left.last().or(first) };
        (first, last)
    }

    /// Whether an occurrence may start at `new`: no two on one day, none jumps over its neighbour.
    ///
    /// # Errors
    /// `ErrorOccurrenceCrossingBoundary`.
    pub(super) fn check_place(&self, original: Timestamp, new: Timestamp) -> Result<(), Failure> {
        let rules = self.rules();
        let day = |at: Timestamp| rules.to_datetime(at).date();
        let mut earlier = None;
        let mut later = None;
        for start in self.starts() {
            if self.series.deleted.contains(&start) || start == original {
                continue;
            }
            let now = self.span_of(start).map_or(start, |(start, _)| start);
            if start < original {
                earlier = Some(now);
            } else {
                later = Some(now);
                break;
            }
        }
        let fits = earlier.is_none_or(|earlier| day(earlier) < day(new))
            && later.is_none_or(|later| day(new) < day(later));
        if fits {
            Ok(())
        } else {
            Err(Failure::OCCURRENCE_CROSSING)
        }
    }
}
