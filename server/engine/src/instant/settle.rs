//! Settling what both sides changed: the person says whose value stands (INV-2).

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use ssi_domain::{IssueId, MailboxId, ReasonCode, Value, mapping::convert::meaning};
use ssi_store::{Conflict, IssueRow, MirrorRow, MirrorState, TraceRow};

use crate::{
    Decision, Engine, Error,
    transfer::mirror::{Back, End, Look, Mode},
};

/// Conflicts of one pair that are looked at; a field that collided more often is settled again.
const MOST_CONFLICTS: usize = 1_000;

/// Whose value shall stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// The mailbox's.
    Mailbox,
    /// The CRM's.
    Crm,
    /// What stands on both sides now.
    Current,
}

/// How to settle an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettleIssue {
    /// AIP-155: repeating the id returns the first answer.
    pub request_id: Option<String>,
    /// Who asks, as the request id's scope.
    pub caller: String,
    /// For all fields without a choice of their own.
    pub side: Settle,
    /// Choices for single fields.
    pub choices: HashMap<String, Settle>,
}

/// A field that both sides changed, with both values for a person to read.
#[derive(Clone, PartialEq, Eq)]
pub struct FieldDispute {
    /// The field.
    pub field: String,
    /// The mailbox's value as text.
    pub mailbox: String,
    /// The CRM's value as text.
    pub crm: String,
    /// Whose was taken.
    pub taken: Settle,
    /// When both were met.
    pub at: Timestamp,
}

impl Engine {
    /// The fields that both sides of an issue's pair changed and nobody settled; of each the newest.
    pub async fn disputes(&self, issue: &IssueRow) -> Result<Vec<FieldDispute>, Error> {
        let (_, newest) = self.open_conflicts(issue).await?;
        Ok(newest.into_iter().map(dispute).collect())
    }

    /// Settles an issue. Values that lost and are chosen are put back on the side they came from and carried over
    /// to the other; an issue without conflicts is closed as it stands. Settling what is settled changes nothing.
    ///
    /// # Errors
    /// `Stale` when a field holds neither of the two values by now.
    pub async fn settle_issue(
        &self,
        mailbox: MailboxId,
        issue: IssueId,
        settle: SettleIssue,
    ) -> Result<(), Error> {
        let found = self.parts.store.issue(issue).await?;
        let found = found.filter(|row| row.mailbox == mailbox);
        let issue = found.ok_or(Error::NotFound { what: "issue" })?;
        let SettleIssue {
            request_id,
            caller,
            side,
            choices,
        } = settle;
        self.once(&caller, "SettleIssue", request_id, async {
            let engine = self.clone();
            // A task of its own: a caller who hangs up leaves no half of the change.
            let work = tokio::spawn(async move { engine.settle_now(&issue, side, &choices).await });
            work.await.map_err(|_| Error::NotFound { what: "issue" })?
        })
        .await
    }

    async fn settle_now(
        &self,
        issue: &IssueRow,
        side: Settle,
        choices: &HashMap<String, Settle>,
    ) -> Result<(), Error> {
        let (row, newest) = self.open_conflicts(issue).await?;
        let known = |field: &String| newest.iter().any(|one| one.field == *field);
        // A repeated call finds nothing open any more.
        if !newest.is_empty() && !choices.keys().all(known) {
            return Err(Error::Invalid {
                field: "choices",
                why: "one of the fields has no conflict in this issue".into(),
            });
        }
        let mut back = Back::default();
        for one in &newest {
            let chosen = choices.get(&one.field).copied().unwrap_or(side);
            match chosen {
                Settle::Mailbox if taken(one) != Settle::Mailbox => {
                    Back::note(&mut back.mail, &one.field, &one.mail_value);
                }
                Settle::Crm if taken(one) != Settle::Crm => {
                    Back::note(&mut back.crm, &one.field, &one.crm_value);
                }
                _ => {}
            }
        }
        let store = &self.parts.store;
        if let Some(row) = &row {
            let moves = back.mail.iter().next().is_some() || back.crm.iter().next().is_some();
            if moves {
                self.put_back_and_mirror(row, back).await?;
            }
            for one in store
                .conflicts_of(row.mailbox, row.link, MOST_CONFLICTS)
                .await?
            {
                // What collided only now was not asked about.
                let seen = newest
                    .iter()
                    .any(|old| old.field == one.field && old.at >= one.at);
                if seen {
                    store.settle_conflict(row.mailbox, one.id).await?;
                }
            }
        }
        let now = self.parts.clock.now();
        store
            .settle_issue(issue.mailbox, &issue.item_id, now)
            .await?;
        Ok(())
    }

    async fn put_back_and_mirror(&self, row: &MirrorRow, back: Back) -> Result<(), Error> {
        let mut open = self.open_instant(row.mailbox).await?;
        open.transfer.put_back(row, back).await?;
        let look = Look {
            item: Some(row.item.clone()),
            ..Look::default()
        };
        let now = self.parts.clock.now();
        let collections = open.collections.clone();
        let done = open
            .transfer
            .mirror(vec![look], &collections, Mode::Run, now)
            .await?;
        let Some(mirrored) = done.into_iter().next() else {
            return Ok(());
        };
        match &mirrored.end {
            End::Failed(error) => return Err(error.clone().into()),
            End::Unfit(unfit) => {
                return Err(Error::NothingToSave {
                    code: unfit.code,
                    trace: mirrored.trace,
                });
            }
            End::Later => {
                // The value stands on its own side; the session woken now carries it over.
                self.wake_up(row.mailbox).await?;
                return Err(Error::Busy {
                    retry_after: SignedDuration::from_secs(30),
                });
            }
            _ => {}
        }
        let trace = TraceRow {
            mailbox: row.mailbox,
            item_id: row.item.clone(),
            identity_key: Some(row.identity_key.clone()),
            decision: Decision::Saved.name().to_owned(),
            reason: ReasonCode::BothChanged.as_str().to_owned(),
            steps: mirrored.trace,
            session: None,
            at: now,
        };
        let mut rows = mirrored.taken_over;
        rows.extend(mirrored.row);
        let store = &self.parts.store;
        store
            .record_event_click(row.mailbox, &rows, &trace, now)
            .await?;
        Ok(())
    }

    /// The pair of an issue and its open conflicts, of each field the newest.
    async fn open_conflicts(
        &self,
        issue: &IssueRow,
    ) -> Result<(Option<MirrorRow>, Vec<Conflict>), Error> {
        let store = &self.parts.store;
        let items = std::slice::from_ref(&issue.item_id);
        let rows = store.mirrors_by_items(issue.mailbox, items).await?;
        let active = |row: &MirrorRow| row.state == MirrorState::Active;
        let Some(row) = rows.into_iter().find(active) else {
            return Ok((None, Vec::new()));
        };
        let mut newest: Vec<Conflict> = Vec::new();
        for one in store
            .conflicts_of(issue.mailbox, row.link, MOST_CONFLICTS)
            .await?
        {
            if !newest.iter().any(|known| known.field == one.field) {
                newest.push(one);
            }
        }
        Ok((Some(row), newest))
    }
}

fn taken(conflict: &Conflict) -> Settle {
    match conflict.winner.as_str() {
        "mail" => Settle::Mailbox,
        _ => Settle::Crm,
    }
}

fn dispute(conflict: Conflict) -> FieldDispute {
    FieldDispute {
        mailbox: for_people(&conflict.mail_value),
        crm: for_people(&conflict.crm_value),
        taken: taken(&conflict),
        at: conflict.at,
        field: conflict.field,
    }
}

/// A value as people read it.
fn for_people(value: &serde_json::Value) -> String {
    let value = serde_json::from_value::<Option<Value>>(value.clone());
    value.ok().flatten().as_ref().map(said).unwrap_or_default()
}

fn said(value: &Value) -> String {
    match value {
        Value::Phone(text) => text.clone(),
        Value::Address(address) => address.address.clone(),
        Value::List(values) => {
            let lines: Vec<String> = values.iter().map(said).collect();
            lines.join("\n")
        }
        other => meaning(Some(other)).unwrap_or_default(),
    }
}
