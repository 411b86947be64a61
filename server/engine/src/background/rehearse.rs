//! The dry run: what the next session would do with calendar, tasks and contacts, without doing it.

use std::{collections::BTreeMap, sync::Arc};

use ssi_domain::{
    ItemId, Kind, MailboxId, RecordRef, Trace,
    plan::{Effect, EffectClass},
    port::{Change, Collections, Lane, MailboxSetup, PortError},
};

use super::mirror::MIRRORED;
use crate::{
    Engine, Error,
    transfer::{
        Transfer,
        mirror::{Look, Mode},
    },
};

/// Pairs looked at in one go.
const BATCH: usize = 100;
/// Pages of one folder that are shown; more only make the list longer than anybody reads.
const MOST_PAGES: usize = 100;

/// One effect the next session would have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedEffect {
    /// What people would notice.
    pub class: EffectClass,
    /// What the pair is.
    pub kind: Kind,
    /// The item, if it exists.
    pub item: Option<ItemId>,
    /// The record, if it exists.
    pub record: Option<RecordRef>,
    /// Names of the mapped fields that would be written.
    pub fields: Vec<String>,
    /// Why.
    pub trace: Trace,
}

/// What the next session would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// Every effect, in the order they were decided.
    pub effects: Vec<PlannedEffect>,
    /// Effects by class.
    pub counts: BTreeMap<EffectClass, u64>,
    /// Whether not everything was looked at.
    pub cut: bool,
}

impl Engine {
    /// Plans the next session of a mailbox and writes nothing on either side or in the database.
    pub async fn dry_run(&self, mailbox: MailboxId) -> Result<Rehearsal, Error> {
        let row = self.row(mailbox).await?;
        let settings = self.settings_of(&row).await?;
        let mail = self.parts.backends.mailbox(&row).await?;
        let crm = self.parts.backends.crm(&row.tenant, Lane::Instant).await?;
        let collections = match &row.setup {
            Some(known) => known.clone(),
            None => {
                let setup = MailboxSetup {
                    own_folders: Vec::new(),
                    categories: Vec::new(),
                    known: None,
                };
                mail.prepare(&setup).await?
            }
        };
        let parts = Arc::clone(&self.parts);
        let mut transfer = Transfer::new(parts, row.clone(), mail, crm, settings);
        transfer.wish_for(self.event_wishes(mailbox).await?);
        let mut rehearsal = Rehearsal::default();
        let mut looks = self
            .changed(&row, &transfer, &collections, &mut rehearsal)
            .await?;
        let now = self.parts.clock.now();
        let filed = self.parts.store.filed(mailbox, now, 10_000).await?;
        looks.extend(filed.into_iter().map(|row| Look {
            record: Some(row.record),
            record_version: (!row.gone).then_some(row.version),
            ..Look::default()
        }));
        let doomed = self.parts.store.doomed(mailbox, 10_000).await?;
        looks.extend(doomed.into_iter().map(|follow_up| Look {
            item: Some(follow_up.item_id),
            ..Look::default()
        }));
        for batch in looks.chunks(BATCH) {
            let shown = transfer
                .mirror(batch.to_vec(), &collections, Mode::Rehearse, now)
                .await?;
            for mirrored in shown {
                for effect in mirrored.planned {
                    let class = effect.class();
                    *rehearsal.counts.entry(class).or_default() += 1;
                    rehearsal.effects.push(PlannedEffect {
                        class,
                        kind: mirrored.kind,
                        item: mirrored.item.clone(),
                        record: record_of(&effect),
                        fields: fields_of(&effect),
                        trace: mirrored.trace.clone(),
                    });
                }
            }
        }
        Ok(rehearsal)
    }

    /// What changed in the mirrored folders since the last session; the cursors stay where they are.
    async fn changed(
        &self,
        row: &ssi_store::MailboxRow,
        transfer: &Transfer,
        collections: &Collections,
        rehearsal: &mut Rehearsal,
    ) -> Result<Vec<Look>, Error> {
        let cursors = self.parts.store.cursors(row.id).await?;
        let mut looks = Vec::new();
        for role in MIRRORED {
            let Some(folder) = collections.folder(role) else {
                continue;
            };
            let known = cursors.iter().find(|(name, _)| name == folder.as_str());
            let mut cursor = known.map(|(_, cursor)| cursor.clone());
            for page in 0.. {
                if page == MOST_PAGES {
                    rehearsal.cut = true;
                    break;
                }
                let page = match transfer.mail().changes(folder, cursor.as_ref()).await {
                    Err(PortError::CursorLost { .. }) if cursor.is_some() => {
                        cursor = None;
                        continue;
                    }
                    other => other?,
                };
                looks.extend(page.changes.into_iter().map(|change| match change {
                    Change::Upsert(hint) => Look {
                        item: Some(hint.id),
                        item_version: Some(hint.version),
                        categories: hint.categories,
                        folder: Some(role),
                        ..Look::default()
                    },
                    Change::Gone(id) => Look {
                        item: Some(id),
                        ..Look::default()
                    },
                }));
                cursor = Some(page.cursor);
                if !page.more {
                    break;
                }
            }
        }
        Ok(looks)
    }
}

fn record_of(effect: &Effect) -> Option<RecordRef> {
    match effect {
        Effect::UpdateRecord { record, .. }
        | Effect::CancelRecord { record, .. }
        | Effect::DeleteRecord { record, .. }
        | Effect::LinkRecord { record, .. }
        | Effect::AttachToRecord { record, .. }
        | Effect::CreateItem {
            mirrors: record, ..
        } => Some(record.clone()),
        _ => None,
    }
}

fn fields_of(effect: &Effect) -> Vec<String> {
    let record = match effect {
        Effect::CreateRecord { record, .. } | Effect::CreateItem { record, .. } => record,
        Effect::UpdateRecord { set, .. } | Effect::UpdateItem { set, .. } => set,
        _ => return Vec::new(),
    };
    record.iter().map(|(name, _)| name.to_owned()).collect()
}
