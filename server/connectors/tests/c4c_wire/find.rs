//! Questions: batches, fallbacks, pages, shapes, false hits.

use serde_json::json;
use ssi_domain::{
    Kind, PARTY_KINDS,
    port::{Crm, CrmQuery, Hit, PartyHit, PortError},
};

use crate::server::{Reply, Seen, Server, UUID, batch, record};

fn by_address(addresses: &[&str]) -> CrmQuery {
    CrmQuery::PartiesByAddress {
        kinds: PARTY_KINDS.to_vec(),
        addresses: addresses
            .iter()
            .map(|address| (*address).to_owned())
            .collect(),
    }
}

fn by_key(keys: &[&str]) -> CrmQuery {
    CrmQuery::ByIdentity {
        kind: Kind::Email,
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
    }
}

fn parties(hits: &[Hit]) -> Vec<&PartyHit> {
    let mut found = Vec::new();
    for hit in hits {
        match hit {
            Hit::Party(party) => found.push(party),
            other => panic!("{other:?}"),
        }
    }
    found
}

fn ids(hits: &[Hit]) -> Vec<String> {
    let id = |hit: &Hit| match hit {
        Hit::Party(party) => party.record.id.to_string(),
        Hit::Email(email) => email.id.to_string(),
        Hit::Attachment(name) => name.clone(),
        Hit::Record(found) => found.record.id.to_string(),
        Hit::Occurrence(record, _) => record.id.to_string(),
    };
    hits.iter().map(id).collect()
}

fn company(part: &Seen) -> Reply {
    match part.target.split('?').next().unwrap() {
        "EMailCollection" => Reply::rows(json!([
            {"__metadata": {"etag": "W/\"1\""}, "ObjectID": "M1", "GroupwareItemID": "<o'b@x>",
             "Subject": "s", "MessageFromEmailURI": "ann@x.example", "DateTime": "/Date(1000)/"},
            {"ObjectID": "M2", "GroupwareItemID": "<O'B@x>", "ETag": "/Date(1)/"},
        ])),
        "ContactCollection" => Reply::rows(json!([
            {"ObjectID": "C1", "ContactID": "1004188", "Name": "", "FirstName": "Ann", "LastName": "Lee",
             "Email": "ANN@x.example", "AccountUUID": UUID, "CreationOn": "/Date(2000)/", "StatusCode": "2"},
            {"ObjectID": "C2", "ContactID": "1004189", "Name": "Other", "Email": "joann@x.example"},
        ])),
        "LeadCollection" => Reply::json(
            200,
            &json!({"d": [{"ObjectID": "L1", "ID": 77, "Name": "Deal", "ContactEMail": "bob@x.example"}]}),
        ),
        "CorporateAccountCollection" => Reply::error(404, "no such set"),
        "EmployeeCollection" => Reply::error(403, "not for you"),
        _ => Reply::rows(json!([])),
    }
}

#[tokio::test]
async fn all_questions_of_a_save_are_one_call() {
    let server = Server::start(|seen, _| batch(seen, company)).await;
    let crm = server.crm();
    let questions = [
        by_key(&["<o'b@x>"]),
        by_address(&["bob@x.example", "Ann@X.example"]),
    ];
    let hits = crm.find(&questions).await.unwrap();
    assert_eq!(server.lines(), ["POST $batch"]);
    let Hit::Email(email) = &hits[0][0] else {
        panic!("{hits:?}");
    };
    assert_eq!(hits[0].len(), 1, "the key is compared exactly");
    assert_eq!(
        (email.id.as_str(), email.version.as_str()),
        ("M1", "W/\"1\"")
    );
    assert_eq!(email.sent_at.unwrap().as_second(), 1);
    let found = parties(&hits[1]);
    assert_eq!(
        ids(&hits[1]),
        ["L1", "C1"],
        "false hits dropped, in the order of the addresses"
    );
    assert_eq!(found[0].number, "77");
    assert_eq!(
        (found[1].name.as_str(), found[1].address.as_str()),
        ("Ann Lee", "ann@x.example")
    );
    assert_eq!(
        found[1].account.as_ref().unwrap().id.as_str(),
        UUID.replace('-', "")
    );

    let parts: Vec<_> = server.seen()[0]
        .parts()
        .iter()
        .map(|part| part.target.clone())
        .collect();
    assert_eq!(
        parts[0],
        "EMailCollection?$filter=GroupwareItemID eq '<o''b@x>'\
         &$select=ObjectID,ETag,GroupwareItemID,Subject,MessageFromEmailURI,DateTime&$format=json"
    );
    assert!(parts[1].starts_with(
        "ContactCollection?$filter=Email eq 'bob@x.example' or Email eq 'Ann@X.example' or Email eq 'ann@x.example'"
    ));
    // What the tenant does not offer is not asked again.
    crm.find(&questions).await.unwrap();
    assert_eq!(server.seen()[0].parts().len(), 6);
    assert_eq!(server.seen()[1].parts().len(), 4);
}

#[tokio::test]
async fn without_batches_the_same_answers_come_one_by_one() {
    // A 400 or 403 may be of this moment, so it is believed the third time.
    for (status, tries) in [(400, 3), (403, 3), (404, 1), (405, 1), (501, 1)] {
        let server = Server::start(move |seen, _| {
            if seen.is_batch() {
                Reply::new(status, "no")
            } else {
                company(seen)
            }
        })
        .await;
        let crm = server.crm();
        for _ in 0..5 {
            let hits = crm
                .find(&[by_key(&["<o'b@x>"]), by_address(&["ann@x.example"])])
                .await;
            let hits = hits.unwrap();
            assert_eq!(
                (ids(&hits[0]), ids(&hits[1])),
                (vec!["M1".into()], vec!["C1".into()])
            );
        }
        let batches = server.seen().iter().filter(|seen| seen.is_batch()).count();
        assert_eq!(batches, tries);
        let singles = server.seen().into_iter().filter(|seen| !seen.is_batch());
        assert!(
            singles
                .map(|seen| seen.header("accept").to_owned())
                .all(|accept| accept == "application/json")
        );
    }
}

#[tokio::test]
async fn many_values_are_asked_in_chunks() {
    let server = Server::start(|seen, _| batch(seen, |_| Reply::rows(json!([])))).await;
    let keys: Vec<String> = (0..100).map(|n| format!("<{n}@x>")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let hits = server.crm().find(&[by_key(&keys)]).await.unwrap();
    assert!(hits[0].is_empty());
    let parts = server.seen()[0].parts();
    let counts: Vec<_> = parts
        .iter()
        .map(|part| part.target.matches(" eq ").count())
        .collect();
    assert_eq!(counts, [40, 40, 20]);
}

#[tokio::test]
async fn pages_are_followed_to_the_end_wherever_the_link_points_within_the_service() {
    for absolute in [true, false] {
        let server = Server::start(move |seen, number| {
            let next = "EMailCollection?$skiptoken=2&$filter=x eq 'a b'";
            let next = if absolute {
                format!("http://{}/odata/{next}", seen.header("host"))
            } else {
                next.to_owned()
            };
            let row = json!({"ObjectID": format!("M{number}"), "GroupwareItemID": "k"});
            match number {
                0 => Reply::json(200, &json!({"d": {"results": [row], "__next": next}})),
                _ => Reply::rows(json!([row])),
            }
        })
        .await;
        let hits = server.crm().find(&[by_key(&["k"])]).await.unwrap();
        assert_eq!(ids(&hits[0]), ["M0", "M1"]);
        assert_eq!(
            server.lines()[1],
            "GET EMailCollection?$skiptoken=2&$filter=x eq 'a b'"
        );
    }
}

#[tokio::test]
async fn a_next_link_to_another_server_is_never_followed() {
    let other = Server::start(|_, _| Reply::rows(json!([]))).await;
    let link = format!("{}EMailCollection?$skiptoken=2", other.url);
    let server =
        Server::start(move |_, _| Reply::json(200, &json!({"d": {"results": [], "__next": link}})))
            .await;
    let error = server.crm().find(&[by_key(&["k"])]).await.unwrap_err();
    assert_eq!(error.code(), "unreadable_answer");
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn endless_pages_are_an_error_never_a_shorter_list() {
    let looping = Server::start(|seen, _| {
        Reply::json(
            200,
            &json!({"d": {"results": [], "__next": seen.target.replace(' ', "%20")}}),
        )
    })
    .await;
    assert!(looping.crm().find(&[by_key(&["k"])]).await.is_err());
    let endless = Server::start(|_, number| {
        let next = format!("EMailCollection?$skiptoken={number}");
        Reply::json(200, &json!({"d": {"results": [], "__next": next}}))
    })
    .await;
    let error = endless.crm().find(&[by_key(&["k"])]).await.unwrap_err();
    assert_eq!(error.code(), "unreadable_answer");
    assert_eq!(endless.seen().len(), 50);
}

#[tokio::test]
async fn a_failed_listing_is_an_error() {
    for (reply, code) in [
        (Reply::new(200, "<html>sign in</html>"), "transient"),
        (
            Reply::new(200, "{\"d\":{\"results\":["),
            "unreadable_answer",
        ),
        (Reply::new(200, ""), "unreadable_answer"),
        (Reply::cut(), "transient"),
        (Reply::new(500, ""), "transient"),
        (Reply::new(503, ""), "backend_wait"),
        (Reply::new(429, "").with("retry-after", "3"), "backend_wait"),
        (Reply::new(401, ""), "sign_in"),
        (Reply::new(403, ""), "blocked"),
        (Reply::new(404, ""), "blocked"),
        (Reply::error(400, "Invalid token at position 3"), "refused"),
        (
            Reply::new(302, "").with("location", "https://login.example/"),
            "blocked",
        ),
    ] {
        let answer = reply.clone();
        let server = Server::start(move |_, _| answer.clone()).await;
        let error = server.crm().find(&[by_key(&["k"])]).await.unwrap_err();
        assert_eq!(error.code(), code, "{reply:?}");
        let server = Server::start(move |seen, _| batch(seen, |_| reply.clone())).await;
        if code != "transient" || !format!("{error}").contains("cut") {
            let asked = server.crm().find(&[by_key(&["k"]), by_key(&["l"])]).await;
            assert!(asked.is_err());
        }
    }
}

#[tokio::test]
async fn asterisks_are_never_sent() {
    let server = Server::start(|_, _| Reply::rows(json!([]))).await;
    let crm = server.crm();
    let hits = crm
        .find(&[by_address(&["*@x.example", "a*b@x.example"])])
        .await
        .unwrap();
    assert_eq!(hits, [vec![]]);
    assert!(matches!(
        crm.find(&[by_key(&["<*@x>"])]).await,
        Err(PortError::Broken { .. })
    ));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_search_falls_back_to_wildcards_and_to_whole_rows() {
    fn plain(part: &Seen) -> Reply {
        if part.target.contains("substringof") {
            Reply::error(501, "function substringof is not implemented")
        } else if part.target.contains("$select") {
            Reply::error(400, "property CreationOn is unknown")
        } else {
            Reply::rows(json!([
                {"ObjectID": "A1", "AccountID": "1", "Name": "Müller Bau"},
                {"ObjectID": "A2", "AccountID": "2", "Name": "Somebody"},
            ]))
        }
    }
    let server = Server::start(|seen, _| {
        if seen.is_batch() {
            batch(seen, plain)
        } else {
            plain(seen)
        }
    })
    .await;
    let crm = server.crm();
    let question = CrmQuery::Search {
        kind: Kind::Account,
        text: "müller".into(),
        limit: 5,
    };
    assert_eq!(ids(&crm.find(&[question]).await.unwrap()[0]), ["A1"]);
    let last = server.seen().pop().unwrap();
    assert!(last.is_batch(), "a refused function is no refused batch");
    let last = last.parts();
    let targets: Vec<_> = last.iter().map(|part| part.target.as_str()).collect();
    assert_eq!(
        targets[0],
        "CorporateAccountCollection?$filter=Name eq '*müller*'&$top=5&$format=json"
    );
    assert_eq!(
        targets[1],
        "CorporateAccountCollection?$filter=Name eq '*Müller*'&$top=5&$format=json"
    );
}

#[tokio::test]
async fn names_of_attachments_are_read_without_their_content() {
    let names = json!([{"Name": "a.pdf"}, {"Name": "b.pdf"}]);
    for navigates in [true, false] {
        let names = names.clone();
        let server = Server::start(move |seen, _| {
            if seen.target.starts_with("EMailCollection('M')/") == navigates {
                Reply::rows(names.clone())
            } else {
                Reply::new(404, "")
            }
        })
        .await;
        let question = CrmQuery::AttachmentNames {
            record: record(Kind::Email, "M"),
        };
        assert_eq!(
            ids(&server.crm().find(&[question]).await.unwrap()[0]),
            ["a.pdf", "b.pdf"]
        );
        assert!(
            server
                .lines()
                .iter()
                .all(|line| line.contains("$select=Name"))
        );
    }
}

#[tokio::test]
async fn records_are_read_back_by_the_mapping_table() {
    let server = Server::start(|seen, _| {
        batch(seen, |part| {
            if part.target.starts_with("EMailCollection('M1')") {
                Reply::json(200, &json!({"d": {
                    "__metadata": {"etag": "W/\"3\""}, "ObjectID": "M1", "Subject": "s", "DateTime": "/Date(1000)/",
                    "MessageFromEmailURI": "a@x", "MessageFromName": "A", "GroupwareItemID": "k",
                    "EMailToRecipients": {"results": [{"MessageToEmailID": "b@x", "MessageToName": "B"}]},
                    "EMailNotes": [{"Text": "body"}],
                }}))
            } else {
                Reply::error(404, "gone")
            }
        })
    })
    .await;
    let asked = [record(Kind::Email, "M1"), record(Kind::Contact, "C9")];
    let records = server.crm().get(&asked).await.unwrap();
    assert!(records[1].is_none());
    let email = records[0].as_ref().unwrap();
    assert_eq!(email.version.as_str(), "W/\"3\"");
    assert_eq!(
        (email.value.text("subject"), email.value.text("body")),
        ("s", "body")
    );
    assert_eq!(email.value.addresses("from")[0].address, "a@x");
    assert_eq!(email.value.addresses("to")[0].name, "B");
}

/// CAL-64: the occurrences of a series are those that name it; a tenant that cannot be asked has none, and is asked once.
#[tokio::test]
async fn occurrences_are_found_by_their_series() {
    let series = record(Kind::Visit, "series:00163E03A0701EE288BE9895233EBD27");
    let query = CrmQuery::Occurrences { series };
    let row = |id: &str, series: &str| json!({"ObjectID": id, "RecurringBusinessActivityNodeID": series, "OccurrenceDate": "/Date(1795305600000)/"});
    let own = "00163E03-A070-1EE2-88BE-9895233EBD27";
    let rows = json!([row("V1", own), row("V2", &own.replace('1', "2"))]);
    let server = Server::start(move |_, _| Reply::rows(rows.clone())).await;
    let hits = server
        .crm()
        .find(std::slice::from_ref(&query))
        .await
        .unwrap();
    assert_eq!(ids(&hits[0]), ["V1"]);
    let asked = server.lines().remove(0);
    assert!(asked.contains(&format!("guid'{own}'")), "{asked}");

    let server = Server::start(|_, _| Reply::error(400, "not filterable")).await;
    let crm = server.crm();
    for _ in 0..2 {
        let hits = crm.find(std::slice::from_ref(&query)).await.unwrap();
        assert!(hits[0].is_empty());
    }
    assert_eq!(server.lines().len(), 1);
}
