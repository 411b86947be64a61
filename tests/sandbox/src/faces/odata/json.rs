//! Entities as JSON, in both modes of the service.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::literal::{etag, json_date};
use super::options::Expand;
use crate::crm::{
    Comparison, Crm, Edm, EntitySet, Filter, Navigation, Origin, Property, Query, Row, Schema,
    Value, guid_text, object_id,
};

/// How an answer is shaped.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Service root, without trailing slash.
    pub base: String,
    /// `odata-v2-strict-json-format: true`.
    pub strict: bool,
    /// `odata-no-codedescs: true` leaves texts of codes out.
    pub without_texts: bool,
    /// The answer is a part of a batch.
    pub in_batch: bool,
}

/// Writes entities.
pub struct Writer<'a> {
    /// The tenant.
    pub crm: &'a Crm,
    /// The shape of the answer.
    pub shape: &'a Shape,
}

/// A JSON string with its quotes.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What a selection says about one level.
fn picks(select: &[String], name: &str) -> bool {
    select.is_empty() || select.iter().any(|path| path == name || path == "*")
}

/// The selection below a navigation; `None` when the navigation is not selected.
fn below(select: &[String], navigation: &str) -> Option<Vec<String>> {
    if select.is_empty() || select.iter().any(|path| path == navigation) {
        return Some(Vec::new());
    }
    let inner = select.iter().filter_map(|path| {
        let rest = path.strip_prefix(navigation)?.strip_prefix('/')?;
        Some(rest.to_owned())
    });
    let inner: Vec<_> = inner.collect();
    (!inner.is_empty()).then_some(inner)
}

impl Writer<'_> {
    /// The address of an entity.
    pub fn uri(&self, set: &EntitySet, key: &str) -> String {
        let key = key.replace('\'', "''");
        format!("{}/{}('{key}')", self.shape.base, set.name)
    }

    /// `{"d":...}` around a single entity.
    pub fn single(
        &self,
        set: &'static EntitySet,
        row: &Row,
        expand: &Expand,
        select: &[String],
    ) -> String {
        let mut out = String::from("{\"d\":");
        if !self.shape.strict {
            out.push_str("{\"results\":");
        }
        self.entity(&mut out, set, row, expand, select);
        if !self.shape.strict {
            out.push('}');
        }
        out.push('}');
        out
    }

    /// Appends one entity.
    pub fn entity(
        &self,
        out: &mut String,
        set: &'static EntitySet,
        row: &Row,
        expand: &Expand,
        select: &[String],
    ) {
        let uri = self.uri(set, &row.key);
        out.push_str("{\"__metadata\":{\"uri\":");
        out.push_str(&quoted(&uri));
        out.push_str(",\"type\":\"c4codata.");
        out.push_str(set.kind);
        out.push('"');
        if let Some(stamp) = self.stamp(set, row) {
            out.push_str(",\"etag\":");
            out.push_str(&quoted(&etag(stamp)));
        }
        out.push('}');
        for (at, property) in set.properties.iter().enumerate() {
            let is_text = matches!(property.origin, Origin::TextOf(_));
            if !picks(select, property.name) || is_text && self.shape.without_texts {
                continue;
            }
            out.push_str(",\"");
            out.push_str(property.name);
            out.push_str("\":");
            self.property(out, set, row, at);
        }
        for navigation in &set.navigations {
            let Some(inner) = below(select, navigation.name) else {
                continue;
            };
            out.push_str(",\"");
            out.push_str(navigation.name);
            out.push_str("\":");
            let expanded = expand.below.iter().find(|e| e.name == navigation.name);
            match expanded {
                Some(expand) => self.expanded(out, row, navigation, expand, &inner),
                None => {
                    out.push_str("{\"__deferred\":{\"uri\":");
                    out.push_str(&quoted(&format!("{uri}/{}", navigation.name)));
                    out.push_str("}}");
                }
            }
        }
        out.push('}');
    }

    fn expanded(
        &self,
        out: &mut String,
        row: &Row,
        navigation: &Navigation,
        expand: &Expand,
        select: &[String],
    ) {
        if !navigation.many {
            match linked(self.crm, row, navigation) {
                Some((target, row)) => self.entity(out, target, row, expand, select),
                None => out.push_str("null"),
            }
            return;
        }
        let Some(target) = Schema::standard().set(navigation.target) else {
            return;
        };
        out.push_str(if self.shape.strict {
            "{\"results\":["
        } else {
            "["
        });
        for (nth, slot) in self.crm.children(target, &row.key).into_iter().enumerate() {
            if let Some(child) = self.crm.row_at(target, slot) {
                if nth > 0 {
                    out.push(',');
                }
                self.entity(out, target, child, expand, select);
            }
        }
        out.push_str(if self.shape.strict { "]}" } else { "]" });
    }

    /// The ETag stamp of a row, microseconds.
    pub fn stamp(&self, set: &EntitySet, row: &Row) -> Option<i64> {
        row.values[set.etag()?].as_instant()
    }

    /// The URL of an attachment's content, empty when there is none.
    fn content_link(&self, set: &EntitySet, row: &Row) -> String {
        let binary = set.position("Binary").map(|at| &row.values[at]);
        match binary {
            Some(Value::Bytes(_)) if self.shape.in_batch => {
                // Observed: inside a batch the service builds this link from the wrong address.
                format!("{}/$batch/Binary/$value", self.shape.base)
            }
            Some(Value::Bytes(_)) => format!("{}/Binary/$value", self.uri(set, &row.key)),
            _ => String::new(),
        }
    }

    /// The text of a property, as Atom and `$value` show it; `None` is null.
    pub fn plain(&self, set: &EntitySet, row: &Row, at: usize) -> Option<String> {
        let property = &set.properties[at];
        let value = self.crm.value_of(set, row, at);
        match value.as_ref() {
            Value::Null if property.origin == Origin::ContentLink => {
                Some(self.content_link(set, row))
            }
            Value::Null => empty(property).map(str::to_owned),
            Value::Text(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Int(value) => Some(value.to_string()),
            Value::Instant(micros) => Some(super::literal::seven_digits(*micros)),
            Value::Guid(uuid) => Some(guid_text(*uuid)),
            Value::Bytes(bytes) => Some(STANDARD.encode(bytes)),
        }
    }

    /// Appends the JSON value of a property.
    pub fn property(&self, out: &mut String, set: &EntitySet, row: &Row, at: usize) {
        let property = &set.properties[at];
        let value = self.crm.value_of(set, row, at);
        if let Value::Instant(micros) = value.as_ref() {
            out.push_str(&quoted(&json_date(*micros)));
            return;
        }
        let bare = matches!(property.edm, Edm::Boolean | Edm::Int32);
        match self.plain(set, row, at) {
            None => out.push_str("null"),
            Some(text) if bare => out.push_str(&text),
            Some(text) => out.push_str(&quoted(&text)),
        }
    }
}

/// What stands for "no value": the empty text for strings, null for dates, UUIDs and binaries.
fn empty(property: &Property) -> Option<&'static str> {
    match property.edm {
        Edm::String => Some(""),
        Edm::Boolean => Some("false"),
        Edm::Int32 => Some("0"),
        Edm::Decimal => Some(match property.scale {
            Some(2) => "0.00",
            Some(6) => "0.000000",
            _ => "0",
        }),
        Edm::Guid | Edm::DateTime | Edm::DateTimeOffset | Edm::Time | Edm::Binary => None,
    }
}

/// The entity a to-one navigation leads to.
pub fn linked<'a>(
    crm: &'a Crm,
    row: &Row,
    navigation: &Navigation,
) -> Option<(&'static EntitySet, &'a Row)> {
    let target = Schema::standard().set(navigation.target)?;
    let value = &row.values[navigation.by?];
    let by_key = match value {
        Value::Guid(uuid) => crm.row(target, &object_id(*uuid)),
        Value::Text(text) => crm.row(target, text),
        _ => return None,
    };
    let by_number = || {
        let query = Query {
            filter: Some(Filter::Compare(
                target.number?.0,
                Comparison::Equal,
                value.clone(),
            )),
            ..Query::default()
        };
        let slot = *crm.select(target, &query).first()?;
        crm.row_at(target, slot)
    };
    by_key.or_else(by_number).map(|row| (target, row))
}
