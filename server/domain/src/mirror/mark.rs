//! What people see on an item of a mirrored pair: our category, our mark and our folder (MBX-01, CON-01).

use super::{Pair, Rules};
use crate::{
    ReasonCode, SyncSettings, Trace,
    plan::{Effect, Stamp, StampRecord},
    port::{EventRole, Item, Series},
};

/// The categories of an item that could not be stored, with that of errors (MBX-03). `None`: it has that already, or
/// it is not ours to mark: an attendee's copy (INV-11), or an occurrence, where a mark would change the series.
pub fn error_categories(item: &Item, settings: &SyncSettings) -> Option<Vec<String>> {
    let error = &settings.names.error_category;
    let left_alone = item.event.as_ref().is_some_and(|event| {
        event.role == EventRole::Attendee || matches!(event.series, Series::Exception { .. })
    });
    let marked = item.categories.iter().any(|name| same_name(name, error));
    if left_alone || marked {
        return None;
    }
    let mut categories = item.categories.clone();
    categories.push(error.clone());
    Some(categories)
}

/// Takes our categories off an item that is mirrored no more. Those of an occurrence are its series'.
pub(super) fn unmark(pair: &Pair<'_>, item: &Item, rules: &Rules<'_>) -> Option<Effect> {
    if is_occurrence(item) {
        return None;
    }
    let category = pair.category(rules.settings);
    let error = &rules.settings.names.error_category;
    let kept: Vec<String> = item
        .categories
        .iter()
        .filter(|name| !same_name(name, category) && !same_name(name, error))
        .cloned()
        .collect();
    (kept.len() < item.categories.len()).then(|| Effect::MarkItem {
        item: item.id.clone(),
        categories: kept,
        stamp: None,
    })
}

/// Our category, our mark and, for contacts, our folder (CON-01).
pub(super) fn mark_effects(
    pair: &Pair<'_>,
    item: &Item,
    record: StampRecord,
    rules: &Rules<'_>,
    trace: &mut Trace,
) -> Vec<Effect> {
    if is_occurrence(item) {
        // It has its series' category, and writing to it would change the series.
        return Vec::new();
    }
    let stamped = match (&record, &item.link) {
        (StampRecord::Existing(record), Some(stamp)) => {
            stamp.tenant == rules.tenant.as_str() && stamp.record == *record
        }
        _ => false,
    };
    let category = pair.category(rules.settings);
    let error = &rules.settings.names.error_category;
    let has = |wanted: &str| item.categories.iter().any(|name| same_name(name, wanted));
    let mut effects = Vec::new();
    if !stamped || !has(category) || has(error) {
        let mut categories = item.categories.clone();
        categories.retain(|name| !same_name(name, error));
        if !has(category) {
            categories.push(category.to_owned());
        }
        trace.pass("MBX-01", ReasonCode::MarkPlanned);
        effects.push(Effect::MarkItem {
            item: item.id.clone(),
            categories,
            stamp: (!stamped).then(|| Stamp {
                tenant: rules.tenant.clone(),
                record,
            }),
        });
    }
    if pair.is_party() && pair.folder.is_some_and(|folder| folder != pair.home()) {
        trace.pass("CON-01", ReasonCode::MovePlanned);
        effects.push(Effect::MoveItem {
            item: item.id.clone(),
            to: pair.home(),
        });
    }
    effects
}

/// Whether the item is a single occurrence of a series.
pub(super) fn is_occurrence(item: &Item) -> bool {
    let event = item.event.as_ref();
    event.is_some_and(|event| matches!(event.series, Series::Exception { .. }))
}

/// Whether the item carries our category.
pub(super) fn is_marked(pair: &Pair<'_>, item: &Item, rules: &Rules<'_>) -> bool {
    let category = pair.category(rules.settings);
    item.categories.iter().any(|name| same_name(name, category))
}

fn same_name(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}
