//! Contacts, accounts and individual customers in both directions, over HTTP, on both databases (rules 5 and 6).

mod account_once;
mod bad_input;
mod between;
mod company;
mod deletions;
mod fields;
mod files;
mod folders;
mod from_crm;
mod home;
mod limits;
mod partners;
mod read_only;
mod scripts;
mod secret;
