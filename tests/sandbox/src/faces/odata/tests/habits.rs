//! Habits of the tenant that no source settles, each behind its switch.

use serde_json::json;

use super::{JSON, Tenant};
use crate::crm::{LongTexts, Switch};

async fn phone(tenant: &Tenant, typed: &str) -> String {
    let body = json!({ "LastName": "Ring", "Phone": typed });
    let answer = tenant.post("ContactCollection", body).await.expect(201);
    answer.json()["d"]["results"]["Phone"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn phones_stay_as_typed_or_are_spaced() {
    let tenant = Tenant::new();
    assert_eq!(
        phone(&tenant, "+49 (6227) 7-4747").await,
        "+49 (6227) 7-4747"
    );
    tenant.world.crm().settings.spaces_phones = Switch::On;
    assert_eq!(phone(&tenant, "+49 (6227) 74747").await, "+49 6227 74747");
    assert_eq!(phone(&tenant, "06227 74747").await, "06227 74747");
}

#[tokio::test]
async fn long_texts_are_refused_or_cut_and_trailing_blanks_get_lost() {
    let tenant = Tenant::new();
    let body = json!({ "LastName": "ä".repeat(41) });
    let refused = tenant
        .post("ContactCollection", body.clone())
        .await
        .expect(400);
    assert!(
        refused.json()["error"]["message"]["value"]
            .as_str()
            .unwrap()
            .contains("LastName")
    );
    tenant.world.crm().settings.long_texts = LongTexts::Cut;
    let cut = tenant.post("ContactCollection", body).await.expect(201);
    let name = cut.json()["d"]["results"]["LastName"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(name.chars().count(), 40);
    for (trims, kept) in [(Switch::On, " Blank"), (Switch::Off, " Blank  ")] {
        tenant.world.crm().settings.trims_texts = trims;
        let body = json!({ "Subject": " Blank  ", "TasksTextCollection": [{ "Text": "note  " }] });
        let task = tenant.post("TasksCollection", body).await.expect(201);
        assert_eq!(task.json()["d"]["results"]["Subject"], kept);
    }
    let notes = tenant
        .get("TasksTextCollectionCollection")
        .await
        .column("Text");
    assert_eq!(notes, ["note  ", "note  "], "long texts keep their blanks");
}

#[tokio::test]
async fn an_end_before_the_begin_is_refused_when_switched_on() {
    let tenant = Tenant::new();
    let sets = [
        ("AppointmentCollection", "StartDate", "EndDate"),
        ("VisitCollection", "StartDateTime", "EndDateTime"),
        ("PhoneCallCollection", "StartDateTime", "EndDateTime"),
        ("TasksCollection", "StartDateTime", "DueDateTime"),
    ];
    for (set, start, end) in sets {
        let fine = json!({ start: "/Date(2000)/", end: "/Date(2000)/" });
        let made = tenant.post(set, fine).await.expect(201);
        let key = made.json()["d"]["results"]["ObjectID"]
            .as_str()
            .unwrap()
            .to_owned();
        let url = format!("{set}('{key}')");
        let early = json!({ end: "/Date(1000)/" });
        let refused = tenant.patch(&url, early.clone()).await.expect(400);
        assert!(refused.text.contains(end), "{}", refused.text);
        let both = json!({ start: "/Date(2000)/", end: "/Date(1000)/" });
        tenant.post(set, both).await.expect(400);
        tenant.world.crm().settings.checks_periods = Switch::Off;
        tenant.patch(&url, early).await.expect(204);
        tenant.world.crm().settings.checks_periods = Switch::On;
    }
}

#[tokio::test]
async fn a_child_moves_the_etag_of_its_root_only_when_switched_on() {
    let tenant = Tenant::new();
    let made = tenant
        .post("VisitCollection", json!({ "Subject": "x" }))
        .await
        .expect(201);
    let key = made.json()["d"]["results"]["ObjectID"]
        .as_str()
        .unwrap()
        .to_owned();
    let url = format!("VisitCollection('{key}')");
    for (switch, moves) in [(Switch::Off, false), (Switch::On, true)] {
        tenant.world.crm().settings.child_moves_root_etag = switch;
        let before = tenant.get(&url).await.header("etag").to_owned();
        let note = json!({ "Text": "n" });
        tenant
            .post(&format!("{url}/VisitTextCollection"), note)
            .await
            .expect(201);
        assert_eq!(tenant.get(&url).await.header("etag") != before, moves);
    }
}

#[tokio::test]
async fn a_page_has_as_many_rows_as_asked_for_up_to_a_limit() {
    let tenant = Tenant::new();
    assert_eq!(
        tenant.get("ContactCollection?$top=20").await.rows().len(),
        20
    );
    tenant.world.crm().settings.most_rows = Some(15);
    let page = tenant.get("ContactCollection?$top=20").await;
    assert_eq!(page.rows().len(), 15);
    let next = page.json()["d"]["__next"].as_str().unwrap().to_owned();
    assert!(
        next.contains("$skiptoken=16") && next.contains("$top=5"),
        "{next}"
    );
}

#[tokio::test]
async fn a_date_without_clock_loses_its_clock() {
    let tenant = Tenant::new();
    let body = json!({ "LastName": "Born", "BirthDate": "1980-05-06T13:14:15" });
    let made = tenant.post("ContactCollection", body).await.expect(201);
    assert_eq!(
        made.json()["d"]["results"]["BirthDate"],
        "/Date(326419200000)/"
    );
}

#[tokio::test]
async fn the_admin_face_shows_records_writes_and_deletions() {
    let tenant = Tenant::new();
    let made = tenant
        .post("VisitCollection", json!({ "Subject": "Plant" }))
        .await
        .expect(201);
    let key = made.json()["d"]["results"]["ObjectID"]
        .as_str()
        .unwrap()
        .to_owned();
    let admin = async |path: &str| {
        use tower::ServiceExt;
        let request = http::Request::get(format!("/sandbox/crm/{path}"));
        let request = request.body(axum::body::Body::empty()).unwrap();
        let response = tenant.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap();
        let json = serde_json::from_slice(&body).unwrap_or(serde_json::Value::Null);
        (status, json)
    };
    let (_, visits) = admin("records/visit").await;
    assert_eq!(visits[0]["title"], "Plant");
    assert_eq!(visits[0]["made_by"], "integration");
    assert_eq!(
        admin(&format!("records/visit/{key}")).await.1["object_id"],
        key.as_str()
    );
    assert_eq!(admin("records/visit/FF").await.0, 404);
    assert_eq!(admin("records/nonsense").await.0, 404);
    tenant
        .send("DELETE", &format!("VisitCollection('{key}')"), &[JSON], "")
        .await
        .expect(204);
    let (_, gone) = admin("deletions").await;
    assert_eq!(gone[0]["object_id"], key.as_str());
    let (_, writes) = admin("writes").await;
    let deletes = writes
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["operation"] == "delete");
    assert_eq!(deletes.unwrap()["count"], 1);
}
