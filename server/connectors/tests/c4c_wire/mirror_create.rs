//! New mirrored records.

use jiff::civil::date;
use serde_json::{Value as Json, json};
use ssi_domain::{
    Kind, Record, Value,
    port::{Crm, CrmWrite, PartyRole, PortError, RecordParty, Written},
};

use crate::server::{ID, Reply, Server, UUID, batch, hit, party};

fn create(kind: Kind, key: &str, record: Record, parties: Vec<RecordParty>) -> CrmWrite {
    CrmWrite::Create {
        kind,
        identity_key: key.into(),
        record,
        parties,
        attachments: Vec::new(),
    }
}

/// The path and the body of the request a create becomes, and what it answers.
async fn sent(write: CrmWrite) -> (String, Json, Written) {
    let server = Server::start(|_, _| {
        Reply::json(201, &json!({"d": {"results": {"ObjectID": ID}}})).with("etag", "W/\"7\"")
    })
    .await;
    let mut answers = server.crm().put(vec![write]).await.unwrap();
    let seen = server.seen().remove(0);
    (seen.target.clone(), seen.json(), answers.remove(0).unwrap())
}

fn instant(text: &str) -> Value {
    Value::Instant(text.parse().unwrap())
}

/// CAL-30 to CAL-32
#[tokio::test]
async fn an_event_becomes_one_deep_insert_with_its_parties() {
    let record = Record::new()
        .with("subject", "Review")
        .with("start", instant("2026-11-22T15:00:00Z"))
        .with("end", instant("2026-11-22T16:00:00Z"))
        .with("zone", Value::Zone("UTC".into()))
        .with("all_day", Value::Bool(false))
        .with("importance", Value::Choice("2".into()))
        .with("body", "Agenda")
        .with("location", "");
    let me = hit(Kind::Employee, ID, "8000000006");
    let parties = vec![
        party(PartyRole::Owner, "", Some(me.clone())),
        party(PartyRole::Organizer, "ann@us.example", Some(me)),
        party(
            PartyRole::Attendee,
            "bob@x.example",
            Some(hit(Kind::Contact, "C1", "1004188")),
        ),
        party(PartyRole::Attendee, "carl@y.example", None),
        party(
            PartyRole::Attendee,
            "lead@y.example",
            Some(hit(Kind::Lead, "L", "9")),
        ),
        party(
            PartyRole::Linked,
            "",
            Some(hit(Kind::Account, ID, "1001710")),
        ),
        party(
            PartyRole::Linked,
            "",
            Some(hit(Kind::Contact, "C1", "1004188")),
        ),
        party(
            PartyRole::Linked,
            "",
            Some(hit(Kind::Contact, "C2", "1004189")),
        ),
        party(
            PartyRole::Linked,
            "",
            Some(hit(Kind::Opportunity, "O", "77")),
        ),
    ];
    let (target, body, written) = sent(create(Kind::Appointment, "uid-1", record, parties)).await;
    assert_eq!(target, "AppointmentCollection");
    assert_eq!(
        body,
        json!({
            "DocumentType": "0001",
            "GroupwareItemID": "uid-1",
            "DataOriginTypeCode": "2",
            "Subject": "Review",
            "StartDate": "/Date(1795359600000)/",
            "EndDate": "/Date(1795363200000)/",
            "StartDatetimeZoneCode": "UTC",
            "EnddatetimeZoneCode": "UTC",
            "FullDayIndicator": false,
            "Priority": "2",
            "OwnerPartyID": "8000000006",
            "Owner": UUID,
            "OrganizerPartyID": "8000000006",
            "OrganizerUUID": UUID,
            "MainAccountPartyID": "1001710",
            "Account": UUID,
            "MainContactPartyID": "1004188",
            "AppointmentTextCollection": [{"TypeCode": "10002", "Text": "Agenda"}],
            "AppointmentInvolvedParties": [
                {"RoleCode": "36", "PartyID": "1004188", "PartyEmailURI": "bob@x.example"},
                {"RoleCode": "36", "PartyEmailURI": "carl@y.example", "PartyName": "carl"},
                {"RoleCode": "36", "PartyEmailURI": "lead@y.example", "PartyName": "lead"},
                {"RoleCode": "31", "PartyID": "1004189"},
            ],
            "AppointmentBTDReference": [{"ID": "77", "TypeCode": "72", "BTDRoleCode": "1"}],
        })
    );
    assert_eq!(written.record.kind, Kind::Appointment);
    assert_eq!(written.record.id.as_str(), ID);
    assert_eq!(written.version.unwrap().as_str(), "W/\"7\"");
}

/// Somebody invited twice is one party; what is too long is cut or left out, never refused.
#[tokio::test]
async fn odd_attendees_become_sound_parties() {
    let mut long = party(PartyRole::Attendee, "long@x.example", None);
    long.address.name = "é".repeat(300);
    let mut endless = party(PartyRole::Attendee, "", None);
    endless.address.name = "Endless".into();
    endless.address.address = format!("{}@x.example", "a".repeat(300));
    let nobody = party(PartyRole::Attendee, "", None);
    let bob = || Some(hit(Kind::Contact, "C1", "1004188"));
    let parties = vec![
        party(PartyRole::Attendee, "bob@x.example", bob()),
        party(PartyRole::Attendee, "bob.roe@x.example", bob()),
        party(PartyRole::Attendee, "BOB@x.example", None),
        long,
        endless,
        nobody,
    ];
    let (_, body, _) = sent(create(Kind::PhoneCall, "u", Record::new(), parties)).await;
    assert_eq!(
        body["PhoneCallParties"],
        json!([
            {"RoleCode": "36", "PartyID": "1004188", "PartyEmailURI": "bob@x.example"},
            {"RoleCode": "36", "PartyEmailURI": "long@x.example", "PartyName": "é".repeat(255)},
            {"RoleCode": "36", "PartyName": "Endless"},
        ])
    );
}

/// INV-16
#[tokio::test]
async fn a_whole_day_is_written_from_midnight_to_the_last_second() {
    let record = Record::new()
        .with("subject", "Fair")
        .with("start", Value::Date(date(2026, 11, 22)))
        .with("end", Value::Date(date(2026, 11, 24)));
    let (_, body, _) = sent(create(Kind::Visit, "u", record, Vec::new())).await;
    assert_eq!(
        body,
        json!({
            "GroupwareItemID": "u",
            "DataOriginTypeCode": "2",
            "Subject": "Fair",
            "StartDateTime": "/Date(1795305600000)/",
            "EndDateTime": "/Date(1795478399000)/",
            "AllDayEvent": true,
        })
    );
}

#[tokio::test]
async fn a_phone_call_has_no_days_and_keeps_local_midnight() {
    let record = Record::new()
        .with("start", Value::Date(date(2026, 11, 22)))
        .with("end", Value::Date(date(2026, 11, 23)))
        .with("zone", Value::Zone("Europe/Berlin".into()));
    let (_, body, _) = sent(create(Kind::PhoneCall, "u", record, Vec::new())).await;
    assert_eq!(body["StartDateTime"], "/Date(1795302000000)/");
    assert_eq!(body["EndDateTime"], "/Date(1795388400000)/");
    assert_eq!(body["StartDateTimeZoneCode"], body["EndDatetimeZoneCode"]);
}

/// CAL-74
#[tokio::test]
async fn a_visit_takes_an_organizer_from_outside_and_two_locations() {
    let record = Record::new().with("location", Value::List(vec!["A".into(), "B".into()]));
    let parties = vec![
        party(PartyRole::Organizer, "ann@else.example", None),
        party(PartyRole::Attendee, "bob@x.example", None),
    ];
    let (_, body, _) = sent(create(Kind::Visit, "u", record, parties)).await;
    assert_eq!(
        body,
        json!({
            "GroupwareItemID": "u",
            "DataOriginTypeCode": "2",
            "Location": "A",
            "AdditionalLocationName": "B",
            "OrganizerEmailURI": "ann@else.example",
            "OrganizerPartyName": "ann",
            "VisitParty": [{"RoleCode": "36", "Email": "bob@x.example", "PartyName": "bob"}],
        })
    );
}

#[tokio::test]
async fn tasks_and_parties_are_created_without_a_key() {
    let task = Record::new()
        .with("subject", "Call back")
        .with("due", Value::Date(date(2026, 11, 22)))
        .with("percent", Value::Number(50))
        .with("status", Value::Choice("2".into()));
    let me = party(
        PartyRole::Owner,
        "",
        Some(hit(Kind::Employee, ID, "8000000006")),
    );
    let (target, body, _) = sent(create(Kind::Task, "link-1", task, vec![me.clone()])).await;
    assert_eq!(target, "TasksCollection");
    assert_eq!(
        body,
        json!({
            "DocumentType": "0006", "DataOriginTypeCode": "2", "Subject": "Call back",
            "DueDateTime": "/Date(1795305600000)/", "CompletionPercent": "50", "Status": "2",
            "MainEmployeeResponsiblePartyID": "8000000006", "OwnerUUID": UUID,
        })
    );
    let contact = Record::new()
        .with("surname", "Roe")
        .with("phone", Value::Phone("+49 1".into()))
        .with("account_id", "1001710");
    let (target, body, _) = sent(create(Kind::Contact, "l", contact, vec![me])).await;
    assert_eq!(target, "ContactCollection");
    assert_eq!(
        body,
        json!({"LastName": "Roe", "Phone": "+49 1", "AccountID": "1001710", "ContactOwnerUUID": UUID})
    );
    for (kind, role) in [
        (Kind::Account, "CRM000"),
        (Kind::IndividualCustomer, "CRM000"),
    ] {
        let record = Record::new()
            .with("name", "Silver")
            .with("surname", "Silver");
        let (_, body, _) = sent(create(kind, "l", record, Vec::new())).await;
        assert_eq!(body["RoleCode"], role);
        assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    }
}

#[tokio::test]
async fn an_occurrence_names_its_series_and_day() {
    let record = Record::new()
        .with("subject", "Moved")
        .with("start", instant("2026-11-23T10:00:00Z"))
        .with("zone", Value::Zone("America/New_York".into()))
        .with("series_key", "uid-series")
        .with("original_start", instant("2026-11-23T02:00:00Z"));
    let (target, body, _) = sent(create(
        Kind::Appointment,
        "uid-series/1",
        record,
        Vec::new(),
    ))
    .await;
    assert_eq!(target, "AppointmentCollection");
    assert_eq!(body["RecurrenceActGroupwareID"], "uid-series");
    // Nine in the evening of the day before, where the event is.
    assert_eq!(body["OccurrenceDate"], "/Date(1795305600000)/");
    assert_eq!(body["GroupwareItemID"], "uid-series/1");
}

#[tokio::test]
async fn what_cannot_be_held_is_refused_before_anything_is_sent() {
    let server = Server::start(|_, _| panic!("nothing may be sent")).await;
    let rule = Record::new().with("recurrence", "FREQ=DAILY");
    let bad_link = vec![party(
        PartyRole::Linked,
        "",
        Some(hit(Kind::Employee, "E", "8")),
    )];
    let writes = vec![
        create(Kind::PhoneCall, "u", rule.clone(), Vec::new()),
        create(Kind::Task, "u", rule, Vec::new()),
        create(Kind::Appointment, "u", Record::new(), bad_link),
        create(Kind::Employee, "u", Record::new(), Vec::new()),
    ];
    let answers = server.crm().put(writes).await.unwrap();
    let fields: Vec<_> = answers
        .into_iter()
        .map(|answer| match answer.unwrap_err() {
            PortError::Refused { field, .. } => field.unwrap(),
            other => other.code().to_owned(),
        })
        .collect();
    assert_eq!(fields, ["recurrence", "recurrence", "links", "item_broken"]);
}

#[tokio::test]
async fn kinds_are_created_together_and_one_refusal_leaves_the_others() {
    let server = Server::start(|seen, _| {
        if seen.target == "$metadata" {
            return Reply::error(404, "none");
        }
        batch(seen, |part| {
            if part.target == "TasksCollection" {
                return Reply::error(400, "Property DueDateTime is before StartDateTime");
            }
            Reply::json(201, &json!({"d": {"ObjectID": part.target}}))
        })
    })
    .await;
    let of = |kind| create(kind, "u", Record::new().with("subject", "x"), Vec::new());
    let task = create(
        Kind::Task,
        "u",
        Record::new().with("due", Value::Date(date(2026, 11, 22))),
        Vec::new(),
    );
    let writes = vec![of(Kind::Visit), task, of(Kind::PhoneCall)];
    let answers = server.crm().put(writes).await.unwrap();
    let id = |answer: &Result<Written, PortError>| answer.as_ref().unwrap().record.clone();
    assert_eq!(id(&answers[0]).id.as_str(), "VisitCollection");
    assert_eq!(id(&answers[2]).kind, Kind::PhoneCall);
    let Err(PortError::Refused { field, .. }) = &answers[1] else {
        panic!("{answers:?}");
    };
    assert_eq!(field.as_deref(), Some("due"));
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_unknown() {
    let server = Server::start(|_, _| Reply::cut()).await;
    let write = create(Kind::Visit, "u", Record::new(), Vec::new());
    let answers = server.crm().put(vec![write]).await.unwrap();
    assert_eq!(answers[0].as_ref().unwrap_err().code(), "outcome_unknown");
}

/// CAL-61, CAL-62
#[tokio::test]
async fn a_series_becomes_a_recurring_activity() {
    let record = Record::new()
        .with("subject", "Weekly")
        .with("start", instant("2026-11-23T09:00:00Z"))
        .with("end", instant("2026-11-23T09:30:00Z"))
        .with("location", Value::List(vec!["A".into(), "B".into()]))
        .with("body", "Agenda")
        .with("recurrence", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=10");
    let me = party(
        PartyRole::Owner,
        "",
        Some(hit(Kind::Employee, ID, "8000000006")),
    );
    let guest = party(PartyRole::Attendee, "bob@x.example", None);
    let (target, body, written) = sent(create(Kind::Visit, "uid-1", record, vec![me, guest])).await;
    assert_eq!(target, "RecurringActivityCollection");
    for (name, value) in [
        ("DocumentType", json!("0003")),
        ("GroupwareItemID", json!("uid-1")),
        ("SubjectName", json!("Weekly")),
        ("RecurrenceStartDate", json!("/Date(1795424400000)/")),
        ("Duration", json!("PT30M")),
        ("Location", json!("A")),
        ("AdditionalLocationName", json!("B")),
        ("RecurrencePattern", json!("2")),
        ("RecurEveryWeeksOn", json!(2)),
        ("WeeklyIsMonday", json!(true)),
        ("WeeklyIsTuesday", json!(false)),
        ("weeklyIsSunday", json!(true)),
        ("EndOcurrences", json!(10)),
        ("NoEndDate", json!(false)),
        ("OwnerPartyID", json!("8000000006")),
        (
            "RecurringActivityText",
            json!([{"TypeCode": "10002", "Text": "Agenda"}]),
        ),
        (
            "RecurringActivityParty",
            json!([{"RoleCode": "36", "PartyEmailURI": "bob@x.example", "PartyName": "bob"}]),
        ),
    ] {
        assert_eq!(body[name], value, "{name}");
    }
    assert_eq!(body.get("Subject"), None);
    // One id names set and row, and only the connector can read it.
    assert_eq!(written.record.kind, Kind::Visit);
    assert_eq!(written.record.id.as_str(), format!("series:{ID}"));
}

#[tokio::test]
async fn a_rule_without_a_pattern_is_refused_with_the_reason() {
    let server = Server::start(|_, _| panic!("nothing may be sent")).await;
    let record = Record::new()
        .with("start", instant("2026-11-23T09:00:00Z"))
        .with("recurrence", "FREQ=MONTHLY;BYMONTHDAY=1,15");
    let write = create(Kind::Appointment, "u", record, Vec::new());
    let answers = server.crm().put(vec![write]).await.unwrap();
    let Err(PortError::Refused { field, why }) = &answers[0] else {
        panic!("{answers:?}");
    };
    assert_eq!(field.as_deref(), Some("recurrence"));
    assert!(!why.is_empty());
}

/// The types of a tenant's numbers are not documented; its metadata says them.
#[tokio::test]
async fn numbers_are_written_as_the_tenant_types_them() {
    const EDMX: &str = r#"<Edmx><Schema><EntityType Name="R"><Property Name="GroupwareItemID" Type="Edm.String"/>
        <Property Name="DailyEveryDays" Type="Edm.String"/><Property Name="EndOcurrences" Type="Edm.Int32"/>
        <Property Name="RecurrencePattern" Type="Edm.String"/></EntityType>
        <EntityContainer><EntitySet Name="RecurringActivityCollection" EntityType="x.R"/></EntityContainer></Schema></Edmx>"#;
    let server = Server::start(|seen, _| {
        if seen.target == "$metadata" {
            return Reply::new(200, EDMX).with("content-type", "application/xml");
        }
        if seen.json()["DailyEveryDays"] == json!("3") {
            return Reply::json(201, &json!({"d": {"ObjectID": ID}}));
        }
        Reply::error(400, "wrong type")
    })
    .await;
    let record = Record::new()
        .with("start", instant("2026-11-23T09:00:00Z"))
        .with("recurrence", "FREQ=DAILY;INTERVAL=3;COUNT=2");
    let write = create(Kind::Appointment, "u", record, Vec::new());
    let answers = server.crm().put(vec![write]).await.unwrap();
    answers[0].as_ref().unwrap();
    assert_eq!(
        server.seen().pop().unwrap().json(),
        json!({"GroupwareItemID": "u", "DailyEveryDays": "3", "EndOcurrences": 2, "RecurrencePattern": "1"})
    );
}
