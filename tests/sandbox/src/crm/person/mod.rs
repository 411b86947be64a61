//! What a person does in the CRM's screens: the same rules as for calls, but noted as done by hand.

mod activity;
mod form;
mod partner;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use jiff::Timestamp;

pub use activity::{AppointmentForm, PhoneCallForm, SeriesForm, TaskForm, VisitForm};
pub use form::{Fields, Form};
pub use partner::{AccountForm, ContactForm, IndividualCustomerForm, PostalForm};

use super::journal::Channel;
use super::kind::{Kind, Layout, Parties, set};
use super::refusal::Refusal;
use super::schema::EntitySet;
use super::tenant::{Author, Crm};
use super::value::Value;
use super::view::PartyView;
use super::write::{Draft, Omitted};

/// Role of an attendee of an appointment or visit.
pub const ATTENDEE: &str = "36";

/// Status of a business partner that is out of use.
const OBSOLETE: &str = "4";

/// Most parties a person names at once, and most characters of a note.
const MOST_PARTIES: usize = 5_000;
const LONGEST_NOTE: usize = 8_000_000;

/// Somebody involved, as a person names them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Participant {
    /// Number of a partner, such as `1100029`; empty for somebody who is none.
    pub number: String,
    /// E-mail address of somebody who is no partner.
    pub address: String,
    /// Name of somebody who is no partner.
    pub name: String,
    /// Code of the role; empty means [`ATTENDEE`].
    pub role: String,
}

/// A file a person attaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// File name.
    pub name: String,
    /// MIME type.
    pub mime_type: String,
    /// Content.
    pub content: Bytes,
}

/// A person at the screen; see [`Crm::person`].
#[derive(Debug)]
pub struct Person<'a> {
    crm: &'a mut Crm,
}

impl Crm {
    /// Says which person acts from now on, and what time it is, microseconds since 1970 UTC.
    pub fn act_as_person(&mut self, author: Author, now: i64) {
        self.act_as(author, now);
        self.channel = Channel::Person;
    }

    /// Seats the person with this login at the screen.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when nobody signs in with it.
    pub fn person(&mut self, login: &str, now: Timestamp) -> Result<Person<'_>, Refusal> {
        let user = self
            .users
            .iter()
            .find(|user| user.login.eq_ignore_ascii_case(login));
        let user = user.ok_or_else(|| Refusal::NotFound(login.to_owned()))?;
        let author = Author {
            name: self.employee_name(user),
            employee: user.employee.clone(),
        };
        self.act_as_person(author, now.as_microsecond());
        Ok(Person { crm: self })
    }
}

impl Person<'_> {
    /// Makes a record; answers its ObjectID.
    ///
    /// # Errors
    /// What the tenant refuses, for instance a missing name or an end before the begin; then nothing is made.
    pub fn create<F: Form>(&mut self, form: &F) -> Result<String, Refusal> {
        let set = F::KIND.set();
        self.save(|crm| {
            let draft = draft(set, form.fields())?;
            let key = crm.create(set, &draft, None)?;
            fill_nodes(crm, &key, form)?;
            Ok(key)
        })
    }

    /// Changes what the form says and leaves the rest.
    ///
    /// # Errors
    /// What the tenant refuses; then nothing is changed.
    pub fn edit<F: Form>(&mut self, object_id: &str, form: &F) -> Result<(), Refusal> {
        let set = F::KIND.set();
        self.save(|crm| {
            let draft = draft(set, form.fields())?;
            if draft.values.is_empty() {
                known(crm, set, object_id)?;
            } else {
                crm.update(set, object_id, &draft, Omitted::Kept)?;
            }
            fill_nodes(crm, object_id, form)
        })
    }

    /// Deletes a record with everything below it.
    ///
    /// # Errors
    /// Business partners cannot be deleted, only retired.
    pub fn delete(&mut self, kind: Kind, object_id: &str) -> Result<(), Refusal> {
        self.save(|crm| crm.delete(kind.set(), object_id))
    }

    /// Takes a business partner out of use: status obsolete.
    ///
    /// # Errors
    /// An unknown ObjectID; for activities [`Refusal::NotOffered`].
    pub fn retire(&mut self, kind: Kind, object_id: &str) -> Result<(), Refusal> {
        let (set, layout) = (kind.set(), kind.layout());
        if set.deletable {
            return Err(Refusal::NotOffered {
                operation: "retire",
                set: set.name.to_owned(),
            });
        }
        self.save(|crm| {
            let draft = draft(set, vec![(layout.status, Value::text(OBSOLETE))])?;
            crm.update(set, object_id, &draft, Omitted::Kept)
        })
    }

    /// Takes a record away whatever its kind, as archiving and the refresh of a tenant do.
    ///
    /// # Errors
    /// An unknown ObjectID.
    pub fn purge(&mut self, kind: Kind, object_id: &str) -> Result<(), Refusal> {
        self.save(|crm| {
            known(crm, kind.set(), object_id)?;
            crm.erase(kind.set(), object_id)
        })
    }

    /// Attaches a file; answers the ObjectID of its row.
    ///
    /// # Errors
    /// An unknown ObjectID.
    pub fn attach(&mut self, kind: Kind, object_id: &str, file: &File) -> Result<String, Refusal> {
        let files = set(kind.layout().files);
        let values = vec![
            ("Name", Value::text(file.name.as_str())),
            ("MimeType", Value::text(file.mime_type.as_str())),
            ("CategoryCode", Value::text("2")),
            ("TypeCode", Value::text("10001")),
            ("Binary", Value::Bytes(file.content.clone())),
        ];
        self.save(|crm| crm.create(files, &draft(files, values)?, Some(object_id)))
    }

    /// Removes every file of this name; answers how many.
    ///
    /// # Errors
    /// A lock on the record.
    pub fn detach(&mut self, kind: Kind, object_id: &str, name: &str) -> Result<usize, Refusal> {
        let files = kind.layout().files;
        self.save(|crm| {
            let keys = crm.under(object_id, files, |set, row| {
                (row.key.clone(), crm.text(set, row, "Name"))
            });
            let keys: Vec<_> = keys.into_iter().filter(|(_, own)| own == name).collect();
            for (key, _) in &keys {
                crm.delete(set(files), key)?;
            }
            Ok(keys.len())
        })
    }

    /// Writes the note of a record; an empty one removes all notes.
    ///
    /// # Errors
    /// An unknown ObjectID.
    pub fn write_note(&mut self, kind: Kind, object_id: &str, text: &str) -> Result<(), Refusal> {
        self.save(|crm| note(crm, kind.layout(), object_id, text))
    }

    /// Adds a row to a node of a record, such as a private address; answers its ObjectID.
    ///
    /// # Errors
    /// What the service refuses.
    pub fn add_row(
        &mut self,
        node: &str,
        object_id: &str,
        values: Vec<(&'static str, Value)>,
    ) -> Result<String, Refusal> {
        let rows = set(node);
        self.save(|crm| crm.create(rows, &draft(rows, values)?, Some(object_id)))
    }

    /// Adds somebody to a record; answers the ObjectID of the row.
    ///
    /// # Errors
    /// Kinds without parties, an unknown ObjectID, an unknown role.
    pub fn invite(
        &mut self,
        kind: Kind,
        object_id: &str,
        who: &Participant,
    ) -> Result<String, Refusal> {
        let parties = parties(kind)?;
        self.save(|crm| add_party(crm, parties, object_id, who))
    }

    /// Removes whoever has this number or address in any role but those of the header; answers how many.
    ///
    /// # Errors
    /// Kinds without parties.
    pub fn uninvite(&mut self, kind: Kind, object_id: &str, who: &str) -> Result<usize, Refusal> {
        let parties = set(parties(kind)?.set);
        self.save(|crm| {
            let rows = crm.involved(kind, object_id);
            let rows = rows.into_iter().filter(|row| {
                !row.is_main && (row.number == who || row.address.eq_ignore_ascii_case(who))
            });
            let rows: Vec<_> = rows.collect();
            for row in &rows {
                crm.delete(parties, &row.object_id)?;
            }
            Ok(rows.len())
        })
    }

    /// One save on the screen: all of it, or nothing.
    fn save<T>(&mut self, work: impl FnOnce(&mut Crm) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let outcome = self.crm.atomically(work);
        self.crm.forget_touched();
        outcome
    }
}

fn known(crm: &Crm, set: &EntitySet, object_id: &str) -> Result<(), Refusal> {
    let row = crm.row(set, object_id);
    let missing = || Refusal::NotFound(format!("{}('{object_id}')", set.name));
    row.map(|_| ()).ok_or_else(missing)
}

fn parties(kind: Kind) -> Result<&'static Parties, Refusal> {
    let parties = kind.layout().parties.as_ref();
    parties.ok_or_else(|| Refusal::NotOffered {
        operation: "parties",
        set: kind.set().name.to_owned(),
    })
}

/// A draft from property names.
fn draft(set: &EntitySet, values: Vec<(&'static str, Value)>) -> Result<Draft, Refusal> {
    let values = values.into_iter().map(|(name, value)| {
        let at = set.position(name);
        let at = at.ok_or_else(|| Refusal::UnknownProperty(name.to_owned()))?;
        Ok((at, value))
    });
    Ok(Draft {
        values: values.collect::<Result<_, Refusal>>()?,
        children: Vec::new(),
    })
}

fn fill_nodes<F: Form>(crm: &mut Crm, key: &str, form: &F) -> Result<(), Refusal> {
    if let Some(people) = form.people() {
        if people.len() > MOST_PARTIES {
            return Err(Refusal::Malformed("too many parties".to_owned()));
        }
        settle_parties(crm, F::KIND, key, people)?;
    }
    match form.note() {
        Some(text) => note(crm, F::KIND.layout(), key, text),
        None => Ok(()),
    }
}

/// Makes the rows that mirror no header field exactly these people.
fn settle_parties(
    crm: &mut Crm,
    kind: Kind,
    key: &str,
    people: &[Participant],
) -> Result<(), Refusal> {
    let layout = parties(kind)?;
    let is_same = |row: &PartyView, who: &Participant| {
        let role = if who.role.is_empty() {
            ATTENDEE
        } else {
            &who.role
        };
        let same_person = if who.number.is_empty() {
            row.number.is_empty() && row.address.eq_ignore_ascii_case(&who.address)
        } else {
            row.number == who.number
        };
        same_person && row.role == role
    };
    let rows = crm.involved(kind, key).into_iter();
    let rows: Vec<_> = rows.filter(|row| !row.is_main).collect();
    for row in &rows {
        if !people.iter().any(|who| is_same(row, who)) {
            crm.delete(set(layout.set), &row.object_id)?;
        }
    }
    for who in people {
        if !rows.iter().any(|row| is_same(row, who)) {
            add_party(crm, layout, key, who)?;
        }
    }
    Ok(())
}

fn add_party(
    crm: &mut Crm,
    parties: &Parties,
    key: &str,
    who: &Participant,
) -> Result<String, Refusal> {
    let role = if who.role.is_empty() {
        ATTENDEE
    } else {
        &who.role
    };
    let mut values = vec![("RoleCode", Value::text(role))];
    if !who.number.is_empty() {
        values.push(("PartyID", Value::text(who.number.as_str())));
    }
    // Some lists have room for partners only.
    for (property, text) in [
        (property(parties.address), &who.address),
        (property(parties.name), &who.name),
    ] {
        if let Some(property) = property.filter(|_| !text.is_empty()) {
            values.push((property, Value::text(text.as_str())));
        }
    }
    let node = set(parties.set);
    crm.create(node, &draft(node, values)?, Some(key))
}

fn property(name: &'static str) -> Option<&'static str> {
    Some(name).filter(|name| !name.is_empty())
}

fn note(crm: &mut Crm, layout: &Layout, key: &str, text: &str) -> Result<(), Refusal> {
    if text.len() > LONGEST_NOTE {
        return Err(Refusal::Malformed("the note is too long".to_owned()));
    }
    known(crm, set(layout.set), key)?;
    let notes = set(layout.notes);
    let rows = crm.under(key, layout.notes, |_, row| row.key.clone());
    if text.is_empty() {
        for row in &rows {
            crm.delete(notes, row)?;
        }
        return Ok(());
    }
    let mut values = vec![("Text", Value::text(text))];
    if let Some(row) = rows.first() {
        return crm.update(notes, row, &draft(notes, values)?, Omitted::Kept);
    }
    if notes.position("TypeCode").is_some() {
        values.push(("TypeCode", Value::text("10002")));
    }
    crm.create(notes, &draft(notes, values)?, Some(key))?;
    Ok(())
}
