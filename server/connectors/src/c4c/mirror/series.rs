//! Series: one `RecurringActivity` with a pattern, in place of an RRULE.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp, tz::TimeZone};
use ssi_domain::{Record, Value, mapping::Row as Field, port::PortError};

use super::{days, write::refused};
use crate::c4c::{
    odata::{date, json::Row},
    put::{Fields, Place},
};

/// When the first occurrence begins.
pub(in crate::c4c) const START: &str = "RecurrenceStartDate";
const DURATION: &str = "Duration";

/// Where the fields of appointments and visits live on a series.
const PATHS: [(&str, &[&str]); 11] = [
    ("subject", &["SubjectName"]),
    ("start", &[START]),
    ("zone", &["TimeZone"]),
    ("all_day", &["FullDayIndicator"]),
    ("location", &["Location", "AdditionalLocationName"]),
    ("importance", &["Priority"]),
    ("sensitivity", &["InformationSensitivityCode"]),
    ("status", &["LifeCycleStatusCode"]),
    ("organizer_id", &["OrganizerPartyID"]),
    ("owner_id", &["OwnerPartyID"]),
    ("identity_key", &["GroupwareItemID"]),
];

/// The node of a series' notes.
const NOTES: &str = "RecurringActivityText";

/// Where a field lives on a series.
pub(in crate::c4c) fn place<'a>(field: &'a Field) -> Option<Place<'a>> {
    if field.name == "body" {
        return Some(Place::Child(NOTES, vec!["Text"]));
    }
    let (_, path) = PATHS.iter().find(|(name, _)| *name == field.name)?;
    // Appointments have one location, visits two.
    let pair = field.c4c.as_deref().is_some_and(|path| path.contains('+'));
    let path = if pair { path } else { &path[..1] };
    Some(Place::Header(path.to_vec()))
}

/// When the first occurrence ends.
pub(in crate::c4c) fn end(row: &Row, start: Timestamp) -> Option<Timestamp> {
    let span: Span = row.text(DURATION).trim().parse().ok()?;
    let length = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .ok()
        .filter(|length| !length.is_negative())?;
    start.checked_add(length).ok()
}

/// The rule of a series in canonical form.
pub(in crate::c4c) fn rule(_row: &Row, _zone: Option<&TimeZone>) -> Option<Value> {
    None
}

/// Puts times and pattern into the fields of a series.
///
/// # Errors
/// `Refused` when C4C has no pattern for the rule.
pub(in crate::c4c) fn write(record: &Record, fields: &mut Fields) -> Result<(), PortError> {
    times(record, fields)?;
    Err(refused("recurrence", "series cannot be written yet".into()))
}

fn times(record: &Record, fields: &mut Fields) -> Result<(), PortError> {
    let beyond = |name: &str| refused(name, "a time beyond what C4C can hold".into());
    let moment = |name: &str| match record.get(name) {
        Some(Value::Instant(at)) => Ok(Some(*at)),
        Some(Value::Date(day)) => days::first_moment(*day)
            .map(Some)
            .ok_or_else(|| beyond(name)),
        _ => Ok(None),
    };
    let start = moment("start")?
        .ok_or_else(|| refused("start", "a series needs a first occurrence".into()))?;
    let length = match moment("end")? {
        Some(end) => end.duration_since(start).max(SignedDuration::ZERO),
        None => SignedDuration::ZERO,
    };
    fields.insert(START.into(), date::write(start).into());
    fields.insert(DURATION.into(), length.to_string().into());
    if matches!(record.get("start"), Some(Value::Date(_))) {
        fields.insert("FullDayIndicator".into(), true.into());
    }
    Ok(())
}

/// The same for a series that stands.
///
/// # Errors
/// `Refused` when C4C has no pattern for the rule, or the rule is taken away.
pub(in crate::c4c) fn update(set: &Record, fields: &mut Fields) -> Result<(), PortError> {
    if set.get("recurrence").is_some() {
        return write(set, fields);
    }
    if set.get("start").is_some() || set.get("end").is_some() {
        let both = set.get("start").is_some() && set.get("end").is_some();
        if !both {
            let why = "the times of a series change together; give start and end";
            return Err(refused("start", why.into()));
        }
        times(set, fields)?;
    }
    Ok(())
}
