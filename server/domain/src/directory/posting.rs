//! A set of slots of one chunk of the directory, as it lies in the database.

mod tally;

use std::borrow::Cow;

pub use tally::Tally;

/// Slots of a chunk.
pub const SLOTS: i64 = 65_536;

/// Bytes of the form with one bit per slot.
const BITS: usize = 8_192;

/// From so many slots on there is one bit for each.
const MANY: usize = BITS / 2;

/// A set of slots below [`SLOTS`]. As bytes: below 4,096 of them two bytes each (little endian, ascending), else
/// one bit each in 8,192 bytes; the length tells which.
#[derive(Debug, Clone)]
pub struct Posting(Slots);

/// Sets of many are cut with each other word by word; that is what a search mostly does.
#[derive(Debug, Clone)]
enum Slots {
    /// Ascending.
    Few(Vec<u16>),
    /// One bit each, 64 to a word.
    Many(Vec<u64>),
}

use Slots::{Few, Many};

impl Default for Posting {
    fn default() -> Self {
        Self(Few(Vec::new()))
    }
}

impl PartialEq for Posting {
    fn eq(&self, other: &Self) -> bool {
        self.slots() == other.slots()
    }
}

impl Eq for Posting {}

impl Posting {
    /// Reads the bytes; `None` when they are not of this form.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() == BITS {
            let words = bytes.as_chunks::<8>().0.iter();
            return Some(Self(Many(
                words.map(|word| u64::from_le_bytes(*word)).collect(),
            )));
        }
        if bytes.len() > BITS || !bytes.len().is_multiple_of(2) {
            return None;
        }
        let pairs = bytes.as_chunks::<2>().0.iter();
        let slots: Vec<u16> = pairs.map(|pair| u16::from_le_bytes(*pair)).collect();
        slots.is_sorted_by(|a, b| a < b).then_some(Self(Few(slots)))
    }

    /// The bytes.
    pub fn bytes(&self) -> Vec<u8> {
        if self.len() < MANY {
            let slots = self.slots();
            return slots.iter().flat_map(|slot| slot.to_le_bytes()).collect();
        }
        let words = match &self.0 {
            Many(words) => Cow::Borrowed(words),
            Few(slots) => Cow::Owned(bits(slots)),
        };
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// Adds a slot.
    pub fn insert(&mut self, slot: u16) {
        match &mut self.0 {
            Many(words) => words[usize::from(slot / 64)] |= 1 << (slot % 64),
            // Mostly the newest of all.
            Few(slots) if slots.last().is_none_or(|last| *last < slot) => slots.push(slot),
            Few(slots) => {
                if let Err(at) = slots.binary_search(&slot) {
                    slots.insert(at, slot);
                }
            }
        }
        if let Few(slots) = &self.0
            && slots.len() >= MANY
        {
            self.0 = Many(bits(slots));
        }
    }

    /// Takes a slot out.
    pub fn remove(&mut self, slot: u16) {
        match &mut self.0 {
            Many(words) => words[usize::from(slot / 64)] &= !(1 << (slot % 64)),
            Few(slots) => {
                if let Ok(at) = slots.binary_search(&slot) {
                    slots.remove(at);
                }
            }
        }
    }

    /// The slots, ascending.
    pub fn slots(&self) -> Cow<'_, [u16]> {
        match &self.0 {
            Few(slots) => Cow::Borrowed(slots),
            Many(words) => Cow::Owned(listed(words)),
        }
    }

    /// How many slots it has.
    pub fn len(&self) -> usize {
        match &self.0 {
            Few(slots) => slots.len(),
            Many(words) => words.iter().map(|word| word.count_ones() as usize).sum(),
        }
    }

    /// Whether it has this slot.
    pub fn contains(&self, slot: u16) -> bool {
        match &self.0 {
            Few(slots) => slots.binary_search(&slot).is_ok(),
            Many(words) => words[usize::from(slot / 64)] >> (slot % 64) & 1 == 1,
        }
    }

    /// Keeps what the other has as well.
    pub fn keep(&mut self, other: &Self) {
        match (&mut self.0, &other.0) {
            (Few(slots), _) => slots.retain(|slot| other.contains(*slot)),
            (Many(words), Many(theirs)) => {
                for (word, their) in words.iter_mut().zip(theirs) {
                    *word &= their;
                }
            }
            (Many(_), Few(theirs)) => {
                let both = theirs.iter().copied().filter(|slot| self.contains(*slot));
                self.0 = Few(both.collect());
            }
        }
    }

    /// Adds what the other has.
    pub fn add(&mut self, other: &Self) {
        match (&mut self.0, &other.0) {
            (Many(words), Many(theirs)) => {
                for (word, their) in words.iter_mut().zip(theirs) {
                    *word |= their;
                }
            }
            (Few(_), Many(_)) => {
                let few = std::mem::replace(self, other.clone());
                self.add(&few);
            }
            (_, Few(theirs)) => {
                for slot in theirs {
                    self.insert(*slot);
                }
            }
        }
    }

    /// Whether it has no slot.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn bits(slots: &[u16]) -> Vec<u64> {
    let mut words = vec![0; BITS / 8];
    for slot in slots {
        words[usize::from(slot / 64)] |= 1 << (slot % 64);
    }
    words
}

fn listed(words: &[u64]) -> Vec<u16> {
    let mut slots = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let mut left = *word;
        while left != 0 {
            let bit = left.trailing_zeros() as usize;
            slots.push(u16::try_from(at * 64 + bit).unwrap_or(u16::MAX));
            left &= left - 1;
        }
    }
    slots
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

    /// A set of few and one of many, both ways.
    #[test]
    fn sets_of_either_form_are_cut_and_joined() {
        let of = |step: usize, most: u16| of(&(0..most).step_by(step).collect());
        for (one, other) in [((3, 60_000), (7, 9_000)), ((2, 65_535), (3, 65_535))] {
            let (one, other) = (of(one.0, one.1), of(other.0, other.1));
            let both: BTreeSet<u16> = one.slots().iter().copied().collect();
            let theirs: BTreeSet<u16> = other.slots().iter().copied().collect();
            for (mut kept, by) in [(one.clone(), &other), (other.clone(), &one)] {
                let mut joined = kept.clone();
                kept.keep(by);
                assert!(kept.slots().iter().eq(both.intersection(&theirs)));
                assert_eq!(Posting::read(&kept.bytes()), Some(kept));
                joined.add(by);
                assert!(joined.slots().iter().eq(both.union(&theirs)));
                assert_eq!(joined.len(), joined.slots().len());
            }
        }
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
            let mut more = one.clone();
            more.add(&other);
            prop_assert!(more.slots().iter().copied().eq(a.union(&b).copied()));
            one.keep(&other);
            prop_assert!(one.slots().iter().copied().eq(a.intersection(&b).copied()));
        }
    }
}
