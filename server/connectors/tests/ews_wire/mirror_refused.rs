//! Writes that are refused, moved on, lost or need not be sent.

use ssi_domain::{
    ItemId, Kind, Record, Value, Version,
    port::{ItemWrite, Mailbox, PortError, WriteDone},
};

use crate::{
    mirror_write::{at, choice, create, has, items, sent, update},
    support::{Canned, Exchange, failure, response, success},
};

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
