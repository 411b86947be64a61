//! The grammar of `$filter`, section by section of what the service offers.

use super::Tenant;
use crate::crm::TextCase;

/// Filters that the service accepts, with the number of contacts they find.
const ACCEPTED: [(&str, usize); 18] = [
    ("ContactID eq '1100001'", 1),
    ("Email eq 'tim@powerupdev.com'", 1),
    ("Email eq 'TIM@powerupdev.com'", 0),
    ("Email eq '*@powerupdev.com'", 2),
    ("Email eq 'ti*dev.com'", 1),
    ("Email eq '*'", 41),
    ("startswith(Email,'jeff@')", 1),
    ("endswith(Email,'@internet.ao')", 2),
    ("startswith(Email,'jeff@') eq true", 1),
    ("substringof('sauder',LastName)", 0),
    ("substringof('Sauder',LastName)", 1),
    (
        "(Email eq 'ned@innosoft.com' or Email eq 'jeff@37signals.com') and StatusCode eq '2'",
        2,
    ),
    (
        "Email eq 'ned@innosoft.com'   or(Email eq 'jeff@37signals.com')",
        2,
    ),
    ("AccountID eq '1000009' and FirstName eq 'Tim'", 1),
    ("AccountUUID eq null", 1),
    (
        "EntityLastChangedOn ge datetimeoffset'2019-10-01T00:00:00Z'",
        41,
    ),
    (
        "EntityLastChangedOn lt datetimeoffset'2019-10-01T00:00:00.1234567Z'",
        0,
    ),
    ("LastName ne 'Bell'", 40),
];

#[tokio::test]
async fn accepted_filters_find_what_they_say() {
    let tenant = Tenant::new();
    for (filter, found) in ACCEPTED {
        let url = format!("ContactCollection?$filter={filter}&$select=ObjectID,Email");
        let answer = tenant.get(&url).await.expect(200);
        assert_eq!(answer.rows().len(), found, "{filter}");
        let count = tenant
            .get(&format!("ContactCollection/$count?$filter={filter}"))
            .await;
        assert_eq!(count.text, found.to_string(), "{filter}");
    }
}

/// Filters that the service refuses, with a piece of the reason.
const REFUSED: [(&str, &str); 18] = [
    ("Email eq 'a' or Phone eq 'b'", "different properties"),
    (
        "(Email eq 'a' and Phone eq 'b') or Email eq 'c'",
        "different properties",
    ),
    ("CorporateAccount/Name eq 'x'", "child nodes"),
    ("toupper(Email) eq 'X'", "toupper"),
    ("length(Email) gt 3", "length"),
    ("indexof(Email,'x') eq 1", "indexof"),
    ("not startswith(Email,'x')", "position"),
    ("ETag eq datetimeoffset'2019-10-01T00:00:00Z'", "ETag"),
    ("Nonsense eq 'x'", "Nonsense"),
    ("Email eq", "position"),
    ("Email eq 'open", "position"),
    ("Email like 'x'", "position"),
    ("Email eq 'a' and", "position"),
    ("(Email eq 'a'", "position"),
    ("Email eq 'a')", "position"),
    ("Email eq 5", "type"),
    ("AccountUUID eq '00163E'", "type"),
    ("EntityLastChangedOn ge '2019-10-01'", "type"),
];

#[tokio::test]
async fn everything_else_is_refused_with_400() {
    let tenant = Tenant::new();
    for (filter, reason) in REFUSED {
        let answer = tenant
            .get(&format!("ContactCollection?$filter={filter}"))
            .await
            .expect(400);
        let json = answer.json();
        assert_eq!(json["error"]["code"], "", "{filter}");
        let text = json["error"]["message"]["value"]
            .as_str()
            .unwrap()
            .to_lowercase();
        assert!(text.contains(&reason.to_lowercase()), "{filter}: {text}");
    }
}

#[tokio::test]
async fn a_guid_finds_by_uuid_and_by_reference() {
    let tenant = Tenant::new();
    let account = tenant
        .get("CorporateAccountCollection?$filter=AccountID eq '1000010'")
        .await;
    let uuid = account.rows()[0]["UUID"].as_str().unwrap().to_owned();
    assert_eq!(
        uuid.replace('-', ""),
        account.rows()[0]["ObjectID"].as_str().unwrap()
    );
    let own = tenant
        .get(&format!(
            "CorporateAccountCollection?$filter=UUID eq guid'{uuid}'"
        ))
        .await;
    assert_eq!(own.rows().len(), 1);
    let filter = format!("AccountUUID eq guid'{}'", uuid.to_lowercase());
    let staff = tenant
        .get(&format!("ContactCollection?$filter={filter}"))
        .await;
    assert_eq!(staff.rows().len(), 2);
}

#[tokio::test]
async fn quotes_are_doubled_and_text_case_is_a_switch() {
    let tenant = Tenant::new();
    tenant.email("it's@mail.example").await;
    let url = "EMailCollection?$filter=GroupwareItemID eq 'IT''S@mail.example'";
    assert_eq!(tenant.get(url).await.rows().len(), 0);
    tenant.world.crm().settings.text_case = TextCase::Ignored;
    assert_eq!(tenant.get(url).await.rows().len(), 1);
}

#[tokio::test]
async fn five_thousand_ids_in_one_filter_are_answered() {
    let tenant = Tenant::new();
    let terms: Vec<_> = (0..5_000)
        .map(|n| format!("ContactID eq '{}'", 1_100_001 + n))
        .collect();
    let filter = terms.join(" or ");
    let body = format!(
        "--b\r\nContent-Type: application/http\r\n\r\nGET ContactCollection?$select=ContactID&$top=5000&$filter={filter} HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n--b--"
    );
    let headers = [("content-type", "multipart/mixed; boundary=b")];
    let answer = tenant
        .send("POST", "$batch", &headers, &body)
        .await
        .expect(202);
    assert_eq!(answer.text.matches("\"ContactID\"").count(), 41);
}

#[tokio::test]
async fn search_finds_whole_words_and_combines_with_filter() {
    let tenant = Tenant::new();
    let count = async |url: &str| tenant.get(url).await.expect(200).rows().len();
    assert_eq!(count("ContactCollection?$search=Neves").await, 2);
    assert_eq!(count("ContactCollection?$search=Nev").await, 0);
    assert_eq!(count("ContactCollection?$search='Nev*'").await, 2);
    assert_eq!(count("ContactCollection?$search=Neves Iris").await, 1);
    assert_eq!(
        count("ContactCollection?$search=Neves&$filter=FirstName eq 'Iris'").await,
        1
    );
}

#[tokio::test]
async fn garbage_is_refused_and_never_breaks_the_service() {
    let tenant = Tenant::new();
    let deep = format!("{}Email eq 'x'{}", "(".repeat(500), ")".repeat(500));
    let garbage = [
        "é eq 'x'",
        "Email eq 'é",
        "Email eq guid'é",
        "Email é",
        "'",
        "(",
        ")",
        "or",
        "and and",
        "Email eq 1e999",
        "AccountUUID eq guid'é'",
        "substringof(",
        "startswith(Email",
        "eq eq eq",
        "EntityLastChangedOn ge datetimeoffset'9999999-99-99T99:99:99Z'",
        deep.as_str(),
    ];
    for filter in garbage {
        let url = format!(
            "ContactCollection?$filter={}",
            filter.replace('é', "%C3%A9")
        );
        tenant.get(&url).await.expect(400);
    }
    tenant
        .get("ContactCollection?$filter=%FF")
        .await
        .expect(400);
    tenant.get("ContactCollection?$top=-1").await.expect(400);
    tenant
        .get("ContactCollection?$skip=99999999999&$top=1")
        .await
        .expect(200);
    tenant.get("ContactCollection(%FF)").await.expect(400);
}
