//! Mirroring: what is to be done for one pair of item and record, as a pure function of how both sides
//! stand, what they last agreed on, and the settings.
//!
//! The matrix of `docs/decision-matrix.md` is printed from [`plan`]; a test keeps it true.

mod account;
mod asked;
mod attach;
mod check;
mod create;
mod describe;
mod form;
mod hold;
mod mark;
mod pair;
mod plan;
mod redact;
mod remind;

pub use account::choose_account;
pub use asked::{Asked, Facts, asked, past, past_task};
pub use attach::rule as attachment_rule;
pub use check::{UNREADABLE, Unfit, check, complete};
pub use describe::own_text;
pub use hold::{Hold, Named, named, responsible};
pub use pair::{Fate, Known, MirrorPlan, Origin, Pair, Role, Rules, Scope, View, home};
pub use plan::{CANCELLED, plan};
pub use redact::{is_private, redact};

#[cfg(test)]
mod matrix;
#[cfg(test)]
mod tests;
