//! A mapping table: rows with one path per backend, read from TOML.

use std::{collections::BTreeSet, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::rule;
use crate::Kind;

/// A backend that a row has a path for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// Exchange Web Services; paths are field URIs such as `item:Subject`.
    Ews,
    /// Microsoft Graph; paths are JSON property names.
    Graph,
    /// Gmail and Google Workspace; paths are JSON property names with selectors.
    Google,
    /// SAP Cloud for Customer; paths are OData property names, `Child/Property` for child nodes.
    C4c,
}

/// The type of a row's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueType {
    /// Plain text.
    Text,
    /// Formatted text.
    RichText,
    /// One address.
    Address,
    /// A list of addresses.
    Addresses,
    /// A telephone number.
    Phone,
    /// A point in time.
    Instant,
    /// A point in time, or a day where the item has no time (all-day events).
    When,
    /// A day.
    Date,
    /// A time zone.
    Zone,
    /// A code of a closed list.
    Choice,
    /// Yes or no.
    Bool,
    /// A whole number.
    Number,
    /// Another record.
    Ref,
    /// A list of texts.
    Texts,
}

/// Which way a field travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// Mailbox to CRM only.
    ToCrm,
    /// CRM to mailbox only.
    ToMail,
    /// Both ways.
    Both,
    /// Read for decisions, never written.
    None,
}

/// Who wins when both sides changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wins {
    /// The mailbox.
    Mail,
    /// The CRM.
    Crm,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Our name of the field.
    pub name: String,
    /// The type of its value.
    #[serde(rename = "type")]
    pub value: ValueType,
    /// Which way it travels.
    pub flow: Flow,
    /// Who wins a conflict.
    pub wins: Wins,
    /// The conversion between the sides, by name (see [`crate::transform`]).
    #[serde(default)]
    pub transform: Option<String>,
    /// Longest text the CRM takes, in characters; longer text is cut and the cut is said in the trace.
    #[serde(default)]
    pub max_chars: Option<usize>,
    /// Read only once saving is decided (bodies), never for the decision (INV-13).
    #[serde(default)]
    pub after_decision: bool,
    /// The field's path on Exchange.
    #[serde(default)]
    pub ews: Option<String>,
    /// The field's path on Graph.
    #[serde(default)]
    pub graph: Option<String>,
    /// The field's path on Google.
    #[serde(default)]
    pub google: Option<String>,
    /// The field's path in C4C.
    #[serde(default)]
    pub c4c: Option<String>,
}

impl Row {
    /// Whether the field travels from the mailbox to the CRM.
    pub fn travels_up(&self) -> bool {
        matches!(self.flow, Flow::ToCrm | Flow::Both)
    }

    /// The field's path on a backend, if that backend has the field.
    pub fn path(&self, backend: Backend) -> Option<&str> {
        match backend {
            Backend::Ews => self.ews.as_deref(),
            Backend::Graph => self.graph.as_deref(),
            Backend::Google => self.google.as_deref(),
            Backend::C4c => self.c4c.as_deref(),
        }
    }
}

/// A mapping table that cannot be used, with the place to mend.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Not TOML of the right shape.
    #[error("mapping table is not readable: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A row breaks a rule.
    #[error("mapping row {row:?}: {why}")]
    Row {
        /// The row's name.
        row: String,
        /// What is wrong and what to write instead.
        why: String,
    },
}

/// The field mapping of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    kind: Kind,
    rows: Vec<Row>,
}

/// More rows than this are a mistake, not a table.
const MOST_ROWS: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kind: Kind,
    #[serde(rename = "field")]
    fields: Vec<Row>,
}

/// The built-in tables, in the order of the documentation.
static BUILT_IN: LazyLock<Vec<Table>> = LazyLock::new(|| {
    [
        include_str!("../../tables/email.toml"),
        include_str!("../../tables/appointment.toml"),
        include_str!("../../tables/visit.toml"),
        include_str!("../../tables/phone_call.toml"),
        include_str!("../../tables/task.toml"),
        include_str!("../../tables/contact.toml"),
        include_str!("../../tables/account.toml"),
        include_str!("../../tables/individual_customer.toml"),
    ]
    .into_iter()
    .map(|text| Table::parse(text).expect("the built-in tables are checked by a test"))
    .collect()
});

impl Table {
    /// Reads and checks a table.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        let File { kind, fields } = toml::from_str(text)?;
        Self::checked(kind, fields)
    }

    /// The table without some rows.
    #[must_use]
    pub(super) fn without(&self, left_out: impl Fn(&Row) -> bool) -> Self {
        let rows = self.rows.iter().filter(|row| !left_out(row));
        Self {
            kind: self.kind,
            rows: rows.cloned().collect(),
        }
    }

    /// The table with a tenant's overrides: rows of the same schema, of which one with a known name
    /// replaces that row as a whole and others are added at the end (extension fields).
    ///
    /// A replaced row keeps its type, because decisions read the field.
    pub fn with_overrides(&self, text: &str) -> Result<Self, TableError> {
        let File { kind, fields } = toml::from_str(text)?;
        if kind != self.kind {
            let why = format!(
                "the overrides are for {kind}, the table is for {}",
                self.kind
            );
            return Err(TableError::Row {
                row: "kind".into(),
                why,
            });
        }
        // Checked by itself first: a name given twice would replace its own row unseen.
        let overrides = Self::checked(kind, fields)?.rows;
        let mut rows = self.rows.clone();
        for new in overrides {
            match rows.iter_mut().find(|row| row.name == new.name) {
                Some(row) if row.value != new.value => {
                    let why = format!("the type is {}, it cannot be changed", row.value.name());
                    return Err(TableError::Row { row: new.name, why });
                }
                Some(row) => *row = new,
                None => rows.push(new),
            }
        }
        Self::checked(kind, rows)
    }

    fn checked(kind: Kind, rows: Vec<Row>) -> Result<Self, TableError> {
        if rows.len() > MOST_ROWS {
            let why = format!("{} rows; at most {MOST_ROWS} are allowed", rows.len());
            return Err(TableError::Row {
                row: kind.to_string(),
                why,
            });
        }
        let mut seen = BTreeSet::new();
        for row in &rows {
            let broken = |why| TableError::Row {
                row: row.name.clone(),
                why,
            };
            if !seen.insert(row.name.as_str()) {
                return Err(broken("named twice; give each field one row".into()));
            }
            rule::check(kind, row).map_err(broken)?;
        }
        Ok(Self { kind, rows })
    }

    /// The built-in table of e-mails.
    pub fn email() -> &'static Table {
        &BUILT_IN[0]
    }

    /// Every built-in table.
    pub fn built_in() -> &'static [Table] {
        &BUILT_IN
    }

    /// The built-in table of a kind; `None` for kinds that are linked but not mirrored.
    pub fn of(kind: Kind) -> Option<&'static Table> {
        BUILT_IN.iter().find(|table| table.kind == kind)
    }

    /// What the table maps.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The rows in the order of the file.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// A row by its name.
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }
}
