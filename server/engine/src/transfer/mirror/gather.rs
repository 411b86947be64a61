//! Reading both sides of the pairs at hand, in batches.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use ssi_domain::{
    EVENT_KINDS, ItemId, Kind, RecordRef,
    merge::Baseline,
    mirror::{
        Asked, Facts, Known, Origin, Pair, Role, Rules, Scope, asked, is_private, left, plan,
    },
    port::{Collections, EventRole, FolderRole, Item, LinkStamp, PortError, Series, Shape},
};
use ssi_store::MirrorState;

use super::{End, File, Seen, Transfer, people::People, room::makes_item};
use crate::Error;

/// Longest key of an event, in characters; the CRM holds 765.
const LONGEST_KEY: usize = 690;

impl Transfer {
    /// Reads the items: headers first; a body only of what is mirrored and not private (INV-13).
    pub(super) async fn read_items(
        &mut self,
        files: &mut [File],
        collections: &Collections,
        now: Timestamp,
    ) -> Result<(), Error> {
        let ids = item_ids(files, |_| true);
        let headers = self.read(&ids, Shape::Headers).await?;
        for file in files.iter_mut().filter(|file| file.open()) {
            let Some(id) = file.item_id() else {
                // A record of the CRM that no item is known for.
                file.item = Seen::Gone;
                continue;
            };
            match headers.get(&id) {
                Some(Ok(Some(item))) => file.item = Seen::There(Box::new(item.clone())),
                Some(Ok(None)) => file.item = Seen::Gone,
                Some(Err(error)) => {
                    file.item = Seen::Unread;
                    file.end = Some(file.unreadable(error));
                }
                None => {}
            }
        }
        self.know_moved(files).await?;
        self.follow_moved(files, collections).await?;
        self.judge(files, collections, now);
        let ids = item_ids(files, |file| {
            let item = file.item.there();
            (file.is_active() || !matches!(file.asked, Asked::No(_)))
                && item.is_some_and(|item| !is_private(&item.record))
        });
        let full = self.read(&ids, Shape::Full).await?;
        for file in files.iter_mut().filter(|file| file.open()) {
            let id = file.item_id();
            match id.and_then(|id| full.get(&id)) {
                Some(Ok(Some(item))) => file.item = Seen::There(Box::new(item.clone())),
                Some(Ok(None)) => file.item = Seen::Gone,
                Some(Err(error)) => file.end = Some(file.unreadable(error)),
                None => {}
            }
            // What an event became is known once its record is.
            if !file.kind.is_event() {
                file.shape_item();
            }
            if let (Kind::Task, Seen::There(item)) = (file.kind, &file.item) {
                let own_address = &self.row.address;
                file.people = People::named_in(item, &self.settings, own_address);
            }
        }
        Ok(())
    }

    pub(super) async fn read(
        &self,
        ids: &[ItemId],
        shape: Shape,
    ) -> Result<HashMap<ItemId, Result<Option<Item>, ssi_domain::port::PortError>>, Error> {
        let mut found = HashMap::new();
        for batch in ids.chunks(self.mail.capabilities().get_batch.max(1)) {
            let answers = self.mail.get(batch, shape).await?;
            found.extend(batch.iter().cloned().zip(answers));
        }
        Ok(found)
    }

    /// An id that is gone may have moved: ids change with the folder, our mark does not (INV-5).
    async fn follow_moved(
        &mut self,
        files: &mut [File],
        collections: &Collections,
    ) -> Result<(), Error> {
        let folders: Vec<_> = collections
            .folders
            .iter()
            .filter(|(role, _)| {
                !matches!(
                    role,
                    FolderRole::Inbox | FolderRole::Sent | FolderRole::Saved
                )
            })
            .map(|(_, id)| id.clone())
            .collect();
        for file in files.iter_mut().filter(|file| file.open()) {
            let Some(row) = &file.row else { continue };
            // What went to another mailbox may have come back: its item may have been made again.
            let may_stand = row.state == MirrorState::Active || !row.writer;
            let missed = matches!(file.item, Seen::Gone) && may_stand;
            if !missed {
                continue;
            }
            let stamp = LinkStamp {
                tenant: self.row.tenant.to_string(),
                record: row.record.clone(),
            };
            let found = self.mail.find_by_link(&stamp, &folders).await?;
            let Some(id) = found.into_iter().find(|id| *id != row.item) else {
                continue;
            };
            let answers = self
                .mail
                .get(std::slice::from_ref(&id), Shape::Headers)
                .await?;
            if let Some(Ok(Some(item))) = answers.into_iter().next() {
                file.was = Some(row.item.clone());
                if let Some(row) = &mut file.row {
                    row.item = id.clone();
                }
                file.look.item = Some(id);
                file.look.folder = None;
                file.item = Seen::There(Box::new(item));
            }
        }
        seen_as_moved(files);
        Ok(())
    }

    /// Whether and as what the items ask for being mirrored.
    fn judge(&mut self, files: &mut [File], collections: &Collections, now: Timestamp) {
        for file in files.iter_mut().filter(|file| file.open()) {
            self.by_hand(file);
            let Some(item) = file.item.there().filter(|_| file.open()) else {
                continue;
            };
            let folder = item
                .folder
                .as_ref()
                .and_then(|folder| collections.role(folder))
                .or(file.look.folder);
            file.look.folder = folder;
            file.people = People::of(item, &self.settings, &self.row.address);
            let Some(folder) = folder else { continue };
            let facts = Facts {
                item,
                folder,
                outsiders: file.people.outsiders(),
                now,
            };
            let (kind, asked) = asked(&facts, &self.settings);
            // An event changes its kind only by a new record; the pair stays what it is.
            if file.row.is_none() {
                file.kind = file.look.hand.as_ref().map_or(kind, |hand| hand.kind);
                file.stay_what_it_became();
            }
            file.asked = match file.look.hand {
                Some(_) => Asked::Hand,
                None => asked,
            };
        }
    }

    /// Which record belongs to an item that no row knows: by our mark, else by its key (INV-1).
    pub(super) async fn find_records(&mut self, files: &mut [File]) -> Result<(), Error> {
        let mut wanted: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
        let mut addresses = Vec::new();
        for file in files.iter_mut().filter(|file| file.open()) {
            let Some(item) = file.item.there() else {
                continue;
            };
            if file.key.is_empty() {
                file.key = self.key_of(item, &file.look);
            }
            if file.row.is_none() && file.record.is_none() {
                match self.own_mark(item) {
                    Some(link) => {
                        file.record = Some(link.record.clone());
                        if link.record.kind != Kind::Email {
                            file.kind = link.record.kind;
                        }
                    }
                    None if !matches!(file.asked, Asked::No(_)) && item.event.is_some() => {
                        // Whatever a colleague called it.
                        for kind in EVENT_KINDS {
                            wanted.entry(kind).or_default().push(file.key.clone());
                        }
                    }
                    None => {}
                }
            }
            if !matches!(file.asked, Asked::No(_)) {
                addresses.extend(file.people.addresses());
            }
        }
        if !addresses.is_empty() || !wanted.is_empty() {
            // The owner stands on every record.
            addresses.extend(ssi_domain::participant::normalize(&self.row.address));
        }
        self.meet(addresses).await?;
        self.ask_keys(files, wanted).await?;
        self.ask_series(files).await?;
        for file in files
            .iter_mut()
            .filter(|file| file.open() && file.kind.is_event())
        {
            file.shape_item();
        }
        for file in files
            .iter_mut()
            .filter(|file| file.open() && file.row.is_none())
        {
            if file.item.there().is_some() && !self.elect(file).await? {
                file.asked = Asked::No(ssi_domain::ReasonCode::OtherWriter);
            }
        }
        Ok(())
    }

    /// The key of an item: of an event what every mailbox of the meeting knows, else one of our own making.
    pub(super) fn key_of(&self, item: &Item, look: &super::Look) -> String {
        let event = item.event.as_ref();
        if let (Some(uid), Some(event)) = (series_key(item), event) {
            let key = match event.series {
                Series::Exception { original_start } => format!("{uid}#{original_start}"),
                _ => uid,
            };
            return key.chars().take(LONGEST_KEY).collect();
        }
        if let Some(link) = &item.link {
            return record_key(&link.record);
        }
        let id = look.item.as_ref().unwrap_or(&item.id);
        let digest = blake3::hash(format!("{}\n{id}", self.row.id).as_bytes());
        format!("item:{}", digest.to_hex())
    }

    /// Reads the records.
    pub(super) async fn read_records(&mut self, files: &mut [File]) -> Result<(), Error> {
        let mut ids: Vec<RecordRef> = open(files).filter_map(|file| file.record.clone()).collect();
        ids.sort();
        ids.dedup();
        let found: HashMap<RecordRef, _> = match ids.is_empty() {
            true => HashMap::new(),
            false => {
                let answers = self.crm.get(&ids).await?;
                ids.into_iter().zip(answers).collect()
            }
        };
        for file in files.iter_mut().filter(|file| file.open()) {
            file.crm = match file.record.as_ref().map(|record| found.get(record)) {
                None => Seen::Gone,
                Some(Some(Some(record))) => Seen::There(Box::new(record.clone())),
                Some(Some(None)) => Seen::Gone,
                Some(None) => Seen::Unread,
            };
            if file.key.is_empty()
                && let Some(record) = &file.record
            {
                file.key = record_key(record);
            }
        }
        self.find_moved(files).await
    }

    /// Decides about every pair.
    pub(super) async fn decide(&mut self, files: &mut [File], now: Timestamp) -> Result<(), Error> {
        let owner = self.owner();
        let tables = self.tables.clone();
        let mut room = self.room(files).await?;
        for file in files.iter_mut().filter(|file| file.open()) {
            let Some(table) = tables.of(file.kind) else {
                file.end = Some(End::Skipped);
                continue;
            };
            if matches!(file.asked, Asked::AutoIfKnown) {
                let known = file.people.known(&self.parties);
                file.asked = match known {
                    true => Asked::Auto,
                    false => Asked::No(ssi_domain::ReasonCode::NoMatch),
                };
            }
            let baseline = file.baseline();
            let (parties, linked) = file.people.parties(
                &self.parties,
                owner.as_ref(),
                file.look.hand.as_ref(),
                &file.met,
            );
            let pair = Pair {
                kind: file.kind,
                table,
                mail: file.item.view(),
                crm: file.crm.view(),
                record: file.record.as_ref(),
                identity_key: &file.key,
                known: file.known(baseline.as_ref()),
                folder: file.look.folder,
                asked: file.asked,
                role: role(file.item.there()),
                scope: self.scope(file, now),
                parties: &parties,
                takeover: !file.taken_over.is_empty(),
                hold: file.hold,
                room: room.get(&file.kind).is_none_or(|places| *places > 0),
            };
            let rules = Rules {
                settings: &self.settings,
                tenant: &self.row.tenant,
                key: &self.digest_key,
                owner: owner.as_ref(),
                now,
            };
            let mut decided = file.lost().unwrap_or_else(|| plan(&pair, &rules));
            file.left = left(&pair, &decided, &self.settings);
            if let Some(places) = room.get_mut(&file.kind)
                && makes_item(&decided)
                && !file.is_active()
            {
                *places = places.saturating_sub(1);
            }
            if file.people.any() && decided.creates() {
                let mut trace = linked;
                trace.append(decided.trace);
                decided.trace = trace;
            }
            file.plan = Some(decided);
        }
        Ok(())
    }

    fn scope(&self, file: &File, now: Timestamp) -> Scope {
        let task = file.crm.there().filter(|_| file.kind == Kind::Task);
        if let Some(task) = task {
            return match ssi_domain::mirror::past_task(&task.value, &self.settings, now) {
                true => Scope::Past,
                false => Scope::Inside,
            };
        }
        if !file.kind.is_event() {
            return Scope::Inside;
        }
        // What was let go comes back when the record asks for it. Else a side that was moved is not over because the
        // other one is not there yet (INV-2).
        let let_go = file
            .row
            .as_ref()
            .is_some_and(|row| row.state != MirrorState::Active && !row.writer);
        let item = file.item.there().map(|item| &item.record);
        let crm = file.crm.there().map(|crm| &crm.value);
        let item = item.filter(|_| !let_go || crm.is_none());
        let past = |record| ssi_domain::mirror::past(record, &self.settings, now);
        match item.is_none_or(past) && crm.is_none_or(past) && (item.is_some() || crm.is_some()) {
            true => Scope::Past,
            false => Scope::Inside,
        }
    }
}

/// An item that moved may be told of under its new id too, in the same page: it is one pair, and one look at it.
fn seen_as_moved(files: &mut [File]) {
    let moved = open(files).filter(|file| file.was.is_some());
    let moved: HashSet<ItemId> = moved.filter_map(File::item_id).collect();
    let told_again = files
        .iter_mut()
        .filter(|file| file.open() && file.row.is_none() && file.look.hand.is_none());
    for file in told_again {
        if file.item_id().is_some_and(|id| moved.contains(&id)) {
            file.end = Some(End::Skipped);
        }
    }
}

/// The key of an event, or of the series of an occurrence: what every mailbox of the meeting knows it by.
pub(super) fn series_key(item: &Item) -> Option<String> {
    let uid = &item.event.as_ref()?.uid;
    let key = || uid.replace('*', "_").chars().take(LONGEST_KEY).collect();
    (!uid.is_empty()).then(key)
}

/// The key of a pair that was born in the CRM.
pub(super) fn record_key(record: &RecordRef) -> String {
    format!("record:{}/{}", record.kind, record.id)
}

/// Puts an item as it was read into the form of a kind, with its owner's own text.
pub(super) fn shape(item: &mut Item, kind: Kind) {
    item.record = std::mem::take(&mut item.record).of_kind(kind);
    ssi_domain::mirror::own_text(kind, &mut item.record);
}

/// What the owner is to an event.
pub(super) fn role(item: Option<&Item>) -> Role {
    match item.and_then(|item| item.event.as_ref()) {
        Some(event) if event.role == EventRole::Attendee => Role::Attendee,
        Some(event) if event.meeting => Role::Organizer,
        _ => Role::Alone,
    }
}

pub(super) fn open(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| file.open())
}

fn item_ids(files: &[File], wanted: impl Fn(&File) -> bool) -> Vec<ItemId> {
    let mut seen = HashSet::new();
    open(files)
        .filter(|file| wanted(file))
        .filter_map(File::item_id)
        .filter(|id| seen.insert(id.clone()))
        .collect()
}

impl File {
    /// Puts what was read of the item into the form of its kind.
    fn shape_item(&mut self) {
        if let Seen::There(item) = &mut self.item {
            shape(item, self.kind);
        }
    }

    /// What both sides last agreed on, where an earlier session left it.
    pub(super) fn baseline(&self) -> Option<Baseline> {
        let row = self.row.as_ref()?;
        serde_json::from_value(row.baseline.clone()).ok()
    }

    /// What earlier sessions left about the pair, for the decision.
    fn known<'a>(&self, baseline: Option<&'a Baseline>) -> Option<Known<'a>> {
        let Some(row) = &self.row else {
            // A record that was made and is gone was deleted by somebody: it is not made again.
            let gone = self.stood && matches!(self.crm, Seen::Gone);
            return gone.then_some(Known {
                origin: Origin::Mail,
                active: true,
                writer: true,
                baseline: None,
            });
        };
        Some(Known {
            origin: match row.origin {
                ssi_store::MirrorOrigin::Mail => Origin::Mail,
                ssi_store::MirrorOrigin::Crm => Origin::Crm,
            },
            active: row.state == MirrorState::Active,
            writer: row.writer,
            baseline,
        })
    }

    /// How a look ends whose item could not be read. What may work later is tried later: the listing that told
    /// of it does not come again, and of a wish nobody but this look knows. Only who waits for an answer is told now.
    pub(super) fn unreadable(&self, error: &PortError) -> End {
        let waits = self.look.hand.is_some() && self.look.wishes.is_empty();
        match error.is_item_problem() || waits {
            true => End::Failed(error.clone()),
            false => End::Later,
        }
    }

    /// The item to read: where the row says it stands, else what was seen.
    pub(super) fn item_id(&self) -> Option<ItemId> {
        let known = self.row.as_ref().map(|row| row.item.clone());
        known.or_else(|| self.look.item.clone())
    }
}
