//! What a mailbox remembers between sessions besides its cursors.

use std::collections::HashMap;

use ssi_domain::{LinkId, MailboxId, TenantId};

use crate::{
    Store, StoreError,
    convert::parse,
    pool::{on_pool, on_writer},
    statements::mirror as sql,
};

impl Store {
    /// The digests of the settings that said what comes down when a tenant's changes were read last, of the mailboxes
    /// of which that is known.
    pub async fn down_digests(
        &self,
        tenant: &TenantId,
    ) -> Result<HashMap<MailboxId, String>, StoreError> {
        let rows: Vec<(String, String)> = on_pool!(&self.db, pool => sqlx::query_as(sql::DOWN_DIGESTS)
            .bind(tenant.as_str())
            .fetch_all(pool)
            .await)?;
        rows.into_iter()
            .map(|(mailbox, digest)| Ok((parse(&mailbox, "mailbox id")?, digest)))
            .collect()
    }

    /// Notes the digest of a mailbox.
    pub async fn set_down_digest(
        &self,
        mailbox: MailboxId,
        digest: &str,
    ) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::DOWN_DIGEST_PUT)
            .bind(mailbox.to_string())
            .bind(digest)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// The digest of the settings of capturing that the mailbox's calendar was listed by last; empty: not known.
    pub async fn capture_digest(&self, mailbox: MailboxId) -> Result<String, StoreError> {
        let row: Option<(String,)> = on_pool!(&self.db, pool => sqlx::query_as(sql::CAPTURE_DIGEST)
            .bind(mailbox.to_string())
            .fetch_optional(pool)
            .await)?;
        Ok(row.map(|(digest,)| digest).unwrap_or_default())
    }

    /// Notes that digest.
    pub async fn set_capture_digest(
        &self,
        mailbox: MailboxId,
        digest: &str,
    ) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::CAPTURE_DIGEST_PUT)
            .bind(mailbox.to_string())
            .bind(digest)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// How far the daily look at all pairs came; `None`: it begins anew.
    pub async fn looked_after(&self, mailbox: MailboxId) -> Result<Option<LinkId>, StoreError> {
        let row: Option<(String,)> = on_pool!(&self.db, pool => sqlx::query_as(sql::LOOKED_AFTER)
            .bind(mailbox.to_string())
            .fetch_optional(pool)
            .await)?;
        row.filter(|(place,)| !place.is_empty())
            .map(|(place,)| parse(&place, "link id"))
            .transpose()
    }

    /// Notes how far it came.
    pub async fn set_looked_after(
        &self,
        mailbox: MailboxId,
        place: Option<LinkId>,
    ) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::LOOKED_AFTER_PUT)
            .bind(mailbox.to_string())
            .bind(place.map_or_else(String::new, |link| link.to_string()))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}
