//! ssi-client
