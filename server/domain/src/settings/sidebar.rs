//! What the sidebar offers.

use serde::{Deserialize, Serialize};

use crate::Kind;

/// What the sidebar offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SidebarSettings {
    /// Kinds people may create; leads are not among them by default (SB-05).
    pub create: Vec<Kind>,
    /// Kinds that searches leave out ("Hide on search", SRCH-12).
    pub hide: Vec<Kind>,
}

impl Default for SidebarSettings {
    fn default() -> Self {
        Self {
            create: vec![
                Kind::Contact,
                Kind::Account,
                Kind::IndividualCustomer,
                Kind::Task,
                Kind::PhoneCall,
                Kind::Appointment,
                Kind::Opportunity,
                Kind::Ticket,
            ],
            hide: Vec::new(),
        }
    }
}
