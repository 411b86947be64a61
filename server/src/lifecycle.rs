//! Stopping: gracefully at the first signal, at once at the second.

use tokio_util::sync::CancellationToken;

/// Tells a running server to stop. Clones share the state.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    graceful: CancellationToken,
    hard: CancellationToken,
}

impl Shutdown {
    /// Nothing asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops on SIGTERM or Ctrl-C; a second one ends at once.
    pub fn on_signals() -> std::io::Result<Self> {
        let shutdown = Self::new();
        let mut signals = Signals::new()?;
        let told = shutdown.clone();
        tokio::spawn(async move {
            signals.next().await;
            tracing::info!(
                "stopping: running work is finished first; a second signal ends at once"
            );
            told.stop();
            signals.next().await;
            tracing::warn!("ending at once");
            told.end();
        });
        Ok(shutdown)
    }

    /// Asks to stop: no new work, running work is finished.
    pub fn stop(&self) {
        self.graceful.cancel();
    }

    /// Asks to end at once. What was committed stays; everything else is picked up by the next start.
    pub fn end(&self) {
        self.graceful.cancel();
        self.hard.cancel();
    }

    /// Cancelled once stopping was asked for.
    pub fn stopping(&self) -> CancellationToken {
        self.graceful.clone()
    }

    /// Cancelled once ending at once was asked for.
    pub fn ending(&self) -> CancellationToken {
        self.hard.clone()
    }
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
