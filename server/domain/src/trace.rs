//! The trace: why a decision came out as it did, rule by rule, fit to be stored and shown.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::ReasonCode;

/// What a rule did to the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The rule was looked at and let the item through.
    Pass,
    /// The rule ended the decision.
    Stop,
    /// Worth saying, without effect on the decision.
    Note,
}

/// One rule that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The rule's id in `docs/rules.md`, such as `EM-35`.
    pub rule: Cow<'static, str>,
    /// What it found.
    pub code: ReasonCode,
    /// What that did to the decision.
    pub outcome: Outcome,
    /// Counts and record ids; never subjects, addresses, names or text of an item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The rules in the order they were looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trace(pub Vec<Step>);

impl Trace {
    /// A trace without steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule that let the item through.
    pub fn pass(&mut self, rule: &'static str, code: ReasonCode) {
        self.push(rule, code, Outcome::Pass, None);
    }

    /// Adds the rule that ended the decision.
    pub fn stop(&mut self, rule: &'static str, code: ReasonCode) {
        self.push(rule, code, Outcome::Stop, None);
    }

    /// Adds a remark. `detail` carries counts and record ids only.
    pub fn note(&mut self, rule: &'static str, code: ReasonCode, detail: impl Into<String>) {
        self.push(rule, code, Outcome::Note, Some(detail.into()));
    }

    /// Adds the steps of a later decision about the same item.
    pub fn append(&mut self, mut later: Trace) {
        self.0.append(&mut later.0);
    }

    /// The reason the decision ended with: the last stop, else the last pass.
    pub fn decisive(&self) -> Option<ReasonCode> {
        let of = |outcome| {
            self.0
                .iter()
                .rev()
                .find(move |step| step.outcome == outcome)
        };
        of(Outcome::Stop)
            .or_else(|| of(Outcome::Pass))
            .map(|step| step.code)
    }

    /// The first code that let something through: what asked for it.
    pub fn first_passed(&self) -> Option<ReasonCode> {
        let mut steps = self.0.iter();
        let first = steps.find(|step| step.outcome == Outcome::Pass);
        first.map(|step| step.code)
    }

    fn push(
        &mut self,
        rule: &'static str,
        code: ReasonCode,
        outcome: Outcome,
        detail: Option<String>,
    ) {
        self.0.push(Step {
            rule: Cow::Borrowed(rule),
            code,
            outcome,
            detail,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// INV-23: what is stored is what was decided.
    #[test]
    fn a_trace_survives_storage() {
        let mut trace = Trace::new();
        trace.pass("EM-03", ReasonCode::InFolders);
        trace.note("EM-39", ReasonCode::SomeBlocked, "2 of 3");
        trace.stop("EM-35", ReasonCode::InternalOnly);

        let text = serde_json::to_string(&trace).expect("serialises");

        assert_eq!(
            serde_json::from_str::<Trace>(&text).expect("reads back"),
            trace
        );
        assert_eq!(trace.decisive(), Some(ReasonCode::InternalOnly));
        assert!(text.contains("\"internal_only\""), "{text}");
    }
}
