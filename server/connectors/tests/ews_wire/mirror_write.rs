//! What goes out: creates, changes and deletions, each checked against Microsoft's schema.

use jiff::{Timestamp, civil::date};
use ssi_domain::{
    FolderId, ItemId, Kind, Record, RecordId, RecordRef, RichText, TextFormat, Value, Version,
    port::{ItemWrite, LinkStamp, Mailbox, PortError, Shape, WriteDone},
};

use crate::support::{Canned, Exchange, response, success};

fn stamp(kind: Kind) -> LinkStamp {
    LinkStamp {
        tenant: "main".to_owned(),
        record: RecordRef {
            kind,
            id: RecordId::new("00AB"),
        },
    }
}

pub fn create(kind: Kind, record: Record) -> ItemWrite {
    ItemWrite::Create {
        folder: FolderId::new("folder"),
        kind,
        record,
        categories: vec!["SAP & Co".to_owned()],
        link: stamp(kind),
    }
}

pub fn update(id: &str, kind: Kind, set: Record) -> ItemWrite {
    ItemWrite::Update {
        item: ItemId::new(id),
        version: Version::new("v1"),
        kind,
        set,
        categories: None,
        link: None,
    }
}

pub fn at(text: &str) -> Value {
    Value::Instant(text.parse::<Timestamp>().unwrap())
}

pub fn choice(word: &str) -> Value {
    Value::Choice(word.to_owned())
}

/// An answer with one item per id.
pub fn items(operation: &str, element: &str, ids: &[&str], inner: &str) -> Canned {
    let message = |id: &&str| {
        success(&format!(
            "<m:Items><t:{element}><t:ItemId Id=\"{id}\" ChangeKey=\"v1\"/>{inner}</t:{element}></m:Items>"
        ))
    };
    let all: Vec<String> = ids.iter().map(message).collect();
    Canned::xml(response(operation, &all))
}

pub async fn sent(
    answers: Vec<Canned>,
    writes: &[ItemWrite],
) -> (Vec<Result<WriteDone, PortError>>, Vec<String>) {
    let server = Exchange::start(answers).await;
    let done = server.mailbox().put(writes).await.unwrap();
    (done, server.bodies())
}

pub fn has(body: &str, parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        let found = body[from..].find(part);
        from += found.unwrap_or_else(|| panic!("{part} is not in, or out of order in {body}"));
    }
}

/// INV-9, INV-12
#[tokio::test]
async fn an_event_is_made_in_its_zone_and_nobody_is_told() {
    let record = Record::new()
        .with("subject", "A < B")
        .with("start", at("2026-03-05T09:00:00Z"))
        .with("end", at("2026-03-05T10:00:00Z"))
        .with("zone", Value::Zone("Europe/Berlin".to_owned()))
        .with("all_day", Value::Bool(false))
        .with("location", "Room\u{0}1")
        .with("importance", choice("high"))
        .with("sensitivity", choice("private"))
        .with("show_as", choice("working_elsewhere"))
        .with("reminder_minutes", Value::Number(30))
        .with("organizer", "ignored")
        .with("status", choice("2"))
        .with("recurrence", "FREQ=WEEKLY;BYDAY=TH;UNTIL=20260430T220000Z")
        .with(
            "body",
            Value::RichText(RichText {
                format: TextFormat::Html,
                text: "<b>x</b>".to_owned(),
            }),
        );
    let answer = items("CreateItem", "CalendarItem", &["new"], "");
    let (done, bodies) = sent(vec![answer], &[create(Kind::Visit, record)]).await;
    let expected = WriteDone {
        id: ItemId::new("new"),
        version: Some(Version::new("v1")),
    };
    assert_eq!(done[0].as_ref().unwrap(), &expected);
    has(
        &bodies[0],
        &[
            "SendMeetingInvitations=\"SendToNone\"",
            "<t:FolderId Id=\"folder\"/>",
            "<t:CalendarItem><t:Subject>A &lt; B</t:Subject>",
            "<t:Sensitivity>Private</t:Sensitivity>",
            "<t:Body BodyType=\"HTML\">&lt;b&gt;x&lt;/b&gt;</t:Body>",
            "<t:Categories><t:String>SAP &amp; Co</t:String></t:Categories>",
            "<t:Importance>High</t:Importance>",
            "<t:ReminderIsSet>true</t:ReminderIsSet>",
            "<t:ReminderMinutesBeforeStart>30</t:ReminderMinutesBeforeStart>",
            "PropertyName=\"CrmLink\"",
            "<t:Value>{\"tenant\":\"main\",\"record\":{\"kind\":\"visit\",\"id\":\"00AB\"}}</t:Value>",
            "<t:Start>2026-03-05T09:00:00Z</t:Start><t:End>2026-03-05T10:00:00Z</t:End>",
            "<t:LegacyFreeBusyStatus>WorkingElsewhere</t:LegacyFreeBusyStatus>",
            "<t:Location>Room1</t:Location>",
            "<t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval>",
            "<t:DaysOfWeek>Thursday</t:DaysOfWeek></t:WeeklyRecurrence>",
            "<t:StartDate>2026-03-05</t:StartDate><t:EndDate>2026-04-30</t:EndDate>",
            "<t:StartTimeZone Id=\"W. Europe Standard Time\"/>",
            "<t:EndTimeZone Id=\"W. Europe Standard Time\"/>",
        ],
    );
    assert!(!bodies[0].contains("Organizer"));
}

/// INV-16
#[tokio::test]
async fn days_are_written_as_midnights_of_the_events_zone() {
    let day = |day| Value::Date(date(2026, 3, day));
    let record = Record::new()
        .with("subject", "Fair")
        .with("start", day(5))
        .with("end", day(7))
        .with("zone", Value::Zone("Europe/Berlin".to_owned()));
    let answer = items("CreateItem", "CalendarItem", &["new"], "");
    let (_, bodies) = sent(vec![answer], &[create(Kind::Appointment, record)]).await;
    has(
        &bodies[0],
        &[
            // Exchange would set a reminder of its own.
            "<t:ReminderIsSet>false</t:ReminderIsSet>",
            "<t:Start>2026-03-04T23:00:00Z</t:Start><t:End>2026-03-06T23:00:00Z</t:End>",
            "<t:IsAllDayEvent>true</t:IsAllDayEvent>",
            "<t:StartTimeZone Id=\"W. Europe Standard Time\"/>",
        ],
    );
}

#[tokio::test]
async fn tasks_and_contacts_are_made_whole_in_one_call_each() {
    let task = Record::new()
        .with("subject", "Call")
        .with("due", Value::Date(date(2026, 3, 5)))
        .with("status", choice("waiting_on_others"))
        .with("percent", Value::Number(50))
        .with("start", Value::Date(date(2026, 3, 1)))
        .with("owner_id", "8000001");
    let person = Record::new()
        .with("given_name", "Zoë")
        .with("surname", "Ångström")
        .with("company", "ACME")
        .with("email", "zoe@example.com")
        .with("phone", Value::Phone("+49 731 1".to_owned()))
        .with("mobile", Value::Phone(String::new()))
        .with("postal_code", "89073")
        .with("street", "1 Road")
        .with("country", choice("Germany"))
        .with("birthday", Value::Date(date(1980, 5, 2)))
        .with("notes", "plain");
    let customer = Record::new()
        .with("surname", "Ito")
        .with("phone", Value::Phone("1".to_owned()))
        .with("city", "Bonn");
    let account = Record::new()
        .with("name", "ACME")
        .with("website", "https://acme.example");
    let writes = [
        create(Kind::Task, task),
        create(Kind::Contact, person),
        create(Kind::IndividualCustomer, customer),
        create(Kind::Account, account),
    ];
    let ids = ["t", "c", "i", "a"];
    let answer = items("CreateItem", "Task", &ids, "");
    let (done, bodies) = sent(vec![answer], &writes).await;
    let got: Vec<&str> = done
        .iter()
        .map(|one| one.as_ref().unwrap().id.as_str())
        .collect();
    assert_eq!(got, ids);
    assert_eq!(bodies.len(), 1);
    has(
        &bodies[0],
        &[
            "<t:DueDate>2026-03-05T00:00:00Z</t:DueDate><t:PercentComplete>50</t:PercentComplete>",
            "<t:StartDate>2026-03-01T00:00:00Z</t:StartDate><t:Status>WaitingOnOthers</t:Status>",
            "<t:Contact><t:Body BodyType=\"Text\">plain</t:Body>",
            "<t:FileAsMapping>LastCommaFirst</t:FileAsMapping>",
            "<t:DisplayName>Zoë Ångström</t:DisplayName><t:GivenName>Zoë</t:GivenName>",
            "<t:CompanyName>ACME</t:CompanyName>",
            "<t:Entry Key=\"EmailAddress1\">zoe@example.com</t:Entry>",
            "<t:Entry Key=\"Business\"><t:Street>1 Road</t:Street>",
            "<t:CountryOrRegion>Germany</t:CountryOrRegion><t:PostalCode>89073</t:PostalCode>",
            "<t:PhoneNumbers><t:Entry Key=\"BusinessPhone\">+49 731 1</t:Entry></t:PhoneNumbers>",
            "<t:Birthday>1980-05-02T11:59:00Z</t:Birthday>",
            "<t:Surname>Ångström</t:Surname></t:Contact>",
            "<t:Entry Key=\"Home\"><t:City>Bonn</t:City></t:Entry>",
            "<t:Entry Key=\"HomePhone\">1</t:Entry>",
            "<t:FileAsMapping>Company</t:FileAsMapping><t:DisplayName>ACME</t:DisplayName>",
            "<t:BusinessHomePage>https://acme.example</t:BusinessHomePage>",
        ],
    );
}

/// INV-2, INV-10
#[tokio::test]
async fn a_change_sets_and_clears_only_what_it_names() {
    let task = Record::new()
        .with("subject", "New")
        .with("due", "")
        .with("status", "")
        .with("importance", choice("low"));
    let contact = Record::new()
        .with("mobile", Value::Phone(String::new()))
        .with("city", "Ulm")
        .with("email", "x@example.com");
    let writes = [
        update("t", Kind::Task, task),
        update("c", Kind::Contact, contact),
        ItemWrite::Mark {
            item: ItemId::new("m"),
            version: Version::new("v1"),
            categories: vec![],
            link: None,
        },
    ];
    let answer = items("UpdateItem", "Task", &["t", "c", "m"], "");
    let (done, bodies) = sent(vec![answer], &writes).await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(bodies.len(), 1);
    has(
        &bodies[0],
        &[
            "SendMeetingInvitationsOrCancellations=\"SendToNone\" ConflictResolution=\"NeverOverwrite\"",
            "<t:ItemId Id=\"t\" ChangeKey=\"v1\"/><t:Updates>",
            "<t:SetItemField><t:FieldURI FieldURI=\"item:Subject\"/><t:Task><t:Subject>New</t:Subject></t:Task></t:SetItemField>",
            "<t:DeleteItemField><t:FieldURI FieldURI=\"task:DueDate\"/></t:DeleteItemField>",
            "<t:Status>NotStarted</t:Status>",
            "<t:Importance>Low</t:Importance>",
            "<t:ItemId Id=\"c\" ChangeKey=\"v1\"/><t:Updates>",
            "<t:Contact><t:EmailAddresses><t:Entry Key=\"EmailAddress1\">x@example.com</t:Entry></t:EmailAddresses></t:Contact>",
            "<t:DeleteItemField><t:IndexedFieldURI FieldURI=\"contacts:PhoneNumber\" FieldIndex=\"MobilePhone\"/></t:DeleteItemField>",
            "<t:IndexedFieldURI FieldURI=\"contacts:PhysicalAddress:City\" FieldIndex=\"Business\"/>\
             <t:Contact><t:PhysicalAddresses><t:Entry Key=\"Business\"><t:City>Ulm</t:City></t:Entry></t:PhysicalAddresses></t:Contact>",
            "<t:ItemId Id=\"m\"",
        ],
    );
}

/// Exchange reads times in the zone of the request, unless the item's own is written along.
#[tokio::test]
async fn changed_times_keep_the_zone_of_the_event() {
    let now = "<t:Start>2026-03-04T23:00:00Z</t:Start><t:End>2026-03-05T23:00:00Z</t:End>\
        <t:IsAllDayEvent>true</t:IsAllDayEvent><t:StartTimeZone Id=\"W. Europe Standard Time\"/>";
    let set = Record::new()
        .with("start", Value::Date(date(2026, 7, 1)))
        .with("end", Value::Date(date(2026, 7, 2)));
    let answers = vec![
        items("GetItem", "CalendarItem", &["a"], now),
        items("UpdateItem", "CalendarItem", &["a"], ""),
    ];
    let (done, bodies) = sent(answers, &[update("a", Kind::Appointment, set)]).await;
    assert!(done[0].is_ok(), "{done:?}");
    has(
        &bodies[1],
        &[
            "<t:Start>2026-06-30T22:00:00Z</t:Start>",
            "<t:End>2026-07-01T22:00:00Z</t:End>",
            "<t:StartTimeZone Id=\"W. Europe Standard Time\"/>",
        ],
    );
    // Nothing to know for a new subject.
    let set = Record::new().with("subject", "New");
    let answers = vec![items("UpdateItem", "CalendarItem", &["a"], "")];
    let (_, bodies) = sent(answers, &[update("a", Kind::Appointment, set)]).await;
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn a_display_name_follows_its_parts_unless_somebody_chose_it() {
    for (shown, follows) in [("Zoë Old", true), ("", true), ("Zo from Ulm", false)] {
        let now = format!(
            "<t:DisplayName>{shown}</t:DisplayName><t:GivenName>Zoë</t:GivenName><t:Surname>Old</t:Surname>"
        );
        let answers = vec![
            items("GetItem", "Contact", &["c"], &now),
            items("UpdateItem", "Contact", &["c"], ""),
        ];
        let set = Record::new().with("surname", "New");
        let (done, bodies) = sent(answers, &[update("c", Kind::Contact, set)]).await;
        assert!(done[0].is_ok());
        let written = bodies[1].contains("<t:DisplayName>Zoë New</t:DisplayName>");
        assert_eq!(written, follows, "{shown}");
    }
}

/// A mark stands in an element of the item's own class; messages are assumed until reading shows better.
#[tokio::test]
async fn a_mark_is_written_as_what_the_item_is() {
    let server = Exchange::start([
        items("GetItem", "CalendarItem", &["e"], ""),
        items("UpdateItem", "CalendarItem", &["e", "m"], ""),
    ])
    .await;
    let mailbox = server.mailbox();
    let read = mailbox.get(&[ItemId::new("e")], Shape::Headers).await;
    assert!(matches!(read.unwrap()[0], Ok(Some(_))));
    let marks = ["e", "m"].map(|id| ItemWrite::Mark {
        item: ItemId::new(id),
        version: Version::new("v1"),
        categories: vec!["SAP".to_owned()],
        link: Some(stamp(Kind::Appointment)),
    });
    mailbox.put(&marks).await.unwrap();
    has(
        &server.bodies()[1],
        &[
            "Id=\"e\"",
            "<t:CalendarItem><t:Categories>",
            "<t:CalendarItem><t:ExtendedProperty>",
            "Id=\"m\"",
            "<t:Message><t:Categories>",
        ],
    );
}
