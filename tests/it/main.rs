//! The end-to-end tests, one binary: by subject, then by circumstance.

mod attachments;
mod bad_mail;
mod contacts;
mod crash;
mod demo;
mod description;
mod faults;
mod instant;
mod mail;
mod mirror;
mod race;
mod resolve;
mod shape;
mod tasks;
