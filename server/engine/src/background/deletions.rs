//! The deletions of a session as a list: to show, and to approve exactly as they are (INV-7).

use std::collections::BTreeMap;

use ssi_domain::{
    ItemId, Kind, Trace,
    plan::{Budget, Effect, EffectClass, Plan, Tally, check},
    settings::Budgets,
};

use crate::transfer::mirror::Mirrored;

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

/// What a session would take away from one pair.
pub(super) struct Doom {
    kind: Kind,
    item: Option<ItemId>,
    effects: Vec<Effect>,
    /// Its record is gone and its item stays: the pair ends.
    parts: bool,
}

impl Doom {
    /// What a look would take away; `None`: nothing.
    pub(super) fn of(mirrored: &Mirrored) -> Option<Self> {
        let effects = mirrored.planned.iter().filter(|effect| takes_away(effect));
        let effects: Vec<Effect> = effects.cloned().collect();
        let parts = mirrored.parts && effects.is_empty();
        (parts || !effects.is_empty()).then(|| Self {
            kind: mirrored.kind,
            item: mirrored.item.clone(),
            effects,
            parts,
        })
    }

    /// The item of the pair.
    pub(super) fn item(&self) -> Option<&ItemId> {
        self.item.as_ref()
    }
}

/// Fewer pairs of a kind that end together are nothing out of the ordinary.
const LEAST_EMPTIED: u64 = 5;

/// Whether what would be taken away is above the budget, or most of a kind reads as gone on one side: asked alike by a
/// session and by a dry run (INV-7). `linked` are the pairs of the mailbox by kind.
pub(super) fn over(
    doomed: &[Doom],
    budgets: &Budgets,
    linked: &BTreeMap<Kind, u64>,
) -> Option<Over> {
    let plans: Vec<Plan> = doomed
        .iter()
        .map(|doom| Plan {
            effects: doom.effects.clone(),
            trace: Trace::new(),
        })
        .collect();
    let tally = Tally::of(&plans);
    let parted = doomed.iter().filter(|doom| doom.parts).count() as u64;
    let (class, wanted, allowed) = match check(&tally, budgets, linked.values().sum()) {
        Budget::Held {
            class,
            wanted,
            allowed,
        } => (class, wanted, allowed),
        _ => {
            let (wanted, allowed) = emptied(doomed, linked)?;
            let class = match parted > 0 {
                true => EffectClass::MarkItem,
                false => plans.iter().flat_map(|plan| &plan.effects).next()?.class(),
            };
            (class, wanted, allowed)
        }
    };
    let counts = [
        EffectClass::CancelRecord,
        EffectClass::DeleteRecord,
        EffectClass::DeleteItem,
    ]
    .map(|class| (class, tally.count(class)));
    let counts = counts.into_iter().chain([(EffectClass::MarkItem, parted)]);
    Some(Over {
        class,
        wanted,
        allowed,
        digest: digest(doomed),
        counts: counts.filter(|(_, count)| *count > 0).collect(),
    })
}

/// A kind of which more than half would end at once: so looks a side that cannot be seen into. Answers how many would,
/// and how many may.
fn emptied(doomed: &[Doom], linked: &BTreeMap<Kind, u64>) -> Option<(u64, u64)> {
    let mut ending: BTreeMap<Kind, u64> = BTreeMap::new();
    for doom in doomed {
        *ending.entry(doom.kind).or_default() += 1;
    }
    ending.into_iter().find_map(|(kind, count)| {
        let half = linked.get(&kind).copied().unwrap_or_default() / 2;
        (count >= LEAST_EMPTIED && count > half).then_some((count, half))
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
pub(super) fn listed(doomed: &[Doom]) -> Vec<serde_json::Value> {
    let record = |class: &str, record: &ssi_domain::RecordRef| {
        let id = record.id.as_str();
        serde_json::json!({ "class": class, "kind": record.kind.name(), "record": id })
    };
    let deletions = doomed.iter().flat_map(|doom| &doom.effects);
    let deletions = deletions.filter_map(|effect| match effect {
        Effect::DeleteItem { item, .. } => {
            let class = effect.class().name();
            Some(serde_json::json!({ "class": class, "item": item.as_str() }))
        }
        Effect::DeleteRecord { record: id, .. } => Some(record(effect.class().name(), id)),
        Effect::CancelRecord { record: id, .. } => Some(record(effect.class().name(), id)),
        _ => None,
    });
    let parted = doomed.iter().filter(|doom| doom.parts).map(|doom| {
        let item = doom.item.as_ref().map(ItemId::as_str);
        let class = EffectClass::MarkItem.name();
        serde_json::json!({ "class": class, "kind": doom.kind.name(), "item": item })
    });
    deletions.chain(parted).take(MOST_LISTED).collect()
}

/// A digest of exactly these deletions: an approval is for them and nothing else.
fn digest(doomed: &[Doom]) -> String {
    let mut lines: Vec<String> = doomed
        .iter()
        .flat_map(|doom| &doom.effects)
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
    let parted = doomed.iter().filter(|doom| doom.parts);
    lines.extend(parted.filter_map(|doom| Some(format!("part {}", doom.item.as_ref()?))));
    lines.sort();
    blake3::hash(lines.join("\n").as_bytes())
        .to_hex()
        .to_string()
}
