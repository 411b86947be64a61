//! Events, links, conflicts and holds over gRPC, through the SDK and the real program.

use ssi_client::{
    name,
    v1::{
        ComposedEvent, ListIssuesRequest, RecordKind, SaveEventRequest, UpdateLinksRequest,
        wish::State,
    },
};
use ssi_sandbox::{company::PartyKind, exchange::Sending};
use ssi_tests::{
    calm::tomorrow,
    db::on_both,
    given::{ANNA, BERND, Given},
    people::{People, event},
    process::until,
    served::{reason, served},
};

/// X1, LNK-01, INV-1
#[tokio::test(flavor = "multi_thread")]
async fn an_add_in_saves_links_and_queues_events() {
    on_both(|database| async move {
        let given = Given::world().await;
        let (process, client) = served(&database, &given).await;
        let draft = event("Wire", &tomorrow(9), &tomorrow(10));
        let made = given.make(ANNA, "calendar", draft, Sending::NONE);
        let request = SaveEventRequest {
            mailbox: name::mailbox(ANNA),
            item_id: given.id_of(&made),
            kind: RecordKind::Visit.into(),
            ..Default::default()
        };
        let add_in = client.add_in();
        let saved = add_in.save_event(request.clone()).await.expect("saved");
        assert!(!saved.already_saved && saved.queued.is_none());
        let record = saved.record.expect("a record");
        let again = add_in.save_event(request.clone()).await.expect("saved");
        assert!(again.already_saved);
        assert_eq!(again.record.expect("a record").name, record.name);

        let account = given.party(PartyKind::Account, "info@other.example", "Other Ltd");
        let account = name::record(RecordKind::Account, &account);
        let links = |added: &[&String], removed: &[&String]| UpdateLinksRequest {
            mailbox: name::mailbox(ANNA),
            item_id: given.id_of(&made),
            added_records: added.iter().map(|name| (*name).clone()).collect(),
            removed_records: removed.iter().map(|name| (*name).clone()).collect(),
            ..Default::default()
        };
        let added = add_in.update_links(links(&[&account], &[])).await;
        let added = added.expect("linked").links;
        let names: Vec<_> = added.iter().flat_map(|link| &link.record).collect();
        assert_eq!(names.len(), 1);
        assert_eq!(names[0].name, account);
        let removed = add_in.update_links(links(&[], &[&account])).await;
        assert!(removed.expect("unlinked").links.is_empty());

        let composed = SaveEventRequest {
            item_id: String::new(),
            composed_event: Some(ComposedEvent {
                subject: "Later".into(),
                start_time: Some(prost_types::Timestamp {
                    seconds: tomorrow(14)
                        .parse::<jiff::Timestamp>()
                        .expect("a time")
                        .as_second(),
                    nanos: 0,
                }),
                ..Default::default()
            }),
            ..request.clone()
        };
        let wish = add_in.save_event(composed).await.expect("taken").queued;
        let wish = wish.expect("queued");
        assert_eq!(wish.state(), State::Pending);
        let draft = event("Later", &tomorrow(14), &tomorrow(15));
        given.make(ANNA, "calendar", draft, Sending::NONE);
        client
            .sync()
            .force(name::mailbox(ANNA))
            .await
            .expect("forced");
        until("a session fulfils the wish", async || {
            let wish = add_in.wish(wish.name.clone()).await.expect("read");
            wish.state() == State::Saved
        })
        .await;
        assert_eq!(given.records("VisitCollection").len(), 2);

        let theirs = SaveEventRequest {
            mailbox: name::mailbox(BERND),
            ..request.clone()
        };
        assert_eq!(reason(add_in.save_event(theirs).await), "not_your_mailbox");
        let theirs = UpdateLinksRequest {
            mailbox: name::mailbox(BERND),
            ..links(&[&account], &[])
        };
        assert_eq!(
            reason(add_in.update_links(theirs).await),
            "not_your_mailbox"
        );
        let unnamed = SaveEventRequest {
            item_id: String::new(),
            ..request.clone()
        };
        assert_eq!(reason(add_in.save_event(unnamed).await), "invalid_field");
        let listing = ListIssuesRequest {
            parent: name::mailbox(BERND),
            ..Default::default()
        };
        assert_eq!(
            reason(client.sync().issues(listing).await),
            "not_your_mailbox"
        );
        process.kill().await;
    })
    .await;
}
