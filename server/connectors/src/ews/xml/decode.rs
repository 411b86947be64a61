//! Bytes to text, whatever Unicode form a server chose.

use std::borrow::Cow;

/// The text of an XML document: UTF-8 with or without byte order mark, UTF-16 by mark or by its first
/// character, ISO-8859-1 when declared. Anything unreadable becomes U+FFFD; the reader decides whether
/// what is left is a document.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest),
        [0xFF, 0xFE, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)),
        [b'<', 0, ..] => Cow::Owned(utf16(bytes, u16::from_le_bytes)),
        [0, b'<', ..] => Cow::Owned(utf16(bytes, u16::from_be_bytes)),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) if declares_latin1(bytes) => {
                Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect())
            }
            Err(_) => String::from_utf8_lossy(bytes),
        },
    }
}

/// Whether the text is a web page: Exchange, IIS and proxies answer so even with status 200.
pub(crate) fn is_html(text: &str) -> bool {
    let mut rest = text.trim_start();
    if let Some((declaration, after)) = rest.split_once("?>")
        && declaration.starts_with("<?xml")
    {
        rest = after.trim_start();
    }
    ["<!doctype html", "<html", "<head", "<body"]
        .iter()
        .any(|start| {
            rest.get(..start.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(start))
        })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn declares_latin1(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(120)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    head.starts_with("<?xml") && (head.contains("iso-8859-1") || head.contains("windows-1252"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_form_gives_the_same_text() {
        let text = "<?xml version='1.0'?><a>Grüße 🦀</a>";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(text.as_bytes()), text);
        assert_eq!(decode(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()), text);
        assert_eq!(decode(&le), text);
        assert_eq!(decode(&be), text);
        assert_eq!(decode(&[b"\xFF\xFE", le.as_slice()].concat()), text);
        assert_eq!(decode(&[b"\xFE\xFF", be.as_slice()].concat()), text);
        assert_eq!(
            decode(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xFC</a>"),
            "<?xml version='1.0' encoding='ISO-8859-1'?><a>ü</a>"
        );
        assert_eq!(decode(b"<a>\xFC</a>"), "<a>\u{FFFD}</a>");
    }

    #[test]
    fn web_pages_are_told_from_soap() {
        assert!(is_html("\r\n<!DOCTYPE html PUBLIC ...>"));
        assert!(is_html("<HTML><head>"));
        assert!(is_html("<?xml version=\"1.0\"?>\n<html xmlns=''>"));
        assert!(!is_html("<?xml version=\"1.0\"?><s:Envelope>"));
        assert!(!is_html(""));
        assert!(!is_html("<ü"));
    }
}
