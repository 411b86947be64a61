//! Time zones: C4C's codes and IANA names.

use jiff::tz::TimeZone;
use ssi_domain::zone;

/// The IANA name of a code of C4C; a code nobody knows stays as it is.
pub(in crate::c4c) fn name_of(code: &str) -> String {
    let code = code.trim();
    zone::from_c4c(code).unwrap_or_else(|| code.to_owned())
}

/// The code of C4C for an IANA name. Points in time are exact in any zone, so a zone without a code becomes
/// UTC and loses nothing but what the screen shows.
pub(in crate::c4c) fn code_of(name: &str) -> String {
    zone::to_c4c(name)
}

/// The zone a code stands for, as far as it is known.
pub(in crate::c4c) fn zone(code: &str) -> Option<TimeZone> {
    let name = name_of(code);
    if name.is_empty() {
        return None;
    }
    zone::get(&name)
}

/// Whether the code for a zone stands for the same clocks; a name that nobody knows counts as UTC.
pub(in crate::c4c) fn is_held(name: &str) -> bool {
    let Some(meant) = zone::get(name) else {
        return true;
    };
    code_of(name) != "UTC" || meant == TimeZone::UTC
}
