//! Storing what an item has attached and its record lacks (CAL-76, TSK-04), one content in memory at a time.

use ssi_domain::{
    ReasonCode, RecordRef,
    mirror::attachment_rule,
    plan::{Effect, PlannedAttachment},
    port::{CrmWrite, PortError},
};

use super::{File, Transfer};
use crate::Error;

/// How one attachment fared.
enum Stored {
    /// It stands on the record.
    Yes,
    /// One side does not give or take it: told, and not tried again before the item changes.
    No(ReasonCode),
    /// Another session has to try again.
    Later,
}

impl Transfer {
    /// Stores the planned attachments of records that stand by now. What cannot be stored does not undo the pair:
    /// the trace says so, and the item keeps it.
    pub(super) async fn attach(&mut self, files: &mut [File]) -> Result<(), Error> {
        for file in files.iter_mut().filter(|file| file.open() && !file.again) {
            let (planned, made) = planned(file);
            let (Some(record), false) = (file.record.clone(), planned.is_empty()) else {
                continue;
            };
            let mut present = match made {
                true => Vec::new(),
                // Somebody, or an earlier try of ours, may have stored some (INV-1).
                false => match self.attached_to(&record).await {
                    Ok(names) => names,
                    Err(error) if error.is_item_problem() => continue,
                    Err(error) => return Err(error.into()),
                },
            };
            for attachment in planned {
                let stored = match present.iter().position(|name| *name == attachment.name) {
                    Some(at) => {
                        present.swap_remove(at);
                        Stored::Yes
                    }
                    None => self.store_one(&record, &attachment).await?,
                };
                file.stored(&attachment, &stored);
            }
        }
        Ok(())
    }

    async fn store_one(
        &mut self,
        record: &RecordRef,
        planned: &PlannedAttachment,
    ) -> Result<Stored, Error> {
        let attachment = match self.content_of(planned).await {
            Ok(draft) => draft,
            Err(PortError::Gone { .. }) => return Ok(Stored::Later),
            Err(error) if error.is_item_problem() => {
                return Ok(Stored::No(ReasonCode::AttachmentUnreadable));
            }
            Err(error) => return Err(error.into()),
        };
        self.writes += 1;
        let record = record.clone();
        let write = CrmWrite::AddAttachment { record, attachment };
        Ok(match self.crm.put(vec![write]).await?.into_iter().next() {
            Some(Ok(_)) => Stored::Yes,
            Some(Err(PortError::Refused { .. })) => Stored::No(ReasonCode::AttachmentRefused),
            Some(Err(error)) if !error.is_item_problem() => return Err(error.into()),
            Some(Err(_)) | None => Stored::Later,
        })
    }
}

/// The attachments to store for a pair, and whether this very run made their record.
fn planned(file: &File) -> (Vec<PlannedAttachment>, bool) {
    let effects = file.plan.iter().flat_map(|plan| &plan.effects);
    for effect in effects {
        match effect {
            Effect::CreateRecord { attachments, .. } => return (attachments.clone(), true),
            Effect::AttachToRecord { attachments, .. } => return (attachments.clone(), false),
            _ => {}
        }
    }
    (Vec::new(), false)
}

impl File {
    fn stored(&mut self, attachment: &PlannedAttachment, stored: &Stored) {
        let Some(plan) = &mut self.plan else { return };
        let rule = attachment_rule(self.kind);
        match stored {
            Stored::Yes => {
                self.wrote = true;
                plan.trace
                    .note(rule, ReasonCode::AttachmentTaken, "1 attachment");
            }
            Stored::No(code) => plan.trace.note(rule, *code, "1 attachment"),
            Stored::Later => {
                let code = ReasonCode::AttachmentUnreadable;
                plan.trace.note(rule, code, "1 attachment; tried again");
                self.unstored.push(attachment.id.clone());
            }
        }
    }

    /// The item's attachments that are settled: on the record, or refused for good.
    pub(super) fn settled_files(&self) -> Vec<(String, u64)> {
        let Some(item) = self.item.there() else {
            return Vec::new();
        };
        let settled = item
            .attachments
            .iter()
            .filter(|info| !self.unstored.contains(&info.id));
        settled
            .map(|info| (info.name.clone(), info.size_bytes))
            .collect()
    }
}
