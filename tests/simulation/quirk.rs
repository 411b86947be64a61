//! Habits of the real servers that the simulated ports have, each with where it is documented and each
//! switchable: `simulate --without short_pages`.

/// Which habits are on; all of them unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirks {
    /// A page of changes holds fewer than asked for although more are waiting.
    /// <https://learn.microsoft.com/exchange/client-developer/web-service-reference/includeslastiteminrange>
    pub short_pages: bool,
    /// A sync state dies (`ErrorInvalidSyncStateData`).
    /// <https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode>
    pub lost_cursors: bool,
    /// The same change is listed twice, and no order among changes of a page is promised.
    /// <https://learn.microsoft.com/exchange/client-developer/exchange-web-services/mailbox-synchronization-and-ews-in-exchange>
    pub loose_pages: bool,
    /// One item of a batch fails while the others are answered (`ErrorItemCorrupt`, `ErrorTimeoutExpired`).
    /// <https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-process-email-messages-in-batches-by-using-ews-in-exchange>
    pub partial_answers: bool,
    /// The server asks for a pause (`ErrorServerBusy` with `BackOffMilliseconds`; C4C: 429 with `Retry-After`).
    /// <https://learn.microsoft.com/exchange/client-developer/exchange-web-services/ews-throttling-in-exchange>
    pub throttling: bool,
    /// A write happened and its answer never arrived.
    /// <https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2>
    pub lost_answers: bool,
    /// A read answers with what stood there a moment ago: servers behind one address lag behind each other.
    /// <https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-maintain-affinity-between-group-of-subscriptions-and-mailbox-server>
    pub stale_reads: bool,
    /// `EntityLastChangedOn ge` gives rows of the last time stamp again.
    /// <https://github.com/SAP/C4CODATAAPIDEVGUIDE>
    pub feed_overlap: bool,
    /// A sign-in is not taken any more until somebody mends it: an expired secret, a locked technical user.
    /// <https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-authenticate-an-ews-application-by-using-oauth>
    pub refused_sign_in: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            short_pages: true,
            lost_cursors: true,
            loose_pages: true,
            partial_answers: true,
            throttling: true,
            lost_answers: true,
            stale_reads: true,
            feed_overlap: true,
            refused_sign_in: true,
        }
    }
}

impl Quirks {
    /// Switches one off by name; `false`: there is none of that name.
    pub fn without(&mut self, name: &str) -> bool {
        let switch = match name {
            "short_pages" => &mut self.short_pages,
            "lost_cursors" => &mut self.lost_cursors,
            "loose_pages" => &mut self.loose_pages,
            "partial_answers" => &mut self.partial_answers,
            "throttling" => &mut self.throttling,
            "lost_answers" => &mut self.lost_answers,
            "stale_reads" => &mut self.stale_reads,
            "feed_overlap" => &mut self.feed_overlap,
            "refused_sign_in" => &mut self.refused_sign_in,
            _ => return false,
        };
        *switch = false;
        true
    }
}
