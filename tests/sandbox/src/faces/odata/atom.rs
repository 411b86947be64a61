//! Atom, the default format of the service: enough for a client that forgot to ask for JSON to see it.

use http::StatusCode;
use quick_xml::escape::escape;

use super::json::Writer;
use super::options::Options;
use super::reply::Reply;
use crate::crm::{EntitySet, Origin, Row, Schema};

const NAMESPACES: &str = "xmlns=\"http://www.w3.org/2005/Atom\" \
xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\" \
xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\"";
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";

/// The service document (AtomPub).
pub fn service(base: &str) -> Reply {
    let sets = Schema::standard().sets.iter();
    let sets = sets.map(|set| {
        let name = set.name;
        format!("<collection href=\"{name}\"><atom:title>{name}</atom:title></collection>")
    });
    let body = format!(
        "{DECLARATION}<service xml:base=\"{}/\" xmlns=\"http://www.w3.org/2007/app\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><workspace><atom:title>Default</atom:title>{}</workspace></service>",
        escape(base),
        sets.collect::<String>()
    );
    Reply::new(
        StatusCode::OK,
        "application/atomsvc+xml;charset=utf-8",
        body,
    )
}

/// One entity. `$expand` is not followed in this format.
pub fn entity(
    writer: &Writer,
    status: StatusCode,
    set: &'static EntitySet,
    row: &Row,
    options: &Options,
) -> Reply {
    let body = format!(
        "{DECLARATION}{}",
        entry(writer, set, row, options, NAMESPACES)
    );
    Reply::new(
        status,
        "application/atom+xml;type=entry;charset=utf-8",
        body,
    )
}

/// A page of entities.
pub fn collection<'a>(
    writer: &Writer,
    set: &'static EntitySet,
    rows: impl Iterator<Item = &'a Row>,
    options: &Options,
    next: Option<&str>,
    total: Option<usize>,
) -> Reply {
    let mut body = format!(
        "{DECLARATION}<feed {NAMESPACES}><title>{}</title>",
        set.name
    );
    if let Some(total) = total {
        body.push_str(&format!("<m:count>{total}</m:count>"));
    }
    for row in rows {
        body.push_str(&entry(writer, set, row, options, ""));
    }
    if let Some(next) = next {
        body.push_str(&format!("<link rel=\"next\" href=\"{}\"/>", escape(next)));
    }
    body.push_str("</feed>");
    Reply::new(
        StatusCode::OK,
        "application/atom+xml;type=feed;charset=utf-8",
        body,
    )
}

fn entry(writer: &Writer, set: &EntitySet, row: &Row, options: &Options, names: &str) -> String {
    let etag = writer.stamp(set, row).map(super::literal::etag);
    let etag = etag.map_or(String::new(), |etag| {
        format!(" m:etag=\"{}\"", escape(etag.as_str()))
    });
    let mut properties = String::new();
    for (at, property) in set.properties.iter().enumerate() {
        let picked = options.select.is_empty() || options.select.iter().any(|s| s == property.name);
        let is_text = matches!(property.origin, Origin::TextOf(_));
        if !picked || is_text && writer.shape.without_texts {
            continue;
        }
        let name = property.name;
        match writer.plain(set, row, at) {
            None => properties.push_str(&format!("<d:{name} m:null=\"true\"/>")),
            Some(text) => {
                properties.push_str(&format!("<d:{name}>{}</d:{name}>", escape(text.as_str())));
            }
        }
    }
    let uri = writer.uri(set, &row.key);
    format!(
        "<entry {names}{etag}><id>{uri}</id><title/><category term=\"c4codata.{}\" scheme=\"http://schemas.microsoft.com/ado/2007/08/dataservices/scheme\"/><link rel=\"edit\" href=\"{uri}\"/><content type=\"application/xml\"><m:properties>{properties}</m:properties></content></entry>",
        set.kind,
        uri = escape(uri.as_str()),
    )
}
