//! Writes a batch request.

use std::fmt::Write as _;

use http::Method;
use uuid::Uuid;

use crate::c4c::odata::rope::Rope;

/// One write of a change set.
#[derive(Debug, Clone)]
pub(in crate::c4c) struct Change {
    /// POST, PATCH or DELETE.
    pub(in crate::c4c) method: Method,
    /// Address relative to the service root, percent-encoded.
    pub(in crate::c4c) path: String,
    /// The tag the row must still have.
    pub(in crate::c4c) if_match: Option<String>,
    /// Whether the answer should repeat what was written.
    pub(in crate::c4c) echo: bool,
    /// JSON.
    pub(in crate::c4c) body: Rope,
}

/// A batch under construction.
#[derive(Debug)]
pub(in crate::c4c) struct Writer {
    boundary: String,
    body: Rope,
}

impl Writer {
    pub(in crate::c4c) fn new() -> Self {
        // Random, so that no text inside can contain it.
        let boundary = format!("batch_{}", Uuid::new_v4().simple());
        let body = Rope::default();
        Self { boundary, body }
    }

    /// Adds a read. SAP wants two empty lines after the request line.
    pub(in crate::c4c) fn read(&mut self, address: &str, headers: &str) {
        let boundary = &self.boundary;
        self.body.push(format!(
            "--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
             GET {address} HTTP/1.1\r\nAccept: application/json\r\n{headers}\r\n\r\n\r\n"
        ));
    }

    /// Adds writes that stand or fall together.
    pub(in crate::c4c) fn change_set(&mut self, changes: Vec<Change>, headers: &str) {
        let inner = format!("changeset_{}", Uuid::new_v4().simple());
        let mut set = Rope::default();
        for (at, change) in changes.into_iter().enumerate() {
            let mut head = format!(
                "--{inner}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\
                 Content-ID: {id}\r\n\r\n\
                 {method} {path} HTTP/1.1\r\nAccept: application/json\r\n\
                 Content-Type: application/json\r\nContent-Length: {len}\r\n{headers}",
                id = at + 1,
                method = change.method,
                path = change.path,
                len = change.body.len(),
            );
            // Writing to a String cannot fail.
            if let Some(tag) = &change.if_match {
                let _ = write!(head, "If-Match: {tag}\r\n");
            }
            if !change.echo {
                head.push_str("odata-no-response-payload: true\r\n");
            }
            head.push_str("\r\n");
            set.push(head);
            set.append(change.body);
            set.push("\r\n");
        }
        set.push(format!("--{inner}--\r\n"));
        let boundary = &self.boundary;
        self.body.push(format!(
            "--{boundary}\r\nContent-Type: multipart/mixed; boundary={inner}\r\nContent-Length: {}\r\n\r\n",
            set.len()
        ));
        self.body.append(set);
        self.body.push("\r\n");
    }

    /// The `Content-Type` and the body.
    pub(in crate::c4c) fn finish(mut self) -> (String, Rope) {
        self.body.push(format!("--{}--\r\n", self.boundary));
        let content_type = format!("multipart/mixed; boundary={}", self.boundary);
        (content_type, self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_crlf_and_exact_lengths() {
        let mut writer = Writer::new();
        writer.read("A?$filter=x", "");
        let change = Change {
            method: Method::POST,
            path: "B".into(),
            if_match: Some("W/\"1\"".into()),
            echo: false,
            body: Rope::from("{\"é\":1}".to_owned()),
        };
        writer.change_set(vec![change], "x: y\r\n");
        let (kind, body) = writer.finish();
        let boundary = kind.split_once("boundary=").unwrap().1.to_owned();
        let text = body.text();
        assert_eq!(text.replace("\r\n", "").matches('\n').count(), 0);
        assert!(text.contains("GET A?$filter=x HTTP/1.1\r\n"));
        assert!(text.contains("Content-Length: 8\r\nx: y\r\nIf-Match: W/\"1\"\r\n"));
        assert!(text.ends_with(&format!("--{boundary}--\r\n")));
        let (announced, rest) = text
            .split_once("Content-Length: ")
            .and_then(|(_, rest)| rest.split_once("\r\n\r\n"))
            .unwrap();
        let set = &rest[..announced.parse().unwrap()];
        assert!(set.starts_with("--changeset_") && set.ends_with("--\r\n"));
    }
}
