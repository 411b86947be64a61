//! Time zones: C4C's codes and IANA names.

use jiff::{Timestamp, civil::date, tz::TimeZone};

/// Codes of a fresh tenant, each with the zone that stands for it. Several cities share a code.
const CODES: [(&str, &str); 18] = [
    ("UTC", "Etc/UTC"),
    ("GMTUK", "Europe/London"),
    ("GMT", "Etc/GMT"),
    ("WET", "Europe/Lisbon"),
    ("CET", "Europe/Berlin"),
    ("EET", "Europe/Helsinki"),
    ("RUS03", "Europe/Moscow"),
    ("EST", "America/New_York"),
    ("CST", "America/Chicago"),
    ("MST", "America/Denver"),
    ("PST", "America/Los_Angeles"),
    ("BRAZIL", "America/Sao_Paulo"),
    ("INDIA", "Asia/Kolkata"),
    ("CHINA", "Asia/Shanghai"),
    ("JAPAN", "Asia/Tokyo"),
    ("AUSNSW", "Australia/Sydney"),
    ("AUSQLD", "Australia/Brisbane"),
    ("NZST", "Pacific/Auckland"),
];

/// What a zone without a code becomes.
const ELSEWHERE: &str = "UTC";

/// The IANA name of a code of C4C; a code nobody knows stays as it is.
pub(in crate::c4c) fn name_of(code: &str) -> String {
    let code = code.trim();
    let known = CODES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(code));
    known.map_or(code, |(_, name)| name).to_owned()
}

/// The code of C4C for an IANA name: that of the zone itself, else of one that keeps the same time. Points in
/// time are exact in any zone, so one without a code becomes UTC and loses nothing but what the screen shows.
pub(in crate::c4c) fn code_of(name: &str) -> String {
    let name = name.trim();
    let itself = CODES
        .iter()
        .find(|(code, known)| known.eq_ignore_ascii_case(name) || *code == name);
    let same = || {
        let offsets = offsets(name)?;
        CODES
            .iter()
            .find(|(_, known)| self::offsets(known).as_ref() == Some(&offsets))
    };
    let (code, _) = itself.or_else(same).unwrap_or(&(ELSEWHERE, ""));
    (*code).to_owned()
}

/// The zone a code stands for, as far as it is known.
pub(in crate::c4c) fn zone(code: &str) -> Option<TimeZone> {
    let name = name_of(code);
    if name.is_empty() {
        return None;
    }
    TimeZone::get(&name).ok()
}

/// The offsets of a zone twice a month over two years, in seconds: enough to tell apart all rules in force.
fn offsets(name: &str) -> Option<Vec<i32>> {
    let zone = TimeZone::get(name).ok()?;
    let mut offsets = Vec::new();
    for year in [2026, 2027] {
        for month in 1..=12 {
            for day in [1, 15] {
                let noon = date(year, month, day).at(12, 0, 0, 0);
                let at: Timestamp = TimeZone::UTC.to_zoned(noon).ok()?.timestamp();
                offsets.push(zone.to_offset(at).seconds());
            }
        }
    }
    Some(offsets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_become_codes_of_the_same_time() {
        for (name, code) in [
            ("Europe/Berlin", "CET"),
            ("Europe/Paris", "CET"),
            ("Europe/Vienna", "CET"),
            ("America/Toronto", "EST"),
            ("Asia/Calcutta", "INDIA"),
            ("Australia/Melbourne", "AUSNSW"),
            ("UTC", "UTC"),
            ("CET", "CET"),
            // No daylight saving time, unlike Denver.
            ("America/Phoenix", "UTC"),
            ("Asia/Kathmandu", "UTC"),
            ("Nowhere/At_All", "UTC"),
            ("", "UTC"),
        ] {
            assert_eq!(code_of(name), code, "{name}");
            assert!(code.len() <= 10);
        }
    }

    #[test]
    fn every_code_leads_back_to_itself() {
        for (code, name) in CODES {
            assert!(TimeZone::get(name).is_ok(), "{name}");
            assert_eq!(code_of(&name_of(code)), code);
        }
        assert_eq!(name_of("cet"), "Europe/Berlin");
        assert_eq!(name_of("OTHER"), "OTHER");
        assert!(zone("OTHER").is_none() && zone("").is_none());
    }
}
