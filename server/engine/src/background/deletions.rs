//! The deletions of a session as a list: to show, and to approve exactly as they are (INV-7).

use std::collections::BTreeMap;

use ssi_domain::{
    Trace,
    plan::{Budget, Effect, EffectClass, Plan, Tally, check},
    settings::Budgets,
};

/// Deletions of a held plan that are shown one by one.
const MOST_LISTED: usize = 100;

/// Deletions above the budget of a session.
pub(super) struct Over {
    pub(super) class: EffectClass,
    pub(super) wanted: u64,
    pub(super) allowed: u64,
    /// Stands for exactly these deletions.
    pub(super) digest: String,
    /// The deletions by class.
    pub(super) counts: BTreeMap<EffectClass, u64>,
}

/// Whether these effects are above the budget, asked alike by a session and by a dry run (INV-7). `linked` is
/// the number of pairs of the mailbox.
pub(super) fn over(planned: &[Vec<Effect>], budgets: &Budgets, linked: u64) -> Option<Over> {
    let plans: Vec<Plan> = planned
        .iter()
        .map(|effects| Plan {
            effects: effects.clone(),
            trace: Trace::new(),
        })
        .collect();
    let tally = Tally::of(&plans);
    let Budget::Held {
        class,
        wanted,
        allowed,
    } = check(&tally, budgets, linked)
    else {
        return None;
    };
    let counts = [
        EffectClass::CancelRecord,
        EffectClass::DeleteRecord,
        EffectClass::DeleteItem,
    ]
    .map(|class| (class, tally.count(class)));
    Some(Over {
        class,
        wanted,
        allowed,
        digest: digest(planned),
        counts: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
    })
}

/// Whether an effect takes something away.
pub(super) fn takes_away(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::CancelRecord { .. } | Effect::DeleteRecord { .. } | Effect::DeleteItem { .. }
    )
}

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
fn digest(planned: &[Vec<Effect>]) -> String {
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
