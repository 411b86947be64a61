//! What is known about the pairs at hand before anything is read.

use std::collections::HashSet;

use ssi_domain::{ItemId, RecordRef, port::FolderRole};
use ssi_store::MirrorRow;

use super::{End, File, Transfer, gather::open};
use crate::Error;

impl Transfer {
    /// What earlier sessions left about the pairs.
    pub(super) async fn know(&mut self, files: &mut [File]) -> Result<(), Error> {
        let items: Vec<ItemId> = open(files)
            .filter(|file| file.row.is_none())
            .filter_map(|file| file.look.item.clone())
            .collect();
        let records: Vec<RecordRef> = open(files)
            .filter(|file| file.row.is_none())
            .filter_map(|file| file.look.record.clone())
            .collect();
        let store = self.parts.store.clone();
        let mut rows = store.mirrors_by_items(self.row.id, &items).await?;
        rows.extend(store.mirrors_by_records(self.row.id, &records).await?);
        let mut taken = HashSet::new();
        for file in files.iter_mut().filter(|file| file.open()) {
            let found = rows.iter().find(|row| {
                file.look.item.as_ref() == Some(&row.item)
                    || file.look.record.as_ref() == Some(&row.record)
            });
            if let (None, Some(row)) = (&file.row, found) {
                file.kind = row.kind;
                file.key.clone_from(&row.identity_key);
                file.record = Some(row.record.clone());
                file.row = Some(row.clone());
            }
            let left = |row: &MirrorRow| {
                let item = file.look.item_version.as_ref() == Some(&row.item_version);
                let record = file.look.record_version.as_ref() == Some(&row.record_version);
                // Our own writes come back as changes; the versions say that they are ours (INV-4).
                (item || record) && file.look.hand.is_none()
            };
            if file.row.as_ref().is_some_and(left) {
                file.end = Some(End::InStep);
            } else if file.row.is_none() && self.surely_unasked(&file.look) {
                file.end = Some(End::Skipped);
            }
            // Two reasons to look at one pair are one look.
            if let Some(row) = &file.row
                && !taken.insert(row.link)
            {
                file.end = Some(End::InStep);
            }
        }
        self.recognise(files).await
    }

    /// Whether a listing alone says that nothing asks for an item: one read less for every item that is only
    /// the user's.
    fn surely_unasked(&self, look: &super::Look) -> bool {
        let (Some(categories), Some(folder), None) = (&look.categories, look.folder, &look.hand)
        else {
            return false;
        };
        let mirror = &self.settings.mirror;
        let names = &self.settings.names;
        let ours = [
            &names.category,
            &names.visit_category,
            &names.phone_call_category,
            &names.account_category,
            &names.individual_customer_category,
        ];
        let marked = categories.iter().any(|name| {
            ours.iter()
                .any(|own| own.to_lowercase() == name.trim().to_lowercase())
        });
        match folder {
            FolderRole::Calendar => {
                let wished = !self.event_wishes.is_empty();
                !(marked || wished || mirror.auto_meetings || mirror.auto_appointments)
            }
            FolderRole::Tasks | FolderRole::Contacts => !marked,
            _ => false,
        }
    }
}
