//! The directory: who is found by what, and who no longer is.

use ssi_domain::{
    Cursor, Kind, RecordId, RecordRef, TenantId,
    autolink::Missing,
    directory::Party,
    port::{FoundBy, PartyHit},
};
use ssi_store::{FeedLease, Fenced, FillStep, NewFeedPage, Store};

use crate::{
    given::{at, tenant},
    harness::{Database, on_both},
};

const ALL: [Kind; 5] = ssi_domain::PARTY_KINDS;

fn record(kind: Kind, id: &str) -> RecordRef {
    RecordRef {
        kind,
        id: RecordId::new(id),
    }
}

pub(crate) fn party(kind: Kind, id: &str, name: &str, address: &str) -> Party {
    Party {
        record: record(kind, id),
        number: format!("10{id}"),
        name: name.into(),
        addresses: vec![address.into()],
        phones: vec!["+4962277".into()],
        company: "Gießerei Köln".into(),
        account: Some(record(Kind::Account, "A1")),
        domains: Vec::new(),
        created_at: Some(at(1)),
        changed_at: Some(at(2)),
        obsolete: false,
        hidden: false,
    }
}

fn names(hits: &[PartyHit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.name.as_str()).collect()
}

async fn found(store: &Store, text: &str) -> Vec<String> {
    found_of(store, &tenant(), &ALL, text).await
}

async fn found_of(store: &Store, tenant: &TenantId, kinds: &[Kind], text: &str) -> Vec<String> {
    let found = store.find_parties(tenant, kinds, text, 10).await.unwrap();
    found.hits.into_iter().map(|(_, hit)| hit.name).collect()
}

pub(crate) async fn by_address(store: &Store, address: &str) -> Vec<PartyHit> {
    store
        .parties_by_address(&tenant(), &[address.to_owned()])
        .await
        .unwrap()
}

/// SRCH-11: an exact word comes first however many newer parties merely begin with it, and one that many others
/// resemble by their letters is found all the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_best_match_is_found_however_old_it_is() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let mut all = vec![
            party(Kind::Contact, "1", "Ann Lee", "ann@old.example"),
            party(Kind::Contact, "2", "Markan Old", "markan@old.example"),
        ];
        all.extend((0..400).map(|at| {
            let (id, address) = (format!("n{at}"), format!("l{at}@new.example"));
            party(Kind::Contact, &id, &format!("Leeds Number{at}"), &address)
        }));
        // The letters of "marka" in a row of pieces, but in no word.
        all.extend((0..400).map(|at| {
            let (id, address) = (format!("m{at}"), format!("x{at}@new.example"));
            party(Kind::Contact, &id, "Mark Arka", &address)
        }));
        store.put_parties(&tenant(), &all).await.unwrap();

        let hits = found(&store, "lee").await;
        assert_eq!((hits.len(), hits[0].as_str()), (10, "Ann Lee"));
        assert_eq!(found(&store, "marka").await, ["Markan Old"]);
    })
    .await;
}

async fn lease(store: &Store, now: i64) -> FeedLease {
    let claimed = store
        .claim_feed(&tenant(), "n", at(now), at(now + 60))
        .await
        .unwrap();
    claimed.expect("nobody holds it")
}

/// A contact, a lead and their account; answers the contact.
async fn three(store: &Store) -> Party {
    let anna = party(Kind::Contact, "1", "Anna Schmidt", "a.nna@gmail.com");
    let bo = party(Kind::Lead, "2", "Bo Ek", "bo@mail.shop.co.uk");
    let mut shop = party(Kind::Account, "A1", "Shop Ltd", "office@shop.co.uk");
    shop.domains = vec!["www.other.example".into()];
    let all = [anna.clone(), bo, shop];
    store.put_parties(&tenant(), &all).await.unwrap();
    anna
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_is_found_by_address_domain_and_account() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let anna = three(&store).await;

        let hits = by_address(&store, "a.nna@gmail.com").await;
        assert_eq!(hits, [anna.hit("a.nna@gmail.com", FoundBy::Address)]);
        assert_eq!(
            names(&by_address(&store, "anna@gmail.com").await),
            ["Anna Schmidt"]
        );
        assert_eq!(by_address(&store, "nobody@gmail.com").await, []);
        let missing = Missing {
            keys: vec!["bo@mail.shop.co.uk".into()],
            domains: ["shop.co.uk", "gmail.com", "other.example"]
                .map(str::to_owned)
                .into(),
        };
        let known = store.candidates(&tenant(), &ALL, &missing).await.unwrap();
        let by_domain = known.by_domain.iter();
        let by_domain = by_domain.map(|(key, one)| (key.as_str(), one.name.as_str()));
        assert_eq!(
            by_domain.collect::<Vec<_>>(),
            [("shop.co.uk", "Shop Ltd"), ("other.example", "Shop Ltd")],
            "by either domain, none by a public one"
        );
        assert_eq!(known.by_key.len(), 1);
        let own: Vec<&str> = known.accounts.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(own, ["Shop Ltd"], "whom the lead belongs to");
        let alone = Missing {
            domains: vec!["gmail.com".into()],
            ..missing.clone()
        };
        let known_alone = store.candidates(&tenant(), &ALL, &alone).await.unwrap();
        assert_eq!(known_alone.by_domain, []);
        assert_eq!(
            known_alone.accounts, known.accounts,
            "asked for by no domain"
        );
        let people = [Kind::Contact, Kind::Lead];
        let known = store
            .candidates(&tenant(), &people, &missing)
            .await
            .unwrap();
        assert_eq!(
            (
                known.by_key.len(),
                known.by_domain.len(),
                known.accounts.len()
            ),
            (1, 0, 0)
        );
        let account = record(Kind::Account, "A1");
        let accounts = store.accounts_by_ids(&tenant(), &[account]).await.unwrap();
        assert_eq!(names(&accounts), ["Shop Ltd"]);
    })
    .await;
}

/// LNK-05: an address on many records takes no room from others, and texts that nothing is filed under find nothing.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_under_one_key_those_that_changed_last_are_known() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let many = |kind, count: usize| {
            let id = move |at| format!("{}{at}", if kind == Kind::Account { "A" } else { "C" });
            (0..count).map(move |at| party(kind, &id(at), &id(at), "info@many.example"))
        };
        let mut all: Vec<Party> = many(Kind::Contact, 60).collect();
        all.extend(many(Kind::Account, 30));
        all.push(party(Kind::Contact, "one", "One", "one@other.example"));
        store.put_parties(&tenant(), &all).await.unwrap();

        let odd = ["", "a\u{1f}one@other.example", "o'\"]\\@x.example", "{,}"];
        let asked = |one: &[&str]| {
            one.iter()
                .chain(&odd)
                .map(|text| (*text).to_owned())
                .collect()
        };
        let missing = Missing {
            keys: asked(&["info@many.example", "one@other.example"]),
            domains: asked(&["many.example"]),
        };
        let known = store.candidates(&tenant(), &ALL, &missing).await.unwrap();
        let keys: Vec<&str> = known
            .by_key
            .iter()
            .map(|(_, one)| one.name.as_str())
            .collect();
        assert_eq!(
            (keys.len(), keys[0], keys[49], keys[50]),
            (51, "A29", "C40", "One")
        );
        let accounts: Vec<&str> = known
            .by_domain
            .iter()
            .map(|(_, one)| one.name.as_str())
            .collect();
        assert_eq!(
            (accounts.len(), accounts[0], accounts[19]),
            (20, "A29", "A10")
        );

        let nobody = Missing {
            keys: asked(&[]),
            domains: Vec::new(),
        };
        let known = store.candidates(&tenant(), &ALL, &nobody).await.unwrap();
        assert_eq!(known, ssi_store::Known::default());
    })
    .await;
}

/// A connection that the database ended is not kept: what fails by it works when it is tried again.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_ended_are_replaced() {
    on_both(|database: Database| async move {
        if !database.is_postgres() {
            return;
        }
        let store = database.open().await;
        three(&store).await;
        assert_eq!(found(&store, "schmidt").await, ["Anna Schmidt"]);
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        database.raw().await.run(end).await.unwrap();

        let mut failed = 0;
        let found = loop {
            match store.find_parties(&tenant(), &ALL, "schmidt", 10).await {
                Ok(found) => break found,
                Err(_) => failed += 1,
            }
            assert!(failed < 20, "no more than there were connections");
        };

        assert_eq!(found.hits.len(), 1);
        // More at once than there are connections of either kind.
        let many: Vec<_> = (0..40)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { self::found(&store, "schmidt").await })
            })
            .collect();
        for one in many {
            assert_eq!(one.await.unwrap(), ["Anna Schmidt"]);
        }
    })
    .await;
}

/// SRCH-11
#[tokio::test(flavor = "multi_thread")]
async fn a_party_is_found_by_text() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        three(&store).await;

        assert_eq!(found(&store, "SCHM anna").await, ["Anna Schmidt"]);
        assert_eq!(found(&store, "midt").await, ["Anna Schmidt"]);
        assert_eq!(
            found(&store, "schmitd").await,
            ["Anna Schmidt"],
            "one error in six letters"
        );
        assert_eq!(found(&store, "101").await, ["Anna Schmidt"]);
        assert_eq!(found(&store, "giesserei").await.len(), 3);
        assert_eq!(
            found(&store, "").await,
            ["Shop Ltd", "Bo Ek", "Anna Schmidt"],
            "last changed first"
        );
        for nothing in ["***", "%_", "zzz", "anna ek"] {
            assert_eq!(
                found(&store, nothing).await,
                Vec::<String>::new(),
                "{nothing}"
            );
        }
        let leads = found_of(&store, &tenant(), &[Kind::Lead], "koln").await;
        assert_eq!(leads, ["Bo Ek"]);
        let recent = found_of(&store, &tenant(), &[Kind::Lead, Kind::Contact], " ").await;
        assert_eq!(recent, ["Bo Ek", "Anna Schmidt"]);
        let tenant = tenant();
        let same = store.parties_named(&tenant, Kind::Contact, "ANNA Schmidt", "giesserei koln");
        assert_eq!(names(&same.await.unwrap()), ["Anna Schmidt"]);
        let same = store.parties_named(&tenant, Kind::Contact, "Anna Schmidt", "Other");
        assert_eq!(same.await.unwrap(), []);
        let other = ssi_domain::TenantId::new("other");
        assert_eq!(
            found_of(&store, &other, &ALL, "anna").await,
            Vec::<String>::new()
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_is_found_as_it_is_now_only() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let before = party(Kind::Contact, "1", "Anna Schmidt", "anna@old.example");
        let other = party(Kind::Contact, "2", "Otto Neu", "otto@new.example");
        store
            .put_parties(&tenant(), &[before.clone(), other])
            .await
            .unwrap();
        let after = Party {
            name: "Anna Meier".into(),
            addresses: vec!["anna@new.example".into()],
            ..before.clone()
        };
        store
            .put_parties(&tenant(), &[before.clone(), after.clone()])
            .await
            .unwrap();
        assert_eq!(by_address(&store, "anna@old.example").await, []);
        assert_eq!(
            names(&by_address(&store, "anna@new.example").await),
            ["Anna Meier"]
        );
        assert_eq!(found(&store, "schmidt").await, Vec::<String>::new());
        assert_eq!(found(&store, "").await, ["Anna Meier", "Otto Neu"]);
        // Told again, it costs nothing and stays where it is.
        let raw = database.raw().await;
        let slots = raw.number("SELECT next_slot FROM directory").await;
        store
            .put_parties(&tenant(), std::slice::from_ref(&after))
            .await
            .unwrap();
        assert_eq!(raw.number("SELECT next_slot FROM directory").await, slots);

        let obsolete = Party {
            obsolete: true,
            ..after.clone()
        };
        store.put_parties(&tenant(), &[obsolete]).await.unwrap();
        assert_eq!(found(&store, "meier").await, Vec::<String>::new());
        assert!(by_address(&store, "anna@new.example").await[0].obsolete);
        let hidden = Party {
            hidden: true,
            ..after.clone()
        };
        store.put_parties(&tenant(), &[hidden]).await.unwrap();
        assert_eq!(found(&store, "meier").await, Vec::<String>::new());
        assert!(!by_address(&store, "anna@new.example").await[0].obsolete);

        store
            .put_parties(&tenant(), std::slice::from_ref(&after))
            .await
            .unwrap();
        assert_eq!(found(&store, "meier").await, ["Anna Meier"]);
        for record in [&after.record, &record(Kind::Contact, "2")] {
            assert!(store.drop_party(&tenant(), record).await.unwrap());
            assert!(!store.drop_party(&tenant(), record).await.unwrap());
        }
        for table in ["party", "party_posting"] {
            let left = raw.number(&format!("SELECT COUNT(*) FROM {table}")).await;
            assert_eq!(left, 0, "{table}");
        }
    })
    .await;
}

/// INV-8: parties, progress and cursor stand or fall together.
#[tokio::test(flavor = "multi_thread")]
async fn filling_goes_on_where_the_last_page_was_stored() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let held = lease(&store, 0).await;
        let page = |first, last, number: usize| NewFeedPage {
            kind: Kind::Contact,
            cursor: Some(Cursor::new(format!("c{number}"))),
            rows: Vec::new(),
            parties: (0..700)
                .map(|n| {
                    let id = format!("{}", number * 1_000 + n);
                    party(
                        Kind::Contact,
                        &id,
                        &format!("Name{id} Gemeinsam"),
                        &format!("p{id}@x.example"),
                    )
                })
                .collect(),
            fill: Some(FillStep {
                first,
                seen: 700,
                total: first.then_some(1_400),
                last,
            }),
        };
        assert_eq!(
            store
                .file_page(&tenant(), &held, page(true, false, 1), at(1))
                .await
                .unwrap(),
            Fenced::Kept
        );
        let state = store.directory_state(&tenant()).await.unwrap();
        assert_eq!(
            (state[0].seen, state[0].total, state[0].filled_at),
            (700, Some(1_400), None)
        );

        // Another node took over: nothing of a late page is kept.
        let newer = lease(&store, 100).await;
        assert_eq!(
            store
                .file_page(&tenant(), &held, page(false, true, 2), at(101))
                .await
                .unwrap(),
            Fenced::Lost
        );
        let again = database.open().await;
        assert_eq!(again.directory_state(&tenant()).await.unwrap(), state);
        assert_eq!(
            again.feed_cursors(&tenant()).await.unwrap()[0].1,
            Cursor::new("c1")
        );
        assert_eq!(by_address(&again, "p2001@x.example").await, []);

        assert_eq!(
            again
                .file_page(&tenant(), &newer, page(false, true, 2), at(102))
                .await
                .unwrap(),
            Fenced::Kept
        );
        let state = again.directory_state(&tenant()).await.unwrap();
        assert_eq!((state[0].seen, state[0].filled_at), (1_400, Some(at(102))));
        assert_eq!(
            found(&again, "name2001 gemein").await,
            ["Name2001 Gemeinsam"]
        );
        assert_eq!(found(&again, "gemeinsam").await.len(), 10);

        again.drop_directory(&tenant()).await.unwrap();
        assert_eq!(again.directory_state(&tenant()).await.unwrap(), []);
        assert_eq!(again.feed_cursors(&tenant()).await.unwrap(), []);
        assert_eq!(found(&again, "gemeinsam").await, Vec::<String>::new());
    })
    .await;
}
