//! ssi-engine
