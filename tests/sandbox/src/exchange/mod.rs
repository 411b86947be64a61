//! Exchange: people, their mailboxes and what happens in them, as plain state machines without any wire format.

mod configuration;
mod event;
mod failure;
mod fields;
mod folder;
mod ids;
mod item;
mod mailbox;
mod post;
mod property;
mod restriction;
mod server;
mod settings;
mod sync;
#[cfg(test)]
mod tests;

pub use configuration::{CATEGORY_LIST, Configuration};
pub use event::{Delivery, Event, Subscription, What};
pub use failure::Failure;
pub use fields::{Field, Form, Kind, known_name};
pub use folder::{Change, DISTINGUISHED, Folder};
pub(crate) use ids::fingerprint;
pub use ids::{BadId, Id, Target, change_key, version_of};
pub use item::{Attachment, Body, Content, Draft, Item, Properties};
pub use mailbox::Mailbox;
pub use property::{Address, DISTINGUISHED_SETS, ExtendedKey, ExtendedName, ExtendedValue, Value};
pub use restriction::{Comparison, Containment, Path, Restriction, compare, values};
pub use server::{Account, Exchange};
pub use settings::{Settings, VERSIONS};
pub use sync::{Page, PageLimit, Step};
