//! Faults and gates: which calls go wrong or are held, decided at run time.

mod gate;
mod inject;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::response::Response;
use serde::{Deserialize, Serialize};

pub use gate::{GatePoint, GateRule, GateView};
pub use inject::AbortConnection;
pub(crate) use inject::LOOP;

/// One way a call can go wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// Does the work, then closes the connection (`close`) or never answers.
    TimeoutAfterSuccess {
        /// Close instead of hanging.
        #[serde(default)]
        close: bool,
    },
    /// 401 without doing the work.
    Unauthorized,
    /// 503 without doing the work.
    Unavailable503 {
        /// Value of `Retry-After`, seconds.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// Does the work, sends half of the answer, then drops the connection.
    TruncatedAnswer,
    /// Does the work, answers late.
    SlowAnswer {
        /// Delay, milliseconds.
        ms: u64,
    },
    /// The server's own throttling answer (EWS: fault `ErrorServerBusy`; OData: 503), work not done.
    ServerBusy {
        /// Asked-for pause, milliseconds.
        backoff_ms: u64,
    },
    /// An HTML page with status 200, work not done.
    HtmlWith200,
    /// A redirect to an address that redirects to itself for ever, work not done.
    RedirectLoop,
    /// Drops the connection before doing the work.
    Crash,
    /// Does the work, answers 200 with the right type but a body that does not parse.
    MalformedBody,
    /// 400 with OData's error envelope and this message, work not done.
    Refused400 {
        /// What the server says it dislikes.
        message: String,
    },
    /// 403 with OData's error envelope: the user lacks the authorisation; work not done.
    Forbidden403,
}

/// When a fault strikes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FaultRule {
    /// `ews`, `odata`; absent = any.
    #[serde(default)]
    pub face: Option<String>,
    /// Operation as counted (for instance `CreateItem`); absent = any.
    #[serde(default)]
    pub operation: Option<String>,
    /// First matching call that is hit, counted from 1 when the rule was added.
    #[serde(default = "one")]
    pub nth: u64,
    /// How many calls in a row are hit; 0 = all from `nth` on.
    #[serde(default = "one")]
    pub times: u64,
    /// What happens.
    pub fault: Fault,
}

fn one() -> u64 {
    1
}

impl FaultRule {
    /// Strikes the next matching call, once.
    pub fn once(face: &str, operation: &str, fault: Fault) -> Self {
        Self {
            face: Some(face.to_owned()),
            operation: Some(operation.to_owned()),
            nth: 1,
            times: 1,
            fault,
        }
    }
}

/// A rule with its history.
#[derive(Clone, Debug, Serialize)]
pub struct FaultView {
    /// Number of the rule, for removing it.
    pub id: u64,
    /// The rule as added.
    #[serde(flatten)]
    pub rule: FaultRule,
    /// Matching calls seen so far.
    pub seen: u64,
    /// Calls actually hit.
    pub hit: u64,
}

#[derive(Default)]
struct State {
    next_id: u64,
    rules: Vec<FaultView>,
    gates: Vec<gate::Gate>,
}

/// The switchboard; clones share it.
#[derive(Clone, Default)]
pub struct Faults {
    state: Arc<Mutex<State>>,
}

fn matches(wanted: Option<&str>, actual: &str) -> bool {
    wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(actual))
}

impl Faults {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a rule and returns its number.
    pub fn add(&self, rule: FaultRule) -> u64 {
        let mut state = self.state();
        state.next_id += 1;
        let id = state.next_id;
        state.rules.push(FaultView {
            id,
            rule,
            seen: 0,
            hit: 0,
        });
        id
    }

    /// Removes one rule; false when there is none with that number.
    pub fn remove(&self, id: u64) -> bool {
        let mut state = self.state();
        let before = state.rules.len();
        state.rules.retain(|view| view.id != id);
        state.rules.len() != before
    }

    /// Removes all rules. Gates stay.
    pub fn clear(&self) {
        self.state().rules.clear();
    }

    /// All rules with their counters.
    pub fn list(&self) -> Vec<FaultView> {
        self.state().rules.clone()
    }

    /// Counts this call against every matching rule and returns the first fault that strikes.
    pub fn pick(&self, face: &str, operation: &str) -> Option<Fault> {
        let mut struck = None;
        for view in &mut self.state().rules {
            let rule = &view.rule;
            if !matches(rule.face.as_deref(), face)
                || !matches(rule.operation.as_deref(), operation)
            {
                continue;
            }
            view.seen += 1;
            let first = rule.nth.max(1);
            let in_range = view.seen >= first
                && (rule.times == 0 || view.seen < first.saturating_add(rule.times));
            if in_range && struck.is_none() {
                view.hit += 1;
                struck = Some(rule.fault.clone());
            }
        }
        struck
    }

    /// Runs `work` the way the rules want: held at gates, hit by at most one fault.
    pub async fn apply<W>(&self, face: &str, operation: &str, work: W) -> Response
    where
        W: Future<Output = Response>,
    {
        self.wait_at_gates(face, operation, GatePoint::Before).await;
        let fault = self.pick(face, operation);
        let response = match fault {
            None => work.await,
            Some(fault) => inject::strike(fault, face, work).await,
        };
        self.wait_at_gates(face, operation, GatePoint::After).await;
        response
    }
}
