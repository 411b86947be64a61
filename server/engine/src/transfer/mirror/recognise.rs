//! Records that stand under another id: a tenant that was refreshed, or put back from a copy, gives its records new ids
//! and keeps their keys. Before a record is called gone it is asked for by its key (INV-1, INV-5).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ssi_domain::{
    Kind, ReasonCode, RecordRef, Trace,
    mirror::{Asked, Fate, MirrorPlan, Unfit},
};
use ssi_store::MirrorRow;

use super::{File, Seen, Transfer, gather::open};
use crate::Error;

/// What people read of an item whose record is gone and nobody knows why.
const LOST: &str = "this item was stored in the CRM, and its record is gone from there. Whether somebody deleted it is \
     not known any more, so it is not stored again by itself: save it with the add-in, or take the category off";

impl Transfer {
    /// Changes of records that no pair knows by id: a pair with their key whose own record is gone is theirs.
    pub(super) async fn recognise(&mut self, files: &mut [File]) -> Result<(), Error> {
        let keys: BTreeSet<String> = open(files)
            .filter(|file| file.row.is_none())
            .filter_map(|file| file.look.record_key.clone())
            .filter(|key| !key.is_empty())
            .collect();
        if keys.is_empty() {
            return Ok(());
        }
        let keys: Vec<String> = keys.into_iter().collect();
        let store = self.parts.store.clone();
        let rows = store.mirrors_by_keys(self.row.id, None, &keys).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let ids: BTreeSet<RecordRef> = rows.iter().map(|row| row.record.clone()).collect();
        let ids: Vec<RecordRef> = ids.into_iter().collect();
        let read = self.crm.get(&ids).await?;
        let gone: BTreeSet<&RecordRef> = ids
            .iter()
            .zip(&read)
            .filter_map(|(id, read)| read.is_none().then_some(id))
            .collect();
        for file in files
            .iter_mut()
            .filter(|file| file.open() && file.row.is_none())
        {
            let (Some(record), Some(key)) = (&file.look.record, &file.look.record_key) else {
                continue;
            };
            let same = |row: &&MirrorRow| {
                row.identity_key == *key && row.kind == record.kind && gone.contains(&row.record)
            };
            let Some(row) = rows.iter().find(same) else {
                continue;
            };
            let record = record.clone();
            file.kind = row.kind;
            file.key.clone_from(&row.identity_key);
            file.row = Some(row.clone());
            file.stands_as(record);
        }
        Ok(())
    }

    /// Asks by key for records that their ids do not find any more, and reads those that stand under another one.
    pub(super) async fn find_moved(&mut self, files: &mut [File]) -> Result<(), Error> {
        let mut wanted: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
        for file in open(files).filter(|file| file.may_have_moved()) {
            wanted.entry(file.kind).or_default().push(file.key.clone());
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let mut found: HashMap<(Kind, String), RecordRef> = HashMap::new();
        for (kind, hit) in self.records_by_keys(wanted).await? {
            found.entry((kind, hit.identity_key)).or_insert(hit.record);
        }
        let ids: BTreeSet<RecordRef> = found.values().cloned().collect();
        let ids: Vec<RecordRef> = ids.into_iter().collect();
        let read = match ids.is_empty() {
            true => Vec::new(),
            false => self.crm.get(&ids).await?,
        };
        let read: HashMap<RecordRef, _> = ids.into_iter().zip(read).collect();
        for file in files
            .iter_mut()
            .filter(|file| file.open() && file.may_have_moved())
        {
            let record = found.get(&(file.kind, file.key.clone()));
            let Some(record) = record.filter(|record| file.record.as_ref() != Some(record)) else {
                continue;
            };
            if let Some(Some(stands)) = read.get(record) {
                file.crm = Seen::There(Box::new(stands.clone()));
                file.stands_as(record.clone());
            }
        }
        Ok(())
    }

    /// Lets the rows of the pairs name the records that were found.
    pub(super) async fn note_moved(&self, files: &[File]) -> Result<(), Error> {
        for file in files.iter().filter(|file| file.moved) {
            let link = file.row.as_ref().map(|row| row.link).or(file.link);
            if let (Some(link), Some(record)) = (link, &file.record) {
                self.parts.store.relink(link, record).await?;
            }
        }
        Ok(())
    }
}

impl File {
    fn stands_as(&mut self, record: RecordRef) {
        if let Some(row) = &mut self.row {
            row.record = record.clone();
        }
        self.record = Some(record);
        self.moved = true;
    }

    /// Whether the record is gone by its id and has a key to ask for.
    fn may_have_moved(&self) -> bool {
        let keyed = !self.key.is_empty()
            && !self.key.starts_with("record:")
            && !self.key.starts_with("item:");
        let known = self.row.is_some() || self.marked_as_stored();
        self.kind.is_event()
            && keyed
            && known
            && self.record.is_some()
            && matches!(self.crm, Seen::Gone)
    }

    fn marked_as_stored(&self) -> bool {
        let link = self.item.there().and_then(|item| item.link.as_ref());
        link.is_some_and(|link| self.record.as_ref() == Some(&link.record))
    }

    /// Whether the pair ends because its record is gone, while its item stands. A side that cannot be seen into looks
    /// the same, so these are counted with the deletions (INV-7).
    pub(super) fn parts(&self) -> bool {
        let mirrored = self.is_active() && self.row.as_ref().is_some_and(|row| row.writer);
        let ends = matches!(self.fate(), Some(Fate::End | Fate::Release));
        mirrored && ends && self.item.there().is_some() && matches!(self.crm, Seen::Gone)
    }

    /// The plan of an item that says of itself that it was stored, where no pair is known and no record stands: it is
    /// not stored again without being asked by hand.
    pub(super) fn lost(&self) -> Option<MirrorPlan> {
        let asked = !matches!(self.asked, Asked::No(_) | Asked::Hand);
        let lost = asked
            && self.row.is_none()
            && !self.stood
            && self.marked_as_stored()
            && matches!(self.crm, Seen::Gone);
        lost.then(|| {
            let mut trace = Trace::new();
            trace.stop("INV-05", ReasonCode::RecordGone);
            MirrorPlan {
                effects: Vec::new(),
                conflicts: Vec::new(),
                unfit: Some(Unfit {
                    code: ReasonCode::RecordGone,
                    detail: LOST.into(),
                }),
                fate: Fate::None,
                trace,
            }
        })
    }
}
