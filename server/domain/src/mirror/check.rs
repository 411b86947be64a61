//! Whether an item can become a record at all; if not, what its owner can do.

use jiff::civil::Date;

use crate::{Kind, ReasonCode, Record, Value, port::Series};

/// Why an item cannot be stored as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// The reason.
    pub code: ReasonCode,
    /// What to do, without business data.
    pub detail: String,
}

/// Years the CRM's calendar takes without harm.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=9998;

/// Checks the fields a record cannot do without (CON-41) and that its times make sense. A last name that is
/// missing is taken from what the item has.
pub fn check(kind: Kind, record: &mut Record, series: Option<&Series>) -> Result<(), Unfit> {
    match kind {
        Kind::Appointment | Kind::Visit | Kind::PhoneCall => {
            times(record)?;
            recurrence(kind, record, series)
        }
        Kind::Contact | Kind::IndividualCustomer => {
            let known = !record.text("surname").trim().is_empty();
            match (known, last_name(record)) {
                (true, _) => Ok(()),
                (false, Some(name)) => {
                    record.set("surname", name);
                    Ok(())
                }
                (false, None) => Err(missing("the last name is empty; fill it in")),
            }
        }
        Kind::Account if record.text("name").trim().is_empty() => {
            Err(missing("the company is empty; fill it in"))
        }
        Kind::Task if record.text("subject").trim().is_empty() => {
            Err(missing("the subject is empty; fill it in"))
        }
        _ => Ok(()),
    }
}

fn missing(detail: &str) -> Unfit {
    Unfit {
        code: ReasonCode::FieldMissing,
        detail: detail.into(),
    }
}

fn last_name(record: &Record) -> Option<String> {
    let whole = record.text("display_name").trim();
    let last = whole.rsplit(char::is_whitespace).next().unwrap_or_default();
    let email = record.text("email");
    let local = email.split('@').next().unwrap_or_default();
    [
        last,
        record.text("company").trim(),
        record.text("given_name").trim(),
        local,
    ]
    .into_iter()
    .find(|name| !name.is_empty())
    .map(str::to_owned)
}

fn times(record: &Record) -> Result<(), Unfit> {
    let impossible = |detail: &str| Unfit {
        code: ReasonCode::TimeImpossible,
        detail: detail.into(),
    };
    let day = |field: &str| -> Option<Date> {
        match record.get(field)? {
            Value::Date(day) => Some(*day),
            Value::Instant(at) => Some(jiff::tz::TimeZone::UTC.to_datetime(*at).date()),
            _ => None,
        }
    };
    let (Some(start), Some(end)) = (day("start"), day("end")) else {
        return Err(impossible("start or end cannot be read; set both again"));
    };
    if !YEARS.contains(&start.year()) || !YEARS.contains(&end.year()) {
        return Err(impossible("the year is outside 1900 to 9998; correct it"));
    }
    let backwards = match (record.get("start"), record.get("end")) {
        (Some(Value::Instant(start)), Some(Value::Instant(end))) => end < start,
        _ => end < start,
    };
    if backwards {
        return Err(impossible("it ends before it starts; correct the end"));
    }
    Ok(())
}

fn recurrence(kind: Kind, record: &Record, series: Option<&Series>) -> Result<(), Unfit> {
    let held = |detail: String| Unfit {
        code: ReasonCode::RecurrenceNotHeld,
        detail,
    };
    if let Some(Series::Master {
        not_representable: Some(why),
        ..
    }) = series
    {
        return Err(held(why.clone()));
    }
    let repeats =
        matches!(series, Some(Series::Master { .. })) || !record.text("recurrence").is_empty();
    if repeats && kind == Kind::PhoneCall {
        return Err(held(
            "the CRM has no series of phone calls; use the category for appointments".into(),
        ));
    }
    Ok(())
}
