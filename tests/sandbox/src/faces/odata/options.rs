//! The query options of a URL.

use percent_encoding::percent_decode_str;

use super::filter;
use crate::crm::{Direction, EntitySet, Query, Refusal, Schema};

/// A navigation to follow, with those below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expand {
    /// Name of the navigation; empty at the root.
    pub name: String,
    /// Those below.
    pub below: Vec<Expand>,
}

/// The query options of a request.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `$filter` as text.
    pub filter: Option<String>,
    /// `$orderby` as text.
    pub order: Option<String>,
    /// `$top`.
    pub top: Option<usize>,
    /// `$skip`.
    pub skip: usize,
    /// `$skiptoken`: the 1-based number of the first row.
    pub skip_token: Option<usize>,
    /// `$select`, paths joined with `/`.
    pub select: Vec<String>,
    /// `$expand`.
    pub expand: Expand,
    /// `$inlinecount=allpages`.
    pub counts: bool,
    /// `$search` words.
    pub search: Option<String>,
    /// `$format`.
    pub format: Option<String>,
    /// Everything as sent, decoded, for the next link and function parameters.
    pub raw: Vec<(String, String)>,
}

/// Deepest `$expand`.
const MOST_LEVELS: usize = 6;

fn decode(text: &str) -> Result<String, Refusal> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8();
    let decoded = decoded.map_err(|_| Refusal::Malformed("the query is not UTF-8".to_owned()))?;
    Ok(decoded.into_owned())
}

fn number(name: &str, value: &str) -> Result<usize, Refusal> {
    let number = value.trim().parse();
    number.map_err(|_| Refusal::Malformed(format!("{name} is not a number")))
}

impl Options {
    /// Reads a query string.
    ///
    /// # Errors
    /// Unknown `$` options and values that cannot be read.
    pub fn parse(query: &str) -> Result<Self, Refusal> {
        let mut options = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            match name.as_str() {
                "$filter" => options.filter = Some(value.clone()),
                "$orderby" => options.order = Some(value.clone()),
                "$top" => options.top = Some(number(&name, &value)?),
                "$skip" => options.skip = number(&name, &value)?,
                "$skiptoken" => options.skip_token = Some(number(&name, &value)?),
                "$select" => options.select = list(&value),
                "$expand" => options.expand = expand(&value)?,
                "$inlinecount" => options.counts = value == "allpages",
                "$search" => options.search = Some(value.clone()),
                "$format" => options.format = Some(value.clone()),
                _ if name.starts_with('$') => {
                    return Err(Refusal::Malformed(format!(
                        "query option {name} is unknown"
                    )));
                }
                _ => {}
            }
            options.raw.push((name, value));
        }
        Ok(options)
    }

    /// A parameter of a function import, without its quotes.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let value = self.raw.iter().find(|(known, _)| known == name)?;
        let text = value.1.trim();
        let inner = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\''));
        Some(inner.unwrap_or(text).replace("''", "'"))
    }

    /// The query for a set.
    ///
    /// # Errors
    /// Whatever is wrong with `$filter`, `$orderby`, `$select` or `$expand` for that set.
    pub fn query(&self, set: &'static EntitySet) -> Result<Query, Refusal> {
        self.check(set)?;
        let filter = self.filter.as_deref().map(|text| filter::parse(set, text));
        let order = self.order.as_deref().map_or(Ok(Vec::new()), |text| {
            list(text).iter().map(|term| order(set, term)).collect()
        })?;
        let search = self.search.as_deref().unwrap_or_default().trim();
        let search = search.trim_matches('\'').split_whitespace();
        Ok(Query {
            parent: None,
            filter: filter.transpose()?,
            search: search.map(str::to_owned).collect(),
            order,
        })
    }

    /// Refuses `$select` and `$expand` that name what the set does not have.
    ///
    /// # Errors
    /// The unknown name.
    pub fn check(&self, set: &'static EntitySet) -> Result<(), Refusal> {
        check_expand(set, &self.expand)?;
        for path in &self.select {
            let mut at = set;
            let mut steps = path.split('/').peekable();
            while let Some(step) = steps.next() {
                let last = steps.peek().is_none();
                if let Some(navigation) = at.navigation(step) {
                    at = Schema::standard().set(navigation.target).unwrap_or(at);
                } else if !last || (step != "*" && at.position(step).is_none()) {
                    return Err(Refusal::UnknownProperty(step.to_owned()));
                }
            }
        }
        Ok(())
    }
}

fn list(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn order(set: &EntitySet, term: &str) -> Result<(usize, Direction), Refusal> {
    let mut words = term.split_whitespace();
    let name = words.next().unwrap_or_default();
    let at = set.position(name);
    let at = at.ok_or_else(|| Refusal::UnknownProperty(name.to_owned()))?;
    match (words.next(), words.next()) {
        (None | Some("asc"), None) => Ok((at, Direction::Ascending)),
        (Some("desc"), None) => Ok((at, Direction::Descending)),
        _ => Err(Refusal::Malformed("Invalid token in $orderby".to_owned())),
    }
}

fn expand(text: &str) -> Result<Expand, Refusal> {
    let mut root = Expand::default();
    for path in list(text) {
        if path.split('/').count() > MOST_LEVELS {
            return Err(Refusal::Malformed("$expand is too deep".to_owned()));
        }
        let mut node = &mut root;
        for step in path.split('/') {
            let known = node.below.iter().position(|below| below.name == step);
            let at = known.unwrap_or_else(|| {
                node.below.push(Expand {
                    name: step.to_owned(),
                    below: Vec::new(),
                });
                node.below.len() - 1
            });
            node = &mut node.below[at];
        }
    }
    Ok(root)
}

fn check_expand(set: &'static EntitySet, expand: &Expand) -> Result<(), Refusal> {
    for below in &expand.below {
        let navigation = set.navigation(&below.name);
        let target = navigation.and_then(|navigation| Schema::standard().set(navigation.target));
        let target = target.ok_or_else(|| Refusal::UnknownProperty(below.name.clone()))?;
        check_expand(target, below)?;
    }
    Ok(())
}
