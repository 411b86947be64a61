//! Mirroring pairs of item and record: read both sides, decide purely, write what was decided, read again.
//!
//! A pair goes: what is known about it → the item → the record → [`ssi_domain::mirror::plan`] → the link
//! row (the lock, for new pairs) → CRM → mailbox → both sides as they stand now, which is the next
//! baseline. What moved meanwhile is read and decided again.

pub(super) mod account;
mod act;
mod adopt;
mod arrive;
mod attach;
mod between;
mod by_key;
pub(super) mod claim;
pub(super) mod company;
mod fail;
mod gather;
mod hand;
mod hold;
mod know;
mod made;
mod occurrence;
pub(super) mod people;
mod put;
mod put_back;
mod recognise;
mod rehearse;
mod resolve;
mod retire;
mod room;
mod settle;

use jiff::Timestamp;
use ssi_domain::{
    ItemId, Kind, LinkId, RecordRef, Trace, Version, Versioned, WishId,
    merge::Conflict,
    mirror::{Fate, MirrorPlan, Unfit, look_again_at},
    participant::Participant,
    port::{Collections, FolderRole, Item, PortError, Series},
};
use ssi_store::{FiledId, MirrorRow};

pub(crate) use put_back::Back;

use super::Transfer;
use crate::Error;

/// A pair that moves while it is worked on is decided so often before it is put off.
const MOST_ROUNDS: usize = 3;

/// Why a pair is looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    /// The item that changed or left its folder.
    pub item: Option<ItemId>,
    /// Its version, where the listing said it: nothing is read when it is the one we left.
    pub item_version: Option<Version>,
    /// Its categories, where the listing said them.
    pub categories: Option<Vec<String>>,
    /// The folder it was seen in.
    pub folder: Option<FolderRole>,
    /// The record that changed.
    pub record: Option<RecordRef>,
    /// Its key, where the feed said it.
    pub record_key: Option<String>,
    /// Its version, where the feed said it.
    pub record_version: Option<Version>,
    /// The filed change this look is about, and how often it was tried.
    pub filed: Option<(FiledId, i32)>,
    /// A person's click: as what, and with which links.
    pub hand: Option<Hand>,
    /// The wishes that the event fulfils.
    pub wishes: Vec<WishId>,
}

/// What a person chose when saving an event (X1).
#[derive(Debug, Clone)]
pub(crate) struct Hand {
    /// As what it is saved.
    pub kind: Kind,
    /// The records to link, if the person chose any.
    pub links: Option<Vec<RecordRef>>,
    /// Records to link besides.
    pub also: Vec<RecordRef>,
}

impl Hand {
    /// The records the person chose, each once.
    pub(crate) fn chosen(&self) -> Vec<RecordRef> {
        let mut all: Vec<RecordRef> = Vec::new();
        for record in self.links.iter().flatten().chain(&self.also) {
            if !all.contains(record) {
                all.push(record.clone());
            }
        }
        all
    }
}

/// What may be done about the plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everything but deletions, which are collected and carried out together.
    Run,
    /// Deletions too.
    CarryOut,
    /// Nothing: the plans are shown (dry run).
    Rehearse,
}

/// What became of a look.
#[derive(Debug)]
pub(crate) struct Mirrored {
    /// The look.
    pub look: Look,
    /// What the pair is.
    pub kind: Kind,
    /// The item, if there is one.
    pub item: Option<ItemId>,
    /// The record, if there is one.
    pub record: Option<RecordRef>,
    /// The row to keep; `None`: what is kept stays as it is.
    pub row: Option<MirrorRow>,
    /// Rows of other mailboxes that write no more (CAL-35).
    pub taken_over: Vec<MirrorRow>,
    /// The item's id before this.
    pub was: Option<ItemId>,
    /// An answer about its id said that the item is not there.
    pub gone: bool,
    /// Its record is gone, its item stands, and the pair was mirrored.
    pub parts: bool,
    /// Part of the work is left though the look ended: another session has to look again.
    pub look_again: bool,
    /// When an event that nothing asks for yet is to be looked at again though nothing happened to it (CAL-11).
    pub not_yet: Option<Timestamp>,
    /// Collisions to keep.
    pub conflicts: Vec<Conflict>,
    /// What happened.
    pub end: End,
    /// How the record stands to the filter and the limit of its kind (CON-10).
    pub left: Option<ssi_domain::mirror::Left>,
    /// What was planned.
    pub planned: Vec<ssi_domain::plan::Effect>,
    /// Parties that would be made for it, in a dry run.
    pub parties: Vec<(ssi_domain::plan::Effect, Trace)>,
    /// Why.
    pub trace: Trace,
}

/// How a look ended.
#[derive(Debug)]
pub(crate) enum End {
    /// Nothing asks for it.
    Skipped,
    /// Both sides agree; nothing was written.
    InStep,
    /// A new pair: a record or an item was made, or the two were joined.
    Paired,
    /// Something was written.
    Updated,
    /// The pair is mirrored no more.
    Parted,
    /// A deletion is wanted; it waits for the end of the session.
    Doomed,
    /// The item cannot be stored as it is.
    Unfit(Unfit),
    /// One side refused.
    Failed(PortError),
    /// It moved again and again, or somebody else has it: later.
    Later,
}

/// A pair in work.
struct File {
    look: Look,
    row: Option<MirrorRow>,
    kind: Kind,
    item: Seen<Item>,
    record: Option<RecordRef>,
    crm: Seen<Versioned<ssi_domain::Record>>,
    asked: ssi_domain::mirror::Asked,
    people: people::People,
    /// Parties that were made for its unknown attendees, and why; they are linked in any case (RES-01).
    met: Vec<RecordRef>,
    resolved: Trace,
    key: String,
    plan: Option<MirrorPlan>,
    left: Option<ssi_domain::mirror::Left>,
    was: Option<ItemId>,
    link: Option<ssi_domain::LinkId>,
    taken_over: Vec<MirrorRow>,
    /// The record of the series that it is a changed occurrence of, where the look came by its master.
    series: Option<RecordRef>,
    /// It became a pair just now, as an occurrence that was changed in the CRM: its row is kept in any case.
    adopted: bool,
    /// Its record was found by its key under another id than was known.
    moved: bool,
    /// Its link row says that a record was made, though no row of this mailbox does.
    stood: bool,
    /// Parties that would be made for it, in a dry run.
    parties: Vec<(ssi_domain::plan::Effect, Trace)>,
    /// The account that a contact which is about to be written belongs to.
    account: Option<ssi_domain::port::PartyHit>,
    /// How its attachments fared.
    files: attach::Files,
    /// Whose the record is, and who else has it.
    hold: ssi_domain::mirror::Hold,
    /// It failed and could not be marked.
    mark_open: bool,
    /// Fields sent to the record, in the CRM's form.
    sent: ssi_domain::Record,
    /// Fields put on the item, in the mailbox's form.
    put: ssi_domain::Record,
    record_version: Option<Version>,
    item_version: Option<Version>,
    after_item: Option<Item>,
    after_record: Option<Versioned<ssi_domain::Record>>,
    wrote: bool,
    /// Takes the former record away once the new one stands.
    retire: Option<ssi_domain::port::CrmWrite>,
    /// It moved, or its outcome is unknown: read and decide again.
    again: bool,
    end: Option<End>,
}

/// One side as it was read.
enum Seen<T> {
    /// It was not looked at, or the read failed.
    Unread,
    /// An answer about its id: there is none.
    Gone,
    /// It stands.
    There(Box<T>),
}

impl<T> Seen<T> {
    fn there(&self) -> Option<&T> {
        match self {
            Seen::There(value) => Some(value),
            _ => None,
        }
    }

    fn view(&self) -> ssi_domain::mirror::View<&T> {
        match self {
            Seen::Unread => ssi_domain::mirror::View::Unread,
            Seen::Gone => ssi_domain::mirror::View::Gone,
            Seen::There(value) => ssi_domain::mirror::View::Present(value),
        }
    }
}

impl File {
    fn new(look: Look) -> Self {
        Self {
            record: look.record.clone(),
            kind: look
                .record
                .as_ref()
                .map_or(Kind::Appointment, |record| record.kind),
            look,
            row: None,
            item: Seen::Unread,
            crm: Seen::Unread,
            asked: ssi_domain::mirror::Asked::No(ssi_domain::ReasonCode::NotAsked),
            people: people::People::default(),
            met: Vec::new(),
            resolved: Trace::new(),
            key: String::new(),
            plan: None,
            left: None,
            was: None,
            link: None,
            taken_over: Vec::new(),
            series: None,
            adopted: false,
            moved: false,
            stood: false,
            parties: Vec::new(),
            account: None,
            files: attach::Files::default(),
            hold: ssi_domain::mirror::Hold::default(),
            mark_open: false,
            sent: ssi_domain::Record::new(),
            put: ssi_domain::Record::new(),
            record_version: None,
            item_version: None,
            after_item: None,
            after_record: None,
            wrote: false,
            retire: None,
            again: false,
            end: None,
        }
    }

    fn open(&self) -> bool {
        self.end.is_none()
    }

    /// Both sides are read again and decided about anew: what an earlier round wrote is among what is read, and what
    /// was refused to it was not agreed upon (INV-2).
    fn begin_round(&mut self) {
        self.put = ssi_domain::Record::new();
        self.sent = ssi_domain::Record::new();
        self.item_version = None;
        self.record_version = None;
    }

    /// A pair that was made just now, with its people (LNK-10).
    fn paired_now(&self) -> Option<(LinkId, Vec<Participant>)> {
        let made = matches!(self.end, Some(End::Paired)) && self.record.is_some();
        let link = self.link.filter(|_| made && self.people.any())?;
        Some((link, self.people.all().to_vec()))
    }

    /// Changed occurrences of a mirrored series are pairs of their own (CAL-64). No listing tells about them;
    /// the master does.
    fn exceptions(&self) -> Vec<File> {
        let asked = !matches!(self.asked, ssi_domain::mirror::Asked::No(_));
        let event = self.item.there().and_then(|item| item.event.as_ref());
        match event.map(|event| &event.series) {
            Some(Series::Master { exceptions, .. }) if self.open() && asked => exceptions
                .iter()
                .map(|(id, _)| {
                    let mut file = File::new(Look {
                        item: Some(id.clone()),
                        folder: self.look.folder,
                        hand: self.look.hand.clone(),
                        ..Look::default()
                    });
                    file.series.clone_from(&self.record);
                    file
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl Transfer {
    /// Looks at pairs and brings them into step; one answer per look. An error concerns the whole mailbox or
    /// tenant; what was created until then is found again by its key.
    pub(crate) async fn mirror(
        &mut self,
        looks: Vec<Look>,
        collections: &Collections,
        mode: Mode,
        now: Timestamp,
    ) -> Result<Vec<Mirrored>, Error> {
        let mut files: Vec<File> = looks.into_iter().map(File::new).collect();
        let worked = self.rounds(&mut files, collections, mode, now).await;
        if worked.is_err() {
            // What was reserved and not made is free for the next actor.
            for file in files.iter().filter(|file| file.open()) {
                if let Some(link) = file.link {
                    self.let_go(link).await?;
                }
            }
        }
        worked?;
        self.settle(&mut files).await?;
        let stored: Vec<_> = files.iter().filter_map(File::paired_now).collect();
        self.notice(&stored).await?;
        Ok(files
            .into_iter()
            .map(|file| self.answer(file, now))
            .collect())
    }

    async fn rounds(
        &mut self,
        files: &mut Vec<File>,
        collections: &Collections,
        mode: Mode,
        now: Timestamp,
    ) -> Result<(), Error> {
        for round in 0..MOST_ROUNDS {
            if files.iter().all(|file| !file.open()) {
                break;
            }
            for file in files.iter_mut().filter(|file| file.open()) {
                file.begin_round();
            }
            self.know(files).await?;
            self.read_items(files, collections, now).await?;
            if round == 0 {
                let mut more: Vec<File> = files.iter().flat_map(File::exceptions).collect();
                more.extend(self.vanished(files).await?);
                self.know(&mut more).await?;
                self.read_items(&mut more, collections, now).await?;
                files.append(&mut more);
            }
            self.find_records(files).await?;
            self.read_records(files).await?;
            if round == 0 {
                self.adopt_occurrences(files, collections, mode, now)
                    .await?;
            }
            self.hold(files).await?;
            self.decide(files, now).await?;
            if mode == Mode::Rehearse {
                self.rehearse_parties(files).await?;
                break;
            }
            self.resolve_people(files, now).await?;
            let last = round + 1 == MOST_ROUNDS;
            self.act(files, collections, mode, (last, now)).await?;
        }
        if mode != Mode::Rehearse {
            self.note_moved(files).await?;
            self.cancel_occurrences(files, now).await?;
            self.mark_failed(files).await?;
        }
        Ok(())
    }

    fn answer(&mut self, file: File, now: Timestamp) -> Mirrored {
        self.note_down(&file);
        let row = self.next_row(&file, now);
        let stood = file.item_id();
        let parts = file.parts();
        let look_again = file.files.open || file.mark_open || file.disturbed();
        let mut plan = file.plan.unwrap_or_else(|| MirrorPlan {
            effects: Vec::new(),
            conflicts: Vec::new(),
            unfit: None,
            fate: Fate::Wait,
            trace: Trace::new(),
        });
        // Said before the decision, so that the trace still ends with what was decided.
        let mut trace = file.resolved;
        trace.append(std::mem::take(&mut plan.trace));
        let not_yet = match (&file.end, file.item.there(), trace.decisive()) {
            (Some(End::Skipped), Some(item), Some(why)) => {
                look_again_at(item, why, &self.settings, now)
            }
            _ => None,
        };
        Mirrored {
            kind: file.kind,
            item: row.as_ref().map(|row| row.item.clone()).or(stood),
            look: file.look,
            record: file.record,
            row,
            was: file.was,
            gone: matches!(file.item, Seen::Gone),
            parts,
            taken_over: file.taken_over,
            look_again,
            not_yet,
            conflicts: plan.conflicts,
            left: file.left,
            end: file.end.unwrap_or(End::Later),
            planned: plan.effects,
            parties: file.parties,
            trace,
        }
    }
}
