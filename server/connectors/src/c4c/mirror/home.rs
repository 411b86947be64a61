//! The private address of a contact, of which a contact may have several: the main one is mapped, and no other is
//! touched (CON-40).

use http::Method;
use serde_json::Value as Json;

use super::note::child_set;
use crate::c4c::{
    odata::{batch::Change, json::Row, query::Query},
    put::Fields,
};

/// The property that marks the main one.
const MAIN: &str = "MainPersonalAddress";

/// The address that is mapped: the main one, else the first by its id, so that it is always the same.
pub(in crate::c4c) fn choose(addresses: &[Row]) -> Option<&Row> {
    addresses
        .iter()
        .min_by_key(|row| (row.text(MAIN) != "true", row.text("ObjectID")))
}

/// An address as a row of a deep insert; `None` where nothing is known of it.
pub(in crate::c4c) fn row(fields: Fields) -> Option<Json> {
    let filled = fields.values().any(|value| value.as_str() != Some(""));
    let mut row = fields;
    row.insert(MAIN.into(), true.into());
    filled.then_some(Json::Object(row))
}

/// The write that brings these fields onto the address; `None` when nothing is to be written. `stored` are all of the
/// record's.
pub(in crate::c4c) fn change(
    (set, key, node): (&str, &str, &str),
    stored: &[Row],
    fields: Fields,
) -> Option<Change> {
    let Some(address) = choose(stored) else {
        return Some(Change {
            method: Method::POST,
            path: Query::children(set, key, node).path(),
            if_match: None,
            echo: false,
            body: row(fields)?.to_string().into(),
        });
    };
    let tag = address.tag();
    let moved = |(name, value): &(&String, &Json)| {
        let wanted = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        address.text(name) != wanted
    };
    fields.iter().any(|field| moved(&field)).then(|| Change {
        method: Method::PATCH,
        path: Query::row(&child_set(node), &address.text("ObjectID")).path(),
        if_match: (!tag.is_empty()).then_some(tag),
        echo: true,
        body: Json::Object(fields.clone()).to_string().into(),
    })
}
