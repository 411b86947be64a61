//! Whose mailbox has a record: what the CRM gives to somebody else, and who of two people has a visit.

mod given_away;
mod switched;
mod visits;
