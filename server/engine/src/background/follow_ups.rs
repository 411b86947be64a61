//! What earlier sessions and clicks left to do: marks that are owed, saves that were put off.

use std::collections::HashMap;

use ssi_domain::{ItemId, LinkId, WishId, port::Item};
use ssi_store::{Action, CopyRow, FollowUp};

use super::{
    chunk::Choices,
    outcome::Page,
    session::{Halt, Session},
};
use crate::{SaveChoice, transfer::MarkOrder};

/// So many follow-ups are worked on in one go.
const BATCH: usize = 100;

/// So many goes per session; what is left waits for the next one (INV-19).
const MOST_BATCHES: usize = 50;

impl Session {
    /// Works through the follow-ups that are due.
    pub(super) async fn follow_ups(&mut self) -> Result<(), Halt> {
        for _ in 0..MOST_BATCHES {
            let now = self.engine.parts.clock.now();
            let due = self
                .engine
                .parts
                .store
                .follow_ups_due(self.row.id, now, BATCH)
                .await?;
            if due.is_empty() {
                return Ok(());
            }
            self.still_ours().await?;
            self.tried = due
                .iter()
                .map(|f| (f.item_id.clone(), f.attempts))
                .collect();
            let of = |action: Action| -> Vec<FollowUp> {
                let due = due.iter().filter(|f| f.action == action);
                due.cloned().collect()
            };
            self.owed_marks(of(Action::MarkItem)).await?;
            self.put_off_saves(of(Action::SaveItem)).await?;
            self.put_off_mirrors(of(Action::Mirror)).await?;
            self.tried = HashMap::new();
        }
        Ok(())
    }

    async fn owed_marks(&mut self, follow_ups: Vec<FollowUp>) -> Result<(), Halt> {
        if follow_ups.is_empty() {
            return Ok(());
        }
        let mut page = self.new_page();
        page.commit.done_follow_ups = follow_ups.iter().map(|f| f.id).collect();
        let (marks, links) = self.marks_owed(&follow_ups, &mut page).await?;
        let copies = marks.iter().zip(links);
        let copies = copies
            .map(|(mark, link)| Some(CopyRow::of(link, self.row.id, &mark.item, false)))
            .collect();
        self.write_marks(&mut page, marks, copies).await?;
        self.commit(page).await
    }

    /// The marks that follow-ups ask for, with the links they are about.
    pub(super) async fn marks_owed(
        &mut self,
        follow_ups: &[FollowUp],
        page: &mut Page,
    ) -> Result<(Vec<MarkOrder>, Vec<LinkId>), Halt> {
        let items = distinct(follow_ups);
        let store = self.engine.parts.store.clone();
        let links: HashMap<ItemId, ssi_store::LinkRow> = store
            .links_by_items(self.row.id, &items)
            .await?
            .into_iter()
            .map(|copy| (copy.item_id, copy.link))
            .collect();
        let read = self.read(&items, None, page).await?;
        // Reading was for the mark only: an item that left in the meantime is no news.
        page.events.clear();
        let order = |(item, folder): (Item, _)| {
            let link = links.get(&item.id)?;
            let record = link.record.clone();
            let mark = MarkOrder {
                item,
                folder,
                record,
            };
            Some((mark, link.id))
        };
        Ok(read.into_iter().filter_map(order).unzip())
    }

    async fn put_off_saves(&mut self, follow_ups: Vec<FollowUp>) -> Result<(), Halt> {
        if follow_ups.is_empty() {
            return Ok(());
        }
        let choices = self.choices(&follow_ups).await?;
        let done = follow_ups.iter().map(|f| f.id).collect();
        self.again(&distinct(&follow_ups), &choices, done).await
    }

    /// What users chose for items that were put off.
    pub(super) async fn choices(&self, follow_ups: &[FollowUp]) -> Result<Choices, Halt> {
        let wishes: HashMap<WishId, SaveChoice> = self
            .engine
            .open_wishes(self.row.id)
            .await?
            .into_iter()
            .map(|(row, wish)| (row.id, wish.choice))
            .collect();
        let chosen = |f: &FollowUp| {
            let wish = f.wish?;
            let choice = wishes.get(&wish)?.clone();
            Some((f.item_id.clone(), (choice, Some(wish))))
        };
        Ok(follow_ups.iter().filter_map(chosen).collect())
    }
}

/// The items of follow-ups, each once.
pub(super) fn distinct(follow_ups: &[FollowUp]) -> Vec<ItemId> {
    let mut items: Vec<ItemId> = follow_ups.iter().map(|f| f.item_id.clone()).collect();
    items.sort();
    items.dedup();
    items
}
