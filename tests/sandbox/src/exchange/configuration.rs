//! User configurations (hidden folder-associated objects), above all the master category list.

use std::collections::BTreeMap;

use super::Failure;
use super::mailbox::Mailbox;
use crate::xml::Element;

/// Name of the master category list, in the calendar folder.
pub const CATEGORY_LIST: &str = "CategoryList";

/// A user configuration object.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// Number, for its item id.
    pub key: u64,
    /// Version, for its change key.
    pub version: u64,
    /// `Dictionary` as the client wrote it.
    pub dictionary: Option<Element>,
    /// `XmlData`, base64.
    pub xml: Option<String>,
    /// `BinaryData`, base64.
    pub binary: Option<String>,
}

impl Mailbox {
    /// A configuration object.
    pub fn configuration(&self, folder: u64, name: &str) -> Option<&Configuration> {
        self.configurations.get(&(folder, name.to_owned()))
    }

    /// Stores a new configuration object.
    ///
    /// # Errors
    /// `ErrorItemSave` when there is one of that name already.
    pub fn create_configuration(
        &mut self,
        folder: u64,
        name: &str,
        content: Configuration,
    ) -> Result<(), Failure> {
        let (key, version) = self.fresh_pair();
        let slot = (folder, name.to_owned());
        if self.configurations.contains_key(&slot) {
            return Err(Failure::ITEM_SAVE);
        }
        self.configurations.insert(
            slot,
            Configuration {
                key,
                version,
                ..content
            },
        );
        Ok(())
    }

    /// Replaces the parts that are given.
    ///
    /// # Errors
    /// `ErrorItemNotFound` when there is none of that name.
    pub fn update_configuration(
        &mut self,
        folder: u64,
        name: &str,
        content: Configuration,
    ) -> Result<(), Failure> {
        let (_, version) = self.fresh_pair();
        let slot = self.configurations.get_mut(&(folder, name.to_owned()));
        let existing = slot.ok_or(Failure::ITEM_NOT_FOUND)?;
        existing.version = version;
        if content.dictionary.is_some() {
            existing.dictionary = content.dictionary;
        }
        if content.xml.is_some() {
            existing.xml = content.xml;
        }
        if content.binary.is_some() {
            existing.binary = content.binary;
        }
        Ok(())
    }

    /// Removes a configuration object.
    ///
    /// # Errors
    /// `ErrorItemNotFound` when there is none of that name.
    pub fn delete_configuration(&mut self, folder: u64, name: &str) -> Result<(), Failure> {
        let removed = self.configurations.remove(&(folder, name.to_owned()));
        removed.map(|_| ()).ok_or(Failure::ITEM_NOT_FOUND)
    }

    /// All configuration objects by folder and name.
    pub fn configurations(&self) -> &BTreeMap<(u64, String), Configuration> {
        &self.configurations
    }
}
