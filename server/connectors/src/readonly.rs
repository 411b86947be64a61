//! The dry run: a port that refuses to write.
