//! The Rust client of SSI Sync.
//!
//! It signs in, keeps the session token fresh, repeats what may be repeated, waits as long as the
//! server asks, and turns every refusal into an [`Error`] with a reason code.
//!
//! ```no_run
//! use ssi_client::{Client, IdentityToken, SaveOutcome, name, v1::SaveEmailRequest};
//!
//! # async fn example() -> Result<(), ssi_client::Error> {
//! let client = Client::connect("https://ssi.example.com").await?;
//! client.sign_in(IdentityToken::oidc("eyJhbGciOi...")).await?;
//! let outcome = client
//!     .add_in()
//!     .save_email(SaveEmailRequest {
//!         mailbox: name::mailbox("ann@example.com"),
//!         item_id: "AAMkAD...".into(),
//!         use_found_records: true,
//!         ..Default::default()
//!     })
//!     .await?;
//! match outcome {
//!     SaveOutcome::Saved(saved) => println!("saved, {} links", saved.links.len()),
//!     SaveOutcome::Queued(wish) => println!("queued as {}", wish.name),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Laws: a call that changes something always carries a `request_id`, so repeating it is safe; a wait
//! the server asked for is never shortened; no token is ever written to a log or a debug text.

#![warn(missing_docs)]

mod auth;
mod call;
mod client;
mod error;
mod retry;
mod services;
mod watch;

pub use auth::{IdentityToken, TokenError, TokenSource};
pub use client::{Builder, Client};
pub use error::{Error, FieldViolation, Refusal};
pub use retry::RetryPolicy;
pub use services::{AddIn, Page, People, Records, SaveOutcome, Session, Sync};
pub use ssi_proto::{name, v1};
pub use tonic::Code;
pub use watch::{EventStream, SessionEvent};
