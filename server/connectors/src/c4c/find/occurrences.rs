//! Which records are single occurrences of a series: those that name it.

use ssi_domain::{RecordRef, port::Hit};

use super::probe::{Filter, Probe, Shape};
use crate::c4c::{
    known::Known,
    mirror::{
        days,
        set::{self, Target},
    },
    odata::{
        json::Row,
        literal::{bare, uuid_of},
    },
};

/// What an occurrence says of its series, and of the day it had in it.
const OF_SERIES: &str = "RecurringBusinessActivityNodeID";
const DAY: &str = "OccurrenceDate";
const SELECT: [&str; 4] = ["ObjectID", "ETag", OF_SERIES, DAY];

/// The set to ask and how; `None` where it has no occurrences, or cannot be asked for them.
pub(super) fn question(series: &RecordRef, known: &Known) -> Option<(&'static str, Shape)> {
    let set = set::of(series.kind).filter(|set| set.has_occurrences)?;
    let uuid = uuid_of(&Target::of(series)?.key)?;
    let property = OF_SERIES;
    let shape = Shape::Rows(Filter::Names { property, uuid }, SELECT.to_vec());
    known
        .has_property(set.name, OF_SERIES)
        .then_some((set.name, shape))
}

/// The rows that name the series, whatever the server took for equal.
pub(super) fn hits(series: &RecordRef, found: Vec<(Probe, Vec<Row>)>) -> Vec<Hit> {
    let (Some(set), Some(target)) = (set::of(series.kind), Target::of(series)) else {
        return Vec::new();
    };
    let rows = found.into_iter().flat_map(|(_, rows)| rows);
    let own = rows.filter(|row| bare(&row.text(OF_SERIES)) == bare(&target.key));
    own.filter_map(|row| {
        let day = days::day(row.instant(DAY)?, None);
        let id = row.text("ObjectID");
        (!id.is_empty()).then(|| Hit::Occurrence(set::record_ref(series.kind, set, &id), day))
    })
    .collect()
}
