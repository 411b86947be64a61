//! Where the open item stands.

use ssi_domain::{
    Kind, MailboxId, Trace,
    eligible::{MailFacts, Verdict, judge},
    identity::{EmailIdentity, reused_key, same_content},
    port::{Item, Shape},
};
use ssi_store::LinkRow;

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
        if let Some(link) = self.link_of(open, item).await?
            && let Some(record) = link.record
        {
            let url = open.transfer.crm().link_for_people(&record);
            return Ok(Standing::Saved {
                record,
                url,
                links: link.targets,
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

    /// The link of the mail, from whichever mailbox it was saved.
    pub(super) async fn link_of(&self, open: &Open, item: &Item) -> Result<Option<LinkRow>, Error> {
        let identity = EmailIdentity::of(&item.record, item.size_bytes);
        let keys = [
            identity.key.clone(),
            reused_key(&identity.key, &identity.fingerprint),
        ];
        let rows = self
            .parts
            .store
            .links_by_keys(&open.row.tenant, Kind::Email, &keys)
            .await?;
        Ok(rows
            .into_iter()
            .find(|row| same_content(&row.fingerprint, &identity.fingerprint)))
    }
}
