//! Call slots: how many calls at once a tenant bears, shared by all nodes. Slots are rows with leases.

use jiff::Timestamp;
use ssi_domain::TenantId;

use crate::{Store, StoreError, convert::micros, pool::on_pool, statements as sql};

impl Store {
    /// Takes up to `want` of a tenant's `total` slots until `until`, renewing those the node has; answers
    /// how many it holds. Slots whose time has passed are free.
    pub async fn take_slots(
        &self,
        tenant: &TenantId,
        total: u32,
        node: &str,
        want: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<u32, StoreError> {
        let mut held = 0;
        for number in 0..total {
            if held == want {
                break;
            }
            let rows = on_pool!(&self.db, pool => sqlx::query(sql::SLOT_TAKE)
                .bind(tenant.as_str())
                .bind(i64::from(number))
                .bind(node)
                .bind(micros(until))
                .bind(micros(now))
                .execute(pool)
                .await
                .map(|done| done.rows_affected()))?;
            held += u32::from(rows == 1);
        }
        Ok(held)
    }

    /// Gives a node's slots back.
    pub async fn release_slots(&self, tenant: &TenantId, node: &str) -> Result<(), StoreError> {
        on_pool!(&self.db, pool => sqlx::query(sql::SLOTS_RELEASE)
            .bind(tenant.as_str())
            .bind(node)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}
