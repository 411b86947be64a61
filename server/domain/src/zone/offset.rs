//! Zones that are only an offset from UTC.

use jiff::tz::{Offset, TimeZone};

use super::{get, rules};

/// Zones with one offset that no name of the form `Etc/GMT-1` has, by their minutes east of UTC.
const ODD: [(i32, &str); 8] = [
    (-570, "Pacific/Marquesas"),
    (210, "Asia/Tehran"),
    (270, "Asia/Kabul"),
    (330, "Asia/Kolkata"),
    (345, "Asia/Kathmandu"),
    (390, "Asia/Yangon"),
    (525, "Australia/Eucla"),
    (570, "Australia/Darwin"),
];

/// The minutes east of UTC of `+01:00`, `-0530`, `+1`, `+5.30`; nothing else may follow. Nothing at all is 0.
pub(super) fn minutes(text: &str) -> Option<i32> {
    let text = text.trim();
    if text.is_empty() {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => match text.strip_prefix('\u{2212}') {
            // The minus sign of good typography.
            Some(rest) => (-1, rest),
            None => return None,
        },
    };
    let rest = rest.trim();
    let (hours, minutes) = match rest.split_once([':', '.']) {
        Some((hours, minutes)) => (hours, minutes.split(':').next().unwrap_or_default()),
        None if rest.len() > 2 => rest.split_at_checked(rest.len() - 2)?,
        None => (rest, "0"),
    };
    if hours.len() > 2
        || minutes.len() > 2
        || !(hours.to_owned() + minutes)
            .bytes()
            .all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// An IANA zone that always has this offset.
pub(super) fn zone(minutes: i32) -> Option<String> {
    if minutes == 0 {
        return Some("UTC".to_owned());
    }
    if let Some((_, name)) = ODD.iter().find(|(own, _)| *own == minutes) {
        return Some((*name).to_owned());
    }
    if minutes % 60 != 0 {
        return None;
    }
    // Signs of these names are those of POSIX: west is positive.
    let name = format!("Etc/GMT{:+}", -minutes / 60);
    get(&name).map(|_| name)
}

/// The minutes east of UTC of a zone that keeps one offset.
pub(super) fn fixed_minutes(zone: &TimeZone) -> Option<i32> {
    let (from, to) = rules::window();
    let offset = zone.to_offset(from);
    let fixed = zone
        .following(from)
        .take_while(|change| change.timestamp() < to)
        .all(|change| change.offset() == offset);
    fixed.then(|| minutes_of(offset))
}

fn minutes_of(offset: Offset) -> i32 {
    offset.seconds() / 60
}

/// Which of two clocks is meant by a pair of winter and summer offsets, for the pairs that mean one zone to most
/// who write them.
pub(super) fn pair(standard: i32, daylight: i32) -> Option<&'static str> {
    match (standard, daylight) {
        (0, 60) => Some("Europe/London"),
        (60, 120) => Some("Europe/Berlin"),
        (120, 180) => Some("Europe/Athens"),
        (-210, -150) => Some("America/St_Johns"),
        (-240, -180) => Some("America/Halifax"),
        (-300, -240) => Some("America/New_York"),
        (-360, -300) => Some("America/Chicago"),
        (-420, -360) => Some("America/Denver"),
        (-480, -420) => Some("America/Los_Angeles"),
        (-540, -480) => Some("America/Anchorage"),
        (570, 630) => Some("Australia/Adelaide"),
        (600, 660) => Some("Australia/Sydney"),
        (720, 780) => Some("Pacific/Auckland"),
        _ => None,
    }
}
