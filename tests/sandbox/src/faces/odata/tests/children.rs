//! Deep insert, nodes, derived rows, attachments.

use serde_json::json;

use super::{JSON, Tenant};

#[tokio::test]
async fn a_deep_insert_creates_every_node_and_answers_with_links() {
    let tenant = Tenant::new();
    let body = json!({
        "Subject": "Offer", "GroupwareItemID": "<1@mail.example>", "Direction": "2",
        "MessageFromEmailURI": "tim@powerupdev.com", "MessageFromPartyID": "1100029",
        "MainAccountPartyID": "1000009",
        "EMailToRecipients": [{ "MessageToEmailID": "lena.keller@ssi-demo.example", "PartyID": "8000000001" }],
        "EMailCcRecipients": [{ "MessageCCEMailID": "x@y.example", "MessageCCName": "X" }],
        "EMailNotes": [{ "Text": "Body", "TypeCode": "10002" }],
        "EMailAttachments": [{ "Name": "a.txt", "MimeType": "text/plain", "CategoryCode": "2", "TypeCode": "10001", "Binary": "aGVsbG8=" }],
    });
    let created = tenant.post("EMailCollection", body).await.expect(201);
    let email = created.json()["d"]["results"].clone();
    assert!(email["EMailAttachments"]["__deferred"]["uri"].is_string());
    assert_eq!(email["AccountName"], "PowerUp Development");
    assert_eq!(email["MessageFromPartyName"], "Tim Powerup");
    assert!(email["Account"].is_string(), "the UUID follows the number");
    let key = email["ObjectID"].as_str().unwrap();
    let view = tenant.world.crm().emails().remove(0);
    assert_eq!(view.to, ["lena.keller@ssi-demo.example"]);
    assert_eq!(view.cc, ["x@y.example"]);
    assert_eq!(view.notes, ["Body"]);
    assert_eq!(view.parties, [("1000009".to_owned(), "34".to_owned())]);
    assert_eq!(&view.attachments[0].content[..], b"hello");

    let to = tenant
        .get(&format!("EMailCollection('{key}')/EMailToRecipients"))
        .await;
    assert_eq!(to.column("Name"), ["Lena Keller"]);
    assert_eq!(to.column("EMailID"), ["lena.keller@ssi-demo.example"]);
    assert_eq!(to.column("EMailParentID"), [email["ID"].as_str().unwrap()]);
    let sender = tenant
        .get(&format!("EMailCollection('{key}')/EMailSenderParty"))
        .await;
    assert_eq!(sender.column("PartyID"), ["1100029"]);

    let file = tenant
        .get(&format!("EMailCollection('{key}')/EMailAttachments"))
        .await;
    let link = file.column("DocumentLink").remove(0);
    let below = link.split_once("/c4codataapi/").unwrap().1;
    let raw = tenant.send("GET", below, &[], "").await.expect(200);
    assert_eq!(
        (raw.text.as_str(), raw.header("content-type")),
        ("hello", "text/plain")
    );
}

#[tokio::test]
async fn a_broken_node_undoes_the_whole_deep_insert() {
    let tenant = Tenant::new();
    let body = json!({
        "Subject": "S",
        "EMailNotes": [{ "Text": "fine" }],
        "EMailAttachments": [{ "Name": "category is missing", "Binary": "aGVsbG8=" }],
    });
    tenant.post("EMailCollection", body).await.expect(400);
    assert_eq!(tenant.get("EMailCollection/$count").await.text, "0");
    assert_eq!(tenant.get("EMailNotesCollection/$count").await.text, "0");
}

#[tokio::test]
async fn a_child_goes_below_its_parent_by_url_by_id_or_by_number() {
    let tenant = Tenant::new();
    let key = tenant.email("k").await;
    let number = tenant
        .get(&format!("EMailCollection('{key}')/ID/$value"))
        .await
        .text;
    let url = format!("EMailCollection('{key}')/EMailBTDReference");
    tenant
        .post(
            &url,
            json!({ "ID": "5001", "TypeCode": "72", "RoleCode": "1" }),
        )
        .await
        .expect(201);
    let by_id = json!({ "ParentObjectID": key, "ID": "6001", "TypeCode": "118" });
    tenant
        .post("EMailBTDReferenceCollection", by_id)
        .await
        .expect(201);
    let by_number = json!({ "EMailID": number, "ID": "6002", "TypeCode": "118" });
    tenant
        .post("EMailBTDReferenceCollection", by_number)
        .await
        .expect(201);
    assert_eq!(
        tenant.get(&url).await.column("ID"),
        ["5001", "6001", "6002"]
    );
    let up = tenant
        .get("EMailBTDReferenceCollection?$filter=ID eq '6002'&$expand=EMail")
        .await;
    assert_eq!(up.rows()[0]["EMail"]["ObjectID"], key);
}

#[tokio::test]
async fn header_parties_of_an_appointment_show_as_rows_and_follow_changes() {
    let tenant = Tenant::new();
    let body = json!({
        "DocumentType": "0001", "Subject": "Visit", "OrganizerPartyID": "8000000001",
        "OwnerPartyID": "8000000002", "MainAccountPartyID": "1000001",
    });
    let row = tenant
        .post("AppointmentCollection", body)
        .await
        .expect(201)
        .json();
    let key = row["d"]["results"]["ObjectID"].as_str().unwrap().to_owned();
    let url = format!("AppointmentCollection('{key}')");
    let parties = async || {
        let rows = tenant
            .get(&format!(
                "{url}/AppointmentInvolvedParties?$orderby=RoleCode"
            ))
            .await;
        rows.column("PartyID")
    };
    assert_eq!(parties().await, ["1000001", "8000000001", "8000000002"]);
    tenant
        .patch(&url, json!({ "MainAccountPartyID": "1000002" }))
        .await
        .expect(204);
    assert_eq!(parties().await, ["1000002", "8000000001", "8000000002"]);
    tenant
        .patch(&url, json!({ "OwnerPartyID": "" }))
        .await
        .expect(204);
    assert_eq!(parties().await, ["1000002", "8000000001"]);
}

#[tokio::test]
async fn a_named_user_owns_what_they_create() {
    let tenant = Tenant::new();
    let lena = super::basic("LKELLER", "LKELLER-secret");
    let who = [
        JSON,
        ("authorization", lena.as_str()),
        ("x-csrf-token", "fetch"),
    ];
    let info = tenant
        .send("GET", "IdentityGetLoggedInUserInfo", &who, "")
        .await
        .expect(200);
    assert_eq!(info.rows()[0]["Email"], "lena.keller@ssi-demo.example");
    assert_eq!(info.rows()[0]["TechnicalUserIndicator"], false);
    let cookie = info
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let headers = [
        JSON,
        ("authorization", lena.as_str()),
        ("x-csrf-token", info.header("x-csrf-token")),
        ("cookie", cookie.as_str()),
    ];
    let body = json!({ "Subject": "mine" }).to_string();
    let created = tenant
        .send("POST", "TasksCollection", &headers, &body)
        .await
        .expect(201)
        .json();
    assert_eq!(created["d"]["results"]["Owner"], "Lena Keller");
    assert_eq!(
        created["d"]["results"]["MainEmployeeResponsiblePartyID"],
        "8000000001"
    );
}
