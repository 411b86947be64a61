//! What the server says went wrong: the JSON or XML error envelope, a web page, plain text.

use http::HeaderMap;
use jiff::SignedDuration;
use quick_xml::{Reader, events::Event};
use serde_json::Value;
use ssi_domain::{Clock, SystemClock, port::PortError};

use crate::http::{Intent, date, retry_after};

/// Longest message taken over, in characters.
const LONGEST: usize = 500;
/// Bytes of an answer that are looked at.
const LOOKED_AT: usize = 64 << 10;
/// Pause when the server is busy and does not say for how long.
const BUSY: SignedDuration = SignedDuration::from_secs(30);
/// Pause when somebody else holds the record.
const LOCKED: SignedDuration = SignedDuration::from_secs(5);

/// An answer other than success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::c4c) struct Fault {
    /// HTTP status code.
    pub(in crate::c4c) status: u16,
    /// Whether the answer was an OData error envelope: the service itself spoke.
    pub(in crate::c4c) from_service: bool,
    /// The message, localised by the server, cut to 500 characters. May be empty.
    pub(in crate::c4c) message: String,
}

impl Fault {
    pub(in crate::c4c) fn read(status: u16, body: &[u8]) -> Self {
        let body = &body[..body.len().min(LOOKED_AT)];
        let envelope = json_message(body).or_else(|| xml_message(body));
        let from_service = envelope.is_some();
        let text = envelope.unwrap_or_else(|| {
            let text = String::from_utf8_lossy(body);
            // A web page says nothing fit to show.
            if text.trim_start().starts_with('<') {
                String::new()
            } else {
                text.into_owned()
            }
        });
        let message: String = text
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST)
            .collect();
        Self {
            status,
            from_service,
            message,
        }
    }

    /// Whether the text speaks of a lock; status and code for it differ between releases and services.
    fn is_lock(&self) -> bool {
        let text = self.message.to_lowercase();
        [
            "lock",
            "gesperrt",
            "sperre",
            "in use by",
            "verrou",
            "bloque",
        ]
        .iter()
        .any(|word| text.contains(word))
    }

    /// What to do next. `operation` names the call; the server's own words appear only in `Refused`.
    pub(in crate::c4c) fn into_error(
        self,
        headers: &HeaderMap,
        intent: Intent,
        operation: &str,
    ) -> PortError {
        let status = self.status;
        let detail = format!("{operation}: status {status}");
        let wait = |default| {
            // By the server's clock where it tells it: dates it names are on that clock.
            let now = date(headers).unwrap_or_else(|| SystemClock.now());
            PortError::Wait {
                after: retry_after(headers, now).unwrap_or(default),
                detail: detail.clone(),
            }
        };
        let refused = |why: String| PortError::Refused { field: None, why };
        match status {
            401 => PortError::SignIn { detail },
            409 | 423 => wait(LOCKED),
            429 | 503 => wait(BUSY),
            412 | 428 => PortError::Stale { detail },
            404 | 410 => PortError::Gone { detail },
            403 => PortError::Blocked {
                detail: format!("{detail}: the user may not do this in C4C"),
            },
            405 | 501 => PortError::Blocked {
                detail: format!("{detail}: the service does not offer this operation"),
            },
            300..400 => PortError::Blocked {
                detail: format!(
                    "{detail}: redirected elsewhere; check the address and the sign-in"
                ),
            },
            408 => ambiguous(intent, detail),
            413 => refused("larger than the CRM accepts".into()),
            400 | 500 if self.is_lock() => wait(LOCKED),
            400..500 => refused(if self.message.is_empty() {
                format!("the CRM refused it with status {status} and gave no reason")
            } else {
                self.message
            }),
            500.. => ambiguous(intent, detail),
            _ => PortError::answer(detail),
        }
    }
}

/// A server error: harmless for a read; a write may or may not have happened.
fn ambiguous(intent: Intent, detail: String) -> PortError {
    match intent {
        Intent::Read => PortError::transient(detail),
        Intent::Write => PortError::Unknown { detail },
    }
}

/// The message of `{"error":{"message":{"value":..}}}`, also with a plain message or without the outer name.
fn json_message(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let error = value.get("error").unwrap_or(&value);
    let message = error.get("message")?;
    let text = match message {
        Value::String(text) => text.clone(),
        other => other.get("value")?.as_str()?.to_owned(),
    };
    let details = error
        .pointer("/innererror/errordetails")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|detail| detail.get("message")?.as_str())
        .filter(|detail| *detail != text)
        .take(5);
    let all: Vec<&str> = std::iter::once(text.as_str()).chain(details).collect();
    Some(all.join("; "))
}

/// The text of `<error><message>` in any namespace.
fn xml_message(body: &[u8]) -> Option<String> {
    let whole = String::from_utf8_lossy(body);
    let mut reader = Reader::from_str(&whole);
    reader.config_mut().check_end_names = false;
    let mut is_error = false;
    let mut inside = false;
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "error" => is_error = true,
                "message" if is_error => inside = true,
                _ if is_error => {}
                // The first element names the document; a web page is none of ours.
                _ => return None,
            },
            Event::Text(piece) if inside => {
                text.push_str(&piece);
            }
            Event::CData(piece) if inside => {
                text.push_str(&piece);
            }
            Event::GeneralRef(name) if inside => text.push(match name.as_ref() {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                _ => '?',
            }),
            Event::End(tag) if inside && tag.local_name().as_ref() == "message" => {
                return Some(text);
            }
            Event::Eof => return is_error.then_some(text),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(status: u16, body: &str, intent: Intent) -> &'static str {
        let fault = Fault::read(status, body.as_bytes());
        fault.into_error(&HeaderMap::new(), intent, "test").code()
    }

    #[test]
    fn messages_are_found_in_every_envelope() {
        for (body, message) in [
            (
                r#"{"error":{"code":"","message":{"lang":"zh","value":"Ungültig"}}}"#,
                "Ungültig",
            ),
            (r#"{"error":{"message":"plain"}}"#, "plain"),
            (
                r#"{"error":{"message":{"value":"a"},"innererror":{"errordetails":[{"message":"a"},{"message":"b"}]}}}"#,
                "a; b",
            ),
            (
                "<?xml version=\"1.0\"?><error xmlns=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\">\
                 <code/><message xml:lang=\"en\">A &amp; B</message></error>",
                "A & B",
            ),
            (
                "<m:error xmlns:m='x'><m:message><![CDATA[c]]></m:message></m:error>",
                "c",
            ),
        ] {
            let fault = Fault::read(400, body.as_bytes());
            assert_eq!(fault.message, message);
            assert!(fault.from_service);
        }
        let page = Fault::read(500, b"<!DOCTYPE html><html><body>secret</body></html>");
        assert_eq!((page.message.as_str(), page.from_service), ("", false));
        assert_eq!(Fault::read(502, b"bad\r\n gateway").message, "bad gateway");
        assert_eq!(
            Fault::read(400, "x".repeat(9_000).as_bytes()).message.len(),
            LONGEST
        );
    }

    #[test]
    fn each_status_says_what_to_do_next() {
        const LOCK: &str = r#"{"error":{"message":{"value":"Object is locked by user X"}}}"#;
        for (status, body, read, write) in [
            (302, "", "blocked", "blocked"),
            (400, "", "refused", "refused"),
            (400, LOCK, "backend_wait", "backend_wait"),
            (401, "", "sign_in", "sign_in"),
            (403, "", "blocked", "blocked"),
            (404, "", "gone", "gone"),
            (405, "", "blocked", "blocked"),
            (408, "", "transient", "outcome_unknown"),
            (409, "", "backend_wait", "backend_wait"),
            (412, "", "stale", "stale"),
            (413, "", "refused", "refused"),
            (423, "", "backend_wait", "backend_wait"),
            (429, "", "backend_wait", "backend_wait"),
            (500, "", "transient", "outcome_unknown"),
            (500, LOCK, "backend_wait", "backend_wait"),
            (501, "", "blocked", "blocked"),
            (502, "<html>", "transient", "outcome_unknown"),
            (503, "", "backend_wait", "backend_wait"),
            (504, "", "transient", "outcome_unknown"),
        ] {
            assert_eq!(code(status, body, Intent::Read), read, "{status} read");
            assert_eq!(code(status, body, Intent::Write), write, "{status} write");
        }
    }

    #[test]
    fn the_servers_wish_to_wait_is_obeyed() {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", "7".parse().unwrap());
        let error = Fault::read(429, b"").into_error(&headers, Intent::Read, "test");
        let PortError::Wait { after, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(after.as_secs(), 7);
    }
}
