//! Where the signature stands in the newest part of a mail.

use super::{
    newest::Line,
    person::Sender,
    text::{fold, has_asian, is_capitalised, trimmed, words},
    words::WORDS,
};

/// Most lines of a signature.
const MOST_LINES: usize = 30;
/// Lines from the end in which a name without a closing phrase is looked for.
const NEAR_END: usize = 25;
/// More words than these in one line are a sentence.
const SENTENCE: usize = 16;

/// A part of a line between separators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    /// The text, trimmed.
    pub(super) text: String,
    /// Number of its line in the readable text.
    pub(super) number: usize,
    /// Which of the block's lines it stands in, from 0.
    pub(super) row: usize,
}

/// What shows where a signature begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// A line of two dashes (RFC 3676, 4.3).
    Delimiter,
    /// A closing phrase.
    Closing,
    /// The sender's name by itself.
    Name,
}

/// The signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// What showed where it begins.
    pub(super) start: Start,
    /// Its parts in order.
    pub(super) segments: Vec<Segment>,
}

impl Block {
    /// Whether the signature names another person than the sender: an assistant's, or one that was pasted.
    pub(super) fn is_somebody_elses(&self, sender: &Sender) -> bool {
        let Some(name) = &sender.person else {
            return false;
        };
        let own_address = self.segments.iter().any(|segment| {
            segment.text.to_lowercase().contains(&sender.address) && !sender.address.is_empty()
        });
        if own_address {
            return false;
        }
        let whole: Vec<String> = self
            .segments
            .iter()
            .map(|segment| segment.text.clone())
            .collect();
        if name.shares_a_word(&whole.join(" ")) {
            return false;
        }
        self.segments
            .iter()
            .take(3)
            .any(|segment| super::person::looks_like_other(&segment.text, name))
    }
}

/// Finds the signature; `None` when nothing shows where one begins.
pub(super) fn find(lines: &[Line], sender: &Sender) -> Option<Block> {
    let (start, at, first) = begin(lines, sender)?;
    let mut segments = Vec::new();
    let mut row = 0;
    if let Some(first) = first {
        split(&first, lines[at - 1].number, row, &mut segments);
        row += 1;
    }
    for line in lines[at..].iter().take(MOST_LINES) {
        if ends(&line.text) {
            break;
        }
        if is_sent_from(&line.text) || is_rule(&line.text) {
            continue;
        }
        split(&line.text, line.number, row, &mut segments);
        row += 1;
    }
    (!segments.is_empty()).then_some(Block { start, segments })
}

/// What starts the signature, the line after it, and what stands behind a closing phrase in its own line.
fn begin(lines: &[Line], sender: &Sender) -> Option<(Start, usize, Option<String>)> {
    let delimiter = lines.iter().rposition(|line| line.text == "--");
    let closing = lines
        .iter()
        .enumerate()
        .rev()
        .find_map(|(at, line)| closing_rest(&line.text).map(|rest| (at, rest)));
    match (delimiter, closing) {
        (Some(at), Some((closing, rest)))
            if closing > at || at - closing > 6 || at + 1 == lines.len() =>
        {
            let _ = at;
            Some((Start::Closing, closing + 1, rest))
        }
        // "Best regards", "Anna", "-- ": the name between them belongs to neither, the block begins behind.
        (Some(at), _) if at + 1 < lines.len() => Some((Start::Delimiter, at + 1, None)),
        (_, Some((at, rest))) => Some((Start::Closing, at + 1, rest)),
        _ => {
            let from = lines.len().saturating_sub(NEAR_END);
            let name = sender.person.as_ref()?;
            let at = lines[from..]
                .iter()
                .position(|line| name.is_alone_in(&line.text))?;
            Some((Start::Name, from + at, None))
        }
    }
}

/// Whether a line is a closing phrase; answers what follows the phrase: `Best regards, Anna`.
fn closing_rest(line: &str) -> Option<Option<String>> {
    if line.chars().count() > 70 {
        return None;
    }
    if has_asian(line) {
        let folded = fold(line);
        let end = folded.trim_end_matches(|c: char| !c.is_alphanumeric());
        return WORDS.closing.ends_asian(end).then_some(None);
    }
    let found = words(line);
    let length = WORDS.closing.at_start(&found)?;
    if length == found.len() {
        return Some(None);
    }
    let rest = &found[length..];
    if let Some((phrase, behind)) = line.split_once([',', '!', '.', '|'])
        && words(phrase).len() == length
    {
        // "Thanks, Anna", but not "Thanks, that works".
        let behind = trimmed(behind);
        let named = behind.split_whitespace().count() <= 4
            && behind.split_whitespace().all(is_capitalised)
            && !behind.ends_with(['?', '!']);
        if named || WORDS.closing.is(&rest.join(" ")) {
            return Some(
                Some(behind.to_owned()).filter(|_| named && !WORDS.closing.is(&rest.join(" "))),
            );
        }
    }
    // "Viele Grüße aus Hamburg", "Un cordial saludo a todos".
    (rest.len() <= 2 && length >= 2).then_some(None)
}

/// Whether the signature ends before this line: legal notices, postscripts, whole sentences.
fn ends(line: &str) -> bool {
    let found = words(line);
    if WORDS.postscript.at_start(&found).is_some() && found.len() > 3 {
        return true;
    }
    let folded = fold(line);
    let begins = WORDS.disclaimer.at_start(&found).is_some() || WORDS.disclaimer.in_asian(&folded);
    let many = found.len() >= SENTENCE
        && !line.contains(['|', '\t', '·', '•', '｜'])
        && super::text::digits(line) < 12;
    begins || many
}

fn is_sent_from(line: &str) -> bool {
    WORDS.sent_from.at_start(&words(line)).is_some() || WORDS.sent_from.in_asian(&fold(line))
}

/// A line drawn of signs.
fn is_rule(line: &str) -> bool {
    !line.chars().any(char::is_alphanumeric)
}

/// Cuts a line at separators.
fn split(line: &str, number: usize, row: usize, segments: &mut Vec<Segment>) {
    let mut marked = String::with_capacity(line.len());
    let mut spaces = 0;
    for c in line.chars() {
        match c {
            '|' | '｜' | '\t' | '•' | '●' | '■' | '▪' | '◆' | '‖' | '¦' | '│' | '·' | '►' | '▶'
            | '∙' | '◦' => {
                marked.push('\n');
                spaces = 0;
            }
            ' ' | '\u{3000}' => {
                spaces += 1;
                marked.push(c);
                if spaces == 3 {
                    marked.push('\n');
                }
            }
            c => {
                spaces = 0;
                marked.push(c);
            }
        }
    }
    for part in marked.split('\n').flat_map(|part| part.split(" // ")) {
        let text = part.trim().trim_matches(['*', '_', '"']).trim();
        if text.chars().any(char::is_alphanumeric) {
            segments.push(Segment {
                text: text.to_owned(),
                number,
                row,
            });
        }
    }
}
