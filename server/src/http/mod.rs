//! The one port: native gRPC (HTTP/2), grpc-web (HTTP/1.1 and 2), events of the CRM, web files, health and metrics.

mod deadline;
mod events;
mod guard;
mod metrics;
mod serve;
mod tls;
mod web;

use std::{net::IpAddr, sync::Arc};

use axum::{Router, body::Body, middleware};
pub use events::EventParts;
use http::{HeaderName, HeaderValue, Method, Request, Response, header};
use hyper::body::Incoming;
pub use metrics::Metrics;
pub use serve::{Limits, accept};
pub use tls::acceptor;
use tonic::service::Routes;
use tonic_web::GrpcWebLayer;
use tower::ServiceExt as _;
use tower_http::cors::{AllowOrigin, CorsLayer};
pub use web::WebParts;

use crate::{
    config::ServerConfig,
    grpc::{Handlers, Peer},
};

/// How long a browser may remember the answer to a preflight.
const PREFLIGHT: std::time::Duration = std::time::Duration::from_secs(7_200);

/// Everything that answers requests. Cheap to clone.
#[derive(Clone)]
pub struct App {
    grpc: Router,
    web: Router,
}

impl App {
    /// Puts the layers around the services.
    pub fn new(
        routes: Routes,
        handlers: Handlers,
        server: &ServerConfig,
        web: WebParts,
        events: EventParts,
    ) -> Self {
        let guard = Arc::new(guard::Guard::new(handlers, server));
        // From the outside in: CORS, grpc-web translation, then what speaks plain gRPC.
        let grpc = routes
            .into_axum_router()
            .layer(middleware::from_fn_with_state(guard, guard::guard))
            .layer(GrpcWebLayer::new())
            .layer(cors(&server.cors_origins));
        Self {
            grpc,
            web: web::router(web).merge(events::router(events)),
        }
    }

    /// Answers one request of this peer.
    async fn answer(self, mut request: Request<Incoming>, peer: IpAddr) -> Response<Body> {
        request.extensions_mut().insert(Peer(peer));
        let router = if is_grpc(request.uri().path()) {
            self.grpc
        } else {
            self.web
        };
        match router.oneshot(request.map(Body::new)).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// Whether a path belongs to a service: ours, health or reflection.
fn is_grpc(path: &str) -> bool {
    path.starts_with("/ssi.") || path.starts_with("/grpc.")
}

/// Browsers of these origins may call; nobody else's may. Headers as grpc-web clients send and read them.
fn cors(origins: &[String]) -> CorsLayer {
    let origins = origins
        .iter()
        .filter_map(|origin| HeaderValue::from_str(origin).ok());
    let name = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::POST])
        .allow_headers([
            header::CONTENT_TYPE,
            header::AUTHORIZATION,
            name("x-grpc-web"),
            name("x-user-agent"),
            name("grpc-timeout"),
            name("connect-protocol-version"),
        ])
        .expose_headers([
            name("grpc-status"),
            name("grpc-message"),
            name("grpc-status-details-bin"),
            name("grpc-encoding"),
        ])
        .max_age(PREFLIGHT)
}
