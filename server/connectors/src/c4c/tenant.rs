//! One C4C tenant as seen by one user.

use std::sync::Arc;

use ssi_domain::{
    RecordRef,
    port::{CallGate, Lane, PortError},
};

use super::{
    config::C4cConfig,
    known::Known,
    odata::{
        fault::Fault,
        json,
        literal::{encode, uuid_of},
        query::Query,
        service::{Call, Service},
    },
};
use crate::http::{CallMeter, Intent};

/// The connector to one tenant. Clones share connections, cookies and what was learnt.
#[derive(Clone)]
pub struct C4c {
    pub(super) shared: Arc<Shared>,
    pub(super) lane: Lane,
}

pub(super) struct Shared {
    pub(super) service: Service,
    pub(super) config: C4cConfig,
    pub(super) known: Known,
}

impl C4c {
    /// A connector in the background lane. Nothing is sent yet.
    ///
    /// # Errors
    /// `Blocked` when the address is neither https nor loopback, or TLS cannot be set up.
    pub fn new(
        config: C4cConfig,
        meter: CallMeter,
        gate: Arc<dyn CallGate>,
    ) -> Result<Self, PortError> {
        let service = Service::new(&config, meter, gate)?;
        let shared = Shared {
            service,
            config,
            known: Known::default(),
        };
        Ok(Self {
            shared: Arc::new(shared),
            lane: Lane::Background,
        })
    }

    /// The same tenant, called in this lane.
    #[must_use]
    pub fn lane(&self, lane: Lane) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            lane,
        }
    }

    pub(super) async fn signed_in_user(&self) -> Result<String, PortError> {
        const WHO: &str = "signed-in user";
        let path = Query::set("IdentityGetLoggedInUserInfo").address();
        let answer = self
            .shared
            .service
            .call(self.lane, Call::get(path, WHO))
            .await?;
        if answer.is_success() && !answer.is_page() {
            if let Ok(row) = json::entity(&answer.body) {
                let user = row.only_member().unwrap_or(row);
                let id = user.first(&["UserID", "UserName", "Email"]);
                if !id.is_empty() {
                    return Ok(id);
                }
            }
        } else if !matches!(answer.status, 200..300 | 400 | 403 | 404 | 405 | 500 | 501) {
            return Err(answer.error(Intent::Read, WHO));
        }
        self.reach_service().await
    }

    /// The proof for services without the function: the service document can be read.
    async fn reach_service(&self) -> Result<String, PortError> {
        const ROOT: &str = "service document";
        let call = Call::get("?$format=json", ROOT);
        let answer = self.shared.service.call(self.lane, call).await?;
        if answer.is_success() && !answer.is_page() {
            return Ok(self.shared.service.user());
        }
        if answer.is_success() || answer.status == 404 {
            return Err(PortError::Blocked {
                detail: format!(
                    "{ROOT}: status {}, but no OData service answers there; check the address",
                    answer.status
                ),
            });
        }
        Err(answer.error(Intent::Read, ROOT))
    }

    pub(super) fn people_link(&self, record: &RecordRef) -> Option<String> {
        let template = self.shared.config.people_url.as_deref()?;
        let id = record.id.as_str();
        let uuid = uuid_of(id).unwrap_or_else(|| id.to_owned());
        Some(
            template
                .replace("{kind}", record.kind.name())
                .replace("{id}", &encode(id))
                .replace("{uuid}", &encode(&uuid)),
        )
    }
}

/// The error of a question about a set that must be there: without it the address is wrong.
pub(super) fn essential(fault: Fault, headers: &http::HeaderMap, operation: &str) -> PortError {
    if fault.status == 404 {
        return PortError::Blocked {
            detail: format!("{operation}: status 404, no records there; check the C4C address"),
        };
    }
    fault.into_error(headers, Intent::Read, operation)
}
