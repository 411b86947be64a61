//! Bodies and attachments: read only after the decision to save (INV-13), one message's content at a time.

use ssi_domain::{
    ItemId, ReasonCode, RecordRef,
    plan::PlannedAttachment,
    port::{AttachmentDraft, CrmQuery, CrmWrite, Hit, PortError, Shape},
};

use super::{
    Fate, Order, Transfer,
    claim::{Desk, File, Stand},
};
use crate::Error;

/// Bodies of so many items, or of so many bytes by their listed size, are read in one call.
const READ_ITEMS: usize = 50;
const READ_BYTES: u64 = 8 << 20;

/// Something to store with a record: an attachment of the mail, or the copy of the mail itself.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// An attachment.
    Attachment(PlannedAttachment),
    /// The whole message under this name (EM-12).
    MessageCopy(String),
}

impl Piece {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Attachment(planned) => &planned.name,
            Self::MessageCopy(name) => name,
        }
    }
}

impl Transfer {
    /// Reads body and attachment list of every order that is ours and still lacks them.
    pub(super) async fn read_full(&self, desk: &mut Desk) -> Result<(), Error> {
        for (at, error) in self.read_bodies(desk).await? {
            self.give_up(&mut desk.files[at], error).await?;
        }
        Ok(())
    }

    /// Reads as [`Self::read_full`] does; answers the orders whose item is gone or cannot be read.
    pub(super) async fn read_bodies(
        &self,
        desk: &mut Desk,
    ) -> Result<Vec<(usize, PortError)>, Error> {
        let mut unread = Vec::new();
        let wanted: Vec<usize> = desk
            .mine()
            .into_iter()
            .filter(|&at| !desk.files[at].order.full)
            .collect();
        for batch in batches(&wanted, |at| desk.files[at].order.item.size_bytes) {
            let ids: Vec<_> = batch
                .iter()
                .map(|&at| desk.files[at].order.item.id.clone())
                .collect();
            let items = self.mail.get(&ids, Shape::Full).await?;
            for (at, answer) in batch.into_iter().zip(items) {
                let file = &mut desk.files[at];
                match answer {
                    Ok(Some(item)) => {
                        file.order.item = item;
                        file.order.full = true;
                    }
                    Ok(None) => {
                        unread.push((at, gone()));
                    }
                    Err(error) if error.is_item_problem() => unread.push((at, error)),
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(unread)
    }

    /// Nothing was written for this order and nothing will be: the row goes, the fate stays.
    pub(super) async fn give_up(&self, file: &mut File, error: PortError) -> Result<(), Error> {
        if let Stand::Mine(link) = file.stand {
            self.parts.store.abandon(link, &self.holder).await?;
        }
        file.stand = Stand::Done(Fate::Failed(error));
        Ok(())
    }

    /// Reads the content of one piece. A content that cannot be read does not stop the mail; the trace
    /// says that it is missing. A mail that left while it was read stops: ids of attachments die when it is
    /// moved, and it comes up again where it lies now.
    pub(super) async fn load(
        &self,
        order: &mut Order,
        piece: &Piece,
    ) -> Result<Result<Option<AttachmentDraft>, PortError>, Error> {
        let read = match piece {
            Piece::Attachment(planned) => self.content_of(planned).await,
            Piece::MessageCopy(name) => {
                let limit = self.settings.attachment_max_bytes;
                let content = self.mail.mime(&order.item.id, limit).await;
                content.map(|content| AttachmentDraft {
                    name: name.clone(),
                    media_type: "message/rfc822".to_owned(),
                    content,
                })
            }
        };
        match read {
            Ok(draft) => Ok(Ok(Some(draft))),
            Err(error) if error.is_item_problem() => {
                if matches!(error, PortError::Gone { .. }) && self.has_left(&order.item.id).await? {
                    return Ok(Err(error));
                }
                order
                    .trace
                    .note("EM-50", ReasonCode::AttachmentUnreadable, error.code());
                Ok(Ok(None))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether an item is no more where it was read.
    async fn has_left(&self, item: &ItemId) -> Result<bool, Error> {
        let ids = std::slice::from_ref(item);
        let read = self.mail.get(ids, Shape::Headers).await?;
        match read.into_iter().next() {
            Some(Ok(None)) => Ok(true),
            Some(Err(error)) if !error.is_item_problem() => Err(error.into()),
            _ => Ok(false),
        }
    }

    /// Reads the content of one attachment.
    pub(super) async fn content_of(
        &self,
        planned: &PlannedAttachment,
    ) -> Result<AttachmentDraft, PortError> {
        let limit = self.settings.attachment_max_bytes;
        let content = self.mail.content(&planned.id, limit).await?;
        Ok(AttachmentDraft {
            name: planned.name.clone(),
            media_type: planned.media_type.clone(),
            content,
        })
    }

    /// File names of the attachments that a record has.
    pub(super) async fn attached_to(&self, record: &RecordRef) -> Result<Vec<String>, PortError> {
        let record = record.clone();
        let question = CrmQuery::AttachmentNames { record };
        let hits = self.crm.find(&[question]).await?.into_iter().flatten();
        Ok(hits
            .filter_map(|hit| match hit {
                Hit::Attachment(name) => Some(name),
                _ => None,
            })
            .collect())
    }

    /// Stores the pieces that a record created by a cut-short run still lacks.
    pub(super) async fn complete_pieces(
        &mut self,
        file: &mut File,
        record: &RecordRef,
    ) -> Result<Result<(), PortError>, Error> {
        if !file.order.full {
            let id = file.order.item.id.clone();
            let read = self
                .mail
                .get(std::slice::from_ref(&id), Shape::Full)
                .await?;
            match read.into_iter().next() {
                Some(Ok(Some(item))) => {
                    file.order.item = item;
                    file.order.full = true;
                }
                // Moved, most likely: it comes up again, and then the rest is added.
                Some(Ok(None)) | None => return Ok(Err(gone())),
                Some(Err(error)) => return Ok(Err(error)),
            }
        }
        let pieces = self.pieces(file);
        if pieces.is_empty() {
            return Ok(Ok(()));
        }
        let mut present = self.attached_to(record).await?;
        for piece in pieces {
            if let Some(at) = present.iter().position(|name| name == piece.name()) {
                present.swap_remove(at);
            } else if let Err(error) = self.add_piece(file, record, &piece).await? {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    /// Stores one piece on a record that exists. The CRM refusing one attachment does not undo the mail.
    pub(super) async fn add_piece(
        &mut self,
        file: &mut File,
        record: &RecordRef,
        piece: &Piece,
    ) -> Result<Result<(), PortError>, Error> {
        if let Some(pause) = self.resting() {
            return Ok(Err(pause.clone()));
        }
        let attachment = match self.load(&mut file.order, piece).await? {
            Ok(Some(attachment)) => attachment,
            Ok(None) => return Ok(Ok(())),
            Err(left) => return Ok(Err(left)),
        };
        // Reading may have taken so long that somebody else has stored it by now (INV-1).
        if !self.keep_hold(file).await? {
            let detail = "the reservation was over before an attachment was stored".into();
            return Ok(Err(PortError::Unknown { detail }));
        }
        let order = &mut file.order;
        let write = CrmWrite::AddAttachment {
            record: record.clone(),
            attachment,
        };
        self.writes += 1;
        match self.crm.put(vec![write]).await?.into_iter().next() {
            Some(Err(PortError::Refused { .. })) => {
                order
                    .trace
                    .note("EM-50", ReasonCode::AttachmentRefused, "1 attachment");
                Ok(Ok(()))
            }
            Some(Err(error)) => Ok(Err(error)),
            Some(Ok(_)) | None => Ok(Ok(())),
        }
    }
}

fn gone() -> PortError {
    PortError::Gone {
        detail: "item left while it was read".into(),
    }
}

/// Cuts a list into batches bounded by count and by listed size; every batch has at least one entry.
fn batches(wanted: &[usize], size: impl Fn(usize) -> u64) -> Vec<Vec<usize>> {
    let mut cut: Vec<Vec<usize>> = Vec::new();
    let mut bytes = 0;
    for &at in wanted {
        let next = size(at);
        match cut.last_mut() {
            Some(batch) if batch.len() < READ_ITEMS && bytes + next <= READ_BYTES => {
                batch.push(at);
                bytes += next;
            }
            _ => {
                cut.push(vec![at]);
                bytes = next;
            }
        }
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::{READ_BYTES, batches};

    #[test]
    fn a_batch_ends_at_its_byte_bound_and_a_giant_goes_alone() {
        let sizes = [1, READ_BYTES, 1, 1];
        let cut = batches(&[0, 1, 2, 3], |at| sizes[at]);
        assert_eq!(cut, vec![vec![0], vec![1], vec![2, 3]]);
    }
}
