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
    /// At least one is not: nothing of that class is executed and the mailbox is held. Deletions are one class here,
    /// whatever they take away.
    Held {
        /// The class; of deletions the one that weighs most.
        class: EffectClass,
        /// What the plans want.
        wanted: u64,
        /// What is allowed.
        allowed: u64,
    },
}

/// Compares what plans want with the budgets. Whatever is deleted or cancelled, on either side, counts together: that is
/// what people lose in one session (INV-7). `linked` is the number of linked items of the mailbox, which the share of
/// deletions is taken of.
pub fn check(tally: &Tally, budgets: &Budgets, linked: u64) -> Budget {
    let share = linked.saturating_mul(u64::from(budgets.deletions_percent)) / 100;
    let allowed = u64::from(budgets.deletions).max(share);
    let deletions = [
        EffectClass::DeleteRecord,
        EffectClass::CancelRecord,
        EffectClass::DeleteItem,
    ];
    let wanted = deletions.map(|class| tally.count(class)).iter().sum();
    // The card names the class that weighs most; of equal ones the first.
    let heaviest = deletions
        .into_iter()
        .rev()
        .max_by_key(|class| tally.count(*class))
        .unwrap_or(EffectClass::DeleteRecord);
    if wanted <= allowed {
        return Budget::Go;
    }
    Budget::Held {
        class: heaviest,
        wanted,
        allowed,
    }
}
