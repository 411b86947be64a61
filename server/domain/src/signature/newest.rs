//! The sender's own newest part of a mail: without what is quoted, forwarded or answered to.

use crate::{TextFormat, transform::html_to_text};

use super::{
    LONGEST_BODY,
    text::{digits, words},
    words::WORDS,
};

/// Most text of the newest part, in bytes.
const LONGEST_TEXT: usize = 256 * 1024;
/// A longer line is prose or bait, never part of a signature, in bytes.
const LONGEST_LINE: usize = 600;

/// Marks by which mail programs set quoted parts apart in HTML, in lower case.
const QUOTE_MARKS: [&str; 12] = [
    "id=\"divrplyfwdmsg\"",
    "id=divrplyfwdmsg",
    "id=\"appendonsend\"",
    "class=\"gmail_quote",
    "class=gmail_quote",
    "class=\"moz-cite-prefix\"",
    "class=\"moz-forward-container\"",
    "class=\"yahoo_quoted",
    "class=\"protonmail_quote",
    "id=\"mail-editor-reference-message-container\"",
    "name=\"_mailoriginal\"",
    "id=\"isforwardcontent\"",
];

/// One line that is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Number in the readable text, from 1.
    pub(super) number: usize,
    /// The text, trimmed; invisible characters taken out.
    pub(super) text: String,
}

/// The lines of the newest part that are not empty.
pub(super) fn lines(body: &str, format: TextFormat) -> Vec<Line> {
    let body = upto(body, LONGEST_BODY);
    let rendered;
    let text = match format {
        TextFormat::Plain => body,
        TextFormat::Html => {
            rendered = html_to_text(&without_quotes(body));
            rendered.as_str()
        }
    };
    let all: Vec<Line> = upto(text, LONGEST_TEXT)
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with('>'))
        .map(|(at, line)| Line {
            number: at + 1,
            text: visible(line),
        })
        .filter(|line| !line.text.is_empty())
        .collect();
    let end = (0..all.len())
        .find(|at| begins_quote(&all[*at..]))
        .unwrap_or(all.len());
    let mut own = all;
    own.truncate(end);
    own
}

/// The first bytes of a text, cut at a character.
fn upto(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Without zero-width and direction characters, `nbsp` as space, trimmed. Lines that are too long become a dash:
/// they keep their place and say nothing.
fn visible(line: &str) -> String {
    if line.len() > LONGEST_LINE {
        return "-".to_owned();
    }
    let kept: String = line
        .chars()
        .filter(|c| {
            !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
                | '\u{feff}' | '\u{ad}' | '\u{fe0f}')
        })
        .map(|c| match c {
            '\u{a0}' | '\u{2007}' | '\u{202f}' => ' ',
            c if c.is_control() && c != '\t' => ' ',
            c => c,
        })
        .collect();
    kept.trim().to_owned()
}

/// The HTML up to the first quoted part, without block quotes in between.
fn without_quotes(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let cut = QUOTE_MARKS
        .iter()
        .filter_map(|mark| lower.find(mark))
        .min()
        .map_or(html.len(), |at| lower[..at].rfind('<').unwrap_or(at));
    let (html, lower) = (&html[..cut], &lower[..cut]);
    let mut own = String::with_capacity(html.len());
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(offset) = lower[at..].find("blockquote") {
        let word = at + offset;
        let before = &lower[at..word];
        if depth == 0 {
            own.push_str(&html[at..word]);
        }
        let opens = before.ends_with('<');
        let closes = before.ends_with("</");
        if opens {
            if depth == 0 {
                own.pop();
            }
            depth += 1;
        } else if closes && depth > 0 {
            depth -= 1;
            if depth == 0 {
                own.push_str("<br><x");
            }
        } else if depth == 0 {
            own.push_str(&html[word..word + 10]);
        }
        at = word + 10;
    }
    if depth == 0 {
        own.push_str(&html[at..]);
    }
    own
}

/// Whether a quoted or forwarded mail begins with these lines.
fn begins_quote(lines: &[Line]) -> bool {
    let Some(first) = lines.first() else {
        return false;
    };
    is_original(&first.text) || is_header(lines) || is_attribution(lines)
}

/// `-----Original Message-----`, `---------- Forwarded message ----------`, `Begin forwarded message:`.
fn is_original(line: &str) -> bool {
    if line.len() > 120 {
        return false;
    }
    let marked = line.starts_with("--")
        || line.starts_with("__")
        || line.starts_with("==")
        || line.starts_with('－')
        || line.ends_with(':')
        || line.ends_with('：');
    if !marked {
        return false;
    }
    let found = words(line);
    WORDS.original.at_start(&found).is_some()
}

/// A header block as Outlook writes it: `From:`, then at least two of `Sent:`, `To:`, `Subject:` close by.
fn is_header(lines: &[Line]) -> bool {
    let is_from = label(&lines[0].text).is_some_and(|label| WORDS.header_from.is(&label));
    is_from
        && lines[1..]
            .iter()
            .take(8)
            .filter_map(|line| label(&line.text))
            .filter(|label| WORDS.header_other.is(label))
            .count()
            >= 2
}

/// The folded words before the first colon of a line, if they are few.
fn label(line: &str) -> Option<String> {
    let (label, _) = line.split_once([':', '：'])?;
    (label.len() <= 60).then(|| words(label).join(" "))
}

/// `On Monday, 5 January 2026 at 10:00, Anna <a@b.example> wrote:`, over up to three lines.
fn is_attribution(lines: &[Line]) -> bool {
    // The date stands in its first line; else the line above would be taken with it.
    if !has_year(&lines[0].text) && !has_time(&lines[0].text) {
        return false;
    }
    let mut joined = String::new();
    for line in lines.iter().take(3) {
        if line.text.len() > 250 {
            return false;
        }
        joined.push_str(&line.text);
        joined.push(' ');
        if line.text.ends_with([':', '：']) {
            break;
        }
    }
    let joined = joined.trim_end();
    if !joined.ends_with([':', '：']) || digits(joined) < 3 {
        return false;
    }
    let has_address = joined.contains('@') && joined.contains('<');
    if has_address && digits(joined) >= 6 {
        return true;
    }
    let dated = has_address || has_year(joined) || has_time(joined);
    let found = words(joined);
    dated && (WORDS.wrote.within(&found) || WORDS.wrote.in_asian(&found.join(" ")))
}

fn has_year(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit())
        .any(|run| run.len() == 4 && (run.starts_with("19") || run.starts_with("20")))
}

fn has_time(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        word.split_once(':')
            .is_some_and(|(hour, minute)| (1..=2).contains(&digits(hour)) && digits(minute) >= 2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, format: TextFormat, own: &str) {
        let found: Vec<String> = lines(body, format)
            .into_iter()
            .map(|line| line.text)
            .collect();
        assert_eq!(found.join("/"), own, "{body}");
    }

    #[test]
    fn quoted_parts_are_left_out() {
        use TextFormat::{Html, Plain};
        for body in [
            "Hi\n\nOn Mon, 5 Jan 2026 at 10:00, A B\n<a@b.example> wrote:\n\nold",
            "Hi\n-----Original Message-----\nFrom: x",
            "Hi\n-----Ursprüngliche Nachricht-----\nold",
            "Hi\nVon: A\nGesendet: Montag\nAn: B\nBetreff: C\n\nold",
            "Hi\n> old\n> older",
            "Hi\nAm 05.01.2026 um 10:00 schrieb Anna Schmidt:\nold",
            "Hi\nLe lun. 5 janv. 2026 à 10:00, X a écrit :\nold",
            "Hi\n2026年1月5日(月) 10:00 山田 太郎 <t@y.example>:\nold",
            "Hi\n张三 <z@b.example> 于2026年1月5日周一 10:00写道：\nold",
            "Hi\nBegin forwarded message:\nold",
        ] {
            check(body, Plain, "Hi");
        }
        check(
            "<p>Hi<blockquote type=cite>old<blockquote>x</blockquote></blockquote>end",
            Html,
            "Hi/end",
        );
        check("Hi<div class=\"gmail_quote\">old</div>", Html, "Hi");
        check("I use blockquote tags", Html, "I use blockquote tags");
        check("<p>open<blockquote>never closed", Html, "open");
    }

    #[test]
    fn own_words_stay() {
        for body in [
            "From: Berlin to Rome",
            "I wrote three things:/one",
            "To: all",
        ] {
            check(&body.replace('/', "\n"), TextFormat::Plain, body);
        }
    }
}
