//! Bearer tokens for the mail server and the CRM: OAuth 2.0 client credentials or refresh token
//! (RFC 6749 4.4 and 6), over our own bounded HTTP client.

use std::{fmt, pin::Pin, time::Duration};

use oauth2::{
    AsyncHttpClient, AuthType, ClientId, ClientSecret, HttpRequest, HttpResponse, RefreshToken,
    RequestTokenError, Scope, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicErrorResponseType},
};
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use ssi_domain::port::PortError;
use tokio::{sync::Mutex, time::Instant};
use url::Url;

use super::fetch;
use crate::config::{OAuth2, Problem};

/// Token answers are small.
const LONGEST: usize = 256 << 10;
/// A token is renewed so long before it ends, so that it lives through the call it is taken for.
const AHEAD: Duration = Duration::from_secs(60);
/// The life of a token whose answer does not say.
const DEFAULT_LIFE: Duration = Duration::from_secs(300);

/// Gives out access tokens and renews them; one request at a time.
pub struct OAuthTokens {
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    token_url: TokenUrl,
    scopes: Vec<Scope>,
    http: Sender,
    state: Mutex<State>,
}

struct State {
    /// Providers may hand out a new refresh token with each answer.
    refresh: Option<SecretString>,
    access: Option<(SecretString, Instant)>,
}

impl fmt::Debug for OAuthTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OAuthTokens(..)")
    }
}

/// A request that did not get through.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct SendError(String);

impl OAuthTokens {
    /// Reads the secrets; `key` is the configuration's path to the section. Asks nobody yet.
    pub fn new(key: &str, config: &OAuth2) -> Result<Self, Problem> {
        let at = |name: &str| format!("{key}.{name}");
        let url = Url::parse(&config.token_url)
            .map_err(|error| Problem::new(at("token_url"), error.to_string()))?;
        let http = fetch::client(&url).map_err(|error| Problem::new(at("token_url"), error))?;
        let secret = config.client_secret(&at("client_secret")).read()?;
        let secret = secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        Ok(Self {
            client_id: ClientId::new(config.client_id.clone()),
            client_secret: secret,
            token_url: TokenUrl::from_url(url),
            scopes: config.scopes.iter().cloned().map(Scope::new).collect(),
            http: Sender(http),
            state: Mutex::new(State {
                refresh: config.refresh_token(&at("refresh_token")).read()?,
                access: None,
            }),
        })
    }

    /// A token that is valid now. `refused` is one that the server has just turned down.
    pub async fn access_token(
        &self,
        refused: Option<&SecretString>,
    ) -> Result<SecretString, PortError> {
        let mut state = self.state.lock().await;
        if let Some((token, until)) = &state.access {
            let turned_down = refused.is_some_and(|r| r.expose_secret() == token.expose_secret());
            if !turned_down && Instant::now() < *until {
                return Ok(token.clone());
            }
        }
        self.renew(&mut state).await
    }

    async fn renew(&self, state: &mut State) -> Result<SecretString, PortError> {
        // In the request body: every provider we know takes it there, not all take it as Basic.
        let mut client = BasicClient::new(self.client_id.clone())
            .set_token_uri(self.token_url.clone())
            .set_auth_type(AuthType::RequestBody);
        if let Some(secret) = &self.client_secret {
            client = client.set_client_secret(secret.clone());
        }
        let answer = match &state.refresh {
            Some(refresh) => {
                let refresh = RefreshToken::new(refresh.expose_secret().to_owned());
                let request = client
                    .exchange_refresh_token(&refresh)
                    .add_scopes(self.scopes.clone());
                request.request_async(&self.http).await
            }
            None => {
                let request = client
                    .exchange_client_credentials()
                    .add_scopes(self.scopes.clone());
                request.request_async(&self.http).await
            }
        };
        let answer = answer.map_err(|error| failure(&error))?;
        if let Some(next) = answer.refresh_token() {
            state.refresh = Some(SecretString::from(next.secret().clone()));
        }
        let token = SecretString::from(answer.access_token().secret().clone());
        let life = answer.expires_in().unwrap_or(DEFAULT_LIFE);
        // A token shorter than the margin is used for half its life.
        let life = life.checked_sub(AHEAD).unwrap_or(life / 2);
        state.access = Some((token.clone(), Instant::now() + life));
        Ok(token)
    }
}

/// Our HTTP client as oauth2 wants it.
struct Sender(Client);

impl<'c> AsyncHttpClient<'c> for Sender {
    type Error = SendError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, SendError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(send(self.0.clone(), request))
    }
}

async fn send(http: Client, request: HttpRequest) -> Result<HttpResponse, SendError> {
    let request =
        reqwest::Request::try_from(request).map_err(|error| SendError(error.to_string()))?;
    let response = http
        .execute(request)
        .await
        .map_err(|error| SendError(fetch::describe(&error)))?;
    let mut answer = HttpResponse::new(Vec::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    *answer.body_mut() = fetch::bounded(response, LONGEST).await.map_err(SendError)?;
    Ok(answer)
}

type TokenError =
    RequestTokenError<SendError, oauth2::StandardErrorResponse<BasicErrorResponseType>>;

/// What to do next. The provider's description may hold addresses; only its code is kept.
fn failure(error: &TokenError) -> PortError {
    let code = |code: &BasicErrorResponseType| code.as_ref().to_owned();
    match error {
        RequestTokenError::ServerResponse(answer) => match answer.error() {
            BasicErrorResponseType::InvalidGrant
            | BasicErrorResponseType::InvalidClient
            | BasicErrorResponseType::UnauthorizedClient => PortError::SignIn {
                detail: format!("token endpoint: {}", code(answer.error())),
            },
            BasicErrorResponseType::Extension(name)
                if name == "temporarily_unavailable" || name == "server_error" =>
            {
                PortError::transient(format!("token endpoint: {name}"))
            }
            other => PortError::Blocked {
                detail: format!("token endpoint: {}; check client and scopes", code(other)),
            },
        },
        RequestTokenError::Request(error) => {
            PortError::transient(format!("token endpoint: {error}"))
        }
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            PortError::transient("token endpoint: the answer is not a token".to_owned())
        }
    }
}
