//! Whether an item can become a record at all; if not, what its owner can do.

use jiff::civil::Date;

use crate::{
    Kind, ReasonCode, Record, Trace, Value,
    mapping::{
        Table,
        convert::{self, same},
    },
    name::{PersonName, Split, with_last_name},
    port::Series,
};

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

/// Checks the fields a record cannot do without (CON-41) and that its times make sense.
pub fn check(kind: Kind, record: &Record, series: Option<&Series>) -> Result<(), Unfit> {
    match kind {
        Kind::Appointment | Kind::Visit | Kind::PhoneCall => {
            times(record)?;
            recurrence(kind, record, series)
        }
        Kind::Contact | Kind::IndividualCustomer
            if full_name(record).name.last.trim().is_empty() =>
        {
            Err(missing("the last name is empty; fill it in"))
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

/// The parts of a person's name that the CRM wants and the item does not have as such: taken from its display
/// name, its company or its address (CON-41). The item itself keeps what its owner wrote.
pub fn complete(kind: Kind, record: &mut Record) {
    let person = matches!(kind, Kind::Contact | Kind::IndividualCustomer);
    if !person || !record.text("surname").trim().is_empty() {
        return;
    }
    let PersonName {
        first,
        middle,
        last,
    } = full_name(record).name;
    for (field, part) in [
        ("given_name", first),
        ("middle_name", middle),
        ("surname", last),
    ] {
        if record.text(field).trim() != part {
            record.set(field, part);
        }
    }
}

/// A person's last name is never cleared in the CRM, which takes none without: what else the item says stands in
/// (CON-41).
pub(super) fn named(table: &Table, mail: &Record, to_crm: &mut Record, trace: &mut Trace) {
    let cleared = to_crm
        .get("surname")
        .is_some_and(|name| same(Some(name), None));
    if !cleared {
        return;
    }
    let mut whole = mail.clone();
    complete(table.kind(), &mut whole);
    for row in table.rows() {
        if ["given_name", "middle_name", "surname"].contains(&row.name.as_str())
            && let Some(value) = whole
                .get(&row.name)
                .and_then(|value| convert::to_crm(row, value, trace))
        {
            to_crm.set(&row.name, value);
        }
    }
}

fn full_name(record: &Record) -> Split {
    let part = |field: &str| record.text(field).to_owned();
    let written = PersonName {
        first: part("given_name"),
        middle: part("middle_name"),
        last: part("surname"),
    };
    let [display, company, address] =
        ["display_name", "company", "email"].map(|field| record.text(field).trim());
    // Outlook shows a contact without a name by its company or its address; neither is a person's name.
    let display = if [company, address].contains(&display) {
        ""
    } else {
        display
    };
    with_last_name(&written, display, company, address)
}

/// Set by connectors on a series whose pattern they cannot read, so that it is not taken for a single event.
pub const UNREADABLE: &str = "recurrence_unreadable";

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

/// Whether a record is a series whose pattern could not be read.
pub(super) fn unreadable(crm: &Record) -> bool {
    crm.get(UNREADABLE).is_some()
}

/// Checks that the pattern of a record can be shown in a mailbox (CAL-60).
pub(super) fn pattern(crm: &Record) -> Result<(), Unfit> {
    if unreadable(crm) {
        return Err(Unfit {
            code: ReasonCode::RecurrenceNotHeld,
            detail: "the CRM repeats it in a way that no mailbox has; choose another pattern there"
                .into(),
        });
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
