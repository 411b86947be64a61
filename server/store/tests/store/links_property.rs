//! Whatever three holders do to one key in whatever order: never do two hold it at once, and the record of
//! a linked row never changes.

use rand::{Rng, SeedableRng, rngs::StdRng};
use ssi_domain::{Kind, LinkId, MailboxId, RecordRef};
use ssi_store::{LinkState, Store};

use crate::{
    given::{at, completed, mailbox, tenant, wanted},
    harness::{on_postgres, on_sqlite},
};

const HOLDERS: [&str; 3] = ["node-1:a", "node-1:b", "node-2:c"];

/// What must be true of a key, kept beside the store in the plainest way.
#[derive(Default)]
struct Model {
    /// Who believes to hold the row, and until when by the clock handed in.
    holder: Option<(usize, i64)>,
    link: Option<LinkId>,
    record: Option<RecordRef>,
}

async fn play(store: &Store, mailbox: MailboxId, seed: u64, steps: usize) {
    let mut random = StdRng::seed_from_u64(seed);
    let key = format!("<{seed}@x>");
    let mut model = Model::default();
    let mut now = 0;
    let mut log = Vec::new();
    for step in 0..steps {
        // Mostly small steps, sometimes far past every hold, sometimes back: clocks are set.
        now += match random.random_range(0..10) {
            0 => 200,
            1 => -30,
            2 => 60,
            _ => random.random_range(0..20),
        };
        let who = random.random_range(0..3);
        let holder = HOLDERS[who];
        let action = random.random_range(0..8);
        log.push((now, who, action));
        let link = model.link.unwrap_or(LinkId(uuid::Uuid::new_v4()));
        let holds = model.record.is_none() && model.holder.is_some_and(|(by, _)| by == who);
        match action {
            0..=3 => {
                let asked = wanted(&key, holder, mailbox, now);
                let answer = store
                    .reserve(&tenant(), Kind::Email, &[asked])
                    .await
                    .unwrap()
                    .remove(0);
                let other_holds = model
                    .holder
                    .is_some_and(|(by, until)| by != who && until > now);
                let free = model.record.is_none() && !other_holds;
                assert_eq!(answer.mine, free, "seed {seed}, step {step}: {log:?}");
                if free {
                    model.holder = Some((who, now + 60));
                }
                model.link = Some(answer.row.id);
            }
            4 => {
                let done = completed(link, holder, &format!("E{step}"), now);
                store.complete(std::slice::from_ref(&done)).await.unwrap();
                if holds {
                    model.record = Some(done.record);
                }
            }
            5 | 6 => {
                store.release(link, holder, at(now)).await.unwrap();
                if holds {
                    model.holder = Some((who, now));
                }
            }
            _ => {
                store.abandon(link, holder).await.unwrap();
                if holds {
                    model = Model::default();
                }
            }
        }
        let rows = store
            .links_by_keys(&tenant(), Kind::Email, std::slice::from_ref(&key))
            .await
            .unwrap();
        assert!(rows.len() <= 1);
        assert_eq!(
            rows.first().map(|row| row.id),
            model.link,
            "seed {seed}, step {step}: {log:?}"
        );
        let row = rows.into_iter().next();
        let record = row.as_ref().and_then(|row| row.record.clone());
        assert_eq!(record, model.record, "seed {seed}, step {step}: {log:?}");
        if let Some(row) = row {
            let linked = row.state == LinkState::Linked;
            assert_eq!(linked, model.record.is_some());
            let holder = model.holder.filter(|_| !linked);
            assert_eq!(row.holder.as_deref(), holder.map(|(by, _)| HOLDERS[by]));
            assert_eq!(row.held_until, holder.map(|(_, until)| at(until)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_order_of_calls_gives_one_key_to_two_holders() {
    on_sqlite(|database| async move {
        let store = database.open().await;
        let mailbox = mailbox(&store, "erika").await.id;
        for seed in 0..60 {
            play(&store, mailbox, seed, 40).await;
        }
    })
    .await;
    on_postgres(|database| async move {
        let store = database.open().await;
        let mailbox = mailbox(&store, "erika").await.id;
        for seed in 0..60 {
            play(&store, mailbox, seed, 40).await;
        }
    })
    .await;
}
