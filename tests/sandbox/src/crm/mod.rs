//! A C4C tenant as a plain state machine: entity sets described by data, rows, rules, clocks.
//!
//! Knows neither HTTP nor OData syntax; [`crate::faces::odata`] speaks for it.

mod accept;
mod defaults;
mod derive;
mod inspect;
mod journal;
mod kind;
mod mirror;
mod party;
mod person;
mod phone;
mod query;
mod refresh;
mod refusal;
mod relation;
mod schema;
mod settings;
mod stamps;
mod table;
mod tenant;
mod users;
mod value;
mod view;
mod write;

pub use inspect::{AttachmentView, EmailView};
pub use journal::{Channel, Deletion, Event, Operation};
pub use kind::Kind;
pub use person::{
    ATTENDEE, AccountForm, AppointmentForm, ContactForm, Fields, File, Form,
    IndividualCustomerForm, Participant, Person, PhoneCallForm, PostalForm, SeriesForm, TaskForm,
    VisitForm,
};
pub use query::{Comparison, Direction, Filter, Query, TextMatch};
pub use refusal::Refusal;
pub use schema::{Code, Edm, EntitySet, Navigation, Origin, PartyDetail, Property, Schema};
pub use settings::{LongTexts, Overload, Settings, Switch, TextCase, Visibility};
pub use table::{Row, Slot};
pub use tenant::{Author, Crm, Load};
pub use users::{CrmUser, TECHNICAL_LOGIN, TECHNICAL_PASSWORD, UserKind, Users};
pub use value::{Value, guid_text, object_id, uuid_of};
pub use view::{
    AccountView, AddressView, AppointmentView, ContactView, IndividualCustomerView, NoteView,
    PartyView, PhoneCallView, Record, SeriesView, TaskView, VisitView,
};
pub use write::{Draft, Omitted};
