//! Names of time zones: Exchange's own and those of the IANA database.

use jiff::tz::TimeZone;

/// The zone an id of the server means; `None` for one nobody knows.
pub(crate) fn find(source: &str) -> Option<TimeZone> {
    TimeZone::get(&iana(source)?).ok()
}

/// The IANA name of an id of the server; `None` for one nobody knows.
pub(crate) fn iana(source: &str) -> Option<String> {
    let source = source.trim();
    (!source.is_empty()).then(|| source.to_owned())
}
