//! Names of time zones: Windows' own, which Exchange speaks, and those of the IANA database, which we do.
//!
//! The pairs are those of the Unicode CLDR:
//! <https://cldr.unicode.org/development/development-process/design-proposals/extended-windows-olson-zid-mapping>.

use chrono_tz::Tz;
use jiff::tz::TimeZone;
use windows_timezones::WindowsTimezone;

/// Names of UTC that are not in either list, or are written in many ways.
const UTC: [&str; 6] = [
    "UTC",
    "Etc/UTC",
    "Etc/GMT",
    "Z",
    "tzone://Microsoft/Utc",
    "Coordinated Universal Time",
];

/// Zones that CLDR still calls by a name the IANA database has given up, with today's name.
///
/// <https://data.iana.org/time-zones/tzdb/backward>
const RENAMED: [(&str, &str); 19] = [
    ("Africa/Asmera", "Africa/Asmara"),
    ("America/Buenos_Aires", "America/Argentina/Buenos_Aires"),
    ("America/Catamarca", "America/Argentina/Catamarca"),
    ("America/Coral_Harbour", "America/Atikokan"),
    ("America/Cordoba", "America/Argentina/Cordoba"),
    ("America/Godthab", "America/Nuuk"),
    ("America/Indianapolis", "America/Indiana/Indianapolis"),
    ("America/Jujuy", "America/Argentina/Jujuy"),
    ("America/Louisville", "America/Kentucky/Louisville"),
    ("America/Mendoza", "America/Argentina/Mendoza"),
    ("Asia/Calcutta", "Asia/Kolkata"),
    ("Asia/Katmandu", "Asia/Kathmandu"),
    ("Asia/Rangoon", "Asia/Yangon"),
    ("Asia/Saigon", "Asia/Ho_Chi_Minh"),
    ("Atlantic/Faeroe", "Atlantic/Faroe"),
    ("Europe/Kiev", "Europe/Kyiv"),
    ("Pacific/Enderbury", "Pacific/Kanton"),
    ("Pacific/Ponape", "Pacific/Pohnpei"),
    ("Pacific/Truk", "Pacific/Chuuk"),
];

/// The zone an id of the server means; `None` for one nobody knows.
pub(crate) fn find(source: &str) -> Option<TimeZone> {
    TimeZone::get(&iana(source)?).ok()
}

/// The IANA name of an id of the server; `None` for one nobody knows, for example a zone that a client
/// made up (`Customized Time Zone`). IANA names, which some servers write, stay as they are.
pub(crate) fn iana(source: &str) -> Option<String> {
    let source = source.trim();
    if UTC.iter().any(|utc| utc.eq_ignore_ascii_case(source)) {
        return Some("UTC".to_owned());
    }
    if let Ok(zone) = source.parse::<WindowsTimezone>() {
        let name = zone.tzdb_id();
        let today = RENAMED.iter().find(|(old, _)| *old == name);
        return Some(today.map_or(name, |(_, today)| today).to_owned());
    }
    TimeZone::get(source).ok()?.iana_name().map(str::to_owned)
}

/// The server's id for an IANA zone; `None` for one it has no word for.
pub(crate) fn server_id(iana: &str) -> Option<String> {
    let iana = iana.trim();
    if UTC.iter().any(|utc| utc.eq_ignore_ascii_case(iana)) {
        return Some("UTC".to_owned());
    }
    let old = RENAMED.iter().find(|(_, today)| *today == iana);
    let names = [Some(iana), old.map(|(old, _)| *old)];
    names.into_iter().flatten().find_map(|name| {
        let zone: Tz = name.parse().ok()?;
        let windows = WindowsTimezone::try_from(zone).ok()?;
        Some(windows.name().to_owned())
    })
}

/// Whether an id is one of Windows' own, which alone a server takes back.
pub(crate) fn is_server_id(id: &str) -> bool {
    id.trim().parse::<WindowsTimezone>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_and_iana_names_meet() {
        for (windows, name) in [
            ("W. Europe Standard Time", "Europe/Berlin"),
            ("Eastern Standard Time", "America/New_York"),
            ("India Standard Time", "Asia/Kolkata"),
            ("UTC", "UTC"),
            ("Nepal Standard Time", "Asia/Kathmandu"),
        ] {
            let found = iana(windows).unwrap();
            assert!(TimeZone::get(&found).is_ok(), "{windows}: {found}");
            assert_eq!(found, name);
            assert_eq!(server_id(&found).as_deref(), Some(windows));
            assert!(is_server_id(windows));
        }
        // Places that Windows has no name of their own for.
        for (name, windows) in [
            ("Europe/Vienna", "W. Europe Standard Time"),
            ("Europe/Kyiv", "FLE Standard Time"),
            ("Europe/Kiev", "FLE Standard Time"),
            ("Asia/Calcutta", "India Standard Time"),
            ("Asia/Kolkata", "India Standard Time"),
            ("Etc/UTC", "UTC"),
        ] {
            assert_eq!(server_id(name).as_deref(), Some(windows), "{name}");
        }
        assert_eq!(iana("Europe/Vienna").as_deref(), Some("Europe/Vienna"));
        assert_eq!(iana("tzone://Microsoft/Utc").as_deref(), Some("UTC"));
        for unknown in [
            "",
            "Customized Time Zone",
            "tzone://Microsoft/Custom",
            "Mars",
        ] {
            assert_eq!(iana(unknown), None, "{unknown}");
            assert_eq!(server_id(unknown), None, "{unknown}");
            assert!(!is_server_id(unknown));
        }
    }
}
