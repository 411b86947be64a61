//! What a CRM says by itself: that something may have changed.

use crate::RecordRef;

/// A hint that a record was made, changed or deleted. It may be late, repeated, out of order or forged: it
/// changes when something is read and never what is decided (INV-21).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The records it may speak of: an event does not always say the kind.
    pub records: Vec<RecordRef>,
    /// It says that the record is gone; only a read of its id can tell (INV-5).
    pub gone: bool,
}
