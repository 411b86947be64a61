//! Serves a world over HTTP on one port: Exchange, C4C and the admin face.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

use crate::crm::{TECHNICAL_LOGIN, TECHNICAL_PASSWORD};
use crate::faces::{admin, ews, odata};
use crate::faults::AbortConnection;
use crate::world::{World, WorldConfig};

/// Path of the OData service, as in a real C4C tenant.
pub const C4C_PATH: &str = "/sap/c4c/odata/v1/c4codataapi";
/// Path of the Exchange service, as in a real Exchange.
pub const EWS_PATH: &str = "/EWS/Exchange.asmx";
/// Path of the admin face.
pub const ADMIN_PATH: &str = "/sandbox";
/// Path of the CRM's part of the admin face.
pub const CRM_ADMIN_PATH: &str = "/sandbox/crm";
/// Largest request body. Exchange's own default is about 64 MB (`maxRequestLength`); base64 of a 40 MB
/// message still fits.
pub const MAX_REQUEST: usize = 64 << 20;

/// A running sandbox; stops when dropped.
pub struct Sandbox {
    world: World,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Sandbox {
    /// Serves a new world on a free loopback port.
    ///
    /// # Errors
    /// When no loopback port can be bound.
    pub async fn start(config: WorldConfig) -> io::Result<Self> {
        Self::serve(World::new(config), SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Serves an existing world on `listen`.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn serve(world: World, listen: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(accept(listener, routes(world.clone())));
        Ok(Self {
            world,
            address,
            server,
        })
    }

    /// The world behind the faces.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Where the sandbox listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Full address of the Exchange service.
    pub fn ews_url(&self) -> String {
        format!("http://{}{EWS_PATH}", self.address)
    }

    /// Root of the OData service, without trailing slash.
    pub fn c4c_url(&self) -> String {
        format!("http://{}{C4C_PATH}", self.address)
    }

    /// Root of the admin face, without trailing slash.
    pub fn admin_url(&self) -> String {
        format!("http://{}{ADMIN_PATH}", self.address)
    }

    /// What a client needs to know, as printed by `ssi-sandbox serve`.
    pub fn describe(&self) -> Value {
        json!({
            "ews": self.ews_url(),
            "c4c": self.c4c_url(),
            "admin": self.admin_url(),
            "users": self.world.users(),
            "service_account": self.world.service_account(),
            "c4c_user": { "login": TECHNICAL_LOGIN, "password": TECHNICAL_PASSWORD },
        })
    }

    /// Runs until the serving task ends (it does not by itself).
    pub async fn wait(&mut self) {
        let _ended = (&mut self.server).await.is_ok();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// All faces of `world` on one router.
pub fn routes(world: World) -> Router {
    Router::new()
        .merge(ews::router(world.clone()))
        .nest(ADMIN_PATH, admin::router(world.clone()))
        .nest(CRM_ADMIN_PATH, odata::admin(world.clone()))
        .nest_service(C4C_PATH, odata::router(world))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
}

async fn accept(listener: TcpListener, routes: Router) {
    let routes = Arc::new(routes);
    // Dropping the set with this task closes every connection: a stopped sandbox answers nobody.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&routes)));
                }
                // Out of file descriptors or a peer that left: the listener itself is fine.
                Err(error) => tracing::debug!(%error, "connection not accepted"),
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Serves one connection. Own loop instead of `axum::serve`, because a fault must be able to drop it.
async fn connection(stream: TcpStream, routes: Arc<Router>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let routes = Router::clone(&routes);
        async move {
            let Ok(response) = routes.oneshot(request.map(Body::new)).await;
            match response.extensions().get::<AbortConnection>() {
                None => Ok(response),
                Some(AbortConnection) => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
            }
        }
    });
    if let Err(error) = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await
    {
        tracing::debug!(%error, "connection ended early");
    }
}
