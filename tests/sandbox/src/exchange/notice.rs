//! Meeting messages that went out, and who caused them.

use jiff::Timestamp;
use serde::Serialize;

use super::Exchange;

/// Who made a write happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Cause {
    /// A program, through Exchange Web Services, signed in as that login.
    Ews {
        /// Login as the program gave it.
        login: String,
    },
    /// A person in Outlook.
    Human,
}

/// On whose behalf something is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Mailbox, by address.
    pub mailbox: String,
    /// Who does it.
    pub cause: Cause,
}

impl Actor {
    /// A person in front of Outlook.
    pub fn human(mailbox: &str) -> Self {
        Self {
            mailbox: mailbox.to_ascii_lowercase(),
            cause: Cause::Human,
        }
    }
}

/// What a meeting message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum NoticeKind {
    /// You are invited.
    Request,
    /// Something about it has changed.
    Update,
    /// It does not take place.
    Cancellation,
    /// Somebody has answered.
    Response,
}

/// One meeting message, sent to everybody named at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// When.
    pub at: Timestamp,
    /// Mailbox (lower-case address) it was sent from.
    pub from: String,
    /// Who made it happen.
    pub cause: Cause,
    /// What it says.
    pub kind: NoticeKind,
    /// UID of the meeting.
    pub uid: String,
    /// Original start of the occurrence it is about; `None` for the whole meeting.
    pub occurrence: Option<Timestamp>,
    /// Everybody it went to, lower case, also outside the world.
    pub recipients: Vec<String>,
}

impl Exchange {
    /// All meeting messages sent so far, oldest first.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Forgets the meeting messages sent so far.
    pub fn reset_notices(&mut self) {
        self.notices.clear();
    }
}
