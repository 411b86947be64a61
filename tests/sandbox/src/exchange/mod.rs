//! Exchange: mailboxes as a plain state machine.

use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::world::User;

/// Limits and habits of the server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Settings {}

/// The server with all its mailboxes.
pub struct Exchange {
    settings: Settings,
    _clock: Clock,
}

impl Exchange {
    /// An Exchange without people.
    pub fn new(settings: Settings, clock: Clock) -> Self {
        Self { settings, _clock: clock }
    }
    /// Adds a person.
    pub fn add_user(&mut self, _user: &User) {}
    /// Adds the service account.
    pub fn add_service_account(&mut self, _user: &User) {}
    /// State as JSON.
    pub fn describe(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
    /// Makes all sync states invalid.
    pub fn expire_sync_states(&mut self) {}
    /// Current settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
    /// Settings, to change.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }
}
