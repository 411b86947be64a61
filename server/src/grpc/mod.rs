//! The gRPC services: handlers that validate, authorise, call the engine and convert. Nothing else.
//!
//! Proto types stop here.

mod add_in;
mod card;
mod choice;
mod convert;
mod draft;
mod guard;
mod held;
mod once;
mod people;
mod read;
mod record;
mod session;
pub mod status;
mod sync;
mod watch;

use std::sync::Arc;

pub use guard::{Deadline, Peer, authenticate};
use ssi_domain::Clock;
use ssi_engine::Engine;
use ssi_proto::v1::{
    add_in_service_server::AddInServiceServer, people_service_server::PeopleServiceServer,
    record_service_server::RecordServiceServer, session_service_server::SessionServiceServer,
    sync_service_server::SyncServiceServer,
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tonic::{codec::CompressionEncoding, service::Routes};

use crate::auth::{Access, Authenticator};

/// What every handler needs. Cheap to clone.
#[derive(Clone)]
pub struct Handlers {
    pub(crate) inner: Arc<Inner>,
}

/// The parts of [`Handlers`].
pub struct Inner {
    /// Both paths.
    pub engine: Engine,
    /// Who may touch what.
    pub access: Access,
    /// Who calls.
    pub auth: Authenticator,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Minutes between scheduled sessions, by mailbox.
    pub settings: Arc<dyn ssi_engine::Backends>,
    /// Places for watching streams.
    pub watchers: Arc<Semaphore>,
    /// Cancelled when the server stops: streams end then.
    pub stopping: CancellationToken,
}

impl Handlers {
    /// Handlers on these parts.
    pub fn new(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    /// All services of `ssi.v1`, health and reflection, with a bound on the size of a message.
    ///
    /// Requests are not decompressed: a small compressed message could grow without bound.
    pub fn routes<H>(
        &self,
        health: H,
        most_bytes: usize,
    ) -> Result<Routes, tonic_reflection::server::Error>
    where
        H: tower::Service<
                http::Request<tonic::body::Body>,
                Error = std::convert::Infallible,
                Response: axum::response::IntoResponse,
                Future: Send + 'static,
            > + tonic::server::NamedService
            + Clone
            + Send
            + Sync
            + 'static,
    {
        let descriptors = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(ssi_proto::FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let mut routes = Routes::builder();
        macro_rules! add {
            ($($server:ident),+) => {$(
                routes.add_service(
                    $server::new(self.clone())
                        .max_decoding_message_size(most_bytes)
                        .send_compressed(CompressionEncoding::Gzip),
                );
            )+};
        }
        add!(
            SessionServiceServer,
            AddInServiceServer,
            RecordServiceServer,
            SyncServiceServer,
            PeopleServiceServer
        );
        routes.add_service(health);
        routes.add_service(descriptors().build_v1()?);
        // Older clients, Python's grpcio among them, ask the alpha version only.
        routes.add_service(descriptors().build_v1alpha()?);
        Ok(routes.routes())
    }
}
