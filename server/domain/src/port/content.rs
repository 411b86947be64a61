//! Attachment content, kept in the encoding both wires carry.

use bytes::Bytes;

/// The content of one attachment as base64 (RFC 4648, standard alphabet, padded, no line breaks), in
/// the chunks it arrived in.
///
/// EWS delivers and C4C takes base64; decoding in between would cost a second copy of up to 25 MB.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    chunks: Vec<Bytes>,
}

impl Content {
    /// Content from base64 chunks. The caller has removed white space and checked the alphabet.
    pub fn from_base64(chunks: Vec<Bytes>) -> Self {
        Self { chunks }
    }

    /// The chunks of base64 text in order.
    pub fn chunks(&self) -> &[Bytes] {
        &self.chunks
    }

    /// The chunks, handed over.
    pub fn into_chunks(self) -> Vec<Bytes> {
        self.chunks
    }

    /// Length of the base64 text in bytes.
    pub fn encoded_len(&self) -> usize {
        self.chunks.iter().map(Bytes::len).sum()
    }

    /// Length of the decoded content in bytes.
    pub fn decoded_len(&self) -> usize {
        let mut padding = 0;
        for chunk in self.chunks.iter().rev() {
            let tail = chunk.iter().rev().take_while(|byte| **byte == b'=').count();
            padding += tail;
            if tail < chunk.len() {
                break;
            }
        }
        (self.encoded_len() / 4 * 3).saturating_sub(padding)
    }
}
