//! A tenant's own mapping: rows that replace or extend the built-in ones, in files or in the configuration itself.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use ssi_connectors::ews;
use ssi_domain::{
    Kind,
    mapping::{Row, Table, Tables},
};

use super::{Problem, TenantConfig};

/// Where overrides stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MappingSource {
    /// A TOML file of one kind, like those in `server/domain/tables`.
    File(PathBuf),
    /// The same, written here.
    Inline(toml::Table),
}

impl MappingSource {
    /// The text of the overrides, and what to call it in a message.
    fn text(&self) -> Result<(String, String), String> {
        match self {
            Self::File(path) => match std::fs::read_to_string(path) {
                Ok(text) => Ok((text, format!("{}: ", path.display()))),
                Err(error) => Err(format!(
                    "{}: {error}; write the path of a TOML file with kind and [[field]]",
                    path.display()
                )),
            },
            Self::Inline(table) => toml::to_string(table)
                .map(|text| (text, String::new()))
                .map_err(|error| error.to_string()),
        }
    }
}

impl TenantConfig {
    /// The mapping of this tenant, its place in the configuration being `key`. Reads the files it names.
    ///
    /// # Errors
    /// Everything that is wrong: file, row and what to write instead.
    pub fn tables(&self, key: &str) -> Result<Tables, Vec<Problem>> {
        let mut tables = Tables::built_in();
        let mut problems = Vec::new();
        for (at, source) in self.mapping.iter().enumerate() {
            let key = format!("{key}.mapping[{at}]");
            let laid = source.text().and_then(|(text, named)| {
                let told = |why: String| format!("{named}{}", why.trim().replace('\n', " "));
                let laid = tables.with_overrides(&text);
                let laid = laid.map_err(|error| told(error.to_string()))?;
                match ews::unknown_paths(&laid).first() {
                    None => Ok(laid),
                    Some((_, row, why)) => Err(told(format!("mapping row {row:?}: {why}"))),
                }
            });
            match laid {
                Ok(laid) => tables = laid,
                Err(why) => problems.push(Problem::new(key, why)),
            }
        }
        if problems.is_empty() {
            Ok(tables)
        } else {
            Err(problems)
        }
    }
}

/// The rows that differ from the built-in ones: those a tenant's administrator wrote.
pub fn own_rows(tables: &Tables) -> Vec<(Kind, Row)> {
    let mut own = Vec::new();
    for table in tables.iter() {
        let built_in = Table::of(table.kind());
        let rows = table.rows().iter();
        let changed =
            rows.filter(|row| built_in.and_then(|known| known.row(&row.name)) != Some(*row));
        own.extend(changed.map(|row| (table.kind(), row.clone())));
    }
    own
}
