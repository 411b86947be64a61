//! What comes in: calendar items, tasks and contacts, as different servers write them.

use jiff::{Timestamp, civil::date};
use ssi_domain::{
    FolderId, ItemId, Kind, Record, Value,
    port::{EventRole, Item, ItemClass, Mailbox, Series, Shape},
};

use crate::support::{Canned, Exchange, failure, response, success};

async fn read(element: &str, inner: &str) -> Item {
    let item = format!(
        "<m:Items><t:{element}><t:ItemId Id=\"a\" ChangeKey=\"k\"/>{inner}</t:{element}></m:Items>"
    );
    let server = Exchange::start([Canned::xml(response("GetItem", &[success(&item)]))]).await;
    let items = server
        .mailbox()
        .get(&[ItemId::new("a")], Shape::Full)
        .await
        .unwrap();
    assert_eq!(server.asked().len(), 1);
    items.into_iter().next().unwrap().unwrap().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn names(record: &Record) -> Vec<&str> {
    record.iter().map(|(name, _)| name).collect()
}

const MEETING: &str = "<t:ItemClass>IPM.Appointment</t:ItemClass><t:Subject>Review</t:Subject>\
    <t:Sensitivity>Private</t:Sensitivity><t:Body BodyType=\"HTML\">&lt;p&gt;x&lt;/p&gt;</t:Body>\
    <t:Importance>High</t:Importance><t:ReminderIsSet>true</t:ReminderIsSet>\
    <t:ReminderMinutesBeforeStart>15</t:ReminderMinutesBeforeStart><t:UID>uid-1</t:UID>\
    <t:Start>2026-03-05T09:00:00Z</t:Start><t:End>2026-03-05T10:30:00Z</t:End>\
    <t:IsAllDayEvent>false</t:IsAllDayEvent><t:LegacyFreeBusyStatus>WorkingElsewhere</t:LegacyFreeBusyStatus>\
    <t:Location>Room 1</t:Location><t:IsMeeting>true</t:IsMeeting><t:IsCancelled>false</t:IsCancelled>\
    <t:CalendarItemType>Single</t:CalendarItemType><t:MyResponseType>Organizer</t:MyResponseType>\
    <t:Organizer><t:Mailbox><t:Name>Anna</t:Name><t:EmailAddress>/o=X/cn=anna</t:EmailAddress>\
    <t:RoutingType>EX</t:RoutingType></t:Mailbox></t:Organizer>\
    <t:RequiredAttendees><t:Attendee><t:Mailbox><t:Name>Bert</t:Name>\
    <t:EmailAddress>bert@example.com</t:EmailAddress></t:Mailbox><t:ResponseType>Accept</t:ResponseType>\
    </t:Attendee><t:Attendee><t:Mailbox><t:EmailAddress>cora@example.com</t:EmailAddress></t:Mailbox>\
    </t:Attendee></t:RequiredAttendees><t:StartTimeZone Id=\"W. Europe Standard Time\" Name=\"x\"/>\
    <t:ExtendedProperty><t:ExtendedFieldURI PropertyTag=\"0x5d02\" PropertyType=\"String\"/>\
    <t:Value>anna@example.com</t:Value></t:ExtendedProperty>";

#[tokio::test]
async fn a_meeting_is_read_with_its_people_and_times() {
    let item = read("CalendarItem", MEETING).await;
    let record = &item.record;
    assert_eq!(item.kind, Kind::Appointment);
    assert_eq!(item.class, ItemClass::Other("IPM.Appointment".into()));
    assert_eq!(record.text("subject"), "Review");
    let choice = |word: &str| Some(Value::Choice(word.to_owned()));
    assert_eq!(record.get("importance").cloned(), choice("high"));
    assert_eq!(record.get("sensitivity").cloned(), choice("private"));
    assert_eq!(record.get("show_as").cloned(), choice("working_elsewhere"));
    let start = Value::Instant(at("2026-03-05T09:00:00Z"));
    assert_eq!(record.get("start"), Some(&start));
    assert_eq!(record.get("all_day"), Some(&Value::Bool(false)));
    assert_eq!(record.get("reminder_minutes"), Some(&Value::Number(15)));
    assert_eq!(record.text("zone"), "Europe/Berlin");
    assert_eq!(record.text("zone_source"), "W. Europe Standard Time");
    assert_eq!(record.text("body"), "<p>x</p>");
    // Exchange's own address of the organizer is resolved as for mail.
    assert_eq!(record.addresses("organizer")[0].address, "anna@example.com");
    let required: Vec<&str> = record
        .addresses("required")
        .iter()
        .map(|one| one.address.as_str())
        .collect();
    assert_eq!(required, ["bert@example.com", "cora@example.com"]);
    let event = item.event.unwrap();
    assert_eq!(event.uid, "uid-1");
    assert_eq!((event.role, event.meeting), (EventRole::Organizer, true));
    assert_eq!((event.cancelled, event.series), (false, Series::Single));
}

/// INV-11: what cannot be told is not ours to change.
#[tokio::test]
async fn whose_an_event_is_and_whether_it_stands() {
    let meeting =
        |extra: &str| MEETING.replace("<t:MyResponseType>Organizer</t:MyResponseType>", extra);
    for (extra, role) in [
        (
            "<t:MyResponseType>Accept</t:MyResponseType>",
            EventRole::Attendee,
        ),
        (
            "<t:MyResponseType>Unknown</t:MyResponseType>",
            EventRole::Attendee,
        ),
        ("", EventRole::Attendee),
        ("<t:IsOrganizer>true</t:IsOrganizer>", EventRole::Organizer),
        (
            "<t:IsOrganizer>false</t:IsOrganizer><t:MyResponseType>Organizer</t:MyResponseType>",
            EventRole::Attendee,
        ),
    ] {
        let item = read("CalendarItem", &meeting(extra)).await;
        assert_eq!(item.event.unwrap().role, role, "{extra}");
    }
    let own = read("CalendarItem", "<t:Subject>Alone</t:Subject>").await;
    let event = own.event.unwrap();
    assert_eq!((event.role, event.meeting), (EventRole::Organizer, false));
    for cancelled in [
        MEETING.replace("<t:IsCancelled>false", "<t:IsCancelled>true"),
        MEETING.replace(
            "<t:UID>",
            "<t:AppointmentState>7</t:AppointmentState><t:UID>",
        ),
    ] {
        let item = read("CalendarItem", &cancelled).await;
        assert!(item.event.unwrap().cancelled);
    }
}

/// INV-16: a day is the day its creator saw, wherever it is read.
#[tokio::test]
async fn all_day_events_are_days_in_their_own_zone() {
    let all_day = |start: &str, end: &str, rest: &str| {
        format!(
            "<t:Start>{start}</t:Start><t:End>{end}</t:End><t:IsAllDayEvent>true</t:IsAllDayEvent>{rest}"
        )
    };
    let walls = "<t:StartWallClock>2026-03-05T00:00:00+13:00</t:StartWallClock>\
                 <t:EndWallClock>2026-03-07T00:00:00+13:00</t:EndWallClock>";
    let zone = |id: &str| format!("<t:StartTimeZone Id=\"{id}\"/>");
    for inner in [
        all_day("2026-03-04T11:00:00Z", "2026-03-06T11:00:00Z", walls),
        all_day(
            "2026-03-04T23:00:00Z",
            "2026-03-06T23:00:00Z",
            &zone("W. Europe Standard Time"),
        ),
        // Beyond twelve hours from UTC only the zone tells.
        all_day(
            "2026-03-04T11:00:00Z",
            "2026-03-06T11:00:00Z",
            &zone("New Zealand Standard Time"),
        ),
        all_day(
            "2026-03-05T08:00:00Z",
            "2026-03-07T08:00:00Z",
            "<t:StartTimeZoneId>Pacific Standard Time</t:StartTimeZoneId>",
        ),
        // Zones nobody knows, and none at all: the nearest midnight.
        all_day(
            "2026-03-04T22:00:00Z",
            "2026-03-06T22:00:00Z",
            &zone("tzone://Microsoft/Custom"),
        ),
        all_day("2026-03-05T05:00:00Z", "2026-03-07T05:00:00Z", ""),
        // Clients that end a day a minute early.
        all_day("2026-03-05T00:00:00Z", "2026-03-06T23:59:00Z", &zone("UTC")),
    ] {
        let item = read("CalendarItem", &inner).await;
        let day = |field| item.record.get(field).cloned();
        assert_eq!(day("start"), Some(Value::Date(date(2026, 3, 5))), "{inner}");
        assert_eq!(day("end"), Some(Value::Date(date(2026, 3, 7))), "{inner}");
    }
    let none = all_day("2026-03-05T00:00:00Z", "2026-03-05T00:00:00Z", &zone("UTC"));
    let item = read("CalendarItem", &none).await;
    let end = Value::Date(date(2026, 3, 6));
    assert_eq!(item.record.get("end"), Some(&end));
}

#[tokio::test]
async fn a_series_is_a_rule_with_its_exceptions() {
    let master = "<t:UID>u</t:UID><t:Start>2026-03-05T09:00:00Z</t:Start>\
        <t:CalendarItemType>RecurringMaster</t:CalendarItemType>\
        <t:Recurrence><t:WeeklyRecurrence><t:Interval>2</t:Interval>\
        <t:DaysOfWeek>Thursday Monday</t:DaysOfWeek><t:FirstDayOfWeek>Sunday</t:FirstDayOfWeek>\
        </t:WeeklyRecurrence><t:NumberedRecurrence><t:StartDate>2026-03-05+01:00</t:StartDate>\
        <t:NumberOfOccurrences>10</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>\
        <t:ModifiedOccurrences><t:Occurrence><t:ItemId Id=\"x1\" ChangeKey=\"c\"/>\
        <t:Start>2026-03-10T10:00:00Z</t:Start><t:End>2026-03-10T11:00:00Z</t:End>\
        <t:OriginalStart>2026-03-09T09:00:00Z</t:OriginalStart></t:Occurrence></t:ModifiedOccurrences>\
        <t:DeletedOccurrences><t:DeletedOccurrence><t:Start>2026-03-19T09:00:00Z</t:Start>\
        </t:DeletedOccurrence></t:DeletedOccurrences>";
    let item = read("CalendarItem", master).await;
    assert_eq!(
        item.record.text("recurrence"),
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;WKST=SU;COUNT=10"
    );
    let expected = Series::Master {
        exceptions: vec![(ItemId::new("x1"), at("2026-03-09T09:00:00Z"))],
        deleted: vec![at("2026-03-19T09:00:00Z")],
        not_representable: None,
    };
    assert_eq!(item.event.unwrap().series, expected);

    let exception = "<t:UID>u</t:UID><t:Start>2026-03-10T10:00:00Z</t:Start>\
        <t:OriginalStart>2026-03-09T09:00:00Z</t:OriginalStart>\
        <t:CalendarItemType>Exception</t:CalendarItemType>";
    let event = read("CalendarItem", exception).await.event.unwrap();
    let original_start = at("2026-03-09T09:00:00Z");
    assert_eq!(event.uid, "u");
    assert_eq!(event.series, Series::Exception { original_start });

    let strange = master.replace("WeeklyRecurrence>", "LunarRecurrence>");
    let item = read("CalendarItem", &strange).await;
    assert_eq!(item.record.get("recurrence"), None);
    let Series::Master {
        not_representable, ..
    } = item.event.unwrap().series
    else {
        panic!("still a series")
    };
    assert!(not_representable.unwrap().ends_with('.'));
}

#[tokio::test]
async fn a_task_is_read_with_days_and_words() {
    let inner = "<t:ItemClass>IPM.Task</t:ItemClass><t:Subject>Call back</t:Subject>\
        <t:DueDate>2026-03-04T23:00:00Z</t:DueDate><t:PercentComplete>37.5</t:PercentComplete>\
        <t:StartDate>2026-03-01T00:00:00Z</t:StartDate><t:Status>WaitingOnOthers</t:Status>\
        <t:Recurrence><t:DailyRegeneration><t:Interval>3</t:Interval></t:DailyRegeneration>\
        <t:NoEndRecurrence><t:StartDate>2026-03-01</t:StartDate></t:NoEndRecurrence></t:Recurrence>";
    let item = read("Task", inner).await;
    assert_eq!((item.kind, item.event), (Kind::Task, None));
    let record = &item.record;
    assert_eq!(record.get("due"), Some(&Value::Date(date(2026, 3, 5))));
    assert_eq!(record.get("start"), Some(&Value::Date(date(2026, 3, 1))));
    let waiting = Value::Choice("waiting_on_others".to_owned());
    assert_eq!(record.get("status"), Some(&waiting));
    assert_eq!(record.get("percent"), Some(&Value::Number(38)));
    assert_eq!(record.get("recurrence"), None);
}

#[tokio::test]
async fn a_contact_is_read_for_every_kind_it_may_be() {
    let inner = "<t:ItemClass>IPM.Contact</t:ItemClass><t:DisplayName>Zoë Ångström</t:DisplayName>\
        <t:GivenName>Zoë</t:GivenName><t:CompanyName>ACME</t:CompanyName>\
        <t:EmailAddresses><t:Entry Key=\"EmailAddress2\">other@example.com</t:Entry>\
        <t:Entry Key=\"EmailAddress1\">zoe@example.com</t:Entry></t:EmailAddresses>\
        <t:PhysicalAddresses><t:Entry Key=\"Business\"><t:Street>1 Road</t:Street><t:City>Ulm</t:City>\
        <t:CountryOrRegion>United States</t:CountryOrRegion><t:PostalCode>89073</t:PostalCode></t:Entry>\
        <t:Entry Key=\"Home\"><t:City>Bonn</t:City></t:Entry></t:PhysicalAddresses>\
        <t:PhoneNumbers><t:Entry Key=\"BusinessPhone\">+49 731 1</t:Entry>\
        <t:Entry Key=\"MobilePhone\">+49 170 1</t:Entry></t:PhoneNumbers>\
        <t:Birthday>1980-05-01T22:00:00Z</t:Birthday><t:BusinessHomePage>https://acme.example</t:BusinessHomePage>\
        <t:Surname>Ångström</t:Surname>";
    let item = read("Contact", inner).await;
    let record = &item.record;
    assert_eq!(item.kind, Kind::Contact);
    for (field, text) in [
        ("given_name", "Zoë"),
        ("surname", "Ångström"),
        ("company", "ACME"),
        ("name", "ACME"),
        ("website", "https://acme.example"),
        ("email", "zoe@example.com"),
        ("phone", "+49 731 1"),
        ("mobile", "+49 170 1"),
        ("city", "Ulm"),
        ("city@individual_customer", "Bonn"),
        // People's own words are no enumeration.
        ("country", "United States"),
    ] {
        assert_eq!(record.text(field), text, "{field}");
    }
    assert_eq!(record.get("birthday"), Some(&Value::Date(date(1980, 5, 2))));
    // An individual customer without a home phone has none, whatever the office has.
    let none = Value::Phone(String::new());
    assert_eq!(record.get("phone@individual_customer"), Some(&none));
    assert!(!names(record).contains(&"phone@account"));
}

#[tokio::test]
async fn hidden_properties_know_better_than_shown_ones() {
    let hidden = |id: &str, value: &str| {
        format!(
            "<t:ExtendedProperty><t:ExtendedFieldURI DistinguishedPropertySetId=\"Address\" PropertyId=\"{id}\" \
             PropertyType=\"String\"/><t:Value>{value}</t:Value></t:ExtendedProperty>"
        )
    };
    let inner = format!(
        "<t:EmailAddresses><t:Entry Key=\"EmailAddress1\" RoutingType=\"EX\">/O=ORG/CN=ZOE</t:Entry>\
         </t:EmailAddresses><t:Birthday>1980-05-01T11:00:00Z</t:Birthday>{}{}",
        hidden("32900", "zoe@example.com"),
        hidden("32990", "1980-05-02T00:00:00Z")
    );
    let item = read("Contact", &inner).await;
    assert_eq!(item.record.text("email"), "zoe@example.com");
    assert_eq!(
        item.record.get("birthday"),
        Some(&Value::Date(date(1980, 5, 2)))
    );
    let unknown = inner.replace("32900", "1");
    let item = read("Contact", &unknown).await;
    assert_eq!(item.record.get("email"), None);
}

#[tokio::test]
async fn lists_of_people_are_no_contacts() {
    let item = read(
        "DistributionList",
        "<t:ItemClass>IPM.DistList</t:ItemClass>",
    )
    .await;
    assert_ne!(item.kind, Kind::Contact);
    assert_eq!(item.class, ItemClass::Other("IPM.DistList".into()));
}

/// Missing, empty and broken parts leave their field out and nothing else.
#[tokio::test]
async fn broken_parts_never_fail_an_item() {
    for inner in [
        "<t:Start>soon</t:Start><t:End/><t:IsAllDayEvent>true</t:IsAllDayEvent><t:Subject>s</t:Subject>",
        "<t:Recurrence/><t:Subject>s</t:Subject><t:ModifiedOccurrences><t:Occurrence/></t:ModifiedOccurrences>",
        "<t:Start>9999-12-31T23:59:59Z</t:Start><t:End>9999-12-31T23:59:59Z</t:End>\
         <t:IsAllDayEvent>true</t:IsAllDayEvent><t:Subject>s</t:Subject>",
        "<t:Start>0001-01-01T00:00:00Z</t:Start><t:RequiredAttendees/><t:Organizer/><t:Subject>s</t:Subject>",
        "<t:StartTimeZone/><t:StartWallClock>x</t:StartWallClock><t:IsAllDayEvent>1</t:IsAllDayEvent>\
         <t:Start>2026-01-01T00:00:00</t:Start><t:Subject>s</t:Subject>",
    ] {
        let item = read("CalendarItem", inner).await;
        assert_eq!(item.record.text("subject"), "s", "{inner}");
    }
    for inner in [
        "<t:EmailAddresses/><t:PhoneNumbers><t:Entry>1</t:Entry></t:PhoneNumbers><t:Surname>s</t:Surname>",
        "<t:PhysicalAddresses><t:Entry Key=\"Business\"/></t:PhysicalAddresses><t:Birthday>x</t:Birthday>\
         <t:Surname>s</t:Surname>",
    ] {
        let item = read("Contact", inner).await;
        assert_eq!(item.record.text("surname"), "s", "{inner}");
    }
}

/// INV-13
#[tokio::test]
async fn headers_leave_the_notes_out_of_every_class() {
    let item = "<m:Items><t:Task><t:ItemId Id=\"a\" ChangeKey=\"k\"/></t:Task></m:Items>";
    let server = Exchange::start([Canned::xml(response("GetItem", &[success(item)]))]).await;
    let asked = [ItemId::new("a")];
    server.mailbox().get(&asked, Shape::Headers).await.unwrap();
    let body = &server.bodies()[0];
    for uri in [
        "calendar:Start",
        "calendar:Recurrence",
        "calendar:IsOrganizer",
        "task:DueDate",
        "contacts:Birthday",
    ] {
        assert!(body.contains(&format!("\"{uri}\"")), "{uri}");
    }
    assert!(body.contains(
        "<t:IndexedFieldURI FieldURI=\"contacts:PhysicalAddress:City\" FieldIndex=\"Home\"/>"
    ));
    for uri in ["item:Body", "item:Attachments", "MimeContent"] {
        assert!(!body.contains(uri), "{uri}");
    }
}

/// What a listing shows spares asking for every class; what turns out otherwise is asked again.
#[tokio::test]
async fn listed_items_are_asked_for_the_properties_of_their_class() {
    let page = "<m:SyncState>s</m:SyncState><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>\
        <m:Changes><t:Create><t:Task><t:ItemId Id=\"a\" ChangeKey=\"1\"/></t:Task></t:Create>\
        <t:Create><t:Task><t:ItemId Id=\"b\" ChangeKey=\"1\"/></t:Task></t:Create></m:Changes>";
    let task = "<m:Items><t:Task><t:ItemId Id=\"a\" ChangeKey=\"k\"/></t:Task></m:Items>";
    let contact = "<m:Items><t:Contact><t:ItemId Id=\"b\" ChangeKey=\"k\"/><t:Surname>S</t:Surname>\
        </t:Contact></m:Items>";
    let server = Exchange::start([
        Canned::xml(response("SyncFolderItems", &[success(page)])),
        Canned::xml(response("GetItem", &[success(task), success(contact)])),
        Canned::xml(response("GetItem", &[success(contact)])),
    ])
    .await;
    let mailbox = server.mailbox();
    mailbox.changes(&FolderId::new("tas"), None).await.unwrap();
    let ids = ["a", "b"].map(ItemId::new);
    let items = mailbox.get(&ids, Shape::Headers).await.unwrap();
    let second = items[1].as_ref().unwrap().as_ref().unwrap();
    assert_eq!(second.record.text("surname"), "S");
    let bodies = server.bodies();
    assert!(bodies[1].contains("\"task:Status\"") && !bodies[1].contains("\"contacts:Surname\""));
    assert!(bodies[2].contains("\"contacts:Surname\"") && !bodies[2].contains("Id=\"a\""));
}

/// CAL-64: occurrences are asked for by number; one that was taken out is none.
#[tokio::test]
async fn occurrences_are_found_by_their_number() {
    let found =
        "<m:Items><t:CalendarItem><t:ItemId Id=\"o2\" ChangeKey=\"k\"/></t:CalendarItem></m:Items>";
    let answers = [
        success(found),
        failure("ErrorCalendarOccurrenceIsDeletedFromRecurrence"),
        failure("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange"),
        failure("ErrorCorruptData"),
    ];
    let server = Exchange::start([Canned::xml(response("GetItem", &answers))]).await;
    let places: Vec<(ItemId, u32)> = (2..6).map(|at| (ItemId::new("series"), at)).collect();
    let ids = server.mailbox().occurrences(&places).await.unwrap();
    assert!(matches!(&ids[0], Ok(Some(id)) if id.as_str() == "o2"));
    assert!(matches!((&ids[1], &ids[2]), (Ok(None), Ok(None))));
    assert!(ids[3].is_err(), "unread is not gone");
    let asked = server.bodies().remove(0);
    let second = "<t:OccurrenceItemId RecurringMasterId=\"series\" InstanceIndex=\"2\"/>";
    assert!(asked.contains(second), "{asked}");
}
