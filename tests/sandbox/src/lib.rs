//! ssi-sandbox
