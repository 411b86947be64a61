//! Text content: references resolved, what XML 1.0 does not allow replaced.

/// Collects the text of one element or attribute.
///
/// Exchange writes control characters of old messages as references that XML 1.0 forbids (`&#x0B;`),
/// and characters beyond the first plane as two references of UTF-16 halves. Both are understood.
#[derive(Debug, Default)]
pub(super) struct Collected {
    text: String,
    high: Option<u16>,
}

impl Collected {
    /// Adds text without references.
    pub(super) fn text(&mut self, text: &str) {
        self.close_pair();
        let plain = text
            .bytes()
            .all(|byte| byte >= 0x20 || matches!(byte, b'\t' | b'\n'));
        if plain {
            self.text.push_str(text);
            return;
        }
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                // XML 1.0 section 2.11: line ends are one LF.
                '\r' if chars.peek() == Some(&'\n') => {}
                '\r' => self.text.push('\n'),
                c => self.text.push(allowed(c)),
            }
        }
    }

    /// Adds the character a reference stands for (`amp`, `#38`, `#x26`). Entities that only a DTD could
    /// define are never expanded: they stay as they are written.
    pub(super) fn reference(&mut self, name: &str) {
        let named = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        };
        if let Some(c) = named {
            self.close_pair();
            self.text.push(c);
            return;
        }
        match number(name) {
            Some(code) => self.code(code),
            None => {
                self.close_pair();
                self.text.push('&');
                self.text.push_str(name);
                self.text.push(';');
            }
        }
    }

    /// Adds text that still holds references.
    pub(super) fn escaped(&mut self, mut text: &str) {
        while let Some((before, after)) = text.split_once('&') {
            if !before.is_empty() {
                self.text(before);
            }
            match after.split_once(';') {
                Some((name, rest)) if name.len() <= 32 && !name.contains(['&', '<']) => {
                    self.reference(name);
                    text = rest;
                }
                _ => {
                    self.text("&");
                    text = after;
                }
            }
        }
        if !text.is_empty() {
            self.text(text);
        }
    }

    /// What was collected.
    pub(super) fn finish(mut self) -> String {
        self.close_pair();
        self.text
    }

    fn code(&mut self, code: u32) {
        let unit = u16::try_from(code).unwrap_or(0);
        match (self.high.take(), unit) {
            (Some(high), 0xDC00..=0xDFFF) => {
                let pair = char::decode_utf16([high, unit]).next();
                self.text.push(
                    pair.and_then(Result::ok)
                        .unwrap_or(char::REPLACEMENT_CHARACTER),
                );
            }
            (earlier, unit) => {
                if earlier.is_some() {
                    self.text.push(char::REPLACEMENT_CHARACTER);
                }
                match unit {
                    0xD800..=0xDBFF => self.high = Some(unit),
                    _ => self
                        .text
                        .push(char::from_u32(code).map_or(char::REPLACEMENT_CHARACTER, allowed)),
                }
            }
        }
    }

    fn close_pair(&mut self) {
        if self.high.take().is_some() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// The number of a character reference; too large a number is no character but still a reference.
fn number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix('#')?;
    let (digits, radix) = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16),
        None => (digits, 10),
    };
    let valid = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    valid.then(|| u32::from_str_radix(digits, radix).unwrap_or(u32::MAX))
}

/// Control characters become a space, as they separate words (line tabulation, form feed).
fn allowed(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' => c,
        '\u{0}'..='\u{1F}' => ' ',
        '\u{FFFE}' | '\u{FFFF}' => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(escaped: &str) -> String {
        let mut collected = Collected::default();
        collected.escaped(escaped);
        collected.finish()
    }

    #[test]
    fn references_are_resolved_and_bad_ones_survived() {
        let cases = [
            (
                "a &lt;b&gt; &amp;amp; &quot;c&quot; &apos;",
                "a <b> &amp; \"c\" '",
            ),
            ("&#65;&#x42;&#X43;", "ABC"),
            ("line&#x0B;break&#0;", "line break "),
            ("&#xD83E;&#xDD80;", "🦀"),
            ("&#xD83E;x", "\u{FFFD}x"),
            ("&#xDD80;", "\u{FFFD}"),
            ("&#xD83E;&#xD83E;&#xDD80;", "\u{FFFD}🦀"),
            ("&#xFFFFFFFFFF;&#x110000;", "\u{FFFD}\u{FFFD}"),
            ("&nbsp;&lol9;", "&nbsp;&lol9;"),
            ("a & b && c;", "a & b && c;"),
            ("&#;&#x;&#xZZ;", "&#;&#x;&#xZZ;"),
            ("one\r\ntwo\rthree&#xD;", "one\ntwo\nthree\r"),
            ("\u{1}\u{FFFE}", " \u{FFFE}"),
        ];
        for (written, meant) in cases {
            let meant = meant.replace('\u{FFFE}', "\u{FFFD}");
            assert_eq!(read(written), meant, "{written:?}");
        }
    }
}
