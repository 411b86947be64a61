//! Call slots: how many calls at once a tenant bears, shared by all nodes. Slots are rows with leases.

use jiff::Timestamp;
use ssi_domain::TenantId;

use crate::{Store, StoreError, convert::micros, pool::on_pool, statements as sql};

impl Store {
    /// Holds up to `want` of a tenant's `total` slots until `until`: renews those the node has, takes free
    /// ones if they are too few, gives back what is too many. Answers how many it holds. Slots whose time
    /// has passed are free.
    pub async fn take_slots(
        &self,
        tenant: &TenantId,
        total: u32,
        node: &str,
        want: u32,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<u32, StoreError> {
        let own: Vec<(i64,)> = on_pool!(&self.db, pool => sqlx::query_as(sql::SLOTS_OWN)
            .bind(tenant.as_str())
            .bind(node)
            .fetch_all(pool)
            .await)?;
        let own: Vec<u32> = own
            .iter()
            .filter_map(|(number,)| u32::try_from(*number).ok())
            .collect();
        let others = (0..total).filter(|number| !own.contains(number));
        let mut held = 0;
        for number in own.iter().copied().chain(others) {
            let mine = own.contains(&number);
            if held >= want || number >= total {
                if !mine {
                    break;
                }
                self.drop_slot(tenant, node, number).await?;
                continue;
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

    async fn drop_slot(
        &self,
        tenant: &TenantId,
        node: &str,
        number: u32,
    ) -> Result<(), StoreError> {
        on_pool!(&self.db, pool => sqlx::query(sql::SLOT_DROP)
            .bind(tenant.as_str())
            .bind(node)
            .bind(i64::from(number))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
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
