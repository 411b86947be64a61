//! The one note of a record that the mailbox's body is mirrored with. Other notes are never touched.

use http::Method;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use ssi_domain::{RichText, TextFormat};

use super::set::MirrorSet;
use crate::c4c::{
    config::Codes,
    odata::{batch::Change, json::Row, query::Query},
    put::Fields,
};

/// The note: the newest of our type.
pub(in crate::c4c) fn choose<'a>(
    set: &MirrorSet,
    codes: &Codes,
    notes: &'a [Row],
) -> Option<&'a Row> {
    let ours = notes.iter().filter(|note| {
        let code = note.text("TypeCode");
        !set.typed_notes || code.is_empty() || code == codes.mirrored_note
    });
    ours.max_by_key(|note| (changed(note), note.text("ObjectID")))
}

fn changed(note: &Row) -> Option<Timestamp> {
    ["UpdatedOn", "CreatedOn", "EntityLastChangedOn"]
        .iter()
        .filter_map(|name| note.instant(name))
        .max()
}

/// What a note says; notes may hold HTML without saying so.
pub(in crate::c4c) fn content(text: String) -> RichText {
    let head = text.trim_start();
    let is_html = head.starts_with('<')
        && head.trim_end().ends_with('>')
        && (head.contains("</") || head.contains("/>") || head.contains("<br"));
    RichText {
        format: if is_html {
            TextFormat::Html
        } else {
            TextFormat::Plain
        },
        text,
    }
}

/// A note as a row.
pub(in crate::c4c) fn row(set: &MirrorSet, codes: &Codes, text: &str) -> Fields {
    let mut fields = Fields::from_iter([("Text".to_owned(), Json::from(text))]);
    if set.typed_notes {
        fields.insert("TypeCode".into(), codes.mirrored_note.as_str().into());
    }
    fields
}

/// The write that makes the note say `text`; `None` when it does already. `stored` are all notes of the record.
pub(in crate::c4c) fn change(
    set: &MirrorSet,
    codes: &Codes,
    (key, node): (&str, &str),
    stored: &[Row],
    text: &str,
) -> Option<Change> {
    let note = choose(set, codes, stored);
    let Some(note) = note else {
        return (!text.is_empty()).then(|| Change {
            method: Method::POST,
            path: Query::children(set.name, key, node).path(),
            if_match: None,
            echo: false,
            body: Json::Object(row(set, codes, text)).to_string().into(),
        });
    };
    if note.text("Text") == text {
        return None;
    }
    let id = note.text("ObjectID");
    let tag = note.tag();
    let (method, body) = if text.is_empty() {
        (Method::DELETE, String::new())
    } else {
        (Method::PATCH, json!({ "Text": text }).to_string())
    };
    Some(Change {
        method,
        path: Query::row(&child_set(node), &id).path(),
        if_match: (!tag.is_empty()).then_some(tag),
        echo: true,
        body: body.into(),
    })
}

/// The entity set of a child node.
pub(in crate::c4c) fn child_set(node: &str) -> String {
    format!("{node}Collection")
}
