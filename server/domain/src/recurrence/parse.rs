//! A rule's text as one of the patterns, or the reason why it is none of them.

use super::{
    DayKind, Days, Index, NotRepresentable, Pattern, Range, Recurrence, Start, Weekday,
    parts::{Freq, Parts},
};

const SEVERAL_DAYS: NotRepresentable =
    NotRepresentable::Unsupported("it falls on several days of a month");
const CERTAIN_MONTHS: NotRepresentable =
    NotRepresentable::Unsupported("it falls in certain months only");
const BACKWARD: NotRepresentable =
    NotRepresentable::Unsupported("it counts days from the end of the month");
const FIFTH: NotRepresentable =
    NotRepresentable::Unsupported("it falls on a week that some months do not have");
const POSITIONS: NotRepresentable =
    NotRepresentable::Unsupported("it picks some of its days by number");

impl Recurrence {
    /// Reads the text of a rule (RFC 5545 section 3.3.10, `SKIP=BACKWARD` of RFC 7529) beside the start of the
    /// series' first event (`DTSTART`), which supplies what the text leaves out. Upper or lower case, with or
    /// without `RRULE:`. The result is canonical.
    ///
    /// # Errors
    /// Where no pattern falls on exactly the rule's days, the reason.
    pub fn parse_rrule(text: &str, start: &Start) -> Result<Self, NotRepresentable> {
        let parts = Parts::read(text, start)?;
        let day = start.day();
        let pattern = pattern(&parts, start)?;
        let range = match (parts.until, parts.count) {
            (Some(end), _) => Range::Until { start: day, end },
            (_, Some(count)) => Range::Count { start: day, count },
            _ => Range::NoEnd { start: day },
        };
        let recurrence = Recurrence { pattern, range };
        match recurrence.first() {
            None => return Err(NotRepresentable::Empty),
            Some(first) if first != day => return Err(NotRepresentable::StartOutsidePattern),
            Some(_) => {}
        }
        // A plain day of the month leaves out the months that lack it.
        if let (Some(day), false) = (plain_day(&parts, start), parts.last_day)
            && recurrence.lacks(day)
        {
            return Err(NotRepresentable::ShortMonth(day));
        }
        Ok(recurrence.canonical())
    }
}

/// The day of the month that the rule names as such.
fn plain_day(parts: &Parts, start: &Start) -> Option<u8> {
    if matches!(parts.freq, Freq::Daily | Freq::Weekly) || !parts.days.is_empty() {
        return None;
    }
    match &parts.month_days[..] {
        [] => Some(start.day().day().unsigned_abs()),
        [day] if *day > 0 => Some(day.unsigned_abs()),
        _ => None,
    }
}

fn pattern(parts: &Parts, start: &Start) -> Result<Pattern, NotRepresentable> {
    let interval = parts.interval;
    match parts.freq {
        Freq::Daily => daily(parts),
        Freq::Weekly => weekly(parts, start),
        Freq::Monthly => match &parts.months[..] {
            [] => by_month(parts, start, interval),
            months if interval == 1 => in_months(parts, start, months),
            _ => Err(CERTAIN_MONTHS),
        },
        Freq::Yearly => yearly(parts, start),
    }
}

fn daily(parts: &Parts) -> Result<Pattern, NotRepresentable> {
    let interval = parts.interval;
    if !parts.months.is_empty() {
        return Err(CERTAIN_MONTHS);
    }
    if !parts.month_days.is_empty() {
        return Err(SEVERAL_DAYS);
    }
    // Each day is a set of its own, of which the first and the last are the day itself.
    if parts.positions.iter().any(|at| !matches!(at, 1 | -1)) {
        return Err(POSITIONS);
    }
    match days_of_week(parts)? {
        None | Some(Days::ALL) => Ok(Pattern::Daily { interval }),
        Some(days) if interval == 1 => Ok(every_week(days)),
        Some(_) => Err(NotRepresentable::Unsupported(
            "it steps over days and leaves out days of the week",
        )),
    }
}

fn weekly(parts: &Parts, start: &Start) -> Result<Pattern, NotRepresentable> {
    if !parts.months.is_empty() {
        return Err(CERTAIN_MONTHS);
    }
    if !parts.month_days.is_empty() {
        return Err(SEVERAL_DAYS);
    }
    let own = Days::from_iter([Weekday::of(start.day())]);
    let days = days_of_week(parts)?.unwrap_or(own);
    if !parts.positions.is_empty() && days.len() != 1 {
        return Err(POSITIONS);
    }
    Ok(Pattern::Weekly {
        interval: parts.interval,
        days,
        first_day: parts.week_start,
    })
}

fn yearly(parts: &Parts, start: &Start) -> Result<Pattern, NotRepresentable> {
    let interval = parts.interval;
    let own = start.day().month().unsigned_abs();
    match &parts.months[..] {
        [month] => Ok(in_year(by_month(parts, start, 12)?, interval, *month)),
        [] if parts.days.is_empty() && parts.month_days.is_empty() => {
            no_positions(parts)?;
            Ok(in_year(by_month(parts, start, 12)?, interval, own))
        }
        // Without a month a day of the month means every month's, a day of the week every week's.
        [] if parts.days.is_empty() && interval == 1 && parts.positions.is_empty() => {
            by_month(parts, start, 1)
        }
        [] if parts.month_days.is_empty() => of_the_year(parts, interval),
        [] => Err(SEVERAL_DAYS),
        months if interval == 1 && parts.positions.is_empty() => in_months(parts, start, months),
        _ => Err(CERTAIN_MONTHS),
    }
}

/// Days of the week counted in the whole year: the first four are January's, the last is December's.
fn of_the_year(parts: &Parts, interval: u16) -> Result<Pattern, NotRepresentable> {
    if let (None, [], 1) = (
        parts.days.iter().find_map(|(count, _)| *count),
        &parts.positions[..],
        interval,
    ) {
        return Ok(every_week(parts.days.iter().map(|(_, day)| *day).collect()));
    }
    let (index, days) = nth_day(parts)?;
    let month = if index == Index::Last { 12 } else { 1 };
    Ok(Pattern::YearlyNth {
        interval,
        month,
        index,
        days,
    })
}

/// Certain months of every year: one is a year's, evenly spread ones are every so many months.
fn in_months(parts: &Parts, start: &Start, months: &[u8]) -> Result<Pattern, NotRepresentable> {
    let mut months = months.to_vec();
    months.sort_unstable();
    months.dedup();
    if let [month] = months[..] {
        return Ok(in_year(by_month(parts, start, 12)?, 1, month));
    }
    let step = 12 / u8::try_from(months.len()).map_err(|_| CERTAIN_MONTHS)?;
    let even =
        step * months.len() as u8 == 12 && months.windows(2).all(|pair| pair[1] - pair[0] == step);
    if !even {
        return Err(CERTAIN_MONTHS);
    }
    if !months.contains(&start.day().month().unsigned_abs()) {
        return Err(NotRepresentable::StartOutsidePattern);
    }
    by_month(parts, start, u16::from(step))
}

/// A monthly pattern as one of a month of every so many years.
fn in_year(pattern: Pattern, interval: u16, month: u8) -> Pattern {
    match pattern {
        Pattern::MonthlyDay { day, .. } => Pattern::YearlyDay {
            interval,
            month,
            day,
        },
        Pattern::MonthlyNth { index, days, .. } => Pattern::YearlyNth {
            interval,
            month,
            index,
            days,
        },
        other => other,
    }
}

fn by_month(parts: &Parts, start: &Start, interval: u16) -> Result<Pattern, NotRepresentable> {
    if parts.days.is_empty() {
        return day_of_month(parts, start, interval);
    }
    if !parts.month_days.is_empty() {
        return week_of_month(parts, interval);
    }
    if interval == 1 && parts.positions.is_empty() && parts.days.iter().all(|(at, _)| at.is_none())
    {
        return Ok(every_week(parts.days.iter().map(|(_, day)| *day).collect()));
    }
    let (index, days) = nth_day(parts)?;
    Ok(Pattern::MonthlyNth {
        interval,
        index,
        days,
    })
}

fn day_of_month(parts: &Parts, start: &Start, interval: u16) -> Result<Pattern, NotRepresentable> {
    let mut days = parts.month_days.clone();
    days.sort_unstable();
    days.dedup();
    let single = matches!(parts.positions[..], [] | [1] | [-1]);
    match days[..] {
        [] if single => Ok(Pattern::MonthlyDay {
            interval,
            day: start.day().day().unsigned_abs(),
        }),
        [day] if single && day > 0 => Ok(Pattern::MonthlyDay {
            interval,
            day: day.unsigned_abs(),
        }),
        [-1] if single => Ok(Pattern::MonthlyNth {
            interval,
            index: Index::Last,
            days: DayKind::Day,
        }),
        [_] if single => Err(BACKWARD),
        // The last of 28, 29, 30: the 30th, or the last day of a month without one.
        [first, .., day]
            if parts.positions == [-1]
                && (1..=28).contains(&first)
                && days.windows(2).all(|pair| pair[1] - pair[0] == 1) =>
        {
            Ok(Pattern::MonthlyDay {
                interval,
                day: day.unsigned_abs(),
            })
        }
        _ if parts.positions.is_empty() => Err(SEVERAL_DAYS),
        _ => Err(POSITIONS),
    }
}

/// A day of the week that must be one of seven days of the month: `BYDAY=MO;BYMONTHDAY=8,9,10,11,12,13,14`.
fn week_of_month(parts: &Parts, interval: u16) -> Result<Pattern, NotRepresentable> {
    let mut dates = parts.month_days.clone();
    dates.sort_unstable();
    dates.dedup();
    let (&[(None, day)], &[first, .., last]) = (&parts.days[..], &dates[..]) else {
        return Err(SEVERAL_DAYS);
    };
    let whole_week = dates.len() == 7 && last - first == 6 && parts.positions.is_empty();
    let index = match first {
        1 => Index::First,
        8 => Index::Second,
        15 => Index::Third,
        22 => Index::Fourth,
        -7 => Index::Last,
        _ => return Err(SEVERAL_DAYS),
    };
    if !whole_week {
        return Err(SEVERAL_DAYS);
    }
    Ok(Pattern::MonthlyNth {
        interval,
        index,
        days: DayKind::Of(day),
    })
}

/// Which of which days: `2MO`, or `MO,TU,WE,TH,FR` with a position.
fn nth_day(parts: &Parts) -> Result<(Index, DayKind), NotRepresentable> {
    match (&parts.days[..], &parts.positions[..]) {
        (&[(Some(count), day)], [] | [1] | [-1]) => Ok((index(count)?, DayKind::Of(day))),
        (days, &[at]) if days.iter().all(|(count, _)| count.is_none()) => {
            let set: Days = days.iter().map(|(_, day)| *day).collect();
            let kind = DayKind::of(set).ok_or(POSITIONS)?;
            Ok((index(at)?, kind))
        }
        (_, []) => Err(SEVERAL_DAYS),
        _ => Err(POSITIONS),
    }
}

fn index(number: i16) -> Result<Index, NotRepresentable> {
    Index::from_number(number).ok_or(if number < 0 { BACKWARD } else { FIFTH })
}

fn every_week(days: Days) -> Pattern {
    Pattern::Weekly {
        interval: 1,
        days,
        first_day: Weekday::Monday,
    }
}

fn no_positions(parts: &Parts) -> Result<(), NotRepresentable> {
    if parts.positions.is_empty() {
        Ok(())
    } else {
        Err(POSITIONS)
    }
}

/// The days of the week of a rule that counts none of them.
fn days_of_week(parts: &Parts) -> Result<Option<Days>, NotRepresentable> {
    if parts.days.is_empty() {
        return Ok(None);
    }
    if parts.days.iter().any(|(count, _)| count.is_some()) {
        return Err(NotRepresentable::Unreadable(
            "it counts days of the week within a week".to_owned(),
        ));
    }
    Ok(Some(parts.days.iter().map(|(_, day)| *day).collect()))
}
