//! `$batch`: multipart in, multipart out, change sets all or nothing.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::answer::{Call, Origin, Written, answer};
use super::reply::Reply;
use crate::crm::{Crm, Refusal};

/// Most parts of a batch, change set members included.
const MOST_PARTS: usize = 5_000;

/// One member of a batch.
#[derive(Debug)]
pub enum Part {
    /// A request of its own.
    Single(Inner),
    /// Requests that stand or fall together.
    ChangeSet(Vec<Inner>),
}

/// A request inside a batch.
#[derive(Debug)]
pub struct Inner {
    call: Call,
    content_id: Option<String>,
}

/// Reads the boundary out of a `Content-Type`.
pub fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/mixed") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_boundary = name.trim().eq_ignore_ascii_case("boundary");
        is_boundary.then(|| value.trim().trim_matches('"'))
    })?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// Reads a batch body.
///
/// # Errors
/// Malformed multipart, reads inside a change set, too many parts.
pub fn read(body: &Bytes, boundary: &str) -> Result<Vec<Part>, Refusal> {
    let mut parts = Vec::new();
    let mut count = 0;
    for part in split(body, boundary)? {
        let (headers, content) = head_and_body(&part)?;
        let kind = text(&headers, "content-type");
        if let Some(inner) = self::boundary(&kind) {
            let mut members = Vec::new();
            for member in split(&content, &inner)? {
                let member = request(&member)?;
                if member.call.method == Method::GET {
                    return Err(Refusal::Malformed("GET inside a change set".to_owned()));
                }
                members.push(member);
            }
            count += members.len();
            parts.push(Part::ChangeSet(members));
        } else {
            let single = request(&part)?;
            if single.call.method != Method::GET {
                return Err(Refusal::Malformed(
                    "a write outside a change set".to_owned(),
                ));
            }
            count += 1;
            parts.push(Part::Single(single));
        }
        if count > MOST_PARTS {
            return Err(Refusal::Malformed(
                "the batch has too many parts".to_owned(),
            ));
        }
    }
    Ok(parts)
}

/// The parts between the boundary lines.
fn split(body: &Bytes, boundary: &str) -> Result<Vec<Bytes>, Refusal> {
    let delimiter = format!("--{boundary}");
    let delimiter = delimiter.as_bytes();
    let mut parts = Vec::new();
    let mut start: Option<usize> = None;
    let mut at = 0;
    while at < body.len() {
        let line_end = body[at..].iter().position(|byte| *byte == b'\n');
        let line_end = line_end.map_or(body.len(), |length| at + length + 1);
        let line = body[at..line_end].trim_ascii_end();
        let is_end = line.strip_suffix(b"--") == Some(delimiter);
        if line == delimiter || is_end {
            if let Some(start) = start {
                parts.push(body.slice(start..at.max(start)));
            }
            start = Some(line_end);
            if is_end {
                return Ok(parts);
            }
        }
        at = line_end;
    }
    Err(Refusal::Malformed(
        "the multipart body has no end".to_owned(),
    ))
}

/// Splits at the first empty line.
fn head_and_body(part: &Bytes) -> Result<(HeaderMap, Bytes), Refusal> {
    let mut headers = HeaderMap::new();
    let mut at = 0;
    while at < part.len() {
        let line_end = part[at..].iter().position(|byte| *byte == b'\n');
        let line_end = line_end.map_or(part.len(), |length| at + length + 1);
        let line = part[at..line_end].trim_ascii();
        at = line_end;
        if line.is_empty() {
            break;
        }
        let line = String::from_utf8_lossy(line);
        let pair = line.split_once(':').and_then(|(name, value)| {
            let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
            Some((name, HeaderValue::from_str(value.trim()).ok()?))
        });
        let malformed = || Refusal::Malformed("a header inside the batch is broken".to_owned());
        let (name, value) = pair.ok_or_else(malformed)?;
        headers.append(name, value);
    }
    Ok((headers, part.slice(at..)))
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn request(part: &Bytes) -> Result<Inner, Refusal> {
    let (outer, content) = head_and_body(part)?;
    if !text(&outer, "content-type")
        .to_lowercase()
        .starts_with("application/http")
    {
        return Err(Refusal::Malformed(
            "a part is not application/http".to_owned(),
        ));
    }
    // Empty lines before the request line are allowed (RFC 9112, 2.2).
    let skipped = content.len() - content.trim_ascii_start().len();
    let content = content.slice(skipped..);
    let line_end = content.iter().position(|byte| *byte == b'\n');
    let line_end = line_end.map_or(content.len(), |length| length + 1);
    let line = String::from_utf8_lossy(content[..line_end].trim_ascii()).into_owned();
    let malformed = || Refusal::Malformed("a request line inside the batch is broken".to_owned());
    let (method, rest) = line.split_once(' ').ok_or_else(malformed)?;
    // Blanks inside the URL are tolerated: the version is the last word.
    let (url, version) = rest.rsplit_once(' ').ok_or_else(malformed)?;
    if !version.starts_with("HTTP/") {
        return Err(malformed());
    }
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| malformed())?;
    let (headers, body) = head_and_body(&content.slice(line_end..))?;
    let url = url.trim();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    // URLs are relative to the service root; an absolute one names it.
    let path = path
        .rsplit_once("/c4codataapi/")
        .map_or(path, |(_, path)| path);
    let content_id = [&headers, &outer]
        .iter()
        .find_map(|headers| headers.get("content-id")?.to_str().ok())
        .map(str::to_owned);
    Ok(Inner {
        content_id,
        call: Call {
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body,
        },
    })
}

/// Runs the parts in order and writes the answer.
pub fn run(crm: &mut Crm, parts: &[Part], origin: &Origin, written: &mut Vec<Written>) -> Reply {
    // Real answers number their boundaries like this: outer 0, then one per change set.
    let mut boundaries = (0..).map(|nth| format!("ejjeeffe{nth}"));
    let outer = boundaries.next().unwrap_or_default();
    let mut body = Vec::new();
    for part in parts {
        match part {
            Part::Single(inner) => {
                let reply = answer(crm, &inner.call, origin, written);
                append(&mut body, &outer, &reply, inner.content_id.as_deref());
            }
            Part::ChangeSet(members) => {
                let inner = boundaries.next().unwrap_or_default();
                let before = written.len();
                let outcome = crm.atomically(|crm| change_set(crm, members, origin, written));
                match outcome {
                    Ok(replies) => {
                        let mut set = Vec::new();
                        for (reply, member) in replies.iter().zip(members) {
                            append(&mut set, &inner, reply, member.content_id.as_deref());
                        }
                        close(&mut set, &inner);
                        let head = format!(
                            "--{outer}\r\nContent-Type: multipart/mixed; boundary={inner}\r\nContent-Length: {}\r\n\r\n",
                            set.len()
                        );
                        body.extend_from_slice(head.as_bytes());
                        body.extend_from_slice(&set);
                        body.extend_from_slice(b"\r\n");
                    }
                    // One error stands for the whole change set (OData v2, 2.2.7.6.1).
                    Err(failed) => {
                        written.truncate(before);
                        append(&mut body, &outer, &failed, None);
                    }
                }
            }
        }
    }
    close(&mut body, &outer);
    let status = StatusCode::from_u16(crm.settings.batch_status).unwrap_or(StatusCode::ACCEPTED);
    Reply::new(status, &format!("multipart/mixed; boundary={outer}"), body)
}

fn change_set(
    crm: &mut Crm,
    members: &[Inner],
    origin: &Origin,
    written: &mut Vec<Written>,
) -> Result<Vec<Reply>, Box<Reply>> {
    let mut replies = Vec::with_capacity(members.len());
    for member in members {
        let reply = answer(crm, &member.call, origin, written);
        if !reply.status.is_success() {
            return Err(Box::new(reply));
        }
        replies.push(reply);
    }
    Ok(replies)
}

fn append(out: &mut Vec<u8>, boundary: &str, reply: &Reply, content_id: Option<&str>) {
    let mut head = format!(
        "HTTP/1.1 {} {}\r\n",
        reply.status.as_u16(),
        reply.status.canonical_reason().unwrap_or_default()
    );
    head.push_str(&format!("Content-Length: {}\r\n", reply.body.len()));
    for (name, value) in &reply.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(id) = content_id {
        head.push_str(&format!("content-id: {id}\r\n"));
    }
    head.push_str("\r\n");
    let length = head.len() + reply.body.len();
    let part = format!(
        "--{boundary}\r\nContent-Type: application/http\r\nContent-Length: {length}\r\ncontent-transfer-encoding: binary\r\n\r\n"
    );
    out.extend_from_slice(part.as_bytes());
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(&reply.body);
    out.extend_from_slice(b"\r\n");
}

fn close(out: &mut Vec<u8>, boundary: &str) {
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
}
