//! The tables of all kinds as one tenant has them: the built-in ones, with its overrides laid over them.

use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use super::{Table, TableError};
use crate::Kind;

/// One table per mirrored kind and that of e-mails. Cheap to clone: everybody who reads or writes for a tenant holds
/// the same ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables(Arc<Vec<Table>>);

static BUILT_IN: LazyLock<Tables> = LazyLock::new(|| Tables(Arc::new(Table::built_in().to_vec())));

/// Which kind a text of overrides is for.
#[derive(Deserialize)]
struct Head {
    kind: Kind,
}

impl Tables {
    /// The built-in tables, for tenants without overrides.
    pub fn built_in() -> Self {
        BUILT_IN.clone()
    }

    /// These tables with the rows of one text (TOML, of one kind) laid over its kind's; see [`Table::with_overrides`].
    pub fn with_overrides(&self, text: &str) -> Result<Self, TableError> {
        let Head { kind } = toml::from_str(text)?;
        let mut tables = self.0.as_ref().clone();
        let Some(table) = tables.iter_mut().find(|table| table.kind() == kind) else {
            let known: Vec<String> = self
                .0
                .iter()
                .map(|table| table.kind().to_string())
                .collect();
            return Err(TableError::Row {
                row: "kind".into(),
                why: format!(
                    "{kind} has no fields to map; write one of {}",
                    known.join(", ")
                ),
            });
        };
        *table = table.with_overrides(text)?;
        Ok(Self(Arc::new(tables)))
    }

    /// These tables without the private address of contacts (CON-40): what is no row is neither read nor written.
    #[must_use]
    pub fn without_home_address(&self) -> Self {
        let mut tables = self.0.as_ref().clone();
        for table in tables
            .iter_mut()
            .filter(|table| table.kind() == Kind::Contact)
        {
            *table = table.without(|row| row.name.starts_with("home_"));
        }
        Self(Arc::new(tables))
    }

    /// The table of a kind; `None` for kinds that are linked but not mirrored.
    pub fn of(&self, kind: Kind) -> Option<&Table> {
        self.0.iter().find(|table| table.kind() == kind)
    }

    /// The table of e-mails.
    pub fn email(&self) -> &Table {
        self.of(Kind::Email).unwrap_or_else(|| Table::email())
    }

    /// Every table.
    pub fn iter(&self) -> impl Iterator<Item = &Table> {
        self.0.iter()
    }

    /// Whether these are the very built-in ones, shared by everybody without overrides.
    pub fn is_built_in(&self) -> bool {
        Arc::ptr_eq(&self.0, &BUILT_IN.0)
    }
}

impl Default for Tables {
    fn default() -> Self {
        Self::built_in()
    }
}
