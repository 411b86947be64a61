//! The deletions of a session as a list: to show, and to approve exactly as they are (INV-7).

use ssi_domain::plan::Effect;

/// Deletions of a held plan that are shown one by one.
const MOST_LISTED: usize = 100;

/// The first deletions, by ids only.
pub(super) fn listed(planned: &[Vec<Effect>]) -> Vec<serde_json::Value> {
    let record = |class: &str, record: &ssi_domain::RecordRef| {
        let id = record.id.as_str();
        serde_json::json!({ "class": class, "kind": record.kind.name(), "record": id })
    };
    let deletions = planned.iter().flatten().filter_map(|effect| match effect {
        Effect::DeleteItem { item, .. } => {
            let class = effect.class().name();
            Some(serde_json::json!({ "class": class, "item": item.as_str() }))
        }
        Effect::DeleteRecord { record: id, .. } => Some(record(effect.class().name(), id)),
        Effect::CancelRecord { record: id, .. } => Some(record(effect.class().name(), id)),
        _ => None,
    });
    deletions.take(MOST_LISTED).collect()
}

/// A digest of exactly these deletions: an approval is for them and nothing else.
pub(super) fn digest(planned: &[Vec<Effect>]) -> String {
    let mut lines: Vec<String> = planned
        .iter()
        .flatten()
        .filter_map(|effect| match effect {
            Effect::DeleteItem { item, version } => Some(format!("item {item} {version}")),
            Effect::DeleteRecord { record, version } => {
                Some(format!("delete {}/{} {version}", record.kind, record.id))
            }
            Effect::CancelRecord { record, version } => {
                Some(format!("cancel {}/{} {version}", record.kind, record.id))
            }
            _ => None,
        })
        .collect();
    lines.sort();
    blake3::hash(lines.join("\n").as_bytes())
        .to_hex()
        .to_string()
}
