//! Dry runs, held plans and conflicts over gRPC, against the real program: who may, what is answered and in which
//! order, and clicks that are sent twice.

use futures::StreamExt as _;
use ssi_client::{
    Client, IdentityToken, name,
    v1::{
        ApproveHeldRequest, FieldChoice, HeldPlan, Issue, ListIssuesRequest, PlanSummary,
        PlannedEffect, ResumeSyncRequest, RetryIssueRequest, SettleIssueRequest, Side,
        SuspendSyncRequest, dry_run_response::Event, issue, mailbox_status::State,
        sync_service_client::SyncServiceClient,
    },
};
use ssi_sandbox::{crm::Value as CrmValue, exchange::Sending};
use ssi_tests::{
    db::{Database, on_both},
    given::{ANNA, BERND, Given},
    people::{Made, People, text},
    process::{ANNA_TOKEN, Process, until},
    served::{reason, served_at, signed},
};
use tonic::transport::Channel;

use super::plan::{cancelled, meeting};

const APPOINTMENTS: &str = "AppointmentCollection";

/// The program, the SDK and a client that says its own request ids.
struct Wire {
    process: Process,
    client: Client,
    raw: SyncServiceClient<Channel>,
}

impl Wire {
    async fn start(database: &Database, given: &Given) -> Self {
        let (process, address) = served_at(database, given, "").await;
        let client = Client::connect(&address).await.expect("connected");
        let token = IdentityToken::oidc(ANNA_TOKEN);
        client.sign_in(token).await.expect("signed in");
        let raw = SyncServiceClient::connect(address);
        Self {
            process,
            client,
            raw: raw.await.expect("connected"),
        }
    }

    /// Makes meetings that the program stores.
    async fn stored(&self, given: &Given, many: usize) -> Vec<Made> {
        let made: Vec<Made> = (0..many)
            .map(|_| given.make(ANNA, "calendar", meeting("Many"), Sending::NONE))
            .collect();
        self.session().await;
        until("they are stored", async || {
            given.records(APPOINTMENTS).len() == many && self.rests().await
        })
        .await;
        made
    }

    /// Has a session run soon.
    async fn session(&self) {
        let resumed = self.client.sync().resume(name::mailbox(ANNA)).await;
        resumed.expect("resumed");
    }

    /// Stops sessions, which the mail server's notifications would start.
    async fn pause(&self) {
        let paused = self.client.sync().suspend(name::mailbox(ANNA)).await;
        paused.expect("suspended");
        until("no session runs", async || self.rests().await).await;
    }

    async fn rests(&self) -> bool {
        let status = self.client.sync().status(name::mailbox(ANNA)).await;
        status.expect("a status").running_session.is_none()
    }

    async fn held(&self) -> Option<HeldPlan> {
        let status = self.client.sync().status(name::mailbox(ANNA)).await;
        status.expect("a status").held_plan
    }

    async fn issues(&self) -> Vec<Issue> {
        let listing = ListIssuesRequest {
            parent: name::mailbox(ANNA),
            ..Default::default()
        };
        self.client
            .sync()
            .issues(listing)
            .await
            .expect("listed")
            .items
    }

    /// A dry run: its effects, and the summary that ends it.
    async fn rehearsed(&self) -> (Vec<PlannedEffect>, PlanSummary) {
        let stream = self.client.sync().dry_run(name::mailbox(ANNA)).await;
        let events: Vec<_> = stream.expect("opened").collect().await;
        let mut effects = Vec::new();
        let mut summaries = Vec::new();
        for event in events {
            match event.expect("a message") {
                Event::Effect(effect) => {
                    assert!(summaries.is_empty(), "the summary comes last");
                    effects.push(*effect);
                }
                Event::Summary(summary) => summaries.push(summary),
            }
        }
        assert_eq!(summaries.len(), 1, "one summary");
        (effects, summaries.remove(0))
    }
}

fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn approve(digest: &str, request_id: &str) -> tonic::Request<ApproveHeldRequest> {
    signed(ApproveHeldRequest {
        name: name::mailbox(ANNA),
        digest: digest.to_owned(),
        request_id: request_id.to_owned(),
    })
}

/// Names of the records that effects are about.
fn records<'a>(effects: impl IntoIterator<Item = &'a PlannedEffect>) -> Vec<String> {
    let records = effects.into_iter().filter_map(|one| one.record.as_ref());
    let mut names: Vec<String> = records.map(|record| record.name.clone()).collect();
    names.sort();
    names
}

/// INV-7: told before a session is held for it, refused when it is another's or another plan, carried out exactly,
/// once for a click that is sent twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_held_plan_is_told_approved_and_carried_out_over_the_wire() {
    on_both(|database| async move {
        let given = Given::world().await;
        let mut wire = Wire::start(&database, &given).await;
        let sync = wire.client.sync();
        let foreign = sync.dry_run(name::mailbox(BERND)).await.err();
        let foreign = foreign.expect("refused");
        assert_eq!(foreign.reason(), Some("not_your_mailbox"));
        let foreign = sync.approve_held(name::mailbox(BERND), "00").await;
        assert_eq!(reason(foreign), "not_your_mailbox");
        let early = sync.approve_held(name::mailbox(ANNA), "00").await;
        assert_eq!(reason(early), "nothing_held");

        let made = wire.stored(&given, 12).await;
        wire.pause().await;
        made.iter().for_each(|made| given.discard(made));
        let before = given.writes();
        let (effects, summary) = wire.rehearsed().await;
        assert_eq!(given.writes(), before, "a dry run writes nothing");
        assert_eq!(summary.counts["cancel_record"], 12);
        assert!(summary.not_rehearsed.is_empty() && !summary.cut);
        assert!(!summary.held_digest.is_empty(), "told before it is held");
        assert!(wire.held().await.is_none());

        wire.session().await;
        until("it is held", async || wire.held().await.is_some()).await;
        let held = wire.held().await.expect("held");
        assert_eq!(held.digest, summary.held_digest);
        assert_eq!(records(&held.effects), records(&effects));

        // The world moves: what was shown is approved no more.
        let kept = given.records(APPOINTMENTS).remove(0);
        let edited = [("Subject", CrmValue::text("Edited"))];
        given.change(APPOINTMENTS, &kept, &edited);
        wire.session().await;
        until("it is held for less", async || {
            let held = wire.held().await;
            held.is_some_and(|held| held.digest != summary.held_digest)
        })
        .await;
        let click = id();
        let old = wire.raw.approve_held(approve(&summary.held_digest, &click));
        let old = ssi_client::Error::from(old.await.expect_err("refused"));
        assert_eq!(old.reason(), Some("held_plan_changed"));
        assert_eq!(cancelled(&given), 0);

        let held = wire.held().await.expect("held");
        // A click that was refused may be sent again under its id.
        let first = wire.raw.approve_held(approve(&held.digest, &click)).await;
        let first = first.expect("approved").into_inner();
        until("it is carried out", async || cancelled(&given) == 11).await;
        let stands = given.field(APPOINTMENTS, &kept, "LifeCycleStatusCode");
        assert_ne!(stands.as_deref(), Some("4"), "INV-6: what was edited stays");
        until("nothing is held", async || {
            wire.held().await.is_none() && wire.rests().await
        })
        .await;
        let again = wire.raw.approve_held(approve(&held.digest, &click)).await;
        assert_eq!(again.expect("the same click").into_inner(), first);
        let another = wire.raw.approve_held(approve(&held.digest, &id()));
        let another = ssi_client::Error::from(another.await.expect_err("refused"));
        assert_eq!(another.reason(), Some("nothing_held"));
        wire.process.kill().await;
    })
    .await;
}

/// INV-2, DSH-07: a conflict is settled by its owner only; a retry that is sent twice is answered the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_settled_over_the_wire() {
    on_both(|database| async move {
        let given = Given::world().await;
        let mut wire = Wire::start(&database, &given).await;
        let made = wire.stored(&given, 1).await.remove(0);
        wire.pause().await;
        let key = given.records(APPOINTMENTS).remove(0);
        given.edit(&made, |draft| {
            draft.properties.insert("Subject", text("From Outlook"));
            draft.properties.insert("Location", text("Outlook's room"));
        });
        let edited = [
            ("Subject", CrmValue::text("From the CRM")),
            ("Location", CrmValue::text("The CRM's room")),
        ];
        given.change(APPOINTMENTS, &key, &edited);
        wire.session().await;
        until("there is a conflict", async || {
            !wire.issues().await.is_empty() && wire.rests().await
        })
        .await;
        let issue = wire.issues().await.remove(0);
        assert_eq!(issue.conflicts.len(), 2, "{issue:?}");

        let settle = |name: String| SettleIssueRequest {
            name,
            side: Side::Crm.into(),
            choices: vec![FieldChoice {
                field: "location".into(),
                side: Side::Mailbox.into(),
            }],
            request_id: id(),
        };
        let sync = wire.client.sync();
        let foreign = issue.name.replace(ANNA, BERND);
        let refused = sync.settle_issue(settle(foreign.clone())).await;
        assert_eq!(reason(refused), "not_your_mailbox");
        let refused = sync.retry_issue(foreign).await;
        assert_eq!(reason(refused), "not_your_mailbox");
        let unknown = name::mailbox(ANNA) + "/issues/" + &id();
        let refused = sync.settle_issue(settle(unknown)).await;
        assert_eq!(reason(refused), "issue_not_found");

        let click = id();
        let retry = || {
            signed(RetryIssueRequest {
                name: issue.name.clone(),
                request_id: click.clone(),
            })
        };
        let first = wire.raw.retry_issue(retry()).await.expect("retried");
        let first = first.into_inner();
        let told = first.issue.as_ref().expect("the issue");
        assert_eq!(told.state(), issue::State::Retrying);
        until("it was tried", async || wire.rests().await).await;

        let request = settle(issue.name.clone());
        let settled = sync.settle_issue(request.clone()).await.expect("settled");
        assert_eq!(settled.state(), issue::State::Settled);
        let twice = sync.settle_issue(request).await.expect("settled");
        assert_eq!(twice, settled);
        let field = |name| given.field(APPOINTMENTS, &key, name).unwrap_or_default();
        let item = given.see(&made).expect("stands");
        assert_eq!(
            (field("Subject").as_str(), item.text("Subject")),
            ("From the CRM", "From the CRM")
        );
        assert_eq!(
            (field("Location").as_str(), item.text("Location")),
            ("Outlook's room", "Outlook's room")
        );
        let again = wire.raw.retry_issue(retry()).await.expect("the same click");
        assert_eq!(again.into_inner(), first);
        wire.process.kill().await;
    })
    .await;
}

/// DSH-07: a click that is sent again late undoes nothing that was done since.
#[tokio::test(flavor = "multi_thread")]
async fn suspending_and_resuming_count_once_per_click() {
    on_both(|database| async move {
        let given = Given::world().await;
        let mut wire = Wire::start(&database, &given).await;
        let (off, on) = (id(), id());
        let suspend = || {
            signed(SuspendSyncRequest {
                name: name::mailbox(ANNA),
                request_id: off.clone(),
            })
        };
        let resume = || {
            signed(ResumeSyncRequest {
                name: name::mailbox(ANNA),
                request_id: on.clone(),
            })
        };
        let suspended = wire.raw.suspend_sync(suspend()).await.expect("suspended");
        let suspended = suspended.into_inner();
        let status = suspended.mailbox_status.as_ref().expect("a status");
        assert_eq!(status.state(), State::Suspended);
        let resumed = wire.raw.resume_sync(resume()).await.expect("resumed");
        let resumed = resumed.into_inner();

        let again = wire
            .raw
            .suspend_sync(suspend())
            .await
            .expect("the same click");
        assert_eq!(again.into_inner(), suspended);
        let status = wire.client.sync().status(name::mailbox(ANNA)).await;
        assert_ne!(status.expect("a status").state(), State::Suspended);

        let other = wire.client.sync().suspend(name::mailbox(ANNA)).await;
        assert_eq!(other.expect("suspended").state(), State::Suspended);
        let again = wire
            .raw
            .resume_sync(resume())
            .await
            .expect("the same click");
        assert_eq!(again.into_inner(), resumed);
        let status = wire.client.sync().status(name::mailbox(ANNA)).await;
        assert_eq!(status.expect("a status").state(), State::Suspended);
        let bad = SuspendSyncRequest {
            name: name::mailbox(ANNA),
            request_id: "twice".into(),
        };
        let bad = wire
            .raw
            .suspend_sync(signed(bad))
            .await
            .expect_err("refused");
        assert_eq!(bad.code(), tonic::Code::InvalidArgument);
        wire.process.kill().await;
    })
    .await;
}
