//! Names of what we own in a mailbox.

use serde::{Deserialize, Serialize};

use super::SettingsError;
use crate::port::FolderRole;

/// Names of categories and folders; localisable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Names {
    /// The category that asks for saving and says that it is done (EM-20, MBX-03).
    pub category: String,
    /// The category of an item that failed.
    pub error_category: String,
    /// The folder whose mails are saved (EM-20).
    pub folder: String,
    /// The category that makes an event a visit (CAL-01).
    pub visit_category: String,
    /// The category that makes an event a phone call.
    pub phone_call_category: String,
    /// The category that makes a contact item an account (CON-01).
    pub account_category: String,
    /// The category that makes a contact item an individual customer (CON-01).
    pub individual_customer_category: String,
    /// The folder whose tasks are mirrored (TSK-02).
    pub tasks_folder: String,
    /// The folder whose contact items are contacts (CON-01).
    pub contacts_folder: String,
    /// The folder whose contact items are accounts.
    pub accounts_folder: String,
    /// The folder whose contact items are individual customers.
    pub individual_customers_folder: String,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            category: "SAP Cloud for Customer".into(),
            error_category: "Sync Error".into(),
            folder: "SAP E-Mails".into(),
            visit_category: "Visit".into(),
            phone_call_category: "Phone Call".into(),
            account_category: "Account".into(),
            individual_customer_category: "Individual Customer".into(),
            tasks_folder: "SAP Tasks".into(),
            contacts_folder: "SAP Contacts".into(),
            accounts_folder: "SAP Accounts".into(),
            individual_customers_folder: "SAP Individual Customers".into(),
        }
    }
}

impl Names {
    /// Our own folders with their names, by role.
    pub fn own_folders(&self) -> Vec<(FolderRole, String)> {
        [
            (FolderRole::Saved, &self.folder),
            (FolderRole::OwnTasks, &self.tasks_folder),
            (FolderRole::OwnContacts, &self.contacts_folder),
            (FolderRole::OwnAccounts, &self.accounts_folder),
            (
                FolderRole::OwnIndividualCustomers,
                &self.individual_customers_folder,
            ),
        ]
        .map(|(role, name)| (role, name.clone()))
        .into()
    }

    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        let all = [
            ("names.category", &self.category),
            ("names.error_category", &self.error_category),
            ("names.folder", &self.folder),
            ("names.visit_category", &self.visit_category),
            ("names.phone_call_category", &self.phone_call_category),
            ("names.account_category", &self.account_category),
            (
                "names.individual_customer_category",
                &self.individual_customer_category,
            ),
            ("names.tasks_folder", &self.tasks_folder),
            ("names.contacts_folder", &self.contacts_folder),
            ("names.accounts_folder", &self.accounts_folder),
            (
                "names.individual_customers_folder",
                &self.individual_customers_folder,
            ),
        ];
        for (key, name) in all {
            // Exchange separates categories in some properties by comma and semicolon; 255 is its limit.
            let sound = !name.trim().is_empty()
                && name.trim() == name
                && name.chars().count() <= 255
                && !name.chars().any(|c| c.is_control() || ",;/\\".contains(c));
            if !sound {
                let why = "write 1 to 255 characters without , ; / \\ and outer spaces";
                return Err(SettingsError {
                    key: key.into(),
                    why: why.into(),
                });
            }
        }
        if self.category.eq_ignore_ascii_case(&self.error_category) {
            return Err(SettingsError {
                key: "names.error_category".into(),
                why: "must differ from names.category".into(),
            });
        }
        Ok(())
    }
}
