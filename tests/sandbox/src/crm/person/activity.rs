//! Forms of appointments, visits, phone calls, series and tasks.

use jiff::Timestamp;

use super::Participant;
use super::form::{Fields, Form};
use crate::crm::kind::Kind;
use crate::crm::value::Value;

/// An appointment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppointmentForm {
    /// Title.
    pub subject: Option<String>,
    /// Begin.
    pub start: Option<Timestamp>,
    /// End.
    pub end: Option<Timestamp>,
    /// Code of the zone of begin and end, such as `CET`.
    pub zone: Option<String>,
    /// Whether it takes whole days.
    pub all_day: Option<bool>,
    /// Where.
    pub location: Option<String>,
    /// Code of the category.
    pub category: Option<String>,
    /// Code of the status: `1` open, `2` in process, `3` completed, `4` cancelled.
    pub status: Option<String>,
    /// Code of the priority: `1`, `2`, `3` or `7`.
    pub priority: Option<String>,
    /// Code of the sensitivity: `1` normal, `3` private.
    pub sensitivity: Option<String>,
    /// Number of the account.
    pub account: Option<String>,
    /// Number of the main contact.
    pub contact: Option<String>,
    /// Number of the owner; whoever acts when it is left out on create.
    pub owner: Option<String>,
    /// Number of the organizer; whoever acts when it is left out on create.
    pub organizer: Option<String>,
    /// Address of an organizer who is no employee.
    pub organizer_address: Option<String>,
    /// The key of the item in the mailbox.
    pub groupware_item_id: Option<String>,
    /// Attendees: these and nobody else.
    pub people: Option<Vec<Participant>>,
    /// The note.
    pub note: Option<String>,
    /// Any other property by its name.
    pub more: Vec<(&'static str, Value)>,
}

impl Form for AppointmentForm {
    const KIND: Kind = Kind::Appointment;

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Fields::default()
            .text("Subject", self.subject.as_ref())
            .time("StartDate", self.start)
            .time("EndDate", self.end)
            .text("StartDatetimeZoneCode", self.zone.as_ref())
            .text("EnddatetimeZoneCode", self.zone.as_ref())
            .flag("FullDayIndicator", self.all_day)
            .text("Location", self.location.as_ref())
            .text("Category", self.category.as_ref())
            .text("LifeCycleStatusCode", self.status.as_ref())
            .text("Priority", self.priority.as_ref())
            .text("InformationSensitivityCode", self.sensitivity.as_ref())
            .text("MainAccountPartyID", self.account.as_ref())
            .text("MainContactPartyID", self.contact.as_ref())
            .text("OwnerPartyID", self.owner.as_ref())
            .text("OrganizerPartyID", self.organizer.as_ref())
            .text("OrganizerEmailURI", self.organizer_address.as_ref())
            .text("GroupwareItemID", self.groupware_item_id.as_ref())
            .more(&self.more)
    }

    fn people(&self) -> Option<&[Participant]> {
        self.people.as_deref()
    }

    fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// A visit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VisitForm {
    /// Title.
    pub subject: Option<String>,
    /// Begin.
    pub start: Option<Timestamp>,
    /// End.
    pub end: Option<Timestamp>,
    /// Code of the zone of begin and end, such as `CET`.
    pub zone: Option<String>,
    /// Whether it takes whole days.
    pub all_day: Option<bool>,
    /// Where.
    pub location: Option<String>,
    /// Second place.
    pub additional_location: Option<String>,
    /// Code of the status: `1` open, `2` in process, `3` completed, `4` cancelled.
    pub status: Option<String>,
    /// Code of the priority: `1`, `2`, `3` or `7`.
    pub priority: Option<String>,
    /// Number of the account.
    pub account: Option<String>,
    /// Number of the main contact.
    pub contact: Option<String>,
    /// Number of the owner; whoever acts when it is left out on create.
    pub owner: Option<String>,
    /// Number of the organizer; whoever acts when it is left out on create.
    pub organizer: Option<String>,
    /// The key of the item in the mailbox.
    pub groupware_item_id: Option<String>,
    /// Attendees: these and nobody else.
    pub people: Option<Vec<Participant>>,
    /// The note.
    pub note: Option<String>,
    /// Any other property by its name.
    pub more: Vec<(&'static str, Value)>,
}

impl Form for VisitForm {
    const KIND: Kind = Kind::Visit;

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Fields::default()
            .text("Subject", self.subject.as_ref())
            .time("StartDateTime", self.start)
            .time("EndDateTime", self.end)
            .text("StartTimeZoneCode", self.zone.as_ref())
            .text("EndTimeZoneCode", self.zone.as_ref())
            .flag("AllDayEvent", self.all_day)
            .text("Location", self.location.as_ref())
            .text("AdditionalLocationName", self.additional_location.as_ref())
            .text("Status", self.status.as_ref())
            .text("PriorityCode", self.priority.as_ref())
            .text("MainAccountPartyID", self.account.as_ref())
            .text("MainContactPartyID", self.contact.as_ref())
            .text("OwnerPartyID", self.owner.as_ref())
            .text("OrganizerPartyID", self.organizer.as_ref())
            .text("GroupwareItemID", self.groupware_item_id.as_ref())
            .more(&self.more)
    }

    fn people(&self) -> Option<&[Participant]> {
        self.people.as_deref()
    }

    fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// A phone call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PhoneCallForm {
    /// Title.
    pub subject: Option<String>,
    /// Begin.
    pub start: Option<Timestamp>,
    /// End.
    pub end: Option<Timestamp>,
    /// Code of the zone of begin and end, such as `CET`.
    pub zone: Option<String>,
    /// `1` outbound, `2` inbound.
    pub direction: Option<String>,
    /// Code of the category.
    pub category: Option<String>,
    /// Code of the status: `1` open, `2` in process, `3` completed, `4` cancelled.
    pub status: Option<String>,
    /// Code of the priority: `1`, `2`, `3` or `7`.
    pub priority: Option<String>,
    /// Number of the account.
    pub account: Option<String>,
    /// Number of the main contact.
    pub contact: Option<String>,
    /// Number of the owner; whoever acts when it is left out on create.
    pub owner: Option<String>,
    /// Number of the organizer; whoever acts when it is left out on create.
    pub organizer: Option<String>,
    /// The key of the item in the mailbox.
    pub groupware_item_id: Option<String>,
    /// Attendees: these and nobody else.
    pub people: Option<Vec<Participant>>,
    /// The note.
    pub note: Option<String>,
    /// Any other property by its name.
    pub more: Vec<(&'static str, Value)>,
}

impl Form for PhoneCallForm {
    const KIND: Kind = Kind::PhoneCall;

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Fields::default()
            .text("Subject", self.subject.as_ref())
            .time("StartDateTime", self.start)
            .time("EndDateTime", self.end)
            .text("StartDateTimeZoneCode", self.zone.as_ref())
            .text("EndDatetimeZoneCode", self.zone.as_ref())
            .text("InitiatorCode", self.direction.as_ref())
            .text("Category", self.category.as_ref())
            .text("Status", self.status.as_ref())
            .text("Priority", self.priority.as_ref())
            .text("MainAccountPartyID", self.account.as_ref())
            .text("MainContactPartyID", self.contact.as_ref())
            .text("OwnerPartyID", self.owner.as_ref())
            .text("OrganizerPartyID", self.organizer.as_ref())
            .text("GroupwareItemID", self.groupware_item_id.as_ref())
            .more(&self.more)
    }

    fn people(&self) -> Option<&[Participant]> {
        self.people.as_deref()
    }

    fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// A series of appointments or visits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeriesForm {
    /// Title.
    pub subject: Option<String>,
    /// Begin.
    pub start: Option<Timestamp>,
    /// How long each takes, an XSD duration such as `PT1H`.
    pub duration: Option<String>,
    /// Midnight UTC of the last day.
    pub until: Option<Timestamp>,
    /// Code of the pattern: `1` daily, `2` weekly, `3` monthly, `4` yearly; its numbers go into `more`.
    pub pattern: Option<String>,
    /// Code of the zone of begin and end, such as `CET`.
    pub zone: Option<String>,
    /// Whether it takes whole days.
    pub all_day: Option<bool>,
    /// Where.
    pub location: Option<String>,
    /// Number of the account.
    pub account: Option<String>,
    /// Number of the owner; whoever acts when it is left out on create.
    pub owner: Option<String>,
    /// Number of the organizer; whoever acts when it is left out on create.
    pub organizer: Option<String>,
    /// The key of the item in the mailbox.
    pub groupware_item_id: Option<String>,
    /// Attendees: these and nobody else.
    pub people: Option<Vec<Participant>>,
    /// The note.
    pub note: Option<String>,
    /// Any other property by its name.
    pub more: Vec<(&'static str, Value)>,
}

impl Form for SeriesForm {
    const KIND: Kind = Kind::Series;

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Fields::default()
            .text("SubjectName", self.subject.as_ref())
            .time("RecurrenceStartDate", self.start)
            .text("Duration", self.duration.as_ref())
            .time("RecurrenceEndDate", self.until)
            .text("RecurrencePattern", self.pattern.as_ref())
            .text("TimeZone", self.zone.as_ref())
            .flag("FullDayIndicator", self.all_day)
            .text("Location", self.location.as_ref())
            .text("MainAccountPartyID", self.account.as_ref())
            .text("OwnerPartyID", self.owner.as_ref())
            .text("OrganizerPartyID", self.organizer.as_ref())
            .text("GroupwareItemID", self.groupware_item_id.as_ref())
            .more(&self.more)
    }

    fn people(&self) -> Option<&[Participant]> {
        self.people.as_deref()
    }

    fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskForm {
    /// Title.
    pub subject: Option<String>,
    /// Begin.
    pub start: Option<Timestamp>,
    /// When it is due.
    pub due: Option<Timestamp>,
    /// Code of the zone of begin and end, such as `CET`.
    pub zone: Option<String>,
    /// When it was completed.
    pub completed: Option<Timestamp>,
    /// Percent done, a decimal.
    pub percent: Option<String>,
    /// Code of the status: `1` open, `2` in process, `3` completed, `4` cancelled.
    pub status: Option<String>,
    /// Code of the priority: `1`, `2`, `3` or `7`.
    pub priority: Option<String>,
    /// Code of the category.
    pub category: Option<String>,
    /// Number of the account.
    pub account: Option<String>,
    /// Number of the main contact.
    pub contact: Option<String>,
    /// Number of the owner; whoever acts when it is left out on create.
    pub owner: Option<String>,
    /// Number of the processor.
    pub processor: Option<String>,
    /// Planned time, an XSD duration.
    pub planned: Option<String>,
    /// Time spent, an XSD duration.
    pub spent: Option<String>,
    /// Attendees: these and nobody else.
    pub people: Option<Vec<Participant>>,
    /// The note.
    pub note: Option<String>,
    /// Any other property by its name.
    pub more: Vec<(&'static str, Value)>,
}

impl Form for TaskForm {
    const KIND: Kind = Kind::Task;

    fn fields(&self) -> Vec<(&'static str, Value)> {
        Fields::default()
            .text("Subject", self.subject.as_ref())
            .time("StartDateTime", self.start)
            .time("DueDateTime", self.due)
            .text("StartDatetimeZoneCode", self.zone.as_ref())
            .text("DueDatetimeZoneCode", self.zone.as_ref())
            .time("CompletionDateTime", self.completed)
            .text("CompletionPercent", self.percent.as_ref())
            .text("Status", self.status.as_ref())
            .text("PriorityCode", self.priority.as_ref())
            .text("Category", self.category.as_ref())
            .text("MainAccountPartyID", self.account.as_ref())
            .text("MainContactPartyID", self.contact.as_ref())
            .text("MainEmployeeResponsiblePartyID", self.owner.as_ref())
            .text("ProcessorPartyID", self.processor.as_ref())
            .text("PlannedDuration", self.planned.as_ref())
            .text("ActualDuration", self.spent.as_ref())
            .more(&self.more)
    }

    fn people(&self) -> Option<&[Participant]> {
        self.people.as_deref()
    }

    fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}
