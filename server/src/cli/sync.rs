//! `ssi sync MAILBOX --once`: one session, and a line about each mail.
//!
//! JSON lines. Per item: `item` (the id by which it was listed), `file` (its Message-ID, else the id),
//! `decision`, `reason`, `record` (the record's id or null), `links`, `trace`. Last line: totals, and
//! `error` when the session could not look at everything.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use ssi_domain::participant;
use ssi_engine::{Cause, Down, Engine, Error, ItemEvent, SessionEnd, SessionEvent, SessionReport};
use ssi_store::Origin;
use tokio::sync::{broadcast, mpsc};

use crate::{
    config::Config,
    print,
    run::{self, Wired},
};

/// How the lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Text,
}

pub(super) async fn run(
    mut config: Config,
    mailbox: &str,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let wanted = participant::normalize(mailbox).unwrap_or_else(|| mailbox.to_lowercase());
    let is_it =
        |address: &str| participant::normalize(address).is_some_and(|known| known == wanted);
    let Some(at) = config.mailboxes.iter().position(|one| is_it(&one.address)) else {
        bail!("{mailbox} is not one of [[mailboxes]] in the configuration");
    };
    // A name of its own: a server that runs under the node's name keeps its leases.
    config.node = format!("{}-once-{at}", config.node);
    let wired = run::wire(&Arc::new(config)).await?;
    let Wired {
        engine, mailboxes, ..
    } = &wired;
    let id = *mailboxes
        .get(at)
        .context("the mailbox is not known to the database")?;
    let (tell, mut heard) = mpsc::unbounded_channel();
    let listening = tokio::spawn(listen(engine.watch(id), tell));
    let session = tokio::spawn(session(engine.clone(), id));
    let mut printed = Ok(());
    while let Some(event) = heard.recv().await {
        if printed.is_ok() {
            printed = print(&item_line(&event, format));
        }
    }
    let missed = listening.await?;
    let report = match session.await? {
        Err(Error::Busy { .. }) => {
            bail!("a session of this mailbox is running elsewhere; try again later")
        }
        other => other?,
    };
    printed?;
    print(&last_line(&report, format))?;
    engine.store().close().await;
    if missed > 0 {
        bail!("{missed} lines were lost; the totals are right");
    }
    Ok(match report.end {
        SessionEnd::Done => ExitCode::SUCCESS,
        SessionEnd::Failed { .. } | SessionEnd::Interrupted => ExitCode::FAILURE,
    })
}

async fn session(engine: Engine, id: ssi_domain::MailboxId) -> Result<SessionReport, Error> {
    // What changed in the CRM comes down in the same run. A CRM that cannot be asked is the session's to say.
    if let Ok(Some(row)) = engine.store().mailbox(id).await
        && let Err(error) = engine.feed(&row.tenant, true).await
    {
        tracing::warn!(%error, "the changes of the CRM could not be read");
    }
    let result = engine.run_once(id, Cause::Once).await;
    // The last engine but ours: its watchers' channel closes when nothing can be said any more.
    drop(engine);
    result
}

/// Takes events off the session's bounded backlog at once, however slowly lines are printed. Answers how
/// many were missed.
async fn listen(
    mut events: broadcast::Receiver<SessionEvent>,
    tell: mpsc::UnboundedSender<ItemEvent>,
) -> u64 {
    let mut missed = 0;
    loop {
        match events.recv().await {
            Ok(SessionEvent::Item { event, .. }) => {
                // The other end is gone only when the program ends.
                let _ = tell.send(event);
            }
            Ok(SessionEvent::Started { .. } | SessionEvent::Progress { .. }) => {}
            Ok(SessionEvent::Ended(_)) => return missed,
            Err(broadcast::error::RecvError::Lagged(count)) => missed += count,
            Err(broadcast::error::RecvError::Closed) => return missed,
        }
    }
}

fn item_line(event: &ItemEvent, format: Format) -> String {
    let file = event.message_id.as_deref().unwrap_or(event.item.as_str());
    let record = event.record.as_ref().map(|record| record.id.as_str());
    if format == Format::Text {
        let links: Vec<String> = event
            .links
            .iter()
            .map(|link| format!("{} {}", link.record.kind, link.record.id))
            .collect();
        let mut line = format!("{:<9} {:<26} {file}", event.decision.name(), event.reason);
        if let Some(record) = record {
            line.push_str(&format!(" -> {record}"));
        }
        if !links.is_empty() {
            line.push_str(&format!(" [{}]", links.join(", ")));
        }
        line.push('\n');
        return line;
    }
    let links: Vec<Value> = event
        .links
        .iter()
        .map(|link| {
            let origin = match link.origin {
                Origin::Auto => "auto",
                Origin::Hand => "hand",
            };
            json!({ "kind": link.record.kind, "id": link.record.id, "origin": origin })
        })
        .collect();
    let line = json!({
        "file": file,
        "item": event.item,
        "kind": event.kind,
        "decision": event.decision.name(),
        "reason": event.reason,
        "record": record,
        "links": links,
        "trace": event.trace,
    });
    format!("{line}\n")
}

fn last_line(report: &SessionReport, format: Format) -> String {
    let counts = &report.counts;
    let error = match &report.end {
        SessionEnd::Done => None,
        SessionEnd::Failed { code, detail, .. } => Some((code.as_str(), detail.as_str())),
        SessionEnd::Interrupted => Some(("interrupted", "another node took over; run it again")),
    };
    if format == Format::Text {
        let mut text = format!(
            "{} saved, {} updated, {} removed, {} skipped, {} failed, {} duplicates, {} deferred; {} remote calls, \
             {} writes\n",
            counts.saved,
            counts.updated,
            counts.removed,
            counts.skipped,
            counts.failed,
            counts.duplicates,
            counts.deferred,
            counts.remote_calls,
            counts.writes,
        );
        for down in &report.down {
            text.push_str(&down_line(down));
        }
        for note in &report.notes {
            text.push_str(&format!(
                "note ({}): {}\n",
                note.code.as_str(),
                note.message
            ));
        }
        if let Some((code, detail)) = error {
            text.push_str(&format!("the session stopped early ({code}): {detail}\n"));
        }
        return text;
    }
    let mut line = json!({
        "saved": counts.saved,
        "updated": counts.updated,
        "removed": counts.removed,
        "skipped": counts.skipped,
        "failed": counts.failed,
        "duplicates": counts.duplicates,
        "deferred": counts.deferred,
        "remote_calls": counts.remote_calls,
        "writes": counts.writes,
    });
    line["down"] = report.down.iter().map(down_json).collect();
    let notes = report.notes.iter();
    line["notes"] = notes
        .map(|note| json!({ "code": note.code.as_str(), "message": note.message }))
        .collect();
    if let Some((code, detail)) = error {
        line["error"] = json!(code);
        line["message"] = json!(detail);
    }
    format!("{line}\n")
}

/// What comes down of a kind and what does not, for people.
fn down_line(down: &Down) -> String {
    let all = down
        .in_crm
        .map_or_else(|| "?".to_owned(), |count| count.to_string());
    let mut line = format!(
        "{}: {all} in the CRM, {} mirrored, {} left out by filter, {} by limit",
        down.kind, down.mirrored, down.by_filter, down.by_limit
    );
    if down.kept > 0 {
        line.push_str(&format!(
            "; {} kept that the filter would not let in today",
            down.kept
        ));
    }
    if down.waiting > 0 {
        line.push_str(&format!("; {} waiting", down.waiting));
    }
    line.push('\n');
    line
}

fn down_json(down: &Down) -> Value {
    json!({
        "kind": down.kind,
        "in_crm": down.in_crm,
        "mirrored": down.mirrored,
        "left_by_filter": down.by_filter,
        "left_by_limit": down.by_limit,
        "kept": down.kept,
        "waiting": down.waiting,
    })
}
