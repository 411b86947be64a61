//! What differs between tenants, or what no source settles: switchable at run time.

use serde::{Deserialize, Serialize};

/// How `$filter` compares texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextCase {
    /// Upper and lower case differ.
    #[default]
    Exact,
    /// Upper and lower case are the same.
    Ignored,
}

/// Whose rows a named user sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody sees everything.
    #[default]
    Everything,
    /// A named user sees only rows without an owner or with themselves as owner.
    OwnOnly,
}

/// Whether something is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// How the service answers when more calls run in parallel than the tenant bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overload {
    /// HTTP 429 with `Retry-After`.
    TooManyRequests,
    /// HTTP 500 with a lock error.
    LockError,
}

/// What happens to a text that is longer than its property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongTexts {
    /// The call is refused with 400.
    #[default]
    Refused,
    /// The end is lost in silence.
    Cut,
}

/// The switches of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How texts compare in `$filter`.
    pub text_case: TextCase,
    /// Whose rows named users see.
    pub visibility: Visibility,
    /// Whether a write to an object that another request is writing fails.
    pub lock_errors: Switch,
    /// How long a write keeps its object, milliseconds of real time.
    pub write_takes_ms: u64,
    /// Whether a change of a child node moves its root's ETag.
    pub child_moves_root_etag: Switch,
    /// Whether a change of a child node moves its root's `EntityLastChangedOn` and its older change date.
    pub child_moves_root_date: Switch,
    /// Whether every change is an event for an external consumer; they are sent by [`crate::notify::deliver`].
    pub event_notifications: Switch,
    /// Whether unknown codes are refused.
    pub checks_codes: Switch,
    /// Texts beyond `MaxLength`. `$metadata` announces the length and nothing says what happens beyond it.
    pub long_texts: LongTexts,
    /// Whether trailing blanks of texts with a length get lost, as they do in ABAP fields of type `c`.
    pub trims_texts: Switch,
    /// Whether phone numbers are rewritten to the form `+49 6227 74747`. Off: recorded answers of SAP's
    /// sandbox show `+1 (651) 733-2220` beside `+44 20 3680 3881` and `+1 6503275562`, so what was typed stays.
    pub spaces_phones: Switch,
    /// Whether an activity that ends before it begins is refused. The screen does so; for calls nothing is
    /// published.
    pub checks_periods: Switch,
    /// Most rows of an answer even when `$top` asks for more; `None` gives as many as asked for, as an example
    /// of SAP's with `$top=5000` suggests.
    pub most_rows: Option<usize>,
    /// Most calls at the same time; `None` is unlimited.
    pub threads: Option<usize>,
    /// What happens above [`Settings::threads`].
    pub overload: Overload,
    /// Whether technical users need a CSRF token as well.
    pub technical_users_need_csrf: Switch,
    /// Name of the cookie the CSRF token is bound to.
    pub csrf_cookie: String,
    /// Rows of a page without `$top`.
    pub page: usize,
    /// Rows of a page with `$expand`.
    pub expanded_page: usize,
    /// The status of a `$batch` answer: 200 or 202.
    pub batch_status: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            text_case: TextCase::default(),
            visibility: Visibility::default(),
            lock_errors: Switch::On,
            write_takes_ms: 0,
            child_moves_root_etag: Switch::Off,
            child_moves_root_date: Switch::On,
            event_notifications: Switch::Off,
            checks_codes: Switch::On,
            long_texts: LongTexts::default(),
            trims_texts: Switch::On,
            spaces_phones: Switch::Off,
            checks_periods: Switch::On,
            most_rows: None,
            threads: None,
            overload: Overload::TooManyRequests,
            technical_users_need_csrf: Switch::Off,
            csrf_cookie: "sap-XSRF_SSI_100".to_owned(),
            page: 1_000,
            expanded_page: 100,
            batch_status: 202,
        }
    }
}
