//! The dry run: wrappers of both ports that read everything and refuse to write.

use async_trait::async_trait;
use ssi_domain::{
    AttachmentId, Cursor, FolderId, ItemId, Kind, Record, RecordRef, Versioned,
    port::{
        ChangePage, Collections, Content, Crm, CrmCapabilities, CrmQuery, CrmWrite, FeedPage, Hit,
        Item, ItemWrite, LinkStamp, Mailbox, MailboxCapabilities, MailboxSetup, PortError, Pulse,
        Shape, WriteDone, Written,
    },
};

/// A mailbox that can say where its folders are without making any.
#[async_trait]
pub trait Survey: Mailbox {
    /// Finds the folders that are there. Roles without a folder are left out.
    async fn survey(&self, setup: &MailboxSetup) -> Result<Collections, PortError>;
}

/// A port that refuses writes. Law: nothing outside changes through it.
#[derive(Debug, Clone)]
pub struct ReadOnly<P>(P);

impl<P> ReadOnly<P> {
    /// Wraps a port.
    pub fn new(port: P) -> Self {
        Self(port)
    }
}

fn refused() -> PortError {
    PortError::Refused {
        field: None,
        why: "this is a dry run: nothing is written".to_owned(),
    }
}

#[async_trait]
impl<M: Survey> Mailbox for ReadOnly<M> {
    fn capabilities(&self) -> MailboxCapabilities {
        self.0.capabilities()
    }

    fn calls(&self) -> u64 {
        self.0.calls()
    }

    async fn check(&self) -> Result<(), PortError> {
        self.0.check().await
    }

    /// Finds what is there and makes nothing.
    async fn prepare(&self, setup: &MailboxSetup) -> Result<Collections, PortError> {
        self.0.survey(setup).await
    }

    async fn pulse(&self, folders: &Collections) -> Result<Option<Pulse>, PortError> {
        self.0.pulse(folders).await
    }

    async fn changes(
        &self,
        folder: &FolderId,
        cursor: Option<&Cursor>,
    ) -> Result<ChangePage, PortError> {
        self.0.changes(folder, cursor).await
    }

    async fn get(
        &self,
        ids: &[ItemId],
        shape: Shape,
    ) -> Result<Vec<Result<Option<Item>, PortError>>, PortError> {
        self.0.get(ids, shape).await
    }

    async fn occurrences(
        &self,
        places: &[(ItemId, u32)],
    ) -> Result<Vec<Result<Option<ItemId>, PortError>>, PortError> {
        self.0.occurrences(places).await
    }

    async fn find_by_message_id(
        &self,
        message_id: &str,
        folders: &Collections,
    ) -> Result<Vec<ItemId>, PortError> {
        self.0.find_by_message_id(message_id, folders).await
    }

    async fn find_by_link(
        &self,
        link: &LinkStamp,
        folders: &[FolderId],
    ) -> Result<Vec<ItemId>, PortError> {
        self.0.find_by_link(link, folders).await
    }

    async fn find_by_links(
        &self,
        links: &[LinkStamp],
        folders: &[FolderId],
    ) -> Result<Vec<ItemId>, PortError> {
        self.0.find_by_links(links, folders).await
    }

    async fn content(
        &self,
        attachment: &AttachmentId,
        limit_bytes: u64,
    ) -> Result<Content, PortError> {
        self.0.content(attachment, limit_bytes).await
    }

    async fn mime(&self, item: &ItemId, limit_bytes: u64) -> Result<Content, PortError> {
        self.0.mime(item, limit_bytes).await
    }

    async fn put(
        &self,
        writes: &[ItemWrite],
    ) -> Result<Vec<Result<WriteDone, PortError>>, PortError> {
        Ok(writes.iter().map(|_| Err(refused())).collect())
    }
}

#[async_trait]
impl<C: Crm> Crm for ReadOnly<C> {
    fn capabilities(&self) -> CrmCapabilities {
        self.0.capabilities()
    }

    fn calls(&self) -> u64 {
        self.0.calls()
    }

    async fn check(&self) -> Result<String, PortError> {
        self.0.check().await
    }

    fn link_for_people(&self, record: &RecordRef) -> Option<String> {
        self.0.link_for_people(record)
    }

    async fn find(&self, queries: &[CrmQuery]) -> Result<Vec<Vec<Hit>>, PortError> {
        self.0.find(queries).await
    }

    async fn get(&self, ids: &[RecordRef]) -> Result<Vec<Option<Versioned<Record>>>, PortError> {
        self.0.get(ids).await
    }

    async fn feed(&self, kind: Kind, cursor: Option<&Cursor>) -> Result<FeedPage, PortError> {
        self.0.feed(kind, cursor).await
    }

    async fn standing(&self, records: &[RecordRef]) -> Result<Vec<bool>, PortError> {
        self.0.standing(records).await
    }

    async fn totals(&self, kinds: &[Kind]) -> Result<Vec<Option<u64>>, PortError> {
        self.0.totals(kinds).await
    }

    async fn put(
        &self,
        writes: Vec<CrmWrite>,
    ) -> Result<Vec<Result<Written, PortError>>, PortError> {
        Ok(writes.iter().map(|_| Err(refused())).collect())
    }
}
