//! Reserving: each mail of a batch gets its link row, or learns who has it.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use ssi_domain::{
    Kind, LinkId, ReasonCode, RecordRef,
    identity::{reused_key, same_as_crm, same_content},
    participant::{Participant, normalize},
    port::{EmailRecord, PartyHit, PortError},
};
use ssi_store::{Completed, LinkRow, LinkState, LinkTarget, Reserve};

use super::{Fate, Linked, MOST_LOOKED_UP, Order, Outcome, Transfer, looked_up};
use crate::Error;

/// How long a reservation holds without its actor being heard of. Longer than the slowest create.
const HOLD: SignedDuration = SignedDuration::from_mins(5);

/// Different mails under one Message-ID: after so many keys we stop looking for a free one.
const MOST_KEYS: usize = 4;

/// The orders of a batch with where each stands.
pub(super) struct Desk {
    pub(super) files: Vec<File>,
    /// When the first of its rows was reserved.
    pub(super) since: Option<Timestamp>,
}

/// One order in work.
pub(super) struct File {
    pub(super) order: Order,
    pub(super) key: String,
    pub(super) stand: Stand,
    pub(super) targets: Vec<LinkTarget>,
    /// Everybody the CRM knows behind the mail's addresses.
    pub(super) hits: Vec<PartyHit>,
    /// Those it will be linked with.
    pub(super) links: Vec<PartyHit>,
    /// Its create was refused because of a party that is gone; its links were chosen again.
    pub(super) again: bool,
    /// When its row was reserved last.
    held_since: Option<Timestamp>,
    /// Keys that were found to be another mail's.
    taken: usize,
}

/// Where an order stands.
pub(super) enum Stand {
    /// Its key is to be reserved.
    Open,
    /// The row is ours; the CRM has been asked and knows no such record.
    Mine(LinkId),
    /// The same mail stands earlier in this batch.
    Twin(usize),
    /// Decided.
    Done(Fate),
}

impl Desk {
    pub(super) fn new(orders: Vec<Order>) -> Self {
        let files = orders
            .into_iter()
            .map(|order| File {
                key: order.identity.key.clone(),
                order,
                stand: Stand::Open,
                targets: Vec::new(),
                hits: Vec::new(),
                links: Vec::new(),
                again: false,
                held_since: None,
                taken: 0,
            })
            .collect();
        Self { files, since: None }
    }

    /// Whether reading took so long that others may have taken over what was reserved: then nothing is created under it
    /// any more (INV-1).
    pub(super) fn is_late(&self, now: Timestamp) -> bool {
        self.since
            .is_some_and(|since| now.duration_since(since) > HOLD)
    }

    /// The outcomes in the order of the orders; a twin shares the fate of its first.
    pub(super) fn into_outcomes(self) -> Vec<Outcome> {
        let fates: Vec<Option<Fate>> = self
            .files
            .iter()
            .map(|file| match &file.stand {
                Stand::Done(fate) => Some(fate.clone()),
                _ => None,
            })
            .collect();
        self.files
            .into_iter()
            .map(|file| {
                let fate = match file.stand {
                    Stand::Done(fate) => fate,
                    Stand::Twin(first) => match fates.get(first).cloned().flatten() {
                        Some(Fate::Linked(linked)) => Fate::Linked(Linked {
                            created: false,
                            ..linked
                        }),
                        Some(fate) => fate,
                        None => Fate::Held,
                    },
                    Stand::Open | Stand::Mine(_) => Fate::Held,
                };
                Outcome {
                    order: file.order,
                    fate,
                }
            })
            .collect()
    }

    /// The mails that got their record just now, with their people.
    pub(super) fn stored(&self) -> Vec<(LinkId, Vec<Participant>)> {
        let fresh = self.files.iter().filter_map(|file| match &file.stand {
            Stand::Done(Fate::Linked(linked)) if linked.created => {
                Some((linked.link, file.order.participants.clone()))
            }
            _ => None,
        });
        fresh.collect()
    }

    pub(super) fn open(&self) -> Vec<usize> {
        self.places(|stand| matches!(stand, Stand::Open))
    }

    /// The first mail of each key; the same mail again is its twin. Another mail under the same key waits for the next
    /// round: whose the key is, only the row and the CRM can say, or two mailboxes would give one mail two keys.
    pub(super) fn first_of_each(&mut self, open: &[usize]) -> Vec<usize> {
        let mut first: HashMap<String, usize> = self
            .mine()
            .into_iter()
            .map(|at| (self.files[at].key.clone(), at))
            .collect();
        let mut asked = Vec::new();
        for &at in open {
            let file = &self.files[at];
            match first.get(&file.key) {
                None => {
                    first.insert(file.key.clone(), at);
                    asked.push(at);
                }
                Some(&twin)
                    if same_content(
                        &self.files[twin].order.identity.fingerprint,
                        &file.order.identity.fingerprint,
                    ) =>
                {
                    self.files[at].stand = Stand::Twin(twin);
                }
                Some(&other) => {
                    if matches!(self.files[other].stand, Stand::Mine(_)) {
                        self.files[at].key_is_taken();
                    }
                }
            }
        }
        asked
    }

    /// Gives twins the fate that their first has by now.
    pub(super) fn share_fates(&mut self) {
        for at in 0..self.files.len() {
            let Stand::Twin(first) = self.files[at].stand else {
                continue;
            };
            if let Stand::Done(fate) = &self.files[first].stand {
                self.files[at].stand = Stand::Done(fate.clone());
            }
        }
    }

    /// The files whose row is ours.
    pub(super) fn mine(&self) -> Vec<usize> {
        self.places(|stand| matches!(stand, Stand::Mine(_)))
    }

    fn places(&self, wanted: impl Fn(&Stand) -> bool) -> Vec<usize> {
        self.files
            .iter()
            .enumerate()
            .filter(|(_, file)| wanted(&file.stand))
            .map(|(at, _)| at)
            .collect()
    }
}

impl File {
    /// Whether a record is this mail's, under the key it has now.
    pub(super) fn is_in(&self, record: &EmailRecord) -> bool {
        record.identity_key == self.key && same_as_crm(&self.order.identity.fingerprint, record)
    }

    fn next_key(&self) -> String {
        reused_key(&self.key, &self.order.identity.fingerprint)
    }

    /// The key it may have got while another mail had its own. The row that told so is lost with the database, and the
    /// other mail need not be in the CRM any more.
    fn other_key(&self) -> Option<String> {
        (self.taken == 0).then(|| self.next_key())
    }

    /// The key belongs to another mail: go on under a key of our own, and say so. After [`MOST_KEYS`] of them the
    /// search ends.
    pub(super) fn key_is_taken(&mut self) {
        self.taken += 1;
        if self.taken >= MOST_KEYS {
            let error = PortError::item("too many different mails share one Message-ID");
            self.stand = Stand::Done(Fate::Failed(error));
            return;
        }
        self.key = self.next_key();
        self.order.trace.note(
            "EM-06",
            ReasonCode::MessageIdReused,
            "stored under a key of its own",
        );
        self.stand = Stand::Open;
    }

    /// The mail was found in the CRM by its key.
    pub(super) fn stands_in_crm(
        &mut self,
        link: LinkId,
        record: RecordRef,
        targets: Vec<LinkTarget>,
    ) {
        self.order.trace.note(
            "EM-06",
            ReasonCode::AlreadySaved,
            "found in the CRM by its key",
        );
        self.stand = Stand::Done(Fate::Linked(Linked {
            link,
            identity_key: self.key.clone(),
            record,
            targets,
            created: false,
        }));
    }

    pub(super) fn found(&self, row: &LinkRow) -> Option<Fate> {
        let record = row.record.clone()?;
        Some(Fate::Linked(Linked {
            link: row.id,
            identity_key: row.identity_key.clone(),
            record,
            targets: row.targets.clone(),
            created: false,
        }))
    }
}

impl Transfer {
    /// Gives every file of the desk its row, a twin, or a fate.
    pub(super) async fn claim(&mut self, desk: &mut Desk) -> Result<(), Error> {
        // Every round decides about the first mail of each key, or takes one of its keys away.
        loop {
            let open = desk.open();
            if open.is_empty() || self.resting().is_some() {
                return Ok(());
            }
            self.reserve(desk, &open).await?;
            self.look_up(desk, &open).await?;
        }
    }

    async fn reserve(&mut self, desk: &mut Desk, open: &[usize]) -> Result<(), Error> {
        let now = self.parts.clock.now();
        desk.since.get_or_insert(now);
        let asked = desk.first_of_each(open);
        let wanted: Vec<Reserve> = asked
            .iter()
            .map(|&at| Reserve {
                link: LinkId(self.parts.ids.uuid()),
                identity_key: desk.files[at].key.clone(),
                fingerprint: desk.files[at].order.identity.fingerprint.clone(),
                holder: self.holder.clone(),
                held_until: now + HOLD,
                mailbox: self.row.id,
                now,
            })
            .collect();
        let reserved = self
            .parts
            .store
            .reserve(&self.row.tenant, Kind::Email, &wanted)
            .await?;
        for (at, answer) in asked.into_iter().zip(reserved) {
            let file = &mut desk.files[at];
            file.held_since = Some(now);
            let same = same_content(&answer.row.fingerprint, &file.order.identity.fingerprint);
            file.stand = match (answer.row.state, same) {
                (_, false) => {
                    if answer.mine {
                        self.parts
                            .store
                            .release(answer.row.id, &self.holder, now)
                            .await?;
                    }
                    file.key_is_taken();
                    continue;
                }
                (LinkState::Linked, true) => match file.found(&answer.row) {
                    Some(fate) => Stand::Done(fate),
                    None => Stand::Done(Fate::Held),
                },
                (LinkState::Creating, true) if answer.mine => Stand::Mine(answer.row.id),
                (LinkState::Creating, true) => Stand::Done(Fate::Held),
            };
        }
        Ok(())
    }

    /// Whether the row of a file is still ours; the hold begins anew once half of it is over. `false`: somebody else
    /// has taken it over since, whatever became of that, or the mail is saved.
    pub(super) async fn keep_hold(&self, file: &mut File) -> Result<bool, Error> {
        let now = self.parts.clock.now();
        let young = |since: Timestamp| now.duration_since(since) <= HOLD / 2;
        let Stand::Mine(link) = file.stand else {
            return Ok(true);
        };
        if file.held_since.is_some_and(young) {
            return Ok(true);
        }
        let store = &self.parts.store;
        let ours = store.hold_until(link, &self.holder, now + HOLD).await?;
        if ours {
            file.held_since = Some(now);
        }
        Ok(ours)
    }

    /// Asks the CRM for every key reserved in this round: a crashed run may have got that far, or the
    /// database may be younger than the CRM. Asks for the parties of all addresses in the same call.
    async fn look_up(&mut self, desk: &mut Desk, round: &[usize]) -> Result<(), Error> {
        for (at, record) in self.records_of(desk, round).await? {
            // Whose record was not looked at is neither adopted nor made again: it stays ours, and is released.
            if self.resting().is_some() {
                return Ok(());
            }
            let Stand::Mine(link) = desk.files[at].stand else {
                continue;
            };
            if desk.files[at].is_in(&record) {
                self.adopt(&mut desk.files[at], link, &record).await?;
            } else {
                self.parts.store.abandon(link, &self.holder).await?;
                desk.files[at].key_is_taken();
            }
        }
        Ok(())
    }

    /// The records that the CRM has under the keys of this round which are ours; else one that a mail got under the key
    /// it had to take.
    pub(super) async fn records_of(
        &mut self,
        desk: &mut Desk,
        round: &[usize],
    ) -> Result<Vec<(usize, EmailRecord)>, Error> {
        let mine: Vec<usize> = round
            .iter()
            .copied()
            .filter(|&at| matches!(desk.files[at].stand, Stand::Mine(_)))
            .collect();
        if mine.is_empty() {
            return Ok(Vec::new());
        }
        for &at in &mine {
            let order = &mut desk.files[at].order;
            let people = order.participants.len();
            if people > MOST_LOOKED_UP {
                let detail = format!("{MOST_LOOKED_UP} of {people} were looked up");
                order
                    .trace
                    .note("LNK-05", ReasonCode::ParticipantsCut, detail);
            }
        }
        let asked = mine.iter().map(|&at| &desk.files[at]);
        let keys = asked.flat_map(|file| [Some(file.key.clone()), file.other_key()]);
        let keys = keys.flatten().collect();
        let addresses = mine
            .iter()
            .flat_map(|&at| looked_up(&desk.files[at].order.participants))
            .chain(normalize(&self.row.address))
            .collect();
        let records = self.ask(keys, addresses).await?;
        let mut by_key: HashMap<&str, &EmailRecord> = HashMap::new();
        for record in &records {
            // Several records under one key are somebody else's doing: keep to the first by id, always.
            by_key
                .entry(&record.identity_key)
                .and_modify(|kept| {
                    if record.id < kept.id {
                        *kept = record;
                    }
                })
                .or_insert(record);
        }
        let found = |at: usize| {
            let file = &desk.files[at];
            let other = || by_key.get(file.other_key()?.as_str());
            let record = by_key.get(file.key.as_str()).or_else(other)?;
            Some((at, (*record).clone()))
        };
        Ok(mine.into_iter().filter_map(found).collect())
    }

    /// The record exists: the row points at it from now on, and a create that was cut short is completed.
    async fn adopt(
        &mut self,
        file: &mut File,
        link: LinkId,
        record: &EmailRecord,
    ) -> Result<(), Error> {
        let found = RecordRef {
            kind: Kind::Email,
            id: record.id.clone(),
        };
        if let Err(error) = self.complete_pieces(file, &found).await? {
            self.bear(error.clone());
            self.let_go(link).await?;
            // What may pass is tried again, as after a create; a mail that left comes up where it lies now.
            let error = match error.is_item_problem() {
                true => error,
                false => PortError::Unknown {
                    detail: error.to_string(),
                },
            };
            file.stand = Stand::Done(Fate::Failed(error));
            return Ok(());
        }
        let targets = self.stored_links(&found).await?;
        let done = Completed {
            link,
            holder: self.holder.clone(),
            record: found.clone(),
            version: Some(record.version.clone()),
            targets: targets.clone(),
            now: self.parts.clock.now(),
        };
        self.parts.store.complete(&[done]).await?;
        file.stands_in_crm(link, found, targets);
        Ok(())
    }

    /// Ends the hold on rows that were not finished, so that the next actor need not wait.
    pub(super) async fn release_unfinished(&self, desk: &Desk) -> Result<(), Error> {
        let now = self.parts.clock.now();
        for file in &desk.files {
            if let Stand::Mine(link) = file.stand {
                self.parts.store.release(link, &self.holder, now).await?;
            }
        }
        Ok(())
    }
}
