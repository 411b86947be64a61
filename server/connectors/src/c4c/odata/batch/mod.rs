//! `$batch`: multipart bodies with change sets
//! (<https://www.odata.org/documentation/odata-version-2-0/batch-processing/>).

mod read;
mod write;

pub(in crate::c4c) use read::{Part, PartAnswer, read};
pub(in crate::c4c) use write::{Change, Writer};
