//! What earlier sessions and clicks left to do: marks that are owed, saves that were put off.

use std::collections::{BTreeMap, HashMap};

use ssi_domain::{ItemId, WishId};
use ssi_store::{Action, CopyRow, FollowUp};

use super::session::{Halt, Session};
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
        let items = distinct(&follow_ups);
        let store = self.engine.parts.store.clone();
        let links: HashMap<ItemId, ssi_store::LinkRow> = store
            .links_by_items(self.row.id, &items)
            .await?
            .into_iter()
            .map(|copy| (copy.item_id, copy.link))
            .collect();
        let read = self.read(&items, None, &mut page).await?;
        // Reading was for the mark only: an item that left in the meantime is no news.
        page.events.clear();
        let mut marks = Vec::new();
        let mut copies = Vec::new();
        for (item, folder) in read {
            let Some(link) = links.get(&item.id) else {
                continue;
            };
            copies.push(Some(CopyRow::of(link.id, self.row.id, &item, false)));
            marks.push(MarkOrder {
                item,
                folder,
                record: link.record.clone(),
            });
        }
        self.write_marks(&mut page, marks, copies).await?;
        self.commit(page).await
    }

    async fn put_off_saves(&mut self, follow_ups: Vec<FollowUp>) -> Result<(), Halt> {
        if follow_ups.is_empty() {
            return Ok(());
        }
        let wishes: HashMap<WishId, SaveChoice> = self
            .engine
            .open_wishes(self.row.id)
            .await?
            .into_iter()
            .map(|(row, wish)| (row.id, wish.choice))
            .collect();
        let choices: BTreeMap<ItemId, (SaveChoice, Option<WishId>)> = follow_ups
            .iter()
            .filter_map(|f| {
                let wish = f.wish?;
                let choice = wishes.get(&wish)?.clone();
                Some((f.item_id.clone(), (choice, Some(wish))))
            })
            .collect();
        let done = follow_ups.iter().map(|f| f.id).collect();
        self.again(&distinct(&follow_ups), &choices, done).await
    }
}

fn distinct(follow_ups: &[FollowUp]) -> Vec<ItemId> {
    let mut items: Vec<ItemId> = follow_ups.iter().map(|f| f.item_id.clone()).collect();
    items.sort();
    items.dedup();
    items
}
