//! Exchange: people, their mailboxes and what happens in them, as plain state machines without any wire format.

mod attendee;
mod calendar;
mod change;
mod configuration;
mod contact;
mod copies;
mod event;
mod expand;
mod failure;
mod fields;
mod folder;
mod goid;
mod human;
mod ids;
mod item;
mod mailbox;
mod meeting;
mod notice;
mod post;
mod property;
mod recurrence;
mod restriction;
mod series;
mod server;
mod settings;
mod settle;
mod sync;
mod task;
#[cfg(test)]
mod tests;
mod windows_zones;
mod zone;

pub use attendee::{ATTENDEE_LISTS, Attendee, Response};
pub use change::{Disposal, Place};
pub use configuration::{CATEGORY_LIST, Configuration};
pub use contact::{PHONES, complete_name};
pub use event::{Delivery, Event, Subscription, What};
pub use failure::Failure;
pub use fields::{Field, Form, Kind, known_name};
pub use folder::{Change, DISTINGUISHED, Folder};
pub use human::{
    AttendeeView, ContactEdit, ContactView, EventEdit, EventType, EventView, ItemView, Person,
    PostalAddress, Role, TaskEdit, TaskView,
};
pub(crate) use ids::fingerprint;
pub use ids::{BadId, Id, Target, change_key, version_of};
pub use item::{Attachment, Body, Content, Draft, Item, Properties};
pub use mailbox::Mailbox;
pub use meeting::{Audience, Sending};
pub use notice::{Actor, Cause, Notice, NoticeKind};
pub use property::{Address, DISTINGUISHED_SETS, ExtendedKey, ExtendedName, ExtendedValue, Value};
pub use recurrence::{Days, Index, Pattern, Range, Recurrence, Unit};
pub use restriction::{Comparison, Containment, Path, Restriction, compare, values};
pub use series::{Exception, Series};
pub use server::{Account, Exchange};
pub use settings::{Settings, VERSIONS};
pub use sync::{Page, PageLimit, Step};
pub use zone::Zone;
