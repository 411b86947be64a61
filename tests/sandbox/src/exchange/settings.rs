//! Limits and habits of the server, switchable at run time.

use serde::{Deserialize, Serialize};

/// Schema versions in the order they were published.
pub const VERSIONS: [&str; 11] = [
    "Exchange2007",
    "Exchange2007_SP1",
    "Exchange2010",
    "Exchange2010_SP1",
    "Exchange2010_SP2",
    "Exchange2013",
    "Exchange2013_SP1",
    "Exchange2015",
    "Exchange2016",
    "V2016_10_10",
    "V2018_01_08",
];

/// How this Exchange behaves. Defaults are those of Exchange 2016 out of the box.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Newest `RequestServerVersion` understood; a newer one gets `ErrorInvalidServerVersion`.
    pub newest_version: String,
    /// Most changes in one SyncFolderItems answer, whatever the client asks for (1…512).
    pub changes_per_page: usize,
    /// Most rows in one FindItem or FindFolder answer.
    pub rows_per_page: usize,
    /// Pages come in odd sizes (even an empty one now and then) although more is to come.
    pub odd_pages: bool,
    /// Every nth call of an account is answered with `ErrorServerBusy`; 0 = never.
    pub busy_every: u64,
    /// Pause asked for by that answer, milliseconds.
    pub busy_backoff_ms: u64,
    /// Length of a "minute" of `ConnectionTimeout` in GetStreamingEvents, milliseconds.
    pub streaming_minute_ms: u64,
    /// Pause between StatusEvents on a quiet stream, milliseconds.
    pub streaming_status_ms: u64,
    /// Subscriptions per mailbox before `ErrorExceededSubscriptionCount` (Exchange: 5,000).
    pub subscriptions: usize,
    /// Largest message taken by CreateItem, bytes; more gets `ErrorMessageSizeExceeded`.
    pub message_size: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            newest_version: "Exchange2016".to_owned(),
            changes_per_page: 512,
            rows_per_page: 1000,
            odd_pages: false,
            busy_every: 0,
            busy_backoff_ms: 1000,
            streaming_minute_ms: 60_000,
            streaming_status_ms: 30_000,
            subscriptions: 5000,
            message_size: 60 << 20,
        }
    }
}

impl Settings {
    /// Whether a request for `version` is served.
    pub fn understands(&self, version: &str) -> bool {
        let rank = |wanted: &str| VERSIONS.iter().position(|known| *known == wanted);
        rank(version).is_some_and(|asked| Some(asked) <= rank(&self.newest_version))
    }
}
