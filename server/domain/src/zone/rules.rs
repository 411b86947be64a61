//! Zones by their clocks: what to do with a zone that has rules but no name.

use jiff::{
    Timestamp,
    civil::{Date, date},
    tz::TimeZone,
};

use super::{
    get, offset,
    read::{How, Resolved, read},
    windows,
};
use crate::recurrence::Weekday;

/// The rules a zone was sent with: `TimeZoneDefinition` of Exchange, `VTIMEZONE` of iCalendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OffsetRules {
    /// Minutes east of UTC outside summer time (Exchange's bias with the other sign).
    pub standard: i32,
    /// Summer time, if the zone has one.
    pub daylight: Option<Daylight>,
}

/// Summer time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Daylight {
    /// Minutes east of UTC while it lasts.
    pub offset: i32,
    /// When it begins, in the wall time before.
    pub begins: Change,
    /// When it ends, in the wall time before.
    pub ends: Change,
}

/// A yearly moment at which clocks change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// 1…12.
    pub month: u8,
    /// Which of the days in that month: 1…4, 5 for the last.
    pub week: u8,
    /// The day of the week.
    pub weekday: Weekday,
    /// Minutes after midnight.
    pub minute: i32,
}

/// Zones to try first where several have the same clocks: the ones most people live in.
const USUAL: [&str; 14] = [
    "Europe/Berlin",
    "Europe/London",
    "Europe/Kyiv",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
    "America/Halifax",
];

/// The zone whose clocks follow these rules in the years to come; the one `hint` names, if it does. `None` where no
/// zone does: keep the rules and fall back to the organisation's zone with a trace.
pub fn from_rules(rules: &OffsetRules, hint: Option<&str>) -> Option<Resolved> {
    let wanted = TimeZone::posix(&posix(rules)?).ok()?;
    if let Some(hinted) = hint.and_then(read)
        && get(&hinted.iana).is_some_and(|zone| same(&wanted, &zone, window()))
    {
        return Some(hinted);
    }
    if rules.daylight.is_none() {
        return Some(Resolved {
            iana: offset::zone(rules.standard)?,
            how: How::Rules,
        });
    }
    let all = windows::all().map(|(_, _, iana)| iana);
    let iana = USUAL
        .into_iter()
        .chain(all)
        .find(|name| get(name).is_some_and(|zone| same(&wanted, &zone, window())))?;
    Some(Resolved {
        iana: iana.to_owned(),
        how: How::Rules,
    })
}

/// Whether a zone has the same offset at every instant of the years 2020 to 2035 after it went through its Windows
/// id. Where it has not, the way back must restore the name that was kept.
pub fn keeps_offsets(iana: &str) -> bool {
    let back = windows::to_windows(iana).and_then(windows::from_windows);
    match (get(iana), back.and_then(get)) {
        (Some(zone), Some(back)) => same(&zone, &back, span(date(2020, 1, 1), date(2036, 1, 1))),
        _ => false,
    }
}

/// Whether the clocks of two zones agree from now on.
pub(super) fn agree(one: &str, other: &str) -> bool {
    match (get(one), get(other)) {
        (Some(one), Some(other)) => same(&one, &other, window()),
        _ => false,
    }
}

/// The years in which rules are compared: those in which events are still planned. Older rules often differ from
/// what a program sends, which is the rule of today.
pub(super) fn window() -> (Timestamp, Timestamp) {
    span(date(2026, 1, 1), date(2036, 1, 1))
}

fn span(from: Date, to: Date) -> (Timestamp, Timestamp) {
    let at = |day: Date| {
        TimeZone::UTC
            .to_timestamp(day.at(0, 0, 0, 0))
            .unwrap_or(Timestamp::UNIX_EPOCH)
    };
    (at(from), at(to))
}

/// Whether two zones have the same offset at every instant of a span: at its begin and after each change of either.
fn same(one: &TimeZone, other: &TimeZone, (from, to): (Timestamp, Timestamp)) -> bool {
    let equal = |at: Timestamp| one.to_offset(at) == other.to_offset(at);
    let changes = |zone: &TimeZone| {
        zone.following(from)
            .map(|change| change.timestamp())
            .take_while(|at| *at < to)
            .all(equal)
    };
    equal(from) && changes(one) && changes(other)
}

/// The rules as POSIX writes them: `<S>-1<D>-2,M3.5.0/120…`.
fn posix(rules: &OffsetRules) -> Option<String> {
    let standard = clock(-rules.standard)?;
    let Some(daylight) = rules.daylight else {
        return Some(format!("STD{standard}"));
    };
    let change = |change: Change| -> Option<String> {
        let valid = (1..=12).contains(&change.month) && (1..=5).contains(&change.week);
        // POSIX counts days of the week from Sunday.
        let weekday = (change.weekday as u8 + 1) % 7;
        let time = clock(change.minute)?;
        valid.then(|| format!("M{}.{}.{weekday}/{time}", change.month, change.week))
    };
    Some(format!(
        "STD{standard}DST{},{},{}",
        clock(-daylight.offset)?,
        change(daylight.begins)?,
        change(daylight.ends)?
    ))
}

/// `-1:30`; `None` for more than a day.
fn clock(minutes: i32) -> Option<String> {
    let sign = if minutes < 0 { "-" } else { "" };
    let size = minutes.unsigned_abs();
    (size <= 24 * 60).then(|| format!("{sign}{}:{:02}", size / 60, size % 60))
}
