//! Items that moved to another folder and are told of there before they are told gone where they were: without what
//! was agreed about the pair, an edit of the other side would look like an old value (INV-2).

use std::collections::HashSet;

use ssi_domain::{
    LinkId, RecordRef,
    port::{Item, LinkStamp, Series, Shape},
};
use ssi_store::{MirrorRow, MirrorState};

use super::{File, Transfer, gather::open};
use crate::Error;

impl Transfer {
    /// Gives items that no row knows, and that bear our mark, the row of their record, where its own item is gone. One
    /// whose item stands belongs to that item; this one is a copy.
    pub(super) async fn know_moved(&self, files: &mut [File]) -> Result<(), Error> {
        let held: HashSet<LinkId> = open(files)
            .filter_map(|file| file.row.as_ref().map(|row| row.link))
            .collect();
        let marked: Vec<RecordRef> = open(files)
            .filter_map(|file| self.marked(file))
            .cloned()
            .collect();
        if marked.is_empty() {
            return Ok(());
        }
        let store = &self.parts.store;
        let mut rows = store.mirrors_by_records(self.row.id, &marked).await?;
        rows.retain(|row| row.state == MirrorState::Active && !held.contains(&row.link));
        let mut left = Vec::new();
        for batch in rows.chunks(self.mail.capabilities().get_batch.max(1)) {
            let ids: Vec<_> = batch.iter().map(|row| row.item.clone()).collect();
            let read = self.mail.get(&ids, Shape::Headers).await?;
            let gone = batch.iter().zip(read);
            left.extend(gone.filter_map(|(row, read)| matches!(read, Ok(None)).then_some(row)));
        }
        for file in files.iter_mut().filter(|file| file.open()) {
            let row = self
                .marked(file)
                .and_then(|record| left.iter().position(|row| row.record == *record));
            if let Some(at) = row {
                file.arrived(left.swap_remove(at).clone());
            }
        }
        Ok(())
    }

    /// The record that the item of no known pair says it belongs to.
    fn marked<'f>(&self, file: &'f File) -> Option<&'f RecordRef> {
        let item = file.item.there().filter(|_| file.row.is_none())?;
        self.own_mark(item).map(|link| &link.record)
    }

    /// Our mark on an item, of this tenant. An occurrence bears its series' mark; its own record is found by its key.
    pub(super) fn own_mark<'i>(&self, item: &'i Item) -> Option<&'i LinkStamp> {
        let occurs = item
            .event
            .as_ref()
            .is_some_and(|event| matches!(event.series, Series::Exception { .. }));
        let link = item.link.as_ref();
        link.filter(|link| !occurs && link.tenant == self.row.tenant.as_str())
    }
}

impl File {
    fn arrived(&mut self, mut row: MirrorRow) {
        let Some(id) = self.item_id() else { return };
        self.was = Some(std::mem::replace(&mut row.item, id));
        self.kind = row.kind;
        self.key.clone_from(&row.identity_key);
        self.record = Some(row.record.clone());
        self.row = Some(row);
    }
}
