//! Shapes of answers: pages, selection, expansion, both JSON modes, other formats.

use serde_json::json;

use super::{JSON, Tenant};

#[tokio::test]
async fn pages_have_a_thousand_rows_and_a_next_link_with_a_row_number() {
    let tenant = Tenant::new();
    for n in 0..1_005 {
        tenant.email(&format!("<{n}@mail.example>")).await;
    }
    let first = tenant
        .get("EMailCollection?$select=GroupwareItemID&$inlinecount=allpages")
        .await;
    assert_eq!(first.rows().len(), 1_000);
    assert_eq!(first.json()["d"]["__count"], "1005");
    let next = first.json()["d"]["__next"].as_str().unwrap().to_owned();
    assert!(next.ends_with("$skiptoken=1001"), "{next}");
    let below = next.split_once("/c4codataapi/").unwrap().1;
    let second = tenant.send("GET", below, &[JSON], "").await.expect(200);
    assert_eq!(second.column("GroupwareItemID")[0], "<1000@mail.example>");
    assert_eq!(second.rows().len(), 5);
    assert!(second.json()["d"].get("__next").is_none());

    let expanded = tenant
        .get("EMailCollection?$expand=EMailNotes&$top=150")
        .await;
    assert_eq!(expanded.rows().len(), 100);
    let next = expanded.json()["d"]["__next"].as_str().unwrap().to_owned();
    let below = next.split_once("/c4codataapi/").unwrap().1;
    assert_eq!(
        tenant.send("GET", below, &[JSON], "").await.rows().len(),
        50
    );
    let all = tenant.get("EMailCollection?$top=1003&$skip=1").await;
    assert_eq!(all.rows().len(), 1_003);
}

#[tokio::test]
async fn a_single_entity_is_wrapped_unless_strict_mode_is_asked_for() {
    let tenant = Tenant::new();
    let body = json!({ "Subject": "S", "EMailNotes": [{ "Text": "one" }] });
    let created = tenant
        .post("EMailCollection", body)
        .await
        .expect(201)
        .json();
    let email = &created["d"]["results"];
    assert!(email["EMailNotes"]["__deferred"]["uri"].is_string());
    assert_eq!(email["__metadata"]["type"], "c4codata.EMail");
    let key = email["ObjectID"].as_str().unwrap();
    let url = format!("EMailCollection('{key}')?$expand=EMailNotes");
    let loose = tenant.get(&url).await.json();
    assert_eq!(loose["d"]["results"]["EMailNotes"][0]["Text"], "one");
    let strict = [JSON, ("odata-v2-strict-json-format", "true")];
    let strict = tenant.send("GET", &url, &strict, "").await.json();
    assert_eq!(strict["d"]["EMailNotes"]["results"][0]["Text"], "one");
}

#[tokio::test]
async fn select_and_expand_reach_several_levels() {
    let tenant = Tenant::new();
    let url = "CorporateAccountCollection?$filter=AccountID eq '1000011'&$expand=CorporateAccountHasContactPerson/Contact&$select=Name,CorporateAccountHasContactPerson/ContactID,CorporateAccountHasContactPerson/Contact/Email";
    let row = tenant.get(url).await.expect(200).rows()[0].clone();
    assert_eq!(row["Name"], "Innosoft International");
    assert!(row.get("Email").is_none());
    let person = &row["CorporateAccountHasContactPerson"][0];
    assert!(person["ContactID"].is_string());
    assert!(person.get("Phone").is_none());
    assert_eq!(person["Contact"]["Email"], "ned@innosoft.com");
    tenant
        .get("ContactCollection?$expand=Nothing")
        .await
        .expect(400);
    tenant
        .get("ContactCollection?$select=Nothing")
        .await
        .expect(400);
    tenant.get("ContactCollection?$apply=x").await.expect(400);
}

#[tokio::test]
async fn order_is_by_several_properties() {
    let tenant = Tenant::new();
    let url =
        "ContactCollection?$filter=AccountID eq '1000012'&$orderby=LastName desc,FirstName desc";
    assert_eq!(
        tenant.get(url).await.column("FirstName"),
        ["Martin", "Iris"]
    );
    let last = tenant
        .get("LeadCollection?$orderby=ContactLastName&$top=1")
        .await;
    assert_eq!(last.column("ContactLastName"), ["Marin"]);
}

#[tokio::test]
async fn code_texts_can_be_left_out_and_values_have_their_wire_form() {
    let tenant = Tenant::new();
    let body =
        json!({ "Subject": "S", "Direction": "2", "DateTime": "2024-05-06T07:08:09.123456Z" });
    let answer = tenant.post("EMailCollection", body).await.expect(201);
    let email = answer.json()["d"]["results"].clone();
    assert_eq!(email["DirectionText"], "Inbound");
    assert_eq!(email["DateTime"], "/Date(1714979289123)/");
    assert_eq!(email["Campaign"], json!(null));
    assert_eq!(email["ResponseOption"], "");
    let etag = answer.header("etag");
    assert!(
        etag.starts_with("W/\"datetimeoffset'20") && etag.contains("%3A"),
        "{etag}"
    );
    assert!(etag.ends_with("0Z'\""), "{etag}");
    assert_eq!(email["__metadata"]["etag"], etag);
    assert!(
        answer
            .header("location")
            .starts_with("http://tenant.example/sap/c4c/odata/v1/c4codataapi/EMailCollection('")
    );
    let headers = [JSON, ("odata-no-codedescs", "true")];
    let bare = tenant
        .send("GET", "EMailCollection", &headers, "")
        .await
        .rows()[0]
        .clone();
    assert!(bare.get("DirectionText").is_none());
    let headers = [JSON, ("odata-no-response-payload", "true")];
    let silent = tenant
        .send("POST", "EMailCollection", &headers, "{}")
        .await
        .expect(201);
    assert_eq!(silent.text, "");
    assert!(silent.header("location").contains("EMailCollection('"));
}

#[tokio::test]
async fn without_accept_the_service_speaks_xml() {
    let tenant = Tenant::new();
    let feed = tenant
        .send("GET", "LeadCollection?$top=1", &[], "")
        .await
        .expect(200);
    assert!(
        feed.header("content-type")
            .starts_with("application/atom+xml")
    );
    assert!(
        feed.text
            .contains("<d:ContactEMail>jorn@prikkprikkprikk.no</d:ContactEMail>")
    );
    let json = tenant
        .send("GET", "LeadCollection?$top=1&$format=json", &[], "")
        .await;
    assert_eq!(json.rows().len(), 1);
    let error = tenant
        .send("GET", "LeadCollection('X')", &[], "")
        .await
        .expect(404);
    assert!(error.text.contains("<message xml:lang=\"en\">"));
    let german = [JSON, ("accept-language", "de-DE")];
    let error = tenant
        .send("GET", "LeadCollection('X')", &german, "")
        .await
        .expect(404);
    assert_eq!(error.json()["error"]["message"]["lang"], "de");
    let root = tenant.get("").await.json();
    let sets = root["d"]["EntitySets"].as_array().unwrap().clone();
    assert!(sets.contains(&json!("EMailCollection")));
    let metadata = tenant.get("$metadata").await.expect(200);
    assert!(
        metadata
            .text
            .contains("<EntityType Name=\"EMailNotes\" c4c:parent-entity-type=\"EMail\">")
    );
    let cut = tenant.get("$metadata?$filter=Contact,Lead").await.text;
    assert!(cut.contains("EntityType Name=\"Lead\"") && !cut.contains("EntityType Name=\"EMail\""));
    let codes = tenant.get("EMailDirectionCollection").await;
    assert_eq!(codes.column("Description"), ["Outbound", "Inbound"]);
}
