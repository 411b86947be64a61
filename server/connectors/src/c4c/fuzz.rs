//! One entry for fuzz targets: every reader on the same bytes.

use bytes::Bytes;

use super::odata::{batch, date, fault::Fault, json, metadata::Metadata};

/// Reads the bytes as rows, as an entity, as a batch answer, as an error envelope, as metadata and as a
/// date. Meant for fuzz targets and fixtures: it must never panic, whatever the bytes are. Says how many
/// readers found something.
pub fn read_any(bytes: &[u8]) -> usize {
    let body = Bytes::copy_from_slice(bytes);
    let first_line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let named = format!(
        "multipart/mixed; boundary={}",
        String::from_utf8_lossy(first_line)
    );
    let text = String::from_utf8_lossy(bytes);
    let rows = json::rows(bytes).is_ok_and(|page| {
        for row in &page.rows {
            for name in row.names() {
                let _ = (row.text(name), row.instant(name), row.children(name));
            }
            let _ = (row.tag(), row.only_member());
        }
        true
    });
    [
        rows,
        json::entity(bytes).is_ok(),
        batch::read(&body, "").is_ok(),
        batch::read(&body, &named).is_ok(),
        Fault::read(400, bytes).from_service,
        Metadata::read(bytes).is_ok(),
        date::parse(&text).is_some(),
    ]
    .into_iter()
    .filter(|found| *found)
    .count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_borne(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let _ = read_any(&bytes);
        }

        #[test]
        fn any_wire_like_text_is_borne(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "--b", "--", "\r\n", "\n", "HTTP/1.1 200 OK", "Content-Type: multipart/mixed; boundary=b",
                    "{\"d\":", "{\"results\":", "[", "]", "}", "\"__next\":\"x\"", "<error>", "<message>",
                    "</error>", "/Date(", "1", "+", ")/", "é", ":", ";", "=", "\"", "<EntityType Name='x'>",
                ]),
                0..60,
            )
        ) {
            let _ = read_any(pieces.concat().as_bytes());
        }
    }
}
