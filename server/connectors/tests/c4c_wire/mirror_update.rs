//! Changes and deletions of mirrored records.

use http::Method;
use serde_json::{Value as Json, json};
use ssi_domain::{
    Kind, Record, RecordRef, Value, Version,
    port::{Crm, CrmWrite, PartyRole, PortError, RecordParty, Written},
};

use crate::server::{ID, Reply, Seen, Server, batch, hit, party, record};

pub fn update(record: RecordRef, set: Record, parties: Option<Vec<RecordParty>>) -> CrmWrite {
    CrmWrite::Update {
        record,
        version: Version::new("W/\"1\""),
        set,
        parties,
    }
}

pub fn delete(record: RecordRef) -> CrmWrite {
    CrmWrite::Delete {
        record,
        version: Version::new("W/\"1\""),
    }
}

/// A batch answered write by write, each change set of several as the standard says.
fn sets(seen: &Seen, answer: impl Fn(&Seen) -> Reply) -> Reply {
    batch(seen, answer)
}

fn code(answer: &Result<Written, PortError>) -> &str {
    answer
        .as_ref()
        .map_or_else(|error| error.code(), |_| "written")
}

#[tokio::test]
async fn an_update_sends_the_given_fields_under_the_version_and_nothing_else() {
    let server = Server::start(|_, _| Reply::new(204, "").with("etag", "W/\"2\"")).await;
    let set = Record::new()
        .with("subject", "New")
        .with("location", "")
        .with("status", Value::Choice("4".into()));
    let write = update(record(Kind::Appointment, ID), set, None);
    let answers = server.crm().put(vec![write]).await.unwrap();
    let written = answers[0].as_ref().unwrap();
    assert_eq!(written.version.as_ref().unwrap().as_str(), "W/\"2\"");
    let seen = server.seen();
    assert_eq!(
        server.lines(),
        [format!("PATCH AppointmentCollection('{ID}')")]
    );
    assert_eq!(seen[0].header("if-match"), "W/\"1\"");
    assert_eq!(
        seen[0].json(),
        json!({"Subject": "New", "Location": "", "LifeCycleStatusCode": "4"})
    );
}

/// INV-10
#[tokio::test]
async fn many_changes_travel_together_and_each_has_its_own_fate() {
    let server = Server::start(|seen, _| {
        sets(seen, |part| {
            assert_eq!(part.header("if-match"), "W/\"1\"");
            let id = part.target.split('\'').nth(1).unwrap();
            match id {
                "stale" => Reply::error(412, "changed"),
                "gone" => Reply::error(404, "no such record"),
                "bad" => Reply::error(400, "Invalid value for property Subject"),
                "theirs" => Reply::error(403, "No authorization for this visit"),
                "busy" => Reply::error(400, "Object is locked by another user"),
                _ => Reply::new(204, ""),
            }
        })
    })
    .await;
    let set = || Record::new().with("subject", "x");
    let mut writes: Vec<CrmWrite> = ["fine", "stale", "gone", "bad", "theirs"]
        .iter()
        .map(|id| update(record(Kind::Visit, id), set(), None))
        .collect();
    writes.push(delete(record(Kind::Task, "gone")));
    writes.push(delete(record(Kind::Task, "fine")));
    writes.push(delete(record(Kind::Task, "stale")));
    writes.push(delete(record(Kind::PhoneCall, "busy")));
    let answers = server.crm().put(writes).await.unwrap();
    let codes: Vec<&str> = answers.iter().map(code).collect();
    assert_eq!(
        codes,
        [
            "written",
            "stale",
            "gone",
            "refused",
            "refused",
            "gone",
            "written",
            "stale",
            "backend_wait"
        ]
    );
    let Err(PortError::Refused { field, .. }) = &answers[3] else {
        panic!("{answers:?}");
    };
    assert_eq!(field.as_deref(), Some("subject"));
    assert_eq!(server.lines(), ["POST $batch"]);
}

/// A stored appointment with two notes of ours, one of another type, and parties.
pub fn stored() -> Json {
    json!({
        "__metadata": {"etag": "W/\"1\""},
        "ObjectID": ID,
        "OrganizerPartyID": "8000000006",
        "AppointmentTextCollection": [
            {"__metadata": {"etag": "W/\"t1\""}, "ObjectID": "T1", "TypeCode": "10002", "Text": "old", "CreatedOn": "/Date(1)/"},
            {"__metadata": {"etag": "W/\"t2\""}, "ObjectID": "T2", "TypeCode": "10002", "Text": "now", "CreatedOn": "/Date(2)/"},
            {"__metadata": {"etag": "W/\"t3\""}, "ObjectID": "T3", "TypeCode": "10024", "Text": "theirs", "CreatedOn": "/Date(3)/"},
        ],
        "AppointmentInvolvedParties": [
            {"ObjectID": "P0", "RoleCode": "35", "PartyID": "8000000006"},
            {"ObjectID": "P1", "RoleCode": "36", "PartyID": "1", "PartyEmailURI": "stays@x.example"},
            {"__metadata": {"etag": "W/\"p2\""}, "ObjectID": "P2", "RoleCode": "36", "PartyEmailURI": "left@x.example"},
            {"ObjectID": "P3", "RoleCode": "36", "PartyID": "3", "PartyEmailURI": "crm@x.example", "EMail": "crm@x.example"},
            {"ObjectID": "P5", "RoleCode": "36", "PartyID": "5", "PartyEmailURI": "old@x.example", "EMail": "own@x.example"},
            {"ObjectID": "P6", "RoleCode": "36", "PartyID": "6"},
            {"ObjectID": "P4", "RoleCode": "34", "PartyID": "4", "PartyEmailURI": "account@x.example"},
        ],
    })
}

/// What an update of the stored appointment writes, as method, path, tag and body.
async fn writes(
    set: Record,
    parties: Option<Vec<RecordParty>>,
) -> Vec<(Method, String, String, Json)> {
    let server = Server::start(|seen, _| {
        if seen.method == Method::GET {
            return Reply::rows(stored());
        }
        if seen.is_batch() {
            let count = seen.parts().len();
            let inner =
                "--c\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n"
                    .repeat(count);
            let body = format!(
                "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n{inner}--c--\r\n\r\n--b--"
            );
            return Reply::new(202, body).with("content-type", "multipart/mixed; boundary=b");
        }
        Reply::new(204, "").with("etag", "W/\"child\"")
    })
    .await;
    let write = update(record(Kind::Appointment, ID), set, parties);
    let answers = server.crm().put(vec![write]).await.unwrap();
    answers[0].as_ref().unwrap();
    let seen = server.seen();
    assert!(seen.len() <= 2, "{:?}", server.lines());
    let Some(last) = seen.iter().find(|seen| seen.method != Method::GET) else {
        return Vec::new();
    };
    let parts = if last.is_batch() {
        last.parts()
    } else {
        vec![last.clone()]
    };
    let shown = parts.into_iter().map(|part| {
        let tag = part.header("if-match").to_owned();
        let body = serde_json::from_slice(&part.body).unwrap_or(Json::Null);
        (part.method, part.target, tag, body)
    });
    shown.collect()
}

#[tokio::test]
async fn the_newest_note_of_ours_is_replaced_and_the_others_are_left_alone() {
    let set = |text: &str| Record::new().with("body", text);
    assert_eq!(
        writes(set("next"), None).await,
        [(
            Method::PATCH,
            "AppointmentTextCollectionCollection('T2')".into(),
            "W/\"t2\"".into(),
            json!({"Text": "next"})
        )]
    );
    assert_eq!(
        writes(set(""), None).await,
        [(
            Method::DELETE,
            "AppointmentTextCollectionCollection('T2')".into(),
            "W/\"t2\"".into(),
            Json::Null
        )]
    );
    assert!(writes(set("now"), None).await.is_empty());
    // With a field of the record itself both travel in one change set.
    let both = writes(set("next").with("subject", "s"), None).await;
    assert_eq!(both.len(), 2);
    assert_eq!(
        (both[0].1.as_str(), both[0].2.as_str()),
        (&*format!("AppointmentCollection('{ID}')"), "W/\"1\"")
    );
}

#[tokio::test]
async fn a_note_is_added_where_there_is_none() {
    let server = Server::start(|seen, _| {
        if seen.method == Method::GET {
            return Reply::rows(json!({
                "__metadata": {"etag": "W/\"1\""}, "ObjectID": ID, "ContactTextCollection": [],
                "ContactPersonalAddress": [],
            }));
        }
        Reply::json(201, &json!({"d": {"ObjectID": "N"}})).with("etag", "W/\"note\"")
    })
    .await;
    let write = update(
        record(Kind::Contact, ID),
        Record::new().with("notes", "Likes tea"),
        None,
    );
    let answers = server.crm().put(vec![write]).await.unwrap();
    // The tag in the answer is that of the note.
    assert_eq!(answers[0].as_ref().unwrap().version, None);
    let seen = server.seen();
    assert_eq!(
        seen[1].target,
        format!("ContactCollection('{ID}')/ContactTextCollection")
    );
    assert_eq!(seen[1].json(), json!({"Text": "Likes tea"}));
}

/// Law: parties somebody added in the CRM stay.
#[tokio::test]
async fn attendees_come_and_go_but_those_of_the_crm_stay() {
    let wanted = vec![
        party(
            PartyRole::Organizer,
            "ann@us.example",
            Some(hit(Kind::Employee, "E9", "8000000009")),
        ),
        party(PartyRole::Attendee, "STAYS@x.example", None),
        party(
            PartyRole::Attendee,
            "new@x.example",
            Some(hit(Kind::Contact, "C", "9")),
        ),
    ];
    let writes = writes(Record::new(), Some(wanted)).await;
    assert_eq!(
        writes,
        [
            (
                Method::PATCH,
                format!("AppointmentCollection('{ID}')"),
                "W/\"1\"".into(),
                json!({"OrganizerPartyID": "8000000009"})
            ),
            (
                Method::POST,
                format!("AppointmentCollection('{ID}')/AppointmentInvolvedParties"),
                String::new(),
                json!({"RoleCode": "36", "PartyID": "9", "PartyEmailURI": "new@x.example"})
            ),
            (
                Method::DELETE,
                "AppointmentInvolvedPartiesCollection('P2')".into(),
                "W/\"p2\"".into(),
                Json::Null
            ),
            (
                Method::DELETE,
                "AppointmentInvolvedPartiesCollection('P5')".into(),
                String::new(),
                Json::Null
            ),
        ]
    );
}

#[tokio::test]
async fn a_record_that_moved_on_is_not_written_to() {
    let server = Server::start(|_, _| {
        let mut row = stored();
        row["__metadata"]["etag"] = "W/\"2\"".into();
        Reply::rows(row)
    })
    .await;
    let write = update(
        record(Kind::Appointment, ID),
        Record::new().with("body", "x"),
        None,
    );
    let answers = server.crm().put(vec![write]).await.unwrap();
    assert_eq!(code(&answers[0]), "stale");
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_record_that_is_gone_says_so() {
    let server = Server::start(|_, _| Reply::error(404, "gone")).await;
    let crm = server.crm();
    let write = update(
        record(Kind::Visit, ID),
        Record::new().with("body", "x"),
        None,
    );
    assert_eq!(code(&crm.put(vec![write]).await.unwrap()[0]), "gone");
    let write = delete(record(Kind::Visit, ID));
    assert_eq!(code(&crm.put(vec![write]).await.unwrap()[0]), "gone");
}

#[tokio::test]
async fn partners_become_obsolete_because_they_cannot_be_deleted() {
    let server = Server::start(|_, _| Reply::new(204, "")).await;
    let crm = server.crm();
    for (kind, property) in [
        (Kind::Contact, "StatusCode"),
        (Kind::Account, "LifeCycleStatusCode"),
        (Kind::IndividualCustomer, "LifeCycleStatusCode"),
    ] {
        assert_eq!(
            code(&crm.put(vec![delete(record(kind, ID))]).await.unwrap()[0]),
            "written"
        );
        let seen = server.seen().pop().unwrap();
        assert_eq!(seen.method, Method::PATCH);
        assert_eq!(seen.header("if-match"), "W/\"1\"");
        assert_eq!(seen.json(), json!({property: "4"}));
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_leaves_the_outcome_unknown_and_stops_the_rest() {
    let server = Server::start(|_, _| Reply::cut()).await;
    let mut config = server.config();
    config.sizes.writes_per_batch = 1;
    let crm = crate::server::open(config);
    let set = || Record::new().with("subject", "x");
    let writes = vec![
        update(record(Kind::Visit, "A"), set(), None),
        update(record(Kind::Visit, "B"), set(), None),
    ];
    let answers = crm.put(writes).await.unwrap();
    assert_eq!(code(&answers[0]), "outcome_unknown");
    assert_eq!(code(&answers[1]), "transient");
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn services_without_batches_are_written_to_one_by_one() {
    let server = Server::start(|seen, _| {
        if seen.is_batch() {
            return Reply::error(501, "no batches");
        }
        Reply::new(204, "")
    })
    .await;
    let set = || Record::new().with("subject", "x");
    let writes = vec![
        update(record(Kind::Visit, "A"), set(), None),
        delete(record(Kind::Visit, "B")),
    ];
    let answers = server.crm().put(writes).await.unwrap();
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(
        server.lines()[1..],
        ["PATCH VisitCollection('A')", "DELETE VisitCollection('B')"]
    );
}
