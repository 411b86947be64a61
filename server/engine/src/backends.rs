//! What the engine is handed from outside: the ports of each mailbox and tenant, and its settings.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use ssi_domain::{
    SyncSettings, TenantId,
    mapping::Tables,
    port::{Crm, Lane, Mailbox, PortError},
};
use ssi_store::MailboxRow;

/// Opens ports by configuration. The server plugs the connectors in; the engine never names one.
#[async_trait]
pub trait Backends: Send + Sync {
    /// The port of a mailbox.
    async fn mailbox(&self, row: &MailboxRow) -> Result<Arc<dyn Mailbox>, PortError>;

    /// The port of a CRM tenant, calling in the given lane.
    async fn crm(&self, tenant: &TenantId, lane: Lane) -> Result<Arc<dyn Crm>, PortError>;

    /// The mapping of a tenant, the same that its connectors were opened with.
    fn tables(&self, _tenant: &TenantId) -> Tables {
        Tables::built_in()
    }

    /// The effective settings of a mailbox.
    fn settings(&self, row: &MailboxRow) -> Arc<SyncSettings>;

    /// Waits before what somebody else has in hand is looked at again. Handed in like the time: where that is made up,
    /// nobody waits.
    async fn pause(&self, how_long: Duration) {
        tokio::time::sleep(how_long).await;
    }
}
