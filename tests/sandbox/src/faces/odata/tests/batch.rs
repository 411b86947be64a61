//! `$batch`: order, change sets, shapes.

use super::{Answer, Tenant};

const HEAD: &str = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n";

fn get(url: &str) -> String {
    format!("{HEAD}GET {url} HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n")
}

fn write(method: &str, url: &str, body: &str) -> String {
    format!(
        "{HEAD}{method} {url} HTTP/1.1\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: 99999\r\n\r\n{body}\r\n"
    )
}

fn change_set(members: &[String]) -> String {
    let members: String = members
        .iter()
        .map(|member| format!("--cs\r\n{member}"))
        .collect();
    format!("Content-Type: multipart/mixed; boundary=cs\r\n\r\n{members}--cs--\r\n")
}

async fn batch(tenant: &Tenant, parts: &[String]) -> Answer {
    let parts: String = parts
        .iter()
        .map(|part| format!("--b 1\r\n{part}"))
        .collect();
    let body = format!("{parts}--b 1--\r\n");
    let headers = [("content-type", "multipart/mixed; boundary=\"b 1\"")];
    tenant.send("POST", "$batch", &headers, &body).await
}

#[tokio::test]
async fn parts_are_answered_in_order_with_boundaries_like_the_real_ones() {
    let tenant = Tenant::new();
    let create = write("POST", "EMailCollection", "{\"Subject\":\"in batch\"}");
    let parts = [
        get("EMailCollection/$count"),
        change_set(&[create]),
        get("EMailCollection/$count"),
        get("Nothing"),
    ];
    let answer = batch(&tenant, &parts).await.expect(202);
    assert_eq!(
        answer.header("content-type"),
        "multipart/mixed; boundary=ejjeeffe0"
    );
    let parts: Vec<_> = answer.text.split("--ejjeeffe0\r\n").skip(1).collect();
    assert_eq!(parts.len(), 4);
    assert!(parts[0].contains("HTTP/1.1 200 OK") && parts[0].contains("\r\n\r\n0\r\n"));
    assert!(parts[1].contains("boundary=ejjeeffe1") && parts[1].contains("HTTP/1.1 201 Created"));
    assert!(parts[1].contains("\r\nlocation: http") && parts[1].contains("\r\netag: W/"));
    assert!(parts[2].contains("\r\n\r\n1\r\n"));
    assert!(parts[3].contains("HTTP/1.1 404 Not Found"));
    let effects = tenant.world.effects();
    assert_eq!(effects.len(), 1);
    assert_eq!(effects[0].1.target, "EMailCollection");
    assert_eq!(tenant.world.total_calls(), 1);
}

#[tokio::test]
async fn a_change_set_stands_or_falls_as_one() {
    let tenant = Tenant::new();
    let key = tenant.email("first").await;
    tenant.world.reset_effects();
    let members = [
        write(
            "PATCH",
            &format!("EMailCollection('{key}')"),
            "{\"Subject\":\"changed\"}",
        ),
        write("POST", "EMailCollection", "{\"Subject\":\"new\"}"),
        write("POST", "EMailCollection", "{\"Nonsense\":1}"),
    ];
    let other = change_set(&[write("POST", "EMailCollection", "{\"Subject\":\"other\"}")]);
    let answer = batch(&tenant, &[change_set(&members), other])
        .await
        .expect(202);
    let parts: Vec<_> = answer.text.split("--ejjeeffe0\r\n").skip(1).collect();
    assert_eq!(parts.len(), 2);
    assert!(
        parts[0].starts_with("Content-Type: application/http"),
        "{}",
        parts[0]
    );
    assert!(parts[0].contains("HTTP/1.1 400 Bad Request"));
    assert!(
        parts[1].contains("HTTP/1.1 201 Created"),
        "change sets are independent"
    );
    let subjects = tenant.get("EMailCollection").await.column("Subject");
    assert_eq!(subjects, ["Hello", "other"]);
    assert_eq!(
        tenant.world.effects().len(),
        1,
        "what was rolled back is no effect"
    );
}

#[tokio::test]
async fn patch_and_delete_answer_204_inside_a_change_set() {
    let tenant = Tenant::new();
    let key = tenant.email("first").await;
    let url = format!("EMailCollection('{key}')");
    let members = [
        write("PATCH", &url, "{\"Subject\":\"x\"}"),
        write("DELETE", &url, ""),
    ];
    let answer = batch(&tenant, &[change_set(&members)]).await.expect(202);
    assert_eq!(answer.text.matches("HTTP/1.1 204 No Content").count(), 2);
    assert!(answer.text.contains("content-type: text/html"));
}

#[tokio::test]
async fn what_a_batch_may_not_hold_is_refused() {
    let tenant = Tenant::new();
    batch(&tenant, &[write("POST", "EMailCollection", "{}")])
        .await
        .expect(400);
    batch(&tenant, &[change_set(&[get("EMailCollection")])])
        .await
        .expect(400);
    let search = batch(&tenant, &[get("ContactCollection?$search=Neves")])
        .await
        .expect(202);
    assert!(search.text.contains("HTTP/1.1 400"));
    let headers = [("content-type", "multipart/mixed; boundary=b")];
    tenant
        .send("POST", "$batch", &headers, "--b\r\nno end")
        .await
        .expect(400);
    tenant
        .send(
            "POST",
            "$batch",
            &[("content-type", "application/json")],
            "{}",
        )
        .await
        .expect(400);
    assert_eq!(tenant.get("EMailCollection/$count").await.text, "0");
}

#[tokio::test]
async fn inside_a_batch_an_attachment_link_is_wrong() {
    let tenant = Tenant::new();
    let key = tenant.email("first").await;
    let body = format!(
        "{{\"ParentObjectID\":\"{key}\",\"CategoryCode\":\"2\",\"Name\":\"a\",\"Binary\":\"aGk=\"}}"
    );
    let create = write("POST", "EMailAttachmentsCollection", &body);
    let answer = batch(&tenant, &[change_set(&[create])]).await.expect(202);
    assert!(answer.text.contains("/$batch/Binary/$value"));
}
