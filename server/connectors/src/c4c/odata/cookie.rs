//! The cookies of one service. All are sent back, none is judged by its name: the CSRF check compares
//! a header with a cookie whose name has changed before.

use http::{HeaderMap, header::SET_COOKIE};
use jiff::Timestamp;

/// Most cookies kept; the oldest goes first.
const MOST: usize = 50;
/// Longest name plus value, in bytes (RFC 6265 6.1).
const LONGEST: usize = 4096;

/// Cookies by name, in the order they came.
#[derive(Debug, Default)]
pub(in crate::c4c) struct Jar(Vec<(String, String)>);

impl Jar {
    /// Takes what an answer sets and drops what it expires.
    pub(in crate::c4c) fn learn(&mut self, headers: &HeaderMap, now: Timestamp) {
        for line in headers.get_all(SET_COOKIE) {
            let Ok(line) = std::str::from_utf8(line.as_bytes()) else {
                continue;
            };
            let mut parts = line.split(';');
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let (name, value) = (name.trim(), value.trim());
            if name.is_empty() || name.len() + value.len() > LONGEST {
                continue;
            }
            self.0.retain(|(known, _)| known != name);
            if !parts.any(|attribute| is_past(attribute, now)) {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
        let excess = self.0.len().saturating_sub(MOST);
        self.0.drain(..excess);
    }

    /// The `Cookie` header to send, if there is anything to send.
    pub(in crate::c4c) fn header(&self) -> Option<http::HeaderValue> {
        let pairs: Vec<_> = self.0.iter().map(|(n, v)| format!("{n}={v}")).collect();
        if pairs.is_empty() {
            return None;
        }
        let mut value = http::HeaderValue::from_str(&pairs.join("; ")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

fn is_past(attribute: &str, now: Timestamp) -> bool {
    let Some((name, value)) = attribute.split_once('=') else {
        return false;
    };
    let value = value.trim();
    if name.trim().eq_ignore_ascii_case("max-age") {
        return value.parse::<i64>().is_ok_and(|seconds| seconds <= 0);
    }
    // Old servers write the date with hyphens.
    name.trim().eq_ignore_ascii_case("expires")
        && jiff::fmt::rfc2822::parse(&value.replace('-', " ")).is_ok_and(|at| at.timestamp() <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar_after(lines: &[&str]) -> String {
        let now: Timestamp = "2026-11-22T20:00:00Z".parse().unwrap();
        let mut jar = Jar::default();
        for line in lines {
            let mut headers = HeaderMap::new();
            headers.append(SET_COOKIE, line.parse().unwrap());
            jar.learn(&headers, now);
        }
        let header = jar.header();
        header.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn cookies_are_returned_until_they_end() {
        assert_eq!(jar_after(&[]), "");
        assert_eq!(
            jar_after(&["a=1; path=/; HttpOnly", "b=2=3", "a=4"]),
            "b=2=3; a=4"
        );
        assert_eq!(jar_after(&["a=1", "a=; Max-Age=0"]), "");
        assert_eq!(
            jar_after(&["a=1", "a=x; expires=Thu, 01-Jan-1970 00:00:00 GMT"]),
            ""
        );
        assert_eq!(
            jar_after(&["a=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT"]),
            "a=1"
        );
        assert_eq!(jar_after(&["nonsense", "=x", "c=1"]), "c=1");
    }

    #[test]
    fn a_flood_of_cookies_is_bounded() {
        let lines: Vec<String> = (0..500).map(|n| format!("n{n}={n}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let header = jar_after(&lines);
        assert_eq!(header.split(';').count(), MOST);
        assert!(header.ends_with("n499=499"));
        assert_eq!(jar_after(&[&format!("big={}", "x".repeat(LONGEST))]), "");
    }
}
