//! Repeated requests: done once, answered alike.

use ssi_store::{Begun, RequestKey};

use crate::{given::at, harness::on_both};

fn key(caller: &str, method: &str, id: &str) -> RequestKey {
    RequestKey {
        caller: caller.into(),
        method: method.into(),
        request_id: id.into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_fresh_then_running_then_done() {
    on_both(|database| async move {
        let store = database.open().await;
        let request = key("erika", "SaveEmail", "1");
        assert_eq!(
            store.begin_request(&request, at(0)).await.unwrap(),
            Begun::Fresh
        );
        assert_eq!(
            store.begin_request(&request, at(1)).await.unwrap(),
            Begun::Running
        );
        for other in [
            key("max", "SaveEmail", "1"),
            key("erika", "Link", "1"),
            key("erika", "SaveEmail", "2"),
        ] {
            assert_eq!(
                store.begin_request(&other, at(1)).await.unwrap(),
                Begun::Fresh,
                "{other:?}"
            );
        }
        store.finish_request(&request, b"answer").await.unwrap();
        store
            .finish_request(&request, b"a later one")
            .await
            .unwrap();
        store.drop_request(&request).await.unwrap();
        let begun = store.begin_request(&request, at(99_999)).await.unwrap();
        assert_eq!(
            begun,
            Begun::Done(b"answer".to_vec()),
            "the first answer, however late"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_failed_may_be_tried_again() {
    on_both(|database| async move {
        let store = database.open().await;
        let request = key("erika", "SaveEmail", "1");
        assert_eq!(
            store.begin_request(&request, at(0)).await.unwrap(),
            Begun::Fresh
        );
        store.drop_request(&request).await.unwrap();
        assert_eq!(
            store.begin_request(&request, at(1)).await.unwrap(),
            Begun::Fresh
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_whose_process_died_is_taken_over_once() {
    on_both(|database| async move {
        let store = database.open().await;
        let request = key("erika", "SaveEmail", "1");
        assert_eq!(
            store.begin_request(&request, at(0)).await.unwrap(),
            Begun::Fresh
        );
        assert_eq!(
            store.begin_request(&request, at(599)).await.unwrap(),
            Begun::Running
        );
        let (one, two) = tokio::join!(
            store.begin_request(&request, at(600)),
            store.begin_request(&request, at(600))
        );
        let mut begun = [one.unwrap(), two.unwrap()];
        begun.sort_by_key(|begun| *begun == Begun::Running);
        assert_eq!(begun, [Begun::Fresh, Begun::Running]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_send_one_request_one_does_it() {
    on_both(|database| async move {
        let store = database.open().await;
        let senders = (0..12).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .begin_request(&key("e", "S", "1"), at(0))
                    .await
                    .unwrap()
            })
        });
        let mut fresh = 0;
        for sender in senders.collect::<Vec<_>>() {
            fresh += usize::from(sender.await.unwrap() == Begun::Fresh);
        }
        assert_eq!(fresh, 1);
    })
    .await;
}
