//! Sync states: opaque positions in the history of a folder or of the hierarchy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Failure;
use super::folder::Change;
use super::ids::{checksum, fingerprint};
use super::mailbox::Mailbox;

/// What became of an item or folder since the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// New in the folder.
    Create(u64),
    /// Changed.
    Update(u64),
    /// Only the read flag changed; the flag.
    ReadFlag(u64, bool),
    /// No longer there.
    Delete(u64),
}

/// A page of changes.
#[derive(Debug)]
pub struct Page {
    /// Changes, oldest first.
    pub steps: Vec<Step>,
    /// Nothing is left after this page.
    pub last: bool,
    /// Where to go on.
    pub state: String,
}

/// Position of a reader. `seen` is where its last complete round ended; `at` is where the running one stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Position {
    mailbox: u128,
    /// Folder number; 0 = the hierarchy.
    folder: u64,
    epoch: u64,
    seen: u64,
    at: u64,
}

impl Position {
    fn encode(self) -> String {
        let mut bytes = b"SSI1".to_vec();
        bytes.extend_from_slice(&self.mailbox.to_be_bytes());
        for number in [self.folder, self.epoch, self.seen, self.at] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&checksum(&bytes).to_be_bytes());
        STANDARD.encode(bytes)
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim()).ok()?;
        let (rest, sum) = bytes.split_last_chunk::<4>()?;
        if u32::from_be_bytes(*sum) != checksum(rest) {
            return None;
        }
        let rest = rest.strip_prefix(b"SSI1")?;
        let (mailbox, numbers) = rest.split_first_chunk::<16>()?;
        let mut numbers = numbers
            .chunks_exact(8)
            .map(|n| n.try_into().map_or(0, u64::from_be_bytes));
        Some(Self {
            mailbox: u128::from_be_bytes(*mailbox),
            folder: numbers.next()?,
            epoch: numbers.next()?,
            seen: numbers.next()?,
            at: numbers.next()?,
        })
    }
}

/// Sizes for [`super::Settings::odd_pages`], picked by the position.
const ODD: [usize; 7] = [1, 7, 4, 3, 13, 2, 5];

/// How much may go into one page.
#[derive(Clone, Copy, Debug)]
pub struct PageLimit {
    /// Most changes.
    pub changes: usize,
    /// Pages come in odd sizes.
    pub odd: bool,
}

impl Mailbox {
    fn position(&self, folder: u64, state: Option<&str>) -> Result<Position, Failure> {
        let state = state.map(str::trim).filter(|text| !text.is_empty());
        let fresh = Position {
            mailbox: self.id,
            folder,
            epoch: self.epoch,
            seen: 0,
            at: 0,
        };
        let Some(state) = state else { return Ok(fresh) };
        let position = Position::decode(state).ok_or(Failure::SYNC_STATE)?;
        let ours = position.mailbox == self.id
            && position.folder == folder
            && position.epoch == self.epoch;
        if ours {
            Ok(position)
        } else {
            Err(Failure::SYNC_STATE)
        }
    }

    /// The changes of a folder's items after `state`.
    ///
    /// # Errors
    /// `ErrorSyncFolderNotFound`, `ErrorInvalidSyncStateData`.
    pub fn sync_items(
        &self,
        folder: u64,
        state: Option<&str>,
        limit: PageLimit,
    ) -> Result<Page, Failure> {
        let history = &self
            .folder(folder)
            .ok_or(Failure::SYNC_FOLDER_NOT_FOUND)?
            .history;
        let position = self.position(folder, state)?;
        let step = |at: u64, change: &Change| {
            if change.gone {
                // Who never saw it need not hear that it is gone.
                return (change.appeared <= position.at).then_some(Step::Delete(change.key));
            }
            if change.appeared > position.seen {
                return Some(Step::Create(change.key));
            }
            let item = self.item(change.key)?;
            debug_assert_eq!(item.changed, at);
            if item.content_changed > position.seen {
                Some(Step::Update(change.key))
            } else {
                Some(Step::ReadFlag(change.key, !item.unread()))
            }
        };
        Ok(page(
            history.range(position.at + 1..),
            position,
            limit,
            step,
        ))
    }

    /// The changes of all folders after `state`.
    ///
    /// # Errors
    /// `ErrorInvalidSyncStateData`.
    pub fn sync_hierarchy(&self, state: Option<&str>) -> Result<Page, Failure> {
        let position = self.position(0, state)?;
        let step = |_: u64, change: &Change| {
            if change.gone {
                (change.appeared <= position.at).then_some(Step::Delete(change.key))
            } else if change.appeared > position.seen {
                Some(Step::Create(change.key))
            } else {
                Some(Step::Update(change.key))
            }
        };
        let limit = PageLimit {
            changes: usize::MAX,
            odd: false,
        };
        Ok(page(
            self.folder_history.range(position.at + 1..),
            position,
            limit,
            step,
        ))
    }

    /// Makes every sync state of this mailbox invalid, as a move to another database does.
    pub fn expire_sync_states(&mut self) {
        self.epoch += 1;
    }

    /// Moves the mailbox to another organization's server: ids of items and folders, change keys and sync states are
    /// new and the old ones mean nothing; UIDs, named properties and contents came along.
    pub fn move_to_another_server(&mut self) {
        self.id = fingerprint(&format!("{:x}", self.id));
        self.expire_sync_states();
    }
}

fn page<'a>(
    history: impl Iterator<Item = (&'a u64, &'a Change)>,
    position: Position,
    limit: PageLimit,
    step: impl Fn(u64, &Change) -> Option<Step>,
) -> Page {
    let mut most = limit.changes.max(1);
    if limit.odd {
        most = most.min(ODD[(position.at % ODD.len() as u64) as usize]);
    }
    let mut at = position.at;
    let mut steps = Vec::new();
    let mut history = history.peekable();
    while let Some((changed, change)) = history.peek() {
        if let Some(step) = step(**changed, change) {
            if steps.len() >= most {
                break;
            }
            steps.push(step);
        }
        at = **changed;
        history.next();
    }
    let last = history.peek().is_none();
    let seen = if last { at } else { position.seen };
    let state = Position {
        seen,
        at,
        ..position
    }
    .encode();
    Page { steps, last, state }
}
