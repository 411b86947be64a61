//! A small OData v2 layer: addresses and literals, the JSON shapes servers send, errors, `$batch`.
//! It knows the protocol and nothing about e-mails
//! (<https://www.odata.org/documentation/odata-version-2-0/>).

pub(super) mod batch;
pub(super) mod cookie;
pub(super) mod date;
pub(super) mod fault;
pub(super) mod json;
pub(super) mod literal;
pub(super) mod metadata;
pub(super) mod query;
pub(super) mod rope;
pub(super) mod service;
