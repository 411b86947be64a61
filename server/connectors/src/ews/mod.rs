//! Exchange Web Services behind the mailbox port.
