//! The EWS connector over real HTTP against canned answers of the vendor's shapes.

// `cfg(test)` lets helpers unwrap like tests do.
#[cfg(test)]
mod errors;
#[cfg(test)]
mod folders;
#[cfg(test)]
mod items;
#[cfg(test)]
mod mirror_read;
#[cfg(test)]
mod mirror_refused;
#[cfg(test)]
mod mirror_write;
#[cfg(test)]
mod own_folders;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod support;
