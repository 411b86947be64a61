//! Takes one large base64 element out of an answer while it arrives, so that an attachment is held once.
//!
//! What is left (the skeleton) is an ordinary small answer and is read as one.

use bytes::{Bytes, BytesMut};
use ssi_domain::port::Content;

/// Most bytes outside of the element.
const SKELETON_LIMIT: usize = 1 << 20;

/// A tag or comment that is longer never ends; waiting for its end would cost more with every piece.
const LONGEST_MARKUP: usize = 64 << 10;

/// Content is kept in blocks of this size, so that no block pins a network buffer.
const BLOCK: usize = 256 << 10;

/// Why an answer could not be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ScanError {
    /// The content is larger than the caller wants.
    #[error("content larger than allowed")]
    TooLarge,
    /// Too much beside the content.
    #[error("answer with too much beside its content")]
    SkeletonTooLarge,
    /// The content is not base64.
    #[error("content is not base64")]
    NotBase64,
    /// The answer ends inside the content.
    #[error("the XML document ended unexpectedly")]
    Truncated,
}

/// Takes one element's base64 text out of a stream of bytes.
#[derive(Debug)]
pub(crate) struct Extractor {
    wanted: &'static str,
    limit_bytes: u64,
    state: State,
    units: Option<Utf16>,
    started: bool,
    skeleton: Vec<u8>,
    /// Up to here the skeleton holds no start of the element.
    searched: usize,
    /// The skeleton ends inside a tag: only a `>` can make searching worth while.
    open: bool,
    base64: Base64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Inside,
    /// In a character reference inside the content.
    Reference,
    After,
}

/// What came out.
#[derive(Debug)]
pub(crate) struct Extracted {
    /// The content; `None` when the element did not occur.
    pub(crate) content: Option<Content>,
    /// The answer without the content.
    pub(crate) skeleton: Vec<u8>,
}

impl Extractor {
    /// Looks for the first element with this local name; its decoded text may have so many bytes.
    pub(crate) fn new(wanted: &'static str, limit_bytes: u64) -> Self {
        Self {
            wanted,
            limit_bytes,
            state: State::Before,
            units: None,
            started: false,
            skeleton: Vec::new(),
            searched: 0,
            open: false,
            base64: Base64::default(),
        }
    }

    /// The next bytes of the answer.
    pub(crate) fn feed(&mut self, piece: &[u8]) -> Result<(), ScanError> {
        if !self.started && !piece.is_empty() {
            self.started = true;
            self.units = Utf16::sniff(piece);
        }
        match &mut self.units {
            Some(units) => {
                let text = units.decode(piece);
                self.feed_utf8(text.as_bytes())
            }
            None => self.feed_utf8(piece),
        }
    }

    /// The end of the answer.
    pub(crate) fn finish(self) -> Result<Extracted, ScanError> {
        let content = match self.state {
            State::Before => None,
            State::Inside | State::Reference => return Err(ScanError::Truncated),
            State::After => Some(self.base64.finish()?),
        };
        Ok(Extracted {
            content,
            skeleton: self.skeleton,
        })
    }

    fn feed_utf8(&mut self, mut piece: &[u8]) -> Result<(), ScanError> {
        while !piece.is_empty() {
            piece = match self.state {
                State::Before => {
                    let known = self.skeleton.len();
                    self.keep(piece)?;
                    let may_end = !self.open || piece.contains(&b'>');
                    match if may_end { self.search() } else { None } {
                        Some(end) => {
                            self.skeleton.truncate(end);
                            self.state = State::Inside;
                            // The tag was not complete before, so it ends within this piece.
                            &piece[end.saturating_sub(known)..]
                        }
                        None if self.open
                            && self.skeleton.len() - self.searched > LONGEST_MARKUP =>
                        {
                            return Err(ScanError::SkeletonTooLarge);
                        }
                        None => &[],
                    }
                }
                State::Inside => self.inside(piece)?,
                State::Reference => match piece.iter().position(|byte| *byte == b';') {
                    Some(at) => {
                        self.state = State::Inside;
                        &piece[at + 1..]
                    }
                    None => &[],
                },
                State::After => {
                    self.keep(piece)?;
                    &[]
                }
            };
        }
        Ok(())
    }

    fn inside<'p>(&mut self, piece: &'p [u8]) -> Result<&'p [u8], ScanError> {
        let stop = piece.iter().position(|byte| matches!(byte, b'<' | b'&'));
        let (text, rest) = piece.split_at(stop.unwrap_or(piece.len()));
        self.base64.push(text)?;
        if self.base64.decoded_len() > self.limit_bytes {
            return Err(ScanError::TooLarge);
        }
        match rest.first() {
            // Only line ends are ever written as references here; whatever it is, it is not base64.
            Some(b'&') => self.state = State::Reference,
            Some(_) => {
                self.state = State::After;
                return Ok(rest);
            }
            None => {}
        }
        Ok(rest.get(1..).unwrap_or_default())
    }

    fn keep(&mut self, piece: &[u8]) -> Result<(), ScanError> {
        if self.skeleton.len() + piece.len() > SKELETON_LIMIT + BLOCK {
            return Err(ScanError::SkeletonTooLarge);
        }
        self.skeleton.extend_from_slice(piece);
        Ok(())
    }

    /// The end of the wanted start tag, if the skeleton has it by now.
    fn search(&mut self) -> Option<usize> {
        loop {
            let rest = &self.skeleton[self.searched..];
            let Some(open) = rest.iter().position(|byte| *byte == b'<') else {
                self.searched = self.skeleton.len();
                self.open = false;
                return None;
            };
            let markup = &rest[open..];
            let Some(length) = markup_length(markup) else {
                self.searched += open;
                self.open = true;
                return None;
            };
            let found = starts(&markup[..length], self.wanted.as_bytes());
            self.searched += open + length;
            self.open = false;
            if found {
                return Some(self.searched);
            }
        }
    }
}

/// Length of the tag, comment, CDATA section or instruction that the text starts with; `None` when its
/// end is not there yet.
fn markup_length(text: &[u8]) -> Option<usize> {
    let until = |end: &[u8]| {
        text.windows(end.len())
            .position(|window| window == end)
            .map(|at| at + end.len())
    };
    const CDATA: &[u8] = b"<![CDATA[";
    // A few more bytes tell a comment from a CDATA section.
    if text.len() < CDATA.len() && (CDATA.starts_with(text) || b"<!--".starts_with(text)) {
        return None;
    }
    match text {
        [b'<', b'!', b'-', b'-', ..] => until(b"-->"),
        [b'<', b'?', ..] => until(b"?>"),
        _ if text.starts_with(CDATA) => until(b"]]>"),
        _ => {
            let mut quote = None;
            for (at, byte) in text.iter().enumerate() {
                match (quote, byte) {
                    (None, b'>') => return Some(at + 1),
                    (None, b'"' | b'\'') => quote = Some(byte),
                    (Some(open), byte) if open == byte => quote = None,
                    _ => {}
                }
            }
            None
        }
    }
}

/// Whether this markup is a start tag, not an empty element, with this local name.
fn starts(markup: &[u8], wanted: &[u8]) -> bool {
    let inner = &markup[1..markup.len() - 1];
    if inner.ends_with(b"/") {
        return false;
    }
    let end = inner
        .iter()
        .position(u8::is_ascii_whitespace)
        .unwrap_or(inner.len());
    let name = &inner[..end];
    let local = name
        .iter()
        .rposition(|byte| *byte == b':')
        .map_or(name, |at| &name[at + 1..]);
    local == wanted && !name.starts_with(b"/")
}

/// Collects base64 text without white space.
#[derive(Debug, Default)]
struct Base64 {
    blocks: Vec<Bytes>,
    block: BytesMut,
    length: u64,
    padding: u64,
}

impl Base64 {
    fn push(&mut self, text: &[u8]) -> Result<(), ScanError> {
        for run in text
            .split(u8::is_ascii_whitespace)
            .filter(|run| !run.is_empty())
        {
            let padding = run.iter().rev().take_while(|byte| **byte == b'=').count();
            let (data, _) = run.split_at(run.len() - padding);
            let valid = data
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
            self.padding += padding as u64;
            let data_after_padding = !data.is_empty() && self.padding > padding as u64;
            if !valid || self.padding > 2 || data_after_padding {
                return Err(ScanError::NotBase64);
            }
            self.length += run.len() as u64;
            self.store(run);
        }
        Ok(())
    }

    fn store(&mut self, mut run: &[u8]) {
        while !run.is_empty() {
            if self.block.capacity() == 0 {
                self.block.reserve(BLOCK);
            }
            let (now, later) = run.split_at(run.len().min(BLOCK - self.block.len()));
            self.block.extend_from_slice(now);
            if self.block.len() == BLOCK {
                self.blocks.push(std::mem::take(&mut self.block).freeze());
            }
            run = later;
        }
    }

    fn decoded_len(&self) -> u64 {
        (self.length / 4 * 3).saturating_sub(self.padding)
    }

    fn finish(mut self) -> Result<Content, ScanError> {
        if !self.length.is_multiple_of(4) {
            return Err(ScanError::NotBase64);
        }
        if !self.block.is_empty() {
            // The last block is rarely full; a small copy instead of a large reservation.
            self.blocks.push(Bytes::copy_from_slice(&self.block));
        }
        Ok(Content::from_base64(self.blocks))
    }
}

/// Turns UTF-16 into UTF-8 piece by piece.
#[derive(Debug)]
struct Utf16 {
    unit: fn([u8; 2]) -> u16,
    odd: Option<u8>,
    high: Option<u16>,
}

impl Utf16 {
    fn sniff(start: &[u8]) -> Option<Self> {
        let unit: fn([u8; 2]) -> u16 = match start {
            [0xFF, 0xFE, ..] | [b'<', 0, ..] => u16::from_le_bytes,
            [0xFE, 0xFF, ..] | [0, b'<', ..] => u16::from_be_bytes,
            _ => return None,
        };
        Some(Self {
            unit,
            odd: None,
            high: None,
        })
    }

    fn decode(&mut self, piece: &[u8]) -> String {
        let mut units: Vec<u16> = self.high.take().into_iter().collect();
        for byte in piece {
            match self.odd.take() {
                Some(first) => units.push((self.unit)([first, *byte])),
                None => self.odd = Some(*byte),
            }
        }
        if let Some(0xD800..=0xDBFF) = units.last() {
            self.high = units.pop();
        }
        String::from_utf16_lossy(&units).replace('\u{FEFF}', "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fuzz run found an answer whose open quote made every further byte cost as much as all before.
    #[test]
    fn a_tag_that_never_ends_is_given_up_in_linear_time() {
        let mut extractor = Extractor::new("Content", 1 << 20);
        let endless = [b"<a b=\"".to_vec(), vec![b'x'; 2 << 20]].concat();
        let fed = endless
            .chunks(1)
            .try_for_each(|piece| extractor.feed(piece));
        assert_eq!(fed, Err(ScanError::SkeletonTooLarge));
    }
}
