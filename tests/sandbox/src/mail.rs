//! Reads `.eml` files.
