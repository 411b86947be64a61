//! Links of records that stand.

use serde_json::json;
use ssi_domain::{
    Kind,
    port::{Crm, CrmQuery, CrmWrite, Hit, PartyRole},
};

use crate::server::{ID, Reply, Seen, Server, UUID, batch, hit, party, record};

const ACCOUNT: &str = "00163E03A0701EE288BE9895233EBD99";

fn email() -> serde_json::Value {
    json!({
        "__metadata": {"etag": "W/\"5\""},
        "ObjectID": "M", "PrimaryContact": UUID, "MainContactPartyID": "", "Account": null,
        "EMailInvolvedParties": [{"PartyID": "1001710", "PartyUUID": null, "RoleCode": "34"}],
        "EMailBTDReference": {"results": [{"ID": "77", "TypeCode": "64"}, {"ID": "5", "TypeCode": "999"}]},
    })
}

fn row(part: &Seen) -> Reply {
    let rows = match part.target.split('?').next().unwrap() {
        "ContactCollection" => json!([{"ObjectID": ID, "ContactID": "1004188", "Name": "Ann"}]),
        "CorporateAccountCollection" => {
            json!([{"ObjectID": ACCOUNT, "AccountID": "1001710", "Name": "Acme"}])
        }
        "LeadCollection" => json!([{"ObjectID": "L1", "ID": "77", "Name": "Deal"}]),
        _ => json!([]),
    };
    Reply::rows(rows)
}

fn tenant(seen: &Seen) -> Reply {
    if seen.is_batch() && seen.parts()[0].method == "GET" {
        batch(seen, row)
    } else if seen.is_batch() {
        Reply::new(404, "")
    } else if seen.method == "GET" {
        Reply::json(200, &json!({"d": {"results": email()}}))
    } else if seen.method == "PATCH" {
        Reply::new(204, "")
    } else {
        Reply::json(201, &json!({"d": {"ObjectID": "x"}}))
    }
}

#[tokio::test]
async fn links_are_read_from_header_parties_and_documents() {
    let server = Server::start(|seen, _| tenant(seen)).await;
    let question = CrmQuery::Links {
        record: record(Kind::Email, "M"),
    };
    let crm = server.crm();
    let hits = crm.find(&[question]).await.unwrap();
    let found: Vec<_> = hits[0]
        .iter()
        .map(|hit| match hit {
            Hit::Party(party) => (
                party.record.kind,
                party.record.id.as_str(),
                party.name.as_str(),
            ),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        found,
        [
            (Kind::Contact, ID, "Ann"),
            (Kind::Account, ACCOUNT, "Acme"),
            (Kind::Lead, "L1", "Deal"),
        ]
    );
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn only_missing_links_are_written() {
    let server = Server::start(|seen, _| tenant(seen)).await;
    let linked = |kind, id, number| party(PartyRole::Linked, "", Some(hit(kind, id, number)));
    let write = CrmWrite::AddLinks {
        record: record(Kind::Email, "M"),
        parties: vec![
            linked(Kind::Contact, ID, "1004188"),
            linked(Kind::Account, ACCOUNT, "1001710"),
            linked(Kind::Lead, "L1", "77"),
            linked(Kind::Opportunity, "O1", "78"),
            linked(Kind::Contact, "C2", "1004189"),
            linked(Kind::Contact, "C2", "1004189"),
            linked(Kind::IndividualCustomer, "I1", "2000001"),
        ],
    };
    let answers = server.crm().put(vec![write]).await.unwrap();
    assert!(answers[0].is_ok(), "{answers:?}");
    let writes: Vec<_> = server
        .seen()
        .into_iter()
        .filter(|seen| seen.method != "GET")
        .collect();
    let lines: Vec<_> = writes[1..]
        .iter()
        .map(|seen| (seen.method.as_str(), seen.target.as_str(), seen.json()))
        .collect();
    assert_eq!(
        lines,
        [
            (
                "PATCH",
                "EMailCollection('M')",
                json!({"MainAccountPartyID": "2000001"})
            ),
            (
                "POST",
                "EMailCollection('M')/EMailBTDReference",
                json!({"ID": "78", "TypeCode": "72", "RoleCode": "1"})
            ),
            (
                "POST",
                "EMailCollection('M')/EMailInvolvedParties",
                json!({"PartyID": "1004189", "RoleCode": "31"})
            ),
        ]
    );
    assert_eq!(writes[1].header("if-match"), "W/\"5\"");
}

#[tokio::test]
async fn links_that_stand_cost_no_write() {
    let server = Server::start(|seen, _| tenant(seen)).await;
    let write = CrmWrite::AddLinks {
        record: record(Kind::Email, "M"),
        parties: vec![party(
            PartyRole::Linked,
            "",
            Some(hit(Kind::Contact, &ID.to_lowercase(), "")),
        )],
    };
    let answers = server.crm().put(vec![write]).await.unwrap();
    assert_eq!(
        answers[0]
            .as_ref()
            .unwrap()
            .version
            .as_ref()
            .unwrap()
            .as_str(),
        "W/\"5\""
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn the_number_of_a_document_chosen_by_hand_is_looked_up() {
    let server = Server::start(|seen, _| match seen.method.as_str() {
        "GET" if seen.target.starts_with("LeadCollection('L1')") => Reply::json(
            200,
            &json!({"d": {"results": {"ObjectID": "L1", "ID": "77"}}}),
        ),
        "GET" => Reply::new(404, ""),
        _ => Reply::json(201, &json!({"d": {"ObjectID": "x"}})),
    })
    .await;
    let create = |id| CrmWrite::Create {
        kind: Kind::Email,
        identity_key: "<1@x>".into(),
        record: ssi_domain::Record::new(),
        parties: vec![party(PartyRole::Linked, "", Some(hit(Kind::Lead, id, "")))],
        attachments: Vec::new(),
    };
    let crm = server.crm();
    assert!(crm.put(vec![create("L1")]).await.unwrap()[0].is_ok());
    assert_eq!(server.seen()[1].json()["EMailBTDReference"][0]["ID"], "77");
    let answers = crm.put(vec![create("L2")]).await.unwrap();
    assert_eq!(answers[0].as_ref().unwrap_err().code(), "refused");
}

#[tokio::test]
async fn links_are_found_where_the_service_does_not_expand() {
    for refuses in [true, false] {
        let server = Server::start(move |seen, _| {
            let one = |part: &Seen| {
                let (path, query) = part.target.split_once('?').unwrap_or_default();
                match path {
                    "EMailCollection('M')" if refuses && query.contains("$expand") => {
                        Reply::error(400, "no $expand here")
                    }
                    "EMailCollection('M')" => {
                        let deferred = json!({"__deferred": {"uri": "x"}});
                        Reply::json(
                            200,
                            &json!({"d": {"ObjectID": "M", "EMailInvolvedParties": deferred}}),
                        )
                    }
                    "EMailCollection('M')/EMailInvolvedParties" => {
                        Reply::rows(json!([{"PartyUUID": UUID}]))
                    }
                    "EMailCollection('M')/EMailBTDReference" => Reply::error(404, "no such node"),
                    _ => row(part),
                }
            };
            if seen.is_batch() {
                batch(seen, one)
            } else {
                one(seen)
            }
        })
        .await;
        let write = CrmWrite::AddLinks {
            record: record(Kind::Email, "M"),
            parties: vec![party(
                PartyRole::Linked,
                "",
                Some(hit(Kind::Contact, ID, "")),
            )],
        };
        let crm = server.crm();
        assert!(crm.put(vec![write]).await.unwrap()[0].is_ok());
        let question = CrmQuery::Links {
            record: record(Kind::Email, "M"),
        };
        assert_eq!(crm.find(&[question]).await.unwrap()[0].len(), 1);
        let writes = |seen: &Seen| !seen.is_batch() && seen.method != "GET";
        assert!(!server.seen().iter().any(writes), "the link stands already");
    }
}
