//! HTML of mails to plain text: bounded, in linear time, and never refused, whatever the input.

use super::entity;

/// Longest HTML that is rendered, in bytes; what lies behind is counted in a last line.
const LONGEST: usize = 16 * 1024 * 1024;

/// The readable text of an HTML body.
///
/// Scripts, styles, titles and comments are dropped; line breaks, paragraphs, list items and table rows
/// become lines, cells are parted by tabs; entities are resolved; runs of white space become one.
/// A tag or comment that never closes hides nothing behind it.
///
/// ```
/// use ssi_domain::transform::html_to_text;
/// assert_eq!(html_to_text("<p>A &amp; B<br>C</p><ul><li>D</ul>"), "A & B\nC\n\n- D");
/// ```
pub fn html_to_text(html: &str) -> String {
    let mut cut = html.len().min(LONGEST);
    while !html.is_char_boundary(cut) {
        cut -= 1;
    }
    let mut reader = Reader {
        html: &html[..cut],
        at: 0,
        unclosed: Unclosed::default(),
    };
    let mut writer = Writer::default();
    reader.run(&mut writer);
    let mut text = writer.text;
    if cut < html.len() {
        text.push_str(&format!(
            "\n\n[{} more bytes of HTML are not shown.]",
            html.len() - cut
        ));
    }
    text
}

/// What is known not to come any more, so that it is searched for in vain only once.
#[derive(Default)]
struct Unclosed {
    comment: bool,
    tag: bool,
    double_quote: bool,
    single_quote: bool,
}

struct Reader<'a> {
    html: &'a str,
    at: usize,
    unclosed: Unclosed,
}

impl<'a> Reader<'a> {
    fn run(&mut self, writer: &mut Writer) {
        while self.at < self.html.len() {
            let rest = &self.html[self.at..];
            match rest.find('<') {
                None => {
                    writer.text(rest);
                    return;
                }
                Some(0) => self.markup(rest, writer),
                Some(length) => {
                    writer.text(&rest[..length]);
                    self.at += length;
                }
            }
        }
    }

    /// Reads what starts with `<`: a comment, a tag, or a plain "less than".
    fn markup(&mut self, rest: &'a str, writer: &mut Writer) {
        let next = rest[1..].chars().next();
        if rest.starts_with("<!--") {
            if self.unclosed.comment {
                self.at += 4;
                return;
            }
            match rest[2..].find("-->") {
                Some(length) => self.at += 2 + length + 3,
                None => {
                    self.unclosed.comment = true;
                    self.at += 4;
                }
            }
            return;
        }
        let is_tag = next.is_some_and(|c| c.is_ascii_alphabetic() || "/!?".contains(c));
        match is_tag.then(|| self.tag_end(rest)).flatten() {
            Some(end) => {
                self.at += end + 1;
                self.tag(&rest[1..end], writer);
            }
            None => {
                writer.text("<");
                self.at += 1;
            }
        }
    }

    /// Where the tag's `>` stands, outside quotes; a quote that never closes is an ordinary character.
    fn tag_end(&mut self, rest: &str) -> Option<usize> {
        if self.unclosed.tag {
            return None;
        }
        let mut from = 1;
        while let Some(length) = rest[from..].find(['>', '"', '\'']) {
            let at = from + length;
            let (quote, unclosed) = match rest.as_bytes()[at] {
                b'>' => return Some(at),
                b'"' => ('"', &mut self.unclosed.double_quote),
                _ => ('\'', &mut self.unclosed.single_quote),
            };
            // A quote opens a value only behind `=`.
            let opens = rest[..at].trim_end().ends_with('=');
            from = at + 1;
            if opens && !*unclosed {
                match rest[from..].find(quote) {
                    Some(length) => from += length + 1,
                    None => *unclosed = true,
                }
            }
        }
        self.unclosed.tag = true;
        None
    }

    fn tag(&mut self, tag: &str, writer: &mut Writer) {
        let closing = tag.starts_with('/');
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(16)
            .collect::<String>()
            .to_ascii_lowercase();
        match name.as_str() {
            "script" | "style" | "title" | "iframe" if !closing && !tag.ends_with('/') => {
                self.skip_element(&name);
            }
            "br" => writer.line_break(),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "ul" | "ol" | "dl"
            | "table" => writer.block(2),
            "pre" => {
                writer.block(2);
                writer.preformatted = !closing;
            }
            "li" => {
                writer.block(1);
                writer.bullet = !closing;
            }
            "hr" => {
                writer.block(1);
                writer.text("----");
                writer.block(1);
            }
            "td" | "th" if !closing => writer.cell(),
            "div" | "tr" | "dt" | "dd" | "address" | "article" | "section" | "header"
            | "footer" | "form" | "fieldset" | "figure" | "center" | "body" | "html" | "head"
            | "main" | "nav" | "aside" | "caption" | "option" => writer.block(1),
            _ => {}
        }
    }

    /// Goes behind the closing tag of an element whose content is no text; to the end if there is none.
    fn skip_element(&mut self, name: &str) {
        let mut from = self.at;
        while let Some(length) = self.html[from..].find("</") {
            from += length + 2;
            let close = self.html.get(from..from + name.len());
            if close.is_some_and(|close| close.eq_ignore_ascii_case(name)) {
                let rest = &self.html[from..];
                self.at = from + rest.find('>').map_or(rest.len(), |end| end + 1);
                return;
            }
        }
        self.at = self.html.len();
    }
}

/// Collects text; white space waits until something follows it.
#[derive(Default)]
struct Writer {
    text: String,
    breaks: usize,
    space: bool,
    cell: bool,
    bullet: bool,
    preformatted: bool,
}

impl Writer {
    fn text(&mut self, raw: &str) {
        let mut rest = raw;
        while let Some(c) = rest.chars().next() {
            let (c, length) = match c {
                '&' => entity::read(rest).unwrap_or(('&', 1)),
                c => (c, c.len_utf8()),
            };
            rest = &rest[length..];
            self.character(c);
        }
    }

    fn character(&mut self, c: char) {
        match c {
            '\n' if self.preformatted => self.line_break(),
            '\t' | ' ' if self.preformatted => {
                self.flush();
                self.text.push(c);
            }
            c if c.is_whitespace() => self.space = true,
            // Zero-width padding of newsletters, soft hyphens and control characters.
            '\u{200b}' | '\u{feff}' | '\u{ad}' | '\u{34f}' => {}
            c if c.is_control() => {}
            c => {
                self.flush();
                self.text.push(c);
            }
        }
    }

    fn line_break(&mut self) {
        self.breaks = (self.breaks + 1).min(2);
        self.space = false;
        self.cell = false;
    }

    fn block(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
        self.space = false;
        self.cell = false;
    }

    fn cell(&mut self) {
        self.cell = true;
    }

    /// Writes the white space that was waiting.
    fn flush(&mut self) {
        if self.text.is_empty() {
            self.breaks = 0;
        }
        let at_start = self.text.is_empty() || self.breaks > 0;
        if self.breaks > 0 {
            let kept = self.text.trim_end_matches([' ', '\t']).len();
            self.text.truncate(kept);
            let kept = self.text.len() - self.text.trim_end_matches('\n').len();
            let wanted = (kept + self.breaks).min(2);
            self.text
                .extend(std::iter::repeat_n('\n', wanted.saturating_sub(kept)));
        } else if self.cell && !at_start {
            self.text.push('\t');
        } else if self.space && !at_start {
            self.text.push(' ');
        }
        if self.bullet {
            self.text.push_str("- ");
        }
        (self.breaks, self.space, self.cell, self.bullet) = (0, false, false, false);
    }
}
