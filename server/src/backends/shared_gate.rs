//! The call limit of a tenant over all nodes: each call holds one leased row of the database.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::SignedDuration;
use ssi_connectors::c4c::LocalGate;
use ssi_domain::{
    Clock as _, SystemClock, TenantId,
    port::{CallGate, Lane, Pass, PortError},
};
use ssi_store::Store;
use uuid::Uuid;

/// A slot of a node that died is free again after this time; longer than any call.
const LEASE: SignedDuration = SignedDuration::from_secs(120);
/// How often a waiting call looks for a free slot.
const LOOK: Duration = Duration::from_millis(50);
/// A call that waits longer is told to come back.
const LONGEST: Duration = Duration::from_secs(30);

/// Lets calls through as long as all nodes together stay within the limit.
pub(super) struct SharedGate {
    /// Calls of this node queue here, so that they do not all ask the database.
    local: LocalGate,
    store: Store,
    tenant: TenantId,
    node: String,
    calls: u32,
}

impl SharedGate {
    pub(super) fn new(store: Store, tenant: &str, node: &str, calls: u32) -> Self {
        let calls = calls.max(2);
        Self {
            local: LocalGate::new(usize::try_from(calls).unwrap_or(usize::MAX)),
            store,
            tenant: TenantId::new(tenant),
            node: node.to_owned(),
            calls,
        }
    }
}

/// Gives the slot back, also when the call was cancelled.
struct Slot {
    store: Store,
    tenant: TenantId,
    holder: String,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let (store, tenant) = (self.store.clone(), self.tenant.clone());
        let holder = std::mem::take(&mut self.holder);
        // Without a runtime the process is ending: the lease runs out by itself.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = store.release_slots(&tenant, &holder).await {
                    tracing::warn!(%error, "a call slot could not be given back; its lease will run out");
                }
            });
        }
    }
}

#[async_trait]
impl CallGate for SharedGate {
    async fn enter(&self, lane: Lane) -> Result<Pass, PortError> {
        let local = self.local.enter(lane).await?;
        // The last slot is only for people who wait.
        let total = match lane {
            Lane::Instant => self.calls,
            Lane::Background => self.calls - 1,
        };
        // One holder per call: the store gives back by holder.
        let slot = Arc::new(Slot {
            store: self.store.clone(),
            tenant: self.tenant.clone(),
            holder: format!("{}/{}", self.node, Uuid::new_v4()),
        });
        let taking = async {
            loop {
                let now = SystemClock.now();
                let taken = self
                    .store
                    .take_slots(&self.tenant, total, &slot.holder, 1, now, now + LEASE)
                    .await;
                match taken {
                    Ok(0) => tokio::time::sleep(LOOK).await,
                    Ok(_) => return Ok(()),
                    Err(error) => return Err(PortError::transient(format!("call slots: {error}"))),
                }
            }
        };
        match tokio::time::timeout(LONGEST, taking).await {
            Ok(Ok(())) => Ok(Pass::new((slot, local))),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(PortError::Wait {
                after: SignedDuration::from_secs(10),
                detail: "all call slots of the tenant are in use".into(),
            }),
        }
    }
}
