//! Records a person pinned (SRCH-10, SB-02): their cards come first.

use jiff::Timestamp;
use ssi_domain::{MailboxId, RecordId, RecordRef};

use crate::{
    Store, StoreError,
    convert::{micros, parse},
    pool::{on_pool, on_tx, on_writer},
    statements::people as sql,
};

impl Store {
    /// What is pinned in a mailbox, the newest first.
    pub async fn pins(&self, mailbox: MailboxId) -> Result<Vec<RecordRef>, StoreError> {
        let rows: Vec<(String, String)> = on_pool!(&self.db, pool => sqlx::query_as(sql::PINS)
            .bind(mailbox.to_string())
            .fetch_all(pool)
            .await)?;
        let record = |(kind, id): (String, String)| {
            Ok(RecordRef {
                kind: parse(&kind, "record kind")?,
                id: RecordId::new(id),
            })
        };
        rows.into_iter().map(record).collect()
    }

    /// Pins a record; one that is pinned stays as it is. `false`, and nothing changed: there are `most` already.
    pub async fn pin(
        &self,
        mailbox: MailboxId,
        record: &RecordRef,
        most: usize,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        on_tx!(&mut tx, conn => sqlx::query(sql::PIN_PUT)
            .bind(mailbox.to_string())
            .bind(record.kind.name())
            .bind(record.id.as_str())
            .bind(micros(now))
            .execute(conn)
            .await
            .map(drop))?;
        let (count,): (i64,) = on_tx!(&mut tx, conn => sqlx::query_as(sql::PIN_COUNT)
            .bind(mailbox.to_string())
            .fetch_one(conn)
            .await)?;
        if usize::try_from(count).is_ok_and(|count| count > most) {
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Takes a pin away; one that is not there is not missed.
    pub async fn unpin(&self, mailbox: MailboxId, record: &RecordRef) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::PIN_DROP)
            .bind(mailbox.to_string())
            .bind(record.kind.name())
            .bind(record.id.as_str())
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}
