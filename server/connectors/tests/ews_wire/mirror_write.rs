//! What goes out: creates, changes and deletions, each checked against Microsoft's schema.

use jiff::{Timestamp, civil::date};
use ssi_domain::{
    FolderId, ItemId, Kind, Record, RecordId, RecordRef, RichText, TextFormat, Value, Version,
    port::{ItemWrite, LinkStamp, Mailbox, PortError, WriteDone},
};

use crate::support::{Canned, Exchange, failure, response, success};

fn stamp(kind: Kind) -> LinkStamp {
    LinkStamp {
        tenant: "main".to_owned(),
        record: RecordRef {
            kind,
            id: RecordId::new("00AB"),
        },
    }
}

fn create(kind: Kind, record: Record) -> ItemWrite {
    ItemWrite::Create {
        folder: FolderId::new("folder"),
        kind,
        record,
        categories: vec!["SAP & Co".to_owned()],
        link: stamp(kind),
    }
}

fn update(id: &str, kind: Kind, set: Record) -> ItemWrite {
    ItemWrite::Update {
        item: ItemId::new(id),
        version: Version::new("v1"),
        kind,
        set,
        categories: None,
        link: None,
    }
}

fn at(text: &str) -> Value {
    Value::Instant(text.parse::<Timestamp>().unwrap())
}

fn choice(word: &str) -> Value {
    Value::Choice(word.to_owned())
}

/// An answer with one item per id.
fn items(operation: &str, element: &str, ids: &[&str], inner: &str) -> Canned {
    let message = |id: &&str| {
        success(&format!(
            "<m:Items><t:{element}><t:ItemId Id=\"{id}\" ChangeKey=\"v1\"/>{inner}</t:{element}></m:Items>"
        ))
    };
    let all: Vec<String> = ids.iter().map(message).collect();
    Canned::xml(response(operation, &all))
}

async fn sent(
    answers: Vec<Canned>,
    writes: &[ItemWrite],
) -> (Vec<Result<WriteDone, PortError>>, Vec<String>) {
    let server = Exchange::start(answers).await;
    let done = server.mailbox().put(writes).await.unwrap();
    (done, server.bodies())
}

fn has(body: &str, parts: &[&str]) {
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
            "<t:StartDate>2026-03-05</t:StartDate><t:EndDate>2026-05-01</t:EndDate>",
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

/// INV-10: DeleteItem does not look at change keys, so we do.
#[tokio::test]
async fn only_what_did_not_move_on_is_deleted() {
    let version = |id: &str, version: &str| {
        success(&format!(
            "<m:Items><t:CalendarItem><t:ItemId Id=\"{id}\" ChangeKey=\"{version}\"/></t:CalendarItem></m:Items>"
        ))
    };
    let answers = vec![
        Canned::xml(response(
            "GetItem",
            &[
                version("a", "v1"),
                version("b", "v2"),
                failure("ErrorItemNotFound"),
                version("d", "v1"),
            ],
        )),
        Canned::xml(response(
            "DeleteItem",
            &[success(""), failure("ErrorItemNotFound")],
        )),
    ];
    let writes = ["a", "b", "c", "d"].map(|id| ItemWrite::Delete {
        item: ItemId::new(id),
        version: Version::new("v1"),
    });
    let (done, bodies) = sent(answers, &writes).await;
    assert_eq!(done[0].as_ref().unwrap().id, ItemId::new("a"));
    let codes: Vec<&str> = done[1..]
        .iter()
        .map(|one| one.as_ref().unwrap_err().code())
        .collect();
    assert_eq!(codes, ["stale", "gone", "gone"]);
    has(
        &bodies[1],
        &[
            "DeleteType=\"MoveToDeletedItems\" SendMeetingCancellations=\"SendToNone\"",
            "<t:ItemIds>",
        ]
        .map(|part| {
            if part == "<t:ItemIds>" {
                "<m:ItemIds>"
            } else {
                part
            }
        }),
    );
    assert!(bodies[1].contains("Id=\"a\" ChangeKey=\"v1\"") && !bodies[1].contains("Id=\"b\""));
}

#[tokio::test]
async fn a_moved_on_item_is_stale_and_the_others_are_written() {
    let answers = vec![Canned::xml(response(
        "UpdateItem",
        &[
            failure("ErrorIrresolvableConflict"),
            success("<m:Items><t:Task><t:ItemId Id=\"b\" ChangeKey=\"v2\"/></t:Task></m:Items>"),
        ],
    ))];
    let set = || Record::new().with("subject", "x");
    let writes = [
        update("a", Kind::Task, set()),
        update("b", Kind::Task, set()),
    ];
    let (done, _) = sent(answers, &writes).await;
    assert_eq!(done[0].as_ref().unwrap_err().code(), "stale");
    assert_eq!(done[1].as_ref().unwrap().version, Some(Version::new("v2")));
    // What was read for the write shows the same.
    let answers = vec![items("GetItem", "CalendarItem", &["a"], "")];
    let mut moved = update(
        "a",
        Kind::Visit,
        Record::new().with("start", at("2026-01-01T00:00:00Z")),
    );
    if let ItemWrite::Update { version, .. } = &mut moved {
        *version = Version::new("v0");
    }
    let (done, bodies) = sent(answers, &[moved]).await;
    assert_eq!(done[0].as_ref().unwrap_err().code(), "stale");
    assert_eq!(bodies.len(), 1);
}

fn field(outcome: &Result<WriteDone, PortError>) -> Option<&str> {
    match outcome {
        Err(PortError::Refused { field, .. }) => field.as_deref(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn refused_content_names_the_field() {
    let named = "<MESSAGE ResponseClass=\"Error\"><m:MessageText>x</m:MessageText>\
        <m:ResponseCode>ErrorInvalidValueForProperty</m:ResponseCode><m:MessageXml>\
        <t:IndexedFieldURI FieldURI=\"contacts:PhoneNumber\" FieldIndex=\"BusinessPhone\"/></m:MessageXml></MESSAGE>";
    let answers = vec![
        Canned::xml(response("CreateItem", &[named.to_owned()])),
        Canned::xml(response(
            "CreateItem",
            &[failure("ErrorCalendarDurationIsTooLong")],
        )),
    ];
    let start = || Record::new().with("start", at("2026-03-05T09:00:00Z"));
    let server = Exchange::start(answers).await;
    let mailbox = server.mailbox();
    let contact = create(Kind::Contact, Record::new().with("surname", "x"));
    let done = mailbox.put(&[contact]).await.unwrap();
    assert_eq!(field(&done[0]), Some("phone"));
    let done = mailbox
        .put(&[create(Kind::Appointment, start())])
        .await
        .unwrap();
    assert_eq!(field(&done[0]), Some("end"));
    // What we know ourselves is never sent.
    let bad = [
        (
            Kind::Appointment,
            Record::new().with("subject", "no start"),
            "start",
        ),
        (
            Kind::Appointment,
            start().with("end", at("2026-03-05T08:00:00Z")),
            "end",
        ),
        (
            Kind::Appointment,
            start().with("recurrence", "FREQ=HOURLY"),
            "recurrence",
        ),
        (
            Kind::Task,
            Record::new().with("percent", Value::Number(101)),
            "percent",
        ),
        (
            Kind::Task,
            Record::new().with("status", choice("cancelled")),
            "status",
        ),
    ];
    for (kind, record, expected) in bad {
        let done = mailbox.put(&[create(kind, record)]).await.unwrap();
        assert_eq!(field(&done[0]), Some(expected), "{kind}");
    }
    assert_eq!(server.asked().len(), 2);
}

/// One bad write neither stops nor reorders the others.
#[tokio::test]
async fn outcomes_keep_the_order_of_the_writes() {
    let good = |subject: &str| create(Kind::Task, Record::new().with("subject", subject));
    let bad = create(Kind::Lead, Record::new());
    let stopped = failure("ErrorBatchProcessingStopped");
    let new = |id: &str| {
        success(&format!(
            "<m:Items><t:Task><t:ItemId Id=\"{id}\" ChangeKey=\"1\"/></t:Task></m:Items>"
        ))
    };
    let answers = vec![
        Canned::xml(response("CreateItem", &[new("1"), stopped])),
        Canned::xml(response("CreateItem", &[new("3")])),
    ];
    let (done, bodies) = sent(answers, &[good("one"), bad, good("three")]).await;
    assert_eq!(done[0].as_ref().unwrap().id, ItemId::new("1"));
    assert_eq!(field(&done[1]), None);
    assert_eq!(done[2].as_ref().unwrap().id, ItemId::new("3"));
    assert!(bodies[1].contains("three") && !bodies[1].contains("one<"));
}

/// INV-9: a create whose answer is lost is looked up, never repeated blindly.
#[tokio::test]
async fn a_create_without_answer_is_unknown() {
    let write = || [create(Kind::Task, Record::new().with("subject", "x"))];
    for answer in [
        Canned::xml(response("CreateItem", &[success("<m:Items/>")])),
        Canned::xml("<html>proxy</html>"),
        Canned::xml(response("CreateItem", &[success("")])).cut(),
    ] {
        let server = Exchange::start([answer]).await;
        let error = match server.mailbox().put(&write()).await {
            Ok(done) => done.into_iter().next().unwrap().unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(error.code(), "outcome_unknown");
    }
}

/// A request one item makes unreadable is sent again one by one.
#[tokio::test]
async fn a_write_the_server_cannot_read_is_found() {
    let schema = || Canned::status(500, crate::support::fault("ErrorSchemaValidation", None));
    let one = || items("CreateItem", "Task", &["x"], "");
    let write = || create(Kind::Task, Record::new().with("subject", "x"));
    let (done, bodies) = sent(vec![schema(), one(), schema()], &[write(), write()]).await;
    assert!(done[0].is_ok() && done[1].is_err());
    assert_eq!(bodies.len(), 3);
}

/// An update without anything this backend keeps is no call at all.
#[tokio::test]
async fn nothing_to_change_is_no_call() {
    let set = Record::new().with("owner_id", "1");
    let (done, bodies) = sent(vec![], &[update("a", Kind::Task, set)]).await;
    assert_eq!(done[0].as_ref().unwrap().version, Some(Version::new("v1")));
    assert!(bodies.is_empty());
}
