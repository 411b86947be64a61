//! What a value must be to be stored, and what the tenant makes of it.

use super::phone;
use super::refusal::Refusal;
use super::schema::{Edm, EntitySet, Property};
use super::settings::{LongTexts, Switch};
use super::table::Row;
use super::tenant::Crm;
use super::value::Value;

/// Properties that hold a phone number a person typed.
const PHONES: [&str; 5] = [
    "Phone",
    "Mobile",
    "Fax",
    "OfficePhoneNumber",
    "MobilePhoneNumber",
];

/// Begin and end of activities: (set, begin, end). A series ends on a day, so its last one may begin later than
/// the `RecurrenceEndDate` at midnight.
const PERIODS: [(&str, &str, &str); 4] = [
    ("AppointmentCollection", "StartDate", "EndDate"),
    ("VisitCollection", "StartDateTime", "EndDateTime"),
    ("PhoneCallCollection", "StartDateTime", "EndDateTime"),
    ("TasksCollection", "StartDateTime", "DueDateTime"),
];

/// A day, microseconds.
const DAY: i64 = 86_400_000_000;

impl Crm {
    /// The value as it is stored, after the tenant's habits.
    ///
    /// # Errors
    /// Refuses texts that are too long and codes that their list does not know.
    pub(super) fn accepted(&self, property: &Property, value: &Value) -> Result<Value, Refusal> {
        let text = match value {
            Value::Text(text) => text,
            // The clock of a date is lost.
            Value::Instant(micros) if property.date_only => {
                return Ok(Value::Instant(micros - micros.rem_euclid(DAY)));
            }
            other => return Ok(other.clone()),
        };
        let text = self.shaped(property, text)?;
        if let Some((_, list)) = property.codes
            && self.settings.checks_codes == Switch::On
            && !text.is_empty()
            && self.schema().code_text(list, &text).is_empty()
        {
            return Err(Refusal::UnknownCode {
                property: property.name.to_owned(),
                code: text,
            });
        }
        Ok(Value::text(text))
    }

    fn shaped(&self, property: &Property, text: &str) -> Result<String, Refusal> {
        let Some(limit) = property.length.filter(|_| property.edm == Edm::String) else {
            return Ok(text.to_owned());
        };
        let mut text = match self.settings.trims_texts {
            Switch::On => text.trim_end_matches(' ').to_owned(),
            Switch::Off => text.to_owned(),
        };
        if self.settings.spaces_phones == Switch::On && PHONES.contains(&property.name) {
            text = phone::spaced(&text);
        }
        if text.chars().count() <= limit {
            return Ok(text);
        }
        match self.settings.long_texts {
            LongTexts::Cut => Ok(text.chars().take(limit).collect()),
            LongTexts::Refused => Err(Refusal::TooLong {
                property: property.name.to_owned(),
                limit,
            }),
        }
    }

    /// Refuses what ends before it begins.
    ///
    /// # Errors
    /// [`Refusal::EndBeforeStart`].
    pub(super) fn check_period(&self, set: &EntitySet, row: &Row) -> Result<(), Refusal> {
        let period = PERIODS.iter().find(|(name, ..)| *name == set.name);
        let Some((_, start, end)) = period.filter(|_| self.settings.checks_periods == Switch::On)
        else {
            return Ok(());
        };
        let at = |name: &str| row.values[set.position(name)?].as_instant();
        match at(start).zip(at(end)) {
            Some((from, to)) if to < from => Err(Refusal::EndBeforeStart {
                end: (*end).to_owned(),
                start: (*start).to_owned(),
            }),
            _ => Ok(()),
        }
    }
}
