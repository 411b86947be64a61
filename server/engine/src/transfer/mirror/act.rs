//! Carrying plans out: first the CRM, then the mailbox, both in batches.

use std::collections::HashSet;

use jiff::Timestamp;
use ssi_domain::{
    ItemId, Record, RecordRef, Value,
    plan::{Effect, EffectClass},
    port::{Collections, CrmWrite, FolderRole, LinkStamp, PartyHit, PortError},
};

use ssi_store::NewConflict;

use super::{
    End, File, Mode, Transfer,
    claim::{Claim, HOLD},
    company,
};
use crate::Error;

impl Transfer {
    /// Carries out what was decided; pairs that moved meanwhile stay open for the next round.
    pub(super) async fn act(
        &mut self,
        files: &mut [File],
        collections: &Collections,
        mode: Mode,
        (last, now): (bool, Timestamp),
    ) -> Result<(), Error> {
        for file in files.iter_mut().filter(|file| file.open()) {
            file.end_quietly();
            let ends = file.parts() && file.look.hand.is_none();
            if mode == Mode::Run && (ends || file.open() && file.is_doomed()) {
                file.end = Some(End::Doomed);
            }
        }
        self.claim_all(files, collections).await?;
        self.find_accounts(files, now).await?;
        self.keep_conflicts(files).await?;
        self.write_records(files, last).await?;
        self.retire(files).await?;
        self.attach(files).await?;
        self.write_items(files, collections).await?;
        self.move_items(files, collections).await?;
        for file in files.iter_mut().filter(|file| file.open()) {
            if file.again {
                file.again = false;
                if last {
                    file.end = Some(End::Later);
                }
            } else {
                file.end = Some(file.made());
            }
        }
        Ok(())
    }

    /// Takes the link rows of new pairs; a pair somebody else has is left to them.
    async fn claim_all(
        &mut self,
        files: &mut [File],
        collections: &Collections,
    ) -> Result<(), Error> {
        let began = self.parts.clock.now();
        let mut keys = HashSet::new();
        let mut fresh = HashSet::new();
        for file in files.iter_mut() {
            if file.open() && file.makes_again() {
                // Over a tombstone there is no row to reserve: ask for what an earlier try may have made.
                let found = self.find_twin(file).await?;
                let old = file.row.as_ref().map(|row| row.record.clone());
                if found.is_some() && found != old {
                    file.record = found;
                    file.again = true;
                    file.retire = file.plan.as_ref().and_then(retired);
                }
                continue;
            }
            if !file.is_new_pair() || file.link.is_some() || !file.open() {
                continue;
            }
            if !keys.insert((file.kind.claimed_as(), file.key.clone())) {
                file.end = Some(End::Later);
                continue;
            }
            match self.claim_pair(file.kind, &file.key).await? {
                Claim::Fresh(link) => {
                    file.link = Some(link);
                    if file.lost_its_record() {
                        self.find_left(file, collections).await?;
                    }
                    fresh.insert(link);
                }
                Claim::Left(link) => {
                    file.link = Some(link);
                    self.find_left(file, collections).await?;
                }
                Claim::Stands(link, record) => {
                    file.link = Some(link);
                    if file.record.as_ref() != Some(&record) || file.lost_its_record() {
                        // Created by a click, a colleague's session or one that died: join it, or find
                        // that it is gone by now.
                        file.record = Some(record);
                        file.stood = true;
                        file.again = true;
                    } else if file.item.there().is_none() {
                        // Its item was made once already; it may only have lost its category since.
                        self.find_left(file, collections).await?;
                    }
                }
                Claim::Held => file.end = Some(End::Later),
            }
            // What stands already needs no more than its row.
            if let (Some(link), Some(record), true) = (file.link, &file.record, file.both_stand())
                && !file.again
            {
                self.complete_pair(link, record, None).await?;
            }
        }
        self.find_made(files, &fresh, collections).await?;
        if self.parts.clock.now().duration_since(began) > HOLD {
            // Reading took so long that others may have taken over what was reserved.
            let reserved = files.iter_mut().filter(|file| file.open());
            for file in reserved.filter(|file| file.link.is_some() && !file.both_stand()) {
                file.end = Some(End::Later);
            }
        }
        Ok(())
    }

    /// Keeps both values of every collision before one of them is written over (INV-2). A row made twice by a
    /// repeated run is the same row.
    async fn keep_conflicts(&mut self, files: &[File]) -> Result<(), Error> {
        for file in files.iter().filter(|file| file.open() && !file.again) {
            let link = file.row.as_ref().map(|row| row.link).or(file.link);
            let (Some(link), Some(plan)) = (link, &file.plan) else {
                continue;
            };
            for conflict in &plan.conflicts {
                let mail_value = serde_json::to_value(&conflict.mail).unwrap_or_default();
                let crm_value = serde_json::to_value(&conflict.crm).unwrap_or_default();
                let field = &conflict.field;
                let said = format!(
                    "{}\n{link}\n{field}\n{mail_value}\n{crm_value}",
                    self.row.id
                );
                let mut id = [0; 16];
                id.copy_from_slice(&blake3::hash(said.as_bytes()).as_bytes()[..16]);
                let new = NewConflict {
                    id: uuid::Uuid::from_bytes(id),
                    mailbox: self.row.id,
                    link,
                    field: field.clone(),
                    mail_value,
                    crm_value,
                    winner: conflict.winner.name().to_owned(),
                    at: self.parts.clock.now(),
                };
                self.parts.store.keep_conflict(&new).await?;
            }
        }
        Ok(())
    }

    /// Looks what somebody who died, or whose answer was lost, left behind (INV-9).
    async fn find_left(&mut self, file: &mut File, collections: &Collections) -> Result<(), Error> {
        match &file.record {
            // A record without item: was the item made?
            Some(record) if file.item.there().is_none() => {
                let stamp = self.stamp(record);
                let folders: Vec<_> = collections
                    .folders
                    .iter()
                    .filter(|(role, _)| *role == file.home())
                    .map(|(_, id)| id.clone())
                    .collect();
                let found = self.mail.find_by_link(&stamp, &folders).await?;
                if let Some(id) = found.into_iter().next() {
                    file.look.item = Some(id);
                    file.again = true;
                }
            }
            // An item without record: was the record made?
            _ => {
                if let Some(record) = self.find_twin(file).await? {
                    file.record = Some(record);
                    file.again = true;
                }
            }
        }
        Ok(())
    }

    pub(super) fn stamp(&self, record: &RecordRef) -> LinkStamp {
        LinkStamp {
            tenant: self.row.tenant.to_string(),
            record: record.clone(),
        }
    }

    /// Whether a refused write names a party that is gone: it is decided again without it.
    async fn lost_party(&mut self, file: &File) -> Result<bool, Error> {
        let effects = file.plan.iter().flat_map(|plan| &plan.effects);
        let parties = effects.filter_map(|effect| match effect {
            Effect::CreateRecord { parties, .. } => Some(parties),
            Effect::UpdateRecord { parties, .. } => parties.as_ref(),
            _ => None,
        });
        let hits: Vec<PartyHit> = parties
            .flatten()
            .filter_map(|one| one.party.clone())
            .collect();
        self.forget_gone(&hits).await
    }

    async fn write_records(&mut self, files: &mut [File], last: bool) -> Result<(), Error> {
        let mut places = Vec::new();
        let mut writes = Vec::new();
        for (at, file) in files.iter_mut().enumerate() {
            if !file.open() || file.again {
                continue;
            }
            let Some(plan) = &file.plan else { continue };
            let write = plan.effects.iter().find_map(crm_write);
            let Some(write) = write else { continue };
            let retire = retired(plan);
            file.sent = set_of(&write);
            let Some(write) = company::refer(write, file) else {
                continue;
            };
            file.retire = retire;
            places.push(at);
            writes.push(write);
        }
        if writes.is_empty() {
            return Ok(());
        }
        let mut broken = None;
        let size = self.crm.capabilities().put_batch.max(1);
        let mut answers = Vec::with_capacity(writes.len());
        while !writes.is_empty() && broken.is_none() {
            let rest = writes.split_off(writes.len().min(size));
            self.writes += writes.len() as u64;
            match self.crm.put(std::mem::replace(&mut writes, rest)).await {
                Ok(some) => answers.extend(some),
                Err(error) => broken = Some(error),
            }
        }
        for (at, answer) in places.into_iter().zip(answers) {
            let file = &mut files[at];
            match answer {
                Ok(written) => {
                    file.wrote = true;
                    file.record_version = written.version.clone();
                    if let Some(link) = file.link {
                        self.complete_pair(link, &written.record, written.version)
                            .await?;
                    }
                    file.record = Some(written.record);
                }
                Err(PortError::Stale { .. } | PortError::Gone { .. }) => file.again = true,
                Err(PortError::Unknown { .. }) => {
                    file.again = true;
                    if let Some(link) = file.link.take() {
                        self.let_go(link).await?;
                        // Asked for by its key in the next round.
                        file.record = None;
                    }
                }
                Err(error) if error.is_item_problem() && !last && self.lost_party(file).await? => {
                    file.again = true;
                }
                Err(error) if error.is_item_problem() => {
                    if let Some(link) = file.link.take() {
                        self.parts.store.abandon(link, &self.holder).await?;
                    }
                    file.end = Some(End::Failed(error));
                }
                Err(error) => {
                    if let Some(link) = file.link.take() {
                        self.let_go(link).await?;
                    }
                    broken = Some(error);
                }
            }
        }
        broken.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// The write that takes the former record of a pair away when another one was made (CAL-62).
fn retired(plan: &ssi_domain::mirror::MirrorPlan) -> Option<CrmWrite> {
    plan.effects.iter().filter_map(crm_write).nth(1)
}

/// The write to the CRM an effect stands for.
fn crm_write(effect: &Effect) -> Option<CrmWrite> {
    Some(match effect.clone() {
        Effect::CreateRecord {
            kind,
            identity_key,
            record,
            parties,
            ..
        } => CrmWrite::Create {
            kind,
            identity_key,
            record,
            parties,
            attachments: Vec::new(),
        },
        Effect::UpdateRecord {
            record,
            version,
            set,
            parties,
        } => CrmWrite::Update {
            record,
            version,
            set,
            parties,
        },
        Effect::CancelRecord { record, version } => CrmWrite::Update {
            record,
            version,
            set: Record::new().with(
                "status",
                Value::Choice(ssi_domain::mirror::CANCELLED.into()),
            ),
            parties: None,
        },
        Effect::DeleteRecord { record, version } => CrmWrite::Delete { record, version },
        _ => return None,
    })
}

fn set_of(write: &CrmWrite) -> Record {
    match write {
        CrmWrite::Create { record, .. } => record.clone(),
        CrmWrite::Update { set, .. } => set.clone(),
        _ => Record::new(),
    }
}

impl File {
    fn is_doomed(&self) -> bool {
        let effects = self.plan.iter().flat_map(|plan| &plan.effects);
        effects.into_iter().any(|effect| {
            matches!(
                effect.class(),
                EffectClass::CancelRecord | EffectClass::DeleteRecord | EffectClass::DeleteItem
            )
        })
    }

    /// Whether a record is made once more for an item whose former record is gone.
    fn makes_again(&self) -> bool {
        let effects = self.plan.iter().flat_map(|plan| &plan.effects);
        let mut creates = effects.filter(|effect| matches!(effect, Effect::CreateRecord { .. }));
        self.row.is_some() && creates.next().is_some()
    }

    /// Where an item from the CRM is put.
    pub(super) fn home(&self) -> FolderRole {
        ssi_domain::mirror::home(self.kind)
    }

    pub(super) fn moved_to(&mut self, id: ItemId) {
        match &mut self.row {
            Some(row) if row.item != id => {
                self.was.get_or_insert_with(|| row.item.clone());
                row.item = id.clone();
            }
            _ => {}
        }
        self.look.item = Some(id);
    }

    fn made(&self) -> End {
        let fate = self.plan.as_ref().map(|plan| plan.fate);
        match fate {
            Some(ssi_domain::mirror::Fate::Keep) if self.row.is_none() => End::Paired,
            Some(ssi_domain::mirror::Fate::Keep) => End::Updated,
            _ => End::Parted,
        }
    }
}
