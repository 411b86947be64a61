//! Reads a batch answer, whatever line ends, boundary quoting and header case the server likes.
//!
//! Law: an answer that was cut anywhere is an error, never a shorter success. The closing boundary lines
//! decide; `Content-Length` of parts does not, because servers write it wrong.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::c4c::odata::json::Unreadable;

/// Most parts of an answer.
const MOST_PARTS: usize = 5_000;
/// Most header lines of a part.
const MOST_HEADERS: usize = 200;

/// The answer to one request of a batch.
#[derive(Debug, Clone)]
pub(in crate::c4c) struct PartAnswer {
    /// HTTP status code.
    pub(in crate::c4c) status: u16,
    /// Headers inside the part.
    pub(in crate::c4c) headers: HeaderMap,
    /// The body, possibly empty.
    pub(in crate::c4c) body: Bytes,
}

/// One part of a batch answer.
#[derive(Debug, Clone)]
pub(in crate::c4c) enum Part {
    /// The answer to a read, or the one error in place of a change set.
    Single(PartAnswer),
    /// The answers to the writes of a change set.
    ChangeSet(Vec<PartAnswer>),
}

/// Reads a batch answer. The boundary is taken from `content_type`, else from the first boundary line.
pub(in crate::c4c) fn read(body: &Bytes, content_type: &str) -> Result<Vec<Part>, Unreadable> {
    let boundary = boundary(content_type)
        .filter(|boundary| has_line(body, boundary))
        .or_else(|| first_boundary(body))
        .ok_or_else(|| Unreadable("no multipart boundary".into()))?;
    let mut parts = Vec::new();
    for part in split(body, &boundary)? {
        let (headers, content) = head_and_rest(&part)?;
        let inner = headers
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(self::boundary);
        parts.push(match inner {
            Some(inner) => {
                let members = split(&content, &inner)?;
                let members = members.iter().map(answer).collect::<Result<_, _>>()?;
                Part::ChangeSet(members)
            }
            None => Part::Single(answer(&part)?),
        });
    }
    Ok(parts)
}

/// The boundary named by a `multipart/*` content type.
fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("boundary")
            .then(|| value.trim().trim_matches(['"', '\'']).trim())
    })?;
    (!value.is_empty()).then(|| value.to_owned())
}

fn has_line(body: &Bytes, boundary: &str) -> bool {
    let wanted = format!("--{boundary}");
    Lines::new(body).any(|(_, line)| line == wanted.as_bytes())
}

/// The boundary of the first line that looks like one, for servers that forget to name it.
fn first_boundary(body: &Bytes) -> Option<String> {
    let (_, line) = Lines::new(body).find(|(_, line)| !line.is_empty())?;
    let name = line.strip_prefix(b"--")?;
    let name = std::str::from_utf8(name).ok()?;
    (!name.is_empty() && name.len() <= 200).then(|| name.to_owned())
}

/// Lines without their ends (and without trailing blanks), each with the offset of the next one.
struct Lines<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    fn new(body: &'a [u8]) -> Self {
        Self { body, at: 0 }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.body.get(self.at..).filter(|rest| !rest.is_empty())?;
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = &rest[..end.unwrap_or(rest.len())];
        self.at += end.map_or(rest.len(), |end| end + 1);
        Some((self.at, line.trim_ascii_end()))
    }
}

/// The parts between boundary lines; an error unless the closing line is there.
fn split(body: &Bytes, boundary: &str) -> Result<Vec<Bytes>, Unreadable> {
    let delimiter = format!("--{boundary}");
    let closing = format!("--{boundary}--");
    let mut parts = Vec::new();
    let mut start = None;
    let mut line_start = 0;
    for (next, line) in Lines::new(body) {
        let is_end = line == closing.as_bytes();
        if is_end || line == delimiter.as_bytes() {
            if let Some(start) = start {
                parts.push(body.slice(start..line_start));
            }
            if is_end {
                return Ok(parts);
            }
            if parts.len() >= MOST_PARTS {
                return Err(Unreadable("too many parts".into()));
            }
            start = Some(next);
        }
        line_start = next;
    }
    Err(Unreadable("the multipart answer has no end".into()))
}

/// Header lines up to the first empty line, and what follows. Empty lines before the first header are
/// skipped; a status line is no header and ends them too.
fn head_and_rest(part: &Bytes) -> Result<(HeaderMap, Bytes), Unreadable> {
    let mut headers = HeaderMap::new();
    let mut rest_at = part.len();
    let mut line_start = 0;
    for (seen, (next, line)) in Lines::new(part).enumerate() {
        if seen > MOST_HEADERS {
            return Err(Unreadable("too many header lines in a part".into()));
        }
        if line.is_empty() && !headers.is_empty() {
            rest_at = next;
            break;
        }
        if line.starts_with(b"HTTP/") {
            rest_at = line_start;
            break;
        }
        header(&mut headers, line);
        line_start = next;
    }
    Ok((headers, part.slice(rest_at..)))
}

fn header(headers: &mut HeaderMap, line: &[u8]) {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        return;
    };
    let name = HeaderName::from_bytes(line[..colon].trim_ascii());
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
    // A header we cannot read is one we do not need.
    if let (Ok(name), Ok(value)) = (name, value) {
        headers.append(name, value);
    }
}

/// Reads one `application/http` part.
fn answer(part: &Bytes) -> Result<PartAnswer, Unreadable> {
    let (_, http) = head_and_rest(part)?;
    let mut lines = Lines::new(&http);
    let (mut at, status_line) = lines
        .by_ref()
        .find(|(_, line)| !line.is_empty())
        .ok_or_else(|| Unreadable("a part without an answer".into()))?;
    let status =
        status(status_line).ok_or_else(|| Unreadable("a part without a status line".into()))?;
    let mut headers = HeaderMap::new();
    for (seen, (next, line)) in lines.enumerate() {
        if seen > MOST_HEADERS {
            return Err(Unreadable("too many header lines in a part".into()));
        }
        // A body may follow the headers without the empty line.
        if line.starts_with(b"{") {
            break;
        }
        at = next;
        if line.is_empty() {
            break;
        }
        header(&mut headers, line);
    }
    let rest = http.slice(at..);
    let end = rest.trim_ascii_end().len();
    Ok(PartAnswer {
        status,
        headers,
        body: rest.slice(..end),
    })
}

fn status(line: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(line).ok()?;
    let mut words = text.split_ascii_whitespace();
    words.next().filter(|word| word.starts_with("HTTP/"))?;
    let code: u16 = words.next()?.parse().ok()?;
    (100..600).contains(&code).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAP: &str = "--ejjeeffe0\r\nContent-Type: application/http\r\nContent-Length: 60\r\n\
        content-transfer-encoding: binary\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
        content-length: 999\r\ndataserviceversion: 2.0\r\n\r\n{\"d\":{\"results\":[{\"ID\":\"1\"}]}}\r\n\
        --ejjeeffe0\r\nContent-Type: multipart/mixed; boundary=ejjeeffe1\r\nContent-Length: 500\r\n\r\n\
        --ejjeeffe1\r\nContent-Type: application/http\r\ncontent-transfer-encoding: binary\r\n\r\n\
        HTTP/1.1 201 Created\r\nlocation: https://x/EMailCollection('A')\r\netag: W/\"1\"\r\n\r\n\
        {\"d\":{\"results\":{\"ObjectID\":\"A\"}}}\r\n\
        --ejjeeffe1\r\nContent-Type: application/http\r\n\r\n\
        HTTP/1.1 204 No Content\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n\r\n\
        --ejjeeffe1--\r\n\r\n\
        --ejjeeffe0\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n\
        {\"error\":{\"code\":\"\",\"message\":{\"lang\":\"en\",\"value\":\"no\"}}}\r\n--ejjeeffe0--";

    const KIND: &str = "multipart/mixed; boundary=ejjeeffe0";

    fn check(body: &str, kind: &str) {
        let parts = read(&Bytes::from(body.to_owned()), kind).unwrap();
        let [
            Part::Single(rows),
            Part::ChangeSet(set),
            Part::Single(error),
        ] = &parts[..]
        else {
            panic!("{parts:?}");
        };
        assert_eq!(rows.status, 200);
        assert_eq!(rows.body, r#"{"d":{"results":[{"ID":"1"}]}}"#);
        assert_eq!((set[0].status, set[1].status), (201, 204));
        assert_eq!(set[0].headers["ETAG"], "W/\"1\"");
        assert_eq!(set[0].body, r#"{"d":{"results":{"ObjectID":"A"}}}"#);
        assert!(set[1].body.is_empty());
        assert_eq!(error.status, 400);
        assert!(error.body.ends_with(b"}}}"));
    }

    #[test]
    fn any_line_end_header_case_and_boundary_quoting_is_read() {
        let plain = SAP.replace("Content-Length: 60\r\n", "");
        for body in [
            SAP.to_owned(),
            plain,
            SAP.to_uppercase_headers(),
            format!("\r\n{SAP}\r\n"),
        ] {
            check(&body, KIND);
            check(&body.replace("\r\n", "\n"), KIND);
            check(&body, "Multipart/Mixed;charset=x; Boundary=\"ejjeeffe0\"");
            check(&body, "multipart/mixed");
            check(&body, "");
            check(&body, "multipart/mixed; boundary=wrong");
        }
        let mixed = SAP.replacen("\r\n", "\n", 7);
        check(&mixed, KIND);
    }

    trait UppercaseHeaders {
        fn to_uppercase_headers(&self) -> String;
    }

    impl UppercaseHeaders for str {
        fn to_uppercase_headers(&self) -> String {
            self.replace("etag:", "ETag:")
                .replace("Content-Type", "CONTENT-TYPE")
                .replace("content-length", "Content-length")
        }
    }

    #[test]
    fn an_answer_cut_anywhere_is_an_error_never_fewer_parts() {
        for cut in 0..SAP.len() {
            let head = Bytes::copy_from_slice(&SAP.as_bytes()[..cut]);
            assert!(read(&head, KIND).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn what_is_no_batch_is_refused() {
        for body in [
            "",
            "--",
            "<html></html>",
            "--b\r\n--b--",
            "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 abc\r\n\r\n--b--",
            "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 99\r\n\r\n--b--",
            "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nHTTP/1.1 200 OK\r\n\r\n--b--",
        ] {
            assert!(read(&Bytes::from(body), "").is_err(), "{body}");
        }
        let many = format!(
            "{}--b--",
            "--b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n".repeat(MOST_PARTS + 1)
        );
        assert!(read(&Bytes::from(many), "").is_err());
    }
}
