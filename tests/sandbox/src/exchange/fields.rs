//! Which elements an item of each class has, in schema order (MS-OXWSCORE, -MSG, -MTGS, -CONT, -TASK, -POST).
//!
//! The order matters: answers are `xs:sequence`, strict clients stumble over anything else.

/// How a property is stored and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Plain text, also for numbers and enumerations nobody looks into.
    Text,
    /// `true` / `false`; `1` / `0` are read as well.
    Bool,
    /// A point in time.
    Time,
    /// One mailbox.
    Mailbox,
    /// List of mailboxes.
    Mailboxes,
    /// List of strings.
    Strings,
    /// Attendees.
    Attendees,
    /// A recurrence.
    Recurrence,
    /// A time zone.
    Zone,
    /// Kept as it came: dictionaries, flags.
    Tree,
    /// Made by the server when asked for; writing it is ignored or handled apart.
    Made,
}

/// One element of an item.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Element name; also the part of the field URI after the colon.
    pub name: &'static str,
    /// Storage.
    pub form: Form,
}

const fn field(name: &'static str, form: Form) -> Field {
    Field { name, form }
}

use Form::{
    Attendees, Bool, Made, Mailbox, Mailboxes, Recurrence, Strings, Text, Time, Tree, Zone,
};

const ITEM: &[Field] = &[
    field("MimeContent", Made),
    field("ItemId", Made),
    field("ParentFolderId", Made),
    field("ItemClass", Made),
    field("Subject", Text),
    field("Sensitivity", Text),
    field("Body", Made),
    field("Attachments", Made),
    field("DateTimeReceived", Time),
    field("Size", Made),
    field("Categories", Strings),
    field("Importance", Text),
    field("InReplyTo", Text),
    field("IsSubmitted", Bool),
    field("IsDraft", Bool),
    field("IsFromMe", Bool),
    field("IsResend", Bool),
    field("IsUnmodified", Bool),
    field("InternetMessageHeaders", Made),
    field("DateTimeSent", Time),
    field("DateTimeCreated", Made),
    field("ReminderDueBy", Time),
    field("ReminderIsSet", Bool),
    field("ReminderNextTime", Time),
    field("ReminderMinutesBeforeStart", Text),
    field("DisplayCc", Made),
    field("DisplayTo", Made),
    field("HasAttachments", Made),
    field("ExtendedProperty", Made),
    field("Culture", Text),
    field("EffectiveRights", Made),
    field("LastModifiedName", Made),
    field("LastModifiedTime", Made),
    field("IsAssociated", Made),
    field("ConversationId", Made),
    field("UniqueBody", Made),
    field("Flag", Tree),
    field("StoreEntryId", Made),
    field("InstanceKey", Made),
    field("NormalizedBody", Made),
    field("Preview", Made),
    field("TextBody", Made),
    field("IconIndex", Text),
];

const MESSAGE: &[Field] = &[
    field("Sender", Mailbox),
    field("ToRecipients", Mailboxes),
    field("CcRecipients", Mailboxes),
    field("BccRecipients", Mailboxes),
    field("IsReadReceiptRequested", Bool),
    field("IsDeliveryReceiptRequested", Bool),
    field("ConversationIndex", Text),
    field("ConversationTopic", Text),
    field("From", Mailbox),
    field("InternetMessageId", Text),
    field("IsRead", Bool),
    field("IsResponseRequested", Bool),
    field("References", Text),
    field("ReplyTo", Mailboxes),
    field("ReceivedBy", Mailbox),
    field("ReceivedRepresenting", Mailbox),
];

const MEETING: &[Field] = &[
    field("AssociatedCalendarItemId", Tree),
    field("IsDelegated", Bool),
    field("IsOutOfDate", Bool),
    field("HasBeenProcessed", Bool),
    field("ResponseType", Text),
    field("UID", Text),
    field("RecurrenceId", Time),
    field("DateTimeStamp", Time),
    field("IsOrganizer", Bool),
];

const MEETING_REQUEST: &[Field] = &[
    field("MeetingRequestType", Text),
    field("IntendedFreeBusyStatus", Text),
    field("Start", Time),
    field("End", Time),
    field("OriginalStart", Time),
    field("IsAllDayEvent", Bool),
    field("LegacyFreeBusyStatus", Text),
    field("Location", Text),
    field("When", Text),
    field("IsMeeting", Bool),
    field("IsCancelled", Bool),
    field("IsRecurring", Bool),
    field("MeetingRequestWasSent", Bool),
    field("CalendarItemType", Text),
    field("MyResponseType", Text),
    field("Organizer", Mailbox),
    field("RequiredAttendees", Attendees),
    field("OptionalAttendees", Attendees),
    field("Resources", Attendees),
    field("AppointmentSequenceNumber", Text),
    field("AppointmentState", Text),
    field("Recurrence", Recurrence),
    field("StartTimeZone", Zone),
    field("EndTimeZone", Zone),
];

const MEETING_ANSWER: &[Field] = &[
    field("Start", Time),
    field("End", Time),
    field("Location", Text),
    field("Recurrence", Recurrence),
    field("CalendarItemType", Text),
];

const CALENDAR: &[Field] = &[
    field("UID", Text),
    field("RecurrenceId", Time),
    field("DateTimeStamp", Time),
    field("Start", Time),
    field("End", Time),
    field("OriginalStart", Time),
    field("IsAllDayEvent", Bool),
    field("LegacyFreeBusyStatus", Text),
    field("Location", Text),
    field("When", Text),
    field("IsMeeting", Bool),
    field("IsCancelled", Bool),
    field("IsRecurring", Bool),
    field("MeetingRequestWasSent", Bool),
    field("IsResponseRequested", Bool),
    field("CalendarItemType", Text),
    field("MyResponseType", Text),
    field("Organizer", Mailbox),
    field("RequiredAttendees", Attendees),
    field("OptionalAttendees", Attendees),
    field("Resources", Attendees),
    field("Duration", Text),
    field("TimeZone", Text),
    field("AppointmentReplyTime", Time),
    field("AppointmentSequenceNumber", Text),
    field("AppointmentState", Text),
    field("Recurrence", Recurrence),
    field("FirstOccurrence", Made),
    field("LastOccurrence", Made),
    field("ModifiedOccurrences", Made),
    field("DeletedOccurrences", Made),
    field("MeetingTimeZone", Tree),
    field("StartTimeZone", Zone),
    field("EndTimeZone", Zone),
    field("ConferenceType", Text),
    field("AllowNewTimeProposal", Bool),
    field("IsOnlineMeeting", Bool),
    field("MeetingWorkspaceUrl", Text),
    field("NetShowUrl", Text),
    field("StartWallClock", Made),
    field("EndWallClock", Made),
    field("StartTimeZoneId", Made),
    field("EndTimeZoneId", Made),
    field("JoinOnlineMeetingUrl", Text),
    field("IsOrganizer", Bool),
];

const CONTACT: &[Field] = &[
    field("FileAs", Text),
    field("FileAsMapping", Text),
    field("DisplayName", Text),
    field("GivenName", Text),
    field("Initials", Text),
    field("MiddleName", Text),
    field("Nickname", Text),
    field("CompleteName", Made),
    field("CompanyName", Text),
    field("EmailAddresses", Tree),
    field("PhysicalAddresses", Tree),
    field("PhoneNumbers", Tree),
    field("AssistantName", Text),
    field("Birthday", Time),
    field("BusinessHomePage", Text),
    field("Children", Strings),
    field("Companies", Strings),
    field("ContactSource", Text),
    field("Department", Text),
    field("Generation", Text),
    field("ImAddresses", Tree),
    field("JobTitle", Text),
    field("Manager", Text),
    field("Mileage", Text),
    field("OfficeLocation", Text),
    field("PostalAddressIndex", Text),
    field("Profession", Text),
    field("SpouseName", Text),
    field("Surname", Text),
    field("WeddingAnniversary", Time),
    field("HasPicture", Bool),
    field("Notes", Text),
];

const TASK: &[Field] = &[
    field("ActualWork", Text),
    field("AssignedTime", Time),
    field("BillingInformation", Text),
    field("ChangeCount", Text),
    field("Companies", Strings),
    field("CompleteDate", Time),
    field("Contacts", Strings),
    field("DelegationState", Text),
    field("Delegator", Text),
    field("DueDate", Time),
    field("IsAssignmentEditable", Text),
    field("IsComplete", Bool),
    field("IsRecurring", Bool),
    field("IsTeamTask", Bool),
    field("Mileage", Text),
    field("Owner", Text),
    field("PercentComplete", Text),
    field("Recurrence", Recurrence),
    field("StartDate", Time),
    field("Status", Text),
    field("StatusDescription", Text),
    field("TotalWork", Text),
];

const POST: &[Field] = &[
    field("ConversationIndex", Text),
    field("ConversationTopic", Text),
    field("From", Mailbox),
    field("InternetMessageId", Text),
    field("IsRead", Bool),
    field("PostedTime", Time),
    field("References", Text),
    field("Sender", Mailbox),
];

const LIST: &[Field] = &[
    field("DisplayName", Text),
    field("FileAs", Text),
    field("ContactSource", Text),
    field("Members", Tree),
];

/// Item types by element name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `Item`: anything without a type of its own.
    Item,
    /// `Message`.
    Message,
    /// `MeetingRequest`.
    MeetingRequest,
    /// `MeetingResponse`.
    MeetingResponse,
    /// `MeetingCancellation`.
    MeetingCancellation,
    /// `CalendarItem`.
    CalendarItem,
    /// `Contact`.
    Contact,
    /// `DistributionList`.
    DistributionList,
    /// `Task`.
    Task,
    /// `PostItem`.
    PostItem,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Item,
        Self::Message,
        Self::MeetingRequest,
        Self::MeetingResponse,
        Self::MeetingCancellation,
        Self::CalendarItem,
        Self::Contact,
        Self::DistributionList,
        Self::Task,
        Self::PostItem,
    ];

    /// Element name.
    pub fn element(self) -> &'static str {
        match self {
            Self::Item => "Item",
            Self::Message => "Message",
            Self::MeetingRequest => "MeetingRequest",
            Self::MeetingResponse => "MeetingResponse",
            Self::MeetingCancellation => "MeetingCancellation",
            Self::CalendarItem => "CalendarItem",
            Self::Contact => "Contact",
            Self::DistributionList => "DistributionList",
            Self::Task => "Task",
            Self::PostItem => "PostItem",
        }
    }

    /// The kind with that element name.
    pub fn of_element(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.element() == name)
    }

    /// The kind that shows a message class (delivery and read reports are plain messages in EWS).
    pub fn of_class(class: &str) -> Self {
        let class = class.to_ascii_uppercase();
        let starts = |prefix: &str| class.starts_with(prefix);
        if starts("IPM.SCHEDULE.MEETING.REQUEST") {
            Self::MeetingRequest
        } else if starts("IPM.SCHEDULE.MEETING.RESP") {
            Self::MeetingResponse
        } else if starts("IPM.SCHEDULE.MEETING.CANCELED") {
            Self::MeetingCancellation
        } else if starts("IPM.APPOINTMENT") {
            Self::CalendarItem
        } else if starts("IPM.CONTACT") {
            Self::Contact
        } else if starts("IPM.DISTLIST") {
            Self::DistributionList
        } else if starts("IPM.TASK") {
            Self::Task
        } else if starts("IPM.POST") {
            Self::PostItem
        } else if starts("IPM.NOTE") || starts("REPORT.") {
            Self::Message
        } else {
            Self::Item
        }
    }

    /// The message class of a new item.
    pub fn default_class(self) -> &'static str {
        match self {
            Self::Item | Self::Message => "IPM.Note",
            Self::MeetingRequest => "IPM.Schedule.Meeting.Request",
            Self::MeetingResponse => "IPM.Schedule.Meeting.Resp.Pos",
            Self::MeetingCancellation => "IPM.Schedule.Meeting.Canceled",
            Self::CalendarItem => "IPM.Appointment",
            Self::Contact => "IPM.Contact",
            Self::DistributionList => "IPM.DistList",
            Self::Task => "IPM.Task",
            Self::PostItem => "IPM.Post",
        }
    }

    fn parts(self) -> [&'static [Field]; 4] {
        match self {
            Self::Item => [ITEM, &[], &[], &[]],
            Self::Message => [ITEM, MESSAGE, &[], &[]],
            Self::MeetingRequest => [ITEM, MESSAGE, MEETING, MEETING_REQUEST],
            Self::MeetingResponse | Self::MeetingCancellation => {
                [ITEM, MESSAGE, MEETING, MEETING_ANSWER]
            }
            Self::CalendarItem => [ITEM, CALENDAR, &[], &[]],
            Self::Contact => [ITEM, CONTACT, &[], &[]],
            Self::DistributionList => [ITEM, LIST, &[], &[]],
            Self::Task => [ITEM, TASK, &[], &[]],
            Self::PostItem => [ITEM, POST, &[], &[]],
        }
    }

    /// All elements of this kind in schema order.
    pub fn fields(self) -> impl Iterator<Item = &'static Field> {
        self.parts().into_iter().flatten()
    }

    /// One element of this kind by name.
    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().find(|field| field.name == name)
    }
}

/// What the server says about an event or a task and no client may set (MS-OXWSMTGS, MS-OXWSTASK).
/// <https://learn.microsoft.com/exchange/client-developer/web-service-reference/calendaritem>
const READ_ONLY: [&str; 17] = [
    "RecurrenceId",
    "DateTimeStamp",
    "OriginalStart",
    "IsMeeting",
    "IsCancelled",
    "IsRecurring",
    "MeetingRequestWasSent",
    "CalendarItemType",
    "MyResponseType",
    "Organizer",
    "Duration",
    "TimeZone",
    "AppointmentReplyTime",
    "AppointmentSequenceNumber",
    "AppointmentState",
    "IsOrganizer",
    "IsComplete",
];

impl Kind {
    /// Whether a client may write that element of this kind.
    pub fn writable(self, name: &str) -> bool {
        let guarded = matches!(self, Self::CalendarItem | Self::Task);
        !(guarded && READ_ONLY.contains(&name))
    }

    /// Whether items of this kind are normalised as events, tasks and contacts are.
    pub fn is_personal(self) -> bool {
        matches!(self, Self::CalendarItem | Self::Task | Self::Contact)
    }
}

/// Our own copy of an element name, whatever kind has it; `None` for names no item has.
pub fn known_name(name: &str) -> Option<&'static str> {
    Kind::ALL
        .into_iter()
        .find_map(|kind| kind.field(name))
        .map(|field| field.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_own_class() {
        for kind in Kind::ALL {
            let expected = if kind == Kind::Item {
                Kind::Message
            } else {
                kind
            };
            assert_eq!(Kind::of_class(kind.default_class()), expected);
            assert_eq!(Kind::of_element(kind.element()), Some(kind));
        }
        assert_eq!(Kind::of_class("REPORT.IPM.Note.NDR"), Kind::Message);
    }
}
