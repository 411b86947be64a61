//! Answers, and refusals as answers.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::json::quoted;
use crate::crm::Refusal;

/// An answer, alone or as a part of a batch.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Status.
    pub status: StatusCode,
    /// Headers but `Content-Length`.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

/// The format of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// Atom or plain XML.
    Xml,
}

/// The language of error texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

impl Reply {
    /// An answer without body.
    pub fn empty(status: StatusCode) -> Self {
        let mut reply = Self {
            status,
            headers: HeaderMap::new(),
            body: Vec::new(),
        };
        reply.set("dataserviceversion", "2.0");
        reply
    }

    /// An answer with a body.
    pub fn new(status: StatusCode, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut reply = Self::empty(status);
        reply.set(header::CONTENT_TYPE.as_str(), content_type);
        reply.body = body.into();
        reply
    }

    /// A JSON answer.
    pub fn json(status: StatusCode, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, "application/json;charset=utf-8", body)
    }

    /// Sets a header; values that HTTP does not allow are left out.
    pub fn set(&mut self, name: &'static str, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
    }

    /// A refusal in the error envelope of the service.
    pub fn refuse(refusal: &Refusal, format: Format, language: Language) -> Self {
        Self::error(status(refusal), &text(refusal, language), format, language)
    }

    /// An error envelope; the code is empty as it is on real tenants.
    pub fn error(status: StatusCode, text: &str, format: Format, language: Language) -> Self {
        let lang = match language {
            Language::English => "en",
            Language::German => "de",
        };
        match format {
            Format::Json => {
                let text = quoted(text);
                let body = format!(
                    r#"{{"error":{{"code":"","message":{{"lang":"{lang}","value":{text}}}}}}}"#
                );
                Self::json(status, body)
            }
            Format::Xml => {
                let text = quick_xml::escape::escape(text);
                let body = format!(
                    "<?xml version=\"1.0\" encoding=\"utf-8\"?><error xmlns=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\"><code/><message xml:lang=\"{lang}\">{text}</message></error>"
                );
                Self::new(status, "application/xml;charset=utf-8", body)
            }
        }
    }
}

fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::NotFound(_) => StatusCode::NOT_FOUND,
        Refusal::NotOffered { .. } => StatusCode::METHOD_NOT_ALLOWED,
        Refusal::Changed => StatusCode::PRECONDITION_FAILED,
        // Which status a lock has is not documented; 500 is what the advice on retries suggests.
        Refusal::Locked(_) => StatusCode::INTERNAL_SERVER_ERROR,
        Refusal::Forbidden => StatusCode::FORBIDDEN,
        Refusal::UnknownProperty(_)
        | Refusal::NotCreatable(_)
        | Refusal::NotUpdatable(_)
        | Refusal::NotFilterable(_)
        | Refusal::Mandatory(_)
        | Refusal::TooLong { .. }
        | Refusal::WrongType(_)
        | Refusal::UnknownCode { .. }
        | Refusal::EndBeforeStart { .. }
        | Refusal::NoParent(_)
        | Refusal::Malformed(_)
        | Refusal::NotImplemented(_) => StatusCode::BAD_REQUEST,
    }
}

/// The text in the user's language. Clients must decide by status: these texts differ per tenant.
fn text(refusal: &Refusal, language: Language) -> String {
    if language == Language::English {
        let text = refusal.to_string();
        let mut letters = text.chars();
        return match letters.next() {
            Some(first) => first.to_uppercase().chain(letters).collect(),
            None => text,
        };
    }
    match refusal {
        Refusal::UnknownProperty(name) => format!("Eigenschaft {name} ist unbekannt"),
        Refusal::NotCreatable(name) => {
            format!("Eigenschaft {name} kann beim Anlegen nicht gesetzt werden")
        }
        Refusal::NotUpdatable(name) => format!("Eigenschaft {name} kann nicht geändert werden"),
        Refusal::NotFilterable(name) => {
            format!("Nach Eigenschaft {name} kann nicht gefiltert werden")
        }
        Refusal::Mandatory(name) => format!("Eigenschaft {name} ist ein Pflichtfeld"),
        Refusal::TooLong { property, limit } => {
            format!("Wert der Eigenschaft {property} ist länger als {limit} Zeichen")
        }
        Refusal::WrongType(name) => format!("Wert der Eigenschaft {name} hat den falschen Typ"),
        Refusal::UnknownCode { property, code } => {
            format!("Code {code} ist für {property} nicht zulässig")
        }
        Refusal::EndBeforeStart { end, start } => format!("{end} liegt vor {start}"),
        Refusal::NoParent(name) => format!("Das übergeordnete Objekt von {name} existiert nicht"),
        Refusal::NotFound(name) => format!("Ressource {name} wurde nicht gefunden"),
        Refusal::NotOffered { set, .. } => format!("Vorgang wird für {set} nicht unterstützt"),
        Refusal::Changed => "Das Objekt wurde von einem anderen Benutzer geändert".to_owned(),
        Refusal::Locked(id) => format!("Objekt {id} ist durch einen anderen Benutzer gesperrt"),
        Refusal::Malformed(text) => {
            let position = text.strip_prefix("Invalid token at position ");
            position.map_or_else(
                || text.clone(),
                |at| format!("Ungültigen Token an Position {at} gefunden"),
            )
        }
        Refusal::NotImplemented(what) => format!("{what} ist nicht implementiert"),
        Refusal::Forbidden => "Berechtigung für diesen Vorgang fehlt".to_owned(),
    }
}
