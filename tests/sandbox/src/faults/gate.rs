//! Gates hold calls of an operation until released, so that a test can kill the caller at that very point.

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Faults, matches, one};

/// Where a call is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GatePoint {
    /// Request read, nothing done yet.
    #[default]
    Before,
    /// Work done, answer not sent.
    After,
}

impl GateRule {
    /// Holds this call, whatever it is, and those after it.
    pub fn any(nth: u64, point: GatePoint) -> Self {
        Self {
            face: None,
            operation: None,
            nth,
            point,
        }
    }
}

/// Which calls a gate holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GateRule {
    /// `ews`, `odata`; absent = any.
    #[serde(default)]
    pub face: Option<String>,
    /// Operation as counted; absent = any.
    #[serde(default)]
    pub operation: Option<String>,
    /// First matching call that is held, counted from 1; later ones are held as well.
    #[serde(default = "one")]
    pub nth: u64,
    /// Before or after the work.
    #[serde(default)]
    pub point: GatePoint,
}

/// A gate as seen from outside.
#[derive(Clone, Debug, Serialize)]
pub struct GateView {
    /// Number of the gate, for releasing it.
    pub id: u64,
    /// The rule as added.
    #[serde(flatten)]
    pub rule: GateRule,
    /// Matching calls seen so far.
    pub seen: u64,
    /// Calls that reached the gate and were held.
    pub arrived: u64,
}

pub(super) struct Gate {
    id: u64,
    rule: GateRule,
    seen: u64,
    arrived: watch::Sender<u64>,
    open: watch::Sender<bool>,
}

impl Gate {
    fn view(&self) -> GateView {
        GateView {
            id: self.id,
            rule: self.rule.clone(),
            seen: self.seen,
            arrived: *self.arrived.borrow(),
        }
    }
}

impl Faults {
    /// Sets up a gate and returns its number.
    pub fn add_gate(&self, rule: GateRule) -> u64 {
        let mut state = self.state();
        state.next_id += 1;
        let id = state.next_id;
        let (arrived, _) = watch::channel(0);
        let (open, _) = watch::channel(false);
        state.gates.push(Gate {
            id,
            rule,
            seen: 0,
            arrived,
            open,
        });
        id
    }

    /// One gate, if it is still up.
    pub fn gate(&self, id: u64) -> Option<GateView> {
        self.state()
            .gates
            .iter()
            .find(|gate| gate.id == id)
            .map(Gate::view)
    }

    /// All gates that are up.
    pub fn gates(&self) -> Vec<GateView> {
        self.state().gates.iter().map(Gate::view).collect()
    }

    /// Takes a gate down: everything held behind it goes on. False when there is none.
    pub fn release_gate(&self, id: u64) -> bool {
        let mut state = self.state();
        let Some(at) = state.gates.iter().position(|gate| gate.id == id) else {
            return false;
        };
        let gate = state.gates.remove(at);
        gate.open.send_replace(true);
        true
    }

    /// Returns as soon as a call is held at the gate; at once when the gate is already gone.
    pub async fn gate_reached(&self, id: u64) {
        let arrived = self
            .state()
            .gates
            .iter()
            .find(|gate| gate.id == id)
            .map(|gate| gate.arrived.subscribe());
        if let Some(mut arrived) = arrived {
            // An error means the gate was taken down: nobody will arrive any more.
            let _gone = arrived.wait_for(|calls| *calls > 0).await.is_err();
        }
    }

    pub(super) async fn wait_at_gates(&self, face: &str, operation: &str, point: GatePoint) {
        let mut held = Vec::new();
        for gate in &mut self.state().gates {
            let rule = &gate.rule;
            if rule.point == point
                && matches(rule.face.as_deref(), face)
                && matches(rule.operation.as_deref(), operation)
            {
                gate.seen += 1;
                if gate.seen >= rule.nth.max(1) {
                    gate.arrived.send_modify(|calls| *calls += 1);
                    held.push(gate.open.subscribe());
                }
            }
        }
        for mut open in held {
            let _gone = open.wait_for(|open| *open).await.is_err();
        }
    }
}
