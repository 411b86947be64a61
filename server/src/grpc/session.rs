//! `SessionService`: signs callers in.

use ssi_proto::{
    name,
    v1::{
        self, CreateSessionRequest, CreateSessionResponse, GetCallerRequest, GetCallerResponse,
        create_session_request::Credential, session_service_server::SessionService,
    },
};
use tonic::{Request, Response, Status};

use super::{Handlers, Peer, convert, status};
use crate::auth::{Caller, Denied};

#[tonic::async_trait]
impl SessionService for Handlers {
    async fn create_session(
        &self,
        request: Request<CreateSessionRequest>,
    ) -> Result<Response<CreateSessionResponse>, Status> {
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
        let token = match request.into_inner().credential {
            Some(Credential::OidcToken(token)) => token,
            Some(Credential::ExchangeIdentityToken(_)) => {
                let why = "Exchange identity tokens are not set up on this server; send oidc_token";
                return Err(status::invalid("exchange_identity_token", why));
            }
            None => return Err(status::invalid("oidc_token", "is required")),
        };
        let (signed, caller) = self
            .inner
            .auth
            .sign_in(&token, peer)
            .await
            .map_err(|error| status::auth(&error))?;
        if !self.inner.access.is_enrolled(&caller) {
            return Err(status::denied(Denied::NotEnrolled));
        }
        Ok(Response::new(CreateSessionResponse {
            token: signed.token,
            expire_time: Some(convert::time(signed.expires)),
            caller: Some(self.describe(caller)),
        }))
    }

    async fn get_caller(
        &self,
        request: Request<GetCallerRequest>,
    ) -> Result<Response<GetCallerResponse>, Status> {
        let caller = self.caller(&request)?;
        Ok(Response::new(GetCallerResponse {
            caller: Some(self.describe(caller)),
        }))
    }
}

impl Handlers {
    fn describe(&self, caller: Caller) -> v1::Caller {
        let access = &self.inner.access;
        let own = access.own(&caller);
        v1::Caller {
            mailboxes: own.iter().map(|one| name::mailbox(&one.address)).collect(),
            key_user: access.is_key_user(&caller),
            tenant: access
                .main_mailbox(&caller)
                .map(|one| one.tenant.as_str().to_owned())
                .unwrap_or_default(),
            subject: caller.subject,
            addresses: caller.addresses,
            display_name: caller.display_name,
        }
    }
}
