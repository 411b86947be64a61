//! The order of the schema. Exchange refuses elements out of order (`ErrorSchemaValidation`).
//!
//! Source: types.xsd as published with MS-OXWSCORE, MS-OXWSMTGS, MS-OXWSTASK and MS-OXWSCONT.

use super::part::{Part, Target, write_plain_entry};
use crate::ews::{
    plan::Class,
    wire::{Entry, Wire},
    xml::Xml,
};

/// What every item begins with.
const ITEM: [&str; 35] = [
    "ItemClass",
    "Subject",
    "Sensitivity",
    "Body",
    "Attachments",
    "DateTimeReceived",
    "Size",
    "Categories",
    "Importance",
    "InReplyTo",
    "IsSubmitted",
    "IsDraft",
    "IsFromMe",
    "IsResend",
    "IsUnmodified",
    "InternetMessageHeaders",
    "DateTimeSent",
    "DateTimeCreated",
    "ResponseObjects",
    "ReminderDueBy",
    "ReminderIsSet",
    "ReminderNextTime",
    "ReminderMinutesBeforeStart",
    "DisplayCc",
    "DisplayTo",
    "HasAttachments",
    "ExtendedProperty",
    "Culture",
    "EffectiveRights",
    "LastModifiedName",
    "LastModifiedTime",
    "IsAssociated",
    "WebClientReadFormQueryString",
    "WebClientEditFormQueryString",
    "Flag",
];

/// What a calendar item goes on with.
const CALENDAR: [&str; 53] = [
    "UID",
    "RecurrenceId",
    "DateTimeStamp",
    "Start",
    "End",
    "OriginalStart",
    "IsAllDayEvent",
    "LegacyFreeBusyStatus",
    "Location",
    "When",
    "IsMeeting",
    "IsCancelled",
    "IsRecurring",
    "MeetingRequestWasSent",
    "IsResponseRequested",
    "CalendarItemType",
    "MyResponseType",
    "Organizer",
    "RequiredAttendees",
    "OptionalAttendees",
    "Resources",
    "ConflictingMeetingCount",
    "AdjacentMeetingCount",
    "ConflictingMeetings",
    "AdjacentMeetings",
    "Duration",
    "TimeZone",
    "AppointmentReplyTime",
    "AppointmentSequenceNumber",
    "AppointmentState",
    "Recurrence",
    "FirstOccurrence",
    "LastOccurrence",
    "ModifiedOccurrences",
    "DeletedOccurrences",
    "MeetingTimeZone",
    "StartTimeZone",
    "EndTimeZone",
    "ConferenceType",
    "AllowNewTimeProposal",
    "IsOnlineMeeting",
    "MeetingWorkspaceUrl",
    "NetShowUrl",
    "EnhancedLocation",
    "StartWallClock",
    "EndWallClock",
    "StartTimeZoneId",
    "EndTimeZoneId",
    "IntendedFreeBusyStatus",
    "JoinOnlineMeetingUrl",
    "OnlineMeetingSettings",
    "IsOrganizer",
    "InboxReminders",
];

/// What a task goes on with.
const TASK: [&str; 22] = [
    "ActualWork",
    "AssignedTime",
    "BillingInformation",
    "ChangeCount",
    "Companies",
    "CompleteDate",
    "Contacts",
    "DelegationState",
    "Delegator",
    "DueDate",
    "IsAssignmentEditable",
    "IsComplete",
    "IsRecurring",
    "IsTeamTask",
    "Mileage",
    "Owner",
    "PercentComplete",
    "Recurrence",
    "StartDate",
    "Status",
    "StatusDescription",
    "TotalWork",
];

/// What a contact goes on with.
const CONTACT: [&str; 32] = [
    "FileAs",
    "FileAsMapping",
    "DisplayName",
    "GivenName",
    "Initials",
    "MiddleName",
    "Nickname",
    "CompleteName",
    "CompanyName",
    "EmailAddresses",
    "PhysicalAddresses",
    "PhoneNumbers",
    "AssistantName",
    "Birthday",
    "BusinessHomePage",
    "Children",
    "Companies",
    "ContactSource",
    "Department",
    "Generation",
    "ImAddresses",
    "JobTitle",
    "Manager",
    "Mileage",
    "OfficeLocation",
    "PostalAddressIndex",
    "Profession",
    "SpouseName",
    "Surname",
    "WeddingAnniversary",
    "BirthdayLocal",
    "WeddingAnniversaryLocal",
];

/// The parts of a physical address.
const ADDRESS: [&str; 5] = ["Street", "City", "State", "CountryOrRegion", "PostalCode"];

/// Whether the schema has this element for items of a class.
pub(super) fn knows(class: Class, prefix: &str, element: &str) -> bool {
    /// Read-only ones beside those that can be written.
    const MORE: [&str; 8] = [
        "ConversationId",
        "UniqueBody",
        "TextBody",
        "Preview",
        "InternetMessageHeaders",
        "ConversationTopic",
        "InstanceKey",
        "ParentFolderId",
    ];
    match prefix {
        "item" => ITEM.contains(&element) || MORE.contains(&element),
        _ => own(class).contains(&element),
    }
}

fn own(class: Class) -> &'static [&'static str] {
    match class {
        Class::Message => &[],
        Class::Calendar => &CALENDAR,
        Class::Task => &TASK,
        Class::Contact => &CONTACT,
    }
}

/// Writes a new item with these properties; cleared ones are left out.
pub(super) fn item(class: Class, parts: Vec<Part>) -> String {
    let own = own(class);
    let mut xml = Xml::new();
    xml.open(class.element(), &[]);
    for name in ITEM.iter().chain(own) {
        for part in &parts {
            let Some(content) = &part.content else {
                continue;
            };
            let here = match &part.target {
                Target::Wire(Wire::Field { element, .. }) => element == name,
                Target::Hidden(_) => *name == "ExtendedProperty",
                Target::Wire(Wire::Entry(_) | Wire::Named(_)) => false,
            };
            if here {
                xml.raw(content);
            }
        }
        dictionary(&mut xml, name, &parts);
    }
    xml.close(class.element());
    xml.finish()
}

fn dictionary(xml: &mut Xml, list: &str, parts: &[Part]) {
    let entries: Vec<(Entry, &str)> = parts
        .iter()
        .filter_map(|part| match (&part.target, &part.content) {
            (Target::Wire(Wire::Entry(entry)), Some(text)) if entry.list == list => {
                Some((*entry, text.as_str()))
            }
            _ => None,
        })
        .collect();
    if entries.is_empty() {
        return;
    }
    let element = format!("t:{list}");
    xml.open(&element, &[]);
    let mut done: Vec<&str> = Vec::new();
    for (entry, text) in &entries {
        if entry.part.is_none() {
            write_plain_entry(xml, entry, text);
        } else if !done.contains(&entry.key) {
            done.push(entry.key);
            xml.open("t:Entry", &[("Key", entry.key)]);
            for part in ADDRESS {
                let same = |(other, _): &&(Entry, &str)| {
                    other.key == entry.key && other.part == Some(part)
                };
                if let Some((_, text)) = entries.iter().find(same) {
                    xml.leaf(&format!("t:{part}"), text);
                }
            }
            xml.close("t:Entry");
        }
    }
    xml.close(&element);
}
