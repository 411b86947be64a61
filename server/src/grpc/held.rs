//! What waits for a person: held plans and the two values of a conflict, as messages.

use std::{collections::HashMap, pin::Pin};

use futures::Stream;
use ssi_domain::{Kind, MailboxId};
use ssi_engine::{Engine, FieldDispute, Settle};
use ssi_proto::v1;
use ssi_store::HeldPlan;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::{convert, status};

/// Effects of a dry run that wait for a slow client; planning waits with them.
const WAITING: usize = 64;

/// The stream of `DryRun`.
pub type RehearsalStream = Pin<Box<dyn Stream<Item = Result<v1::DryRunResponse, Status>> + Send>>;

/// Streams a dry run while it is planned, its totals last; a client that goes away ends it.
pub(super) fn rehearse(engine: Engine, mailbox: MailboxId) -> RehearsalStream {
    let (client, stream) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        let (tell, mut told) = mpsc::channel(1);
        let pass_on = async {
            while let Some(effect) = told.recv().await {
                if client.send(Ok(convert::planned(effect))).await.is_err() {
                    // What is dropped here tells the planning that nobody listens.
                    break;
                }
            }
            drop(told);
        };
        let (shown, ()) = tokio::join!(engine.dry_run(mailbox, tell), pass_on);
        let last = shown.map(convert::totals).map_err(status::engine);
        // A client that is gone needs no totals.
        let _ = client.send(last).await;
    });
    Box::pin(ReceiverStream::new(stream))
}

/// A held plan as a card. What an older version wrote has no list.
pub(super) fn plan(held: HeldPlan) -> v1::HeldPlan {
    let listed = held.summary["effects"].as_array();
    let effects = listed.into_iter().flatten().map(effect);
    v1::HeldPlan {
        counts: counts(&held.summary),
        allowed_count: held.summary["allowed"].as_i64().unwrap_or_default(),
        effects: effects.collect(),
        create_time: Some(convert::time(held.created_at)),
        digest: held.digest,
    }
}

/// Deletions by class; what an older version wrote knows one class only.
fn counts(summary: &serde_json::Value) -> HashMap<String, i64> {
    let number = |value: &serde_json::Value| value.as_i64().unwrap_or_default();
    if let Some(counts) = summary["counts"].as_object() {
        let counts = counts.iter();
        return counts
            .map(|(class, count)| (class.clone(), number(count)))
            .collect();
    }
    let class = summary["class"].as_str().unwrap_or_default();
    HashMap::from([(class.to_owned(), number(&summary["wanted"]))])
}

fn effect(stored: &serde_json::Value) -> v1::PlannedEffect {
    let text = |name: &str| stored[name].as_str().unwrap_or_default().to_owned();
    let kind: Option<Kind> = text("kind").parse().ok();
    let record = kind.filter(|_| !text("record").is_empty()).map(|kind| {
        let id = ssi_domain::RecordId::new(text("record"));
        convert::record(&ssi_domain::RecordRef { kind, id }, None)
    });
    v1::PlannedEffect {
        class: text("class"),
        kind: kind
            .map(|kind| convert::kind(kind).into())
            .unwrap_or_default(),
        item_id: text("item"),
        record,
        fields: Vec::new(),
        trace: None,
    }
}

/// A field with both values.
pub(super) fn conflict(dispute: FieldDispute) -> v1::FieldConflict {
    let FieldDispute {
        field,
        mailbox,
        crm,
        taken,
        at,
    } = dispute;
    let taken = match taken {
        Settle::Mailbox => v1::Side::Mailbox,
        Settle::Crm => v1::Side::Crm,
        Settle::Current => v1::Side::Current,
    };
    v1::FieldConflict {
        field,
        mailbox_value: mailbox,
        crm_value: crm,
        taken: taken.into(),
        create_time: Some(convert::time(at)),
    }
}
