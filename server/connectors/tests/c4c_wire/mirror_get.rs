//! Mirrored records as the connector reads them.

use jiff::civil::date;
use serde_json::{Value as Json, json};
use ssi_domain::{
    Address, Kind, Record, RichText, TextFormat, Value,
    port::{Crm, CrmQuery, Hit, PortError},
};

use crate::server::{ID, Reply, Seen, Server, UUID, batch, record};

/// A read of one record answered with these members.
async fn read(kind: Kind, members: Json) -> (Record, Vec<String>) {
    let server =
        Server::start(move |_, _| Reply::json(200, &json!({"d": {"results": members}}))).await;
    let mut found = server.crm().get(&[record(kind, ID)]).await.unwrap();
    (found.remove(0).unwrap().value, server.lines())
}

fn appointment() -> Json {
    json!({
        "__metadata": {"etag": "W/\"1\""},
        "ObjectID": ID,
        "Subject": "Review",
        "StartDate": "/Date(1795359600000)/",
        "EndDate": "/Date(1795363200000)/",
        "StartDatetimeZoneCode": "UTC",
        "FullDayIndicator": false,
        "Location": "",
        "Priority": "3",
        "LifeCycleStatusCode": "1",
        "OrganizerPartyID": "8000000006",
        "OwnerPartyID": "8000000007",
        "GroupwareItemID": "uid-1",
        "AppointmentTextCollection": [
            {"ObjectID": "T1", "TypeCode": "10002", "Text": "old", "UpdatedOn": "/Date(1000)/"},
            {"ObjectID": "T2", "TypeCode": "10002", "Text": "new", "UpdatedOn": "/Date(3000)/"},
            {"ObjectID": "T3", "TypeCode": "10024", "Text": "not ours", "UpdatedOn": "/Date(9000)/"},
        ],
        "AppointmentInvolvedParties": {"results": [
            {"RoleCode": "35", "PartyID": "8000000006", "EMail": "ann@us.example"},
            {"RoleCode": "36", "PartyID": "1004188", "EMail": "bob@x.example", "Name": "Bob"},
            {"RoleCode": "36", "PartyID": "", "PartyEmailURI": "carl@y.example", "PartyName": "Carl"},
        ]},
    })
}

#[tokio::test]
async fn an_appointment_becomes_fields_by_the_mapping_table() {
    let (record, lines) = read(Kind::Appointment, appointment()).await;
    assert_eq!(
        lines,
        [format!(
            "GET AppointmentCollection('{ID}')?$expand=AppointmentTextCollection,AppointmentInvolvedParties&$format=json"
        )]
    );
    for (field, value) in [
        ("subject", Value::Text("Review".into())),
        (
            "start",
            Value::Instant("2026-11-22T15:00:00Z".parse().unwrap()),
        ),
        (
            "end",
            Value::Instant("2026-11-22T16:00:00Z".parse().unwrap()),
        ),
        ("all_day", Value::Bool(false)),
        ("importance", Value::Choice("3".into())),
        ("status", Value::Choice("1".into())),
        ("organizer_id", Value::Text("8000000006".into())),
        ("owner_id", Value::Text("8000000007".into())),
        ("identity_key", Value::Text("uid-1".into())),
        (
            "body",
            Value::RichText(RichText {
                format: TextFormat::Plain,
                text: "new".into(),
            }),
        ),
        ("attendee_ids", Value::List(vec!["1004188".into()])),
        (
            "attendee_addresses",
            Value::List(vec![
                Value::Address(Address {
                    name: "Bob".into(),
                    address: "bob@x.example".into(),
                }),
                Value::Address(Address {
                    name: "Carl".into(),
                    address: "carl@y.example".into(),
                }),
            ]),
        ),
    ] {
        assert_eq!(record.get(field), Some(&value), "{field}");
    }
    assert_eq!(record.get("location"), None);
    assert_eq!(record.get("recurrence"), None);
}

/// INV-16
#[tokio::test]
async fn a_whole_day_is_days_by_whatever_convention() {
    for (start, end, zone) in [
        ("2026-11-22T00:00:00Z", "2026-11-22T23:59:59Z", "UTC"),
        ("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z", "UTC"),
        ("2026-11-21T23:00:00Z", "2026-11-22T22:59:59Z", "CET"),
    ] {
        let mut row = appointment();
        row["FullDayIndicator"] = true.into();
        row["StartDate"] = start.into();
        row["EndDate"] = end.into();
        row["StartDatetimeZoneCode"] = zone.into();
        let (record, _) = read(Kind::Appointment, row).await;
        assert_eq!(
            record.get("start"),
            Some(&Value::Date(date(2026, 11, 22))),
            "{start}"
        );
        assert_eq!(
            record.get("end"),
            Some(&Value::Date(date(2026, 11, 23))),
            "{end}"
        );
        assert_eq!(record.get("all_day"), Some(&Value::Bool(true)));
    }
}

#[tokio::test]
async fn an_occurrence_says_which_one_it_is() {
    let mut row = appointment();
    row["RecurrenceActGroupwareID"] = "uid-series".into();
    row["RecurringBusinessActivityNodeID"] = UUID.into();
    row["OccurrenceDate"] = "/Date(1795305600000)/".into();
    let (found, _) = read(Kind::Appointment, row).await;
    assert_eq!(found.text("series_key"), "uid-series");
    assert_eq!(
        found.get("original_start"),
        Some(&Value::Date(date(2026, 11, 22)))
    );
    let Some(Value::Ref(series)) = found.get("series") else {
        panic!("{found:?}");
    };
    assert_eq!(series.kind, Kind::Appointment);
    assert!(series.id.as_str().ends_with(ID) && series.id.as_str() != ID);
}

/// CAL-74
#[tokio::test]
async fn a_visit_has_two_locations() {
    let row = json!({
        "ObjectID": ID, "Subject": "x", "Location": "Main Street 1", "AdditionalLocationName": "Room 2",
        "VisitTextCollection": [], "VisitParty": [{"RoleCode": "36", "PartyID": "7", "Email": "a@b.example"}],
    });
    let (record, _) = read(Kind::Visit, row).await;
    let parts = vec!["Main Street 1".into(), "Room 2".into()];
    assert_eq!(record.get("location"), Some(&Value::List(parts)));
    assert_eq!(
        record.addresses("attendee_addresses")[0].address,
        "a@b.example"
    );
    assert_eq!(record.get("body"), None);
}

#[tokio::test]
async fn a_task_knows_days_and_a_contact_its_account() {
    let row = json!({
        "ObjectID": ID, "Subject": "Call back", "DueDateTime": "/Date(1795388399000)/", "StartDateTime": null,
        "CompletionPercent": "50.00", "Status": "2", "PriorityCode": "2",
        "MainEmployeeResponsiblePartyID": "8000000006", "TasksTextCollection": [], "TasksInvolvedParties": [],
    });
    let (task, _) = read(Kind::Task, row).await;
    assert_eq!(task.get("due"), Some(&Value::Date(date(2026, 11, 22))));
    assert_eq!(task.get("percent"), Some(&Value::Number(50)));
    assert_eq!(task.text("owner_id"), "8000000006");
    assert_eq!(task.get("start"), None);
    assert_eq!(task.get("identity_key"), None);

    let row = json!({
        "ObjectID": ID, "ContactID": "1004188", "FirstName": "Bob", "LastName": "Roe", "Email": "Bob@X.example",
        "AccountID": "1001710", "AccountUUID": UUID, "AccountFormattedName": "Silver", "StatusCode": "2",
        "BirthDate": "/Date(0)/", "BusinessAddressCountryCode": "DE",
        "ContactTextCollection": [{"ObjectID": "N", "Text": "<p>Hi</p>", "UpdatedOn": null}],
    });
    let (contact, _) = read(Kind::Contact, row).await;
    assert_eq!(contact.text("surname"), "Roe");
    assert_eq!(contact.text("email"), "Bob@X.example");
    assert_eq!(contact.text("account_id"), "1001710");
    assert_eq!(contact.text("company"), "Silver");
    assert_eq!(contact.text("number"), "1004188");
    assert_eq!(
        contact.get("birthday"),
        Some(&Value::Date(date(1970, 1, 1)))
    );
    let Some(Value::RichText(notes)) = contact.get("notes") else {
        panic!("{contact:?}");
    };
    assert_eq!(
        (notes.format, notes.text.as_str()),
        (TextFormat::Html, "<p>Hi</p>")
    );
}

#[tokio::test]
async fn records_of_all_kinds_are_read_in_one_batch() {
    let server = Server::start(|seen, _| {
        batch(seen, |part| match part.target.split('(').next().unwrap() {
            "TasksCollection" => Reply::error(404, "gone"),
            _ => Reply::json(
                200,
                &json!({"d": {"results": {"ObjectID": "x", "Subject": part.target}}}),
            ),
        })
    })
    .await;
    let crm = server.crm();
    let ids = [
        record(Kind::Appointment, "A"),
        record(Kind::Task, "B"),
        record(Kind::Account, "C"),
    ];
    // The rows come without children, so these are asked for once more.
    let found = crm.get(&ids).await.unwrap();
    let standing: Vec<bool> = found.iter().map(Option::is_some).collect();
    assert_eq!(standing, [true, false, true]);
    assert_eq!(server.lines(), ["POST $batch", "POST $batch"]);
    let parts = server.seen()[1].parts();
    let nodes: Vec<&str> = parts.iter().map(|part| part.target.as_str()).collect();
    assert_eq!(
        nodes,
        [
            "AppointmentCollection('A')/AppointmentTextCollection?$format=json",
            "AppointmentCollection('A')/AppointmentInvolvedParties?$format=json",
            "CorporateAccountCollection('C')/CorporateAccountTextCollection?$format=json",
        ]
    );
}

#[tokio::test]
async fn notes_are_read_also_where_nothing_is_expanded() {
    let server = Server::start(|seen, _| {
        if seen.target.contains("$expand") {
            return Reply::error(400, "$expand is not supported");
        }
        if seen.is_batch() {
            return batch(seen, |part| {
                if part.target.contains("/PhoneCallNotes") {
                    Reply::rows(json!([{"ObjectID": "T", "TypeCode": "10002", "Text": "kept"}]))
                } else {
                    Reply::rows(json!([]))
                }
            });
        }
        Reply::rows(json!({"ObjectID": ID, "Subject": "s"}))
    })
    .await;
    let found = server
        .crm()
        .get(&[record(Kind::PhoneCall, ID)])
        .await
        .unwrap();
    assert_eq!(found[0].as_ref().unwrap().value.text("body"), "kept");
}

fn standing(seen: &Seen) -> Reply {
    // Ids come back in the service's own case.
    if seen.target.starts_with("VisitCollection") {
        return Reply::rows(json!([{"ObjectID": "AB"}]));
    }
    Reply::rows(json!([]))
}

#[tokio::test]
async fn many_records_are_checked_in_one_call() {
    let server = Server::start(|seen, _| {
        if seen.is_batch() {
            batch(seen, standing)
        } else {
            standing(seen)
        }
    })
    .await;
    let crm = server.crm();
    let mut ids = vec![record(Kind::Visit, "ab"), record(Kind::Visit, "series:ab")];
    ids.extend((0..60).map(|n| record(Kind::Task, &format!("T{n}"))));
    let found = crm.standing(&ids).await.unwrap();
    assert!(found[0] && !found[1..].contains(&true));
    assert_eq!(server.lines(), ["POST $batch"]);
    let parts = server.seen()[0].parts();
    let sets: Vec<&str> = parts
        .iter()
        .map(|part| part.target.split('?').next().unwrap())
        .collect();
    assert_eq!(
        sets,
        [
            "VisitCollection",
            "RecurringActivityCollection",
            "TasksCollection",
            "TasksCollection"
        ]
    );
    assert!(
        parts[0]
            .target
            .contains("$filter=ObjectID eq 'ab'&$select=ObjectID")
    );
}

/// INV-5
#[tokio::test]
async fn a_failed_check_is_an_error_and_no_absence() {
    for (status, code) in [
        (403, "blocked"),
        (404, "blocked"),
        (500, "transient"),
        (503, "backend_wait"),
    ] {
        let server = Server::start(move |_, _| Reply::error(status, "no")).await;
        let error = server
            .crm()
            .standing(&[record(Kind::Task, ID)])
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{status}");
    }
    let server = Server::start(|_, _| Reply::new(200, "<html>sign in</html>")).await;
    let error = server.crm().standing(&[record(Kind::Task, ID)]).await;
    assert!(matches!(error, Err(PortError::Broken { .. })));
}

#[tokio::test]
async fn keys_find_single_records_and_series() {
    let server = Server::start(|seen, _| {
        batch(seen, |part| {
            let row = |id: &str, key: &str, kind: &str| {
                json!({"__metadata": {"etag": "W/\"5\""}, "ObjectID": id, "GroupwareItemID": key, "DocumentType": kind})
            };
            if part.target.starts_with("Recurring") {
                Reply::rows(json!([row("S1", "k2", "0001"), row("S2", "k2", "0003")]))
            } else {
                Reply::rows(json!([row("A1", "k1", "0001"), row("A2", "K1", "0001")]))
            }
        })
    })
    .await;
    let by = |kind| CrmQuery::ByIdentity {
        kind,
        keys: vec!["k1".into(), "k2".into()],
    };
    let crm = server.crm();
    let hits = crm
        .find(&[by(Kind::Appointment), by(Kind::Task), by(Kind::Contact)])
        .await
        .unwrap();
    let found: Vec<(&str, &str)> = hits[0]
        .iter()
        .map(|hit| match hit {
            Hit::Record(found) => (found.record.id.as_str(), found.identity_key.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(found, [("A1", "k1"), ("series:S1", "k2")]);
    assert!(hits[1].is_empty() && hits[2].is_empty());
    assert_eq!(server.lines(), ["POST $batch"]);
    assert_eq!(server.seen()[0].parts().len(), 2);
    // Kinds without a key cost no call.
    crm.find(&[by(Kind::Task)]).await.unwrap();
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_tenant_without_series_has_none_with_this_key() {
    let server = Server::start(|seen, _| {
        let one = |part: &Seen| {
            if part.target.starts_with("Recurring") {
                Reply::error(404, "no such set")
            } else {
                Reply::rows(json!([{"ObjectID": "V", "GroupwareItemID": "k", "ETag": "/Date(1)/"}]))
            }
        };
        if seen.is_batch() {
            batch(seen, one)
        } else {
            one(seen)
        }
    })
    .await;
    let crm = server.crm();
    let query = CrmQuery::ByIdentity {
        kind: Kind::Visit,
        keys: vec!["k".into()],
    };
    for _ in 0..2 {
        assert_eq!(
            crm.find(std::slice::from_ref(&query)).await.unwrap()[0].len(),
            1
        );
    }
    // The second time it is not asked for.
    assert_eq!(server.lines()[0], "POST $batch");
    assert!(server.lines()[1].starts_with("GET VisitCollection?"));
}

/// A create of a task whose answer was lost is looked for by its subject.
#[tokio::test]
async fn tasks_are_searched_by_subject() {
    let server = Server::start(|seen, _| {
        batch(seen, |part| {
            assert!(
                part.target
                    .starts_with("TasksCollection?$filter=substringof(")
            );
            Reply::rows(json!([
                {"ObjectID": "T1", "ID": "30001", "Subject": "Call Bob back"},
                {"ObjectID": "T2", "ID": "30002", "Subject": "Something else"},
            ]))
        })
    })
    .await;
    let query = CrmQuery::Search {
        kind: Kind::Task,
        text: "call bob".into(),
        limit: 5,
    };
    let hits = server.crm().find(&[query]).await.unwrap();
    let [Hit::Party(found)] = &hits[0][..] else {
        panic!("{hits:?}");
    };
    assert_eq!(found.record, record(Kind::Task, "T1"));
    assert_eq!(
        (found.number.as_str(), found.name.as_str()),
        ("30001", "Call Bob back")
    );
}

#[tokio::test]
async fn a_series_is_read_as_an_event_with_a_rule() {
    let row = json!({
        "ObjectID": ID, "SubjectName": "Weekly", "RecurrenceStartDate": "2026-11-22T00:00:00Z", "Duration": "P1D",
        "FullDayIndicator": true, "TimeZone": "UTC", "Location": "Hall", "GroupwareItemID": "uid-1",
        "OwnerPartyID": "8000000006", "RecurrencePattern": "1", "DailyEveryDays": "2", "NoEndDate": true,
        "RecurringActivityText": [{"ObjectID": "T", "TypeCode": "10002", "Text": "Agenda"}],
        "RecurringActivityParty": [],
    });
    let server = Server::start(move |_, _| Reply::rows(row.clone())).await;
    let asked = [record(Kind::Appointment, &format!("series:{ID}"))];
    let found = server
        .crm()
        .get(&asked)
        .await
        .unwrap()
        .remove(0)
        .unwrap()
        .value;
    assert!(server.lines()[0].starts_with(&format!("GET RecurringActivityCollection('{ID}')?")));
    assert_eq!(found.text("subject"), "Weekly");
    assert_eq!(found.text("recurrence"), "FREQ=DAILY;INTERVAL=2");
    assert_eq!(found.text("location"), "Hall");
    assert_eq!(found.text("body"), "Agenda");
    assert_eq!(found.text("identity_key"), "uid-1");
    assert_eq!(found.get("start"), Some(&Value::Date(date(2026, 11, 22))));
    assert_eq!(found.get("end"), Some(&Value::Date(date(2026, 11, 23))));
}
