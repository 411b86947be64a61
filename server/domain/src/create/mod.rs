//! New records that a person fills in (SB-05): which kinds, which fields, what is missing, and what looks the same.

mod likeness;
mod prefilled;

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use jiff::Timestamp;
use serde::Deserialize;

use crate::{Kind, Record, Value, mapping::Table, participant::normalize, transform};

pub use likeness::{duplicate_queries, duplicates, names, same_addresses};
pub use prefilled::prefilled;

/// Longest text of a field, in characters; notes may be longer.
const LONGEST: usize = 255;
const LONGEST_NOTE: usize = 100_000;

/// A record as a person filled it in, with a record to be made before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What to make.
    pub kind: Kind,
    /// The fields by our names, as text.
    pub fields: BTreeMap<String, String>,
    /// The account to make first, which the record then belongs to.
    pub account: Option<Box<Draft>>,
    /// The contact to make first, of an opportunity or a ticket; the account may stand inside it.
    pub contact: Option<Box<Draft>>,
}

/// A field that cannot be used as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its path: `surname`, `account.name`.
    pub field: String,
    /// What is wrong and what to write instead.
    pub why: String,
}

#[derive(Deserialize)]
struct Form {
    required: Vec<String>,
    fields: HashMap<String, Type>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Type {
    Text,
    Email,
    Phone,
    Country,
    Instant,
}

static FORMS: LazyLock<HashMap<Kind, Form>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../data/create.toml")).expect("a test reads the forms")
});

/// Whether records of the kind can be made by hand at all.
pub fn is_creatable(kind: Kind) -> bool {
    FORMS.contains_key(&kind)
}

/// The record a draft describes.
///
/// # Errors
/// Every field that is missing, unknown, too long or not of its type; nothing is written then.
pub fn record(draft: &Draft) -> Result<Record, Vec<Violation>> {
    let Some(form) = FORMS.get(&draft.kind) else {
        let why = format!("records of the kind {} are not created here", draft.kind);
        return Err(vec![violation("kind", why)]);
    };
    let mut record = Record::new();
    let mut wrong = Vec::new();
    for (name, text) in &draft.fields {
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        match form.fields.get(name) {
            None => wrong.push(violation(
                name,
                format!("a {} has no such field", draft.kind),
            )),
            Some(kind) => match value(name, *kind, text) {
                Ok(value) => record.set(name, as_stored(draft.kind, name, value)),
                Err(why) => wrong.push(violation(name, why)),
            },
        }
    }
    if draft.kind == Kind::Lead && record.text("subject").is_empty() {
        // A lead is called after its person where nobody gave it a name.
        let name = crate::name::join(&crate::name::PersonName {
            first: record.text("given_name").to_owned(),
            middle: record.text("middle_name").to_owned(),
            last: record.text("surname").to_owned(),
        });
        if !name.is_empty() {
            record.set("subject", name);
        }
    }
    for name in &form.required {
        let refused = wrong.iter().any(|one| one.field == *name);
        if record.get(name).is_none() && !refused {
            wrong.push(violation(name, "is required".into()));
        }
    }
    let at = |name: &str| record.get(name).and_then(Value::as_instant);
    for (from, to) in [("start", "end"), ("start", "due")] {
        if let (Some(start), Some(end)) = (at(from), at(to))
            && end < start
        {
            wrong.push(violation(to, format!("must not be before {from}")));
        }
    }
    wrong.extend(inside(draft));
    if wrong.is_empty() {
        Ok(record)
    } else {
        Err(wrong)
    }
}

/// What is wrong with the records inside a draft: all levels are checked before anything is written.
fn inside(draft: &Draft) -> Vec<Violation> {
    let mut wrong = Vec::new();
    let check = |name: &str, inner: &Draft| {
        let inner = record(inner).err().unwrap_or_default();
        let of_it = inner.into_iter().map(|one| Violation {
            field: format!("{name}.{}", one.field),
            ..one
        });
        of_it.collect::<Vec<_>>()
    };
    let alone = |inner: &Draft| inner.account.is_none() && inner.contact.is_none();
    match &draft.account {
        Some(account) if account.kind != Kind::Account || !alone(account) => {
            wrong.push(violation("account", "must be an account by itself".into()));
        }
        Some(account) => wrong.extend(check("account", account)),
        None => {}
    }
    let Some(contact) = &draft.contact else {
        return wrong;
    };
    if !matches!(draft.kind, Kind::Opportunity | Kind::Ticket) {
        let why = "is made inside an opportunity or a ticket only".into();
        wrong.push(violation("contact", why));
    } else if contact.kind != Kind::Contact || contact.contact.is_some() {
        let why = "must be a contact, with no more than its account inside";
        wrong.push(violation("contact", why.into()));
    } else if contact.account.is_some() && draft.account.is_some() {
        let why = "give the account once, beside the contact or inside it";
        wrong.push(violation("contact.account", why.into()));
    } else {
        wrong.extend(check("contact", contact));
    }
    wrong
}

fn violation(field: &str, why: String) -> Violation {
    let field = field.chars().take(80).collect();
    Violation { field, why }
}

/// A text as the CRM holds the field, where the mapping has a conversion for it: a street apart from its number.
fn as_stored(kind: Kind, name: &str, value: Value) -> Value {
    let row = Table::of(kind).and_then(|table| table.row(name));
    let name = row.and_then(|row| row.transform.as_deref());
    match name.and_then(transform::find) {
        Some(convert) if matches!(value, Value::Text(_)) => convert(&value).unwrap_or(value),
        _ => value,
    }
}

fn value(name: &str, kind: Type, text: &str) -> Result<Value, String> {
    let most = if matches!(name, "notes" | "body") {
        LONGEST_NOTE
    } else {
        LONGEST
    };
    if text.chars().count() > most {
        return Err(format!("is too long; write at most {most} characters"));
    }
    match kind {
        Type::Text => Ok(Value::Text(text.to_owned())),
        Type::Phone => Ok(Value::Phone(text.to_owned())),
        Type::Email => normalize(text)
            .map(Value::Text)
            .ok_or_else(|| "is not a mail address".into()),
        Type::Country => {
            let code = text.to_ascii_uppercase();
            let sound = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
            sound
                .then_some(Value::Choice(code))
                .ok_or_else(|| "is not a country code of two letters (ISO 3166-1)".into())
        }
        Type::Instant => text
            .parse::<Timestamp>()
            .map(Value::Instant)
            .map_err(|_| "is not a time; write it as 2026-01-31T14:00:00Z".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(kind: Kind, fields: &[(&str, &str)]) -> Draft {
        Draft {
            kind,
            fields: fields
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .collect(),
            account: None,
            contact: None,
        }
    }

    fn wrong(draft: &Draft) -> String {
        let fields = record(draft).expect_err("refused");
        let names: Vec<String> = fields.into_iter().map(|one| one.field).collect();
        names.join(",")
    }

    #[test]
    fn a_street_is_told_from_its_number_where_the_crm_has_two_fields() {
        let fields = [("surname", "X"), ("street", "Hauptstr. 5")];
        let contact = record(&draft(Kind::Contact, &fields)).expect("fine");
        let parts = ["Hauptstr.", "5"].map(|part| Value::Text(part.into()));
        assert_eq!(contact.get("street"), Some(&Value::List(parts.into())));
    }

    /// SB-05, SB-07
    #[test]
    fn what_is_missing_or_wrong_is_named_before_anything_is_written() {
        assert_eq!(wrong(&draft(Kind::Ticket, &[("subject", "  ")])), "subject");
        assert_eq!(
            wrong(&draft(Kind::Contact, &[("email", "x"), ("colour", "red")])),
            "colour,email,surname"
        );
        assert_eq!(wrong(&draft(Kind::Email, &[])), "kind");
        assert_eq!(
            wrong(&draft(
                Kind::Account,
                &[("name", "A"), ("country", "Germany")]
            )),
            "country"
        );
        let times = [
            ("subject", "S"),
            ("start", "2026-01-31T14:00:00Z"),
            ("end", "2026-01-31T13:00:00Z"),
        ];
        assert_eq!(wrong(&draft(Kind::PhoneCall, &times)), "end");
        assert_eq!(
            wrong(&draft(Kind::Task, &[("subject", &"x".repeat(256))])),
            "subject"
        );
        let mut nested = draft(Kind::Contact, &[("surname", "S")]);
        nested.account = Some(Box::new(draft(Kind::Account, &[])));
        assert_eq!(wrong(&nested), "account.name");
        let mut deep = draft(Kind::Opportunity, &[]);
        deep.contact = Some(Box::new(nested.clone()));
        assert_eq!(wrong(&deep), "subject,contact.account.name");
        deep.account = Some(Box::new(draft(Kind::Account, &[("name", "A")])));
        assert_eq!(wrong(&deep), "subject,contact.account");
        nested.contact = Some(Box::new(draft(Kind::Contact, &[])));
        assert_eq!(wrong(&nested), "account.name,contact");
    }

    #[test]
    fn a_lead_is_called_after_its_person() {
        let lead = record(&draft(
            Kind::Lead,
            &[("given_name", "Ann"), ("surname", "Lee")],
        ))
        .expect("sound");
        assert_eq!(lead.text("subject"), "Ann Lee");
    }

    #[test]
    fn every_required_field_is_one_of_the_form() {
        assert!(FORMS.len() == 9);
        for form in FORMS.values() {
            assert!(
                form.required
                    .iter()
                    .all(|name| form.fields.contains_key(name))
            );
        }
    }
}
