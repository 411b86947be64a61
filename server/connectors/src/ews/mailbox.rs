//! The mailbox port on Exchange.

use async_trait::async_trait;
use ssi_domain::{
    AttachmentId, Cursor, FolderId, ItemId,
    port::{
        ChangePage, Collections, Content, Item, ItemWrite, LinkStamp, Mailbox, MailboxCapabilities,
        MailboxSetup, PortError, Pulse, Shape, WriteDone,
    },
};

use super::{client::Ews, prepare::Missing, write::PUT_BATCH};
use crate::readonly::Survey;

#[async_trait]
impl Mailbox for Ews {
    fn capabilities(&self) -> MailboxCapabilities {
        MailboxCapabilities {
            categories: true,
            named_properties: true,
            ids_change_on_move: true,
            pulse: true,
            get_batch: 100,
            put_batch: PUT_BATCH,
        }
    }

    fn calls(&self) -> u64 {
        self.requests()
    }

    async fn check(&self) -> Result<(), PortError> {
        self.can_open().await
    }

    async fn prepare(&self, setup: &MailboxSetup) -> Result<Collections, PortError> {
        self.find_or_make(setup, Missing::Create).await
    }

    async fn pulse(&self, folders: &Collections) -> Result<Option<Pulse>, PortError> {
        self.state(folders).await
    }

    async fn changes(
        &self,
        folder: &FolderId,
        cursor: Option<&Cursor>,
    ) -> Result<ChangePage, PortError> {
        self.page(folder, cursor).await
    }

    async fn get(
        &self,
        ids: &[ItemId],
        shape: Shape,
    ) -> Result<Vec<Result<Option<Item>, PortError>>, PortError> {
        self.items(ids, shape).await
    }

    async fn occurrences(
        &self,
        places: &[(ItemId, u32)],
    ) -> Result<Vec<Result<Option<ItemId>, PortError>>, PortError> {
        self.occurrence_ids(places).await
    }

    async fn find_by_message_id(
        &self,
        message_id: &str,
        folders: &Collections,
    ) -> Result<Vec<ItemId>, PortError> {
        self.hits(message_id, folders).await
    }

    async fn find_by_link(
        &self,
        link: &LinkStamp,
        folders: &[FolderId],
    ) -> Result<Vec<ItemId>, PortError> {
        self.marked(link, folders).await
    }

    async fn find_by_links(
        &self,
        links: &[LinkStamp],
        folders: &[FolderId],
    ) -> Result<Vec<ItemId>, PortError> {
        self.marked_alike(links, folders).await
    }

    async fn content(
        &self,
        attachment: &AttachmentId,
        limit_bytes: u64,
    ) -> Result<Content, PortError> {
        self.attachment(attachment, limit_bytes).await
    }

    async fn mime(&self, item: &ItemId, limit_bytes: u64) -> Result<Content, PortError> {
        self.message(item, limit_bytes).await
    }

    async fn put(
        &self,
        writes: &[ItemWrite],
    ) -> Result<Vec<Result<WriteDone, PortError>>, PortError> {
        self.writes(writes).await
    }
}

#[async_trait]
impl Survey for Ews {
    async fn survey(&self, setup: &MailboxSetup) -> Result<Collections, PortError> {
        self.find_or_make(setup, Missing::Leave).await
    }
}
