//! The client against a real tonic server in this process.

mod calls;
mod server;
mod tls;
