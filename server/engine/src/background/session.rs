//! One mailbox's sync session: order of steps, stop conditions, and how it ends.

use std::{collections::HashMap, sync::Arc};

use jiff::SignedDuration;
use ssi_domain::{
    FolderId, ItemId, Kind, SessionId,
    port::{Change, Collections, FolderRole, ItemHint, Lane, MailboxSetup, PortError, Pulse},
};
use ssi_store::{Fenced, MailboxRow, NewSession, PageEnd, SessionFinish, SessionState};
use tokio::sync::watch as stop;

use super::{Cause, Counts, SessionEnd, SessionEvent, SessionReport, mirror::MIRRORED};
use crate::{Engine, Error, transfer::Transfer};

/// How long a lease holds without being renewed. A session renews it at every chunk.
pub(super) const LEASE: SignedDuration = SignedDuration::from_mins(10);

/// Folders and categories are looked after so often (MBX-01: what users delete comes back).
pub(super) const PREPARE_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// A session looks at so many pages of a folder at most; the next one goes on there (INV-19).
const MOST_PAGES: usize = 2_000;

/// Outlook's colour index of the category "green" (release 2304) and of "red".
const GREEN: i8 = 4;
const RED: i8 = 0;
const TEAL: i8 = 5;
const OLIVE: i8 = 6;
const BLUE: i8 = 7;
const PURPLE: i8 = 8;

/// A running session.
pub(super) struct Session {
    pub(super) engine: Engine,
    pub(super) row: MailboxRow,
    pub(super) id: SessionId,
    pub(super) transfer: Transfer,
    pub(super) collections: Collections,
    pub(super) counts: Counts,
    /// How often each item at hand was put off before.
    pub(super) tried: HashMap<ItemId, i32>,
    /// A failure of the whole mailbox that came after records were created: told once they are committed.
    pub(super) broken: Option<Error>,
    /// Whether any filter or limit leaves anything out, and how many records each limit left out before.
    pub(super) leaves: bool,
    pub(super) limited: HashMap<Kind, u64>,
    stop: stop::Receiver<bool>,
    pulse: Option<Pulse>,
    prepared: bool,
    /// What it is doing.
    at: &'static str,
}

/// Why a session stops before its work is done.
pub(super) enum Halt {
    /// Asked to stop, or the lease is another's.
    Interrupted,
    /// Something failed for the whole mailbox.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Engine {
    /// Runs the session of a mailbox whose lease was just claimed, to its end.
    pub(super) async fn run_claimed(
        &self,
        row: MailboxRow,
        cause: Cause,
        stop: stop::Receiver<bool>,
    ) -> Result<SessionReport, Error> {
        let (id, cause) = match row.forced_session {
            Some(asked) => (asked, Cause::Forced),
            None => (SessionId(self.parts.ids.uuid()), cause),
        };
        let now = self.parts.clock.now();
        self.parts
            .store
            .start_session(&NewSession {
                id,
                mailbox: row.id,
                node: self.parts.node.clone(),
                lease_no: row.lease_no,
                cause: cause.name().to_owned(),
                started_at: now,
            })
            .await?;
        self.watchers
            .tell(row.id, SessionEvent::Started { session: id });
        let (end, counts, setup, pulse) = match self.open(&row, id, stop).await {
            Ok(mut session) => {
                let worked = session.work().await;
                session.counts.remote_calls = session.transfer.calls();
                session.counts.writes = session.transfer.writes();
                let setup = session.prepared.then_some(session.collections);
                (worked, session.counts, setup, session.pulse)
            }
            Err(error) => (Err(Halt::Failed(error)), Counts::default(), None, None),
        };
        let mut report = self.finish(&row, id, end, counts, setup, pulse).await?;
        // A session that looked at nothing changed none of the numbers.
        if counts.seen > 0 || cause != Cause::Due {
            report.down = self.down(&row).await?;
            report.notes = self.notes(&row, &report.down).await?;
        }
        self.watchers
            .tell(row.id, SessionEvent::Ended(report.clone()));
        Ok(report)
    }

    async fn open(
        &self,
        row: &MailboxRow,
        id: SessionId,
        stop: stop::Receiver<bool>,
    ) -> Result<Session, Error> {
        let settings = self.settings_of(row).await?;
        let mail = self.parts.backends.mailbox(row).await?;
        let crm = self
            .parts
            .backends
            .crm(&row.tenant, Lane::Background)
            .await?;
        let transfer = Transfer::new(Arc::clone(&self.parts), row.clone(), mail, crm, settings);
        let collections = row.setup.clone().unwrap_or(Collections {
            folders: Vec::new(),
        });
        Ok(Session {
            pulse: row.pulse.clone().map(Pulse),
            ..Session::new(self, (id, row.clone()), transfer, collections, stop)
        })
    }

    /// Writes how the session ended and when the next one is due; the lease ends with it.
    async fn finish(
        &self,
        row: &MailboxRow,
        id: SessionId,
        worked: Result<(), Halt>,
        counts: Counts,
        setup: Option<Collections>,
        pulse: Option<Pulse>,
    ) -> Result<SessionReport, Error> {
        let now = self.parts.clock.now();
        let ((end, wait), state) = match worked {
            Ok(()) => ((SessionEnd::Done, None), SessionState::Done),
            Err(Halt::Interrupted) => ((SessionEnd::Interrupted, None), SessionState::Interrupted),
            Err(Halt::Failed(error)) => (self.failure(row, &error).await?, SessionState::Failed),
        };
        let failed = matches!(end, SessionEnd::Failed { .. });
        let (code, detail) = match &end {
            SessionEnd::Failed { code, detail, .. } => (Some(code.clone()), Some(detail.clone())),
            _ => (None, None),
        };
        let finish = SessionFinish {
            session: id,
            mailbox: row.id,
            lease_no: row.lease_no,
            now,
            state,
            counts: serde_json::to_value(counts).unwrap_or_default(),
            error_code: code,
            error_detail: detail,
            failures: if failed { row.failures + 1 } else { 0 },
            next_due: self.next_due(row, &end, wait),
            // A pulse is kept only when everything up to it was worked off.
            pulse: pulse
                .filter(|_| end == SessionEnd::Done)
                .map(|pulse| pulse.0),
            setup,
        };
        let end = match self.parts.store.finish_session(&finish).await? {
            Fenced::Kept => end,
            Fenced::Lost => SessionEnd::Interrupted,
        };
        Ok(SessionReport {
            session: id,
            end,
            counts,
            down: Vec::new(),
            notes: Vec::new(),
        })
    }
}

impl Session {
    /// A session that only judges: nothing of it is committed, no lease is renewed and nobody is told (dry run).
    pub(super) fn rehearsing(
        engine: &Engine,
        row: MailboxRow,
        transfer: Transfer,
        collections: Collections,
    ) -> Self {
        let (_, stop) = stop::channel(false);
        let id = SessionId(engine.parts.ids.uuid());
        Self::new(engine, (id, row), transfer, collections, stop)
    }

    /// One that has not begun.
    fn new(
        engine: &Engine,
        (id, row): (SessionId, MailboxRow),
        transfer: Transfer,
        collections: Collections,
        stop: stop::Receiver<bool>,
    ) -> Self {
        Self {
            engine: engine.clone(),
            row,
            id,
            transfer,
            collections,
            counts: Counts::default(),
            tried: HashMap::new(),
            broken: None,
            leaves: false,
            limited: HashMap::new(),
            stop,
            pulse: None,
            prepared: false,
            at: "prepare",
        }
    }

    /// Works everything off. Where a folder is gone, because somebody deleted it or because the mailbox lives on
    /// another server and every id is new, the folders are looked for and the work begins anew.
    async fn work(&mut self) -> Result<(), Halt> {
        match self.pass().await {
            Err(Halt::Failed(Error::Port(PortError::Gone { .. }))) if !self.prepared => {
                self.row.prepared_at = None;
                self.pass().await
            }
            other => other,
        }
    }

    async fn pass(&mut self) -> Result<(), Halt> {
        self.phase("prepare");
        self.prepare().await?;
        let pulse = self.transfer.mail().pulse(&self.collections).await?;
        // Once a day every pair is looked at, however still the mailbox lies.
        let captures = self.captures_anew().await?;
        let still = pulse.is_some() && pulse == self.pulse && !self.prepared && captures.is_none();
        let idle = still && !self.work_waits().await?;
        if idle {
            return Ok(());
        }
        // Taken before the changes are read: what happens from here on differs from it.
        self.pulse = pulse;
        self.phase("follow_ups");
        self.expect_events().await?;
        self.follow_ups().await?;
        self.phase("mail");
        for role in [FolderRole::Saved, FolderRole::Inbox, FolderRole::Sent] {
            if let Some(folder) = self.collections.folder(role).cloned() {
                self.folder(role, &folder).await?;
            }
        }
        self.mirror(captures).await?;
        self.phase("finish");
        Ok(())
    }

    /// Calendar, tasks and contacts, in both directions; deletions come last, all together.
    async fn mirror(&mut self, captures: Option<String>) -> Result<(), Halt> {
        self.expect_events().await?;
        self.count_left().await?;
        let store = self.engine.parts.store.clone();
        for role in MIRRORED {
            let Some(folder) = self.mirrored_folder(role) else {
                continue;
            };
            self.phase("mirror");
            let captures = captures.as_ref().filter(|_| role == FolderRole::Calendar);
            if captures.is_some() {
                // From the beginning: what is known is passed over, nothing is deleted (INV-5).
                store.drop_cursor(self.row.id, folder.as_str()).await?;
            }
            self.folder(role, &folder).await?;
            if let Some(digest) = captures {
                // Only now: a session that broke off lists the calendar once more.
                store.set_capture_digest(self.row.id, digest).await?;
            }
        }
        self.phase("crm");
        self.filed_changes().await?;
        self.use_room().await?;
        if self.prepared {
            self.look_at_all().await?;
        }
        self.phase("deletions");
        self.deletions().await
    }

    /// The digest of the settings of capturing, if the calendar was listed by others: events that nothing asked for then
    /// may be asked for now (CAL-10).
    pub(super) async fn captures_anew(&self) -> Result<Option<String>, Halt> {
        if self.mirrored_folder(FolderRole::Calendar).is_none() {
            return Ok(None);
        }
        let said = self.transfer.settings().mirror.captures();
        let digest = blake3::hash(said.as_bytes()).to_hex()[..32].to_owned();
        let known = self.engine.parts.store.capture_digest(self.row.id).await?;
        Ok((known != digest).then_some(digest))
    }

    /// Lets events be recognised that people wished for.
    async fn expect_events(&mut self) -> Result<(), Halt> {
        let wishes = self.engine.event_wishes(self.row.id).await?;
        self.transfer.wish_for(wishes);
        Ok(())
    }

    /// Finds our folders and categories, once a day or when they are not known.
    async fn prepare(&mut self) -> Result<(), Halt> {
        let now = self.engine.parts.clock.now();
        let recent = self
            .row
            .prepared_at
            .is_some_and(|at| now < at + PREPARE_EVERY);
        if recent && !self.collections.folders.is_empty() {
            return Ok(());
        }
        let names = &self.transfer.settings().names;
        let setup = MailboxSetup {
            own_folders: names.own_folders(),
            categories: [
                (&names.category, GREEN),
                (&names.error_category, RED),
                (&names.visit_category, TEAL),
                (&names.phone_call_category, BLUE),
                (&names.account_category, OLIVE),
                (&names.individual_customer_category, PURPLE),
            ]
            .map(|(name, color)| (name.clone(), color))
            .into(),
            known: (!self.collections.folders.is_empty()).then(|| self.collections.clone()),
        };
        self.collections = self.transfer.mail().prepare(&setup).await?;
        self.prepared = true;
        Ok(())
    }

    /// Work that no change in the mailbox announces.
    async fn work_waits(&self) -> Result<bool, Halt> {
        let now = self.engine.parts.clock.now();
        let store = &self.engine.parts.store;
        Ok(!store.follow_ups_due(self.row.id, now, 1).await?.is_empty()
            || !store.filed(self.row.id, now, 1).await?.is_empty()
            || !store.doomed(self.row.id, 1).await?.is_empty())
    }

    /// Works through the changes of one folder, page by page.
    async fn folder(&mut self, role: FolderRole, folder: &FolderId) -> Result<(), Halt> {
        let store = self.engine.parts.store.clone();
        let collection = folder.as_str().to_owned();
        let mut cursor = store
            .cursors(self.row.id)
            .await?
            .into_iter()
            .find(|(name, _)| *name == collection)
            .map(|(_, cursor)| cursor);
        for _ in 0..MOST_PAGES {
            let page = match self.transfer.mail().changes(folder, cursor.as_ref()).await {
                Err(PortError::CursorLost { .. }) if cursor.is_some() => {
                    // From the beginning: items we know are passed over, nothing is deleted (INV-5).
                    store.drop_cursor(self.row.id, &collection).await?;
                    cursor = None;
                    continue;
                }
                other => other?,
            };
            let unchanged = page.changes.is_empty() && cursor.as_ref() == Some(&page.cursor);
            let (hints, gone) = split(page.changes);
            if MIRRORED.contains(&role) {
                if !unchanged {
                    let end = PageEnd {
                        collection: collection.clone(),
                        cursor: page.cursor.clone(),
                        gone,
                    };
                    self.mirror_page(role, &hints, end).await?;
                }
                cursor = Some(page.cursor);
                if !page.more {
                    return Ok(());
                }
                continue;
            }
            let size = self.transfer.mail().capabilities().get_batch.max(1);
            let chunks: Vec<&[ItemHint]> = hints.chunks(size).collect();
            // The page ends with its last chunk; before that a crash repeats it, harmlessly.
            let mut end = Some(PageEnd {
                collection: collection.clone(),
                cursor: page.cursor.clone(),
                gone,
            });
            for (at, chunk) in chunks.iter().enumerate() {
                self.still_ours().await?;
                let last = at + 1 == chunks.len();
                self.chunk(role, chunk, end.take_if(|_| last)).await?;
            }
            if let Some(end) = end.filter(|_| !unchanged) {
                self.still_ours().await?;
                self.move_cursor(end).await?;
            }
            cursor = Some(page.cursor);
            if !page.more {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Renews the lease; stops when asked to or when another node took over.
    pub(super) async fn still_ours(&self) -> Result<(), Halt> {
        if *self.stop.borrow() {
            return Err(Halt::Interrupted);
        }
        let until = self.engine.parts.clock.now() + LEASE;
        let kept = self
            .engine
            .parts
            .store
            .renew_lease(self.row.id, self.row.lease_no, until)
            .await?;
        if kept { Ok(()) } else { Err(Halt::Interrupted) }
    }

    fn phase(&mut self, phase: &'static str) {
        self.at = phase;
        self.counts.remote_calls = self.transfer.calls();
        self.counts.writes = self.transfer.writes();
        self.engine.watchers.tell(
            self.row.id,
            SessionEvent::Progress {
                session: self.id,
                phase,
                counts: self.counts,
            },
        );
    }

    /// Tells watchers how far the session is.
    pub(super) fn progress(&mut self) {
        self.phase(self.at);
    }
}

fn split(changes: Vec<Change>) -> (Vec<ItemHint>, Vec<ItemId>) {
    let mut hints: Vec<ItemHint> = Vec::new();
    let mut gone = Vec::new();
    for change in changes {
        match change {
            Change::Upsert(hint) => hints.push(hint),
            Change::Gone(id) => gone.push(id),
        }
    }
    (hints, gone)
}
