//! Reads the file, lays the environment over it, and says where a value does not fit.

use std::path::Path;

use serde::Deserialize as _;
use toml::{Table, Value};

use super::{Config, ConfigError, Problem};

/// Prefix of every variable that is looked at; those without `__` are not keys, but for `SSI_NODE`.
const PREFIX: &str = "SSI_";

impl Config {
    /// Reads a file (none: defaults only) and the process's environment, and checks everything.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let text = match path {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path).map_err(|source| ConfigError::File {
                path: path.to_owned(),
                source,
            })?,
        };
        // A variable that is not Unicode cannot be one of ours.
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::parse(&text, environment)
    }

    /// Reads a text and variables, and checks everything.
    pub fn parse(
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let config = Self::read(text, environment)?;
        let problems = config.problems();
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError::Invalid(problems))
        }
    }

    /// Reads a text and variables without checking the values.
    pub fn read(
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut table: Table = toml::from_str(text).map_err(|error| syntax(text, &error))?;
        let mut overrides: Vec<_> = environment.into_iter().filter_map(Override::read).collect();
        // Sorted, so that the outcome does not depend on the order of the environment.
        overrides.sort_by(|a, b| a.path.cmp(&b.path));
        for one in &overrides {
            one.apply(&mut table, one.guess())?;
        }
        loop {
            let problem = match deserialize(&table) {
                Ok(config) => return Ok(config),
                Err(problem) => problem,
            };
            // A text made of digits (a user name, say) was taken for a number: try it as the text it is.
            let wrong = overrides.iter().position(|one| one.is_key(&problem.key));
            match wrong {
                Some(at) => {
                    let one = overrides.remove(at);
                    if matches!(one.guess(), Value::String(_)) {
                        let key = format!("{} ({})", problem.key, one.name);
                        return Err(Problem::new(key, problem.why).into());
                    }
                    one.apply(&mut table, Value::String(one.text.clone()))?;
                }
                None => return Err(problem.into()),
            }
        }
    }
}

/// A value from the environment: `SSI_SERVER__LISTEN`, `SSI_TENANTS__0__CREDENTIALS__PASSWORD`.
struct Override {
    name: String,
    path: Vec<String>,
    text: String,
}

impl Override {
    fn read((name, text): (String, String)) -> Option<Self> {
        let key = name.strip_prefix(PREFIX)?;
        if !key.contains("__") && key != "NODE" {
            return None;
        }
        let path = key.split("__").map(str::to_ascii_lowercase).collect();
        Some(Self { name, path, text })
    }

    /// The value the text most likely means: a canonical number or truth value, a list or table in TOML's
    /// inline form, else the text itself.
    fn guess(&self) -> Value {
        let text = self.text.trim();
        if let Ok(number) = text.parse::<i64>()
            && number.to_string() == text
        {
            return Value::Integer(number);
        }
        match text {
            "true" => return Value::Boolean(true),
            "false" => return Value::Boolean(false),
            _ => {}
        }
        if text.starts_with(['[', '{'])
            && let Ok(mut table) = toml::from_str::<Table>(&format!("value = {text}"))
            && let Some(value) = table.remove("value")
        {
            return value;
        }
        Value::String(self.text.clone())
    }

    /// Whether the key of a problem is this variable's.
    fn is_key(&self, key: &str) -> bool {
        let mut mine = String::new();
        for part in &self.path {
            if part.bytes().all(|byte| byte.is_ascii_digit()) {
                mine.push_str(&format!("[{part}]"));
            } else {
                if !mine.is_empty() {
                    mine.push('.');
                }
                mine.push_str(part);
            }
        }
        mine == key
    }

    fn apply(&self, table: &mut Table, value: Value) -> Result<(), Problem> {
        let refuse = |why: &str| Problem::new(&self.name, why);
        let Some((last, parents)) = self.path.split_last() else {
            return Ok(());
        };
        let Some((first, rest)) = parents.split_first() else {
            table.insert(last.clone(), value);
            return Ok(());
        };
        let empty = || Value::Table(Table::new());
        let mut at = table.entry(first.clone()).or_insert_with(empty);
        for part in rest {
            at = match at {
                Value::Table(table) => table.entry(part.clone()).or_insert_with(empty),
                Value::Array(list) => element(list, part).ok_or_else(|| {
                    refuse("there is no such entry in the file; entries count from 0")
                })?,
                _ => return Err(refuse("names a key below one that is not a section")),
            };
        }
        match at {
            Value::Table(table) => {
                table.insert(last.clone(), value);
                Ok(())
            }
            _ => Err(refuse("names a key below one that is not a section")),
        }
    }
}

fn element<'a>(list: &'a mut [Value], index: &str) -> Option<&'a mut Value> {
    list.get_mut(index.parse::<usize>().ok()?)
}

fn deserialize(table: &Table) -> Result<Config, Problem> {
    let mut track = serde_path_to_error::Track::new();
    let value = Value::Table(table.clone());
    let reader = serde_path_to_error::Deserializer::new(value, &mut track);
    Config::deserialize(reader).map_err(|error| {
        let key = track.path().to_string();
        let why = error.to_string().trim().replace('\n', " ");
        Problem::new(
            if key == "." {
                "configuration".into()
            } else {
                key
            },
            why,
        )
    })
}

/// The line of a syntax error, without the line's text.
fn syntax(text: &str, error: &toml::de::Error) -> ConfigError {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text.as_bytes()[..at]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
        + 1;
    ConfigError::Syntax {
        line,
        why: error.message().to_owned(),
    }
}
