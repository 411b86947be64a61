//! Opaque ids on the wire: item, folder and attachment ids, change keys.
//!
//! Shaped like Exchange's (base64, case-sensitive, well over 100 characters), with a checksum, so that a forged
//! or truncated id is told apart from one that no longer exists.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

/// What an id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// An item.
    Item,
    /// A folder.
    Folder,
    /// An attachment of the item with the first number.
    Attachment,
}

/// A decoded id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id {
    /// Mailbox it belongs to.
    pub mailbox: u128,
    /// Kind of thing.
    pub target: Target,
    /// Number of the item or folder.
    pub key: u64,
    /// Number of the attachment within the item; for an item the original start of the occurrence it names, in
    /// seconds since 1970; 0 otherwise.
    pub part: u64,
}

/// Why an id was refused, as the EWS response code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadId {
    /// `ErrorInvalidIdEmpty`.
    Empty,
    /// `ErrorInvalidIdMalformed`.
    Malformed,
}

/// First bytes of every Exchange entry id in EWS form; gives the familiar `AAMkA…`.
const LEAD: [u8; 4] = [0x00, 0x03, 0x24, 0x00];
/// Filler where Exchange keeps provider and folder identifiers; makes ids as long as real ones.
const FILLER: [u8; 38] = *b"\0.\0\0\0\0\0\xfd\x0a\x86\x8d\x62\xb1\x5e\x4a\x96\x2c\x11\xd0\x54\x5e\x9f\x9c\x01\0\x5d\xcc\x27\x6a\x91\x1f\xb3\x43\x8c\x03\xae\x77\0";
const LENGTH: usize = LEAD.len() + 16 + FILLER.len() + 1 + 8 + 8 + 4;

/// FNV-1a, wide enough to notice every changed byte of an id.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

/// A stable 128-bit number for a name (FNV-1a).
pub(crate) fn fingerprint(text: &str) -> u128 {
    text.bytes()
        .fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
            (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
        })
}

impl Id {
    /// Original start of the occurrence an item id names. A part that is no time names an occurrence no series
    /// has.
    pub fn occurrence(self) -> Option<Timestamp> {
        let names_one = self.target == Target::Item && self.part != 0;
        let seconds = i64::from_be_bytes(self.part.to_be_bytes());
        names_one.then(|| Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN))
    }

    /// The part of an item id that names an occurrence.
    pub fn part_of(occurrence: Option<Timestamp>) -> u64 {
        let seconds = occurrence.map_or(0, Timestamp::as_second);
        u64::from_be_bytes(seconds.to_be_bytes())
    }

    /// The id as clients see it.
    pub fn encode(self) -> String {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(&LEAD);
        bytes.extend_from_slice(&self.mailbox.to_be_bytes());
        bytes.extend_from_slice(&FILLER);
        bytes.push(match self.target {
            Target::Item => b'i',
            Target::Folder => b'f',
            Target::Attachment => b'a',
        });
        bytes.extend_from_slice(&self.key.to_be_bytes());
        bytes.extend_from_slice(&self.part.to_be_bytes());
        bytes.extend_from_slice(&checksum(&bytes).to_be_bytes());
        STANDARD.encode(bytes)
    }

    /// Reads an id back.
    ///
    /// # Errors
    /// When it is empty or not one of ours.
    pub fn decode(text: &str) -> Result<Self, BadId> {
        if text.trim().is_empty() {
            return Err(BadId::Empty);
        }
        let bytes = STANDARD.decode(text.trim()).map_err(|_| BadId::Malformed)?;
        let (rest, sum) = bytes.split_last_chunk::<4>().ok_or(BadId::Malformed)?;
        if rest.len() + 4 != LENGTH || u32::from_be_bytes(*sum) != checksum(rest) {
            return Err(BadId::Malformed);
        }
        let (rest, part) = rest.split_last_chunk::<8>().ok_or(BadId::Malformed)?;
        let (rest, key) = rest.split_last_chunk::<8>().ok_or(BadId::Malformed)?;
        let target = match rest.last() {
            Some(b'i') => Target::Item,
            Some(b'f') => Target::Folder,
            Some(b'a') => Target::Attachment,
            _ => return Err(BadId::Malformed),
        };
        let mailbox = rest
            .get(LEAD.len()..)
            .and_then(<[u8]>::first_chunk::<16>)
            .ok_or(BadId::Malformed)?;
        Ok(Self {
            mailbox: u128::from_be_bytes(*mailbox),
            target,
            key: u64::from_be_bytes(*key),
            part: u64::from_be_bytes(*part),
        })
    }
}

/// The change key for version `version` of a thing in `mailbox`.
pub fn change_key(mailbox: u128, version: u64) -> String {
    let mut bytes = vec![0x09, 0, 0, 0, 0x16, 0, 0, 0];
    bytes.extend_from_slice(&mailbox.to_be_bytes());
    bytes.extend_from_slice(&version.to_be_bytes());
    STANDARD.encode(bytes)
}

/// The version inside a change key; `None` when it is not one of ours.
pub fn version_of(change_key: &str) -> Option<u64> {
    let bytes = STANDARD.decode(change_key.trim()).ok()?;
    let (rest, version) = bytes.split_last_chunk::<8>()?;
    (rest.len() == 24).then(|| u64::from_be_bytes(*version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_a_changed_one_does_not() {
        let id = Id {
            mailbox: fingerprint("a@b"),
            target: Target::Attachment,
            key: 77,
            part: 3,
        };
        let text = id.encode();
        assert!(text.starts_with("AAMkA") && text.len() > 100, "{text}");
        assert_eq!(Id::decode(&text), Ok(id));
        assert_eq!(Id::decode(&text.to_lowercase()), Err(BadId::Malformed));
        assert_eq!(Id::decode(&text[..40]), Err(BadId::Malformed));
        assert_eq!(Id::decode(" "), Err(BadId::Empty));
    }

    #[test]
    fn a_change_key_carries_its_version() {
        assert_eq!(version_of(&change_key(1, 42)), Some(42));
        assert_eq!(version_of("bm8="), None);
    }
}
