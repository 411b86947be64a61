//! What people see of a record, without going through the API.

mod activity;
mod partner;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

pub use activity::{AppointmentView, PhoneCallView, SeriesView, TaskView, VisitView};
pub use partner::{AccountView, AddressView, ContactView, IndividualCustomerView};

use super::inspect::AttachmentView;
use super::journal::Channel;
use super::kind::{Kind, set};
use super::schema::EntitySet;
use super::table::Row;
use super::tenant::Crm;
use super::value::{Value, guid_text};

/// A record of any kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// What it is.
    pub kind: Kind,
    /// ObjectID.
    pub object_id: String,
    /// Human number.
    pub number: String,
    /// What a person reads as its title.
    pub title: String,
    /// The key of the item in the mailbox; empty where the kind has none.
    pub groupware_item_id: String,
    /// Moves with every write; not the same clock as `changed_on`.
    pub etag: Option<Timestamp>,
    /// `EntityLastChangedOn`: moves with every write to the header or a node.
    pub changed_on: Option<Timestamp>,
    /// Whether a person or a call made it.
    pub made_by: Channel,
    /// Whether a person or a call changed it or one of its nodes last.
    pub changed_by: Channel,
    /// Every property that is not empty, as text: points in time as RFC 3339, truth as `true` and `false`.
    pub fields: BTreeMap<&'static str, String>,
    /// Everybody involved, the rows derived from the header too.
    pub parties: Vec<PartyView>,
    /// Its notes.
    pub notes: Vec<NoteView>,
    /// Its files.
    pub attachments: Vec<AttachmentView>,
    /// Other documents it refers to: (number, type).
    pub references: Vec<(String, String)>,
}

/// Somebody involved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartyView {
    /// ObjectID of the row.
    pub object_id: String,
    /// Number of the partner; empty for somebody who is none.
    pub number: String,
    /// Code of the role, such as `36` for attendees.
    pub role: String,
    /// Name on the screen.
    pub name: String,
    /// E-mail address on the screen.
    pub address: String,
    /// Whether it is the main one of its role; those mirror the header.
    pub is_main: bool,
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteView {
    /// ObjectID of the row.
    pub object_id: String,
    /// Code of its type; partners have none.
    pub kind: String,
    /// Its text.
    pub text: String,
}

impl Record {
    /// A property, empty when there is none.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// A point in time.
    #[must_use]
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        self.field(name).parse().ok()
    }

    /// Whether a property is true.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.field(name) == "true"
    }

    fn text(&self, name: &str) -> String {
        self.field(name).to_owned()
    }
}

/// A point in time from microseconds.
fn time(micros: i64) -> Option<Timestamp> {
    Timestamp::from_microsecond(micros).ok()
}

impl Crm {
    /// All records of a kind, oldest first.
    #[must_use]
    pub fn records(&self, kind: Kind) -> Vec<Record> {
        let rows = self.rows(kind.set().name).into_iter();
        rows.map(|row| self.view(kind, row)).collect()
    }

    /// A record by its ObjectID.
    #[must_use]
    pub fn record(&self, kind: Kind, object_id: &str) -> Option<Record> {
        let row = self.row(kind.set(), object_id)?;
        Some(self.view(kind, row))
    }

    /// The ObjectID of the record with this human number.
    #[must_use]
    pub fn by_number(&self, kind: Kind, number: &str) -> Option<String> {
        let set = kind.set();
        let (property, _) = set.number?;
        let table = &self.tables[set.index];
        let slot = *table.equal_to(property, &Value::text(number)).first()?;
        table.row(slot).map(|row| row.key.clone())
    }

    fn view(&self, kind: Kind, row: &Row) -> Record {
        let (set, layout) = (kind.set(), kind.layout());
        let text = |property: &str| self.text(set, row, property);
        let instant = |name: &str| {
            let at = set.position(name)?;
            row.values[at].as_instant().and_then(time)
        };
        let number = set
            .number
            .map_or("", |(property, _)| set.properties[property].name);
        let documents = layout.documents.map_or(Vec::new(), |node| {
            self.under(&row.key, node, |set, child| {
                (
                    self.text(set, child, "ID"),
                    self.text(set, child, "TypeCode"),
                )
            })
        });
        Record {
            kind,
            object_id: row.key.clone(),
            number: text(number),
            title: text(layout.title),
            groupware_item_id: text("GroupwareItemID"),
            etag: instant("ETag"),
            changed_on: instant("EntityLastChangedOn"),
            made_by: row.made_by,
            changed_by: row.changed_by,
            fields: self.fields(set, row),
            parties: self.involved(kind, &row.key),
            notes: self.under(&row.key, layout.notes, |set, child| NoteView {
                object_id: child.key.clone(),
                kind: self.text(set, child, "TypeCode"),
                text: self.text(set, child, "Text"),
            }),
            attachments: self.under(&row.key, layout.files, |set, child| {
                self.attachment(set, child)
            }),
            references: documents,
        }
    }

    fn fields(&self, set: &EntitySet, row: &Row) -> BTreeMap<&'static str, String> {
        let shown = set
            .properties
            .iter()
            .enumerate()
            .filter_map(|(at, property)| {
                let text = match self.value_of(set, row, at).as_ref() {
                    Value::Null | Value::Bytes(_) => return None,
                    Value::Text(text) => text.clone(),
                    Value::Bool(value) => value.to_string(),
                    Value::Int(value) => value.to_string(),
                    Value::Instant(micros) => time(*micros)?.to_string(),
                    Value::Guid(uuid) => guid_text(*uuid),
                };
                Some((property.name, text))
            });
        shown.collect()
    }

    /// Everybody involved in a record.
    pub(super) fn involved(&self, kind: Kind, object_id: &str) -> Vec<PartyView> {
        let Some(parties) = &kind.layout().parties else {
            return Vec::new();
        };
        self.under(object_id, parties.set, |set, row| {
            let text = |property: &str| self.text(set, row, property);
            let either = |shown: &str, written: &str| {
                Some(text(shown))
                    .filter(|text| !text.is_empty())
                    .unwrap_or_else(|| text(written))
            };
            let main = set.position("MainIndicator").map(|at| &row.values[at]);
            PartyView {
                object_id: row.key.clone(),
                number: text("PartyID"),
                role: text("RoleCode"),
                name: either(parties.shown_name, parties.name),
                address: either(parties.shown_address, parties.address),
                is_main: main == Some(&Value::Bool(true)),
            }
        })
    }

    pub(super) fn under<T>(
        &self,
        key: &str,
        node: &str,
        view: impl Fn(&EntitySet, &Row) -> T,
    ) -> Vec<T> {
        let node = set(node);
        let slots = self.children(node, key).into_iter();
        slots
            .filter_map(|slot| self.row_at(node, slot))
            .map(|row| view(node, row))
            .collect()
    }
}
