//! The end-to-end tests, one binary: by subject, then by circumstance.

mod attachments;
mod bad_mail;
mod blocklist;
mod calendar;
mod categories;
mod contacts;
mod crash;
mod create;
mod demo;
mod description;
mod error_mark;
mod event;
mod faults;
mod held;
mod instant;
mod linking;
mod mail;
mod mirror;
mod race;
mod recovery;
mod resolve;
mod shape;
mod simulation;
mod tasks;
