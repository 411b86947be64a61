//! Which records of the CRM come down to a mailbox, and how many (CON-10, CON-11).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MirrorSettings, SettingsError};
use crate::{Kind, MIRRORED_KINDS, Record, Value, mapping::Tables};

/// Whose records of a kind come down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DownFilter {
    /// Nobody's ("Do Not Synchronize"): what is mirrored already stays in step, and uploads go on.
    Off,
    /// Those of the mailbox's owner.
    #[default]
    Owned,
    /// Everybody's; parties only.
    All,
}

/// What comes down of one kind. It never stops uploads, and never takes away what is mirrored already (CON-10).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DownRule {
    /// Whose records.
    pub filter: DownFilter,
    /// Besides: fields of the record, each with the values of which it must have one, compared without case.
    pub only: BTreeMap<String, Vec<String>>,
    /// So many records at most, none: all. Those that came first stay; the others are counted and come down in their
    /// order as soon as there is room (CON-11).
    pub limit: Option<u32>,
}

impl DownRule {
    /// Whether the record has the values that are asked for.
    pub fn fits(&self, record: &Record) -> bool {
        self.only.iter().all(|(field, wanted)| {
            let found = record.get(field).map(written).unwrap_or_default();
            let found = found.trim().to_lowercase();
            wanted.iter().any(|one| one.trim().to_lowercase() == found)
        })
    }
}

/// A value as people write it into a configuration.
fn written(value: &Value) -> String {
    match value {
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Date(day) => day.to_string(),
        other => other.as_text().unwrap_or_default().to_owned(),
    }
}

impl MirrorSettings {
    /// Whose records of a kind come down: the kind's own rule, as far as the switches allow it.
    pub fn down_filter(&self, kind: Kind) -> DownFilter {
        let on = match kind.is_mirrored_party() {
            true => self.contacts_from_crm,
            false => self.from_crm,
        };
        match self.down.get(&kind) {
            _ if !on => DownFilter::Off,
            Some(rule) => rule.filter,
            None => DownFilter::Owned,
        }
    }

    /// Whether several mailboxes hold the same records of a kind, each in step with the CRM.
    pub fn shared(&self, kind: Kind) -> bool {
        self.down_filter(kind) == DownFilter::All
    }

    /// Whether a record has the values that are asked for of its kind.
    pub fn down_fits(&self, kind: Kind, record: &Record) -> bool {
        self.down.get(&kind).is_none_or(|rule| rule.fits(record))
    }

    /// How many records of a kind come down at most.
    pub fn down_limit(&self, kind: Kind) -> Option<u64> {
        let limit = self.down.get(&kind)?.limit;
        limit.map(u64::from)
    }

    /// Whether anything is left out that the mailbox's owner is concerned by.
    pub fn leaves_out(&self) -> bool {
        !self.from_crm || !self.contacts_from_crm || !self.down.is_empty()
    }

    pub(super) fn validate_down(&self, tables: &Tables) -> Result<(), SettingsError> {
        for (kind, rule) in &self.down {
            let at = |name: &str| format!("mirror.down.{kind}.{name}");
            let mirrored = MIRRORED_KINDS.contains(kind);
            let Some(table) = tables.of(*kind).filter(|_| mirrored) else {
                return Err(SettingsError {
                    key: format!("mirror.down.{kind}"),
                    why: "records of this kind do not come down; take it out".into(),
                });
            };
            if rule.filter == DownFilter::All && !kind.is_mirrored_party() {
                return Err(SettingsError {
                    key: at("filter"),
                    why: "\"all\" is for contacts, accounts and individual customers; somebody else's events and \
                          tasks have no place in this mailbox"
                        .into(),
                });
            }
            if rule.limit == Some(0) {
                return Err(SettingsError {
                    key: at("limit"),
                    why: "write at least 1, or filter = \"off\"".into(),
                });
            }
            for (field, values) in &rule.only {
                if table.row(field).is_none() {
                    return Err(SettingsError {
                        key: at("only"),
                        why: format!(
                            "there is no field {field:?}; docs/mapping.md lists them, and a tenant's mapping adds others"
                        ),
                    });
                }
                if values.is_empty() {
                    return Err(SettingsError {
                        key: at(&format!("only.{field}")),
                        why: "write at least one value, or filter = \"off\"".into(),
                    });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CON-10: every field that is named must have one of its values.
    #[test]
    fn a_record_fits_when_every_field_does() {
        let rule = DownRule {
            only: BTreeMap::from([
                ("country".to_owned(), vec!["de".to_owned(), "AT".to_owned()]),
                ("vip".to_owned(), vec!["true".to_owned()]),
            ]),
            ..DownRule::default()
        };
        let fits = Record::new()
            .with("country", "DE")
            .with("vip", Value::Bool(true));
        assert!(rule.fits(&fits));
        assert!(!rule.fits(&fits.clone().with("country", "FR")));
        assert!(!rule.fits(&Record::new().with("country", "DE")), "no value");
        assert!(DownRule::default().fits(&Record::new()));
    }

    /// CON-10: what cannot be meant is refused with what to write instead.
    #[test]
    fn rules_that_cannot_work_are_refused() {
        let refused = |kind, rule| {
            let settings = MirrorSettings {
                down: BTreeMap::from([(kind, rule)]),
                ..MirrorSettings::default()
            };
            settings.validate_down(&Tables::built_in()).is_err()
        };
        let all = DownRule {
            filter: DownFilter::All,
            ..DownRule::default()
        };
        assert!(refused(Kind::Appointment, all.clone()));
        assert!(refused(Kind::Email, DownRule::default()));
        assert!(!refused(Kind::Contact, all));
        let none = DownRule {
            limit: Some(0),
            ..DownRule::default()
        };
        assert!(refused(Kind::Contact, none));
        let unknown = DownRule {
            only: BTreeMap::from([("shoe_size".to_owned(), vec!["44".to_owned()])]),
            ..DownRule::default()
        };
        assert!(refused(Kind::Contact, unknown));
    }
}
