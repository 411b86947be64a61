//! A search text, and how well a party answers it.

use crate::port::PartyHit;

use super::{
    Party,
    distance::prefix_distance,
    fold::{each_word, terms},
    key::{inside_keys, start_keys, whole_keys},
};

/// Most words of a query that count.
const MOST_TERMS: usize = 8;
/// Most keys of a term that are looked up; the others are checked on the party itself.
const MOST_KEYS: usize = 8;

/// How well a party answers, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Every word typed is a word of the party.
    Whole,
    /// Every word typed is at least the beginning of one.
    Start,
    /// Every word typed is at least part of one.
    Part,
    /// With typing errors, one letter in six.
    Errors,
}

/// A search text taken apart: bounded, whatever was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    terms: Vec<String>,
}

/// A word of the query as it is looked up when errors are borne.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loose {
    /// Keys of the word as typed.
    pub keys: Vec<i64>,
    /// How many of them a party must have to be looked at.
    pub least: usize,
}

impl Query {
    /// Takes a text apart; `None` when there is nothing in it to search for.
    pub fn parse(text: &str) -> Option<Self> {
        let terms = terms(text, MOST_TERMS);
        (!terms.is_empty()).then_some(Self { terms })
    }

    /// Keys that every party has of which each of those typed is a word.
    pub fn whole_keys(&self) -> Vec<i64> {
        self.keys(whole_keys)
    }

    /// Keys that every party has whose words begin with those typed.
    pub fn start_keys(&self) -> Vec<i64> {
        self.keys(start_keys)
    }

    /// Keys that every party has whose words contain those typed. Words too short to tell count as beginnings.
    pub fn inside_keys(&self) -> Vec<i64> {
        self.keys(|term| {
            let keys = inside_keys(term);
            if keys.is_empty() {
                start_keys(term)
            } else {
                keys
            }
        })
    }

    /// For each word the keys to count when errors are borne; `None` when no word is long enough for one.
    pub fn loose(&self) -> Option<Vec<Loose>> {
        if self.terms.iter().all(|term| errors(term) == 0) {
            return None;
        }
        let loose = |term: &String| {
            let keys = spread(start_keys(term), MOST_KEYS + 4);
            // An error touches three pieces at most, a swap four.
            let least = if errors(term) == 0 {
                keys.len()
            } else {
                keys.len().saturating_sub(4 * errors(term)).max(1)
            };
            Loose { keys, least }
        };
        Some(self.terms.iter().map(loose).collect())
    }

    fn keys(&self, of: impl Fn(&str) -> Vec<i64>) -> Vec<i64> {
        let mut keys: Vec<i64> = self
            .terms
            .iter()
            .flat_map(|term| spread(of(term), MOST_KEYS))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// How well a record answers of which no more is known than what a list shows.
    pub fn fit_of_hit(&self, hit: &PartyHit) -> Option<Fit> {
        self.fit_of(
            [&hit.name, &hit.number, &hit.address].map(String::as_str),
            errors,
        )
    }

    /// How well a party answers; `None`: not at all.
    pub fn fit(&self, party: &Party) -> Option<Fit> {
        self.fit_of(party.texts(), errors)
    }

    /// How well a party answers without typing errors, which takes much longer to tell.
    pub fn strict_fit(&self, party: &Party) -> Option<Fit> {
        self.fit_of(party.texts(), |_| 0)
    }

    fn fit_of<'a>(
        &self,
        texts: impl IntoIterator<Item = &'a str>,
        errors: impl Fn(&str) -> usize,
    ) -> Option<Fit> {
        let mut best: Vec<Option<Fit>> = vec![None; self.terms.len()];
        for text in texts {
            each_word(text, |word| {
                for (term, best) in self.terms.iter().zip(&mut best) {
                    if *best != Some(Fit::Whole)
                        && let Some(fit) = fit(term, word, errors(term))
                    {
                        *best = Some(best.map_or(fit, |best| best.min(fit)));
                    }
                }
            });
        }
        best.into_iter()
            .try_fold(Fit::Whole, |worst, best| Some(worst.max(best?)))
    }
}

fn fit(term: &str, word: &str, errors: usize) -> Option<Fit> {
    if word == term {
        return Some(Fit::Whole);
    }
    if word.starts_with(term) {
        return Some(Fit::Start);
    }
    if word.contains(term) {
        return Some(Fit::Part);
    }
    (errors > 0 && prefix_distance(term, word, errors).is_some()).then_some(Fit::Errors)
}

/// One letter in six; names of five letters are the shortest that bear one.
fn errors(term: &str) -> usize {
    let digits = term.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        0
    } else {
        ((term.chars().count() + 1) / 6).min(3)
    }
}

/// At most so many of the keys, evenly spread over the word.
fn spread(keys: Vec<i64>, most: usize) -> Vec<i64> {
    if keys.len() <= most {
        return keys;
    }
    (0..most).map(|at| keys[at * keys.len() / most]).collect()
}

#[cfg(test)]
mod tests;
