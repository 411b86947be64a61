//! Sign-in, CSRF, load, faults.

use serde_json::json;

use super::{JSON, Tenant, basic};
use crate::clock::MovableClock;
use crate::crm::{Overload, Switch};
use crate::faults::{Fault, FaultRule};
use crate::world::WorldConfig;

#[tokio::test]
async fn only_known_users_get_in() {
    let tenant = Tenant::new();
    let wrong = basic("_SSI_0", "guess");
    let answer = tenant
        .send("GET", "", &[JSON, ("authorization", &wrong)], "")
        .await
        .expect(401);
    assert!(answer.header("www-authenticate").starts_with("Basic"));
    let bearer = [JSON, ("authorization", "Bearer x")];
    tenant.send("GET", "", &bearer, "").await.expect(401);
}

#[tokio::test]
async fn a_named_user_needs_a_token_that_matches_its_cookie() {
    let tenant = Tenant::new();
    tenant.world.crm().settings.csrf_cookie = "any-name".to_owned();
    let lena = basic("LKELLER", "LKELLER-secret");
    let auth = ("authorization", lena.as_str());
    let body = json!({ "Subject": "x" }).to_string();
    let refused = tenant
        .send("POST", "EMailCollection", &[JSON, auth], &body)
        .await
        .expect(403);
    assert_eq!(refused.header("x-csrf-token"), "Required");

    let fetched = tenant
        .send("GET", "", &[JSON, auth, ("x-csrf-token", "Fetch")], "")
        .await
        .expect(200);
    let token = fetched.header("x-csrf-token").to_owned();
    assert_eq!(token.len(), 24);
    let cookie = fetched
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    assert!(cookie.starts_with("any-name="));
    let with_token = [JSON, auth, ("x-csrf-token", token.as_str())];
    tenant
        .send("POST", "EMailCollection", &with_token, &body)
        .await
        .expect(403);
    let both = [
        JSON,
        auth,
        ("x-csrf-token", token.as_str()),
        ("cookie", cookie.as_str()),
    ];
    tenant
        .send("POST", "EMailCollection", &both, &body)
        .await
        .expect(201);
    tenant.world.crm().users.expire_tokens();
    tenant
        .send("POST", "EMailCollection", &both, &body)
        .await
        .expect(403);
}

#[tokio::test]
async fn a_technical_user_fetching_a_token_at_a_child_collection_gets_500() {
    let tenant = Tenant::new();
    let fetch = [JSON, ("x-csrf-token", "fetch")];
    tenant
        .send("GET", "EMailNotesCollection", &fetch, "")
        .await
        .expect(500);
    tenant
        .send("GET", "EMailCollection", &fetch, "")
        .await
        .expect(200);
}

#[tokio::test]
async fn the_date_header_shows_the_time_of_the_world() {
    let clock = MovableClock::new("2031-02-03T04:05:06Z".parse().unwrap());
    let config = WorldConfig {
        clock: clock.clock(),
        ..WorldConfig::default()
    };
    let tenant = Tenant::with(config);
    let date = tenant.get("").await.header("date").to_owned();
    assert_eq!(date, "Mon, 03 Feb 2031 04:05:06 GMT");
    clock.advance_seconds(60);
    let key = tenant.email("later").await;
    let etag = tenant
        .get(&format!("EMailCollection('{key}')"))
        .await
        .header("etag")
        .to_owned();
    assert!(
        etag.starts_with("W/\"datetimeoffset'2031-02-03T04%3A06%3A06.0000"),
        "{etag}"
    );
}

#[tokio::test]
async fn a_technical_user_needs_a_token_only_when_switched_on() {
    let tenant = Tenant::new();
    tenant.post("EMailCollection", json!({})).await.expect(201);
    tenant.world.crm().settings.technical_users_need_csrf = Switch::On;
    tenant.post("EMailCollection", json!({})).await.expect(403);
}

#[tokio::test]
async fn more_parallel_calls_than_the_tenant_bears_are_turned_away() {
    let tenant = Tenant::new();
    tenant.get("").await.expect(200);
    assert_eq!(tenant.world.crm().load.peak, 1);
    assert_eq!(tenant.world.crm().load.running, 0);
    tenant.world.crm().settings.threads = Some(0);
    let answer = tenant.get("").await.expect(429);
    assert_eq!(answer.header("retry-after"), "1");
    tenant.world.crm().settings.overload = Overload::LockError;
    tenant.get("").await.expect(500);
}

#[tokio::test]
async fn faults_strike_by_operation_and_calls_are_counted_by_it() {
    let tenant = Tenant::new();
    let unavailable = Fault::Unavailable503 {
        retry_after: Some(3),
    };
    let rule = FaultRule::once("odata", "POST EMailCollection", unavailable);
    tenant.world.faults().add(rule);
    tenant.get("EMailCollection").await.expect(200);
    tenant.post("EMailCollection", json!({})).await.expect(503);
    tenant.post("EMailCollection", json!({})).await.expect(201);
    let calls = tenant.world.calls();
    let count = |operation: &str| calls[&("odata".to_owned(), operation.to_owned())];
    assert_eq!(count("POST EMailCollection"), 2);
    assert_eq!(count("GET EMailCollection"), 1);
    assert_eq!(tenant.world.crm().emails().len(), 1);
}

#[tokio::test]
async fn verbs_and_paths_that_do_not_exist_are_refused() {
    let tenant = Tenant::new();
    let key = tenant.email("k").await;
    let one = format!("EMailCollection('{key}')");
    tenant.send("MERGE", &one, &[JSON], "{}").await.expect(405);
    tenant.send("POST", &one, &[JSON], "{}").await.expect(405);
    tenant
        .send("DELETE", "EMailCollection", &[JSON], "")
        .await
        .expect(405);
    tenant
        .send("PATCH", "$metadata", &[JSON], "")
        .await
        .expect(405);
    tenant.get("Nothing").await.expect(404);
    tenant.get(&format!("{one}/Nothing")).await.expect(404);
    tenant.get("EMailCollection('open").await.expect(400);
    tenant
        .get(&format!("{one}/$links/EMailNotes"))
        .await
        .expect(400);
    tenant
        .get("CheckForDuplicates?Email='ned@innosoft.com'")
        .await
        .expect(200);
}

#[tokio::test]
async fn the_admin_face_shows_emails_and_turns_switches() {
    let tenant = Tenant::new();
    tenant.email("<a@mail.example>").await;
    let admin = async |method: &str, path: &str, body: &str| {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("/sandbox/crm/{path}"))
            .header("content-type", "application/json");
        let request = request
            .body(axum::body::Body::from(body.to_owned()))
            .unwrap();
        tower::ServiceExt::oneshot(tenant.router.clone(), request)
            .await
            .unwrap()
            .status()
    };
    assert_eq!(admin("GET", "emails", "").await, 200);
    assert_eq!(
        admin("PUT", "settings", "{\"page\":5,\"text_case\":\"ignored\"}").await,
        204
    );
    assert_eq!(tenant.world.crm().settings.page, 5);
    assert_eq!(admin("PUT", "settings", "{\"nonsense\":5}").await, 422);
    assert_eq!(tenant.get("ContactCollection").await.rows().len(), 5);
}
