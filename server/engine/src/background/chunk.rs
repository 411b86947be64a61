//! A chunk of listed items: from hints to outcomes, committed with the cursor that covers them.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use ssi_domain::{
    ItemId, ReasonCode, Trace, WishId,
    eligible::{
        Glance, Judgement, Look, MailFacts, Verdict, addresses_to_match, after_match, first_look,
        judge,
    },
    identity::EmailIdentity,
    participant::normalize,
    port::{FolderRole, Item, ItemHint, PortError, Shape},
};
use ssi_store::{PageCommit, PageEnd, WishRow};

use super::{
    outcome::Page,
    session::{Halt, Session},
};
use crate::{
    SaveChoice,
    thread::thread_keys,
    transfer::{MOST_LOOKED_UP, Order},
    wish::SavedWish,
};

/// What is known about the items of a chunk before they are judged.
#[derive(Default)]
pub(super) struct Context {
    /// Wishes that wait for a sent copy.
    wishes: Vec<(WishRow, SavedWish)>,
    /// The mailbox tracks threads at all.
    threads_tracked: bool,
}

/// What users asked for, by item.
pub(super) type Choices = BTreeMap<ItemId, (SaveChoice, Option<WishId>)>;

/// What a judgement comes to.
pub(super) enum Ordered {
    /// The mail is saved, for a wish if there is one.
    Save(Box<Order>, Option<WishId>),
    /// It is left alone, for this reason.
    Skip(Box<Judged>, ReasonCode),
}

/// An item that was read and judged.
pub(super) struct Judged {
    pub(super) item: Item,
    pub(super) folder: Option<FolderRole>,
    pub(super) judgement: Judgement,
    pub(super) choice: Option<SaveChoice>,
    pub(super) wish: Option<WishId>,
}

impl Session {
    /// Decides and saves a chunk of listed items, then commits outcomes and cursor together (INV-8).
    pub(super) async fn chunk(
        &mut self,
        role: FolderRole,
        hints: &[ItemHint],
        end: Option<PageEnd>,
    ) -> Result<(), Halt> {
        let mut page = self.new_page();
        let context = self.context().await?;
        let judged = self.judge_chunk(role, hints, &context, &mut page).await?;
        self.look_again(&mut page, hints, &judged);
        self.save_judged(judged, &mut page).await?;
        page.commit.end(end);
        self.commit(page).await
    }

    /// Reads and judges what of a chunk of listed items is worth it.
    pub(super) async fn judge_chunk(
        &mut self,
        role: FolderRole,
        hints: &[ItemHint],
        context: &Context,
        page: &mut Page,
    ) -> Result<Vec<Judged>, Halt> {
        let wanted = self.worth_reading(role, hints, context, page).await?;
        let read = self.read(&wanted, Some(role), page).await?;
        self.judge_all(read, context, &BTreeMap::new()).await
    }

    /// Goes on with items of earlier sessions, by id; `choices` are what users asked for.
    pub(super) async fn again(
        &mut self,
        items: &[ItemId],
        choices: &Choices,
        done: Vec<uuid::Uuid>,
    ) -> Result<(), Halt> {
        let mut page = self.new_page();
        page.commit.done_follow_ups = done;
        let context = self.context().await?;
        let judged = self
            .judge_again(items, choices, &context, &mut page)
            .await?;
        self.save_judged(judged, &mut page).await?;
        self.commit(page).await
    }

    /// Reads and judges items of earlier sessions.
    pub(super) async fn judge_again(
        &mut self,
        items: &[ItemId],
        choices: &Choices,
        context: &Context,
        page: &mut Page,
    ) -> Result<Vec<Judged>, Halt> {
        let read = self.read(items, None, page).await?;
        self.judge_all(read, context, choices).await
    }

    /// What is known before items are judged.
    pub(super) async fn context(&self) -> Result<Context, Halt> {
        let store = &self.engine.parts.store;
        let wishes = self.engine.open_wishes(self.row.id).await?;
        let threads_tracked = store.tracks_threads(self.row.id).await?;
        Ok(Context {
            wishes,
            threads_tracked,
        })
    }

    /// The listed items that nothing excludes yet and that we do not know at this version.
    async fn worth_reading(
        &mut self,
        role: FolderRole,
        hints: &[ItemHint],
        context: &Context,
        page: &mut Page,
    ) -> Result<Vec<ItemId>, Halt> {
        let latest: BTreeMap<&ItemId, &ItemHint> =
            hints.iter().map(|hint| (&hint.id, hint)).collect();
        let ids: Vec<ItemId> = latest.keys().map(|id| (*id).clone()).collect();
        let known: HashMap<ItemId, bool> = self
            .engine
            .parts
            .store
            .links_by_items(self.row.id, &ids)
            .await?
            .into_iter()
            .map(|copy| (copy.item_id, copy.marked))
            .collect();
        let settings = self.transfer.settings();
        let mut wanted = Vec::new();
        for hint in hints
            .iter()
            .filter(|hint| latest.get(&hint.id) == Some(hint))
        {
            self.counts.seen += 1;
            // Saved and marked: what happens to the mail later has no effect in the CRM (EM-05).
            if known.get(&hint.id) == Some(&true) {
                continue;
            }
            let glance = Glance {
                folder: role,
                class: hint.class.as_ref(),
                categories: hint.categories.as_deref(),
                received_at: hint.received_at,
                wishes_open: !context.wishes.is_empty(),
                threads_tracked: context.threads_tracked,
            };
            match first_look(&glance, settings, self.row.started_at) {
                Look::ReadHeaders => wanted.push(hint.id.clone()),
                Look::Skip(code) => page.passed_over(&mut self.counts, hint.id.clone(), code),
            }
        }
        Ok(wanted)
    }

    /// Reads headers. An item that vanished meanwhile is none of our business any more; one that cannot
    /// be read is parked.
    pub(super) async fn read(
        &mut self,
        ids: &[ItemId],
        role: Option<FolderRole>,
        page: &mut Page,
    ) -> Result<Vec<(Item, Option<FolderRole>)>, Halt> {
        let mut read = Vec::with_capacity(ids.len());
        for batch in ids.chunks(self.transfer.mail().capabilities().get_batch.max(1)) {
            let answers = self.transfer.mail().get(batch, Shape::Headers).await?;
            for (id, answer) in batch.iter().zip(answers) {
                match answer {
                    Ok(Some(item)) => {
                        let lies_in = match &item.folder {
                            Some(folder) => self.collections.role(folder),
                            None => role,
                        };
                        read.push((item, lies_in));
                    }
                    Ok(None) => {
                        page.passed_over(&mut self.counts, id.clone(), ReasonCode::ItemGone)
                    }
                    Err(error) if error.is_item_problem() => {
                        self.park_unread(page, id.clone(), &error);
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(read)
    }

    async fn judge_all(
        &mut self,
        read: Vec<(Item, Option<FolderRole>)>,
        context: &Context,
        choices: &Choices,
    ) -> Result<Vec<Judged>, Halt> {
        let tracked = self.tracked(&read, context).await?;
        let mut used: Vec<WishId> = Vec::new();
        let mut judged: Vec<Judged> = Vec::with_capacity(read.len());
        for ((item, folder), tracked_since) in read.into_iter().zip(tracked) {
            let chosen = choices.get(&item.id).cloned();
            let wish = match chosen {
                Some(_) => None,
                None => context.wish_for(&item, folder, &used),
            };
            used.extend(wish.as_ref().map(|(id, _)| *id));
            let mut facts = MailFacts::of(
                &item,
                folder,
                &self.row.tenant,
                &self.row.address,
                self.row.started_at,
            );
            facts.wished = wish.is_some() || chosen.is_some();
            facts.tracked_since = tracked_since;
            let judgement = judge(&facts, self.transfer.settings());
            let (choice, wish) = match (chosen, wish) {
                (Some((choice, wish)), _) => (Some(choice), wish),
                (None, Some((id, wish))) => (Some(wish.choice), Some(id)),
                (None, None) => (None, None),
            };
            judged.push(Judged {
                item,
                folder,
                judgement,
                choice,
                wish,
            });
        }
        self.match_automatic(judged).await
    }

    /// Ends the judgements that wait for a known participant, with one question for the whole chunk.
    async fn match_automatic(&mut self, judged: Vec<Judged>) -> Result<Vec<Judged>, Halt> {
        let waiting =
            |judged: &Judged| matches!(judged.judgement.verdict, Verdict::NeedsMatch { .. });
        let addresses: Vec<String> = judged
            .iter()
            .filter(|judged| waiting(judged))
            .flat_map(|judged| addresses_to_match(&judged.judgement.participants, MOST_LOOKED_UP))
            .collect();
        self.transfer.meet(addresses).await?;
        Ok(judged
            .into_iter()
            .map(|mut judged| {
                if waiting(&judged) {
                    let hits = self.transfer.behind(&judged.judgement.participants);
                    judged.judgement = after_match(judged.judgement, &hits);
                }
                judged
            })
            .collect())
    }

    /// Since when each item's thread is tracked, if it is (EM-45).
    async fn tracked(
        &self,
        read: &[(Item, Option<FolderRole>)],
        context: &Context,
    ) -> Result<Vec<Option<Timestamp>>, Halt> {
        if !context.threads_tracked {
            return Ok(vec![None; read.len()]);
        }
        let keys: Vec<Vec<String>> = read
            .iter()
            .map(|(item, _)| thread_keys(&item.record))
            .collect();
        let all: Vec<String> = keys.iter().flatten().cloned().collect();
        let since: HashMap<String, Timestamp> = self
            .engine
            .parts
            .store
            .tracked(self.row.id, &all)
            .await?
            .into_iter()
            .collect();
        Ok(keys
            .iter()
            .map(|keys| keys.iter().filter_map(|key| since.get(key)).min().copied())
            .collect())
    }

    async fn save_judged(&mut self, judged: Vec<Judged>, page: &mut Page) -> Result<(), Halt> {
        let mut orders = Vec::new();
        let mut wishes = Vec::new();
        for judged in judged {
            match judged.ordered() {
                Ordered::Save(order, wish) => {
                    wishes.push(wish);
                    orders.push(*order);
                }
                Ordered::Skip(judged, code) => self.skipped(page, *judged, code),
            }
        }
        let outcomes = self.transfer.save(orders).await?;
        self.record_outcomes(page, outcomes, wishes).await
    }

    /// Writes the page in one transaction and tells watchers. Another node's lease ends this session.
    pub(super) async fn commit(&mut self, page: Page) -> Result<(), Halt> {
        let Page { commit, events } = page;
        match self.engine.parts.store.commit_page(&commit).await? {
            ssi_store::Fenced::Kept => {}
            ssi_store::Fenced::Lost => return Err(Halt::Interrupted),
        }
        self.hand_on(&commit).await?;
        for event in events {
            self.engine.watchers.tell(
                self.row.id,
                super::SessionEvent::Item {
                    session: self.id,
                    event,
                },
            );
        }
        self.progress();
        match self.broken.take().or_else(|| self.transfer.rest()) {
            Some(error) => Err(Halt::Failed(error)),
            None => Ok(()),
        }
    }

    /// Wakes the mailboxes that take on what this one let go (CAL-55). If this is lost, they come by themselves a
    /// little later.
    async fn hand_on(&self, commit: &PageCommit) -> Result<(), Halt> {
        let let_go = commit.mirrors.iter().filter(|row| {
            row.mailbox == self.row.id
                && row.state == ssi_store::MirrorState::Released
                && !row.writer
        });
        let mut any = false;
        for row in let_go {
            let store = &self.engine.parts.store;
            store
                .hand_on(&self.row.tenant, &row.record, self.row.id, commit.now)
                .await?;
            any = true;
        }
        if any {
            self.engine.wake.notify_one();
        }
        Ok(())
    }

    /// A page without work: only the cursor moves.
    pub(super) async fn move_cursor(&mut self, end: PageEnd) -> Result<(), Halt> {
        let mut page = self.new_page();
        page.commit.end(Some(end));
        self.commit(page).await
    }

    pub(super) fn new_page(&self) -> Page {
        Page {
            commit: PageCommit::new(
                self.row.id,
                self.row.lease_no,
                self.engine.parts.clock.now(),
            ),
            events: Vec::new(),
        }
    }
}

impl Judged {
    /// The order that a judgement comes to, if it comes to one.
    pub(super) fn ordered(self) -> Ordered {
        let route = match self.judgement.verdict {
            Verdict::Save { route } => route,
            Verdict::Skip(code) => return Ordered::Skip(Box::new(self), code),
            Verdict::NeedsMatch { .. } => {
                return Ordered::Skip(Box::new(self), ReasonCode::NoMatch);
            }
        };
        let identity = EmailIdentity::of(&self.item.record, self.item.size_bytes);
        let order = Order {
            item: self.item,
            full: false,
            identity,
            route,
            folder: self.folder,
            participants: self.judgement.participants,
            choice: self.choice,
            trace: self.judgement.trace,
        };
        Ordered::Save(Box::new(order), self.wish)
    }
}

impl Context {
    /// Leaves out wishes that are fulfilled by now.
    pub(super) fn fulfil(&mut self, done: &[WishId]) {
        self.wishes.retain(|(row, _)| !done.contains(&row.id));
    }

    /// The wish that waits for this item: by its id or header, else by subject and recipients of a sent mail.
    fn wish_for(
        &self,
        item: &Item,
        folder: Option<FolderRole>,
        used: &[WishId],
    ) -> Option<(WishId, SavedWish)> {
        let free = || {
            self.wishes
                .iter()
                .filter(|(row, wish)| wish.event.is_none() && !used.contains(&row.id))
        };
        // A click that became a wish names its item, however the item comes up again.
        let by_item = free().find(|(_, wish)| wish.item.as_ref() == Some(&item.id));
        let by_header =
            || free().find(|(row, _)| row.client_key.is_some() && row.client_key == item.wish);
        let by_content = || {
            if folder != Some(FolderRole::Sent) {
                return None;
            }
            let to: Vec<String> = ["to", "cc", "bcc"]
                .iter()
                .flat_map(|field| item.record.addresses(field))
                .filter_map(|address| normalize(&address.address))
                .collect();
            let subject = item.record.text("subject").trim();
            let sent = item
                .record
                .get("sent_at")
                .and_then(ssi_domain::Value::as_instant);
            free().find(|(row, wish)| {
                row.client_key.is_none()
                    && wish.item.is_none()
                    && wish.subject.trim() == subject
                    && wish
                        .recipients
                        .iter()
                        .all(|recipient| to.contains(recipient))
                    && sent.is_none_or(|at| at >= row.created_at - CLOCKS_DIFFER)
            })
        };
        by_item
            .or_else(by_header)
            .or_else(by_content)
            .map(|(row, wish)| (row.id, wish.clone()))
    }
}

/// A mail server's clock may be behind ours by so much (INV-17).
const CLOCKS_DIFFER: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// The trace of something that was decided without a rule of the domain.
pub(super) fn trace_of(rule: &'static str, code: ReasonCode) -> Trace {
    let mut trace = Trace::new();
    trace.stop(rule, code);
    trace
}

/// Whether trying the item again later can help.
pub(super) fn may_pass(error: &PortError) -> bool {
    matches!(error, PortError::Stale { .. } | PortError::Unknown { .. })
}
