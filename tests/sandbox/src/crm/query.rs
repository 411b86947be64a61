//! Which rows a request asks for: filter, search, order.

use std::cmp::Ordering;

use super::schema::EntitySet;
use super::settings::{TextCase, Visibility};
use super::table::{Row, Slot};
use super::tenant::Crm;
use super::value::{Value, object_id, uuid_of};

/// A comparison of `$filter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `eq`; `*` in a text is a wildcard.
    Equal,
    /// `ne`.
    NotEqual,
    /// `lt`.
    Less,
    /// `le`.
    LessOrEqual,
    /// `gt`.
    Greater,
    /// `ge`.
    GreaterOrEqual,
}

/// A text function of `$filter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextMatch {
    /// `startswith`.
    StartsWith,
    /// `endswith`.
    EndsWith,
    /// `substringof`.
    Contains,
}

/// A condition on rows; properties are indexes of the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// A property compared with a value.
    Compare(usize, Comparison, Value),
    /// A text function on a property.
    Match(usize, TextMatch, String),
    /// All of them hold.
    And(Vec<Filter>),
    /// One of them holds.
    Or(Vec<Filter>),
}

/// The direction of an `$orderby` term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Which rows, in which order.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Only children of this ObjectID.
    pub parent: Option<String>,
    /// The `$filter`.
    pub filter: Option<Filter>,
    /// The words of `$search`; every one must occur.
    pub search: Vec<String>,
    /// The `$orderby`.
    pub order: Vec<(usize, Direction)>,
}

impl Crm {
    /// The slots of all rows a query asks for; without an order, oldest first.
    #[must_use]
    pub fn select(&self, set: &EntitySet, query: &Query) -> Vec<Slot> {
        let table = &self.tables[set.index];
        let candidates = match &query.parent {
            Some(parent) => Some(self.children(set, parent)),
            None => query
                .filter
                .as_ref()
                .and_then(|filter| self.lookup(set, filter)),
        };
        let wanted = |slot: &Slot| {
            table.row(*slot).is_some_and(|row| {
                query
                    .filter
                    .as_ref()
                    .is_none_or(|filter| self.holds(set, row, filter))
                    && query
                        .search
                        .iter()
                        .all(|word| self.has_word(set, row, word))
                    && self.is_visible(set, row)
            })
        };
        let mut slots: Vec<Slot> = match candidates {
            Some(slots) => slots.into_iter().filter(wanted).collect(),
            None => table.slots().filter(wanted).collect(),
        };
        if !query.order.is_empty() {
            slots.sort_by(|a, b| self.compare(set, *a, *b, &query.order));
        }
        slots
    }

    fn compare(&self, set: &EntitySet, a: Slot, b: Slot, order: &[(usize, Direction)]) -> Ordering {
        let (Some(a), Some(b)) = (self.row_at(set, a), self.row_at(set, b)) else {
            return Ordering::Equal;
        };
        let mut terms = order.iter().map(|(at, direction)| {
            let ascending = self
                .value_of(set, a, *at)
                .order(&self.value_of(set, b, *at));
            match direction {
                Direction::Ascending => ascending,
                Direction::Descending => ascending.reverse(),
            }
        });
        terms
            .find(|order| *order != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    }

    /// Rows that may fulfil a filter, found through an index; `None` when every row must be looked at.
    fn lookup(&self, set: &EntitySet, filter: &Filter) -> Option<Vec<Slot>> {
        let table = &self.tables[set.index];
        match filter {
            Filter::Compare(at, Comparison::Equal, value) => {
                if Some(*at) == set.position("ObjectID") || Some(*at) == set.uuid {
                    let key = match value {
                        Value::Guid(uuid) => object_id(*uuid),
                        other => other.as_text().to_owned(),
                    };
                    let plain = !key.contains('*');
                    return plain.then(|| table.slot(&key).into_iter().collect());
                }
                let searchable = !value.is_null() && !value.as_text().contains('*');
                (searchable && table.is_indexed(*at)).then(|| table.equal_to(*at, value))
            }
            Filter::And(parts) => parts.iter().find_map(|part| self.lookup(set, part)),
            Filter::Or(parts) => {
                let parts: Option<Vec<_>> =
                    parts.iter().map(|part| self.lookup(set, part)).collect();
                let mut slots = parts?.concat();
                slots.sort_unstable();
                slots.dedup();
                Some(slots)
            }
            _ => None,
        }
    }

    fn holds(&self, set: &EntitySet, row: &Row, filter: &Filter) -> bool {
        match filter {
            Filter::And(parts) => parts.iter().all(|part| self.holds(set, row, part)),
            Filter::Or(parts) => parts.iter().any(|part| self.holds(set, row, part)),
            Filter::Match(at, how, pattern) => {
                let value = self.value_of(set, row, *at);
                let (text, pattern) = (self.cased(value.as_text()), self.cased(pattern));
                match how {
                    TextMatch::StartsWith => text.starts_with(&pattern),
                    TextMatch::EndsWith => text.ends_with(&pattern),
                    TextMatch::Contains => text.contains(&pattern),
                }
            }
            Filter::Compare(at, comparison, wanted) => {
                let value = self.value_of(set, row, *at);
                self.fulfils(&value, *comparison, wanted)
            }
        }
    }

    fn fulfils(&self, value: &Value, comparison: Comparison, wanted: &Value) -> bool {
        let equal = || match (value, wanted) {
            (Value::Text(_) | Value::Null, Value::Text(pattern)) => {
                wildcard(&self.cased(pattern), &self.cased(value.as_text()))
            }
            _ => value == wanted,
        };
        match comparison {
            Comparison::Equal => equal(),
            Comparison::NotEqual => !equal(),
            _ if value.is_null() || wanted.is_null() => false,
            Comparison::Less => value.order(wanted).is_lt(),
            Comparison::LessOrEqual => value.order(wanted).is_le(),
            Comparison::Greater => value.order(wanted).is_gt(),
            Comparison::GreaterOrEqual => value.order(wanted).is_ge(),
        }
    }

    fn cased(&self, text: &str) -> String {
        match self.settings.text_case {
            TextCase::Exact => text.to_owned(),
            TextCase::Ignored => text.to_lowercase(),
        }
    }

    /// `$search`: the word must equal a word of some text of the row, or match it with `*`.
    fn has_word(&self, set: &EntitySet, row: &Row, word: &str) -> bool {
        let word = word.to_lowercase();
        (0..set.properties.len()).any(|at| {
            let value = self.value_of(set, row, at);
            let text = value.as_text().to_lowercase();
            text.split(|c: char| !c.is_alphanumeric() && !"@.-_".contains(c))
                .any(|part| !part.is_empty() && wildcard(&word, part))
        })
    }

    /// Whether the acting user may see a row.
    #[must_use]
    pub fn is_visible(&self, set: &EntitySet, row: &Row) -> bool {
        let Some(employee) = self.author.employee.as_deref() else {
            return true;
        };
        if self.settings.visibility == Visibility::Everything {
            return true;
        }
        let owner = ["OwnerUUID", "Owner"]
            .iter()
            .filter_map(|name| set.position(name))
            .map(|at| &row.values[at])
            .find(|value| matches!(value, Value::Guid(_)));
        let employee = uuid_of(employee).map(Value::Guid);
        owner.is_none_or(|owner| Some(owner) == employee.as_ref())
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any run of characters.
fn wildcard(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(first) = pieces.next() else {
        return text.is_empty();
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<_> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
