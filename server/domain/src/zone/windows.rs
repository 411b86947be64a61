//! Windows' names of zones.

use std::{collections::HashMap, sync::LazyLock};

use chrono_tz::Tz;
use strum::IntoEnumIterator;
use windows_timezones::WindowsTimezone;

use super::{alias, canonical};

/// The zones by their names in lower case: servers change case.
static BY_NAME: LazyLock<HashMap<String, WindowsTimezone>> = LazyLock::new(|| {
    WindowsTimezone::iter()
        .map(|zone| (zone.name().to_ascii_lowercase(), zone))
        .collect()
});

/// Names of zones that Windows no longer has, or never had in this form, with those it has.
/// <https://learn.microsoft.com/windows-hardware/manufacture/desktop/default-time-zones>
const RENAMED: [(&str, &str); 12] = [
    ("armenian standard time", "Caucasus Standard Time"),
    ("coordinated universal time", "UTC"),
    ("greenwich mean time", "GMT Standard Time"),
    ("kamchatka standard time", "Russia Time Zone 11"),
    ("mexico standard time", "Central Standard Time (Mexico)"),
    ("mexico standard time 2", "Mountain Standard Time (Mexico)"),
    ("mid-atlantic standard time", "UTC-02"),
    ("new zealand time", "New Zealand Standard Time"),
    ("sa western time", "SA Western Standard Time"),
    ("tzone://microsoft/utc", "UTC"),
    ("western european standard time", "W. Europe Standard Time"),
    ("e. europe time", "E. Europe Standard Time"),
];

fn find(id: &str) -> Option<WindowsTimezone> {
    let name = id.trim().to_ascii_lowercase();
    if let Some(zone) = BY_NAME.get(&name) {
        return Some(*zone);
    }
    if let Some((_, today)) = RENAMED.iter().find(|(old, _)| *old == name) {
        return BY_NAME.get(&today.to_ascii_lowercase()).copied();
    }
    // `W. Europe Daylight Time` is how some programs name the zone in summer.
    ["daylight", "summer"].iter().find_map(|season| {
        let (before, after) = name.split_once(season)?;
        BY_NAME.get(&format!("{before}standard{after}")).copied()
    })
}

/// The IANA zone of a Windows id such as `W. Europe Standard Time`, in any case; `None` for one nobody knows.
/// Of several zones it is the one that CLDR gives for the whole world.
pub fn from_windows(id: &str) -> Option<&'static str> {
    Some(alias::today(find(id)?.tzdb_id()))
}

/// Whether an id is one of Windows' own as servers take it back.
pub fn is_windows(id: &str) -> bool {
    id.trim().parse::<WindowsTimezone>().is_ok()
}

/// The Windows id of an IANA zone or one of its aliases; `None` where Windows has none.
///
/// Many zones share one id, and not all keep their offsets over the way back ([`super::keeps_offsets`]): keep the
/// original name beside what is written.
pub fn to_windows(iana: &str) -> Option<&'static str> {
    let name = canonical(iana)?;
    if name == "UTC" {
        return Some(WindowsTimezone::Utc.name());
    }
    alias::earlier(&name).find_map(|name| {
        let zone = WindowsTimezone::try_from(name.parse::<Tz>().ok()?).ok()?;
        Some(zone.name())
    })
}

/// All zones of Windows in the order in which it lists them: id, display name, IANA name.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    WindowsTimezone::iter().map(|zone| {
        (
            zone.name(),
            zone.description(),
            alias::today(zone.tzdb_id()),
        )
    })
}
