//! The clocks and signatures of a row: who made it, who changed it, when, and its ETag.

use super::schema::{Edm, EntitySet};
use super::table::Row;
use super::tenant::Crm;
use super::value::{Value, uuid_of};

/// Properties that say when a node was made; the names differ by business object.
const CREATED_AT: [&str; 4] = [
    "CreatedOn",
    "CreationOn",
    "CreationDateTime",
    "ReportedDateTime",
];
const CREATED_BY: [&str; 3] = ["CreatedBy", "UserCreatedBy", "CreatedByFormattedName"];
const CREATED_BY_IDENTITY: [&str; 3] = [
    "CreatedByIdentityUUID",
    "CreationIdentityUUID",
    "CreatedByUUID",
];
const CHANGED_AT: [&str; 6] = [
    "EntityLastChangedOn",
    "LastChangeDateTime",
    "ChangedOn",
    "UpdatedOn",
    "LastUpdatedOn",
    "UserChangedOn",
];
const CHANGED_BY: [&str; 4] = [
    "ChangedBy",
    "LastChangedBy",
    "LastUpdatedBy",
    "UserChangedBy",
];
const CHANGED_BY_IDENTITY: [&str; 2] = ["ChangedByIdentityUUID", "LastChangeIdentityUUID"];

impl Crm {
    /// Signs a new row.
    pub(super) fn stamp_created(&mut self, set: &EntitySet, row: &mut Row) {
        let at = self.stamp();
        let (name, identity) = self.signature();
        write(set, row, &CREATED_AT, &Value::Instant(at));
        write(set, row, &CREATED_BY, &name);
        write(set, row, &CREATED_BY_IDENTITY, &identity);
        row.made_by = self.channel;
        self.stamp_changed(set, row);
    }

    /// Signs a change.
    ///
    /// The ETag is taken from the clock after `EntityLastChangedOn`: they are different clocks, and
    /// a client that takes one for the other must be found out.
    pub(super) fn stamp_changed(&mut self, set: &EntitySet, row: &mut Row) {
        let at = self.stamp();
        let (name, identity) = self.signature();
        write(set, row, &CHANGED_AT, &Value::Instant(at));
        write(set, row, &CHANGED_BY, &name);
        write(set, row, &CHANGED_BY_IDENTITY, &identity);
        row.changed_by = self.channel;
        self.stamp_etag(set, row);
    }

    fn stamp_etag(&mut self, set: &EntitySet, row: &mut Row) {
        if let Some(at) = set.etag() {
            row.values[at] = Value::Instant(self.stamp());
        }
    }

    /// Moves only the ETag of a row, as technical changes inside the tenant do.
    pub fn touch_etag(&mut self, set: &EntitySet, key: &str) {
        if let Some(mut row) = self.row(set, key).cloned() {
            self.stamp_etag(set, &mut row);
            self.put(set, row);
        }
    }

    fn signature(&self) -> (Value, Value) {
        let identity = self.author.employee.as_deref().and_then(uuid_of);
        (
            Value::text(self.author.name.clone()),
            identity.map_or(Value::Null, Value::Guid),
        )
    }
}

fn write(set: &EntitySet, row: &mut Row, names: &[&str], value: &Value) {
    for at in names.iter().filter_map(|name| set.position(name)) {
        let instant = matches!(set.properties[at].edm, Edm::DateTime | Edm::DateTimeOffset);
        if instant == value.as_instant().is_some() {
            row.values[at] = value.clone();
        }
    }
}
