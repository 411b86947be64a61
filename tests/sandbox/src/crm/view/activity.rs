//! Appointments, visits, phone calls, series and tasks as people see them.

use jiff::Timestamp;
use serde::Serialize;

use super::Record;
use crate::crm::kind::Kind;
use crate::crm::tenant::Crm;

/// An appointment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppointmentView {
    /// Identity, clocks, parties, notes and files.
    pub record: Record,
    /// Title.
    pub subject: String,
    /// Begin.
    pub start: Option<Timestamp>,
    /// End.
    pub end: Option<Timestamp>,
    /// Code of the zone of the begin.
    pub zone: String,
    /// Code of the zone of the end.
    pub end_zone: String,
    /// Whether it takes whole days.
    pub all_day: bool,
    /// Where.
    pub location: String,
    /// Second place.
    pub additional_location: String,
    /// Code of the category.
    pub category: String,
    /// Code of the status: `1` open to `4` cancelled.
    pub status: String,
    /// Code of the priority.
    pub priority: String,
    /// Code of the sensitivity; `1` is normal.
    pub sensitivity: String,
    /// Code of free or busy.
    pub availability: String,
    /// Number of the account.
    pub account: String,
    /// Number of the main contact.
    pub contact: String,
    /// Number of the owner.
    pub owner: String,
    /// Number of the organizer, an employee.
    pub organizer: String,
    /// Address of an organizer who is no employee.
    pub organizer_address: String,
    /// UUID of the series it is an occurrence of.
    pub series: String,
    /// Its day in the series.
    pub occurrence: Option<Timestamp>,
    /// Link of an online meeting.
    pub meeting_url: String,
}

/// A visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VisitView {
    /// Identity, clocks, parties, notes and files.
    pub record: Record,
    /// Title.
    pub subject: String,
    /// Begin.
    pub start: Option<Timestamp>,
    /// End.
    pub end: Option<Timestamp>,
    /// Code of the zone of the begin.
    pub zone: String,
    /// Code of the zone of the end.
    pub end_zone: String,
    /// Whether it takes whole days.
    pub all_day: bool,
    /// Where.
    pub location: String,
    /// Second place.
    pub additional_location: String,
    /// Code of the status: `1` open to `4` cancelled.
    pub status: String,
    /// Code of the priority.
    pub priority: String,
    /// Number of the account.
    pub account: String,
    /// Number of the main contact.
    pub contact: String,
    /// Number of the owner.
    pub owner: String,
    /// Number of the organizer.
    pub organizer: String,
    /// UUID of the series it is an occurrence of.
    pub series: String,
    /// Its day in the series.
    pub occurrence: Option<Timestamp>,
    /// Whether it waits for its deletion.
    pub is_marked_for_deletion: bool,
}

/// A phone call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhoneCallView {
    /// Identity, clocks, parties, notes and files.
    pub record: Record,
    /// Title.
    pub subject: String,
    /// Begin.
    pub start: Option<Timestamp>,
    /// End.
    pub end: Option<Timestamp>,
    /// Code of the zone of the begin.
    pub zone: String,
    /// Code of the zone of the end.
    pub end_zone: String,
    /// `1` outbound, `2` inbound.
    pub direction: String,
    /// Code of the category.
    pub category: String,
    /// Code of the status: `1` open to `4` cancelled.
    pub status: String,
    /// Code of the priority.
    pub priority: String,
    /// Number of the account.
    pub account: String,
    /// Number of the main contact.
    pub contact: String,
    /// Number of the owner.
    pub owner: String,
    /// Number of the organizer.
    pub organizer: String,
}

/// A series of appointments or visits; the numbers of its pattern are in `record.fields`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeriesView {
    /// Identity, clocks, parties, notes and files.
    pub record: Record,
    /// Title.
    pub subject: String,
    /// Begin of the first occurrence.
    pub start: Option<Timestamp>,
    /// Last day; none when it does not end or ends after a count.
    pub until: Option<Timestamp>,
    /// How long each takes, an XSD duration.
    pub duration: String,
    /// Code of the zone.
    pub zone: String,
    /// Whether it takes whole days.
    pub all_day: bool,
    /// Where.
    pub location: String,
    /// Code of the pattern.
    pub pattern: String,
    /// Number of the owner.
    pub owner: String,
    /// Number of the organizer.
    pub organizer: String,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskView {
    /// Identity, clocks, parties, notes and files.
    pub record: Record,
    /// Title.
    pub subject: String,
    /// Begin.
    pub start: Option<Timestamp>,
    /// Code of the zone of the begin.
    pub zone: String,
    /// When it is due.
    pub due: Option<Timestamp>,
    /// Code of the zone of the due time.
    pub due_zone: String,
    /// When it was completed.
    pub completed: Option<Timestamp>,
    /// Percent done, a decimal as text.
    pub percent: String,
    /// Code of the status: `1` open to `4` cancelled.
    pub status: String,
    /// Code of the priority.
    pub priority: String,
    /// Code of the category.
    pub category: String,
    /// Number of the account.
    pub account: String,
    /// Number of the main contact.
    pub contact: String,
    /// Number of the owner.
    pub owner: String,
    /// Number of the processor.
    pub processor: String,
    /// Planned time, an XSD duration.
    pub planned: String,
    /// Time spent, an XSD duration.
    pub spent: String,
}

impl From<Record> for AppointmentView {
    fn from(record: Record) -> Self {
        Self {
            subject: record.text("Subject"),
            start: record.time("StartDate"),
            end: record.time("EndDate"),
            zone: record.text("StartDatetimeZoneCode"),
            end_zone: record.text("EnddatetimeZoneCode"),
            all_day: record.is("FullDayIndicator"),
            location: record.text("Location"),
            additional_location: record.text("AdditionalLocationName"),
            category: record.text("Category"),
            status: record.text("LifeCycleStatusCode"),
            priority: record.text("Priority"),
            sensitivity: record.text("InformationSensitivityCode"),
            availability: record.text("AvailabilityCode"),
            account: record.text("MainAccountPartyID"),
            contact: record.text("MainContactPartyID"),
            owner: record.text("OwnerPartyID"),
            organizer: record.text("OrganizerPartyID"),
            organizer_address: record.text("OrganizerEmailURI"),
            series: record.text("RecurringBusinessActivityNodeID"),
            occurrence: record.time("OccurrenceDate"),
            meeting_url: record.text("CollaborationURL"),
            record,
        }
    }
}

impl From<Record> for VisitView {
    fn from(record: Record) -> Self {
        Self {
            subject: record.text("Subject"),
            start: record.time("StartDateTime"),
            end: record.time("EndDateTime"),
            zone: record.text("StartTimeZoneCode"),
            end_zone: record.text("EndTimeZoneCode"),
            all_day: record.is("AllDayEvent"),
            location: record.text("Location"),
            additional_location: record.text("AdditionalLocationName"),
            status: record.text("Status"),
            priority: record.text("PriorityCode"),
            account: record.text("MainAccountPartyID"),
            contact: record.text("MainContactPartyID"),
            owner: record.text("OwnerPartyID"),
            organizer: record.text("OrganizerPartyID"),
            series: record.text("RecurringBusinessActivityNodeID"),
            occurrence: record.time("OccurrenceDate"),
            is_marked_for_deletion: record.is("MarkedForDeletion"),
            record,
        }
    }
}

impl From<Record> for PhoneCallView {
    fn from(record: Record) -> Self {
        Self {
            subject: record.text("Subject"),
            start: record.time("StartDateTime"),
            end: record.time("EndDateTime"),
            zone: record.text("StartDateTimeZoneCode"),
            end_zone: record.text("EndDatetimeZoneCode"),
            direction: record.text("InitiatorCode"),
            category: record.text("Category"),
            status: record.text("Status"),
            priority: record.text("Priority"),
            account: record.text("MainAccountPartyID"),
            contact: record.text("MainContactPartyID"),
            owner: record.text("OwnerPartyID"),
            organizer: record.text("OrganizerPartyID"),
            record,
        }
    }
}

impl From<Record> for SeriesView {
    fn from(record: Record) -> Self {
        Self {
            subject: record.text("SubjectName"),
            start: record.time("RecurrenceStartDate"),
            until: record.time("RecurrenceEndDate"),
            duration: record.text("Duration"),
            zone: record.text("TimeZone"),
            all_day: record.is("FullDayIndicator"),
            location: record.text("Location"),
            pattern: record.text("RecurrencePattern"),
            owner: record.text("OwnerPartyID"),
            organizer: record.text("OrganizerPartyID"),
            record,
        }
    }
}

impl From<Record> for TaskView {
    fn from(record: Record) -> Self {
        Self {
            subject: record.text("Subject"),
            start: record.time("StartDateTime"),
            zone: record.text("StartDatetimeZoneCode"),
            due: record.time("DueDateTime"),
            due_zone: record.text("DueDatetimeZoneCode"),
            completed: record.time("CompletionDateTime"),
            percent: record.text("CompletionPercent"),
            status: record.text("Status"),
            priority: record.text("PriorityCode"),
            category: record.text("Category"),
            account: record.text("MainAccountPartyID"),
            contact: record.text("MainContactPartyID"),
            owner: record.text("MainEmployeeResponsiblePartyID"),
            processor: record.text("ProcessorPartyID"),
            planned: record.text("PlannedDuration"),
            spent: record.text("ActualDuration"),
            record,
        }
    }
}

impl Crm {
    /// An appointment by its ObjectID.
    #[must_use]
    pub fn appointment(&self, object_id: &str) -> Option<AppointmentView> {
        self.record(Kind::Appointment, object_id).map(Into::into)
    }

    /// All appointments, oldest first.
    #[must_use]
    pub fn appointments(&self) -> Vec<AppointmentView> {
        let records = self.records(Kind::Appointment).into_iter();
        records.map(Into::into).collect()
    }

    /// A visit by its ObjectID.
    #[must_use]
    pub fn visit(&self, object_id: &str) -> Option<VisitView> {
        self.record(Kind::Visit, object_id).map(Into::into)
    }

    /// All visits, oldest first.
    #[must_use]
    pub fn visits(&self) -> Vec<VisitView> {
        let records = self.records(Kind::Visit).into_iter();
        records.map(Into::into).collect()
    }

    /// A phone call by its ObjectID.
    #[must_use]
    pub fn phone_call(&self, object_id: &str) -> Option<PhoneCallView> {
        self.record(Kind::PhoneCall, object_id).map(Into::into)
    }

    /// All phone calls, oldest first.
    #[must_use]
    pub fn phone_calls(&self) -> Vec<PhoneCallView> {
        let records = self.records(Kind::PhoneCall).into_iter();
        records.map(Into::into).collect()
    }

    /// A series by its ObjectID.
    #[must_use]
    pub fn one_series(&self, object_id: &str) -> Option<SeriesView> {
        self.record(Kind::Series, object_id).map(Into::into)
    }

    /// All series, oldest first.
    #[must_use]
    pub fn all_series(&self) -> Vec<SeriesView> {
        let records = self.records(Kind::Series).into_iter();
        records.map(Into::into).collect()
    }

    /// A task by its ObjectID.
    #[must_use]
    pub fn task(&self, object_id: &str) -> Option<TaskView> {
        self.record(Kind::Task, object_id).map(Into::into)
    }

    /// All tasks, oldest first.
    #[must_use]
    pub fn tasks(&self) -> Vec<TaskView> {
        let records = self.records(Kind::Task).into_iter();
        records.map(Into::into).collect()
    }
}
