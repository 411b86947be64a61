//! A request body in pieces, so that attachment content travels without being copied together.

use bytes::Bytes;
use futures::stream;

/// Bodies up to this many bytes are joined into one piece.
const SMALL: usize = 1 << 20;

/// Bytes in pieces, of known total length.
#[derive(Debug, Clone, Default)]
pub(in crate::c4c) struct Rope {
    pieces: Vec<Bytes>,
    len: usize,
}

impl Rope {
    pub(in crate::c4c) fn push(&mut self, piece: impl Into<Bytes>) {
        let piece = piece.into();
        if !piece.is_empty() {
            self.len += piece.len();
            self.pieces.push(piece);
        }
    }

    pub(in crate::c4c) fn append(&mut self, other: Rope) {
        self.len += other.len;
        self.pieces.extend(other.pieces);
    }

    pub(in crate::c4c) fn len(&self) -> usize {
        self.len
    }

    /// The body; its length is announced by the caller, because servers written by hand seldom read
    /// chunked requests.
    pub(in crate::c4c) fn into_body(self) -> reqwest::Body {
        if self.len <= SMALL {
            return self.pieces.concat().into();
        }
        let pieces = self
            .pieces
            .into_iter()
            .map(Ok::<_, std::convert::Infallible>);
        reqwest::Body::wrap_stream(stream::iter(pieces))
    }

    #[cfg(test)]
    pub(in crate::c4c) fn text(&self) -> String {
        String::from_utf8(self.pieces.concat()).expect("bodies in tests are text")
    }
}

impl From<String> for Rope {
    fn from(text: String) -> Self {
        let mut rope = Rope::default();
        rope.push(text);
        rope
    }
}
