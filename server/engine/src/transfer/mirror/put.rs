//! Writing the items of pairs: fields, categories and mark in one write, then the move into our folder.

use ssi_domain::{
    ItemId, Record, Version,
    plan::{Effect, StampRecord},
    port::{Collections, ItemWrite, PortError, WriteDone},
};

use super::{End, File, Transfer};
use crate::Error;

impl Transfer {
    pub(super) async fn write_items(
        &mut self,
        files: &mut [File],
        collections: &Collections,
    ) -> Result<(), Error> {
        let mut places = Vec::new();
        let mut writes = Vec::new();
        for (at, file) in files.iter_mut().enumerate() {
            if !file.open() || file.again {
                continue;
            }
            if let Some(write) = self.item_write(file, collections) {
                file.put = match &write {
                    ItemWrite::Update { set, .. } => set.clone(),
                    ItemWrite::Create { record, .. } => record.clone(),
                    _ => Record::new(),
                };
                // What was agreed on is the user's own text, without what is shown below it.
                ssi_domain::mirror::own_text(file.kind, &mut file.put);
                places.push(at);
                writes.push(write);
            }
        }
        let answers = self.put_items(&writes).await?;
        for (at, answer) in places.into_iter().zip(answers) {
            let file = &mut files[at];
            match answer {
                Ok(WriteDone { id, version }) => {
                    file.wrote = true;
                    file.item_version = version;
                    let made = file.item_id().is_none();
                    if let (true, Some(link), Some(record)) = (made, file.link, &file.record) {
                        self.complete_pair(link, record, None).await?;
                    }
                    file.moved_to(id);
                }
                Err(PortError::Stale { .. } | PortError::Gone { .. }) => file.again = true,
                Err(PortError::Unknown { .. }) => {
                    file.again = true;
                    if let Some(link) = file.link.take() {
                        self.let_go(link).await?;
                    }
                }
                Err(error) if error.is_item_problem() => {
                    if let (Some(link), false) = (file.link, file.both_stand()) {
                        self.let_go(link).await?;
                    }
                    file.end = Some(End::Failed(error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    pub(super) async fn put_items(
        &mut self,
        writes: &[ItemWrite],
    ) -> Result<Vec<Result<WriteDone, PortError>>, Error> {
        let mut answers = Vec::with_capacity(writes.len());
        for batch in writes.chunks(self.mail.capabilities().put_batch.max(1)) {
            self.writes += batch.len() as u64;
            answers.extend(self.mail.put(batch).await?);
        }
        Ok(answers)
    }

    /// The one write of a pair to its item: fields, categories and mark together, so that none makes the
    /// other stale.
    fn item_write(&self, file: &File, collections: &Collections) -> Option<ItemWrite> {
        let plan = file.plan.as_ref()?;
        let mut update: Option<(ItemId, Version, Record)> = None;
        let mut mark = None;
        for effect in &plan.effects {
            match effect {
                Effect::CreateItem {
                    kind,
                    to,
                    record,
                    categories,
                    mirrors,
                } => {
                    return Some(ItemWrite::Create {
                        folder: collections.folder(*to)?.clone(),
                        kind: *kind,
                        record: record.clone(),
                        categories: categories.clone(),
                        link: self.stamp(mirrors),
                    });
                }
                Effect::DeleteItem { item, version } => {
                    return Some(ItemWrite::Delete {
                        item: item.clone(),
                        version: version.clone(),
                    });
                }
                Effect::UpdateItem {
                    item, version, set, ..
                } => update = Some((item.clone(), version.clone(), set.clone())),
                Effect::MarkItem {
                    categories, stamp, ..
                } => {
                    let record = stamp.as_ref().and_then(|stamp| match &stamp.record {
                        StampRecord::Created => file.record.clone(),
                        StampRecord::Existing(record) => Some(record.clone()),
                    });
                    mark = Some((categories.clone(), record));
                }
                _ => {}
            }
        }
        let (categories, record) = match mark {
            Some((categories, record)) => (Some(categories), record),
            None => (None, None),
        };
        let (item, version, set) = match update {
            Some(update) => update,
            None if categories.is_some() => {
                let item = file.item.there()?;
                (item.id.clone(), item.version.clone(), Record::new())
            }
            None => return None,
        };
        Some(ItemWrite::Update {
            item,
            version,
            kind: file.kind,
            set,
            categories,
            link: record.map(|record| self.stamp(&record)),
        })
    }

    pub(super) async fn move_items(
        &mut self,
        files: &mut [File],
        collections: &Collections,
    ) -> Result<(), Error> {
        let mut places = Vec::new();
        let mut writes = Vec::new();
        for (at, file) in files.iter().enumerate() {
            let Some(plan) = file.plan.as_ref().filter(|_| file.open() && !file.again) else {
                continue;
            };
            for effect in &plan.effects {
                if let Effect::MoveItem { to, .. } = effect
                    && let (Some(to), Some(item)) = (collections.folder(*to), file.item_id())
                {
                    places.push(at);
                    writes.push(ItemWrite::Move {
                        item,
                        to: to.clone(),
                    });
                }
            }
        }
        for (at, answer) in places.into_iter().zip(self.put_items(&writes).await?) {
            match answer {
                Ok(WriteDone { id, version }) => {
                    files[at].wrote = true;
                    files[at].item_version = version;
                    files[at].moved_to(id);
                }
                // The pair stands; the next session moves it.
                Err(error) => {
                    tracing::debug!(%error, "an item was not moved into its folder");
                    self.bear(error);
                }
            }
        }
        Ok(())
    }
}
