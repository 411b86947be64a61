//! Call slots: how many calls at once a tenant bears, shared by all nodes. Slots are rows with leases.

use jiff::Timestamp;
use ssi_domain::TenantId;

use crate::{
    Store, StoreError,
    convert::micros,
    pool::{on_pool, on_writer},
    statements as sql,
};

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
        let rows: Vec<(i64, String, i64)> = on_pool!(&self.db, pool => sqlx::query_as(sql::SLOTS)
            .bind(tenant.as_str())
            .fetch_all(pool)
            .await)?;
        let mut own = Vec::new();
        let mut taken = Vec::new();
        for (number, holder, held_until) in rows {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            if holder == node {
                own.push(number);
            } else if held_until > micros(now) {
                taken.push(number);
            }
        }
        // What looks taken is not tried: nodes that wait only read.
        let free = (0..total).filter(|number| !own.contains(number) && !taken.contains(number));
        let mut held = 0;
        for number in own.iter().copied().chain(free) {
            let mine = own.contains(&number);
            if held >= want || number >= total {
                if !mine {
                    break;
                }
                self.drop_slot(tenant, node, number).await?;
                continue;
            }
            let rows = on_writer!(&self.db, pool => sqlx::query(sql::SLOT_TAKE)
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
        on_writer!(&self.db, pool => sqlx::query(sql::SLOT_DROP)
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
        on_writer!(&self.db, pool => sqlx::query(sql::SLOTS_RELEASE)
            .bind(tenant.as_str())
            .bind(node)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}
