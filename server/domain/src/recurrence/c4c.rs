//! C4C's fields of a series (`RecurringActivity`).
//!
//! The names are those of the service, its spellings included. What the codes mean is not published: the patterns
//! 1…4, days of the week from 1 for Monday, and 5 for the last of a month are inferred from the order in which the
//! service names its fields.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use super::{DayKind, Days, Index, NotRepresentable, Pattern, Range, Recurrence, Weekday};

/// What `RecurrenceEndDate` holds for a series without a last day: zero time, which C4C would show as 1970 (CAL-63).
pub const C4C_ZERO_DATE: Date = date(1970, 1, 1);

const DAILY: &str = "1";
const WEEKLY: &str = "2";
const MONTHLY: &str = "3";
const YEARLY: &str = "4";
/// The number of the last day of its kind in a month.
const LAST: i32 = 5;

/// The recurrence of a `RecurringActivity`. Fields that do not belong to the pattern are zero or false: set all of
/// them when writing, so that nothing of an earlier pattern stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the names are the service's own")]
pub struct C4cRecurrence {
    pub recurrence_start_date: Date,
    /// [`C4C_ZERO_DATE`] where the series ends by count or not at all.
    pub recurrence_end_date: Date,
    pub no_end_date: bool,
    pub end_ocurrences: i32,
    /// 1 daily, 2 weekly, 3 monthly, 4 yearly.
    pub recurrence_pattern: String,
    pub daily_every_days: i32,
    pub daily_every_week_day: bool,
    pub recur_every_weeks_on: i32,
    pub weekly_is_monday: bool,
    pub weekly_is_tuesday: bool,
    pub weekly_is_wednesday: bool,
    pub weekly_is_thursday: bool,
    pub weekly_is_friday: bool,
    #[serde(rename = "weeklyIsSaturday")]
    pub weekly_is_saturday: bool,
    #[serde(rename = "weeklyIsSunday")]
    pub weekly_is_sunday: bool,
    /// Day of the month.
    pub monthly_day_of_every_months: i32,
    /// Months from one such day to the next.
    pub monthly_day_of_every_nth_months: i32,
    /// 1…4, 5 for the last.
    #[serde(rename = "MonthlyNthWeekdayofMonths")]
    pub monthly_nth_weekday_of_months: i32,
    /// 1 Monday … 7 Sunday.
    pub monthly_weekday_of_months: i32,
    /// Months from one such day of the week to the next.
    #[serde(rename = "MonthlyWeekedayOfEveryNthMonths")]
    pub monthly_weekeday_of_every_nth_months: i32,
    pub yearly_recur_every_nth_year: i32,
    pub yearly_on_month: i32,
    pub yearly_on_date_of_month: i32,
    /// 1…4, 5 for the last.
    pub yearly_on_the_nth_weekday: i32,
    /// 1 Monday … 7 Sunday.
    pub yearly_on_the_weekday: i32,
    pub yearly_on_the_month: i32,
}

impl Default for C4cRecurrence {
    /// No pattern at all, from and to zero time.
    fn default() -> Self {
        C4cRecurrence {
            recurrence_start_date: C4C_ZERO_DATE,
            recurrence_end_date: C4C_ZERO_DATE,
            no_end_date: false,
            end_ocurrences: 0,
            recurrence_pattern: String::new(),
            daily_every_days: 0,
            daily_every_week_day: false,
            recur_every_weeks_on: 0,
            weekly_is_monday: false,
            weekly_is_tuesday: false,
            weekly_is_wednesday: false,
            weekly_is_thursday: false,
            weekly_is_friday: false,
            weekly_is_saturday: false,
            weekly_is_sunday: false,
            monthly_day_of_every_months: 0,
            monthly_day_of_every_nth_months: 0,
            monthly_nth_weekday_of_months: 0,
            monthly_weekday_of_months: 0,
            monthly_weekeday_of_every_nth_months: 0,
            yearly_recur_every_nth_year: 0,
            yearly_on_month: 0,
            yearly_on_date_of_month: 0,
            yearly_on_the_nth_weekday: 0,
            yearly_on_the_weekday: 0,
            yearly_on_the_month: 0,
        }
    }
}

impl Recurrence {
    /// The series in C4C's fields.
    ///
    /// # Errors
    /// The reason where C4C has no field for it: groups of days counted in a month, a week that does not begin on
    /// Monday where that matters.
    pub fn to_c4c(&self) -> Result<C4cRecurrence, NotRepresentable> {
        let canonical = self.canonical();
        let mut fields = C4cRecurrence {
            recurrence_start_date: canonical.range.start(),
            ..C4cRecurrence::default()
        };
        match canonical.range {
            Range::NoEnd { .. } => fields.no_end_date = true,
            Range::Until { end, .. } => fields.recurrence_end_date = end,
            Range::Count { count, .. } => {
                fields.end_ocurrences = i32::try_from(count)
                    .map_err(|_| NotRepresentable::Crm("it happens too often to be counted"))?;
            }
        }
        fields.set_pattern(canonical.pattern)?;
        Ok(fields)
    }

    /// The series that C4C's fields describe.
    ///
    /// # Errors
    /// What is missing or contradicts itself.
    pub fn from_c4c(fields: &C4cRecurrence) -> Result<Self, NotRepresentable> {
        let start = fields.recurrence_start_date;
        let pattern = match fields.recurrence_pattern.trim().trim_start_matches('0') {
            DAILY => fields.daily()?,
            WEEKLY => fields.weekly()?,
            MONTHLY => fields.monthly()?,
            YEARLY => fields.yearly()?,
            _ => return Err(missing("its pattern")),
        };
        // Zero time as last day is none, whatever the other two fields say (CAL-63).
        let range = if fields.end_ocurrences > 0 {
            Range::Count {
                start,
                count: fields.end_ocurrences.unsigned_abs(),
            }
        } else if fields.no_end_date || fields.recurrence_end_date <= C4C_ZERO_DATE {
            Range::NoEnd { start }
        } else {
            Range::Until {
                start,
                end: fields.recurrence_end_date,
            }
        };
        let recurrence = Recurrence { pattern, range };
        match recurrence.first() {
            Some(_) => Ok(recurrence.canonical()),
            None => Err(NotRepresentable::Empty),
        }
    }
}

impl C4cRecurrence {
    fn set_pattern(&mut self, pattern: Pattern) -> Result<(), NotRepresentable> {
        let code = match pattern {
            Pattern::Daily { interval } => {
                self.daily_every_days = interval.into();
                DAILY
            }
            Pattern::Weekly {
                interval,
                days,
                first_day,
            } => {
                if first_day != Weekday::Monday {
                    return Err(NotRepresentable::Crm(
                        "its weeks do not begin on Monday, which matters here",
                    ));
                }
                self.recur_every_weeks_on = interval.into();
                self.set_days(days);
                WEEKLY
            }
            Pattern::MonthlyDay { interval, day } => {
                self.monthly_day_of_every_months = day.into();
                self.monthly_day_of_every_nth_months = interval.into();
                MONTHLY
            }
            // The last day of a month is its 31st, here as in Exchange.
            Pattern::MonthlyNth {
                interval,
                index: Index::Last,
                days: DayKind::Day,
            } => {
                self.monthly_day_of_every_months = 31;
                self.monthly_day_of_every_nth_months = interval.into();
                MONTHLY
            }
            Pattern::MonthlyNth {
                interval,
                index,
                days,
            } => {
                self.monthly_weekday_of_months = weekday_number(days)?;
                self.monthly_nth_weekday_of_months = index_number(index);
                self.monthly_weekeday_of_every_nth_months = interval.into();
                MONTHLY
            }
            Pattern::YearlyDay {
                interval,
                month,
                day,
            } => {
                self.yearly_recur_every_nth_year = interval.into();
                self.yearly_on_month = month.into();
                self.yearly_on_date_of_month = day.into();
                YEARLY
            }
            Pattern::YearlyNth {
                interval,
                month,
                index: Index::Last,
                days: DayKind::Day,
            } => {
                self.yearly_recur_every_nth_year = interval.into();
                self.yearly_on_month = month.into();
                self.yearly_on_date_of_month = 31;
                YEARLY
            }
            Pattern::YearlyNth {
                interval,
                month,
                index,
                days,
            } => {
                self.yearly_recur_every_nth_year = interval.into();
                self.yearly_on_the_weekday = weekday_number(days)?;
                self.yearly_on_the_nth_weekday = index_number(index);
                self.yearly_on_the_month = month.into();
                YEARLY
            }
        };
        code.clone_into(&mut self.recurrence_pattern);
        Ok(())
    }

    fn set_days(&mut self, days: Days) {
        self.weekly_is_monday = days.contains(Weekday::Monday);
        self.weekly_is_tuesday = days.contains(Weekday::Tuesday);
        self.weekly_is_wednesday = days.contains(Weekday::Wednesday);
        self.weekly_is_thursday = days.contains(Weekday::Thursday);
        self.weekly_is_friday = days.contains(Weekday::Friday);
        self.weekly_is_saturday = days.contains(Weekday::Saturday);
        self.weekly_is_sunday = days.contains(Weekday::Sunday);
    }

    fn days(&self) -> Days {
        [
            self.weekly_is_monday,
            self.weekly_is_tuesday,
            self.weekly_is_wednesday,
            self.weekly_is_thursday,
            self.weekly_is_friday,
            self.weekly_is_saturday,
            self.weekly_is_sunday,
        ]
        .into_iter()
        .zip(Weekday::ALL)
        .filter_map(|(set, day)| set.then_some(day))
        .collect()
    }

    fn daily(&self) -> Result<Pattern, NotRepresentable> {
        if self.daily_every_week_day {
            return Ok(Pattern::Weekly {
                interval: 1,
                days: Days::WEEKDAYS,
                first_day: Weekday::Monday,
            });
        }
        Ok(Pattern::Daily {
            interval: interval(self.daily_every_days)?,
        })
    }

    fn weekly(&self) -> Result<Pattern, NotRepresentable> {
        let chosen = self.days();
        // A weekly series without days falls on the day it starts on, as in iCalendar.
        let days = if chosen.is_empty() {
            Days::from_iter([Weekday::of(self.recurrence_start_date)])
        } else {
            chosen
        };
        Ok(Pattern::Weekly {
            interval: interval(self.recur_every_weeks_on)?,
            days,
            first_day: Weekday::Monday,
        })
    }

    fn monthly(&self) -> Result<Pattern, NotRepresentable> {
        if self.monthly_day_of_every_months > 0 {
            return Ok(Pattern::MonthlyDay {
                interval: interval(self.monthly_day_of_every_nth_months)?,
                day: bounded(self.monthly_day_of_every_months, 31, "its day")?,
            });
        }
        Ok(Pattern::MonthlyNth {
            interval: interval(self.monthly_weekeday_of_every_nth_months)?,
            index: index(self.monthly_nth_weekday_of_months)?,
            days: weekday(self.monthly_weekday_of_months)?,
        })
    }

    fn yearly(&self) -> Result<Pattern, NotRepresentable> {
        let interval = interval(self.yearly_recur_every_nth_year)?;
        if self.yearly_on_date_of_month > 0 {
            return Ok(Pattern::YearlyDay {
                interval,
                month: bounded(self.yearly_on_month, 12, "its month")?,
                day: bounded(self.yearly_on_date_of_month, 31, "its day")?,
            });
        }
        Ok(Pattern::YearlyNth {
            interval,
            month: bounded(self.yearly_on_the_month, 12, "its month")?,
            index: index(self.yearly_on_the_nth_weekday)?,
            days: weekday(self.yearly_on_the_weekday)?,
        })
    }
}

fn missing(what: &str) -> NotRepresentable {
    NotRepresentable::Unreadable(format!("{what} is missing or unknown"))
}

/// An interval that is not set is 1.
fn interval(number: i32) -> Result<u16, NotRepresentable> {
    u16::try_from(number.max(1)).map_err(|_| missing("its interval"))
}

fn bounded(number: i32, most: u8, what: &str) -> Result<u8, NotRepresentable> {
    u8::try_from(number)
        .ok()
        .filter(|number| (1..=most).contains(number))
        .ok_or_else(|| missing(what))
}

fn weekday_number(days: DayKind) -> Result<i32, NotRepresentable> {
    match days {
        DayKind::Of(day) => Ok(day as i32 + 1),
        DayKind::Day | DayKind::Weekday | DayKind::WeekendDay => Err(NotRepresentable::Crm(
            "it counts working days or week-end days of a month",
        )),
    }
}

fn weekday(number: i32) -> Result<DayKind, NotRepresentable> {
    let at = bounded(number, 7, "its day of the week")?;
    Ok(DayKind::Of(Weekday::ALL[usize::from(at) - 1]))
}

fn index_number(index: Index) -> i32 {
    match index {
        Index::Last => LAST,
        index => i32::from(index.number()),
    }
}

fn index(number: i32) -> Result<Index, NotRepresentable> {
    let at = bounded(number, 5, "which week it is in")?;
    Ok(Index::ALL[usize::from(at) - 1])
}
