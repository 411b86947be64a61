//! Budgets: how much of each noticeable effect a session may have (INV-7, INV-12).

use std::collections::BTreeMap;

use crate::{
    plan::{EffectClass, Plan},
    settings::Budgets,
};

/// Effects counted by class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<EffectClass, u64>);

impl Tally {
    /// The effects of these plans.
    pub fn of(plans: &[Plan]) -> Self {
        let mut tally = Self::default();
        for effect in plans.iter().flat_map(|plan| &plan.effects) {
            tally.add(effect.class(), 1);
        }
        tally
    }

    /// Adds effects of a class.
    pub fn add(&mut self, class: EffectClass, count: u64) {
        *self.0.entry(class).or_default() += count;
    }

    /// How many effects of a class there are.
    pub fn count(&self, class: EffectClass) -> u64 {
        self.0.get(&class).copied().unwrap_or_default()
    }
}

/// Whether a session may execute its plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Budget {
    /// All classes are within their budgets.
    Go,
    /// At least one is not: nothing of that class is executed and the mailbox is held.
    Held {
        /// The class.
        class: EffectClass,
        /// What the plans want.
        wanted: u64,
        /// What is allowed.
        allowed: u64,
    },
}

/// Compares what plans want with the budgets; cancelled records count like deleted ones (INV-7). `linked` is the number of linked items of the mailbox,
/// which the share of deletions is taken of.
pub fn check(tally: &Tally, budgets: &Budgets, linked: u64) -> Budget {
    let share = linked.saturating_mul(u64::from(budgets.deletions_percent)) / 100;
    let deletions = u64::from(budgets.deletions).max(share);
    let cancelled = tally.count(EffectClass::CancelRecord);
    let deleted = tally.count(EffectClass::DeleteRecord);
    // Together they are what people lose in the CRM; the card names the one that weighs more.
    let records = if cancelled > deleted {
        EffectClass::CancelRecord
    } else {
        EffectClass::DeleteRecord
    };
    let notify = EffectClass::NotifyAttendees;
    let item = EffectClass::DeleteItem;
    let limits = [
        (notify, tally.count(notify), budgets.notifications.into()),
        (records, cancelled + deleted, deletions),
        (item, tally.count(item), deletions),
    ];
    limits
        .into_iter()
        .find(|(_, wanted, allowed)| wanted > allowed)
        .map_or(Budget::Go, |(class, wanted, allowed)| Budget::Held {
            class,
            wanted,
            allowed,
        })
}
