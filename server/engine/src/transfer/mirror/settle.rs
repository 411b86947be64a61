//! The next baseline: what each side holds after the writes (INV-4), without swallowing what somebody
//! changed in between (INV-2).

use std::collections::HashMap;

use jiff::Timestamp;
use ssi_domain::{
    ItemId, ReasonCode, Record, RecordRef, Version, Versioned,
    mapping::Table,
    merge::Baseline,
    mirror::{Fate, Role, is_private, redact},
    port::{Item, Shape},
};
use ssi_store::{MirrorOrigin as Origin, MirrorRow, MirrorState};

use super::{
    File, Transfer,
    gather::{role, shape},
    hold,
};
use crate::Error;

impl Transfer {
    /// Reads again what was written.
    pub(super) async fn settle(&mut self, files: &mut [File]) -> Result<(), Error> {
        let kept = |file: &&mut File| file.wrote && file.fate() == Some(Fate::Keep);
        let mut items: Vec<ItemId> = Vec::new();
        let mut records: Vec<RecordRef> = Vec::new();
        for file in files.iter_mut().filter(kept) {
            if file.put.iter().next().is_some() {
                items.extend(file.item_id());
            }
            if file.sent.iter().next().is_some() || file.crm.there().is_none() {
                records.extend(file.record.clone());
            }
        }
        let mut read: HashMap<ItemId, Item> = HashMap::new();
        for batch in items.chunks(self.mail.capabilities().get_batch.max(1)) {
            // What was written stands; a read that fails must not undo the memory of it.
            let answers = match self.mail.get(batch, Shape::Full).await {
                Ok(answers) => answers,
                Err(error) => {
                    tracing::debug!(%error, "items were not read again; what was written is taken for agreed");
                    self.bear(error);
                    break;
                }
            };
            for (id, answer) in batch.iter().zip(answers) {
                if let Ok(Some(item)) = answer {
                    read.insert(id.clone(), item);
                }
            }
        }
        let mut stand: HashMap<RecordRef, Versioned<Record>> = HashMap::new();
        if !records.is_empty() {
            let answers = match self.crm.get(&records).await {
                Ok(answers) => answers,
                Err(error) => {
                    tracing::debug!(%error, "records were not read again; what was written is taken for agreed");
                    self.bear(error);
                    Vec::new()
                }
            };
            stand.extend(
                records
                    .into_iter()
                    .zip(answers)
                    .filter_map(|(id, record)| Some((id, record?))),
            );
        }
        for file in files.iter_mut().filter(kept) {
            let item = file.item_id().and_then(|id| read.remove(&id));
            file.after_item = item.map(|mut item| {
                shape(&mut item, file.kind);
                item
            });
            file.after_record = file.record.as_ref().and_then(|id| stand.remove(id));
        }
        Ok(())
    }

    /// The row to keep for a pair, if anything about it changed.
    pub(super) fn next_row(&self, file: &File, now: Timestamp) -> Option<MirrorRow> {
        let done = file.end.as_ref().is_some_and(|end| {
            use super::End;
            matches!(end, End::InStep | End::Paired | End::Updated | End::Parted)
        });
        let fate = file.fate()?;
        if !done || matches!(fate, Fate::None | Fate::Wait) {
            // An item that moved is remembered where it is; of an occurrence nothing else knows its record.
            let kept = file.was.is_some() || file.adopted;
            return file.row.clone().filter(|_| kept);
        }
        let record = file.record.clone()?;
        let state = match fate {
            Fate::Release | Fate::HandOver => MirrorState::Released,
            Fate::End => MirrorState::Ended,
            _ => MirrorState::Active,
        };
        if state != MirrorState::Active {
            let mut row = file
                .row
                .clone()
                .or_else(|| self.new_row(file, &record, now))?;
            row.state = state;
            // Whoever let it go for another mailbox writes no more (CAL-37).
            if fate == Fate::HandOver {
                row.writer = false;
                row.baseline = hold::was_ours(row.baseline);
            }
            if file.adopted && fate == Fate::End {
                // Found by its item, it may be filed as well: that is told once.
                row.record_version = file.record_stands_at();
            }
            row.updated_at = now;
            row.item_version = file.item_version.clone().unwrap_or(row.item_version);
            return Some(row);
        }
        let table = self.tables.of(file.kind)?;
        let mail = file.agreed_item(table)?;
        let crm = file.agreed_record();
        let baseline = Baseline::of(&self.digest_key, table, &mail, &crm);
        let baseline = file.with_files(&self.digest_key, baseline);
        let baseline = baseline.naming(self.still_names_us(file));
        let baseline = baseline.with_uninvited(&self.digest_key, file.uninvited());
        let baseline = match role(file.item.there()) {
            Role::Attendee => baseline.taking_nothing(file.baseline().as_ref(), &file.sent),
            Role::Organizer | Role::Alone => baseline,
        };
        let doubted = file.doubted();
        let baseline = doubted
            .iter()
            .fold(baseline, |known, field| known.without(field));
        let mut row = match &file.row {
            Some(row) => row.clone(),
            None => self.new_row(file, &record, now)?,
        };
        row.item = file.item_id()?;
        row.record = record;
        row.state = state;
        row.writer = true;
        row.item_version = file.item_stands_at()?;
        row.record_version = file.record_stands_at();
        row.baseline = serde_json::to_value(baseline).unwrap_or_default();
        let same = file.row.as_ref().is_some_and(|old| {
            let mut old = old.clone();
            old.updated_at = row.updated_at;
            old == row
        });
        row.updated_at = now;
        // An unchanged row is not written again: a session of nothing costs nothing.
        (!same).then_some(row)
    }

    fn new_row(&self, file: &File, record: &RecordRef, now: Timestamp) -> Option<MirrorRow> {
        let born_here = file.item.there().is_some();
        Some(MirrorRow {
            // What has no link row is nobody's pair.
            link: file.link?,
            mailbox: self.row.id,
            kind: file.kind,
            identity_key: file.key.clone(),
            item: file.item_id()?,
            record: record.clone(),
            origin: if born_here { Origin::Mail } else { Origin::Crm },
            state: MirrorState::Active,
            writer: true,
            item_version: file.item_stands_at()?,
            record_version: file.record_stands_at(),
            baseline: serde_json::Value::Null,
            updated_at: now,
        })
    }
}

impl File {
    pub(super) fn fate(&self) -> Option<Fate> {
        self.plan.as_ref().map(|plan| plan.fate)
    }

    /// The item's fields as agreed: as decided upon, with what was written as the server took it.
    fn agreed_item(&self, table: &Table) -> Option<Record> {
        // Somebody was at it after our write: what we wrote is what was agreed.
        let ours = match (&self.after_item, &self.item_version) {
            (Some(after), Some(written)) => after.version == *written,
            (after, _) => after.is_some(),
        };
        let mut agreed = match self.item.there() {
            Some(item) if is_private(&item.record) => redact(table, &item.record),
            Some(item) => item.record.clone(),
            None => match self.after_item.as_ref().filter(|_| ours) {
                Some(item) => return Some(item.record.clone()),
                None => return Some(self.put.clone()),
            },
        };
        for (field, value) in self.put.iter() {
            let after = self.after_item.as_ref().filter(|_| ours);
            match after {
                Some(after) => match after.record.get(field) {
                    Some(value) => agreed.set(field, value.clone()),
                    None => drop(agreed.remove(field)),
                },
                None => agreed.set(field, value.clone()),
            }
        }
        Some(agreed)
    }

    /// The record's fields as agreed.
    fn agreed_record(&self) -> Record {
        // Somebody was at it after our write: what we wrote is what was agreed (INV-2).
        let after = self.after_record.as_ref().filter(|after| {
            let written = self.record_version.as_ref();
            written.is_none_or(|written| after.version.tag() == written.tag())
        });
        let Some(before) = self.crm.there() else {
            return after.map_or_else(|| self.sent.clone(), |record| record.value.clone());
        };
        let mut agreed = before.value.clone();
        for (field, value) in self.sent.iter() {
            match after {
                Some(after) => match after.value.get(field) {
                    Some(value) => agreed.set(field, value.clone()),
                    None => drop(agreed.remove(field)),
                },
                None => agreed.set(field, value.clone()),
            }
        }
        agreed
    }

    /// Whom the look found on the record and not on the item.
    fn uninvited(&self) -> &str {
        let mut steps = self.plan.iter().flat_map(|plan| &plan.trace.0);
        let told = steps.find(|step| step.code == ReasonCode::AttendeeNotInvited);
        told.and_then(|step| step.detail.as_deref())
            .unwrap_or_default()
    }

    fn item_stands_at(&self) -> Option<Version> {
        self.item_version
            .clone()
            .or_else(|| self.after_item.as_ref().map(|item| item.version.clone()))
            .or_else(|| self.item.there().map(|item| item.version.clone()))
    }

    fn record_stands_at(&self) -> Version {
        if let (true, Some(before)) = (self.disturbed(), self.crm.there()) {
            return before.version.clone();
        }
        let after = self.after_record.as_ref().map(|record| &record.version);
        let written = self.record_version.as_ref();
        // What the write answered says less than a read: not when something below the record changed.
        let read = after.filter(|after| {
            written.is_none_or(|written| written.tag() == after.tag() && !self.others_moved())
        });
        read.or(written)
            .cloned()
            .or_else(|| self.crm.there().map(|record| record.version.clone()))
            .unwrap_or_else(|| Version::new(""))
    }
}
