//! Every statement and every function of the store, on SQLite and on PostgreSQL.

#![cfg(test)]

mod by_heart;
mod claims;
mod conflicts;
mod directory;
mod feeds;
mod feeds_property;
mod filed;
mod given;
mod harness;
mod held;
mod issues;
mod leases;
mod links;
mod links_property;
mod mailboxes;
mod migrations;
mod mirrors;
mod pages;
mod people;
mod requests;
mod sealed;
mod sessions;
mod slots;
mod speed;
mod statements;
mod writer;
mod writers;
