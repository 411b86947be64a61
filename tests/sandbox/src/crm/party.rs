//! Business partners: found by UUID or number, and what other rows repeat of them.

use std::borrow::Cow;

use super::schema::{EntitySet, Origin, PartyDetail, Schema};
use super::table::Row;
use super::tenant::Crm;
use super::users::CrmUser;
use super::value::{Value, object_id, uuid_of};

/// Sets of business partners with the property that holds their number, and their party type code.
const PARTNERS: [(&str, &str, &str); 4] = [
    ("CorporateAccountCollection", "AccountID", "159"),
    ("ContactCollection", "ContactID", "147"),
    ("IndividualCustomerCollection", "CustomerID", "147"),
    ("EmployeeCollection", "BusinessPartnerID", "167"),
];
const NAMES: [&str; 4] = [
    "BusinessPartnerFormattedName",
    "FormattedName",
    "Name",
    "LastName",
];
const PHONES: [&str; 3] = ["Phone", "OfficePhoneNumber", "Mobile"];

/// A business partner with the set it lies in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Party<'a> {
    set: &'static EntitySet,
    row: &'a Row,
    /// The code of its party type.
    pub(super) kind: &'static str,
    number: usize,
}

impl Party<'_> {
    /// Its number, such as `1001710`.
    pub(super) fn number(&self) -> Value {
        self.row.values[self.number].clone()
    }

    /// Its UUID.
    pub(super) fn uuid(&self) -> Value {
        uuid_of(&self.row.key).map_or(Value::Null, Value::Guid)
    }

    fn detail(&self, detail: PartyDetail) -> &str {
        let names: &[&str] = match detail {
            PartyDetail::Name => &NAMES,
            PartyDetail::Email => &["Email"],
            PartyDetail::Phone => &PHONES,
            PartyDetail::Address => &["FormattedPostalAddressDescription"],
        };
        let mut found = names
            .iter()
            .filter_map(|name| self.set.position(name))
            .map(|at| self.row.values[at].as_text());
        found.find(|text| !text.is_empty()).unwrap_or_default()
    }
}

impl Crm {
    /// The partner with this UUID (as a Guid) or number (as text).
    pub(super) fn party(&self, reference: &Value) -> Option<Party<'_>> {
        PARTNERS.iter().find_map(|&(set, number, kind)| {
            let set = Schema::standard().set(set)?;
            let number = set.position(number)?;
            let table = &self.tables[set.index];
            let row = match reference {
                Value::Guid(uuid) => table.find(&object_id(*uuid)),
                Value::Text(_) => {
                    let slot = *table.equal_to(number, reference).first()?;
                    table.row(slot)
                }
                _ => None,
            }?;
            Some(Party {
                set,
                row,
                kind,
                number,
            })
        })
    }

    /// The name that `CreatedBy` shows for a user.
    #[must_use]
    pub fn employee_name(&self, user: &CrmUser) -> String {
        let uuid = user.employee.as_deref().and_then(uuid_of).map(Value::Guid);
        let party = uuid.as_ref().and_then(|uuid| self.party(uuid));
        let name = party.map(|party| party.detail(PartyDetail::Name).to_owned());
        name.unwrap_or_else(|| user.login.clone())
    }

    /// The value of a property as the service shows it, derived ones included.
    #[must_use]
    pub fn value_of<'a>(&'a self, set: &EntitySet, row: &'a Row, at: usize) -> Cow<'a, Value> {
        match &set.properties[at].origin {
            Origin::Stored | Origin::ContentLink => Cow::Borrowed(&row.values[at]),
            Origin::TextOf(code) => {
                let list = set.properties[*code].codes.map_or("", |(_, list)| list);
                let text = self.schema().code_text(list, row.values[*code].as_text());
                Cow::Owned(Value::text(text))
            }
            Origin::Party(reference, detail) => {
                let reference = &row.values[*reference];
                let party = self.party(reference);
                Cow::Owned(party.map_or(Value::Null, |party| Value::text(party.detail(*detail))))
            }
            Origin::ParentNumber => Cow::Owned(self.parent_number(set, row)),
        }
    }

    fn parent_number(&self, set: &EntitySet, row: &Row) -> Value {
        let number = || {
            let parent = self.schema().set(set.parent?)?;
            let key = row.values[set.position("ParentObjectID")?].as_text();
            let (property, _) = parent.number?;
            Some(self.row(parent, key)?.values[property].clone())
        };
        number().unwrap_or_default()
    }
}
