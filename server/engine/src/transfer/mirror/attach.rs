//! Storing what an item has attached and its record lacks (CAL-76, TSK-04), one content in memory at a time.

use ssi_domain::{
    AttachmentId, ReasonCode, RecordRef,
    merge::{Baseline, DigestKey},
    mirror::{attachment_described, attachment_rule},
    plan::{Effect, PlannedAttachment},
    port::{AttachmentInfo, CrmWrite, PortError},
};

use super::{File, Transfer};
use crate::Error;

/// How the attachments of an item fared in this run.
#[derive(Debug, Default)]
pub(super) struct Files {
    stored: Vec<AttachmentId>,
    refused: Vec<AttachmentId>,
    /// Whether some have to be tried again.
    pub(super) open: bool,
}

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
            file.files.open = false;
            let (planned, made) = planned(file);
            let (Some(record), false) = (file.record.clone(), planned.is_empty()) else {
                continue;
            };
            let mut present = match made {
                true => Vec::new(),
                // Somebody, or an earlier try of ours, may have stored some (INV-1).
                false => match self.attached_to(&record).await {
                    Ok(names) => names,
                    // Nothing was stored, so nothing is taken for stored: another session asks again.
                    Err(error) if error.is_item_problem() => {
                        for attachment in &planned {
                            file.stored(attachment, &Stored::Later);
                        }
                        continue;
                    }
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
        let what = attachment_described(&attachment.name);
        match stored {
            Stored::Yes => {
                self.wrote = true;
                plan.trace.note(rule, ReasonCode::AttachmentTaken, what);
                self.files.stored.push(attachment.id.clone());
            }
            Stored::No(code) => {
                plan.trace.note(rule, *code, what);
                self.files.refused.push(attachment.id.clone());
            }
            Stored::Later => {
                let code = ReasonCode::AttachmentUnreadable;
                plan.trace.note(rule, code, format!("{what}; tried again"));
                self.files.open = true;
            }
        }
    }

    /// The next baseline with the item's attachments that are settled, now or before: on the record, or refused
    /// for good. What was not sent for another reason is looked at again each time (CAL-76).
    pub(super) fn with_files(&self, key: &DigestKey, baseline: Baseline) -> Baseline {
        let Some(item) = self.item.there() else {
            return baseline;
        };
        let known = self.baseline().unwrap_or_default();
        let all = || item.attachments.iter();
        let stored = all().filter(|info| {
            self.files.stored.contains(&info.id) || known.has_file(key, &info.name, info.size_bytes)
        });
        let refused = all().filter(|info| {
            self.files.refused.contains(&info.id)
                || known.was_refused(key, &info.name, info.size_bytes)
        });
        baseline
            .with_files(key, stored.map(name_and_size))
            .with_refused(key, refused.map(name_and_size))
    }
}

fn name_and_size(info: &AttachmentInfo) -> (&str, u64) {
    (&info.name, info.size_bytes)
}
