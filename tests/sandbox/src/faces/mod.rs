//! Wire faces: each turns requests into calls of the world and the outcome into an answer.

pub mod admin;
pub mod ews;
pub mod odata;
