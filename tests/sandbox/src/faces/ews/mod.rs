//! EWS face.

use axum::Router;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::world::World;

/// Route of the Exchange service.
pub fn router(_world: World) -> Router {
    Router::new()
}

/// The throttling fault.
pub fn server_busy(_backoff_ms: u64) -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
