//! In how many of several sets each slot of a chunk is.

use super::{BITS, Few, Many, Posting};

/// Words of a plane.
const WORDS: usize = BITS / 8;

/// Counts of all slots, in planes of one bit per slot: the first holds the ones, the next the twos, and so on. A set is
/// added to 64 counts at once.
///
/// ```
/// use ssi_domain::directory::{Posting, Tally};
/// let of = |slots: &[u16]| slots.iter().fold(Posting::default(), |mut set, slot| {
///     set.insert(*slot);
///     set
/// });
/// let mut tally = Tally::default();
/// for set in [of(&[1, 2]), of(&[2, 3]), of(&[2])] {
///     tally.add(&set);
/// }
/// assert_eq!(tally.at_least(2), of(&[2]));
/// assert_eq!(tally.most_counted(&of(&[1, 2, 3]), 2), [(3, 2), (1, 3)]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Tally {
    planes: Vec<Vec<u64>>,
    sets: usize,
}

impl Tally {
    /// Counts the slots of a set.
    pub fn add(&mut self, posting: &Posting) {
        self.sets += 1;
        match &posting.0 {
            Few(slots) => slots.iter().for_each(|slot| self.count_one(*slot)),
            Many(words) => self.count_all(words),
        }
    }

    fn count_one(&mut self, slot: u16) {
        let (at, bit) = (usize::from(slot / 64), 1 << (slot % 64));
        for plane in &mut self.planes {
            plane[at] ^= bit;
            // Nothing to carry where the bit was clear.
            if plane[at] & bit != 0 {
                return;
            }
        }
        let mut plane = vec![0; WORDS];
        plane[at] = bit;
        self.planes.push(plane);
    }

    fn count_all(&mut self, words: &[u64]) {
        let mut carried = words.to_vec();
        for plane in &mut self.planes {
            let mut any = 0;
            for (word, carry) in plane.iter_mut().zip(&mut carried) {
                let both = *word & *carry;
                *word ^= *carry;
                *carry = both;
                any |= both;
            }
            if any == 0 {
                return;
            }
        }
        self.planes.push(carried);
    }

    /// The slots counted so often or more often; `least` is one or more.
    pub fn at_least(&self, least: usize) -> Posting {
        self.compared(least, |more, same| more | same)
    }

    /// The slots among these that were counted most, with how often, at most `most` of them; of equal ones the
    /// highest first. Those that were not counted are left out.
    pub fn most_counted(&self, among: &Posting, most: usize) -> Vec<(usize, u16)> {
        let mut best = Vec::new();
        let mut left = among.len();
        for count in (1..=self.sets).rev() {
            if left == 0 || best.len() >= most {
                break;
            }
            let mut these = self.compared(count, |_, same| same);
            these.keep(among);
            left -= these.len();
            best.extend(these.slots().iter().rev().map(|slot| (count, *slot)));
        }
        best.truncate(most);
        best
    }

    /// Compares the counts of all slots with a number, from the highest plane down: which are more and which the same.
    fn compared(&self, number: usize, keep: impl Fn(u64, u64) -> u64) -> Posting {
        if number >> self.planes.len() != 0 {
            return Posting::default();
        }
        let mut kept = vec![0; WORDS];
        for (at, kept) in kept.iter_mut().enumerate() {
            let (mut more, mut same) = (0, u64::MAX);
            for (digit, plane) in self.planes.iter().enumerate().rev() {
                if number >> digit & 1 == 1 {
                    same &= plane[at];
                } else {
                    more |= same & plane[at];
                    same &= !plane[at];
                }
            }
            *kept = keep(more, same);
        }
        Posting(Many(kept))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn of(slots: &[u16]) -> Posting {
        let mut posting = Posting::default();
        for slot in slots {
            posting.insert(*slot);
        }
        posting
    }

    proptest! {
        // Sets of many are counted slot by slot here.
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Sets of few and of many, counted one by one for comparison.
        #[test]
        fn it_counts_as_one_by_one(
            few in proptest::collection::vec(proptest::collection::vec(0u16..300, 0..40), 0..9),
            steps in proptest::collection::vec(1usize..9, 0..5),
            least in 1usize..14, most in 1usize..50,
        ) {
            let many = steps.iter().map(|step| (0..65_535).step_by(*step).collect::<Vec<u16>>());
            let sets: Vec<Posting> = few.into_iter().chain(many).map(|slots| of(&slots)).collect();
            let mut tally = Tally::default();
            let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
            for set in &sets {
                tally.add(set);
                for slot in set.slots().iter() {
                    *counts.entry(*slot).or_default() += 1;
                }
            }
            let enough = counts.iter().filter(|(_, count)| **count >= least);
            prop_assert!(tally.at_least(least).slots().iter().eq(enough.map(|(slot, _)| slot)));
            let among = of(&(0..65_000).step_by(3).collect::<Vec<u16>>());
            let mut best: Vec<(usize, u16)> = counts.into_iter().map(|(slot, count)| (count, slot)).collect();
            best.retain(|(_, slot)| among.contains(*slot));
            best.sort_unstable_by(|a, b| b.cmp(a));
            best.truncate(most);
            prop_assert_eq!(tally.most_counted(&among, most), best);
        }
    }
}
