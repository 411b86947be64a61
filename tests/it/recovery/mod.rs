//! Recovery: what is known is lost on one side or the other; everything is found again by its identity.

mod lost;
mod refreshed;
