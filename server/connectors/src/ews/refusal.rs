//! What a refused write means to the user: which field, and why.

use ssi_domain::{
    Kind,
    port::{ItemWrite, PortError},
};

use super::{
    failure::{About, Failure},
    plan::Plans,
    wire::Wire,
};
use crate::http::Intent;

/// Codes by which the server refuses content, with the field that is always meant (empty: it depends) and
/// a reason fit for people.
///
/// <https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode>
const CONTENT: [(&str, &str, &str); 27] = [
    (
        "ErrorCalendarEndDateIsEarlierThanStartDate",
        "end",
        "an event cannot end before it starts",
    ),
    (
        "ErrorCalendarDurationIsTooLong",
        "end",
        "the event is longer than the mail server allows",
    ),
    (
        "ErrorCalendarInvalidAttendeeDetails",
        "required",
        "an attendee cannot be written",
    ),
    (
        "ErrorCalendarInvalidTimeZone",
        "zone",
        "the mail server does not know the time zone",
    ),
    (
        "ErrorTimeZone",
        "zone",
        "the mail server does not know the time zone",
    ),
    (
        "ErrorCalendarInvalidDayForTimeChangePattern",
        "zone",
        "the mail server does not know the time zone",
    ),
    (
        "ErrorCalendarInvalidDayForWeeklyRecurrence",
        "recurrence",
        "the series falls on no day",
    ),
    (
        "ErrorCalendarInvalidRecurrence",
        "recurrence",
        "the mail server cannot hold this series",
    ),
    (
        "ErrorCalendarCannotUseIdForRecurringMasterId",
        "",
        "the item is no series any more",
    ),
    (
        "ErrorCalendarInvalidPropertyState",
        "",
        "the mail server does not allow this value",
    ),
    (
        "ErrorCalendarInvalidPropertyValue",
        "",
        "the mail server does not allow this value",
    ),
    (
        "ErrorCalendarOutOfRange",
        "start",
        "the mail server cannot hold this date",
    ),
    (
        "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange",
        "start",
        "the occurrence lies outside of its series",
    ),
    (
        "ErrorCalendarOccurrenceIsDeletedFromRecurrence",
        "",
        "the occurrence was taken out of its series",
    ),
    (
        "ErrorRecurrenceHasNoOccurrence",
        "recurrence",
        "the series never happens",
    ),
    (
        "ErrorRecurrenceEndDateTooBig",
        "recurrence",
        "the series ends later than the mail server allows",
    ),
    (
        "ErrorOccurrenceCrossingBoundary",
        "start",
        "an occurrence cannot move past the one beside it",
    ),
    (
        "ErrorOccurrenceTimeSpanTooBig",
        "recurrence",
        "an occurrence is longer than the time to the next",
    ),
    (
        "ErrorInvalidPercentCompleteValue",
        "percent",
        "a percentage lies between 0 and 100",
    ),
    (
        "ErrorInvalidCompleteDate",
        "",
        "the day of completion cannot be written",
    ),
    (
        "ErrorInvalidRecipients",
        "required",
        "an attendee cannot be written",
    ),
    (
        "ErrorInvalidValueForProperty",
        "",
        "the mail server does not allow this value",
    ),
    (
        "ErrorInvalidValueForPropertyStringArrayDictionaryKey",
        "",
        "the mail server does not allow this value",
    ),
    (
        "ErrorPropertyValidationFailure",
        "",
        "the mail server does not allow this value",
    ),
    (
        "ErrorInvalidPropertySet",
        "",
        "the mail server does not let this field be set",
    ),
    (
        "ErrorInvalidPropertyDelete",
        "",
        "the mail server does not let this field be emptied",
    ),
    (
        "ErrorDataSizeLimitExceeded",
        "",
        "the text is longer than the mail server allows",
    ),
];

/// What to do after a refused write.
pub(super) fn of_write(
    plans: &Plans,
    failure: &Failure,
    operation: &str,
    write: &ItemWrite,
) -> PortError {
    let Some((_, field, why)) = CONTENT.iter().find(|(code, ..)| *code == failure.code) else {
        return failure.to_port(operation, About::Item, Intent::Write);
    };
    let kind = match write {
        ItemWrite::Create { kind, .. } | ItemWrite::Update { kind, .. } => Some(*kind),
        ItemWrite::Mark { .. } | ItemWrite::Move { .. } | ItemWrite::Delete { .. } => None,
    };
    let named = failure
        .property
        .as_deref()
        .and_then(|path| field_of(plans, kind?, path));
    let always = Some((*field).to_owned()).filter(|field| !field.is_empty());
    PortError::Refused {
        field: named.or(always),
        why: (*why).to_owned(),
    }
}

/// Our name of the property the server complains about.
fn field_of(plans: &Plans, kind: Kind, path: &str) -> Option<String> {
    let (uri, key) = path.split_once('#').unwrap_or((path, ""));
    let row = plans.table(kind)?.rows().iter().find(|row| {
        Wire::of(row).is_some_and(|wire| match wire {
            Wire::Field { uri: own, .. } => own == uri,
            Wire::Entry(entry) => entry.uri == uri && (key.is_empty() || entry.key == key),
            Wire::Named(_) => false,
        })
    })?;
    Some(row.name.clone())
}
