//! SOAP 1.1 envelopes, faults and the frame of an answer with one response message per entry.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use crate::exchange::Failure;
use crate::xml;

const TYPES: &str = "http://schemas.microsoft.com/exchange/services/2006/types";
const MESSAGES: &str = "http://schemas.microsoft.com/exchange/services/2006/messages";
const ERRORS: &str = "http://schemas.microsoft.com/exchange/services/2006/errors";
const CONTENT_TYPE: &str = "text/xml; charset=utf-8";

/// A SOAP fault: the whole request failed.
#[derive(Clone, Debug)]
pub struct Fault {
    /// `ResponseCode` in the detail.
    pub code: &'static str,
    /// Words.
    pub text: String,
    /// `BackOffMilliseconds`, for `ErrorServerBusy`.
    pub backoff_ms: Option<u64>,
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self {
            code: failure.code,
            text: failure.text.to_owned(),
            backoff_ms: None,
        }
    }
}

impl Fault {
    /// A fault that says what the schema misses.
    pub fn schema(text: impl Into<String>) -> Self {
        Self {
            code: Failure::SCHEMA.code,
            text: text.into(),
            backoff_ms: None,
        }
    }

    /// The throttling fault.
    pub fn busy(backoff_ms: u64) -> Self {
        Self {
            code: "ErrorServerBusy",
            text: "The server cannot service this request right now. Try again later.".to_owned(),
            backoff_ms: Some(backoff_ms),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut out = String::with_capacity(1024);
        out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><s:Fault>");
        out.push_str("<faultcode xmlns:a=\"");
        out.push_str(TYPES);
        out.push_str("\">a:");
        out.push_str(self.code);
        out.push_str("</faultcode><faultstring xml:lang=\"en-US\">");
        xml::escape(&mut out, &self.text);
        out.push_str("</faultstring><detail><e:ResponseCode xmlns:e=\"");
        out.push_str(ERRORS);
        out.push_str("\">");
        out.push_str(self.code);
        out.push_str("</e:ResponseCode><e:Message xmlns:e=\"");
        out.push_str(ERRORS);
        out.push_str("\">");
        xml::escape(&mut out, &self.text);
        out.push_str("</e:Message>");
        if let Some(backoff) = self.backoff_ms {
            out.push_str("<t:MessageXml xmlns:t=\"");
            out.push_str(TYPES);
            out.push_str("\"><t:Value Name=\"BackOffMilliseconds\">");
            out.push_str(&backoff.to_string());
            out.push_str("</t:Value></t:MessageXml>");
        }
        out.push_str("</detail></s:Fault></s:Body></s:Envelope>");
        let headers = [(header::CONTENT_TYPE, CONTENT_TYPE)];
        (StatusCode::INTERNAL_SERVER_ERROR, headers, out).into_response()
    }
}

/// Build numbers of the release that brought a schema version: major, minor, build, revision, wire name.
fn build(version: &str) -> (u32, u32, u32, u32, &'static str) {
    match version {
        "Exchange2007" | "Exchange2007_SP1" => (8, 1, 436, 0, "Exchange2007_SP1"),
        "Exchange2010" | "Exchange2010_SP1" | "Exchange2010_SP2" => {
            (14, 3, 496, 0, "Exchange2010_SP2")
        }
        "Exchange2013" | "Exchange2013_SP1" => (15, 0, 1497, 2, "V2_23"),
        _ => (15, 1, 2507, 39, "V2017_07_11"),
    }
}

/// Wraps the body of an answer.
pub fn envelope(server_version: &str, body: &str) -> String {
    let (major, minor, build, revision, name) = build(server_version);
    let mut out = String::with_capacity(body.len() + 700);
    out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header><h:ServerVersionInfo");
    for (key, value) in [
        ("MajorVersion", major),
        ("MinorVersion", minor),
        ("MajorBuildNumber", build),
        ("MinorBuildNumber", revision),
    ] {
        xml::attribute(&mut out, key, &value.to_string());
    }
    xml::attribute(&mut out, "Version", name);
    out.push_str(" xmlns:h=\"");
    out.push_str(TYPES);
    out.push_str("\" xmlns=\"");
    out.push_str(TYPES);
    out.push_str("\"/></s:Header><s:Body>");
    out.push_str(body);
    out.push_str("</s:Body></s:Envelope>");
    out
}

/// The HTTP answer around an envelope.
pub fn respond(server_version: &str, body: &str) -> Response {
    let headers = [(header::CONTENT_TYPE, CONTENT_TYPE)];
    (StatusCode::OK, headers, envelope(server_version, body)).into_response()
}

/// An answer in the making: `<m:XResponse>` with one message per entry, in request order.
pub struct Answer {
    operation: &'static str,
    out: String,
}

impl Answer {
    /// Opens the answer of an operation.
    pub fn new(operation: &'static str) -> Self {
        let mut out = String::with_capacity(1024);
        open(&mut out, operation);
        out.push_str("<m:ResponseMessages>");
        Self { operation, out }
    }

    /// One entry that worked; `content` writes what follows the response code.
    pub fn success(&mut self, content: impl FnOnce(&mut String)) {
        self.message("Success", |out| {
            out.push_str("<m:ResponseCode>NoError</m:ResponseCode>");
            content(out);
        });
    }

    /// One entry that did not; `tail` holds the elements this operation always sends, empty.
    pub fn failure(&mut self, failure: Failure, tail: &str) {
        self.message("Error", |out| {
            xml::element(out, "m:MessageText", failure.text);
            xml::element(out, "m:ResponseCode", failure.code);
            out.push_str("<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>");
            out.push_str(tail);
        });
    }

    /// One entry with a class of its own choice.
    pub fn message(&mut self, class: &str, content: impl FnOnce(&mut String)) {
        let out = &mut self.out;
        out.push_str("<m:");
        out.push_str(self.operation);
        out.push_str("ResponseMessage ResponseClass=\"");
        out.push_str(class);
        out.push_str("\">");
        content(out);
        out.push_str("</m:");
        out.push_str(self.operation);
        out.push_str("ResponseMessage>");
    }

    /// The finished body.
    pub fn finish(mut self) -> String {
        self.out.push_str("</m:ResponseMessages></m:");
        self.out.push_str(self.operation);
        self.out.push_str("Response>");
        self.out
    }
}

/// Opens `<m:XResponse>` with both namespaces.
pub fn open(out: &mut String, operation: &str) {
    out.push_str("<m:");
    out.push_str(operation);
    out.push_str("Response xmlns:m=\"");
    out.push_str(MESSAGES);
    out.push_str("\" xmlns:t=\"");
    out.push_str(TYPES);
    out.push_str("\">");
}
