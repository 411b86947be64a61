//! Mirrors: put with a page, found by item, record and key, renamed, handed over, forgotten.

use ssi_domain::{ItemId, Kind, LinkId, MailboxId, TenantId, Version};
use ssi_store::{
    Action, Fenced, MailboxRow, MirrorOrigin, MirrorRow, MirrorState, PageCommit, Store,
};
use uuid::Uuid;

use crate::{
    given::{appointment, at, follow_up, issue, leased, linked, mirror, tenant, wanted},
    harness::{Database, on_both},
};

async fn put(store: &Store, mailbox: &MailboxRow, rows: Vec<MirrorRow>) {
    let mut page = PageCommit::new(mailbox.id, mailbox.lease_no, at(10));
    for row in rows {
        page.mirror(row);
    }
    assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Kept);
}

async fn all(store: &Store, mailbox: MailboxId) -> Vec<MirrorRow> {
    store.mirrors_page(mailbox, None, 99).await.unwrap()
}

/// Item and link of each mirror, by item.
async fn pairs(store: &Store, mailbox: MailboxId) -> Vec<(String, LinkId)> {
    let rows = all(store, mailbox).await;
    let mut pairs: Vec<_> = rows.into_iter().map(|row| (row.item.0, row.link)).collect();
    pairs.sort();
    pairs
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_is_found_by_item_record_and_key() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (erika, max) = (leased(&store, "erika").await, leased(&store, "max").await);
        let one = linked(&store, erika.id, "<1@x>", "E1").await;
        let two = linked(&store, erika.id, "<2@x>", "E2").await;
        let first = mirror(one, erika.id, "I1", "R1");
        let second = MirrorRow {
            kind: Kind::Task,
            origin: MirrorOrigin::Crm,
            state: MirrorState::Released,
            writer: false,
            baseline: serde_json::Value::Null,
            ..mirror(two, erika.id, "I2", "R2")
        };
        put(&store, &erika, vec![first.clone(), second.clone()]).await;
        let other = MirrorRow {
            writer: false,
            ..mirror(one, max.id, "I1", "R1")
        };
        put(&store, &max, vec![other.clone()]).await;

        let items = ["I1", "i1", "I2", "I1"].map(ItemId::new);
        let mut found = store.mirrors_by_items(erika.id, &items).await.unwrap();
        found.sort_by(|a, b| a.item.cmp(&b.item));
        assert_eq!(found, [first.clone(), second.clone()]);
        let records = [appointment("R2"), appointment("r1")];
        let found = store.mirrors_by_records(erika.id, &records).await.unwrap();
        assert_eq!(found, std::slice::from_ref(&second));
        let mut task = appointment("R1");
        task.kind = Kind::Task;
        let found = store.mirrors_by_records(erika.id, &[task]).await.unwrap();
        assert_eq!(found, [], "the same id of another kind is another record");
        let keys = ["uid-R1".to_owned(), "uid-R2".to_owned()];
        let by_keys = |kind| store.mirrors_by_keys(erika.id, kind, &keys);
        assert_eq!(by_keys(None).await.unwrap().len(), 2);
        let tasks = by_keys(Some(Kind::Task)).await.unwrap();
        assert_eq!(tasks, std::slice::from_ref(&second));
        assert_eq!(by_keys(Some(Kind::Visit)).await.unwrap(), []);
        let everywhere = |tenant| {
            let store = store.clone();
            async move {
                let record = appointment("R1");
                store
                    .mirrors_of_record(&tenant, &record)
                    .await
                    .unwrap()
                    .len()
            }
        };
        assert_eq!(everywhere(tenant()).await, 2, "both mailboxes");
        assert_eq!(everywhere(TenantId::new("other")).await, 0);
        assert_eq!(
            store.count_mirrors(erika.id).await.unwrap(),
            1,
            "the active one"
        );

        let changed = MirrorRow {
            item: ItemId::new("I9"),
            record: appointment("R9"),
            state: MirrorState::Ended,
            item_version: Version::new("i2"),
            record_version: Version::new(""),
            updated_at: at(20),
            ..first
        };
        put(&store, &erika, vec![changed.clone()]).await;
        let mut stand = all(&store, erika.id).await;
        stand.sort_by(|a, b| b.item.cmp(&a.item));
        assert_eq!(stand, [changed, second]);
        assert_eq!(
            all(&store, max.id).await,
            [other],
            "each mailbox has its own"
        );
    })
    .await;
}

/// An item belongs to one link: who comes later has it.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_has_one_mirror() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let mut links = Vec::new();
        for number in 0..3 {
            links.push(linked(&store, row.id, &format!("<{number}@x>"), "E").await);
        }
        let of = |link: usize, item: &str| mirror(links[link], row.id, item, "R1");
        put(&store, &row, vec![of(0, "I0"), of(1, "I1"), of(2, "I2")]).await;
        // Two change places, the third takes the item of one that named it first.
        put(&store, &row, vec![of(0, "I1"), of(1, "I0")]).await;
        let stands = [
            ("I0".into(), links[1]),
            ("I1".into(), links[0]),
            ("I2".into(), links[2]),
        ];
        assert_eq!(pairs(&store, row.id).await, stands);
        put(&store, &row, vec![of(2, "I0")]).await;
        let stands = [("I0".into(), links[2]), ("I1".into(), links[0])];
        assert_eq!(pairs(&store, row.id).await, stands);
        // Of several values for a link or an item the last one counts.
        put(
            &store,
            &row,
            vec![of(0, "I5"), of(0, "I6"), of(1, "I7"), of(2, "I7")],
        )
        .await;
        let stands = [("I6".into(), links[0]), ("I7".into(), links[2])];
        assert_eq!(pairs(&store, row.id).await, stands);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_follows_its_item_to_a_new_id() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (row, other) = (leased(&store, "erika").await, leased(&store, "max").await);
        let one = linked(&store, row.id, "<1@x>", "E1").await;
        let two = linked(&store, row.id, "<2@x>", "E2").await;
        put(
            &store,
            &row,
            vec![
                mirror(one, row.id, "old", "R1"),
                mirror(two, row.id, "new", "R2"),
            ],
        )
        .await;
        put(&store, &other, vec![mirror(one, other.id, "old", "R1")]).await;
        let mut page = PageCommit::new(row.id, row.lease_no, at(10));
        page.mirror_renamed(ItemId::new("old"), ItemId::new("between"));
        page.mirror_renamed(ItemId::new("between"), ItemId::new("new"));
        page.mirror_renamed(ItemId::new("unknown"), ItemId::new("unheard"));
        page.mirror_renamed(ItemId::new("new"), ItemId::new("new"));
        // A page whose outcome was not known is written again: what was renamed stays.
        for _ in 0..2 {
            assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Kept);
            assert_eq!(pairs(&store, row.id).await, [("new".into(), one)]);
        }
        assert_eq!(pairs(&store, other.id).await, [("old".into(), one)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_mirror_is_gone_in_its_mailbox_unless_it_is_put_again() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (row, other) = (leased(&store, "erika").await, leased(&store, "max").await);
        let one = linked(&store, row.id, "<1@x>", "E1").await;
        let two = linked(&store, row.id, "<2@x>", "E2").await;
        put(
            &store,
            &row,
            vec![
                mirror(one, row.id, "I1", "R1"),
                mirror(two, row.id, "I2", "R2"),
            ],
        )
        .await;
        put(&store, &other, vec![mirror(one, other.id, "I1", "R1")]).await;
        let mut page = PageCommit::new(row.id, row.lease_no, at(10));
        page.forget_mirror(one);
        page.forget_mirror(two);
        page.forget_mirror(LinkId(Uuid::new_v4()));
        page.mirror(mirror(two, row.id, "I2", "R2"));
        assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Kept);
        assert_eq!(pairs(&store, row.id).await, [("I2".into(), two)]);
        assert_eq!(pairs(&store, other.id).await, [("I1".into(), one)]);
    })
    .await;
}

/// The organizer takes over (CAL-35) without a lease on the other mailbox: its session may be at work.
#[tokio::test(flavor = "multi_thread")]
async fn a_stale_lease_changes_no_mirror() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let link = linked(&store, row.id, "<1@x>", "E1").await;
        put(&store, &row, vec![mirror(link, row.id, "I1", "R1")]).await;
        let before = all(&store, row.id).await;
        store
            .claim_mailbox(row.id, "node-2", at(120), at(240))
            .await
            .unwrap()
            .unwrap();
        for lease_no in [row.lease_no, row.lease_no + 2] {
            let mut page = PageCommit::new(row.id, lease_no, at(121));
            page.mirror_renamed(ItemId::new("I1"), ItemId::new("I2"));
            page.mirror(mirror(link, row.id, "I3", "R3"));
            page.forget_mirror(link);
            assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Lost);
            assert_eq!(all(&store, row.id).await, before);
        }
    })
    .await;
}

/// More than a statement or a list takes, page by page and at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_mirrors_are_put_and_read_whole() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        let batch: Vec<_> = (0..1000)
            .map(|n| wanted(&format!("<{n}@x>"), "n:a", row.id, 0))
            .collect();
        let held = store
            .reserve(&tenant(), Kind::Appointment, &batch)
            .await
            .unwrap();
        let rows: Vec<_> = held
            .iter()
            .enumerate()
            .map(|(n, held)| {
                // Each record has two items, as a copied event may.
                let record = format!("R{:03}", n / 2);
                let state = if n % 4 < 3 {
                    MirrorState::Active
                } else {
                    MirrorState::Ended
                };
                MirrorRow {
                    state,
                    ..mirror(held.row.id, row.id, &format!("I{n}"), &record)
                }
            })
            .collect();
        put(&store, &row, rows.clone()).await;
        assert_eq!(store.count_mirrors(row.id).await.unwrap(), 750);

        let mut read = Vec::new();
        loop {
            let after = read.last().map(|row: &MirrorRow| row.link);
            let page = store.mirrors_page(row.id, after, 300).await.unwrap();
            if page.is_empty() {
                break;
            }
            read.extend(page);
        }
        let mut expected = rows.clone();
        expected.sort_by_key(|row| row.link.to_string());
        assert_eq!(read, expected);

        let items: Vec<_> = rows.iter().map(|row| row.item.clone()).collect();
        assert_eq!(
            store.mirrors_by_items(row.id, &items).await.unwrap().len(),
            1000
        );
        let mut page = PageCommit::new(row.id, row.lease_no, at(10));
        for row in &rows {
            page.forget_mirror(row.link);
        }
        assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Kept);
        assert_eq!(all(&store, row.id).await, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mirrored_records_come_once_each_in_order_page_by_page() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let (erika, max) = (leased(&store, "erika").await, leased(&store, "max").await);
        let mut rows = [Vec::new(), Vec::new()];
        let records = [
            (Kind::Task, "A", MirrorState::Active),
            (Kind::Appointment, "b", MirrorState::Active),
            (Kind::Appointment, "B", MirrorState::Active),
            (Kind::Visit, "C", MirrorState::Released),
            (Kind::Visit, "D", MirrorState::Ended),
        ];
        for (number, (kind, id, state)) in records.into_iter().enumerate() {
            let link = linked(&store, erika.id, &format!("<{number}@x>"), id).await;
            for (mailbox, rows) in [erika.id, max.id].into_iter().zip(&mut rows) {
                let mut row = mirror(link, mailbox, &format!("I{number}"), id);
                (row.record.kind, row.state) = (kind, state);
                rows.push(row);
            }
        }
        let [ours, theirs] = rows;
        put(&store, &erika, ours).await;
        put(&store, &max, theirs).await;
        let mut read: Vec<ssi_domain::RecordRef> = Vec::new();
        loop {
            let page = store
                .mirrored_records(&tenant(), read.last(), 2)
                .await
                .unwrap();
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= 2);
            read.extend(page);
        }
        let names: Vec<_> = read
            .iter()
            .map(|r| (r.kind.name(), r.id.as_str()))
            .collect();
        assert_eq!(
            names,
            [("appointment", "B"), ("appointment", "b"), ("task", "A")]
        );
        let other = TenantId::new("other");
        assert_eq!(store.mirrored_records(&other, None, 9).await.unwrap(), []);
    })
    .await;
}

/// CAL-37: of all mailboxes one writes for a record, until it hands over.
#[tokio::test(flavor = "multi_thread")]
async fn issue_and_follow_ups_of_an_item_go_with_it() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let row = leased(&store, "erika").await;
        for item in ["old", "taken"] {
            store
                .put_issue(&issue(row.id, item, item), at(0))
                .await
                .unwrap();
        }
        store
            .put_issue(&issue(row.id, "in the way", "first"), at(0))
            .await
            .unwrap();
        let owed = follow_up(row.id, "old", Action::Unmirror, 0);
        store.add_follow_up(&owed).await.unwrap();
        let mut page = PageCommit::new(row.id, row.lease_no, at(10));
        page.mirror_renamed(ItemId::new("old"), ItemId::new("new"));
        page.mirror_renamed(ItemId::new("taken"), ItemId::new("in the way"));
        assert_eq!(store.commit_page(&page).await.unwrap(), Fenced::Kept);
        let code = |item: &'static str| {
            let store = store.clone();
            async move {
                let issue = store
                    .open_issue_for(row.id, &ItemId::new(item))
                    .await
                    .unwrap();
                issue.map(|issue| issue.code)
            }
        };
        assert_eq!(code("old").await, None);
        assert_eq!(code("new").await.as_deref(), Some("old"));
        assert_eq!(code("in the way").await.as_deref(), Some("first"));
        let doomed = store.doomed(row.id, 9).await.unwrap();
        assert_eq!(doomed[0].item_id, ItemId::new("new"));
        assert_eq!(doomed.len(), 1);
    })
    .await;
}
