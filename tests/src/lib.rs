//! ssi-tests
