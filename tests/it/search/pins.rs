//! Pinned records.

use ssi_client::{
    name,
    v1::{RecordKind, SearchRecordsRequest},
};
use ssi_tests::{
    db::on_both,
    given::{ANNA, BERND, Given, eml},
    served::{reason, served},
};

use super::cards_of;

/// SRCH-10, SB-02: the card of a pinned record comes first, wherever its address stands, until it is unpinned.
#[tokio::test(flavor = "multi_thread")]
async fn pinned_records_come_first() {
    on_both(|database| async move {
        let given = Given::world().await;
        let (process, client) = served(&database, &given).await;
        let to = format!("{ANNA}, ivo@home.example, lea@prospect.example");
        let item = given.mail(eml("p@x", "carla@customer.example", &to, "Pins"));
        let plain = ["Carla Kundin", "Ivo Einzel", "Inquiry of Lea Neu"];
        let shown = cards_of(&client, &item).await.without_company();
        assert_eq!(shown.names(), plain);
        let lea = shown.parties[2].record.clone().expect("a record").name;
        let records = client.records();
        for _ in 0..2 {
            records
                .pin(name::mailbox(ANNA), &lea)
                .await
                .expect("pinned");
        }

        let shown = cards_of(&client, &item).await.without_company();

        assert_eq!(
            shown.names(),
            ["Inquiry of Lea Neu", "Carla Kundin", "Ivo Einzel"]
        );
        assert!(shown.parties[0].pinned && !shown.parties[1].pinned);
        let request = SearchRecordsRequest {
            query: "Inquiry of Lea Neu".into(),
            kinds: vec![RecordKind::Lead.into()],
            ..Default::default()
        };
        let hits = records.search(request).await.expect("found").items;
        assert!(hits[0].pinned);

        for _ in 0..2 {
            records
                .unpin(name::mailbox(ANNA), &lea)
                .await
                .expect("unpinned");
        }
        let shown = cards_of(&client, &item).await.without_company();
        assert_eq!(shown.names(), plain);
        let theirs = name::mailbox(BERND);
        assert_eq!(reason(records.pin(&theirs, &lea).await), "not_your_mailbox");
        assert_eq!(
            reason(records.unpin(&theirs, &lea).await),
            "not_your_mailbox"
        );
        let nothing = records.pin(name::mailbox(ANNA), "lead/1").await;
        assert_eq!(reason(nothing), "invalid_field");
        process.kill().await;
    })
    .await;
}
