//! ssi-connectors
