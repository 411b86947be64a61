//! Every word that differs between the databases, and lists of placeholders.

use crate::pool::Db;

/// What a claiming SELECT ends with: PostgreSQL passes over rows another node is claiming; SQLite has one
/// writer at a time anyway.
pub(crate) fn skip_locked(db: &Db) -> &'static str {
    match db {
        Db::Sqlite(_) => "",
        Db::Postgres(_) => " FOR UPDATE SKIP LOCKED",
    }
}

/// `$from, $from+1, …` for `count` values. Counts are rounded up so that few statement texts exist;
/// callers repeat their last value ([`padded`]).
pub(crate) fn placeholders(from: usize, count: usize) -> String {
    let mut text = String::new();
    for at in 0..rounded(count) {
        if at > 0 {
            text.push(',');
        }
        text.push('$');
        text.push_str(&(from + at).to_string());
    }
    text
}

/// The values, the last one repeated up to the rounded count.
pub(crate) fn padded<T>(values: &[T]) -> impl Iterator<Item = &T> {
    let missing = rounded(values.len()).saturating_sub(values.len());
    values
        .iter()
        .chain(values.last().into_iter().cycle().take(missing))
}

/// Lists longer than this are asked in parts: SQLite takes 32,766 variables, PostgreSQL 65,535.
pub(crate) const LONGEST_LIST: usize = 512;

fn rounded(count: usize) -> usize {
    count.max(1).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::{padded, placeholders};

    #[test]
    fn lists_are_rounded_up_and_padded_with_the_last_value() {
        assert_eq!(placeholders(2, 3), "$2,$3,$4,$5");
        let values: Vec<_> = padded(&[1, 2, 3]).copied().collect();
        assert_eq!(values, [1, 2, 3, 3]);
    }
}
