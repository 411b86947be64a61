//! `$filter`, with exactly what the service offers: `or` only inside one property, no child paths,
//! no arithmetic, no functions but three text matches.

use super::literal::Literal;
use crate::crm::{Comparison, Edm, EntitySet, Filter, Property, Refusal, TextMatch};

/// Deepest nesting of parentheses.
const MOST_DEPTH: usize = 64;
/// Most comparisons; SAP's own mass query has 5,000.
const MOST_TERMS: usize = 20_000;

/// Reads a `$filter` for a set.
///
/// # Errors
/// Malformed text, unknown or non-filterable properties, and everything the service does not offer.
pub fn parse(set: &EntitySet, text: &str) -> Result<Filter, Refusal> {
    let mut parser = Parser {
        set,
        text,
        at: 0,
        terms: 0,
    };
    let (filter, _) = parser.or(0)?;
    parser.skip_blanks();
    if parser.at < text.len() {
        return Err(parser.invalid());
    }
    Ok(filter)
}

/// The one property all comparisons below are about, if it is one.
type Subject = Option<usize>;

struct Parser<'a> {
    set: &'a EntitySet,
    text: &'a str,
    at: usize,
    terms: usize,
}

impl<'a> Parser<'a> {
    fn invalid(&self) -> Refusal {
        Refusal::Malformed(format!("Invalid token at position {}", self.at))
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes a symbol such as a parenthesis.
    fn take(&mut self, symbol: char) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len_utf8();
        }
        found
    }

    fn expect(&mut self, symbol: char) -> Result<(), Refusal> {
        if self.take(symbol) {
            Ok(())
        } else {
            Err(self.invalid())
        }
    }

    /// The next word without taking it.
    fn peek(&mut self) -> &'a str {
        self.skip_blanks();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '/');
        &rest[..end.unwrap_or(rest.len())]
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    fn or(&mut self, depth: usize) -> Result<(Filter, Subject), Refusal> {
        let (first, subject) = self.and(depth)?;
        let mut parts = vec![first];
        while self.take_word("or") {
            let (part, other) = self.and(depth)?;
            if subject.is_none() || other != subject {
                return Err(Refusal::NotImplemented(
                    "'or' between different properties".to_owned(),
                ));
            }
            parts.push(part);
        }
        Ok((one_or(parts, Filter::Or), subject))
    }

    fn and(&mut self, depth: usize) -> Result<(Filter, Subject), Refusal> {
        let (first, mut subject) = self.primary(depth)?;
        let mut parts = vec![first];
        while self.take_word("and") {
            let (part, other) = self.primary(depth)?;
            if other != subject {
                subject = None;
            }
            parts.push(part);
        }
        Ok((one_or(parts, Filter::And), subject))
    }

    fn primary(&mut self, depth: usize) -> Result<(Filter, Subject), Refusal> {
        self.terms += 1;
        if depth > MOST_DEPTH || self.terms > MOST_TERMS {
            return Err(Refusal::Malformed("the filter is too complex".to_owned()));
        }
        if self.take('(') {
            let inner = self.or(depth + 1)?;
            self.expect(')')?;
            return Ok(inner);
        }
        let word = self.peek();
        if self.rest()[word.len()..].trim_start().starts_with('(') {
            return self.function(word);
        }
        let (at, property) = self.property()?;
        let comparison = self.comparison()?;
        let start = self.at;
        let literal = self.literal()?;
        let value = literal.fit(property.edm);
        let value = value.filter(|value| {
            // Nothing is neither larger nor smaller.
            !value.is_null() || matches!(comparison, Comparison::Equal | Comparison::NotEqual)
        });
        let Some(value) = value else {
            self.at = start;
            return Err(Refusal::WrongType(property.name.to_owned()));
        };
        Ok((Filter::Compare(at, comparison, value), Some(at)))
    }

    fn function(&mut self, name: &'a str) -> Result<(Filter, Subject), Refusal> {
        let how = match name {
            "startswith" => TextMatch::StartsWith,
            "endswith" => TextMatch::EndsWith,
            "substringof" => TextMatch::Contains,
            "" => return Err(self.invalid()),
            other => return Err(Refusal::NotImplemented(format!("function {other}"))),
        };
        self.at += name.len();
        self.expect('(')?;
        let (at, property, literal) = if how == TextMatch::Contains {
            let literal = self.literal()?;
            self.expect(',')?;
            let (at, property) = self.property()?;
            (at, property, literal)
        } else {
            let (at, property) = self.property()?;
            self.expect(',')?;
            (at, property, self.literal()?)
        };
        self.expect(')')?;
        let (Literal::Text(pattern), Edm::String) = (literal, property.edm) else {
            return Err(Refusal::WrongType(property.name.to_owned()));
        };
        // "eq true" may follow and changes nothing; "eq false" is not offered.
        if self.take_word("eq") && !self.take_word("true") {
            return Err(self.invalid());
        }
        Ok((Filter::Match(at, how, pattern), Some(at)))
    }

    fn property(&mut self) -> Result<(usize, &'a Property), Refusal> {
        let name = self.peek();
        if name.is_empty() || name == "not" {
            return Err(self.invalid());
        }
        if name.contains('/') {
            return Err(Refusal::NotImplemented(
                "a filter on child nodes".to_owned(),
            ));
        }
        let unknown = || Refusal::UnknownProperty(name.to_owned());
        let at = self.set.position(name).ok_or_else(unknown)?;
        let property = &self.set.properties[at];
        if !property.filterable {
            return Err(Refusal::NotFilterable(name.to_owned()));
        }
        self.at += name.len();
        Ok((at, property))
    }

    fn comparison(&mut self) -> Result<Comparison, Refusal> {
        let word = self.peek();
        let comparison = match word {
            "eq" => Comparison::Equal,
            "ne" => Comparison::NotEqual,
            "lt" => Comparison::Less,
            "le" => Comparison::LessOrEqual,
            "gt" => Comparison::Greater,
            "ge" => Comparison::GreaterOrEqual,
            _ => return Err(self.invalid()),
        };
        self.at += word.len();
        Ok(comparison)
    }

    fn literal(&mut self) -> Result<Literal, Refusal> {
        self.skip_blanks();
        if self.rest().starts_with('\'') {
            return self.quoted().map(Literal::Text);
        }
        let start = self.at;
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && !".+-".contains(c));
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        if self.rest().starts_with('\'') {
            let text = self.quoted()?;
            return Ok(Literal::Typed(word.to_lowercase(), text));
        }
        let number = word.trim_end_matches(['m', 'M', 'd', 'D', 'l', 'L', 'f', 'F']);
        match word {
            "null" => Ok(Literal::Null),
            "true" => Ok(Literal::Bool(true)),
            "false" => Ok(Literal::Bool(false)),
            _ if !number.is_empty() && number.parse::<f64>().is_ok_and(f64::is_finite) => {
                Ok(Literal::Number(number.to_owned()))
            }
            _ => {
                self.at = start;
                Err(self.invalid())
            }
        }
    }

    /// A text in quotes; two quotes are one.
    fn quoted(&mut self) -> Result<String, Refusal> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(end) = self.rest().find('\'') {
            text.push_str(&self.rest()[..end]);
            self.at += end + 1;
            if !self.rest().starts_with('\'') {
                return Ok(text);
            }
            text.push('\'');
            self.at += 1;
        }
        self.at = start;
        Err(self.invalid())
    }
}

fn one_or(mut parts: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        many(parts)
    }
}
