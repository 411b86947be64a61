//! Names of time zones: the server's, which are mostly Windows' own, and IANA's, which we keep.

use jiff::tz::TimeZone;
use ssi_domain::zone;

/// The zone an id of the server means; `None` for one nobody knows.
pub(crate) fn find(source: &str) -> Option<TimeZone> {
    zone::get(&iana(source)?)
}

/// The IANA name of an id of the server; `None` for one nobody knows, for example a zone that a client
/// made up (`Customized Time Zone`).
pub(crate) fn iana(source: &str) -> Option<String> {
    zone::read(source).map(|zone| zone.iana)
}

/// The server's id for an IANA zone; `None` for one it has no word for.
pub(crate) fn server_id(iana: &str) -> Option<String> {
    zone::to_windows(iana).map(str::to_owned)
}

/// Whether an id is one of Windows' own, which alone a server takes back.
pub(crate) fn is_server_id(id: &str) -> bool {
    zone::is_windows(id)
}
