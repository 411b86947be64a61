//! Adding links to a saved item and taking links away.

use serde::{Deserialize, Serialize};
use ssi_domain::{LinkId, MailboxId, ReasonCode, RecordRef, Trace, port::Shape};
use ssi_store::{LinkTarget, Origin};

use super::{ItemKey, open::Open};
use crate::{Engine, Error};

/// A request to change the links of a saved item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateLinks {
    /// AIP-155: repeating the id returns the first answer.
    pub request_id: Option<String>,
    /// Who asks, as the request id's scope.
    pub caller: String,
    /// The item.
    pub item: ItemKey,
    /// Records to link.
    pub add: Vec<RecordRef>,
    /// Records to link no more.
    pub remove: Vec<RecordRef>,
}

/// The links of a record as they stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedLinks {
    /// The record.
    pub record: RecordRef,
    /// The record's address for a browser.
    pub url: Option<String>,
    /// What it is linked with.
    pub links: Vec<LinkTarget>,
}

impl Engine {
    /// Changes the links of the record of a saved item. What stands already is not written, so repeating the
    /// call changes nothing.
    ///
    /// # Errors
    /// [`Error::NothingToSave`] with `not_saved` for an item without record, [`Error::Invalid`] when nothing or
    /// one record in both lists is asked for.
    pub async fn update_links(
        &self,
        mailbox: MailboxId,
        request: UpdateLinks,
    ) -> Result<ChangedLinks, Error> {
        let UpdateLinks {
            request_id,
            caller,
            item,
            add,
            remove,
        } = request;
        let invalid = |field, why: &str| Error::Invalid {
            field,
            why: why.into(),
        };
        if add.is_empty() && remove.is_empty() {
            return Err(invalid(
                "added_records",
                "name a record to add or to remove",
            ));
        }
        if add.iter().any(|record| remove.contains(record)) {
            return Err(invalid("removed_records", "a record is in both lists"));
        }
        self.once(&caller, "UpdateLinks", request_id, async {
            let engine = self.clone();
            // A task of its own: a caller who hangs up leaves no half of the change.
            let work = tokio::spawn(async move { engine.relink(mailbox, item, add, remove).await });
            work.await.map_err(|_| Error::NotFound { what: "item" })?
        })
        .await
    }

    async fn relink(
        &self,
        mailbox: MailboxId,
        item: ItemKey,
        add: Vec<RecordRef>,
        remove: Vec<RecordRef>,
    ) -> Result<ChangedLinks, Error> {
        let mut open = self.open_instant(mailbox).await?;
        let (link, record) = self.record_of_item(&open, &item).await?;
        let standing = open.transfer.change_links(&record, &add, &remove).await?;
        let store = &self.parts.store;
        let by_hand: Vec<LinkTarget> = add.into_iter().map(chosen).collect();
        store.change_targets(link, &by_hand, &remove).await?;
        let known = store.targets(link).await?;
        let links = standing.into_iter().map(|record| {
            let kept = known.iter().find(|target| target.record == record);
            kept.cloned().unwrap_or(LinkTarget {
                record,
                origin: Origin::Auto,
            })
        });
        Ok(ChangedLinks {
            url: open.transfer.crm().link_for_people(&record),
            links: links.collect(),
            record,
        })
    }

    /// The link and the record of an item of this mailbox.
    async fn record_of_item(
        &self,
        open: &Open,
        key: &ItemKey,
    ) -> Result<(LinkId, RecordRef), Error> {
        if let ItemKey::Item(id) = key
            && let Some(pair) = self.pair_of(open.row.id, id).await?
        {
            return Ok(pair);
        }
        let (item, _) = open.item(key, Shape::Headers).await?;
        // The server may know the item by another spelling of its id.
        let saved = self.saved_as(open, &item).await?;
        let pair = saved.map(|saved| (saved.link, saved.record));
        pair.ok_or_else(|| {
            let mut trace = Trace::new();
            trace.stop("LNK-01", ReasonCode::NotSaved);
            Error::NothingToSave {
                code: ReasonCode::NotSaved,
                trace,
            }
        })
    }

    pub(super) async fn pair_of(
        &self,
        mailbox: MailboxId,
        item: &ssi_domain::ItemId,
    ) -> Result<Option<(LinkId, RecordRef)>, Error> {
        let items = std::slice::from_ref(item);
        let rows = self.parts.store.mirrors_by_items(mailbox, items).await?;
        let active = rows
            .into_iter()
            .find(|row| row.state == ssi_store::MirrorState::Active);
        Ok(active.map(|row| (row.link, row.record)))
    }
}

fn chosen(record: RecordRef) -> LinkTarget {
    LinkTarget {
        record,
        origin: Origin::Hand,
    }
}
