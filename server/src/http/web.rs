//! What browsers, load balancers and Prometheus ask: `/healthz`, `/metrics`, web files.

use std::{path::PathBuf, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::json;
use ssi_store::Store;
use tokio_util::sync::CancellationToken;
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

use super::Metrics;
use crate::config::Secret;

/// A database that takes longer to say "1" is not healthy.
const PING: Duration = Duration::from_secs(2);

/// What the web routes need.
#[derive(Clone)]
pub struct WebParts {
    /// The database.
    pub store: Store,
    /// Metrics; `None`: not served.
    pub metrics: Option<Metrics>,
    /// Bearer token for the metrics.
    pub metrics_token: Option<Secret>,
    /// Folder with the web files.
    pub static_dir: Option<PathBuf>,
    /// Cancelled when the server stops.
    pub stopping: CancellationToken,
}

pub(super) fn router(parts: WebParts) -> Router {
    let files = parts.static_dir.clone();
    let mut router = Router::new().route("/healthz", get(healthz));
    if parts.metrics.is_some() {
        router = router.route("/metrics", get(metrics));
    }
    let mut router = router.with_state(parts);
    if let Some(folder) = files {
        router = router.fallback_service(ServeDir::new(folder));
    }
    let set =
        |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    router
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::REFERRER_POLICY, "no-referrer"))
        // Files have no fingerprint in their names: browsers ask whether they changed.
        .layer(set(header::CACHE_CONTROL, "no-cache"))
}

async fn healthz(State(parts): State<WebParts>) -> Response {
    let database = tokio::time::timeout(PING, parts.store.ping()).await;
    let database = match database {
        Ok(Ok(())) => "ok",
        Ok(Err(_)) | Err(_) => "unavailable",
    };
    let stopping = parts.stopping.is_cancelled();
    let healthy = database == "ok" && !stopping;
    let body = json!({
        "status": if healthy { "ok" } else if stopping { "stopping" } else { "unhealthy" },
        "database": database,
        "version": env!("CARGO_PKG_VERSION"),
    });
    let code = if healthy {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (code, Json(body)).into_response()
}

async fn metrics(State(parts): State<WebParts>, headers: HeaderMap) -> Response {
    if let Some(token) = &parts.metrics_token {
        let given = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let given = given
            .and_then(|value| value.strip_prefix("Bearer "))
            .unwrap_or_default();
        if !crate::auth::same(given, token.expose()) {
            let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
            return (StatusCode::UNAUTHORIZED, challenge).into_response();
        }
    }
    let text = parts
        .metrics
        .map(|metrics| metrics.render())
        .unwrap_or_default();
    // https://prometheus.io/docs/instrumenting/exposition_formats/
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        text,
    )
        .into_response()
}
