//! Putting our categories into the mailbox's master list, so that they have a colour.

use ssi_domain::port::PortError;

use super::{
    category_list::{self, Edit},
    client::{AnswerSize, Call, Ews},
    envelope::Payload,
    failure::{About, CallError},
    op::user_configuration::{
        self, CreateUserConfiguration, GetUserConfiguration, UpdateUserConfiguration,
    },
};
use crate::http::Intent;

impl Ews {
    /// Puts our categories into the master list. Without it they work all the same, only without colour;
    /// so a server that cannot do it is no obstacle.
    pub(super) async fn categories(&self, wanted: &[(String, i8)]) -> Result<(), PortError> {
        if wanted.is_empty() {
            return Ok(());
        }
        match self.extend_master_list(wanted).await {
            Ok(()) => Ok(()),
            Err(error @ (PortError::Wait { .. } | PortError::SignIn { .. })) => Err(error),
            Err(error) => {
                tracing::debug!(%error, "the master list of categories stays as it is");
                Ok(())
            }
        }
    }

    async fn extend_master_list(&self, wanted: &[(String, i8)]) -> Result<(), PortError> {
        const OPERATION: &str = "GetUserConfiguration";
        let body = |_| user_configuration::get_body();
        let call = Call {
            operation: OPERATION,
            intent: Intent::Read,
            body: &body,
        };
        let answer = self.first::<GetUserConfiguration>(&call).await;
        let list = match answer {
            Ok(answer) => Some(answer.xml_data),
            Err(CallError::Fault(failure)) if failure.not_found() => None,
            Err(error) => return Err(error.into_port(OPERATION, About::Mailbox, Intent::Read)),
        };
        let edit = category_list::add(list.as_ref().and_then(|data| data.as_deref()), wanted)
            .map_err(|error| PortError::answer(format!("{OPERATION}: {error}")))?;
        let Edit::Changed(base64) = edit else {
            return Ok(());
        };
        match list {
            Some(_) => {
                let operation = "UpdateUserConfiguration";
                let body = |_| user_configuration::update_body(&base64);
                let call = Call {
                    operation,
                    intent: Intent::Write,
                    body: &body,
                };
                let answer = self.first::<UpdateUserConfiguration>(&call).await;
                answer
                    .map(drop)
                    .map_err(|e| e.into_port(operation, About::Mailbox, Intent::Write))
            }
            None => {
                let operation = "CreateUserConfiguration";
                let body = |_| user_configuration::create_body(&base64);
                let call = Call {
                    operation,
                    intent: Intent::Write,
                    body: &body,
                };
                let answer = self.first::<CreateUserConfiguration>(&call).await;
                answer
                    .map(drop)
                    .map_err(|e| e.into_port(operation, About::Mailbox, Intent::Write))
            }
        }
    }

    async fn first<T: Payload>(&self, call: &Call<'_>) -> Result<T, CallError> {
        let first = self
            .call::<T>(call, AnswerSize::Normal)
            .await?
            .into_iter()
            .next();
        let missing = || {
            let detail = format!("{}: no answer", call.operation);
            Err(CallError::Port(PortError::answer(detail)))
        };
        first.map_or_else(missing, |message| message.map_err(CallError::Fault))
    }
}
