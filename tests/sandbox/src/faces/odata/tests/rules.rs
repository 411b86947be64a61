//! What the annotations allow, ETags, deletes, locks.

use serde_json::{Value as Json, json};

use super::{JSON, Tenant};
use crate::crm::{Schema, Visibility};

#[tokio::test]
async fn a_post_is_held_to_the_annotations() {
    let tenant = Tenant::new();
    let long = "x".repeat(766);
    let cases: [(&str, Json, u16); 14] = [
        ("EMailCollection", json!({ "Nonsense": "x" }), 400),
        ("EMailCollection", json!({ "AccountName": "x" }), 400),
        ("EMailCollection", json!({ "StatusText": "Open" }), 400),
        ("EMailCollection", json!({ "Subject": long }), 400),
        ("EMailCollection", json!({ "Subject": 5 }), 400),
        ("EMailCollection", json!({ "Status": "9" }), 400),
        ("EMailCollection", json!({ "DateTime": "yesterday" }), 400),
        ("EMailCollection", json!({ "ObjectID": "IGNORED" }), 201),
        (
            "EMailCollection",
            json!({ "Account": "00163E03A0701EE288BE9895233EBD27" }),
            201,
        ),
        (
            "ContactCollection",
            json!({ "FirstName": "No last name" }),
            400,
        ),
        ("ContactCollection", json!({ "LastName": "Enough" }), 201),
        ("EMailNotesCollection", json!({ "Text": "no parent" }), 400),
        (
            "EMailNotesCollection",
            json!({ "ParentObjectID": "FF", "Text": "x" }),
            400,
        ),
        ("BusinessUserCollection", json!({ "UserID": "X" }), 405),
    ];
    for (set, body, status) in cases {
        let shown = body.to_string();
        let answer = tenant.post(set, body).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{set} {shown}: {}",
            answer.text
        );
    }
    let broken = tenant
        .send("POST", "EMailCollection", &[JSON], "{\"Subject\":")
        .await
        .expect(400);
    assert!(broken.text.contains("Invalid token at position"));
}

#[tokio::test]
async fn the_object_id_is_the_uuid_and_numbers_come_from_a_range() {
    let tenant = Tenant::new();
    let email = tenant.post("EMailCollection", json!({})).await.json()["d"]["results"].clone();
    let id = email["ObjectID"].as_str().unwrap();
    assert_eq!(id.len(), 32);
    assert_eq!(id, id.to_uppercase());
    assert_eq!(email["UUID"].as_str().unwrap().replace('-', ""), id);
    assert_eq!(email["ID"], "1001");
    let next = tenant.post("EMailCollection", json!({})).await.json();
    assert_eq!(next["d"]["results"]["ID"], "1002");
}

#[tokio::test]
async fn if_match_is_optional_and_decides_when_sent() {
    let tenant = Tenant::new();
    let key = tenant.email("k").await;
    let url = format!("EMailCollection('{key}')");
    let etag = tenant.get(&url).await.header("etag").to_owned();
    let body = json!({ "Subject": "second" }).to_string();
    let stale = [
        JSON,
        (
            "if-match",
            "W/\"datetimeoffset'2016-04-27T23%3A07%3A31.6809330Z'\"",
        ),
    ];
    tenant.send("PATCH", &url, &stale, &body).await.expect(412);
    tenant.send("DELETE", &url, &stale, "").await.expect(412);
    let fresh = [JSON, ("if-match", etag.as_str())];
    tenant.send("PATCH", &url, &fresh, &body).await.expect(204);
    assert_ne!(tenant.get(&url).await.header("etag"), etag);
    tenant.send("PATCH", &url, &fresh, &body).await.expect(412);
    tenant
        .patch(&url, json!({ "Subject": "third" }))
        .await
        .expect(204);
    assert_eq!(
        tenant.get(&url).await.json()["d"]["results"]["Subject"],
        "third"
    );
}

#[tokio::test]
async fn etag_and_entity_last_changed_on_are_different_clocks() {
    let tenant = Tenant::new();
    let key = tenant.email("k").await;
    let url = format!("EMailCollection('{key}')");
    let before = tenant.get(&url).await;
    let note = json!({ "ParentObjectID": key, "Text": "n" });
    tenant.post("EMailNotesCollection", note).await.expect(201);
    let after = tenant.get(&url).await;
    assert_eq!(
        before.header("etag"),
        after.header("etag"),
        "a child does not move the root's ETag"
    );
    let set = Schema::standard().set("EMailCollection").unwrap();
    tenant.world.crm().touch_etag(set, &key);
    assert_ne!(tenant.get(&url).await.header("etag"), after.header("etag"));
}

#[tokio::test]
async fn put_empties_what_is_omitted_and_patch_keeps_it() {
    let tenant = Tenant::new();
    let body = json!({ "LastName": "Long", "FirstName": "Ann", "Phone": "1" });
    let contact = tenant.post("ContactCollection", body).await.json()["d"]["results"].clone();
    let url = format!(
        "ContactCollection('{}')",
        contact["ObjectID"].as_str().unwrap()
    );
    tenant
        .patch(&url, json!({ "Phone": "2" }))
        .await
        .expect(204);
    assert_eq!(
        tenant.get(&url).await.json()["d"]["results"]["Name"],
        "Ann Long"
    );
    tenant
        .send("PUT", &url, &[JSON], "{\"LastName\":\"Short\"}")
        .await
        .expect(204);
    let row = tenant.get(&url).await.json()["d"]["results"].clone();
    assert_eq!((&row["Name"], &row["Phone"]), (&json!("Short"), &json!("")));
    tenant.send("PUT", &url, &[JSON], "{}").await.expect(400);
}

#[tokio::test]
async fn a_read_only_value_may_be_sent_back_but_not_changed() {
    let tenant = Tenant::new();
    let key = tenant.email("k").await;
    let url = format!("EMailCollection('{key}')");
    let same = json!({ "ObjectID": key, "StatusText": "whatever", "ETag": "/Date(0)/" });
    tenant.patch(&url, same).await.expect(204);
    tenant.patch(&url, json!({ "ID": "77" })).await.expect(400);
    tenant
        .patch(&url, json!({ "EMailNotes": [{ "Text": "deep update" }] }))
        .await
        .expect(400);
}

#[tokio::test]
async fn partners_cannot_be_deleted_and_activities_take_their_nodes_along() {
    let tenant = Tenant::new();
    let contact = tenant
        .get("ContactCollection?$top=1")
        .await
        .column("ObjectID")
        .remove(0);
    let url = format!("ContactCollection('{contact}')");
    tenant.send("DELETE", &url, &[JSON], "").await.expect(405);
    tenant
        .patch(&url, json!({ "StatusCode": "4" }))
        .await
        .expect(204);
    let key = tenant.email("k").await;
    tenant
        .post(
            &format!("EMailCollection('{key}')/EMailNotes"),
            json!({ "Text": "n" }),
        )
        .await
        .expect(201);
    tenant
        .send("DELETE", &format!("EMailCollection('{key}')"), &[JSON], "")
        .await
        .expect(204);
    tenant
        .get(&format!("EMailCollection('{key}')"))
        .await
        .expect(404);
    assert_eq!(tenant.get("EMailNotesCollection/$count").await.text, "0");
}

#[tokio::test]
async fn the_groupware_key_is_not_unique() {
    let tenant = Tenant::new();
    tenant.email("<twice@mail.example>").await;
    tenant.email("<twice@mail.example>").await;
    assert_eq!(
        tenant.world.crm().emails_per_key()["<twice@mail.example>"],
        2
    );
}

#[tokio::test]
async fn an_object_somebody_edits_is_locked() {
    let tenant = Tenant::new();
    let key = tenant.email("k").await;
    tenant.world.crm().hold(&key);
    let url = format!("EMailCollection('{key}')");
    tenant
        .patch(&url, json!({ "Subject": "x" }))
        .await
        .expect(500);
    tenant
        .post(&format!("{url}/EMailNotes"), json!({ "Text": "n" }))
        .await
        .expect(500);
    assert_eq!(tenant.get("EMailNotesCollection/$count").await.text, "0");
    tenant.world.crm().release([&key]);
    tenant
        .patch(&url, json!({ "Subject": "x" }))
        .await
        .expect(204);
}

#[tokio::test]
async fn a_named_user_can_be_limited_to_own_rows() {
    let tenant = Tenant::new();
    tenant.email("unowned").await;
    let lena = super::basic("LKELLER", "LKELLER-secret");
    let own = tenant
        .get("EmployeeCollection?$filter=UserID eq 'MHOFER'")
        .await;
    let body = json!({ "Subject": "his", "OwnerUUID": own.rows()[0]["UUID"] });
    let created = tenant.post("EMailCollection", body).await.expect(201);
    let his = created.json()["d"]["results"]["ObjectID"]
        .as_str()
        .unwrap()
        .to_owned();
    let headers = [JSON, ("authorization", lena.as_str())];
    let count = async || {
        tenant
            .send("GET", "EMailCollection/$count", &headers, "")
            .await
            .text
    };
    assert_eq!(count().await, "2");
    tenant.world.crm().settings.visibility = Visibility::OwnOnly;
    assert_eq!(count().await, "1");
    tenant
        .send("GET", &format!("EMailCollection('{his}')"), &headers, "")
        .await
        .expect(404);
}

#[tokio::test]
async fn two_writers_on_one_object_do_not_both_get_through() {
    let tenant = Tenant::new();
    let key = tenant.email("k").await;
    let other = tenant.email("other").await;
    tenant.world.crm().settings.write_takes_ms = 20;
    let change = async |key: &str| {
        let url = format!("EMailCollection('{key}')");
        tenant
            .patch(&url, json!({ "Subject": "x" }))
            .await
            .status
            .as_u16()
    };
    let mut statuses: [u16; 3] = tokio::join!(change(&key), change(&key), change(&other)).into();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 204, 500]);
    assert_eq!(change(&key).await, 204, "the lock ends with the write");
    tenant.world.crm().settings.lock_errors = crate::crm::Switch::Off;
    let both: [u16; 2] = tokio::join!(change(&key), change(&key)).into();
    assert_eq!(both, [204, 204]);
}
