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
    /// Whether unknown codes are refused.
    pub checks_codes: Switch,
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
            checks_codes: Switch::On,
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
