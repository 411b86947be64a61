//! What a process knows by heart of the directory, while others change it.

use ssi_domain::{Kind, directory::Party};
use ssi_store::Store;

use crate::{
    directory::{by_address, party},
    given::tenant,
    harness::{Database, on_both},
};

/// What one process knows by heart is of the directory as it is, whoever changed it meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_changed_is_known_at_once() {
    on_both(|database: Database| async move {
        let (here, there) = (database.open().await, database.open().await);
        let who = |store: Store, address: &'static str| async move {
            let hits = by_address(&store, address).await;
            hits.into_iter().map(|hit| hit.name).collect::<Vec<_>>()
        };
        assert_eq!(
            who(here.clone(), "ann@a.example").await,
            Vec::<String>::new()
        );
        let ann = party(Kind::Contact, "1", "Ann", "ann@a.example");
        there
            .put_parties(&tenant(), std::slice::from_ref(&ann))
            .await
            .unwrap();
        assert_eq!(who(here.clone(), "ann@a.example").await, ["Ann"]);

        // Far more than are read beside those asked for.
        let many = |name: &'static str| {
            let one = move |at| {
                party(
                    Kind::Lead,
                    &format!("m{at}"),
                    name,
                    &format!("m{at}@m.example"),
                )
            };
            (0..6_000).map(one).collect::<Vec<Party>>()
        };
        there.put_parties(&tenant(), &many("Before")).await.unwrap();
        assert_eq!(who(here.clone(), "m5999@m.example").await, ["Before"]);
        there.put_parties(&tenant(), &many("After")).await.unwrap();
        assert_eq!(who(here.clone(), "m0@m.example").await, ["After"]);

        let moved = Party {
            addresses: vec!["ann@b.example".into()],
            ..ann.clone()
        };
        there.put_parties(&tenant(), &[moved]).await.unwrap();
        assert_eq!(
            who(here.clone(), "ann@a.example").await,
            Vec::<String>::new()
        );
        assert_eq!(who(here.clone(), "ann@b.example").await, ["Ann"]);
        there.drop_party(&tenant(), &ann.record).await.unwrap();
        assert_eq!(
            who(here.clone(), "ann@b.example").await,
            Vec::<String>::new()
        );

        // Dropped and filled again beyond what was known, at the very slots of others.
        there.drop_directory(&tenant()).await.unwrap();
        let mut again = many("Again");
        again.extend(many("Once more"));
        again.reverse();
        there.put_parties(&tenant(), &again).await.unwrap();
        there.put_parties(&tenant(), &many("Last")).await.unwrap();
        there
            .put_parties(&tenant(), &many("Very last"))
            .await
            .unwrap();
        assert_eq!(who(here.clone(), "m17@m.example").await, ["Very last"]);

        // A database that was put back to what it was: slots that are known do not exist any more.
        let raw = database.raw().await;
        for text in [
            "DELETE FROM party",
            "DELETE FROM party_posting",
            "UPDATE directory SET next_slot = 0",
        ] {
            raw.run(text).await.unwrap();
        }
        there
            .put_parties(&tenant(), std::slice::from_ref(&ann))
            .await
            .unwrap();
        assert_eq!(who(here.clone(), "ann@a.example").await, ["Ann"]);
        assert_eq!(
            who(here.clone(), "m17@m.example").await,
            Vec::<String>::new()
        );
        assert_eq!(who(database.open().await, "ann@a.example").await, ["Ann"]);
    })
    .await;
}

/// While one process writes, everybody finds what was committed before the question, and nobody who has left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_ask_while_one_writes() {
    on_both(|database: Database| async move {
        let (writer, reader) = (database.open().await, database.open().await);
        let written = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let address = |round: usize| format!("r{round}@x.example");
        let asks = (0..4).map(|_| {
            let (reader, written) = (reader.clone(), written.clone());
            tokio::spawn(async move {
                loop {
                    let before = written.load(std::sync::atomic::Ordering::SeqCst);
                    let asked = [address(before), "one@x.example".to_owned()];
                    let hits = reader.parties_by_address(&tenant(), &asked).await.unwrap();
                    if before > 0 {
                        let own = hits.iter().filter(|hit| hit.address == asked[0]).count();
                        assert_eq!(own, 1, "who came before the question");
                        let mover = hits.iter().filter(|hit| hit.address == asked[1]).count();
                        assert_eq!(mover, 1, "who changes all the time stands there once");
                    }
                    if before == 60 {
                        return;
                    }
                }
            })
        });
        let asks: Vec<_> = asks.collect();
        for round in 1..=60 {
            let mut parties: Vec<Party> = (0..if round % 10 == 0 { 600 } else { 3 })
                .map(|at| {
                    let id = format!("{round}-{at}");
                    party(Kind::Lead, &id, &id, &format!("other{id}@x.example"))
                })
                .collect();
            parties.push(party(
                Kind::Contact,
                &format!("r{round}"),
                "R",
                &address(round),
            ));
            parties.push(party(
                Kind::Contact,
                "one",
                &format!("One {round}"),
                "one@x.example",
            ));
            writer.put_parties(&tenant(), &parties).await.unwrap();
            written.store(round, std::sync::atomic::Ordering::SeqCst);
        }
        for ask in asks {
            ask.await.unwrap();
        }
    })
    .await;
}
