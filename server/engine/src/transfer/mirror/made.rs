//! Items that were made of records before, and that nobody remembers: the database was restored from a backup that is
//! older than they are (INV-1).

use std::collections::{HashMap, HashSet};

use ssi_domain::{
    ItemId, LinkId, RecordRef,
    port::{Collections, FolderRole, LinkStamp, Shape},
};

use super::{End, File, Transfer};
use crate::Error;

impl Transfer {
    /// Looks for the items of records that are about to come down for the first time, as far as anybody knows, in few
    /// calls. An item that its owner released meanwhile is found as well: our mark stays on it.
    pub(super) async fn find_made(
        &mut self,
        files: &mut [File],
        fresh: &HashSet<LinkId>,
        collections: &Collections,
    ) -> Result<(), Error> {
        let mut wanted: HashMap<FolderRole, Vec<LinkStamp>> = HashMap::new();
        for file in files.iter().filter(|file| file.comes_down(fresh)) {
            let stamps = wanted.entry(file.home()).or_default();
            stamps.extend(file.record.as_ref().map(|record| self.stamp(record)));
        }
        let mut roles: Vec<FolderRole> = wanted.keys().copied().collect();
        roles.sort_unstable();
        let mut ids = Vec::new();
        for role in roles {
            let stamps = wanted.remove(&role).unwrap_or_default();
            let at_home = collections.folders.iter().filter(|(at, _)| *at == role);
            let folders: Vec<_> = at_home.map(|(_, id)| id.clone()).collect();
            ids.extend(self.mail.find_by_links(&stamps, &folders).await?);
        }
        let (mut made, all_read) = self.items_by_mark(&ids).await?;
        for file in files.iter_mut().filter(|file| file.comes_down(fresh)) {
            let item = file.record.as_ref().and_then(|record| made.remove(record));
            match (item, file.record.clone(), file.link) {
                (Some(item), Some(record), Some(link)) => {
                    file.look.item = Some(item);
                    file.again = true;
                    self.complete_pair(link, &record, None).await?;
                }
                // Its item may be the one that could not be read.
                _ if !all_read => file.end = Some(End::Later),
                _ => {}
            }
        }
        Ok(())
    }

    /// The items by the records they are marked with, and whether all of them could be read.
    async fn items_by_mark(
        &self,
        ids: &[ItemId],
    ) -> Result<(HashMap<RecordRef, ItemId>, bool), Error> {
        let mut made = HashMap::new();
        let mut all_read = true;
        for batch in ids.chunks(self.mail.capabilities().get_batch.max(1)) {
            for answer in self.mail.get(batch, Shape::Headers).await? {
                all_read &= answer.is_ok();
                let item = answer.ok().flatten();
                let Some((id, stamp)) = item.and_then(|item| Some((item.id, item.link?))) else {
                    continue;
                };
                if stamp.tenant == self.row.tenant.as_str() {
                    made.entry(stamp.record).or_insert(id);
                }
            }
        }
        Ok((made, all_read))
    }
}

impl File {
    /// Whether an item is about to be made of its record, under a row that was reserved just now.
    fn comes_down(&self, fresh: &HashSet<LinkId>) -> bool {
        let reserved = self.link.is_some_and(|link| fresh.contains(&link));
        reserved
            && self.open()
            && !self.again
            && self.item.there().is_none()
            && self.record.is_some()
    }
}
