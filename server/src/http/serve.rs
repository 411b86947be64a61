//! Accepts connections and keeps each within bounds.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::App;

/// Time to finish a TLS handshake, and to send the head of a request over HTTP/1.1.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Time within which a new connection must have sent one whole request head, else it is dropped.
const FIRST_REQUEST: Duration = Duration::from_secs(60);
/// Largest set of request headers.
const HEADERS: u32 = 32 << 10;
/// Idle HTTP/2 connections are pinged so often, and dropped when no answer comes in time.
const PING: Duration = Duration::from_secs(60);
const PONG: Duration = Duration::from_secs(20);
/// Streams a client may open and reset before they are accepted ("rapid reset", CVE-2023-44487).
const RESETS: usize = 20;

/// Bounds of the port.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Open connections at once.
    pub connections: usize,
    /// Streams at once per HTTP/2 connection.
    pub streams: u32,
}

/// Accepts until `stop`; then returns when the last connection has answered what it was asked.
pub async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    app: App,
    limits: Limits,
    stop: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let server = Arc::new(builder(limits));
    let handshakes = TaskTracker::new();
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            () = stop.cancelled() => break,
        };
        let Ok(place) = place else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, or a connection that died before it was accepted.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let connection = Connection {
            app: app.clone(),
            server: Arc::clone(&server),
            watcher: graceful.watcher(),
            peer: peer.ip(),
        };
        let (tls, stop) = (tls.clone(), stop.clone());
        handshakes.spawn(async move {
            let _place = place;
            connection.run(stream, tls, stop).await;
        });
    }
    drop(listener);
    handshakes.close();
    graceful.shutdown().await;
    handshakes.wait().await;
}

fn builder(limits: Limits) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HANDSHAKE)
        .max_buf_size(64 << 10);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(HEADERS)
        .max_pending_accept_reset_streams(RESETS)
        .initial_stream_window_size(1 << 20)
        .initial_connection_window_size(4 << 20)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG);
    server
}

struct Connection {
    app: App,
    server: Arc<auto::Builder<TokioExecutor>>,
    watcher: hyper_util::server::graceful::Watcher,
    peer: IpAddr,
}

impl Connection {
    async fn run(self, stream: TcpStream, tls: Option<TlsAcceptor>, stop: CancellationToken) {
        // Answers are small; waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let Some(tls) = tls else {
            return self.serve(stream).await;
        };
        let handshake = tokio::time::timeout(HANDSHAKE, tls.accept(stream));
        tokio::select! {
            done = handshake => match done {
                Ok(Ok(stream)) => self.serve(stream).await,
                Ok(Err(error)) => tracing::debug!(%error, "no TLS with this client"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            },
            () = stop.cancelled() => {}
        }
    }

    async fn serve<I>(self, io: I)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self {
            app,
            server,
            watcher,
            peer,
        } = self;
        let asked = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&asked);
        let service = service_fn(move |request: http::Request<Incoming>| {
            seen.store(true, Ordering::Relaxed);
            let app = app.clone();
            async move { Ok::<_, std::convert::Infallible>(app.answer(request, peer).await) }
        });
        let connection = server
            .serve_connection(TokioIo::new(io), service)
            .into_owned();
        let mut connection = std::pin::pin!(watcher.watch(connection));
        // Until the protocol is known no timer of hyper's runs.
        let silent = tokio::select! {
            done = &mut connection => return ended(done),
            () = tokio::time::sleep(FIRST_REQUEST) => !asked.load(Ordering::Relaxed),
        };
        if silent {
            tracing::debug!("a connection that asked nothing was dropped");
            return;
        }
        ended(connection.await);
    }
}

fn ended(result: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = result {
        tracing::debug!(%error, "a connection broke");
    }
}
