//! `SessionService`: who am I. Signing in is [`crate::Client::sign_in`].

use ssi_proto::v1::{Caller, GetCallerRequest, session_service_client::SessionServiceClient};

use super::{call, handle, required};
use crate::Error;

handle! {
    /// Says who the caller is.
    Session, SessionServiceClient
}

impl Session {
    /// The signed-in person and what they may touch.
    ///
    /// # Errors
    /// [`Error::Refused`] with reason `token_missing`, `token_invalid` or `token_expired`.
    pub async fn caller(&self) -> Result<Caller, Error> {
        required(
            call!(self, get_caller, GetCallerRequest {})?.caller,
            "caller",
        )
    }
}
