//! The text of a file, whatever it is encoded in.

use super::{LARGEST, Refusal};

/// UTF-8 and UTF-16 with or without mark; anything else as Windows-1252, which older programs write. A file that is
/// too large is not read at all: half of it would end within an item.
pub(super) fn decode(bytes: &[u8]) -> (String, Vec<Refusal>) {
    if bytes.len() > LARGEST {
        let why = format!("the file has more than {LARGEST} bytes");
        return (String::new(), vec![Refusal::new("", &why)]);
    }
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => narrow(rest),
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        _ => narrow(bytes),
    };
    // A zero byte ends nothing and means nothing here.
    (text.replace('\0', ""), Vec::new())
}

fn narrow(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| windows_1252(*byte)).collect(),
    }
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    char::decode_utf16(units)
        .map(|found| found.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// <https://encoding.spec.whatwg.org/index-windows-1252.txt>
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}
