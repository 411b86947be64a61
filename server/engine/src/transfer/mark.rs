//! Marks: the category and the named property that tell people and a later session that a mail is saved,
//! and the move out of our folder (MBX-03). No mark is worth losing a user's own category: a stale
//! version is read again, once (INV-10).

use ssi_domain::{
    ItemId, RecordRef, Version,
    plan::{Effect, MarkPlan, Plan, StampRecord, error_plan, settle_plan},
    port::{Collections, FolderRole, Item, ItemWrite, LinkStamp, PortError, Shape, WriteDone},
};

use super::Transfer;
use crate::Error;

/// An item and what its mark should say.
#[derive(Debug, Clone)]
pub(crate) struct MarkOrder {
    /// The item; headers are enough.
    pub item: Item,
    /// Where it lies.
    pub folder: Option<FolderRole>,
    /// The record it is saved to; `None`: it failed.
    pub record: Option<RecordRef>,
}

/// Where a marked item stands.
#[derive(Debug, Clone)]
pub(crate) struct Marked {
    /// Its id now.
    pub item: ItemId,
    /// Its version now; `None` when the server did not say.
    pub version: Option<Version>,
}

type Marks = Vec<Result<Marked, PortError>>;

impl Transfer {
    /// Marks and moves items; one answer per order. Items that stand as they should cost nothing (INV-4).
    pub(crate) async fn mark(
        &mut self,
        orders: &[MarkOrder],
        collections: &Collections,
    ) -> Result<Marks, Error> {
        let mut done = self.mark_once(orders).await?;
        let stale: Vec<usize> = (0..done.len())
            .filter(|&at| matches!(done[at], Err(PortError::Stale { .. })))
            .collect();
        if !stale.is_empty() && self.resting().is_none() {
            let ids: Vec<ItemId> = stale.iter().map(|&at| orders[at].item.id.clone()).collect();
            let mut again = Vec::new();
            let mut places = Vec::new();
            for (at, answer) in stale
                .into_iter()
                .zip(self.mail.get(&ids, Shape::Headers).await?)
            {
                match answer {
                    Ok(Some(item)) => {
                        again.push(MarkOrder {
                            item,
                            ..orders[at].clone()
                        });
                        places.push(at);
                    }
                    Ok(None) => {
                        done[at] = Err(PortError::Gone {
                            detail: "item left".into(),
                        })
                    }
                    Err(error) => done[at] = Err(error),
                }
            }
            for (at, answer) in places.into_iter().zip(self.mark_once(&again).await?) {
                done[at] = answer;
            }
        }
        self.move_marked(orders, collections, done).await
    }

    /// The domain's plan for the mark of an item.
    pub(crate) fn mark_plan(&self, order: &MarkOrder) -> Plan {
        let input = self.mark_input(&order.item, order.folder);
        match &order.record {
            Some(record) => settle_plan(&input, record),
            None => error_plan(&input),
        }
    }

    /// What the mark of an item depends on.
    pub(super) fn mark_input<'a>(
        &'a self,
        item: &'a Item,
        folder: Option<FolderRole>,
    ) -> MarkPlan<'a> {
        MarkPlan {
            item,
            folder,
            settings: &self.settings,
            tenant: &self.row.tenant,
        }
    }

    async fn mark_once(&mut self, orders: &[MarkOrder]) -> Result<Marks, Error> {
        let mut done: Marks = orders
            .iter()
            .map(|order| {
                let version = Some(order.item.version.clone());
                Ok(Marked {
                    item: order.item.id.clone(),
                    version,
                })
            })
            .collect();
        let mut places = Vec::new();
        let mut writes = Vec::new();
        for (at, order) in orders.iter().enumerate() {
            for effect in self.mark_plan(order).effects {
                let Effect::MarkItem {
                    item,
                    categories,
                    stamp,
                } = effect
                else {
                    continue;
                };
                let link = stamp.and_then(|stamp| match stamp.record {
                    StampRecord::Existing(record) => Some(LinkStamp {
                        tenant: stamp.tenant.to_string(),
                        record,
                    }),
                    StampRecord::Created => None,
                });
                let version = order.item.version.clone();
                places.push(at);
                writes.push(ItemWrite::Mark {
                    item,
                    version,
                    categories,
                    link,
                });
            }
        }
        for (at, answer) in places.into_iter().zip(self.put(&writes).await?) {
            done[at] = answer.map(|WriteDone { id, version }| Marked { item: id, version });
        }
        Ok(done)
    }

    async fn move_marked(
        &mut self,
        orders: &[MarkOrder],
        collections: &Collections,
        mut done: Marks,
    ) -> Result<Marks, Error> {
        let mut places = Vec::new();
        let mut writes = Vec::new();
        for (at, order) in orders.iter().enumerate() {
            let Ok(marked) = &done[at] else { continue };
            for effect in self.mark_plan(order).effects {
                if let Effect::MoveItem { to, .. } = effect
                    && let Some(to) = collections.folder(to)
                {
                    places.push(at);
                    writes.push(ItemWrite::Move {
                        item: marked.item.clone(),
                        to: to.clone(),
                    });
                }
            }
        }
        for (at, answer) in places.into_iter().zip(self.put(&writes).await?) {
            done[at] = answer.map(|WriteDone { id, version }| Marked { item: id, version });
        }
        Ok(done)
    }

    async fn put(
        &mut self,
        writes: &[ItemWrite],
    ) -> Result<Vec<Result<WriteDone, PortError>>, Error> {
        let mut answers = Vec::with_capacity(writes.len());
        for batch in writes.chunks(self.mail.capabilities().put_batch.max(1)) {
            // Marks are owed until they stand: what a pause stops is written by the next session (INV-19).
            if let Some(pause) = self.resting() {
                answers.extend(batch.iter().map(|_| Err(pause.clone())));
                continue;
            }
            self.writes += batch.len() as u64;
            let done = self.mail.put(batch).await?;
            self.bear_all(&done);
            answers.extend(done);
        }
        Ok(answers)
    }
}
