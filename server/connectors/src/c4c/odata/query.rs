//! Addresses of rows, relative to the service root.

use super::literal;

/// An address under construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::c4c) struct Query {
    path: String,
    options: Vec<(&'static str, String)>,
}

impl Query {
    /// A whole entity set or function.
    pub(in crate::c4c) fn set(name: &str) -> Self {
        Self {
            path: literal::encode(name),
            options: Vec::new(),
        }
    }

    /// One row.
    pub(in crate::c4c) fn row(set: &str, key: &str) -> Self {
        let key = literal::encode(&literal::text(key));
        Self {
            path: format!("{}({key})", literal::encode(set)),
            options: Vec::new(),
        }
    }

    /// The rows behind a navigation of one row.
    pub(in crate::c4c) fn children(set: &str, key: &str, navigation: &str) -> Self {
        let mut query = Self::row(set, key);
        query.path.push('/');
        query.path.push_str(&literal::encode(navigation));
        query
    }

    /// Keeps rows that match.
    #[must_use]
    pub(in crate::c4c) fn filter(self, filter: impl Into<String>) -> Self {
        self.option("$filter", filter.into())
    }

    /// Reads these properties only; nothing given reads all.
    #[must_use]
    pub(in crate::c4c) fn select(self, properties: &[&str]) -> Self {
        if properties.is_empty() {
            return self;
        }
        self.option("$select", properties.join(","))
    }

    /// Reads these navigations with the row.
    #[must_use]
    pub(in crate::c4c) fn expand(self, navigations: &[&str]) -> Self {
        if navigations.is_empty() {
            return self;
        }
        self.option("$expand", navigations.join(","))
    }

    /// Reads at most so many rows.
    #[must_use]
    pub(in crate::c4c) fn top(self, rows: usize) -> Self {
        self.option("$top", rows.to_string())
    }

    /// Asks how many rows there are in all.
    #[must_use]
    pub(in crate::c4c) fn count(self) -> Self {
        self.option("$inlinecount", "allpages".to_owned())
    }

    /// Passes over so many rows.
    #[must_use]
    pub(in crate::c4c) fn skip(self, rows: usize) -> Self {
        self.option("$skip", rows.to_string())
    }

    /// Sorts the rows, for instance by `A asc,B asc`.
    #[must_use]
    pub(in crate::c4c) fn order_by(self, order: &str) -> Self {
        self.option("$orderby", order.to_owned())
    }

    fn option(mut self, name: &'static str, value: String) -> Self {
        self.options.push((name, value));
        self
    }

    /// The bare path, for writes.
    pub(in crate::c4c) fn path(self) -> String {
        self.path
    }

    /// The address of a read, percent-encoded, asking for JSON (the default is Atom).
    pub(in crate::c4c) fn address(self) -> String {
        let mut address = self.path;
        let format = [("$format", "json".to_owned())];
        for (at, (name, value)) in self.options.into_iter().chain(format).enumerate() {
            address.push(if at == 0 { '?' } else { '&' });
            address.push_str(name);
            address.push('=');
            address.push_str(&literal::encode(&value));
        }
        address
    }
}

/// `property eq 'a' or property eq 'b'`: all the service can join with `or`.
pub(in crate::c4c) fn any_of<'a>(
    property: &str,
    values: impl IntoIterator<Item = &'a str>,
) -> String {
    let terms: Vec<_> = values
        .into_iter()
        .map(|value| format!("{property} eq {}", literal::text(value)))
        .collect();
    terms.join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_encoded_as_a_whole() {
        let address = Query::set("EMailCollection")
            .filter(any_of("GroupwareItemID", ["<a&b'c@x>", "é 1"]))
            .select(&["ObjectID", "ETag"])
            .address();
        assert_eq!(
            address,
            "EMailCollection?$filter=GroupwareItemID%20eq%20'%3Ca%26b''c%40x%3E'%20or%20\
             GroupwareItemID%20eq%20'%C3%A9%201'&$select=ObjectID,ETag&$format=json"
        );
    }

    #[test]
    fn keys_cannot_break_out_of_their_quotes() {
        let path = Query::children("EMailCollection", "a'/../b?x", "EMailNotes").path();
        assert_eq!(path, "EMailCollection('a''%2F..%2Fb%3Fx')/EMailNotes");
    }
}
