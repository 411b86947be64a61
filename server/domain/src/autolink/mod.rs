//! Which CRM records an item is linked to (LNK-01 to LNK-09): keys to look addresses up by, one ranking, two
//! selectors.
//!
//! [`candidate_keys`] and [`domain_proof`] say by what a party may be found, [`rank`] puts what was found in
//! the one order all linking uses, [`link_for_route`] (a session: one record) and [`link_ticked`] (the
//! add-in: all that stay ticked) choose from it. Every choice says why this one and why none of the others.

mod candidates;
mod keys;
mod rank;
mod same_name;
mod select;
mod text;
mod why;

pub use candidates::{Candidates, Missing, is_known};
pub use keys::{
    CandidateKey, candidate_keys, company_domain, domain_proof, filed_keys, mailbox_key,
};
pub use rank::{LINKED_KINDS, pinned_first, rank};
pub use same_name::same_person_name;
pub use select::{link_for_route, link_one, link_ticked, tiers};
pub use text::{MOST_IN_TEXT, addresses_in};

#[cfg(test)]
mod tests;
