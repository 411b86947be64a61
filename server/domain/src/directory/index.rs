//! By which key which slots are found: what is kept in memory of a tenant's directory.

use std::{
    collections::{BTreeSet, HashMap},
    hash::{BuildHasher, Hash, RandomState},
};

use super::Party;
use crate::{Kind, RecordRef, autolink::Missing};

/// Slots that are looked at per address, those that changed last.
const MOST_PER_ADDRESS: usize = 50;
/// Accounts that are looked at per domain: more of them name nobody anyway (LNK-05).
const MOST_PER_DOMAIN: usize = 20;
/// Pairs that may come on top of twice those that were there before it is worth starting over.
const SPARE: usize = 250_000;

/// What points to a party.
#[derive(Hash)]
enum Key<'a> {
    Address(&'a str),
    Domain(&'a str),
    Account(&'a RecordRef),
    /// From a party to the account it belongs to.
    Owner(i64),
}

/// A key points to a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pointer {
    /// The place of the address or the domain in what was asked for; 0 for an account.
    pub at: usize,
    /// The slot.
    pub slot: i64,
    key: u64,
}

/// All that the keys asked for point to, for each the last changed first.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pointers {
    /// By address, at most 50 of each.
    pub by_key: Vec<Pointer>,
    /// Accounts by domain, at most 20 of each.
    pub by_domain: Vec<Pointer>,
    /// The accounts that the former belong to, each once.
    pub accounts: Vec<Pointer>,
}

impl Pointers {
    fn all(&self) -> impl Iterator<Item = &Pointer> {
        let of_domains = self.by_domain.iter();
        self.by_key.iter().chain(of_domains).chain(&self.accounts)
    }

    /// Whether this holds for any slot they point to.
    pub fn any(&self, holds: impl Fn(i64) -> bool) -> bool {
        self.all().any(|pointer| holds(pointer.slot))
    }

    /// The slots they point to, each once, in ascending order.
    pub fn slots(&self) -> BTreeSet<i64> {
        self.all().map(|pointer| pointer.slot).collect()
    }
}

/// Addresses, domains and accounts with the slots they point to. It holds no texts: a key is a number of 64 bits under
/// a secret of the process, so that nobody can choose two that are the same. Whoever is pointed to a slot reads
/// the party there.
///
/// A party that changes takes a new, higher slot, so what happened since is what stands at [`Self::next`] and above;
/// a pointer to a slot where nobody stands any more is to be forgotten.
#[derive(Debug, Default)]
pub struct KeyIndex {
    hasher: RandomState,
    /// The highest of what stands under a key. Mostly it is the only one.
    newest: HashMap<u64, i64>,
    /// All others.
    others: BTreeSet<(u64, i64)>,
    next: i64,
    /// Pointers it held when it was complete for the first time; `None`: it is still being read.
    began: Option<usize>,
}

impl KeyIndex {
    /// The first slot that was not taken in yet.
    pub fn next(&self) -> i64 {
        self.next
    }

    /// Takes in all that stand at the slot `from` and above, in the order of their slots; those below [`Self::next`] are
    /// known already. `all`: nobody stands above them. `false`: what stands between the two is not known, so nothing
    /// is taken in.
    pub fn take_in(&mut self, from: i64, parties: &[(i64, Party)], all: bool) -> bool {
        if from > self.next {
            return false;
        }
        for (slot, party) in parties {
            if *slot >= self.next {
                self.add(*slot, party);
                self.next = slot.saturating_add(1);
            }
        }
        let len = self.len();
        if all {
            self.began.get_or_insert(len);
        }
        true
    }

    fn add(&mut self, slot: i64, party: &Party) {
        for address in party.address_keys() {
            self.insert(Key::Address(&address), slot);
        }
        if party.record.kind == Kind::Account {
            self.insert(Key::Account(&party.record), slot);
        }
        if party.obsolete {
            return;
        }
        // A domain leads to the company, not to its people (LNK-05).
        if party.record.kind == Kind::Account {
            for domain in party.domain_keys() {
                self.insert(Key::Domain(&domain), slot);
            }
        }
        if let Some(account) = &party.account {
            let account = self.number(Key::Account(account));
            self.insert(Key::Owner(slot), account.cast_signed());
        }
    }

    fn insert(&mut self, key: Key<'_>, value: i64) {
        let key = self.number(key);
        let newest = self.newest.entry(key).or_insert(value);
        if *newest != value {
            let lower = value.min(*newest);
            *newest = value.max(*newest);
            self.others.insert((key, lower));
        }
    }

    fn remove(&mut self, key: u64, value: i64) {
        if self.newest.get(&key) != Some(&value) {
            self.others.remove(&(key, value));
            return;
        }
        match self.others.range(under(key)).next_back().copied() {
            Some(next) => {
                self.others.remove(&next);
                self.newest.insert(key, next.1);
            }
            None => drop(self.newest.remove(&key)),
        }
    }

    /// Whether so much changed since it was complete that it holds more dead pointers than it is worth: to be made anew.
    pub fn is_worn(&self) -> bool {
        let began = self.began.map(|began| 2 * began + SPARE);
        began.is_some_and(|most| self.len() > most)
    }

    /// Everything that these keys point to.
    pub fn pointers(&self, missing: &Missing) -> Pointers {
        let mut pointers = Pointers::default();
        for (at, address) in missing.keys.iter().enumerate() {
            let key = self.number(Key::Address(address));
            let found = self.newest(at, key).take(MOST_PER_ADDRESS);
            pointers.by_key.extend(found);
        }
        for (at, domain) in missing.domains.iter().enumerate() {
            let key = self.number(Key::Domain(domain));
            let found = self.newest(at, key).take(MOST_PER_DOMAIN);
            pointers.by_domain.extend(found);
        }
        let slots = pointers.by_key.iter().map(|pointer| pointer.slot);
        let owners = slots.flat_map(|slot| self.values(self.number(Key::Owner(slot))));
        let owners: BTreeSet<u64> = owners.map(i64::cast_unsigned).collect();
        let accounts = owners
            .into_iter()
            .flat_map(|account| self.newest(0, account));
        pointers.accounts = accounts.collect();
        pointers
    }

    /// Forgets those pointers behind which nobody stands.
    pub fn forget(&mut self, pointers: &Pointers, nobody: impl Fn(i64) -> bool) {
        for pointer in pointers.all().filter(|pointer| nobody(pointer.slot)) {
            self.remove(pointer.key, pointer.slot);
        }
    }

    fn newest(&self, at: usize, key: u64) -> impl Iterator<Item = Pointer> + '_ {
        self.values(key).map(move |slot| Pointer { at, slot, key })
    }

    /// What stands under a key, the highest first.
    fn values(&self, key: u64) -> impl Iterator<Item = i64> + '_ {
        let newest = self.newest.get(&key).copied();
        let others = newest.map(|_| self.others.range(under(key)).rev());
        let others = others.into_iter().flatten();
        newest.into_iter().chain(others.map(|(_, value)| *value))
    }

    /// How many pointers it holds.
    fn len(&self) -> usize {
        self.newest.len() + self.others.len()
    }

    fn number(&self, key: Key<'_>) -> u64 {
        self.hasher.hash_one(key)
    }
}

/// The range of everything under a key.
fn under(key: u64) -> std::ops::RangeInclusive<(u64, i64)> {
    (key, i64::MIN)..=(key, i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::RecordId;

    /// A party of few addresses and accounts, so that many share them.
    fn party(kind: u8, id: u8, address: u8, account: Option<u8>, obsolete: bool) -> Party {
        let record = |kind, id: u8| RecordRef {
            kind,
            id: RecordId::new(id.to_string()),
        };
        Party {
            record: record(
                [Kind::Account, Kind::Contact, Kind::Lead][usize::from(kind) % 3],
                id,
            ),
            number: String::new(),
            name: String::new(),
            addresses: vec![format!("a{address}@shop{}.example", address % 3)],
            phones: Vec::new(),
            company: String::new(),
            account: account.map(|id| record(Kind::Account, id)),
            domains: Vec::new(),
            created_at: None,
            changed_at: None,
            obsolete,
            hidden: false,
        }
    }

    fn missing() -> Missing {
        Missing {
            keys: (0..6)
                .map(|at| format!("a{at}@shop{}.example", at % 3))
                .collect(),
            domains: (0..3).map(|at| format!("shop{at}.example")).collect(),
        }
    }

    /// What stands where, looked through one by one.
    fn pointed_to(standing: &[(i64, Party)]) -> [Vec<(usize, i64)>; 3] {
        let missing = missing();
        let newest_first = || standing.iter().rev();
        let (mut by_key, mut by_domain) = (Vec::new(), Vec::new());
        let mut accounts = BTreeSet::new();
        for (at, key) in missing.keys.iter().enumerate() {
            for (slot, party) in newest_first().filter(|(_, party)| party.addresses.contains(key)) {
                by_key.push((at, *slot));
                accounts.extend(party.account.clone().filter(|_| !party.obsolete));
            }
        }
        for (at, domain) in missing.domains.iter().enumerate() {
            let stands = |party: &Party| {
                party.record.kind == Kind::Account
                    && !party.obsolete
                    && party.addresses[0].ends_with(&format!("@{domain}"))
            };
            let found = newest_first().filter(|(_, party)| stands(party));
            by_domain.extend(found.map(|(slot, _)| (at, *slot)));
        }
        let is_one = |(_, party): &&(i64, Party)| accounts.contains(&party.record);
        let accounts = standing.iter().filter(is_one).map(|(slot, _)| (0, *slot));
        [by_key, by_domain, accounts.collect()]
    }

    fn places(pointers: &[Pointer]) -> Vec<(usize, i64)> {
        pointers
            .iter()
            .map(|pointer| (pointer.at, pointer.slot))
            .collect()
    }

    proptest! {
        /// Whatever changes in whatever order, and in whatever parts it is read: who stands somewhere is pointed to,
        /// and once the others were asked for, nobody else.
        #[test]
        fn it_points_to_whoever_stands_there(
            steps in prop::collection::vec((0u8..3, 0u8..8, 0u8..6, prop::option::of(0u8..4), any::<bool>(), any::<bool>()), 0..40),
            part in 1usize..7,
        ) {
            let mut index = KeyIndex::default();
            let mut standing: Vec<(i64, Party)> = Vec::new();
            let mut unread = Vec::new();
            for (slot, (kind, id, address, account, obsolete, gone)) in (0..).zip(steps) {
                let party = party(kind, id, address, account, obsolete);
                standing.retain(|(_, other)| other.record != party.record);
                if !gone {
                    standing.push((slot, party.clone()));
                    unread.push((slot, party));
                }
                if unread.len() >= part {
                    let from = index.next();
                    prop_assert!(index.take_in(from, &unread, true));
                    // Told again by somebody who read at the same time, it changes nothing.
                    let len = index.len();
                    prop_assert!(index.take_in(from, &unread, true));
                    prop_assert_eq!(index.len(), len);
                    unread.clear();
                }
            }
            prop_assert!(index.take_in(index.next(), &unread, true));
            let stands = |slot: i64| standing.iter().any(|(own, _)| *own == slot);
            let known = index.pointers(&missing());
            index.forget(&known, |slot| !stands(slot));

            let pointers = index.pointers(&missing());

            let [by_key, by_domain, accounts] = pointed_to(&standing);
            prop_assert_eq!(places(&pointers.by_key), by_key);
            prop_assert_eq!(places(&pointers.by_domain), by_domain);
            let mut own = places(&pointers.accounts);
            own.sort_unstable();
            prop_assert_eq!(own, accounts);
            prop_assert!(!pointers.any(|slot| !stands(slot)));
        }
    }

    #[test]
    fn what_leaves_a_gap_is_not_taken_in() {
        let mut index = KeyIndex::default();
        let one = |slot| [(slot, party(1, 1, 0, None, false))];
        assert!(!index.take_in(3, &one(5), true), "nobody read 0 to 2");
        assert_eq!(index.len(), 0);
        assert!(index.take_in(0, &one(5), true));
        assert!(index.take_in(3, &one(5), true), "read twice");
        assert_eq!((index.next(), index.len()), (6, 1));
    }

    #[test]
    fn of_many_the_newest_are_pointed_to() {
        let mut index = KeyIndex::default();
        let all: Vec<_> = (0..90)
            .map(|slot| (slot, party(0, 1, 0, None, false)))
            .collect();
        index.take_in(0, &all, true);
        let pointers = index.pointers(&missing());
        let slots = |pointers: &[Pointer]| pointers.iter().map(|one| one.slot).collect::<Vec<_>>();
        assert_eq!(slots(&pointers.by_key), (40..90).rev().collect::<Vec<_>>());
        assert_eq!(
            slots(&pointers.by_domain),
            (70..90).rev().collect::<Vec<_>>()
        );
    }

    /// Of a party that changes again and again the old pointers stay until somebody asks: not for ever.
    #[test]
    fn what_grew_far_beyond_its_size_is_worn() {
        let mut index = KeyIndex::default();
        let changes = |from: i64, count: i64| -> Vec<(i64, Party)> {
            (from..from + count)
                .map(|slot| (slot, party(1, 1, 0, None, false)))
                .collect()
        };
        index.take_in(0, &changes(0, 1_000), true);
        index.take_in(1_000, &changes(1_000, 251_000), true);
        assert!(!index.is_worn());
        index.take_in(252_000, &changes(252_000, 1), true);
        assert!(index.is_worn());
    }

    /// Whoever asks while a large directory is read for the first time must not have it read from the beginning again.
    #[test]
    fn what_is_still_being_read_is_not_worn() {
        let mut index = KeyIndex::default();
        let parties = |from: i64| -> Vec<(i64, Party)> {
            let slots = from..from + 150_000;
            slots
                .map(|slot| (slot, party(1, 1, 0, None, false)))
                .collect()
        };
        index.take_in(0, &parties(0), false);
        index.take_in(150_000, &parties(150_000), false);
        assert!(!index.is_worn());
        index.take_in(300_000, &parties(300_000), true);
        assert!(!index.is_worn(), "450,000 is its size");
    }
}
