//! Writing items with everything that follows: normalising, series and their exceptions, meeting messages.

use std::sync::Arc;

use super::fields::Kind;
use super::item::{Draft, Item};
use super::mailbox::Mailbox;
use super::meeting::{Audience, Sending};
use super::notice::{Actor, NoticeKind};
use super::property::{Address, Value};
use super::series::Exception;
use super::settle::{Surroundings, settle};
use super::zone::Zone;
use super::{Exchange, Failure, meeting, task};
use jiff::Timestamp;

/// An item, or one occurrence of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Item number; of the series for an occurrence.
    pub key: u64,
    /// Original start of the occurrence.
    pub occurrence: Option<Timestamp>,
}

impl From<u64> for Place {
    fn from(key: u64) -> Self {
        Self {
            key,
            occurrence: None,
        }
    }
}

/// Where deleted items go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposal {
    /// Nowhere.
    Hard,
    /// The dumpster.
    Soft,
    /// Deleted Items.
    Trash,
}

impl Mailbox {
    /// What is at a place now.
    ///
    /// # Errors
    /// `ErrorItemNotFound`, also for an occurrence that the series no longer has.
    pub fn look(&self, place: Place) -> Result<Arc<Item>, Failure> {
        let item = self.item(place.key).ok_or(Failure::ITEM_NOT_FOUND)?;
        let Some(original) = place.occurrence else {
            return Ok(Arc::clone(item));
        };
        let data = item.data.occurrence(original);
        let mut shown = Item::clone(item);
        shown.data = data.ok_or(Failure::ITEM_NOT_FOUND)?;
        Ok(Arc::new(shown))
    }

    pub(super) fn owner(&self) -> Address {
        Address {
            name: self.name.clone(),
            email: self.address.clone(),
        }
    }
}

impl Exchange {
    /// Settles and stores a new item; invites its attendees if asked to. Returns its number.
    ///
    /// # Errors
    /// What the server refuses: a folder of the wrong kind, dates, zones and patterns that make no sense.
    pub fn create_item(
        &mut self,
        actor: &Actor,
        folder: u64,
        mut draft: Draft,
        zone: &Zone,
        sending: Sending,
    ) -> Result<u64, Failure> {
        let now = self.now();
        let people = Arc::clone(&self.people);
        let mailbox = self.mailbox_mut(&actor.mailbox)?;
        check_folder(mailbox, folder, draft.kind)?;
        let around = Surroundings {
            now,
            owner: &mailbox.owner(),
            people: &people,
            zone,
        };
        settle(&mut draft, None, &around)?;
        let invites = draft.kind == Kind::CalendarItem
            && sending.audience != Audience::Nobody
            && draft.all_attendees().next().is_some();
        if invites {
            let sent = Value::Bool(true);
            draft.properties.insert("MeetingRequestWasSent", sent);
        }
        let key = mailbox.insert(folder, draft, now)?;
        self.publish(&actor.mailbox);
        if invites {
            self.send_meeting(actor, key.into(), NoticeKind::Request, sending, None)?;
        }
        Ok(key)
    }

    /// Changes an item or an occurrence in place, settles it and tells attendees if asked to.
    ///
    /// # Errors
    /// As [`Exchange::create_item`]; `ErrorItemNotFound`, `ErrorOccurrenceCrossingBoundary`; whatever `change`
    /// refuses, and then nothing has changed.
    pub fn update_item(
        &mut self,
        actor: &Actor,
        place: Place,
        zone: &Zone,
        sending: Sending,
        change: impl FnOnce(&mut Draft) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let now = self.now();
        let people = Arc::clone(&self.people);
        let mailbox = self.mailbox_mut(&actor.mailbox)?;
        let before = mailbox.look(place)?.data.clone();
        let mut after = before.clone();
        change(&mut after)?;
        let owner = mailbox.owner();
        let around = Surroundings {
            now,
            owner: &owner,
            people: &people,
            zone,
        };
        settle(&mut after, Some(&before), &around)?;
        let tells = after.kind == Kind::CalendarItem
            && sending.audience != Audience::Nobody
            && after.flag("IsOrganizer")
            && (after.all_attendees().next().is_some() || before.all_attendees().next().is_some());
        if tells {
            meeting::count_sequence(&before, &mut after);
        }
        let mut written = written(&before, &after);
        let next = place
            .occurrence
            .is_none()
            .then(|| task::follow_up(&before, &mut after, &around));
        let (after, done) = match next.flatten() {
            Some(next) => (next, Some(after)),
            None => (after, None),
        };
        apply(mailbox, place, after, now)?;
        written.retain(|name| name != "ChangeCount");
        let version = mailbox.item(place.key).map_or(0, |item| item.version);
        mailbox.note_touched(place.key, &written, version);
        if let Some(done) = done {
            let folder = mailbox.item(place.key).map_or(0, |item| item.folder);
            mailbox.insert(folder, done, now)?;
        }
        self.publish(&actor.mailbox);
        if tells {
            self.send_meeting(actor, place, NoticeKind::Update, sending, Some(&before))?;
        }
        Ok(())
    }

    /// Deletes an item or an occurrence; the organizer's attendees are told if asked to.
    ///
    /// # Errors
    /// `ErrorItemNotFound`.
    pub fn delete_item(
        &mut self,
        actor: &Actor,
        place: Place,
        disposal: Disposal,
        sending: Sending,
    ) -> Result<(), Failure> {
        let now = self.now();
        let mailbox = self.mailbox_mut(&actor.mailbox)?;
        let event = mailbox.look(place)?;
        let in_bin = ["deleteditems", "recoverableitemsdeletions"]
            .iter()
            .any(|bin| mailbox.distinguished(bin) == Some(event.folder));
        let tells = event.data.kind == Kind::CalendarItem
            && sending.audience != Audience::Nobody
            && event.data.flag("IsOrganizer")
            && event.data.all_attendees().next().is_some()
            && !in_bin;
        if tells {
            self.send_meeting(actor, place, NoticeKind::Cancellation, sending, None)?;
        }
        let mailbox = self.mailbox_mut(&actor.mailbox)?;
        match (place.occurrence, disposal) {
            (Some(original), _) => mailbox.change(place.key, now, |item| {
                item.data.series.exceptions.remove(&original);
                item.data.series.deleted.insert(original);
            })?,
            (None, Disposal::Hard) => mailbox.remove(place.key, now).map(|_| ())?,
            (None, Disposal::Soft) => {
                move_to(mailbox, place.key, "recoverableitemsdeletions", now)?;
            }
            (None, Disposal::Trash) => move_to(mailbox, place.key, "deleteditems", now)?,
        }
        self.publish(&actor.mailbox);
        Ok(())
    }

    /// Moves an item to another folder and returns its new number.
    ///
    /// # Errors
    /// `ErrorItemNotFound`, `ErrorFolderNotFound`, `ErrorCalendarCannotMoveOrCopyOccurrence`.
    pub fn move_item(&mut self, mailbox: &str, place: Place, folder: u64) -> Result<u64, Failure> {
        if place.occurrence.is_some() {
            return Err(Failure::MOVE_OCCURRENCE);
        }
        let now = self.now();
        let new = self
            .mailbox_mut(mailbox)?
            .move_item(place.key, folder, now)?;
        self.publish(mailbox);
        Ok(new)
    }
}

/// Names of what differs, as the wire face calls them: two writers of one of them collide.
fn written(before: &Draft, after: &Draft) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let all = before.properties.keys().chain(after.properties.keys());
    let changed = all.filter(|name| before.properties.get(*name) != after.properties.get(*name));
    names.extend(changed.map(|name| (*name).to_owned()));
    let all = before.extended.keys().chain(after.extended.keys());
    let changed = all.filter(|key| before.extended.get(key) != after.extended.get(key));
    names.extend(changed.map(|key| format!("{:?}", key.name)));
    if before.body != after.body {
        names.push("Body".to_owned());
    }
    names
}

fn move_to(mailbox: &mut Mailbox, key: u64, bin: &str, now: Timestamp) -> Result<(), Failure> {
    let bin = mailbox
        .distinguished(bin)
        .ok_or(Failure::FOLDER_NOT_FOUND)?;
    mailbox.move_item(key, bin, now).map(|_| ())
}

fn check_folder(mailbox: &Mailbox, folder: u64, kind: Kind) -> Result<(), Failure> {
    let element = mailbox.folder(folder).map(super::Folder::element);
    let element = element.ok_or(Failure::FOLDER_NOT_FOUND)?;
    match kind {
        Kind::CalendarItem if element != "CalendarFolder" => Err(Failure::NOT_A_CALENDAR),
        Kind::Task if element != "TasksFolder" => Err(Failure::NOT_A_TASK_FOLDER),
        _ => Ok(()),
    }
}

/// Writes what a place shall hold: the item itself, or an exception of its series.
pub(super) fn apply(
    mailbox: &mut Mailbox,
    place: Place,
    after: Draft,
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(original) = place.occurrence else {
        return mailbox.change(place.key, now, |item| item.data = after);
    };
    let master = mailbox.item(place.key).ok_or(Failure::ITEM_NOT_FOUND)?;
    if let Some(start) = after.time("Start") {
        master.data.check_place(original, start)?;
    }
    let plain = master.data.plain_occurrence(original);
    let plain = plain.ok_or(Failure::ITEM_NOT_FOUND)?;
    let exception = Exception::between(&plain, &after);
    mailbox.change(place.key, now, |item| {
        item.data.series.exceptions.insert(original, exception);
    })
}
