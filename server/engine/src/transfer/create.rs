//! Creating records: mails without attachments in batches, a mail with attachments alone.

use ssi_domain::{
    AttachmentId, Kind, LinkId, RecordRef, Version,
    attachment::{AttachmentDecision, choose, choose_ticked},
    plan::{Edits, Effect, EmailPlan, Plan, PlannedAttachment, email_plan},
    port::{AttachmentDraft, CrmWrite, PortError, Written},
};
use ssi_store::Completed;

use super::{
    Fate, Linked, Transfer,
    claim::{Desk, File, Stand},
    content::Piece,
};
use crate::Error;

/// Encoded bodies of one batch of creates, in bytes, at most about this much.
const BATCH_BYTES: usize = 4 << 20;

/// A record that stands, with its version if known.
type Stands = (RecordRef, Option<Version>);

/// A create that is ready to go, with what is stored after it.
struct Ready {
    at: usize,
    link: LinkId,
    write: CrmWrite,
    bytes: usize,
    later: Vec<Piece>,
}

impl Transfer {
    /// Creates the records of all orders that are ours.
    pub(super) async fn create(&mut self, desk: &mut Desk) -> Result<(), Error> {
        self.read_full(desk).await?;
        let most = self.crm.capabilities().put_batch.max(1);
        let mut batch: Vec<Ready> = Vec::new();
        for at in desk.mine() {
            if self.resting().is_some() {
                return Ok(());
            }
            let Some(ready) = self.ready(desk, at).await? else {
                continue;
            };
            // Content in memory is one message's at a time.
            let alone = matches!(&ready.write, CrmWrite::Create { attachments, .. } if !attachments.is_empty());
            let full = batch.len() >= most
                || batch.iter().map(|ready| ready.bytes).sum::<usize>() + ready.bytes > BATCH_BYTES;
            if alone {
                self.send(desk, vec![ready]).await?;
            } else {
                if full {
                    self.send(desk, std::mem::take(&mut batch)).await?;
                }
                batch.push(ready);
            }
        }
        self.send(desk, batch).await?;
        // Those that were refused because of a party that is gone, without it.
        for at in desk.mine() {
            if desk.files[at].again
                && let Some(ready) = self.ready(desk, at).await?
            {
                self.send(desk, vec![ready]).await?;
            }
        }
        Ok(())
    }

    async fn ready(&mut self, desk: &mut Desk, at: usize) -> Result<Option<Ready>, Error> {
        let file = &mut desk.files[at];
        let Stand::Mine(link) = file.stand else {
            return Ok(None);
        };
        let Some((record, parties, pieces)) = self.planned(file) else {
            return Ok(None);
        };
        let room = self.crm.capabilities().inline_attachment_bytes;
        let (mut attachments, mut later, mut used) = (Vec::<AttachmentDraft>::new(), Vec::new(), 0);
        for piece in pieces {
            let listed = match &piece {
                Piece::Attachment(planned) => listed_size(file, planned),
                Piece::MessageCopy(_) => usize::try_from(file.order.item.size_bytes).unwrap_or(0),
            };
            if used + listed / 3 * 4 > room {
                later.push(piece);
                continue;
            }
            match self.load(&mut file.order, &piece).await? {
                Ok(Some(draft)) => {
                    used += draft.content.encoded_len();
                    attachments.push(draft);
                }
                Ok(None) => {}
                Err(left) => {
                    self.give_up(file, left).await?;
                    return Ok(None);
                }
            }
        }
        let body = record.text("body").len() + record.text("subject").len();
        let bytes = body + parties.len() * 200 + used + 1_000;
        let identity_key = file.key.clone();
        let write = CrmWrite::Create {
            kind: Kind::Email,
            identity_key,
            record,
            parties,
            attachments,
        };
        Ok(Some(Ready {
            at,
            link,
            write,
            bytes,
            later,
        }))
    }

    /// The domain's plan for a mail that gets a new record.
    pub(super) fn plan_of(&self, file: &File) -> Plan {
        let choice = file.order.choice.clone();
        let edits = choice.as_ref().map_or_else(Edits::default, |choice| Edits {
            subject: choice.subject.clone(),
            body: choice.body.clone(),
        });
        let attachments = self.decisions(file);
        let owner = self.owner();
        let mut identity = file.order.identity.clone();
        identity.key.clone_from(&file.key);
        email_plan(&EmailPlan {
            item: &file.order.item,
            folder: file.order.folder,
            identity: &identity,
            saved: None,
            route: file.order.route,
            settings: &self.settings,
            table: ssi_domain::mapping::Table::email(),
            tenant: &self.row.tenant,
            own_address: &self.row.address,
            links: &file.links,
            known: &file.hits,
            owner: owner.as_ref(),
            attachments: &attachments,
            message_copy: choice.map_or(self.settings.eml_copy, |choice| choice.include_eml),
            edits: &edits,
        })
    }

    /// The record, its parties and what belongs to it, by the domain's plan.
    fn planned(
        &self,
        file: &mut File,
    ) -> Option<(
        ssi_domain::Record,
        Vec<ssi_domain::port::RecordParty>,
        Vec<Piece>,
    )> {
        let plan = self.plan_of(file);
        file.order.trace.append(plan.trace);
        plan.effects.into_iter().find_map(|effect| match effect {
            Effect::CreateRecord {
                record,
                parties,
                attachments,
                message_copy,
                ..
            } => {
                let pieces = attachments
                    .into_iter()
                    .map(Piece::Attachment)
                    .chain(message_copy.map(Piece::MessageCopy))
                    .collect();
                Some((record, parties, pieces))
            }
            _ => None,
        })
    }

    /// What belongs to the record of a mail besides its fields.
    pub(super) fn pieces(&self, file: &mut File) -> Vec<Piece> {
        self.planned(file)
            .map(|(_, _, pieces)| pieces)
            .unwrap_or_default()
    }

    /// The rules' decisions about the attachments, narrowed and renamed by the user's ticks (EM-11).
    fn decisions(&self, file: &File) -> Vec<(AttachmentId, AttachmentDecision)> {
        let listed = &file.order.item.attachments;
        match file
            .order
            .choice
            .as_ref()
            .and_then(|choice| choice.attachments.as_ref())
        {
            Some(ticked) => choose_ticked(listed, &self.settings, ticked),
            None => choose(listed, &self.settings),
        }
    }

    async fn send(&mut self, desk: &mut Desk, batch: Vec<Ready>) -> Result<(), Error> {
        // What is left is released and taken by the next session.
        let put_off = desk.is_late(self.parts.clock.now()) || self.resting().is_some();
        if batch.is_empty() || put_off {
            return Ok(());
        }
        let (places, writes): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(
                |Ready {
                     at,
                     link,
                     write,
                     later,
                     ..
                 }| ((at, link, later), write),
            )
            .unzip();
        self.writes += writes.len() as u64;
        let answers = self.crm.put(writes).await?;
        // Of a batch that was broken off with a pause, attachments wait too (INV-19).
        self.bear_all(&answers);
        let mut done = Vec::new();
        let mut broken = None;
        for ((at, link, later), answer) in places.into_iter().zip(answers) {
            match self
                .outcome(&mut desk.files[at], link, answer, &later)
                .await?
            {
                Ok(completed) => done.push((at, completed)),
                // The whole tenant is concerned: what was created is recorded first.
                Err(error) => broken = Some(error),
            }
        }
        self.complete(desk, done).await?;
        broken.map_or(Ok(()), |error: PortError| Err(error.into()))
    }

    /// What one create came to: the row to complete, a fate, or an error of the whole tenant.
    async fn outcome(
        &mut self,
        file: &mut File,
        link: LinkId,
        answer: Result<Written, PortError>,
        later: &[Piece],
    ) -> Result<Result<Option<Stands>, PortError>, Error> {
        let written = match answer {
            Ok(written) => (written.record, written.version),
            // What became of it is asked after the pause that another one of the batch was answered with.
            Err(error) if self.resting().is_some() && !matches!(error, PortError::Wait { .. }) => {
                self.put_off(file, link, &error).await?;
                return Ok(Ok(None));
            }
            Err(PortError::Unknown { detail }) => {
                // It may have happened: ask before anything else (INV-9).
                let found = self.ask(vec![file.key.clone()], Vec::new()).await?;
                match found.into_iter().next() {
                    Some(record) => {
                        let found = RecordRef {
                            kind: Kind::Email,
                            id: record.id,
                        };
                        (found, Some(record.version))
                    }
                    None => {
                        let unknown = PortError::Unknown { detail };
                        self.put_off(file, link, &unknown).await?;
                        return Ok(Ok(None));
                    }
                }
            }
            Err(error) if error.is_item_problem() => {
                let links = file.links.clone();
                if !file.again && self.forget_gone(&links).await? {
                    file.again = true;
                    self.choose(file);
                } else {
                    self.give_up(file, error).await?;
                }
                return Ok(Ok(None));
            }
            Err(error) => return Ok(Err(error)),
        };
        for piece in later {
            if let Err(error) = self.add_piece(file, &written.0, piece).await? {
                self.bear(error.clone());
                // Whoever comes next finds the record and completes it.
                self.put_off(file, link, &error).await?;
                return Ok(Ok(None));
            }
        }
        Ok(Ok(Some(written)))
    }

    /// The row stays `creating` and is free: the next one asks the CRM how far this one got.
    async fn put_off(&self, file: &mut File, link: LinkId, error: &PortError) -> Result<(), Error> {
        self.let_go(link).await?;
        let detail = match error {
            PortError::Unknown { detail } => detail.clone(),
            other => other.to_string(),
        };
        file.stand = Stand::Done(Fate::Failed(PortError::Unknown { detail }));
        Ok(())
    }

    async fn complete(
        &mut self,
        desk: &mut Desk,
        done: Vec<(usize, Option<Stands>)>,
    ) -> Result<(), Error> {
        let now = self.parts.clock.now();
        let mut rows = Vec::new();
        for (at, written) in done {
            let file = &mut desk.files[at];
            let (Some((record, version)), Stand::Mine(link)) = (written, &file.stand) else {
                continue;
            };
            let link = *link;
            rows.push(Completed {
                link,
                holder: self.holder.clone(),
                record: record.clone(),
                version,
                targets: file.targets.clone(),
                now,
            });
            file.stand = Stand::Done(Fate::Linked(Linked {
                link,
                identity_key: file.key.clone(),
                record,
                targets: file.targets.clone(),
                created: true,
            }));
        }
        self.parts.store.complete(&rows).await?;
        Ok(())
    }
}

fn listed_size(file: &File, planned: &PlannedAttachment) -> usize {
    file.order
        .item
        .attachments
        .iter()
        .find(|info| info.id == planned.id)
        .map_or(0, |info| {
            usize::try_from(info.size_bytes).unwrap_or(usize::MAX / 8)
        })
}
