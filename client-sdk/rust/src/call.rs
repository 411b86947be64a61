//! One call: bearer token, time limit, sign-in again, repeats.

use std::{future::Future, time::Duration};

use secrecy::{ExposeSecret as _, SecretString};
use ssi_proto::v1::{
    Caller, CreateSessionRequest, create_session_request::Credential,
    session_service_client::SessionServiceClient,
};
use tonic::{
    Code, Request, Response, Status, Streaming, metadata::MetadataValue, transport::Channel,
};

use crate::{
    Error, IdentityToken, RetryPolicy,
    auth::{self, Auth, SessionToken},
    retry::Attempts,
};

/// What all clones and services of a client share.
pub(crate) struct Core {
    pub(crate) channel: Channel,
    pub(crate) auth: Auth,
    pub(crate) retry: RetryPolicy,
    pub(crate) timeout: Duration,
    pub(crate) request_ids: Box<dyn Fn() -> String + Send + Sync>,
}

impl Core {
    /// A call that changes something must be safe to repeat (AIP-155): without an id of the caller's
    /// own it gets a fresh one, which all its repeats share.
    pub(crate) fn request_id(&self, given: String) -> String {
        if given.is_empty() {
            (self.request_ids)()
        } else {
            given
        }
    }

    /// A unary call that is safe to repeat: it only reads, or its message carries a `request_id`.
    pub(crate) async fn unary<Message, Answer, Send, Sent>(
        &self,
        message: Message,
        send: Send,
    ) -> Result<Answer, Error>
    where
        Message: Clone,
        Send: Fn(Request<Message>) -> Sent,
        Sent: Future<Output = Result<Response<Answer>, Status>>,
    {
        let mut attempts = Attempts::new(&self.retry, self.timeout);
        loop {
            let limit = attempts.remaining();
            let attempt = self.authorised(&message, Some(limit), &send);
            let error = match tokio::time::timeout(limit, attempt).await {
                Ok(Ok(response)) => return Ok(response.into_inner()),
                Ok(Err(error)) => error,
                Err(_) => Error::DeadlineExceeded,
            };
            attempts.wait_after(error).await?;
        }
    }

    /// Opens a server stream; only the opening has a time limit.
    pub(crate) async fn open<Message, Event, Send, Sent>(
        &self,
        message: Message,
        send: Send,
    ) -> Result<Streaming<Event>, Error>
    where
        Message: Clone,
        Send: Fn(Request<Message>) -> Sent,
        Sent: Future<Output = Result<Response<Streaming<Event>>, Status>>,
    {
        let mut attempts = Attempts::new(&self.retry, self.timeout);
        loop {
            // No "grpc-timeout" here: it would end the stream, not just its opening.
            let attempt = self.authorised(&message, None, &send);
            let error = match tokio::time::timeout(attempts.remaining(), attempt).await {
                Ok(Ok(response)) => return Ok(response.into_inner()),
                Ok(Err(error)) => error,
                Err(_) => Error::DeadlineExceeded,
            };
            attempts.wait_after(error).await?;
        }
    }

    /// Signs in with this token; repeats on trouble like any other call.
    pub(crate) async fn sign_in(&self, token: IdentityToken) -> Result<Caller, Error> {
        let mut attempts = Attempts::new(&self.retry, self.timeout);
        loop {
            let limit = attempts.remaining();
            let error = match tokio::time::timeout(limit, self.exchange(&token, limit)).await {
                Ok(Ok((value, caller))) => {
                    auth::replace(&mut *self.auth.current.lock().await, value);
                    return Ok(caller);
                }
                Ok(Err(error)) => error,
                Err(_) => Error::DeadlineExceeded,
            };
            attempts.wait_after(error).await?;
        }
    }

    /// One attempt with a session token, and a second one with a fresh token if the first is refused.
    async fn authorised<Message, Answer, Send, Sent>(
        &self,
        message: &Message,
        limit: Option<Duration>,
        send: &Send,
    ) -> Result<Response<Answer>, Error>
    where
        Message: Clone,
        Send: Fn(Request<Message>) -> Sent,
        Sent: Future<Output = Result<Response<Answer>, Status>>,
    {
        let token = self.token_after(None).await?;
        let error = match send(prepare(message.clone(), token.as_ref(), limit)?).await {
            Ok(response) => return Ok(response),
            Err(status) => Error::from(status),
        };
        if error.code() != Code::Unauthenticated || self.auth.source.is_none() {
            return Err(error);
        }
        let token = self.token_after(token.as_ref()).await?;
        send(prepare(message.clone(), token.as_ref(), limit)?)
            .await
            .map_err(Error::from)
    }

    /// The session token, or a newer one than `refused`. Without a token source whatever is there.
    async fn token_after(
        &self,
        refused: Option<&SessionToken>,
    ) -> Result<Option<SessionToken>, Error> {
        let mut current = self.auth.current.lock().await;
        if let Some(token) = current.as_ref()
            && refused.is_none_or(|old| token.generation > old.generation)
        {
            return Ok(Some(token.clone()));
        }
        let Some(source) = &self.auth.source else {
            return Ok(current.clone());
        };
        let identity = source.identity_token().await.map_err(Error::Token)?;
        let (value, _) = self.exchange(&identity, self.timeout).await?;
        Ok(Some(auth::replace(&mut current, value)))
    }

    /// One attempt to exchange an identity token.
    async fn exchange(
        &self,
        token: &IdentityToken,
        limit: Duration,
    ) -> Result<(SecretString, Caller), Error> {
        let credential = match token {
            IdentityToken::Oidc(token) => Credential::OidcToken(token.expose_secret().to_owned()),
            IdentityToken::Exchange(token) => {
                Credential::ExchangeIdentityToken(token.expose_secret().to_owned())
            }
        };
        let message = CreateSessionRequest {
            credential: Some(credential),
        };
        let request = prepare(message, None, Some(limit))?;
        let answer = SessionServiceClient::new(self.channel.clone())
            .create_session(request)
            .await?;
        let answer = answer.into_inner();
        if answer.token.is_empty() {
            return Err(Error::Incomplete("token"));
        }
        let caller = answer.caller.ok_or(Error::Incomplete("caller"))?;
        Ok((SecretString::from(answer.token), caller))
    }
}

fn prepare<Message>(
    message: Message,
    token: Option<&SessionToken>,
    limit: Option<Duration>,
) -> Result<Request<Message>, Error> {
    let mut request = Request::new(message);
    if let Some(limit) = limit {
        request.set_timeout(limit);
    }
    if let Some(token) = token {
        let mut value = MetadataValue::try_from(format!("Bearer {}", token.value.expose_secret()))
            .map_err(|_| Error::Configuration("the session token is not a header value".into()))?;
        value.set_sensitive(true);
        request.metadata_mut().insert("authorization", value);
    }
    Ok(request)
}
