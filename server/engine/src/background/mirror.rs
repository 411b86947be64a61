//! Calendar, tasks and contacts in a session: what changed in the folders, what the CRM's feed filed, what
//! earlier sessions put off, and at last the deletions, together (INV-7).

use std::collections::HashSet;

use ssi_domain::{
    FolderId, ItemId, ReasonCode,
    port::{FolderRole, ItemHint},
};
use ssi_store::{FollowUp, HeldPlan, PageEnd};

use super::{
    deletions::{Doom, Over, listed, over},
    filing::AGAIN_AFTER,
    outcome::Page,
    session::{Halt, Session},
};
use crate::transfer::mirror::{End, Look, Mirrored, Mode};

/// The folders of mirrored items, our own ones first: what lies in them was put there on purpose.
pub(super) const MIRRORED: [FolderRole; 7] = [
    FolderRole::Calendar,
    FolderRole::OwnTasks,
    FolderRole::OwnContacts,
    FolderRole::OwnAccounts,
    FolderRole::OwnIndividualCustomers,
    FolderRole::Tasks,
    FolderRole::Contacts,
];

/// Pairs looked at in one go.
pub(super) const BATCH: usize = 100;
/// Goes per session and source; what is left waits for the next session (INV-19).
pub(super) const MOST_BATCHES: usize = 200;
/// Deletions of one session; more are held in any case.
pub(super) const MOST_DOOMED: usize = 10_000;

impl Session {
    /// Works through a page of changes of a mirrored folder.
    pub(super) async fn mirror_page(
        &mut self,
        role: FolderRole,
        hints: &[ItemHint],
        end: PageEnd,
    ) -> Result<(), Halt> {
        let mut looks: Vec<Look> = Vec::with_capacity(hints.len() + end.gone.len());
        for hint in hints {
            looks.push(Look {
                item: Some(hint.id.clone()),
                item_version: Some(hint.version.clone()),
                categories: hint.categories.clone(),
                folder: Some(role),
                ..Look::default()
            });
        }
        looks.extend(end.gone.iter().map(|id| Look {
            item: Some(id.clone()),
            ..Look::default()
        }));
        let mut end = Some(end);
        let mut batches = looks.chunks(BATCH).peekable();
        while let Some(batch) = batches.next() {
            self.still_ours().await?;
            let last = batches.peek().is_none();
            let mut page = self.new_page();
            page.commit.end(end.take_if(|_| last));
            self.mirror_batch(batch.to_vec(), &mut page, Mode::Run)
                .await?;
            self.commit(page).await?;
        }
        if let Some(end) = end {
            self.still_ours().await?;
            self.move_cursor(end).await?;
        }
        Ok(())
    }

    /// Works through the changes of the CRM that the feed filed for this mailbox.
    pub(super) async fn filed_changes(&mut self) -> Result<(), Halt> {
        for _ in 0..MOST_BATCHES {
            let now = self.engine.parts.clock.now();
            let store = self.engine.parts.store.clone();
            let filed = store.filed(self.row.id, now, BATCH).await?;
            if filed.is_empty() {
                return Ok(());
            }
            self.still_ours().await?;
            let looks = filed.into_iter().map(|row| Look {
                record: Some(row.record),
                record_key: Some(row.identity_key),
                record_version: (!row.gone).then_some(row.version),
                filed: Some((row.id, row.attempts)),
                ..Look::default()
            });
            let mut page = self.new_page();
            self.mirror_batch(looks.collect(), &mut page, Mode::Run)
                .await?;
            self.commit(page).await?;
        }
        Ok(())
    }

    /// Looks again at pairs that were put off.
    pub(super) async fn put_off_mirrors(&mut self, due: Vec<FollowUp>) -> Result<(), Halt> {
        if due.is_empty() {
            return Ok(());
        }
        let mut page = self.new_page();
        page.commit.done_follow_ups = due.iter().map(|follow_up| follow_up.id).collect();
        let looks = due.into_iter().map(|follow_up| Look {
            item: Some(follow_up.item_id),
            ..Look::default()
        });
        self.mirror_batch(looks.collect(), &mut page, Mode::Run)
            .await?;
        self.commit(page).await
    }

    /// Carries out the deletions of the session together, or holds the mailbox when they are more than its
    /// budget allows (INV-7).
    pub(super) async fn deletions(&mut self) -> Result<(), Halt> {
        let store = self.engine.parts.store.clone();
        let doomed = store.doomed(self.row.id, MOST_DOOMED).await?;
        if doomed.is_empty() {
            store.drop_hold(self.row.id).await?;
            return Ok(());
        }
        let looks = |doomed: &[FollowUp]| -> Vec<Look> {
            let look = |follow_up: &FollowUp| Look {
                item: Some(follow_up.item_id.clone()),
                ..Look::default()
            };
            doomed.iter().map(look).collect()
        };
        let mut planned = Vec::new();
        for batch in doomed.chunks(BATCH) {
            self.still_ours().await?;
            let shown = self.look(looks(batch), Mode::Rehearse).await?;
            planned.extend(shown.iter().filter_map(Doom::of));
        }
        if !self.allowed(&planned).await? {
            return Ok(());
        }
        // What was not to be deleted a moment ago was not counted: should it look deleted now, it waits for the next
        // session (INV-7).
        let counted: HashSet<&ItemId> = planned.iter().filter_map(Doom::item).collect();
        let (counted, others): (Vec<FollowUp>, Vec<FollowUp>) = doomed
            .into_iter()
            .partition(|follow_up| counted.contains(&follow_up.item_id));
        for (doomed, mode) in [(counted, Mode::CarryOut), (others, Mode::Run)] {
            for batch in doomed.chunks(BATCH) {
                self.still_ours().await?;
                let mut page = self.new_page();
                page.commit.done_follow_ups = batch.iter().map(|follow_up| follow_up.id).collect();
                self.mirror_batch(looks(batch), &mut page, mode).await?;
                self.commit(page).await?;
            }
        }
        store.drop_hold(self.row.id).await?;
        Ok(())
    }

    /// Whether these effects are within the budget, or were approved exactly as they are.
    async fn allowed(&mut self, planned: &[Doom]) -> Result<bool, Halt> {
        let store = self.engine.parts.store.clone();
        let linked = store.mirrors_by_kind(self.row.id).await?;
        let budgets = &self.transfer.settings().budgets;
        let Some(over) = over(planned, budgets, &linked) else {
            return Ok(true);
        };
        let Over {
            class,
            wanted,
            allowed,
            digest,
            counts,
        } = over;
        let held = store.held(self.row.id).await?;
        if held.is_some_and(|held| held.approved && held.digest == digest) {
            return Ok(true);
        }
        let code = ReasonCode::BudgetExceeded.as_str();
        let plan = HeldPlan {
            mailbox: self.row.id,
            digest,
            code: code.to_owned(),
            summary: serde_json::json!({
                "class": class,
                "wanted": wanted,
                "allowed": allowed,
                "counts": counts,
                "effects": listed(planned),
            }),
            created_at: self.engine.parts.clock.now(),
            approved: false,
        };
        store.hold(&plan).await?;
        let detail = format!(
            "the session would end {wanted} pairs and {allowed} are allowed. Nothing was deleted. Look at them and \
             approve them, or mend what made them - records or items that cannot be seen any more - and resume"
        );
        store.suspend(self.row.id, code, &detail).await?;
        Ok(false)
    }

    async fn look(&mut self, looks: Vec<Look>, mode: Mode) -> Result<Vec<Mirrored>, Halt> {
        let now = self.engine.parts.clock.now();
        let collections = self.collections.clone();
        Ok(self.transfer.mirror(looks, &collections, mode, now).await?)
    }

    /// Brings a batch of pairs into step and files what became of each.
    pub(super) async fn mirror_batch(
        &mut self,
        looks: Vec<Look>,
        page: &mut Page,
        mode: Mode,
    ) -> Result<(), Halt> {
        for mirrored in self.look(looks, mode).await? {
            let later = matches!(mirrored.end, End::Later) && mirrored.item.is_none();
            if let (true, Some((filed, attempts))) = (later, mirrored.look.filed) {
                // Nothing but the filed change knows of it: it stays filed.
                let now = self.engine.parts.clock.now();
                let until = now + AGAIN_AFTER * (attempts + 1);
                let store = &self.engine.parts.store;
                store.put_off_filed(filed, until).await?;
            }
            self.fulfil(page, &mirrored).await?;
            self.file_mirrored(page, mirrored);
        }
        Ok(())
    }

    /// An event that somebody wished for gets the links they chose, also when its record stood already.
    async fn fulfil(&mut self, page: &mut Page, mirrored: &Mirrored) -> Result<(), Halt> {
        let made = matches!(mirrored.end, End::Paired | End::InStep | End::Updated);
        let (Some(hand), Some(record), true) = (&mirrored.look.hand, &mirrored.record, made) else {
            return Ok(());
        };
        if mirrored.look.wishes.is_empty() {
            return Ok(());
        }
        let chosen = hand.chosen();
        if !chosen.is_empty() {
            self.transfer.change_links(record, &chosen, &[]).await?;
        }
        let wishes = &mut page.commit.fulfilled_wishes;
        wishes.extend(mirrored.look.wishes.iter().copied());
        Ok(())
    }

    /// The id of a mirrored folder, when its kind is mirrored.
    pub(super) fn mirrored_folder(&self, role: FolderRole) -> Option<FolderId> {
        let mirror = &self.transfer.settings().mirror;
        let on = match role {
            FolderRole::Calendar => mirror.events,
            FolderRole::OwnTasks | FolderRole::Tasks => mirror.tasks,
            FolderRole::OwnContacts | FolderRole::OwnAccounts => mirror.contacts,
            FolderRole::Contacts => mirror.contacts || mirror.individual_customers,
            FolderRole::OwnIndividualCustomers => mirror.individual_customers,
            FolderRole::Inbox | FolderRole::Sent | FolderRole::Saved => false,
        };
        self.collections.folder(role).filter(|_| on).cloned()
    }
}
