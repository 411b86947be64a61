//! The dry run: what the next session would do, without doing it. It goes the way of a session, with the session's own
//! decisions; e-mails are in `rehearse_mail`.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use jiff::Timestamp;
use ssi_domain::{
    Cursor, FolderId, ItemId, Kind, MailboxId, RecordRef, Trace,
    plan::{Effect, EffectClass},
    port::{Change, ChangePage, FolderRole, Lane, MailboxSetup, PortError},
};
use ssi_store::{Action, FollowUp, MirrorState, Store};
use tokio::sync::mpsc;

use super::{
    deletions::{Doom, over},
    mirror::{MIRRORED, MOST_DOOMED},
    session::{Halt, PREPARE_EVERY, Session},
};
use crate::{
    Engine, Error,
    transfer::{
        Transfer,
        mirror::{Look, Mirrored, Mode},
    },
};

/// Pairs looked at in one go.
const BATCH: usize = 100;
/// Pages of one folder that are shown; more only make the list longer than anybody reads.
pub(super) const MOST_PAGES: usize = 100;
/// Rows of each kind of waiting work that are looked at.
const MOST_ROWS: usize = 10_000;

/// One effect the next session would have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedEffect {
    /// What people would notice.
    pub class: EffectClass,
    /// What the pair is.
    pub kind: Kind,
    /// The item, if it exists.
    pub item: Option<ItemId>,
    /// The record, if it exists.
    pub record: Option<RecordRef>,
    /// Names of the mapped fields that would be written.
    pub fields: Vec<String>,
    /// Why.
    pub trace: Trace,
}

/// The totals of what the next session would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// Effects by class.
    pub counts: BTreeMap<EffectClass, u64>,
    /// Whether not everything was looked at.
    pub cut: bool,
    /// The digest of the deletions, when they are above the budget: the session would hold the mailbox (INV-7).
    pub held_digest: Option<String>,
    /// Stable names of what a session does besides and what is not among the effects; empty: everything is.
    pub not_rehearsed: Vec<&'static str>,
}

/// A dry run under way.
pub(super) struct Stage {
    /// Reads and judges; nothing of it is committed.
    pub(super) session: Session,
    pub(super) now: Timestamp,
    tell: mpsc::Sender<PlannedEffect>,
    pub(super) totals: Rehearsal,
    /// Items whose effects were told: another reason to look at one has no effect of its own.
    pub(super) told: HashSet<ItemId>,
    told_records: HashSet<RecordRef>,
    deletions: Vec<Doom>,
}

impl Engine {
    /// Plans the next session of a mailbox and writes nothing on either side or in the database. Each effect is
    /// told when it is planned, at the pace of who listens; the totals come last. Once nobody listens it ends.
    pub async fn dry_run(
        &self,
        mailbox: MailboxId,
        tell: mpsc::Sender<PlannedEffect>,
    ) -> Result<Rehearsal, Error> {
        let row = self.row(mailbox).await?;
        let settings = self.settings_of(&row).await?;
        let mail = self.parts.backends.mailbox(&row).await?;
        let crm = self.parts.backends.crm(&row.tenant, Lane::Instant).await?;
        let collections = match &row.setup {
            Some(known) => known.clone(),
            None => {
                let setup = MailboxSetup {
                    own_folders: Vec::new(),
                    categories: Vec::new(),
                    known: None,
                };
                mail.prepare(&setup).await?
            }
        };
        let parts = Arc::clone(&self.parts);
        let mut transfer = Transfer::new(parts, row.clone(), mail, crm, settings);
        transfer.wish_for(self.event_wishes(mailbox).await?);
        let mut stage = Stage {
            session: Session::rehearsing(self, row, transfer, collections),
            now: self.parts.clock.now(),
            tell,
            totals: Rehearsal::default(),
            told: HashSet::new(),
            told_records: HashSet::new(),
            deletions: Vec::new(),
        };
        let store = &self.parts.store;
        stage.mail(store).await.map_err(whole)?;
        stage.put_off(store).await?;
        stage.changed(store).await?;
        stage.filed(store).await?;
        stage.daily(store).await?;
        stage.doomed(store).await?;
        stage.judge(store).await?;
        Ok(stage.totals)
    }
}

impl Stage {
    /// Pairs that earlier sessions, or a person who retries an issue, left to be looked at.
    async fn put_off(&mut self, store: &Store) -> Result<(), Error> {
        let due = self
            .due(store)
            .await?
            .into_iter()
            .filter(|row| row.action == Action::Mirror);
        self.look(due.map(|row| of_item(row.item_id)).collect())
            .await
    }

    /// Everything earlier sessions left to do and that is due.
    pub(super) async fn due(&mut self, store: &Store) -> Result<Vec<FollowUp>, Error> {
        let due = store.follow_ups_due(self.session.row.id, self.now, MOST_ROWS);
        let due = due.await?;
        self.totals.cut |= due.len() == MOST_ROWS;
        Ok(due)
    }

    /// What changed in the mirrored folders since the last session; the cursors stay where they are.
    async fn changed(&mut self, store: &Store) -> Result<(), Error> {
        let cursors = store.cursors(self.session.row.id).await?;
        let captures_anew = self.session.captures_anew().await.map_err(whole)?.is_some();
        for role in MIRRORED {
            let Some(folder) = self.session.mirrored_folder(role) else {
                continue;
            };
            let known = cursors.iter().find(|(name, _)| name == folder.as_str());
            let anew = captures_anew && role == FolderRole::Calendar;
            let mut cursor = known.filter(|_| !anew).map(|(_, cursor)| cursor.clone());
            for page in 0.. {
                if page == MOST_PAGES {
                    self.totals.cut = true;
                    break;
                }
                let page = self.page(&folder, cursor.as_ref()).await?;
                let looks = page.changes.into_iter().map(|change| match change {
                    Change::Upsert(hint) => Look {
                        item: Some(hint.id),
                        item_version: Some(hint.version),
                        categories: hint.categories,
                        folder: Some(role),
                        ..Look::default()
                    },
                    Change::Gone(id) => of_item(id),
                });
                self.look(looks.collect()).await?;
                cursor = Some(page.cursor);
                if !page.more {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The next page of a folder's changes; the first one where the cursor is lost.
    pub(super) async fn page(
        &self,
        folder: &FolderId,
        cursor: Option<&Cursor>,
    ) -> Result<ChangePage, Error> {
        let mail = self.session.transfer.mail();
        Ok(match mail.changes(folder, cursor).await {
            Err(PortError::CursorLost { .. }) if cursor.is_some() => {
                mail.changes(folder, None).await?
            }
            other => other?,
        })
    }

    /// What the CRM's feed filed for the mailbox.
    async fn filed(&mut self, store: &Store) -> Result<(), Error> {
        let filed = store
            .filed(self.session.row.id, self.now, MOST_ROWS)
            .await?;
        self.totals.cut |= filed.len() == MOST_ROWS;
        let looks = filed.into_iter().map(|row| Look {
            record: Some(row.record),
            record_key: Some(row.identity_key),
            record_version: (!row.gone).then_some(row.version),
            ..Look::default()
        });
        self.look(looks.collect()).await
    }

    /// The daily look at every pair, when it is due: events leave the mirrored days by it (CAL-21, CAL-22).
    async fn daily(&mut self, store: &Store) -> Result<(), Error> {
        let prepared = self.session.row.prepared_at;
        if prepared.is_some_and(|at| self.now < at + PREPARE_EVERY) {
            return Ok(());
        }
        let mut after = None;
        loop {
            let rows = store
                .mirrors_page(self.session.row.id, after, BATCH)
                .await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = Some(last.link);
            let active = rows
                .into_iter()
                .filter(|row| row.state == MirrorState::Active);
            self.look(active.map(|row| of_item(row.item)).collect())
                .await?;
        }
    }

    /// Deletions that wait for the end of a session.
    async fn doomed(&mut self, store: &Store) -> Result<(), Error> {
        let doomed = store.doomed(self.session.row.id, MOST_DOOMED).await?;
        self.totals.cut |= doomed.len() == MOST_DOOMED;
        self.look(doomed.into_iter().map(|row| of_item(row.item_id)).collect())
            .await
    }

    /// Whether a session would hold the mailbox instead of deleting.
    async fn judge(&mut self, store: &Store) -> Result<(), Error> {
        let linked = store.mirrors_by_kind(self.session.row.id).await?;
        let budgets = &self.session.transfer.settings().budgets;
        let Some(over) = over(&self.deletions, budgets, &linked) else {
            return Ok(());
        };
        let held = store.held(self.session.row.id).await?;
        let approved = held.is_some_and(|held| held.approved && held.digest == over.digest);
        self.totals.held_digest = (!approved).then_some(over.digest);
        Ok(())
    }

    /// Plans pairs and tells their effects.
    async fn look(&mut self, looks: Vec<Look>) -> Result<(), Error> {
        for batch in looks.chunks(BATCH) {
            if self.nobody_listens() {
                return Ok(());
            }
            let Session {
                transfer,
                collections,
                ..
            } = &mut self.session;
            let shown = transfer
                .mirror(batch.to_vec(), collections, Mode::Rehearse, self.now)
                .await?;
            for mirrored in shown {
                self.show(mirrored).await;
            }
        }
        Ok(())
    }

    /// Whether the run may end; what was not looked at is said.
    pub(super) fn nobody_listens(&mut self) -> bool {
        let closed = self.tell.is_closed();
        self.totals.cut |= closed;
        closed
    }

    async fn show(&mut self, mirrored: Mirrored) {
        for (effect, trace) in &mirrored.parties {
            self.tell(effect, mirrored.kind, None, trace).await;
        }
        if mirrored.planned.is_empty() {
            return;
        }
        let item = mirrored.item.clone();
        let record = mirrored.record.clone();
        let known = item.is_some_and(|item| !self.told.insert(item))
            | record.is_some_and(|record| !self.told_records.insert(record));
        if known {
            return;
        }
        self.deletions.extend(Doom::of(&mirrored));
        for effect in mirrored.planned {
            let item = mirrored.item.as_ref();
            self.tell(&effect, mirrored.kind, item, &mirrored.trace)
                .await;
        }
    }

    /// Counts and tells one effect.
    pub(super) async fn tell(
        &mut self,
        effect: &Effect,
        kind: Kind,
        item: Option<&ItemId>,
        trace: &Trace,
    ) {
        let class = effect.class();
        *self.totals.counts.entry(class).or_default() += 1;
        let planned = PlannedEffect {
            class,
            kind: match effect {
                Effect::CreateRecord { kind, .. } => *kind,
                _ => kind,
            },
            item: item.cloned(),
            record: record_of(effect),
            fields: fields_of(effect),
            trace: trace.clone(),
        };
        // Who does not listen any more is noticed before the next batch.
        let _ = self.tell.send(planned).await;
    }
}

/// A failure of a session that stands for a dry run, which nobody interrupts.
fn whole(halt: Halt) -> Error {
    match halt {
        Halt::Failed(error) => error,
        Halt::Interrupted => Error::Busy {
            retry_after: jiff::SignedDuration::from_secs(1),
        },
    }
}

fn of_item(item: ItemId) -> Look {
    Look {
        item: Some(item),
        ..Look::default()
    }
}

fn record_of(effect: &Effect) -> Option<RecordRef> {
    match effect {
        Effect::UpdateRecord { record, .. }
        | Effect::CancelRecord { record, .. }
        | Effect::DeleteRecord { record, .. }
        | Effect::LinkRecord { record, .. }
        | Effect::AttachToRecord { record, .. }
        | Effect::CreateItem {
            mirrors: record, ..
        } => Some(record.clone()),
        _ => None,
    }
}

fn fields_of(effect: &Effect) -> Vec<String> {
    let record = match effect {
        Effect::CreateRecord { record, .. } | Effect::CreateItem { record, .. } => record,
        Effect::UpdateRecord { set, .. } | Effect::UpdateItem { set, .. } => set,
        _ => return Vec::new(),
    };
    record.iter().map(|(name, _)| name.to_owned()).collect()
}
