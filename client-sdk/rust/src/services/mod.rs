//! The five services as typed clients.

mod add_in;
mod people;
mod records;
mod session;
mod sync;

pub use add_in::{AddIn, SaveOutcome};
pub use people::People;
pub use records::Records;
pub use session::Session;
pub use sync::Sync;

use crate::Error;

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on this page.
    pub items: Vec<T>,
    /// Token of the next page; `None` on the last one.
    pub next_page_token: Option<String>,
}

impl<T> Page<T> {
    fn new(items: Vec<T>, next_page_token: String) -> Self {
        let next_page_token = Some(next_page_token).filter(|token| !token.is_empty());
        Self {
            items,
            next_page_token,
        }
    }
}

fn required<T>(part: Option<T>, what: &'static str) -> Result<T, Error> {
    part.ok_or(Error::Incomplete(what))
}

/// Sends one unary call: the tonic client is cloned per attempt, which is cheap.
macro_rules! call {
    ($self:ident, $method:ident, $message:expr) => {
        $self
            .core
            .unary($message, |request| {
                let mut client = $self.client.clone();
                async move { client.$method(request).await }
            })
            .await
    };
}
use call;

/// A service's handle: the shared core and the generated client.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $client:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            core: std::sync::Arc<crate::call::Core>,
            client: $client<tonic::transport::Channel>,
        }

        impl $name {
            pub(crate) fn new(core: std::sync::Arc<crate::call::Core>) -> Self {
                let client = $client::new(core.channel.clone());
                Self { core, client }
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}
use handle;
