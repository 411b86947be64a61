//! The C4C connector against real HTTP servers on loopback that answer in every shape OData v2 allows.

// `cfg(test)` lets helpers unwrap as tests do.
#[cfg(test)]
mod feed;
#[cfg(test)]
mod find;
#[cfg(test)]
mod links;
#[cfg(test)]
mod mirror_create;
#[cfg(test)]
mod mirror_get;
#[cfg(test)]
mod mirror_links;
#[cfg(test)]
mod mirror_series;
#[cfg(test)]
mod mirror_update;
#[cfg(test)]
mod put;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod server;
#[cfg(test)]
mod sign_in;
