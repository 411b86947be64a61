//! One logical request, alone or inside a batch: from method, URL and body to an answer.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};

use super::address::{Address, Part};
use super::json::{Shape, Writer, linked, quoted};
use super::literal::etag;
use super::options::Options;
use super::reply::{Format, Language, Reply};
use super::{address, atom, functions, metadata, payload};
use crate::crm::{Crm, CrmUser, EntitySet, Omitted, Refusal, Row, Schema, Value};

/// A logical request.
#[derive(Debug, Clone)]
pub struct Call {
    /// Verb.
    pub method: Method,
    /// Path below the service root, still percent-encoded.
    pub path: String,
    /// Query string, still percent-encoded.
    pub query: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

/// Where a call comes from.
#[derive(Debug, Clone)]
pub struct Origin<'a> {
    /// Service root without trailing slash.
    pub base: &'a str,
    /// Whether the call is a part of a batch.
    pub in_batch: bool,
    /// Who calls.
    pub user: &'a CrmUser,
}

/// A write that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Verb.
    pub operation: String,
    /// Entity set.
    pub set: &'static str,
    /// ObjectID.
    pub key: String,
}

impl Call {
    /// A header as text, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    fn is_on(&self, name: &str) -> bool {
        self.header(name).eq_ignore_ascii_case("true")
    }

    /// The language of texts.
    pub fn language(&self) -> Language {
        if self
            .header("accept-language")
            .to_lowercase()
            .starts_with("de")
        {
            Language::German
        } else {
            Language::English
        }
    }

    /// JSON when asked for; otherwise the service speaks XML.
    pub fn format(&self) -> Format {
        let format = self.query.split('&').find_map(|pair| {
            pair.strip_prefix("$format=")
                .or_else(|| pair.strip_prefix("%24format="))
        });
        let json = match format {
            Some(format) => format.eq_ignore_ascii_case("json"),
            None => self.header("accept").contains("json"),
        };
        if json { Format::Json } else { Format::Xml }
    }
}

/// Answers a call; writes that happened are added to `written`.
pub fn answer(crm: &mut Crm, call: &Call, origin: &Origin, written: &mut Vec<Written>) -> Reply {
    let outcome = address::parse(&call.path)
        .and_then(|address| Request::new(call, origin)?.run(crm, address, written));
    outcome.unwrap_or_else(|refusal| Reply::refuse(&refusal, call.format(), call.language()))
}

/// A call with its options read.
pub(super) struct Request<'a> {
    pub(super) call: &'a Call,
    origin: &'a Origin<'a>,
    pub(super) options: Options,
    pub(super) shape: Shape,
}

impl<'a> Request<'a> {
    fn new(call: &'a Call, origin: &'a Origin<'a>) -> Result<Self, Refusal> {
        let shape = Shape {
            base: origin.base.to_owned(),
            strict: call.is_on("odata-v2-strict-json-format"),
            without_texts: call.is_on("odata-no-codedescs"),
            in_batch: origin.in_batch,
        };
        let options = Options::parse(&call.query)?;
        if origin.in_batch && options.search.is_some() {
            return Err(Refusal::NotImplemented("$search inside a batch".to_owned()));
        }
        Ok(Self {
            call,
            origin,
            options,
            shape,
        })
    }

    fn run(
        &self,
        crm: &mut Crm,
        address: Address,
        written: &mut Vec<Written>,
    ) -> Result<Reply, Refusal> {
        let method = &self.call.method;
        if method == Method::GET || method == Method::HEAD {
            return self.read(crm, address);
        }
        let refused = |operation, set: &EntitySet| {
            Err(Refusal::NotOffered {
                operation,
                set: set.name.to_owned(),
            })
        };
        match (method.as_str(), address) {
            (
                "POST",
                Address::Rows {
                    set,
                    from,
                    part: Part::Whole,
                },
            ) => {
                let parent = from.map(|(_, key, _)| key);
                self.create(crm, set, parent.as_deref(), written)
            }
            (
                "PATCH" | "PUT",
                Address::Entity {
                    set,
                    key,
                    part: Part::Whole,
                },
            ) => self.change(crm, set, &key, written),
            (
                "DELETE",
                Address::Entity {
                    set,
                    key,
                    part: Part::Whole,
                },
            ) => {
                self.precondition(crm, set, &key)?;
                crm.delete(set, &key)?;
                self.note(written, set, key);
                Ok(Reply::empty(StatusCode::NO_CONTENT))
            }
            (_, Address::Rows { set, .. } | Address::Entity { set, .. }) => {
                refused("this method", set)
            }
            _ => Err(Refusal::NotOffered {
                operation: "this method",
                set: self.call.path.clone(),
            }),
        }
    }

    fn note(&self, written: &mut Vec<Written>, set: &'static EntitySet, key: String) {
        written.push(Written {
            operation: self.call.method.to_string(),
            set: set.name,
            key,
        });
    }

    fn create(
        &self,
        crm: &mut Crm,
        set: &'static EntitySet,
        parent: Option<&str>,
        written: &mut Vec<Written>,
    ) -> Result<Reply, Refusal> {
        let draft = payload::read(set, &self.call.body)?;
        let key = crm.create(set, &draft, parent)?;
        self.note(written, set, key.clone());
        let writer = self.writer(crm);
        let row = crm.row(set, &key);
        let row = row.ok_or_else(|| Refusal::NotFound(key.clone()))?;
        let silent = self.call.is_on("odata-no-response-payload");
        let mut reply = if silent {
            Reply::empty(StatusCode::CREATED)
        } else {
            self.entity(&writer, StatusCode::CREATED, set, row)
        };
        reply.set("location", &writer.uri(set, &key));
        if let Some(stamp) = writer.stamp(set, row) {
            reply.set("etag", &etag(stamp));
        }
        Ok(reply)
    }

    fn change(
        &self,
        crm: &mut Crm,
        set: &'static EntitySet,
        key: &str,
        written: &mut Vec<Written>,
    ) -> Result<Reply, Refusal> {
        let draft = payload::read(set, &self.call.body)?;
        self.precondition(crm, set, key)?;
        let omitted = if self.call.method == Method::PUT {
            Omitted::Emptied
        } else {
            Omitted::Kept
        };
        crm.update(set, key, &draft, omitted)?;
        self.note(written, set, key.to_owned());
        let mut reply = Reply::empty(StatusCode::NO_CONTENT);
        reply.set("content-type", "text/html");
        Ok(reply)
    }

    /// Compares `If-Match`, if the client sent one, with the row's ETag.
    fn precondition(&self, crm: &Crm, set: &'static EntitySet, key: &str) -> Result<(), Refusal> {
        let wanted = self.call.header(header::IF_MATCH.as_str());
        if wanted.is_empty() || wanted == "*" {
            return Ok(());
        }
        let row = self.row(crm, set, key)?;
        let stamp = self.writer(crm).stamp(set, row);
        let plain = |text: &str| text.replace("%3A", ":").replace("%3a", ":");
        let current = stamp.map(|stamp| plain(&etag(stamp)));
        let matches = wanted
            .split(", ")
            .any(|wanted| Some(plain(wanted.trim())) == current);
        if matches {
            Ok(())
        } else {
            Err(Refusal::Changed)
        }
    }

    /// Writes entities in the shape the client asked for.
    pub(super) fn writer<'c>(&'c self, crm: &'c Crm) -> Writer<'c> {
        Writer {
            crm,
            shape: &self.shape,
        }
    }

    /// A row the caller may see.
    pub(super) fn row<'c>(
        &self,
        crm: &'c Crm,
        set: &EntitySet,
        key: &str,
    ) -> Result<&'c Row, Refusal> {
        let row = crm.row(set, key).filter(|row| crm.is_visible(set, row));
        row.ok_or_else(|| Refusal::NotFound(format!("{}('{key}')", set.name)))
    }

    fn entity(
        &self,
        writer: &Writer,
        status: StatusCode,
        set: &'static EntitySet,
        row: &Row,
    ) -> Reply {
        let options = &self.options;
        let mut reply = match self.call.format() {
            Format::Json => {
                let body = writer.single(set, row, &options.expand, &options.select);
                Reply::json(status, body)
            }
            Format::Xml => atom::entity(writer, status, set, row, options),
        };
        if let Some(stamp) = writer.stamp(set, row) {
            reply.set("etag", &etag(stamp));
        }
        reply
    }

    fn read(&self, crm: &Crm, address: Address) -> Result<Reply, Refusal> {
        match address {
            Address::Service => Ok(self.service()),
            Address::Metadata => Ok(metadata::reply(self.options.filter.as_deref())),
            Address::Batch => Err(Refusal::NotOffered {
                operation: "GET",
                set: "$batch".to_owned(),
            }),
            Address::Function(name) => {
                functions::call(&self.writer(crm), &name, &self.options, self.origin.user)
            }
            Address::Rows { set, from, part } => self.rows(crm, set, from, &part),
            Address::Entity { set, key, part } => {
                let row = self.row(crm, set, &key)?;
                self.options.check(set)?;
                match part {
                    Part::Property(at) => Ok(self.property(crm, set, row, at)),
                    Part::RawProperty(at) => self.raw(crm, set, row, at),
                    _ => Ok(self.entity(&self.writer(crm), StatusCode::OK, set, row)),
                }
            }
            Address::Linked {
                set,
                key,
                navigation,
            } => {
                let row = self.row(crm, set, &key)?;
                let target = set.navigation(navigation);
                let target = target.and_then(|navigation| linked(crm, row, navigation));
                let (target, row) =
                    target.ok_or_else(|| Refusal::NotFound(navigation.to_owned()))?;
                self.options.check(target)?;
                Ok(self.entity(&self.writer(crm), StatusCode::OK, target, row))
            }
        }
    }

    fn service(&self) -> Reply {
        match self.call.format() {
            Format::Xml => atom::service(self.origin.base),
            Format::Json => {
                let sets = Schema::standard().sets.iter().map(|set| quoted(set.name));
                let sets: Vec<_> = sets.collect();
                let body = format!("{{\"d\":{{\"EntitySets\":[{}]}}}}", sets.join(","));
                Reply::json(StatusCode::OK, body)
            }
        }
    }

    fn property(&self, crm: &Crm, set: &EntitySet, row: &Row, at: usize) -> Reply {
        let mut out = format!("{{\"d\":{{\"{}\":", set.properties[at].name);
        self.writer(crm).property(&mut out, set, row, at);
        out.push_str("}}");
        Reply::json(StatusCode::OK, out)
    }

    fn raw(&self, crm: &Crm, set: &EntitySet, row: &Row, at: usize) -> Result<Reply, Refusal> {
        if let Value::Bytes(bytes) = &row.values[at] {
            let kind = crm.text(set, row, "MimeType");
            let kind = if kind.is_empty() {
                "application/octet-stream"
            } else {
                kind.as_str()
            };
            return Ok(Reply::new(StatusCode::OK, kind, bytes.to_vec()));
        }
        let text = self.writer(crm).plain(set, row, at);
        let text = text.ok_or_else(|| Refusal::NotFound(set.properties[at].name.to_owned()))?;
        Ok(Reply::new(StatusCode::OK, "text/plain;charset=utf-8", text))
    }
}
