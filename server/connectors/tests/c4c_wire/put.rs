//! Creates and attachments.

use axum::body::Bytes;
use serde_json::{Value as Json, json};
use ssi_domain::{
    Address, Kind, Record, Value,
    port::{AttachmentDraft, Content, Crm, CrmWrite, PartyRole, PortError},
};

use crate::server::{ID, Reply, Seen, Server, UUID, batch, hit, party, record};

/// A create with the least fields.
pub fn create(key: &str) -> CrmWrite {
    CrmWrite::Create {
        kind: Kind::Email,
        identity_key: key.into(),
        record: Record::new().with("subject", "Hello"),
        parties: Vec::new(),
        attachments: Vec::new(),
    }
}

/// Takes any create; the key of the record is that of the mail.
pub fn created(seen: &Seen) -> Reply {
    let key = seen.json()["GroupwareItemID"]
        .as_str()
        .unwrap_or("x")
        .to_owned();
    Reply::json(201, &json!({"d": {"results": {"ObjectID": key}}})).with("etag", "W/\"7\"")
}

fn codes(answers: &[Result<ssi_domain::port::Written, PortError>]) -> Vec<String> {
    let one = |answer: &Result<ssi_domain::port::Written, PortError>| match answer {
        Ok(written) => written.record.id.to_string(),
        Err(error) => error.code().to_owned(),
    };
    answers.iter().map(one).collect()
}

fn file(name: &str, chunks: &[&'static str]) -> AttachmentDraft {
    let chunks = chunks
        .iter()
        .map(|chunk| Bytes::from_static(chunk.as_bytes()));
    AttachmentDraft {
        name: name.into(),
        media_type: "text/plain".into(),
        content: Content::from_base64(chunks.collect()),
    }
}

#[tokio::test]
async fn a_mail_becomes_one_deep_insert_by_the_mapping_table() {
    let server = Server::start(|seen, _| created(seen)).await;
    let from = Address {
        name: "Ann \"A\"".into(),
        address: "ann@x.example".into(),
    };
    let at: jiff::Timestamp = "2026-11-22T20:00:00Z".parse().unwrap();
    let write = CrmWrite::Create {
        kind: Kind::Email,
        identity_key: "<1@x>".into(),
        record: Record::new()
            .with("subject", "Grüße")
            .with("from", Value::Address(from))
            .with("sent_at", at)
            .with("importance", Value::Choice("3".into()))
            .with("direction", Value::Choice("2".into()))
            .with("body", "line 1\nline 2"),
        parties: vec![
            party(
                PartyRole::Sender,
                "ann@x.example",
                Some(hit(Kind::Contact, ID, "1004188")),
            ),
            party(
                PartyRole::To,
                "bob@y.example",
                Some(hit(Kind::Employee, "E1", "8000000006")),
            ),
            party(PartyRole::To, "carl@y.example", None),
            party(PartyRole::Cc, "dora@y.example", None),
            party(
                PartyRole::Owner,
                "",
                Some(hit(Kind::Employee, ID, "8000000006")),
            ),
            party(
                PartyRole::Linked,
                "",
                Some(hit(Kind::Contact, ID, "1004188")),
            ),
            party(PartyRole::Linked, "", Some(hit(Kind::Account, ID, ""))),
            party(
                PartyRole::Linked,
                "",
                Some(hit(Kind::Contact, "C2", "1004189")),
            ),
            party(PartyRole::Linked, "", Some(hit(Kind::Lead, "L1", "77"))),
        ],
        attachments: vec![file("a.txt", &["QUJD", "REVG"]), file("b.txt", &[])],
    };
    let crm = server.crm();
    let answers = crm.put(vec![write]).await.unwrap();
    let written = answers[0].as_ref().unwrap();
    assert_eq!(written.record, record(Kind::Email, "<1@x>"));
    assert_eq!(written.version.as_ref().unwrap().as_str(), "W/\"7\"");

    let seen = &server.seen()[0];
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str()),
        ("POST", "EMailCollection")
    );
    assert_eq!(seen.header("content-type"), "application/json");
    assert_eq!(seen.header("accept"), "application/json");
    let attachment = |name: &str, content: &str| json!({"Name": name, "MimeType": "text/plain", "CategoryCode": "2", "TypeCode": "10001", "Binary": content});
    assert_eq!(
        seen.json(),
        json!({
            "GroupwareItemID": "<1@x>",
            "Subject": "Grüße",
            "MessageFromEmailURI": "ann@x.example",
            "MessageFromName": "Ann \"A\"",
            "MessageFromPartyID": "1004188",
            "MessageFromPartyUUID": UUID,
            "DateTime": "/Date(1795377600000)/",
            "PriorityCode": "3",
            "Direction": "2",
            "OwnerPartyID": "8000000006",
            "OwnerUUID": UUID,
            "MainContactPartyID": "1004188",
            "PrimaryContact": UUID,
            "Account": UUID,
            "EMailToRecipients": [
                {"MessageToEmailID": "bob@y.example", "MessageToName": "bob", "PartyID": "8000000006"},
                {"MessageToEmailID": "carl@y.example", "MessageToName": "carl"},
            ],
            "EMailCcRecipients": [{"MessageCCEMailID": "dora@y.example", "MessageCCName": "dora"}],
            "EMailNotes": [{"Text": "line 1\nline 2"}],
            "EMailInvolvedParties": [{"PartyID": "1004189", "RoleCode": "31"}],
            "EMailBTDReference": [{"ID": "77", "TypeCode": "64", "RoleCode": "1"}],
            "EMailAttachments": [attachment("a.txt", "QUJDREVG"), attachment("b.txt", "")],
        })
    );
}

#[tokio::test]
async fn many_mails_travel_in_one_batch_and_a_refused_one_fails_alone() {
    let server = Server::start(|seen, _| {
        batch(seen, |part| match part.json()["GroupwareItemID"].as_str() {
            Some("<2@x>") => Reply::error(400, "Subject is not valid"),
            Some("<3@x>") => Reply::new(500, ""),
            _ => created(part),
        })
    })
    .await;
    let crm = server.crm();
    let keys = ["<1@x>", "<2@x>", "<3@x>", "<4@x>"];
    let answers = crm.put(keys.map(create).to_vec()).await.unwrap();
    assert_eq!(
        codes(&answers),
        ["<1@x>", "refused", "outcome_unknown", "<4@x>"]
    );
    let Err(PortError::Refused { field, why }) = &answers[1] else {
        panic!("{answers:?}");
    };
    assert_eq!(
        (field.as_deref(), why.as_str()),
        (Some("Subject"), "Subject is not valid")
    );
    assert_eq!(server.lines(), ["POST $batch", "GET $metadata"]);
}

#[tokio::test]
async fn batches_are_bounded_in_number() {
    let server = Server::start(|seen, _| batch(seen, created)).await;
    let writes: Vec<_> = (0..110).map(|n| create(&format!("<{n}@x>"))).collect();
    let answers = server.crm().put(writes).await.unwrap();
    assert_eq!(answers.len(), 110);
    assert!(
        answers.iter().enumerate().all(|(n, answer)| {
            answer.as_ref().unwrap().record.id.as_str() == format!("<{n}@x>")
        })
    );
    let sizes: Vec<_> = server
        .seen()
        .iter()
        .map(|seen| seen.parts().len())
        .collect();
    assert_eq!(sizes, [50, 50, 10]);
}

#[tokio::test]
async fn a_service_without_batches_gets_mails_one_by_one_and_is_asked_once() {
    for status in [404, 405, 501] {
        let server = Server::start(move |seen, _| {
            if seen.is_batch() {
                Reply::new(status, "")
            } else {
                created(seen)
            }
        })
        .await;
        let crm = server.crm();
        for _ in 0..2 {
            let answers = crm
                .put(["<1@x>", "<2@x>"].map(create).to_vec())
                .await
                .unwrap();
            assert_eq!(codes(&answers), ["<1@x>", "<2@x>"]);
        }
        let batches = server.seen().iter().filter(|seen| seen.is_batch()).count();
        assert_eq!(batches, 1);
    }
}

#[tokio::test]
async fn what_happens_to_a_whole_request_concerns_all_its_mails() {
    for (reply, expected) in [
        (Reply::cut(), "outcome_unknown"),
        (Reply::new(500, ""), "outcome_unknown"),
        (Reply::error(500, "boom"), "outcome_unknown"),
        (Reply::new(504, "<html>gateway</html>"), "outcome_unknown"),
        (
            Reply::new(200, "<html>maintenance</html>"),
            "outcome_unknown",
        ),
        (
            Reply::new(202, "--b\r\n\r\nHTTP/1.1 201 X\r\n"),
            "outcome_unknown",
        ),
        (Reply::new(503, "").with("retry-after", "9"), "backend_wait"),
        (Reply::new(429, ""), "backend_wait"),
        (Reply::error(403, "not authorised"), "blocked"),
        (Reply::new(413, ""), "refused"),
    ] {
        for keys in [vec!["<1@x>"], vec!["<1@x>", "<2@x>"]] {
            let reply = reply.clone();
            let server = Server::start(move |_, _| reply.clone()).await;
            let writes = keys.iter().map(|key| create(key)).collect();
            let answers = server.crm().put(writes).await.unwrap();
            assert_eq!(codes(&answers), vec![expected; keys.len()]);
        }
    }
}

#[tokio::test]
async fn nothing_more_is_sent_once_an_answer_failed_to_come() {
    let server = Server::start(|_, _| Reply::cut()).await;
    let writes: Vec<_> = (0..80).map(|n| create(&format!("<{n}@x>"))).collect();
    let answers = server.crm().put(writes).await.unwrap();
    assert_eq!(server.seen().len(), 1);
    let unknown = codes(&answers)
        .iter()
        .filter(|code| *code == "outcome_unknown")
        .count();
    // Those of the second batch never left, so they are not in doubt.
    assert_eq!(unknown, 50);
    assert!(codes(&answers)[50..].iter().all(|code| code == "transient"));
}

#[tokio::test]
async fn fields_the_tenant_does_not_have_are_left_out_after_one_look_at_its_metadata() {
    const EDMX: &str = r#"<Edmx><Schema Namespace="c"><EntityType Name="EMail">
        <Property Name="ObjectID"/><Property Name="GroupwareItemID"/><Property Name="Subject"/></EntityType>
        <EntityContainer><EntitySet Name="EMailCollection" EntityType="c.EMail"/></EntityContainer></Schema></Edmx>"#;
    fn one(seen: &Seen) -> Reply {
        match seen.json() {
            Json::Object(fields) if fields.contains_key("Direction") => {
                Reply::error(400, "Property Direction is unknown")
            }
            _ => created(seen),
        }
    }
    let server = Server::start(|seen, _| match seen.target.as_str() {
        "$metadata" => Reply::new(200, EDMX),
        "$batch" => batch(seen, one),
        _ => one(seen),
    })
    .await;
    let with_direction = |key: &str| match create(key) {
        CrmWrite::Create {
            kind,
            identity_key,
            record,
            parties,
            attachments,
        } => CrmWrite::Create {
            kind,
            identity_key,
            record: record.with("direction", Value::Choice("2".into())),
            parties,
            attachments,
        },
        other => other,
    };
    let crm = server.crm();
    for keys in [["<1@x>", "<2@x>"], ["<3@x>", "<4@x>"]] {
        let answers = crm.put(keys.map(with_direction).to_vec()).await.unwrap();
        assert_eq!(codes(&answers), keys);
    }
    assert_eq!(
        server.lines(),
        ["POST $batch", "GET $metadata", "POST $batch", "POST $batch"]
    );
}

#[tokio::test]
async fn a_created_record_without_a_body_is_known_by_its_location_or_not_at_all() {
    let location = "http://127.0.0.1/odata/EMailCollection(%27A1%27)";
    let server = Server::start(move |_, number| match number {
        0 => Reply::new(201, "").with("location", location),
        1 => Reply::new(201, "<entry/>"),
        _ => Reply::json(200, &json!({"d": {"ObjectID": "B2", "ETag": "t"}})),
    })
    .await;
    let crm = server.crm();
    let mut found = Vec::new();
    for _ in 0..3 {
        found.extend(codes(&crm.put(vec![create("<1@x>")]).await.unwrap()));
    }
    assert_eq!(found, ["A1", "outcome_unknown", "B2"]);
}

#[tokio::test]
async fn a_big_attachment_streams_with_its_exact_length_and_is_not_echoed() {
    let server = Server::start(|_, _| Reply::json(201, &json!({"d": {"ObjectID": "A"}}))).await;
    let piece = Bytes::from("QUJD".repeat(100_000));
    let content = Content::from_base64(vec![piece; 25]);
    let length = content.encoded_len();
    let attachment = AttachmentDraft {
        name: "big \"x\".bin".into(),
        media_type: "application/octet-stream".into(),
        content,
    };
    let crm = server.crm();
    let write = CrmWrite::AddAttachment {
        record: record(Kind::Email, ID),
        attachment,
    };
    let answers = crm.put(vec![write]).await.unwrap();
    assert!(answers[0].is_ok(), "{answers:?}");
    let seen = &server.seen()[0];
    assert_eq!(
        seen.target,
        format!("EMailCollection('{ID}')/EMailAttachments")
    );
    assert_eq!(seen.header("content-length"), seen.body.len().to_string());
    assert_eq!(seen.header("transfer-encoding"), "");
    assert_eq!(seen.header("odata-no-response-payload"), "true");
    assert_eq!(seen.json()["Binary"].as_str().unwrap().len(), length);
    assert_eq!(seen.json()["Name"], "big \"x\".bin");
}

#[tokio::test]
async fn an_attachment_goes_to_its_own_set_where_there_is_no_navigation() {
    let server = Server::start(|seen, _| match seen.target.as_str() {
        "EMailAttachmentsCollection" => Reply::json(201, &json!({"d": {}})),
        _ => Reply::new(404, ""),
    })
    .await;
    let write = CrmWrite::AddAttachment {
        record: record(Kind::Email, "A"),
        attachment: file("a.txt", &["QUJD"]),
    };
    assert!(server.crm().put(vec![write.clone()]).await.unwrap()[0].is_ok());
    assert_eq!(server.seen()[1].json()["ParentObjectID"], "A");

    let gone = Server::start(|_, _| Reply::new(404, "")).await;
    let answers = gone.crm().put(vec![write]).await.unwrap();
    assert_eq!(codes(&answers), ["gone"]);
}

#[tokio::test]
async fn kinds_that_are_not_written_are_refused_without_a_call() {
    let server = Server::start(|_, _| Reply::new(500, "")).await;
    let write = CrmWrite::Create {
        kind: Kind::Employee,
        identity_key: "x".into(),
        record: Record::new(),
        parties: Vec::new(),
        attachments: Vec::new(),
    };
    let answers = server.crm().put(vec![write]).await.unwrap();
    assert_eq!(codes(&answers), ["item_broken"]);
    assert!(server.seen().is_empty());
}
