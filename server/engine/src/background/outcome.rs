//! From outcomes to what is stored and told: copies, traces, issues, follow-ups, marks.

use jiff::SignedDuration;
use ssi_domain::{
    IssueId, ItemId, Kind, ReasonCode, Trace, WishId,
    eligible::is_read_without,
    port::{Item, ItemHint, PortError},
};
use ssi_store::{Action, CopyRow, FollowUp, NewIssue, PageCommit, TraceRow};

use super::{
    Counts, Decision, ItemEvent,
    chunk::{Judged, may_pass, trace_of},
    session::{Halt, Session},
};
use crate::{
    Error,
    transfer::{Fate, Linked, MarkOrder, Order, Outcome},
};

/// A save that another actor holds, or whose outcome is unknown, is looked at again after this time.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// After so many tries an item is parked with an issue instead of being tried again.
const MOST_TRIES: i32 = 5;

/// What a chunk came to: to be committed in one transaction, then told.
pub(super) struct Page {
    pub(super) commit: PageCommit,
    pub(super) events: Vec<ItemEvent>,
}

impl Page {
    /// An item that needed no reading to be skipped. No trace is stored: it would be one row per old mail.
    pub(super) fn passed_over(&mut self, counts: &mut Counts, item: ItemId, code: ReasonCode) {
        counts.skipped += 1;
        self.events.push(ItemEvent {
            item,
            kind: Kind::Email,
            message_id: None,
            decision: Decision::Skipped,
            reason: code.as_str().to_owned(),
            record: None,
            links: Vec::new(),
            trace: trace_of("EM-03", code),
        });
    }
}

impl Session {
    /// Files an item that the rules leave alone.
    pub(super) fn skipped(&mut self, page: &mut Page, judged: Judged, code: ReasonCode) {
        self.counts.skipped += 1;
        let trace = judged.judgement.trace;
        self.file(
            page,
            &judged.item,
            Decision::Skipped,
            code.as_str(),
            None,
            trace,
        );
    }

    /// What was listed with the category and read without it is looked at again: with the cursor, what asked for it
    /// would be lost.
    pub(super) fn look_again(&self, page: &mut Page, hints: &[ItemHint], judged: &[Judged]) {
        let settings = self.transfer.settings();
        for item in judged.iter().map(|judged| &judged.item) {
            let listed = hints.iter().rfind(|hint| hint.id == item.id);
            let listed = listed.and_then(|hint| hint.categories.as_deref());
            if listed.is_some_and(|listed| is_read_without(listed, &item.categories, settings)) {
                let follow_up = self.follow_up(item.id.clone(), Action::SaveItem, None);
                page.commit.follow_ups.push(follow_up);
            }
        }
    }

    /// Parks an item that could not even be read.
    pub(super) fn park_unread(&mut self, page: &mut Page, item: ItemId, error: &PortError) {
        self.counts.failed += 1;
        page.commit
            .issues
            .push(self.issue(item.clone(), None, error));
        page.events.push(ItemEvent {
            item,
            kind: Kind::Email,
            message_id: None,
            decision: Decision::Failed,
            reason: error.code().to_owned(),
            record: None,
            links: Vec::new(),
            trace: trace_of("INV-14", ReasonCode::Parked),
        });
    }

    /// Files what became of the orders of a chunk and marks the items.
    pub(super) async fn record_outcomes(
        &mut self,
        page: &mut Page,
        outcomes: Vec<Outcome>,
        wishes: Vec<Option<WishId>>,
    ) -> Result<(), Halt> {
        let mut marks = Vec::new();
        let mut copies = Vec::new();
        for (Outcome { order, fate }, wish) in outcomes.into_iter().zip(wishes) {
            match fate {
                Fate::Linked(linked) => {
                    page.commit.fulfilled_wishes.extend(wish);
                    marks.push(MarkOrder {
                        item: order.item.clone(),
                        folder: order.folder,
                        record: Some(linked.record.clone()),
                    });
                    copies.push(self.linked(page, order, linked));
                }
                Fate::Held => self.defer(page, order, ReasonCode::HeldByOther.as_str(), wish),
                Fate::Failed(PortError::Gone { .. }) => {
                    page.passed_over(&mut self.counts, order.item.id, ReasonCode::ItemGone);
                }
                Fate::Failed(error)
                    if may_pass(&error) && self.tries(&order.item.id) < MOST_TRIES =>
                {
                    self.defer(page, order, error.code(), wish);
                }
                Fate::Failed(error) => {
                    marks.push(MarkOrder {
                        item: order.item.clone(),
                        folder: order.folder,
                        record: None,
                    });
                    copies.push(None);
                    self.park(page, order, &error);
                }
            }
        }
        self.write_marks(page, marks, copies).await
    }

    /// Writes marks; an item whose mark fails keeps a follow-up, so that no mark is forgotten.
    pub(super) async fn write_marks(
        &mut self,
        page: &mut Page,
        marks: Vec<MarkOrder>,
        copies: Vec<Option<CopyRow>>,
    ) -> Result<(), Halt> {
        let (answers, broken) = match self.transfer.mark(&marks, &self.collections).await {
            Ok(answers) => (answers, None),
            Err(error) => {
                let failed = PortError::transient("marks were not written");
                (vec![Err(failed); marks.len()], Some(error))
            }
        };
        for (copy, answer) in copies.into_iter().zip(answers) {
            let Some(mut copy) = copy else { continue };
            match answer {
                Ok(marked) => {
                    copy.item_id = marked.item;
                    copy.version = marked.version.unwrap_or(copy.version);
                    copy.marked = true;
                }
                Err(PortError::Gone { .. }) => copy.marked = true,
                Err(_) => page.commit.follow_ups.push(self.follow_up(
                    copy.item_id.clone(),
                    Action::MarkItem,
                    None,
                )),
            }
            page.commit.copies.push(copy);
        }
        self.broken = broken;
        Ok(())
    }

    fn linked(&mut self, page: &mut Page, order: Order, linked: Linked) -> Option<CopyRow> {
        let (decision, code) = if linked.created {
            self.counts.saved += 1;
            (Decision::Saved, order.route.reason())
        } else {
            self.counts.duplicates += 1;
            (Decision::Duplicate, ReasonCode::AlreadySaved)
        };
        let Order { item, trace, .. } = order;
        page.commit.settled_items.push(item.id.clone());
        self.file(page, &item, decision, code.as_str(), Some(&linked), trace);
        Some(CopyRow::of(linked.link, self.row.id, &item, false))
    }

    fn defer(&mut self, page: &mut Page, order: Order, reason: &str, wish: Option<WishId>) {
        self.counts.deferred += 1;
        let Order { item, trace, .. } = order;
        page.commit
            .follow_ups
            .push(self.follow_up(item.id.clone(), Action::SaveItem, wish));
        self.file(page, &item, Decision::Deferred, reason, None, trace);
    }

    fn park(&mut self, page: &mut Page, order: Order, error: &PortError) {
        self.counts.failed += 1;
        let Order {
            item,
            identity,
            trace,
            ..
        } = order;
        page.commit
            .issues
            .push(self.issue(item.id.clone(), Some(identity.key), error));
        self.file(page, &item, Decision::Failed, error.code(), None, trace);
    }

    fn file(
        &self,
        page: &mut Page,
        item: &Item,
        decision: Decision,
        reason: &str,
        linked: Option<&Linked>,
        trace: Trace,
    ) {
        let message_id =
            Some(item.record.text("message_id").to_owned()).filter(|id| !id.is_empty());
        page.commit.traces.push(TraceRow {
            mailbox: self.row.id,
            item_id: item.id.clone(),
            identity_key: linked.map(|linked| linked.identity_key.clone()),
            decision: decision.name().to_owned(),
            reason: reason.to_owned(),
            steps: trace.clone(),
            session: Some(self.id),
            at: page.commit.now,
        });
        page.events.push(ItemEvent {
            item: item.id.clone(),
            kind: Kind::Email,
            message_id,
            decision,
            reason: reason.to_owned(),
            record: linked.map(|linked| linked.record.clone()),
            links: linked
                .map(|linked| linked.targets.clone())
                .unwrap_or_default(),
            trace,
        });
    }

    fn issue(&self, item: ItemId, key: Option<String>, error: &PortError) -> NewIssue {
        NewIssue {
            id: IssueId(self.engine.parts.ids.uuid()),
            tenant: self.row.tenant.clone(),
            mailbox: self.row.id,
            kind: Kind::Email,
            item_id: item,
            identity_key: key,
            code: error.code().to_owned(),
            message: Error::advice(error),
        }
    }

    fn follow_up(&self, item: ItemId, action: Action, wish: Option<WishId>) -> FollowUp {
        let tries = self.tries(&item) + 1;
        FollowUp {
            id: self.engine.parts.ids.uuid(),
            mailbox: self.row.id,
            item_id: item,
            action,
            wish,
            not_before: self.engine.parts.clock.now() + AGAIN_AFTER * tries,
            attempts: tries,
        }
    }

    /// How often an item of this session was put off before.
    fn tries(&self, item: &ItemId) -> i32 {
        self.tried.get(item).copied().unwrap_or(0)
    }
}
