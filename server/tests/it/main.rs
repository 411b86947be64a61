//! The server from outside: its configuration, its sign-in, its port, its program.

mod config;
mod events;
mod identity;
mod jwt;
mod oauth;
mod port;
mod program;
mod support;
mod web;
