//! Drafts of new records: from the wire, and back for prefilled ones.

use ssi_domain::{Kind, create::Draft};
use ssi_engine::CreateRecord;
use ssi_proto::v1::{CreateRecordRequest, NewRecord};
use tonic::Status;

use super::{convert, read, status::invalid};

/// Most fields of a form.
const MOST_FIELDS: usize = 100;
/// Longest value, in characters; notes are the longest.
const LONGEST_VALUE: usize = 100_000;

/// Records inside each other, with the outermost.
const LEVELS: usize = 3;

/// What to create.
pub fn create(caller: String, asked: CreateRecordRequest) -> Result<CreateRecord, Status> {
    let given = asked
        .new_record
        .ok_or_else(|| invalid("new_record", "give the record to create"))?;
    let named = !asked.item_id.is_empty() || !asked.internet_message_id.trim().is_empty();
    let item = match named {
        true => read::item_keys(&asked.item_id, &asked.internet_message_id)?
            .into_iter()
            .next(),
        false => None,
    };
    Ok(CreateRecord {
        request_id: read::request_id(&asked.request_id)?,
        caller,
        draft: draft(given, LEVELS)?,
        links: read::records("linked_records", &asked.linked_records, 100)?,
        allow_duplicates: asked.allow_duplicates,
        item,
    })
}

fn draft(given: NewRecord, levels: usize) -> Result<Draft, Status> {
    let NewRecord {
        kind: number,
        fields,
        account,
        contact,
    } = given;
    let sound = |(name, text): (&String, &String)| {
        name.len() <= 100 && text.chars().count() <= LONGEST_VALUE
    };
    if fields.len() > MOST_FIELDS || !fields.iter().all(sound) {
        return Err(invalid(
            "new_record.fields",
            "too many fields, or one too long",
        ));
    }
    let inner = |field: &str, inner: Option<Box<NewRecord>>| match inner {
        None => Ok(None),
        Some(_) if levels == 1 => {
            let why = "only an account inside a contact inside the record";
            Err(invalid(&format!("new_record.{field}"), why))
        }
        Some(inner) => Ok(Some(Box::new(draft(*inner, levels - 1)?))),
    };
    Ok(Draft {
        kind: kind("new_record.kind", number)?,
        fields: fields.into_iter().collect(),
        account: inner("account", account)?,
        contact: inner("contact", contact)?,
    })
}

/// One kind.
pub fn kind(field: &str, number: i32) -> Result<Kind, Status> {
    let mut kinds = read::kinds(field, &[number])?;
    kinds
        .pop()
        .ok_or_else(|| invalid(field, "give the kind of record"))
}

/// A draft as a message.
pub fn message(draft: Draft) -> NewRecord {
    let Draft {
        kind,
        fields,
        account,
        contact,
    } = draft;
    NewRecord {
        kind: convert::kind(kind).into(),
        fields: fields.into_iter().collect(),
        account: account.map(|account| Box::new(message(*account))),
        contact: contact.map(|contact| Box::new(message(*contact))),
    }
}
