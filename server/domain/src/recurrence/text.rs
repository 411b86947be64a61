//! The text of a rule.

use std::fmt::Write;

use super::{DayKind, Pattern, Range, Recurrence, Weekday};

impl Recurrence {
    /// The rule's text, for example `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261231`. Without `RRULE:`.
    ///
    /// The parts stand in one order, defaults are left out and `UNTIL` is a day, so that equal series have equal
    /// texts: compare and digest it. Read it beside the day of the first event ([`Recurrence::first`]), which is
    /// the `DTSTART` it belongs to. Strict readers want `UNTIL` as an instant where `DTSTART` has a time.
    ///
    /// Law: `Recurrence::parse_rrule(&r.to_rrule(), &r.first().into()) == Ok(r.canonical())` for every series
    /// with an event.
    pub fn to_rrule(&self) -> String {
        let canonical = self.canonical();
        let mut text = canonical.pattern_text();
        match canonical.range {
            Range::NoEnd { .. } => {}
            Range::Until { end, .. } => push(&mut text, "UNTIL", end.strftime("%Y%m%d")),
            Range::Count { count, .. } => push(&mut text, "COUNT", count),
        }
        text
    }

    fn pattern_text(&self) -> String {
        let (freq, interval) = match self.pattern {
            Pattern::Daily { interval } => ("DAILY", interval),
            Pattern::Weekly { interval, .. } => ("WEEKLY", interval),
            Pattern::MonthlyDay { interval, .. } | Pattern::MonthlyNth { interval, .. } => {
                ("MONTHLY", interval)
            }
            Pattern::YearlyDay { interval, .. } | Pattern::YearlyNth { interval, .. } => {
                ("YEARLY", interval)
            }
        };
        let mut text = format!("FREQ={freq}");
        if interval != 1 {
            push(&mut text, "INTERVAL", interval);
        }
        match self.pattern {
            Pattern::Daily { .. } => {}
            Pattern::Weekly {
                days, first_day, ..
            } => {
                push(&mut text, "BYDAY", days.codes());
                if first_day != Weekday::Monday {
                    push(&mut text, "WKST", first_day.code());
                }
            }
            Pattern::MonthlyDay { day, .. } => self.push_day(&mut text, day),
            Pattern::MonthlyNth { index, days, .. } => push_nth(&mut text, index.number(), days),
            Pattern::YearlyDay { month, day, .. } => {
                push(&mut text, "BYMONTH", month);
                push(&mut text, "BYMONTHDAY", day);
            }
            Pattern::YearlyNth {
                month, index, days, ..
            } => {
                push(&mut text, "BYMONTH", month);
                push_nth(&mut text, index.number(), days);
            }
        }
        text
    }

    /// The day, or where some month of the series lacks it, the last of the days up to it.
    fn push_day(&self, text: &mut String, day: u8) {
        if self.lacks(day) {
            let days: Vec<String> = (28..=day).map(|day| day.to_string()).collect();
            push(text, "BYMONTHDAY", days.join(","));
            push(text, "BYSETPOS", -1);
        } else {
            push(text, "BYMONTHDAY", day);
        }
    }

    /// Whether some month the series falls in has fewer days than `day`.
    pub(super) fn lacks(&self, day: u8) -> bool {
        // The calendar repeats after 400 years of months.
        const CYCLE: usize = 400 * 12;
        if day <= 28 {
            return false;
        }
        self.days()
            .take(CYCLE)
            .any(|date| date.days_in_month().unsigned_abs() < day)
    }
}

fn push(text: &mut String, name: &str, value: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(text, ";{name}={value}");
}

fn push_nth(text: &mut String, number: i8, days: DayKind) {
    match days {
        DayKind::Day => push(text, "BYMONTHDAY", number),
        DayKind::Of(day) => push(text, "BYDAY", format_args!("{number}{}", day.code())),
        group => {
            push(text, "BYDAY", group.days().codes());
            push(text, "BYSETPOS", number);
        }
    }
}
