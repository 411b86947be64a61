//! ssi-proto
