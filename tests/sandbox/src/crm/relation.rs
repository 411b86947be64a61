//! Which contact belongs to which account: shown by a node of the contact, by a node of the account and, for the
//! main account, by the contact's header. All three always say the same.

use super::kind::{Kind, set};
use super::schema::EntitySet;
use super::table::Row;
use super::tenant::Crm;
use super::value::{Value, object_id};

/// The node of the contact.
pub(super) const OF_CONTACT: &str = "ContactIsContactPersonForCollection";
/// The node of the account.
pub(super) const OF_ACCOUNT: &str = "CorporateAccountHasContactPersonCollection";

/// The property of the contact's node that marks the main account.
const MAIN: &str = "ReverseMainIndicator";

fn value(set: &EntitySet, row: &Row, name: &str) -> Value {
    set.position(name)
        .map_or(Value::Null, |at| row.values[at].clone())
}

fn put(set: &EntitySet, row: &mut Row, name: &str, value: Value) {
    if let Some(at) = set.position(name) {
        row.values[at] = value;
    }
}

/// Brings the nodes into line with the header of a contact.
///
/// A former main account stays as one of several; nothing is published on it.
pub(super) fn of_contact(crm: &mut Crm, contacts: &EntitySet, key: &str) {
    let Some(row) = crm.row(contacts, key) else {
        return;
    };
    let (contact, account) = (
        value(contacts, row, "ContactID"),
        value(contacts, row, "AccountID"),
    );
    let email = value(contacts, row, "Email");
    if crm.party(&account).is_some() {
        for node in [OF_CONTACT, OF_ACCOUNT] {
            ensure(crm, node, &contact, &account, &email);
        }
    }
    mark_main(crm, key, &account);
}

/// Brings the other node and the header of the contact into line with a node.
pub(super) fn of_node(crm: &mut Crm, node: &'static EntitySet, key: &str) {
    let Some(mut row) = crm.row(node, key).cloned() else {
        return;
    };
    // A node below its parent need not repeat the parent's number.
    let (own, kind) = if node.name == OF_CONTACT {
        ("ContactID", Kind::Contact)
    } else {
        ("AccountID", Kind::Account)
    };
    let parent = value(node, &row, "ParentObjectID");
    if value(node, &row, own).is_null() {
        let number = crm.row(kind.set(), parent.as_text());
        let number = number.map(|parent| value(kind.set(), parent, own));
        put(node, &mut row, own, number.unwrap_or_default());
        crm.put(node, row.clone());
    }
    let (contact, account) = (
        value(node, &row, "ContactID"),
        value(node, &row, "AccountID"),
    );
    let email = value(node, &row, "Email");
    let other = if node.name == OF_CONTACT {
        OF_ACCOUNT
    } else {
        OF_CONTACT
    };
    ensure(crm, other, &contact, &account, &email);
    let contacts = Kind::Contact.set();
    let Some(key) = crm.by_number(Kind::Contact, contact.as_text()) else {
        return;
    };
    let has_account = crm
        .row(contacts, &key)
        .is_some_and(|row| !value(contacts, row, "AccountID").is_null());
    if value(node, &row, MAIN) == Value::Bool(true) || !has_account {
        set_main(crm, &key, account.clone());
        mark_main(crm, &key, &account);
    }
}

/// Takes the other node of a relation away with the one that is being deleted, and the main account with it.
pub(super) fn forget(crm: &mut Crm, node: &'static EntitySet, key: &str) {
    if node.name != OF_CONTACT && node.name != OF_ACCOUNT {
        return;
    }
    let Some(row) = crm.row(node, key) else {
        return;
    };
    let (contact, account) = (value(node, row, "ContactID"), value(node, row, "AccountID"));
    let other = if node.name == OF_CONTACT {
        set(OF_ACCOUNT)
    } else {
        set(OF_CONTACT)
    };
    if let Some(twin) = find(crm, other, &contact, &account) {
        crm.remove(other, &twin);
    }
    let contacts = Kind::Contact.set();
    if let Some(key) = crm.by_number(Kind::Contact, contact.as_text()) {
        let main = crm.row(contacts, &key);
        let main = main.map(|row| value(contacts, row, "AccountID"));
        if main == Some(account) {
            set_main(crm, &key, Value::Null);
        }
    }
}

fn set_main(crm: &mut Crm, contact: &str, account: Value) {
    let contacts = Kind::Contact.set();
    let Some(mut row) = crm.row(contacts, contact).cloned() else {
        return;
    };
    if value(contacts, &row, "AccountID") == account {
        return;
    }
    let uuid = crm.party(&account).map(|party| party.uuid());
    put(contacts, &mut row, "AccountUUID", uuid.unwrap_or_default());
    put(contacts, &mut row, "AccountID", account);
    crm.stamp_changed(contacts, &mut row);
    crm.put(contacts, row);
}

/// Marks the row of the main account, and no other of the contact.
fn mark_main(crm: &mut Crm, contact: &str, account: &Value) {
    let node = set(OF_CONTACT);
    let rows: Vec<Row> = crm
        .children(node, contact)
        .into_iter()
        .filter_map(|slot| crm.row_at(node, slot).cloned())
        .collect();
    for mut row in rows {
        let is_main = Value::Bool(value(node, &row, "AccountID") == *account);
        if value(node, &row, MAIN) != is_main {
            put(node, &mut row, MAIN, is_main);
            crm.stamp_changed(node, &mut row);
            crm.put(node, row);
        }
    }
}

fn find(crm: &Crm, node: &EntitySet, contact: &Value, account: &Value) -> Option<String> {
    let at = node.position("ContactID")?;
    let table = &crm.tables[node.index];
    let mut rows = table.equal_to(at, contact).into_iter();
    rows.find_map(|slot| {
        let row = table.row(slot)?;
        (value(node, row, "AccountID") == *account).then(|| row.key.clone())
    })
}

/// Makes sure that a node shows the relation.
fn ensure(crm: &mut Crm, node: &str, contact: &Value, account: &Value, email: &Value) {
    let node = set(node);
    if find(crm, node, contact, account).is_some() {
        return;
    }
    let parent = if node.name == OF_CONTACT {
        contact
    } else {
        account
    };
    let Some(Value::Guid(parent)) = crm.party(parent).map(|party| party.uuid()) else {
        return;
    };
    let mut row = Row::new(crm.new_id(), node);
    for (name, value) in [
        ("ObjectID", Value::Text(row.key.clone())),
        ("ParentObjectID", Value::Text(object_id(parent))),
        ("ContactID", contact.clone()),
        ("AccountID", account.clone()),
        ("Email", email.clone()),
    ] {
        put(node, &mut row, name, value);
    }
    crm.stamp_created(node, &mut row);
    crm.put(node, row);
}
