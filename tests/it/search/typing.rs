//! Search as people type.

use ssi_client::{
    Client, name,
    v1::{RecordKind, SaveEmailRequest, SearchRecordsRequest},
};
use ssi_sandbox::{Fault, FaultRule, company::PartyKind, crm::Value as CrmValue};
use ssi_tests::{
    db::on_both,
    given::{ANNA, BERND, Given, eml},
    people::People,
    process::until,
    served::{reason, served, served_with},
};

async fn found(client: &Client, query: &str, kinds: &[RecordKind]) -> Vec<String> {
    let request = SearchRecordsRequest {
        query: query.into(),
        kinds: kinds.iter().map(|kind| (*kind).into()).collect(),
        mailbox: name::mailbox(ANNA),
        ..Default::default()
    };
    let page = client.records().search(request).await.expect("searched");
    let records = page.items.into_iter();
    records.map(|record| record.display_name).collect()
}

/// Waits until the directory answers: then a typing error finds somebody.
async fn filled(client: &Client, query: &str) {
    until("the directory is filled", async || {
        !found(client, query, &[]).await.is_empty()
    })
    .await;
}

/// SRCH-11: all kinds or one, part of a word, any script, one error in six letters; the best match first; what
/// changed last before anything is typed.
#[tokio::test(flavor = "multi_thread")]
async fn records_are_found_as_people_type() {
    on_both(|database| async move {
        let given = Given::world().await;
        for (address, name) in [
            ("m.muller@shop.example", "Märta Müller"),
            ("t@mullerei.example", "Tom Mullereimer"),
            ("y.yamada@tokyo.example", "山田 太郎"),
        ] {
            given.party(PartyKind::Contact { account: None }, address, name);
        }
        given.party(PartyKind::Account, "hq@muller.example", "Muller");
        given.record(
            "OpportunityCollection",
            &[
                ("Name", CrmValue::text("Muller deal")),
                ("ProspectPartyID", CrmValue::text("1000001")),
                (
                    "MainEmployeeResponsiblePartyID",
                    CrmValue::text(given.employee(ANNA)),
                ),
            ],
        );
        let (process, client) = served(&database, &given).await;
        filled(&client, "kundni").await;

        let hits = found(&client, "MULLER", &[]).await;
        assert_eq!(hits.last().map(String::as_str), Some("Tom Mullereimer"));
        assert_eq!(hits.len(), 4, "{hits:?}");
        assert!(
            hits.contains(&"Muller deal".into()),
            "from the CRM: {hits:?}"
        );
        assert_eq!(
            found(&client, "muller", &[RecordKind::Account]).await,
            ["Muller"]
        );
        assert_eq!(found(&client, "ullere", &[]).await, ["Tom Mullereimer"]);
        assert_eq!(found(&client, "ｍａｒｔａ", &[]).await, ["Märta Müller"]);
        assert_eq!(found(&client, "山田太郎", &[]).await, ["山田 太郎"]);
        assert_eq!(found(&client, "Kudnin", &[]).await, ["Carla Kundin"]);
        let recent = found(&client, "", &[]).await;
        assert_eq!(recent.len(), 5, "{recent:?}");
        for short in ["m", " mu "] {
            let request = SearchRecordsRequest {
                query: short.into(),
                ..Default::default()
            };
            let refused = client.records().search(request).await;
            assert_eq!(reason(refused.map(|_| ())), "invalid_field");
        }
        process.kill().await;
    })
    .await;
}

/// SRCH-11: before anything is typed, what this user linked last is there too, though the CRM changed others since.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_used_last_is_at_hand() {
    on_both(|database| async move {
        let given = Given::world().await;
        let deal = |name: &str| {
            let employee = given.employee(ANNA);
            let fields = [
                ("Name", CrmValue::text(name)),
                ("ProspectPartyID", CrmValue::text("1000001")),
                ("MainEmployeeResponsiblePartyID", CrmValue::text(employee)),
            ];
            let deal = given.record("OpportunityCollection", &fields);
            name::record(RecordKind::Opportunity, &deal)
        };
        let (used, _) = (deal("Used deal"), deal("Other deal"));
        for number in 0..6 {
            let address = format!("p{number}@many.example");
            let kind = PartyKind::Contact { account: None };
            given.party(kind, &address, &format!("Person {number}"));
        }
        let (process, client) = served(&database, &given).await;
        filled(&client, "kundni").await;
        let of_deals = async || found(&client, "", &[RecordKind::Opportunity]).await;
        assert_eq!(of_deals().await, [""; 0], "nothing was used");
        let item = given.mail(eml(
            "u@x",
            "Carla Kundin <carla@customer.example>",
            ANNA,
            "Deal",
        ));
        let save = SaveEmailRequest {
            mailbox: name::mailbox(ANNA),
            item_id: item,
            use_found_records: true,
            linked_records: vec![used],
            ..Default::default()
        };
        client.add_in().save_email(save).await.expect("saved");

        let recent = found(&client, "", &[]).await;

        assert_eq!(recent.len(), 5, "{recent:?}");
        assert!(recent.contains(&"Used deal".into()), "{recent:?}");
        assert!(!recent.contains(&"Other deal".into()), "{recent:?}");
        assert_eq!(of_deals().await, ["Used deal"]);
        assert_eq!(found(&client, "", &[RecordKind::Contact]).await.len(), 5);
        process.kill().await;
    })
    .await;
}

/// SRCH-05, SRCH-12: employees are not found, nor kinds that the settings hide, also when they are asked for.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_is_not_found() {
    on_both(|database| async move {
        let given = Given::world().await;
        let more = "[sync.sidebar]\nhide = [\"lead\"]\n";
        let (process, client) = served_with(&database, &given, more).await;
        filled(&client, "kundni").await;
        assert_eq!(found(&client, "Kundin", &[]).await, ["Carla Kundin"]);
        for (query, kinds) in [
            ("Lea Neu", vec![]),
            ("Lea Neu", vec![RecordKind::Lead]),
            ("Bernd", vec![]),
            ("Bernd", vec![RecordKind::Employee]),
        ] {
            assert_eq!(found(&client, query, &kinds).await, [""; 0], "{query}");
        }
        process.kill().await;
    })
    .await;
}

/// SRCH-11: while the CRM does not answer, the directory does, and the answer says which kinds are missing.
#[tokio::test(flavor = "multi_thread")]
async fn the_directory_answers_while_the_crm_does_not() {
    on_both(|database| async move {
        let given = Given::world().await;
        let (process, client) = served(&database, &given).await;
        filled(&client, "kundni").await;
        given.sandbox.world().faults().add(FaultRule {
            face: Some("odata".into()),
            operation: None,
            nth: 1,
            times: 0,
            fault: Fault::ServerBusy { backoff_ms: 1_000 },
        });
        let request = SearchRecordsRequest {
            query: "Kundin".into(),
            ..Default::default()
        };
        let answer = client.records().search_all(request).await.expect("found");
        assert_eq!(answer.records.len(), 1);
        let missing: Vec<RecordKind> = answer.unsearched_kinds().collect();
        assert!(missing.contains(&RecordKind::Opportunity), "{missing:?}");
        assert!(!missing.contains(&RecordKind::Contact), "{missing:?}");
        process.kill().await;
    })
    .await;
}

/// ARC-08: nobody searches on behalf of somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_for_another_mailbox_is_refused() {
    on_both(|database| async move {
        let given = Given::world().await;
        let (process, client) = served(&database, &given).await;
        let request = SearchRecordsRequest {
            query: "Kundin".into(),
            mailbox: name::mailbox(BERND),
            ..Default::default()
        };
        let refused = client.records().search(request).await;
        assert_eq!(reason(refused.map(|_| ())), "not_your_mailbox");
        process.kill().await;
    })
    .await;
}
