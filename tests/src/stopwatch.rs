//! Ports that measure how long their calls take, so that our own share of an action can be told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use ssi_domain::{
    AttachmentId, Cursor, FolderId, ItemId, Kind, Record, RecordRef, Versioned,
    port::{
        ChangePage, Collections, Content, Crm, CrmCapabilities, CrmQuery, CrmWrite, FeedPage, Hit,
        Item, ItemWrite, LinkStamp, Mailbox, MailboxCapabilities, MailboxSetup, PortError, Pulse,
        Shape, WriteDone, Written,
    },
};

/// Adds up the time of calls. Clones add to the same sum.
#[derive(Debug, Clone, Default)]
pub struct Stopwatch(Arc<AtomicU64>);

impl Stopwatch {
    /// Starts anew.
    pub fn reset(&self) {
        self.0.store(0, Ordering::SeqCst);
    }

    /// The time of all calls since the last reset.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::SeqCst))
    }

    async fn time<T>(&self, call: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let answer = call.await;
        let nanos = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_add(nanos, Ordering::SeqCst);
        answer
    }
}

/// A port with a stopwatch.
pub struct Timed<P> {
    port: P,
    watch: Stopwatch,
}

impl<P> Timed<P> {
    /// Measures the calls of `port`.
    pub fn new(port: P, watch: Stopwatch) -> Self {
        Self { port, watch }
    }
}

#[async_trait]
impl<P: Mailbox> Mailbox for Timed<P> {
    fn capabilities(&self) -> MailboxCapabilities {
        self.port.capabilities()
    }

    fn calls(&self) -> u64 {
        self.port.calls()
    }

    async fn check(&self) -> Result<(), PortError> {
        self.watch.time(self.port.check()).await
    }

    async fn prepare(&self, setup: &MailboxSetup) -> Result<Collections, PortError> {
        self.watch.time(self.port.prepare(setup)).await
    }

    async fn pulse(&self, folders: &Collections) -> Result<Option<Pulse>, PortError> {
        self.watch.time(self.port.pulse(folders)).await
    }

    async fn changes(
        &self,
        folder: &FolderId,
        cursor: Option<&Cursor>,
    ) -> Result<ChangePage, PortError> {
        self.watch.time(self.port.changes(folder, cursor)).await
    }

    async fn get(
        &self,
        ids: &[ItemId],
        shape: Shape,
    ) -> Result<Vec<Result<Option<Item>, PortError>>, PortError> {
        self.watch.time(self.port.get(ids, shape)).await
    }

    async fn occurrences(
        &self,
        places: &[(ItemId, u32)],
    ) -> Result<Vec<Result<Option<ItemId>, PortError>>, PortError> {
        self.watch.time(self.port.occurrences(places)).await
    }

    async fn find_by_message_id(
        &self,
        message_id: &str,
        folders: &Collections,
    ) -> Result<Vec<ItemId>, PortError> {
        self.watch
            .time(self.port.find_by_message_id(message_id, folders))
            .await
    }

    async fn find_by_link(
        &self,
        link: &LinkStamp,
        folders: &[FolderId],
    ) -> Result<Vec<ItemId>, PortError> {
        self.watch.time(self.port.find_by_link(link, folders)).await
    }

    async fn find_by_links(
        &self,
        links: &[LinkStamp],
        folders: &[FolderId],
    ) -> Result<Vec<ItemId>, PortError> {
        self.watch
            .time(self.port.find_by_links(links, folders))
            .await
    }

    async fn content(&self, attachment: &AttachmentId, limit: u64) -> Result<Content, PortError> {
        self.watch.time(self.port.content(attachment, limit)).await
    }

    async fn mime(&self, item: &ItemId, limit: u64) -> Result<Content, PortError> {
        self.watch.time(self.port.mime(item, limit)).await
    }

    async fn put(
        &self,
        writes: &[ItemWrite],
    ) -> Result<Vec<Result<WriteDone, PortError>>, PortError> {
        self.watch.time(self.port.put(writes)).await
    }
}

#[async_trait]
impl<P: Crm> Crm for Timed<P> {
    fn capabilities(&self) -> CrmCapabilities {
        self.port.capabilities()
    }

    fn calls(&self) -> u64 {
        self.port.calls()
    }

    async fn check(&self) -> Result<String, PortError> {
        self.watch.time(self.port.check()).await
    }

    fn link_for_people(&self, record: &RecordRef) -> Option<String> {
        self.port.link_for_people(record)
    }

    async fn find(&self, queries: &[CrmQuery]) -> Result<Vec<Vec<Hit>>, PortError> {
        self.watch.time(self.port.find(queries)).await
    }

    async fn get(&self, ids: &[RecordRef]) -> Result<Vec<Option<Versioned<Record>>>, PortError> {
        self.watch.time(self.port.get(ids)).await
    }

    async fn feed(&self, kind: Kind, cursor: Option<&Cursor>) -> Result<FeedPage, PortError> {
        self.watch.time(self.port.feed(kind, cursor)).await
    }

    async fn standing(&self, records: &[RecordRef]) -> Result<Vec<bool>, PortError> {
        self.watch.time(self.port.standing(records)).await
    }

    async fn totals(&self, kinds: &[Kind]) -> Result<Vec<Option<u64>>, PortError> {
        self.watch.time(self.port.totals(kinds)).await
    }

    async fn put(
        &self,
        writes: Vec<CrmWrite>,
    ) -> Result<Vec<Result<Written, PortError>>, PortError> {
        self.watch.time(self.port.put(writes)).await
    }
}
