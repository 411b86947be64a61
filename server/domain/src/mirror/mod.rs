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
mod gone;
mod guests;
mod hold;
mod left;
mod mark;
pub mod occurrence;
mod pair;
mod plan;
mod redact;
mod remind;
mod words;

pub use account::{earliest_account, only_account};
pub use asked::{Asked, Facts, asked, look_again_at, past, past_task};
pub use attach::{described as attachment_described, rule as attachment_rule};
pub use check::{UNREADABLE, Unfit, check, complete};
pub use describe::own_text;
pub use hold::{Hold, Named, named, responsible};
pub use left::{Left, left, limit_reached};
pub use mark::error_categories;
pub use pair::{Fate, Known, MirrorPlan, Origin, Pair, Role, Rules, Scope, View, home};
pub use plan::{CANCELLED, plan};
pub use redact::{is_private, redact};

#[cfg(test)]
mod matrix;
#[cfg(test)]
mod tests;
