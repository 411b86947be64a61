//! Mailboxes: whose turn it is, who has the lease, how they stand.

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, FromRow};
use ssi_domain::{MailboxId, SessionId, TenantId, port::Collections};

use crate::{
    Store, StoreError,
    convert::{from_json, instant, instant_opt, micros, parse},
    dialect::skip_locked,
    pool::{on_pool, on_tx, on_writer},
    statements as sql,
};

/// A mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxRow {
    /// Its id.
    pub id: MailboxId,
    /// The CRM tenant it is kept in step with.
    pub tenant: TenantId,
    /// Its primary address, lower case.
    pub address: String,
    /// Whether it syncs.
    pub state: MailboxState,
    /// When its next session is due.
    pub due_at: Timestamp,
    /// The current lease; results are written only under it.
    pub lease_no: i64,
    /// Until when a session may be running.
    pub lease_until: Option<Timestamp>,
    /// Its folders, once a session found them.
    pub setup: Option<Collections>,
    /// When folders and categories were looked after last.
    pub prepared_at: Option<Timestamp>,
    /// The state of its folders when everything was worked off.
    pub pulse: Option<String>,
    /// Failed sessions in a row.
    pub failures: i32,
    /// When the last session ended.
    pub last_session_at: Option<Timestamp>,
    /// When sync was first enabled (EM-34).
    pub started_at: Timestamp,
    /// The session somebody asked for, until it starts.
    pub forced_session: Option<SessionId>,
    /// The owner's employee number at the CRM, if one is known.
    pub employee: Option<String>,
}

/// Whether a mailbox syncs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailboxState {
    /// It does.
    Active,
    /// It does not until somebody resumes it.
    Suspended {
        /// Stable reason code.
        code: String,
        /// What to do.
        detail: String,
    },
}

/// A mailbox as the configuration names it.
#[derive(Debug, Clone)]
pub struct NewMailbox {
    /// The id to give it if it is new.
    pub id: MailboxId,
    /// Its tenant.
    pub tenant: TenantId,
    /// Its address.
    pub address: String,
    /// Now.
    pub now: Timestamp,
}

#[derive(FromRow)]
struct Raw {
    id: String,
    tenant: String,
    address: String,
    suspended_code: Option<String>,
    suspended_detail: Option<String>,
    due_at: i64,
    lease_no: i64,
    lease_until: Option<i64>,
    setup: Option<String>,
    prepared_at: Option<i64>,
    pulse: Option<String>,
    failures: i64,
    last_session_at: Option<i64>,
    started_at: i64,
    forced_session: Option<String>,
    employee: Option<String>,
}

impl Raw {
    fn row(self) -> Result<MailboxRow, StoreError> {
        Ok(MailboxRow {
            id: parse(&self.id, "mailbox id")?,
            tenant: TenantId::new(self.tenant),
            address: self.address,
            state: match self.suspended_code {
                None => MailboxState::Active,
                Some(code) => MailboxState::Suspended {
                    code,
                    detail: self.suspended_detail.unwrap_or_default(),
                },
            },
            due_at: instant(self.due_at)?,
            lease_no: self.lease_no,
            lease_until: instant_opt(self.lease_until)?,
            setup: self
                .setup
                .map(|text| from_json(&text, "mailbox setup"))
                .transpose()?,
            prepared_at: instant_opt(self.prepared_at)?,
            pulse: self.pulse,
            failures: i32::try_from(self.failures).unwrap_or(i32::MAX),
            last_session_at: instant_opt(self.last_session_at)?,
            started_at: instant(self.started_at)?,
            forced_session: self
                .forced_session
                .map(|id| parse(&id, "forced session"))
                .transpose()?,
            employee: self.employee,
        })
    }
}

impl Store {
    /// The mailbox with this address, made if it is new, and the feed of its tenant with it. The tenant of a
    /// known mailbox is not changed here.
    pub async fn ensure_mailbox(&self, new: &NewMailbox) -> Result<MailboxRow, StoreError> {
        let address = new.address.to_lowercase();
        on_writer!(&self.db, pool => sqlx::query(sql::MAILBOX_INSERT)
            .bind(new.id.to_string())
            .bind(new.tenant.as_str())
            .bind(&address)
            .bind(micros(new.now))
            .execute(pool)
            .await
            .map(drop))?;
        let found = self.mailbox_by_address(&address).await?;
        let row = found
            .ok_or_else(|| StoreError::Corrupt("mailbox vanished while it was made".into()))?;
        on_writer!(&self.db, pool => sqlx::query(sql::mirror::FEED_INSERT)
            .bind(row.tenant.as_str())
            .bind(micros(new.now))
            .execute(pool)
            .await
            .map(drop))?;
        Ok(row)
    }

    /// A mailbox by its id.
    pub async fn mailbox(&self, id: MailboxId) -> Result<Option<MailboxRow>, StoreError> {
        let raw: Option<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::MAILBOX_BY_ID)
            .bind(id.to_string())
            .fetch_optional(pool)
            .await)?;
        raw.map(Raw::row).transpose()
    }

    /// A mailbox by its address, in any case.
    pub async fn mailbox_by_address(
        &self,
        address: &str,
    ) -> Result<Option<MailboxRow>, StoreError> {
        let raw: Option<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::MAILBOX_BY_ADDRESS)
            .bind(address.to_lowercase())
            .fetch_optional(pool)
            .await)?;
        raw.map(Raw::row).transpose()
    }

    /// All mailboxes, by address.
    pub async fn mailboxes(&self) -> Result<Vec<MailboxRow>, StoreError> {
        let raws: Vec<Raw> =
            on_pool!(&self.db, pool => sqlx::query_as(sql::MAILBOXES).fetch_all(pool).await)?;
        raws.into_iter().map(Raw::row).collect()
    }

    /// The mailboxes of a tenant, by address.
    pub async fn mailboxes_of_tenant(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<MailboxRow>, StoreError> {
        let raws: Vec<Raw> = on_pool!(&self.db, pool => sqlx::query_as(sql::MAILBOXES_OF_TENANT)
            .bind(tenant.as_str())
            .fetch_all(pool)
            .await)?;
        raws.into_iter().map(Raw::row).collect()
    }

    /// Notes the owner's employee number at the CRM; `None`: there is none any more. The tenant's feed passed
    /// over the changes that concern a number nobody had: its next reading starts at the beginning.
    pub async fn set_employee(
        &self,
        id: MailboxId,
        employee: Option<&str>,
    ) -> Result<(), StoreError> {
        let Some(row) = self.mailbox(id).await? else {
            return Ok(());
        };
        if row.employee.as_deref() == employee {
            return Ok(());
        }
        // The feed first, as whoever files does.
        let mut tx = self.db.begin().await?;
        if employee.is_some() {
            on_tx!(&mut tx, conn => sqlx::query(sql::mirror::FEED_AGAIN)
                .bind(row.tenant.as_str())
                .execute(conn)
                .await
                .map(drop))?;
        }
        on_tx!(&mut tx, conn => sqlx::query(sql::MAILBOX_SET_EMPLOYEE)
            .bind(employee)
            .bind(id.to_string())
            .execute(conn)
            .await
            .map(drop))?;
        tx.commit().await
    }

    /// Claims mailboxes that are due and that nobody holds, longest due first. Each gets the next lease number.
    pub async fn claim_due(
        &self,
        node: &str,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<MailboxRow>, StoreError> {
        let text = sql::claim_due(skip_locked(&self.db));
        let raws: Vec<Raw> = on_writer!(&self.db, pool => sqlx::query_as(AssertSqlSafe(text))
            .bind(node)
            .bind(micros(now))
            .bind(micros(until))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await)?;
        raws.into_iter().map(Raw::row).collect()
    }

    /// Takes mailboxes whose calendar nobody has glanced at since `before`, those first that wait longest. Whoever gets one
    /// glances at it; the next glance is due after this one, whatever comes of it.
    pub async fn claim_glances(
        &self,
        now: Timestamp,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<MailboxRow>, StoreError> {
        let text = sql::claim_glances(skip_locked(&self.db));
        let raws: Vec<Raw> = on_writer!(&self.db, pool => sqlx::query_as(AssertSqlSafe(text))
            .bind(micros(now))
            .bind(micros(before))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(pool)
            .await)?;
        raws.into_iter().map(Raw::row).collect()
    }

    /// Remembers what a glance saw; `true`: it is not what the last one saw.
    pub async fn glanced(&self, id: MailboxId, seen: &str) -> Result<bool, StoreError> {
        let rows = on_writer!(&self.db, pool => sqlx::query(sql::MAILBOX_GLANCED)
            .bind(seen)
            .bind(id.to_string())
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows == 1)
    }

    /// Claims one mailbox, due or not, suspended or not, if nobody holds it.
    pub async fn claim_mailbox(
        &self,
        id: MailboxId,
        node: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<MailboxRow>, StoreError> {
        let raw: Option<Raw> = on_writer!(&self.db, pool => sqlx::query_as(sql::MAILBOX_CLAIM)
            .bind(node)
            .bind(micros(now))
            .bind(micros(until))
            .bind(id.to_string())
            .fetch_optional(pool)
            .await)?;
        raw.map(Raw::row).transpose()
    }

    /// Extends a lease; `false`: it is another's by now.
    pub async fn renew_lease(
        &self,
        id: MailboxId,
        lease_no: i64,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let rows = on_writer!(&self.db, pool => sqlx::query(sql::LEASE_RENEW)
            .bind(micros(until))
            .bind(id.to_string())
            .bind(lease_no)
            .execute(pool)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows == 1)
    }

    /// Makes a mailbox due no later than `at`.
    pub async fn bring_forward(&self, id: MailboxId, at: Timestamp) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::MAILBOX_BRING_FORWARD)
            .bind(micros(at))
            .bind(id.to_string())
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Asks for a session now. Answers with its id: `session`, or the one that was asked for before and has
    /// not started yet. `None`: there is no such mailbox.
    pub async fn force(
        &self,
        id: MailboxId,
        session: SessionId,
        at: Timestamp,
    ) -> Result<Option<SessionId>, StoreError> {
        let named: Option<(String,)> = on_writer!(&self.db, pool => sqlx::query_as(sql::MAILBOX_FORCE)
            .bind(session.to_string())
            .bind(id.to_string())
            .fetch_optional(pool)
            .await)?;
        self.bring_forward(id, at).await?;
        named
            .map(|(named,)| parse(&named, "forced session"))
            .transpose()
    }

    /// Stops a mailbox's sync until it is resumed.
    pub async fn suspend(&self, id: MailboxId, code: &str, detail: &str) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::MAILBOX_SUSPEND)
            .bind(code)
            .bind(detail)
            .bind(id.to_string())
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Lets a mailbox sync again, due now.
    pub async fn resume(&self, id: MailboxId, now: Timestamp) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::MAILBOX_RESUME)
            .bind(micros(now))
            .bind(id.to_string())
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Frees the leases of mailboxes and feeds, the holds and the call slots of a node. Call it only when no process runs under that name
    /// any more.
    pub async fn release_node(&self, node: &str, now: Timestamp) -> Result<(), StoreError> {
        on_writer!(&self.db, pool => sqlx::query(sql::NODE_LEASES_FREE)
            .bind(micros(now))
            .bind(node)
            .execute(pool)
            .await
            .map(drop))?;
        on_writer!(&self.db, pool => sqlx::query(sql::NODE_SESSIONS_END)
            .bind(micros(now))
            .bind(node)
            .execute(pool)
            .await
            .map(drop))?;
        on_writer!(&self.db, pool => sqlx::query(sql::NODE_HOLDS_FREE)
            .bind(micros(now))
            .bind(format!("{node}:"))
            .execute(pool)
            .await
            .map(drop))?;
        on_writer!(&self.db, pool => sqlx::query(sql::mirror::NODE_FEEDS_FREE)
            .bind(micros(now))
            .bind(node)
            .execute(pool)
            .await
            .map(drop))?;
        on_writer!(&self.db, pool => sqlx::query(sql::NODE_SLOTS_FREE)
            .bind(node)
            .execute(pool)
            .await
            .map(drop))?;
        Ok(())
    }
}
