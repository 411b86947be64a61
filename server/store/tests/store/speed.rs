//! How long a full page takes. Printed; asserted only so loosely that a slow machine passes and a mistake
//! (a statement compiled anew for each row, a commit per row) does not.

use std::time::{Duration, Instant};

use ssi_domain::{Cursor, Kind};
use ssi_store::{Fenced, PageCommit};

use crate::{
    given::{at, copy, leased, tenant, trace, wanted},
    harness::on_both,
};

const ITEMS: usize = 200;
const FAR_TOO_LONG: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_200_items_is_written_fast() {
    on_both(|database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let batch: Vec<_> =
            (0..ITEMS).map(|n| wanted(&format!("<{n}@x>"), "n:a", row.id, 0)).collect();
        let started = Instant::now();
        let held = store.reserve(&tenant(), Kind::Email, &batch).await.unwrap();
        let reserved = started.elapsed();
        let mut page = PageCommit::new(row.id, row.lease_no, at(1));
        page.cursor = Some(("inbox".into(), Cursor::new("c1")));
        for (number, held) in held.iter().enumerate() {
            page.copies.push(copy(held.row.id, row.id, &format!("I{number}")));
            page.traces.push(trace(row.id, &format!("I{number}"), 1));
        }
        let mut fastest = Duration::MAX;
        for _ in 0..5 {
            let started = Instant::now();
            assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Kept);
            fastest = fastest.min(started.elapsed());
        }
        let engine = if database.is_postgres() { "PostgreSQL" } else { "SQLite" };
        println!("{engine}: {ITEMS} keys reserved in {reserved:?}, {ITEMS} copies and traces in {fastest:?}");
        assert!(fastest < FAR_TOO_LONG, "{engine}: {fastest:?}");
    })
    .await;
}
