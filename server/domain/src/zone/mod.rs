//! Names of time zones: IANA's, which we keep, Windows', which Exchange speaks, C4C's codes, and whatever else
//! calendars write.
//!
//! Pairs of Windows and IANA names are those of the Unicode CLDR
//! (<https://cldr.unicode.org/development/development-process/design-proposals/extended-windows-olson-zid-mapping>).
//! Rules of zones are those of the IANA database that is built in, so that the same text means the same on every
//! machine.

mod alias;
mod c4c;
mod offset;
mod read;
mod rules;
#[cfg(test)]
mod tests;
mod windows;

pub use c4c::{from_c4c, to_c4c, to_c4c_among};
pub use read::{How, Resolved, read};
pub use rules::{Change, Daylight, OffsetRules, from_rules, keeps_offsets};
pub use windows::{from_windows, is_windows, to_windows};

use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::sync::LazyLock;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The zone of an IANA name, in any case; `None` for names nobody knows.
pub fn get(iana: &str) -> Option<TimeZone> {
    DATABASE.get(iana.trim()).ok()
}

/// All IANA names, aliases included.
pub fn names() -> impl Iterator<Item = String> {
    DATABASE.available().map(|name| name.as_str().to_owned())
}

/// An IANA name as the database writes it, an alias as the zone it stands for.
fn canonical(name: &str) -> Option<String> {
    let zone = get(name)?;
    let name = zone.iana_name()?;
    Some(alias::today(name).to_owned())
}
