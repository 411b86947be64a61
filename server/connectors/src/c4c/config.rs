//! How to reach one C4C tenant.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use ssi_domain::{Kind, mapping::Tables, port::PortError};
use url::Url;

use crate::http::HttpConfig;

/// Gives out bearer tokens (OAuth 2.0 SAML bearer or another grant) for the tenant.
#[async_trait]
pub trait TokenSource: Send + Sync {
    /// A token that is valid now. `refused` is one the server has just turned down: give another one, or
    /// fail with `SignIn`.
    async fn token(&self, refused: Option<&SecretString>) -> Result<SecretString, PortError>;
}

/// How to sign in.
#[derive(Clone)]
pub enum Credentials {
    /// HTTP Basic, a named business user or the technical user of a communication arrangement.
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: SecretString,
    },
    /// Bearer tokens.
    Bearer(Arc<dyn TokenSource>),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic",
            Self::Bearer(_) => "Bearer",
        })
    }
}

/// Code values that tenants may extend. The defaults are those of a fresh tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Codes {
    /// Party role of an account or individual customer.
    pub account_role: String,
    /// Party role of a contact.
    pub contact_role: String,
    /// Business document type of a lead.
    pub lead_type: String,
    /// Business document type of an opportunity.
    pub opportunity_type: String,
    /// Business document type of a service ticket.
    pub ticket_type: String,
    /// Role of a linked document: the e-mail follows from it.
    pub document_role: String,
    /// Type of a standard attachment.
    pub attachment_type: String,
    /// Category of an attachment with content.
    pub attachment_category: String,
    /// Type of the note that holds the body of an e-mail; left out when `None`.
    pub note_type: Option<String>,
    /// Type of the note that the body of an event or task is mirrored with.
    pub mirrored_note: String,
    /// Party role of an attendee.
    pub attendee_role: String,
    /// Origin of records that come from a mailbox.
    pub groupware_origin: String,
    /// Document type of appointments.
    pub appointment_type: String,
    /// Document type of series of visits. Not documented; check the tenant's list.
    pub visit_type: String,
    /// Document type of tasks.
    pub task_type: String,
    /// Role a new corporate account is given.
    pub account_kind: String,
    /// Role a new individual customer is given.
    pub customer_kind: String,
}

impl Codes {
    /// The document type of a new record, where its set has one.
    pub(super) fn document_type(&self, kind: Kind, is_series: bool) -> Option<&str> {
        match kind {
            Kind::Appointment => Some(&self.appointment_type),
            Kind::Visit if is_series => Some(&self.visit_type),
            Kind::Task => Some(&self.task_type),
            _ => None,
        }
    }

    /// Codes that cannot be ones, by key, with what to write.
    pub fn problems(&self) -> Vec<(String, String)> {
        let all = serde_json::to_value(self).unwrap_or_default();
        let codes = all.as_object().into_iter().flatten();
        codes
            .filter_map(|(key, code)| Some((key, code.as_str()?)))
            .filter(|(_, code)| {
                !(1..=15).contains(&code.len())
                    || !code.bytes().all(|byte| byte.is_ascii_alphanumeric())
            })
            .map(|(key, code)| {
                let why = format!("{code:?} is no code; write 1 to 15 letters or digits");
                (format!("codes.{key}"), why)
            })
            .collect()
    }

    /// What the occurrences of a series are.
    pub(super) fn series_kind(&self, document_type: &str) -> Kind {
        if document_type == self.visit_type {
            Kind::Visit
        } else {
            Kind::Appointment
        }
    }
}

impl Default for Codes {
    fn default() -> Self {
        Self {
            account_role: "34".into(),
            contact_role: "31".into(),
            lead_type: "64".into(),
            opportunity_type: "72".into(),
            ticket_type: "118".into(),
            document_role: "1".into(),
            attachment_type: "10001".into(),
            attachment_category: "2".into(),
            note_type: None,
            mirrored_note: "10002".into(),
            attendee_role: "36".into(),
            groupware_origin: "2".into(),
            appointment_type: "0001".into(),
            visit_type: "0003".into(),
            task_type: "0006".into(),
            account_kind: "CRM000".into(),
            customer_kind: "CRM000".into(),
        }
    }
}

/// Whether answers are asked for in the strict JSON form of OData v2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JsonMode {
    /// Whatever the service sends by itself.
    #[default]
    AsSent,
    /// Header `odata-v2-strict-json-format: true`.
    Strict,
}

/// How much is asked or sent at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sizes {
    /// Values of one property joined with `or` in one question.
    pub values_per_question: usize,
    /// Questions in one `$batch`.
    pub questions_per_batch: usize,
    /// Creates in one `$batch`. Advice is to start at 10 deep inserts; e-mails are small, and calls are what a
    /// tenant runs out of first.
    pub writes_per_batch: usize,
    /// Bytes of one `$batch` request.
    pub batch_bytes: usize,
    /// Bytes of encoded attachments inside a create; larger ones follow one by one.
    pub inline_attachment_bytes: usize,
    /// Rows of one page of a feed.
    pub feed_page: usize,
    /// Pages read of one answer; more are an error, never a shorter list.
    pub most_pages: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            values_per_question: 40,
            questions_per_batch: 50,
            writes_per_batch: 50,
            batch_bytes: 8 << 20,
            inline_attachment_bytes: 6 << 20,
            feed_page: 1_000,
            most_pages: 50,
        }
    }
}

impl Sizes {
    /// Sizes that no call could work with, by key, with what to write.
    pub fn problems(&self) -> Vec<(String, String)> {
        let rows = [
            ("values_per_question", self.values_per_question, 1, 500),
            ("questions_per_batch", self.questions_per_batch, 1, 1_000),
            ("writes_per_batch", self.writes_per_batch, 1, 1_000),
            ("batch_bytes", self.batch_bytes, 64 << 10, 256 << 20),
            (
                "inline_attachment_bytes",
                self.inline_attachment_bytes,
                0,
                self.batch_bytes,
            ),
            ("feed_page", self.feed_page, 1, 10_000),
            ("most_pages", self.most_pages, 1, 100_000),
        ];
        let wrong = rows
            .into_iter()
            .filter(|(_, value, least, most)| !(least..=most).contains(&value));
        wrong
            .map(|(key, value, least, most)| {
                let why = format!("{value} is outside {least} to {most}");
                (format!("sizes.{key}"), why)
            })
            .collect()
    }
}

/// One tenant.
#[derive(Debug, Clone)]
pub struct C4cConfig {
    /// Root of the service, usually `https://host/sap/c4c/odata/v1/c4codataapi/`. Plain http only on
    /// loopback.
    pub base_url: Url,
    /// How to sign in.
    pub credentials: Credentials,
    /// Time-outs and size limits.
    pub http: HttpConfig,
    /// How much at once.
    pub sizes: Sizes,
    /// Code values.
    pub codes: Codes,
    /// Form of JSON answers.
    pub json: JsonMode,
    /// Address of a record for browsers, with `{kind}`, `{id}` (ObjectID) and `{uuid}` filled in.
    pub people_url: Option<String>,
    /// The mapping of every kind, with the tenant's overrides.
    pub tables: Tables,
}

impl C4cConfig {
    /// The usual configuration: default limits and codes, the built-in mapping.
    pub fn new(base_url: Url, credentials: Credentials) -> Self {
        Self {
            base_url,
            credentials,
            http: HttpConfig::default(),
            sizes: Sizes::default(),
            codes: Codes::default(),
            json: JsonMode::default(),
            people_url: None,
            tables: Tables::built_in(),
        }
    }
}
