//! The directory: parties of the CRM by address, domain and name, and the pure half of the search over them:
//! folding, the keys a text is indexed under, and whether a party answers a query.

mod distance;
mod fold;
mod index;
mod key;
mod party;
mod posting;
mod query;

pub use distance::prefix_distance;
pub use fold::{fold, words};
pub use index::{KeyIndex, Pointer, Pointers};
pub use key::{kind_key, party_keys};
pub use party::{Party, site_domain};
pub use posting::{Posting, SLOTS, Tally};
pub use query::{Fit, Loose, Query};
