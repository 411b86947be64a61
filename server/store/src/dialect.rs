//! Every word that differs between the databases, and lists of placeholders.

use crate::pool::Db;

/// What a claiming SELECT ends with: PostgreSQL passes over rows another node is claiming; SQLite has one
/// writer at a time anyway.
pub(crate) fn skip_locked(db: &Db) -> &'static str {
    match db {
        Db::Sqlite { .. } => "",
        Db::Postgres { .. } => " FOR UPDATE SKIP LOCKED",
    }
}

/// What a SELECT ends with that locks its rows in its order, so that two transactions cannot wait for each
/// other. It leaves room for foreign keys, which look at these rows meanwhile.
pub(crate) fn lock_rows(db: &Db) -> &'static str {
    match db {
        Db::Sqlite { .. } => "",
        Db::Postgres { .. } => " FOR NO KEY UPDATE",
    }
}

/// A row of placeholders for each of `count` rows: `{}` in the template becomes `$1`, `$2`, …
pub(crate) fn rows(template: &str, count: usize) -> String {
    let mut text = String::new();
    let mut number = 0;
    for row in 0..count {
        if row > 0 {
            text.push(',');
        }
        for (at, part) in template.split("{}").enumerate() {
            if at > 0 {
                number += 1;
                text.push('$');
                text.push_str(&number.to_string());
            }
            text.push_str(part);
        }
    }
    text
}

/// Cuts values into parts for [`rows`]. There are few lengths, so that few statement texts exist, and a
/// part of the longest has less than 1,000 variables.
pub(crate) fn parts<T>(values: &[T]) -> impl Iterator<Item = &[T]> {
    parts_of(values, &[64, 16, 4, 1])
}

/// The same with these lengths, longest first, the last of them 1.
pub(crate) fn parts_of<'v, T>(
    mut values: &'v [T],
    lengths: &'static [usize],
) -> impl Iterator<Item = &'v [T]> {
    std::iter::from_fn(move || {
        let length = *lengths.iter().find(|length| **length <= values.len())?;
        let (part, rest) = values.split_at(length);
        values = rest;
        Some(part)
    })
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

/// What a column is compared with that shall be one of the numbers of a single parameter ([`numbers`]). A parameter for
/// each of many values takes a good part of a short statement's time.
pub(crate) fn one_of_numbers(db: &Db, at: usize) -> String {
    match db {
        Db::Sqlite { .. } => format!("IN (SELECT value FROM json_each(${at}))"),
        Db::Postgres { .. } => {
            format!("= ANY (CAST(${at} AS BIGINT[]))")
        }
    }
}

/// Numbers as one parameter for [`one_of_numbers`].
pub(crate) fn numbers(db: &Db, numbers: &[i64]) -> String {
    let (start, end) = match db {
        Db::Sqlite { .. } => ("[", "]"),
        Db::Postgres { .. } => ("{", "}"),
    };
    let mut text = start.to_owned();
    for (at, number) in numbers.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&number.to_string());
    }
    text + end
}

/// Lists longer than this are asked in parts: SQLite takes 32,766 variables, PostgreSQL 65,535.
pub(crate) const LONGEST_LIST: usize = 512;

/// The length that a list of so many values is padded to.
pub(crate) fn rounded(count: usize) -> usize {
    count.max(1).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::{padded, parts, placeholders, rows};

    #[test]
    fn rows_count_their_placeholders_on_and_parts_lose_no_value() {
        assert_eq!(
            rows("({}, 'open', {})", 2),
            "($1, 'open', $2),($3, 'open', $4)"
        );
        for count in [0, 1, 5, 63, 64, 65, 200] {
            let values: Vec<usize> = (0..count).collect();
            let parts: Vec<_> = parts(&values).collect();
            assert!(
                parts
                    .iter()
                    .all(|part| [1, 4, 16, 64].contains(&part.len()))
            );
            assert_eq!(parts.concat(), values);
        }
    }

    #[test]
    fn lists_are_rounded_up_and_padded_with_the_last_value() {
        assert_eq!(placeholders(2, 3), "$2,$3,$4,$5");
        let values: Vec<_> = padded(&[1, 2, 3]).copied().collect();
        assert_eq!(values, [1, 2, 3, 3]);
    }
}
