//! Links and attachments of mirrored records.

use http::Method;
use serde_json::{Value as Json, json};
use ssi_domain::{
    Kind,
    port::{AttachmentDraft, Content, Crm, CrmQuery, CrmWrite, Hit, PartyRole},
};

use crate::{
    mirror_update::stored,
    server::{ID, Reply, Server, hit, party, record},
};

/// LNK-01
#[tokio::test]
async fn links_are_added_to_an_event_and_attendees_are_none() {
    let server = Server::start(|seen, _| {
        if seen.method == Method::GET {
            let mut row = stored();
            row["MainContactPartyID"] = "1004188".into();
            row["AppointmentBTDReference"] = json!([{"ID": "77", "TypeCode": "72"}]);
            return Reply::rows(row);
        }
        if seen.is_batch() {
            return Reply::error(501, "no batches");
        }
        Reply::json(201, &json!({"d": {"ObjectID": "x"}}))
    })
    .await;
    let parties = vec![
        party(
            PartyRole::Linked,
            "",
            Some(hit(Kind::Contact, "C", "1004188")),
        ),
        // An attendee is no link yet.
        party(PartyRole::Linked, "", Some(hit(Kind::Contact, "C2", "2"))),
        party(
            PartyRole::Linked,
            "",
            Some(hit(Kind::Account, "A", "1001710")),
        ),
        party(
            PartyRole::Linked,
            "",
            Some(hit(Kind::Opportunity, "O", "77")),
        ),
        party(PartyRole::Linked, "", Some(hit(Kind::Lead, "L", "78"))),
    ];
    let write = CrmWrite::AddLinks {
        record: record(Kind::Appointment, ID),
        parties,
    };
    let answers = server.crm().put(vec![write]).await.unwrap();
    answers[0].as_ref().unwrap();
    let written: Vec<(String, Json)> = server
        .seen()
        .into_iter()
        .filter(|seen| seen.method != Method::GET && !seen.is_batch())
        .map(|seen| (seen.target.clone(), seen.json()))
        .collect();
    let at = |node: &str| format!("AppointmentCollection('{ID}'){node}");
    assert_eq!(
        written,
        [
            (at(""), json!({"MainAccountPartyID": "1001710"})),
            (
                at("/AppointmentInvolvedParties"),
                json!({"RoleCode": "31", "PartyID": "2"})
            ),
            (
                at("/AppointmentBTDReference"),
                json!({"ID": "78", "TypeCode": "64", "BTDRoleCode": "1"})
            ),
        ]
    );
}

#[tokio::test]
async fn attachments_of_an_event_are_stored_and_listed_at_its_own_node() {
    let server = Server::start(|seen, _| {
        if seen.method == Method::GET {
            return Reply::rows(json!([{"Name": "plan.pdf"}]));
        }
        Reply::json(201, &json!({"d": {"ObjectID": "x"}}))
    })
    .await;
    let crm = server.crm();
    let visit = record(Kind::Visit, ID);
    let write = CrmWrite::AddAttachment {
        record: visit.clone(),
        attachment: AttachmentDraft {
            name: "plan.pdf".into(),
            media_type: "application/pdf".into(),
            content: Content::from_base64(vec!["QUJD".into()]),
        },
    };
    crm.put(vec![write]).await.unwrap()[0].as_ref().unwrap();
    let query = CrmQuery::AttachmentNames { record: visit };
    let hits = crm.find(&[query]).await.unwrap();
    assert_eq!(hits[0], [Hit::Attachment("plan.pdf".into())]);
    assert_eq!(
        server.lines(),
        [
            format!("POST VisitCollection('{ID}')/VisitAttachment"),
            format!("GET VisitCollection('{ID}')/VisitAttachment?$select=Name&$format=json"),
        ]
    );
}
