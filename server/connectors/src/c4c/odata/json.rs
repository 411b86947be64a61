//! The JSON shapes of OData v2 answers: `{"d":{"results":[..]}}`, `{"d":{"results":{..}}}`, `{"d":{..}}`,
//! `{"d":[..]}`, and the same without the `d`. Expanded children come wrapped or bare.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::date;

/// An answer that is not JSON of a known shape; says where it went wrong, never what stood there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(in crate::c4c) struct Unreadable(pub(in crate::c4c) String);

/// A page of rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::c4c) struct Rows {
    /// The rows in server order.
    pub(in crate::c4c) rows: Vec<Row>,
    /// Where the next page is.
    pub(in crate::c4c) next: Option<String>,
    /// How many rows there are in all, when the server said.
    pub(in crate::c4c) count: Option<u64>,
}

/// One entity.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::c4c) struct Row(Map<String, Value>);

/// Reads a page of rows. A single entity is a page of one.
pub(in crate::c4c) fn rows(bytes: &[u8]) -> Result<Rows, Unreadable> {
    let (value, next, count) = unwrap(parse(bytes)?)?;
    let rows = match value {
        Value::Array(values) => values.into_iter().map(row).collect::<Result<_, _>>()?,
        other => vec![row(other)?],
    };
    Ok(Rows { rows, next, count })
}

/// Reads one entity. An array is read when it has exactly one row.
pub(in crate::c4c) fn entity(bytes: &[u8]) -> Result<Row, Unreadable> {
    let (value, ..) = unwrap(parse(bytes)?)?;
    match value {
        Value::Array(mut values) if values.len() == 1 => row(values.remove(0)),
        Value::Array(values) => Err(Unreadable(format!(
            "{} rows where one was asked for",
            values.len()
        ))),
        other => row(other),
    }
}

fn parse(bytes: &[u8]) -> Result<Value, Unreadable> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Unreadable(format!("no JSON at line {line} column {column}"))
    })
}

type Page = (Value, Option<String>, Option<u64>);

fn unwrap(value: Value) -> Result<Page, Unreadable> {
    let inner = match value {
        Value::Object(mut top) if top.contains_key("d") => top.remove("d").unwrap_or_default(),
        Value::Object(top) if top.contains_key("error") => {
            return Err(Unreadable("an error envelope in a success".into()));
        }
        other => other,
    };
    match inner {
        Value::Object(mut body) => {
            let next = match body.get("__next") {
                Some(Value::String(next)) if !next.is_empty() => Some(next.clone()),
                _ => None,
            };
            let count = body.get("__count").and_then(|count| match count {
                Value::String(text) => text.trim().parse().ok(),
                other => other.as_u64(),
            });
            match body.remove("results") {
                Some(results @ (Value::Array(_) | Value::Object(_))) => Ok((results, next, count)),
                Some(Value::Null) => Err(Unreadable("results are null".into())),
                Some(_) => Err(Unreadable("results are neither rows nor an entity".into())),
                None => Ok((Value::Object(body), next, count)),
            }
        }
        Value::Array(values) => Ok((Value::Array(values), None, None)),
        _ => Err(Unreadable("neither rows nor an entity".into())),
    }
}

fn row(value: Value) -> Result<Row, Unreadable> {
    match value {
        Value::Object(members) => Ok(Row(members)),
        _ => Err(Unreadable("a row that is no object".into())),
    }
}

impl Row {
    /// A property as text; empty when it is absent or null. Numbers are taken as they are written.
    pub(in crate::c4c) fn text(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(flag)) => flag.to_string(),
            // Older services write texts as {"content": .., "languageCode": ..}.
            Some(Value::Object(text)) => match text.get("content") {
                Some(Value::String(text)) => text.clone(),
                _ => String::new(),
            },
            _ => String::new(),
        }
    }

    /// The first of these properties that is not empty.
    pub(in crate::c4c) fn first(&self, names: &[&str]) -> String {
        let mut texts = names.iter().map(|name| self.text(name));
        texts
            .find(|text| !text.trim().is_empty())
            .unwrap_or_default()
    }

    /// A property as an instant.
    pub(in crate::c4c) fn instant(&self, name: &str) -> Option<Timestamp> {
        self.0.get(name).and_then(date::read)
    }

    /// Whether the row has anything but metadata.
    pub(in crate::c4c) fn is_empty(&self) -> bool {
        self.0.keys().all(|name| name.starts_with("__"))
    }

    /// The names of the properties.
    pub(in crate::c4c) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The header form of the row's tag: `__metadata.etag`, else the property `ETag`.
    pub(in crate::c4c) fn tag(&self) -> String {
        let header = self.0.get("__metadata").and_then(|meta| meta.get("etag"));
        match header {
            Some(Value::String(tag)) if !tag.is_empty() => tag.clone(),
            _ => self.text("ETag"),
        }
    }

    /// The rows behind an expanded navigation; `None` when it was not expanded.
    pub(in crate::c4c) fn children(&self, navigation: &str) -> Option<Vec<Row>> {
        let objects = |values: &[Value]| {
            let rows = values.iter().filter_map(Value::as_object);
            rows.map(|members| Row(members.clone())).collect()
        };
        match self.0.get(navigation)? {
            Value::Array(values) => Some(objects(values)),
            Value::Object(wrapper) => match wrapper.get("results")? {
                Value::Array(values) => Some(objects(values)),
                Value::Object(one) => Some(vec![Row(one.clone())]),
                _ => None,
            },
            _ => None,
        }
    }

    /// Puts children in as if the navigation had been expanded.
    pub(in crate::c4c) fn adopt(&mut self, navigation: &str, rows: Vec<Row>) {
        let rows = rows.into_iter().map(|row| Value::Object(row.0)).collect();
        self.0.insert(navigation.to_owned(), Value::Array(rows));
    }

    /// The only member, when that is an object: the wrapper some servers put around a function's result.
    pub(in crate::c4c) fn only_member(&self) -> Option<Row> {
        let mut members = self.0.iter().filter(|(name, _)| !name.starts_with("__"));
        match (members.next(), members.next()) {
            (Some((_, Value::Object(inner))), None) => Some(Row(inner.clone())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<String> {
        let rows = rows(text.as_bytes()).unwrap().rows;
        rows.iter().map(|row| row.text("ID")).collect()
    }

    #[test]
    fn every_shape_of_rows_is_read() {
        for text in [
            r#"{"d":{"results":[{"ID":"1"},{"ID":"2"}]}}"#,
            r#"{"d":[{"ID":"1"},{"ID":"2"}]}"#,
            r#"{"results":[{"ID":"1"},{"ID":2}]}"#,
            r#"[{"ID":"1"},{"ID":"2"}]"#,
            "\u{feff}{\"d\":{\"__count\":\"2\",\"results\":[{\"ID\":\"1\"},{\"ID\":\"2\"}]}}",
        ] {
            assert_eq!(ids(text), ["1", "2"], "{text}");
        }
        assert!(ids(r#"{"d":{"results":[]}}"#).is_empty());
    }

    #[test]
    fn every_shape_of_an_entity_is_read() {
        for text in [
            r#"{"d":{"results":{"ID":"1"}}}"#,
            r#"{"d":{"ID":"1"}}"#,
            r#"{"d":{"results":[{"ID":"1"}]}}"#,
            r#"{"ID":"1"}"#,
        ] {
            assert_eq!(entity(text.as_bytes()).unwrap().text("ID"), "1", "{text}");
        }
    }

    #[test]
    fn other_json_is_refused() {
        for text in [
            "",
            "<html></html>",
            "null",
            "5",
            r#"{"d":5}"#,
            r#"{"d":null}"#,
            r#"{"d":{"results":null}}"#,
            r#"{"d":{"results":"x"}}"#,
            r#"{"d":{"results":[1]}}"#,
            r#"{"error":{"code":"","message":{"value":"x"}}}"#,
        ] {
            assert!(rows(text.as_bytes()).is_err(), "{text}");
            assert!(entity(text.as_bytes()).is_err(), "{text}");
        }
        assert!(entity(br#"{"d":{"results":[]}}"#).is_err());
    }

    #[test]
    fn an_answer_cut_anywhere_is_an_error_never_fewer_rows() {
        let whole =
            r#"{"d":{"__count":"2","results":[{"ID":"1"},{"ID":"2"}],"__next":"x?$skiptoken=3"}}"#;
        for cut in 0..whole.len() {
            assert!(rows(&whole.as_bytes()[..cut]).is_err(), "cut at {cut}");
        }
        let page = rows(whole.as_bytes()).unwrap();
        assert_eq!((page.count, page.rows.len()), (Some(2), 2));
        assert_eq!(page.next.as_deref(), Some("x?$skiptoken=3"));
    }

    #[test]
    fn children_are_read_wrapped_and_bare() {
        let text =
            br#"{"d":{"A":[{"ID":"1"}],"B":{"results":[{"ID":"2"}]},"C":{"__deferred":{}}}}"#;
        let row = entity(text).unwrap();
        assert_eq!(row.children("A").unwrap()[0].text("ID"), "1");
        assert_eq!(row.children("B").unwrap()[0].text("ID"), "2");
        assert_eq!(row.children("C"), None);
        assert_eq!(row.children("D"), None);
    }

    #[test]
    fn deep_nesting_is_refused_without_harm() {
        let deep = "[".repeat(100_000);
        assert!(rows(deep.as_bytes()).is_err());
    }
}
