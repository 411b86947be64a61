//! A set of slots of one chunk of the directory, as it lies in the database.

/// Slots of a chunk.
pub const SLOTS: i64 = 65_536;

/// Bytes of the form with one bit per slot.
const BITS: usize = 8_192;

/// A set of slots below [`SLOTS`]. As bytes: below 4,096 of them two bytes each (little endian, ascending), else
/// one bit each in 8,192 bytes; the length tells which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posting(Vec<u16>);

impl Posting {
    /// Reads the bytes; `None` when they are not of this form.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() == BITS {
            let bits = bytes.iter().enumerate().flat_map(|(at, byte)| {
                (0..8)
                    .filter(move |bit| byte >> bit & 1 == 1)
                    .map(move |bit| at * 8 + bit)
            });
            return Some(Self(
                bits.filter_map(|slot| u16::try_from(slot).ok()).collect(),
            ));
        }
        if bytes.len() > BITS || !bytes.len().is_multiple_of(2) {
            return None;
        }
        let slots = bytes
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        let slots: Vec<u16> = slots.collect();
        slots.is_sorted_by(|a, b| a < b).then_some(Self(slots))
    }

    /// The bytes.
    pub fn bytes(&self) -> Vec<u8> {
        if self.0.len() * 2 < BITS {
            return self.0.iter().flat_map(|slot| slot.to_le_bytes()).collect();
        }
        let mut bits = vec![0; BITS];
        for slot in &self.0 {
            bits[usize::from(*slot) / 8] |= 1 << (slot % 8);
        }
        bits
    }

    /// Adds a slot.
    pub fn insert(&mut self, slot: u16) {
        // Mostly the newest of all.
        if self.0.last().is_none_or(|last| *last < slot) {
            self.0.push(slot);
        } else if let Err(at) = self.0.binary_search(&slot) {
            self.0.insert(at, slot);
        }
    }

    /// Takes a slot out.
    pub fn remove(&mut self, slot: u16) {
        if let Ok(at) = self.0.binary_search(&slot) {
            self.0.remove(at);
        }
    }

    /// The slots, ascending.
    pub fn slots(&self) -> &[u16] {
        &self.0
    }

    /// Keeps what the other has as well.
    pub fn keep(&mut self, other: &Self) {
        let mut theirs = other.0.iter().copied().peekable();
        self.0.retain(|slot| {
            while theirs.next_if(|their| their < slot).is_some() {}
            theirs.peek() == Some(slot)
        });
    }

    /// Whether it has no slot.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn of(slots: &BTreeSet<u16>) -> Posting {
        let mut posting = Posting::default();
        for slot in slots.iter().rev() {
            posting.insert(*slot);
        }
        posting
    }

    #[test]
    fn both_forms_hold_the_same() {
        for count in [0, 1, 4_095, 4_096, 4_097, 65_535] {
            let slots: BTreeSet<u16> = (0..count).map(|n| 65_535 - n).collect();
            let posting = slots.iter().fold(Posting::default(), |mut posting, slot| {
                posting.insert(*slot);
                posting
            });
            assert_eq!(Posting::read(&posting.bytes()), Some(posting), "{count}");
        }
        assert_eq!(Posting::read(&[1]), None);
        assert_eq!(Posting::read(&[2, 0, 1, 0]), None, "descending");
        assert_eq!(Posting::read(&vec![0; 9_000]), None);
    }

    proptest! {
        #[test]
        fn it_is_a_set(a in proptest::collection::btree_set(0u16..500, 0..200),
                       b in proptest::collection::btree_set(0u16..500, 0..200)) {
            let (mut one, other) = (of(&a), of(&b));
            prop_assert_eq!(Posting::read(&one.bytes()).unwrap(), one.clone());
            let mut fewer = one.clone();
            for slot in &b {
                fewer.remove(*slot);
            }
            prop_assert!(fewer.slots().iter().copied().eq(a.difference(&b).copied()));
            one.keep(&other);
            prop_assert!(one.slots().iter().copied().eq(a.intersection(&b).copied()));
        }
    }
}
