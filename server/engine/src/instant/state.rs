//! Where the open item stands.

use ssi_domain::{
    Kind, LinkId, MailboxId, RecordRef, Trace,
    eligible::{MailFacts, Verdict, judge},
    identity::{EmailIdentity, reused_key, same_content},
    port::{Item, Shape},
};
use ssi_store::{LinkRow, LinkTarget};

use super::{ItemKey, ItemState, Standing, open::Open};
use crate::{Engine, Error, thread::thread_keys};

impl Engine {
    /// Says whether the mail is saved, queued or parked, and why.
    pub async fn item_state(&self, mailbox: MailboxId, key: &ItemKey) -> Result<ItemState, Error> {
        let open = self.open_instant(mailbox).await?;
        let (item, folder) = open.item(key, Shape::Headers).await?;
        let mut facts = MailFacts::of(
            &item,
            folder,
            &open.row.tenant,
            &open.row.address,
            open.row.started_at,
        );
        facts.by_hand = true;
        let judgement = judge(&facts, open.transfer.settings());
        let refused = match judgement.verdict {
            Verdict::Skip(code) => Some(code),
            _ => None,
        };
        let store = &self.parts.store;
        let thread_tracked = !store
            .tracked(mailbox, &thread_keys(&item.record))
            .await?
            .is_empty();
        let trace: Option<Trace> = store
            .trace_for_item(mailbox, &item.id)
            .await?
            .map(|row| row.steps)
            .or(Some(judgement.trace));
        let standing = self.standing(&open, &item).await?;
        Ok(ItemState {
            standing,
            refused,
            trace,
            thread_tracked,
        })
    }

    async fn standing(&self, open: &Open, item: &Item) -> Result<Standing, Error> {
        let store = &self.parts.store;
        if let Some(SavedAs {
            record, targets, ..
        }) = self.saved_as(open, item).await?
        {
            let url = open.transfer.crm().link_for_people(&record);
            return Ok(Standing::Saved {
                record,
                url,
                links: targets,
            });
        }
        if let Some(issue) = store.open_issue_for(open.row.id, &item.id).await? {
            return Ok(Standing::Failed {
                code: issue.code,
                message: issue.message,
            });
        }
        let wished = self
            .open_wishes(open.row.id)
            .await?
            .iter()
            .any(|(_, wish)| wish.item.as_ref() == Some(&item.id));
        Ok(if wished {
            Standing::Queued
        } else {
            Standing::NotSaved
        })
    }

    /// As what an item of any kind is saved: what is mirrored by the mirror's own row, a mail by its identity, from
    /// whichever mailbox it was saved.
    pub(super) async fn saved_as(
        &self,
        open: &Open,
        item: &Item,
    ) -> Result<Option<SavedAs>, Error> {
        let store = &self.parts.store;
        if let Some((link, record)) = self.pair_of(open.row.id, &item.id).await? {
            let targets = store.targets(link).await?;
            return Ok(Some(SavedAs {
                link,
                record,
                targets,
            }));
        }
        if item.kind != Kind::Email {
            return Ok(None);
        }
        let identity = EmailIdentity::of(&item.record, item.size_bytes);
        let keys = [
            identity.key.clone(),
            reused_key(&identity.key, &identity.fingerprint),
        ];
        let rows = store
            .links_by_keys(&open.row.tenant, Kind::Email, &keys)
            .await?;
        let same = |row: &LinkRow| same_content(&row.fingerprint, &identity.fingerprint);
        let row = rows.into_iter().find(same);
        Ok(row.and_then(|row| {
            Some(SavedAs {
                link: row.id,
                record: row.record?,
                targets: row.targets,
            })
        }))
    }
}

/// The record of a saved item.
pub(super) struct SavedAs {
    /// The link of both.
    pub(super) link: LinkId,
    /// The record.
    pub(super) record: RecordRef,
    /// What we know it to be linked with.
    pub(super) targets: Vec<LinkTarget>,
}
