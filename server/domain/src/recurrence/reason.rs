//! Why a rule cannot be held.

/// Why a series cannot be held as typed data, or not by C4C. The text is for people: it says what is the matter,
/// in half a sentence, without naming the item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRepresentable {
    /// The text is no rule.
    #[error("the rule cannot be read: {0}")]
    Unreadable(String),
    /// Something calendars of this kind have no pattern for.
    #[error("it repeats in a way that cannot be stored: {0}")]
    Unsupported(&'static str),
    /// A day that some months do not have: iCalendar leaves those months out, Exchange takes their last day.
    #[error(
        "it falls on day {0} and leaves out shorter months, which calendars of Exchange cannot"
    )]
    ShortMonth(u8),
    /// The first event is not on a day of the rule, which RFC 5545 leaves undefined.
    #[error("its first event is not on a day on which it repeats")]
    StartOutsidePattern,
    /// The rule yields no day at all.
    #[error("it ends before it happens for the first time")]
    Empty,
    /// C4C has no field for it.
    #[error("the CRM cannot hold it: {0}")]
    Crm(&'static str),
}
