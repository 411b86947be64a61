//! A tenant: its tables, clocks, number ranges and transactions.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::journal::{Channel, Journal};
use super::refusal::Refusal;
use super::schema::{EntitySet, Schema};
use super::settings::Settings;
use super::table::{Row, Slot, Table};
use super::users::Users;
use super::value::{Value, object_id};

/// The context of contextual code lists (the document type of e-mails).
const CONTEXT: &str = "0004";

/// Who writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Author {
    /// The name that `CreatedBy` and `ChangedBy` show.
    pub name: String,
    /// ObjectID of the employee behind a named user; technical users have none.
    pub employee: Option<String>,
}

/// Calls in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Now.
    pub running: usize,
    /// Most at the same time since the start or since a test set it back.
    pub peak: usize,
}

/// One C4C system. Plain state: no HTTP, no clock of its own.
#[derive(Debug)]
pub struct Crm {
    /// Its switches.
    pub settings: Settings,
    /// Who may sign in.
    pub users: Users,
    /// How many calls run at the same time.
    pub load: Load,
    pub(super) tables: Vec<Table>,
    pub(super) author: Author,
    pub(super) channel: Channel,
    pub(super) journal: Journal,
    now: i64,
    last_stamp: i64,
    ids: u64,
    numbers: HashMap<usize, u64>,
    undo: Vec<(usize, Slot, Option<Row>)>,
    depth: usize,
    held: BTreeSet<String>,
    touched: Vec<String>,
}

impl Default for Crm {
    fn default() -> Self {
        let schema = Schema::standard();
        Self {
            settings: Settings::default(),
            users: Users::default(),
            load: Load::default(),
            tables: schema.sets.iter().map(value_help).collect(),
            author: Author::default(),
            channel: Channel::default(),
            journal: Journal::default(),
            now: 0,
            last_stamp: 0,
            ids: 0,
            numbers: HashMap::new(),
            undo: Vec::new(),
            depth: 0,
            held: BTreeSet::new(),
            touched: Vec::new(),
        }
    }
}

impl Crm {
    /// The entity sets.
    #[must_use]
    pub fn schema(&self) -> &'static Schema {
        Schema::standard()
    }

    /// Says which program acts from now on, for whom, and what time it is, microseconds since 1970 UTC.
    pub fn act_as(&mut self, author: Author, now: i64) {
        self.author = author;
        self.now = now;
        self.channel = Channel::Integration;
    }

    /// The time of the current action, microseconds since 1970 UTC.
    pub(super) fn now(&self) -> i64 {
        self.now
    }

    /// Runs the writes of `work` as one transaction: all of them stand, or none.
    ///
    /// # Errors
    /// The refusal of `work`, after everything it wrote has been taken back.
    pub fn atomically<T, E>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let mark = self.undo.len();
        let touched = self.touched.len();
        let noted = self.journal.mark();
        self.depth += 1;
        let outcome = work(self);
        self.depth -= 1;
        if outcome.is_err() {
            self.touched.truncate(touched);
            self.journal.take_back(noted);
            while self.undo.len() > mark {
                if let Some((set, slot, before)) = self.undo.pop() {
                    self.tables[set].put(slot, before);
                }
            }
        } else if self.depth == 0 {
            self.undo.clear();
            let notifies = self.settings.event_notifications == super::settings::Switch::On;
            self.journal.commit(notifies);
        }
        outcome
    }

    /// The row of a set with this ObjectID.
    #[must_use]
    pub fn row(&self, set: &EntitySet, key: &str) -> Option<&Row> {
        self.tables[set.index].find(key)
    }

    /// The row in a slot.
    #[must_use]
    pub fn row_at(&self, set: &EntitySet, slot: Slot) -> Option<&Row> {
        self.tables[set.index].row(slot)
    }

    /// How many rows a set has.
    #[must_use]
    pub fn count(&self, set: &EntitySet) -> usize {
        self.tables[set.index].len()
    }

    pub(super) fn put(&mut self, set: &EntitySet, row: Row) {
        let table = &mut self.tables[set.index];
        let slot = table.slot(&row.key).unwrap_or_else(|| table.next_slot());
        let before = table.put(slot, Some(row));
        self.remember(set, slot, before);
    }

    fn remember(&mut self, set: &EntitySet, slot: Slot, before: Option<Row>) {
        if self.depth > 0 {
            self.undo.push((set.index, slot, before));
        }
    }

    pub(super) fn remove(&mut self, set: &EntitySet, key: &str) {
        let table = &mut self.tables[set.index];
        if let Some(slot) = table.slot(key) {
            let before = table.put(slot, None);
            self.remember(set, slot, before);
        }
    }

    /// Rows of a child set that belong to a parent, oldest first.
    #[must_use]
    pub fn children(&self, set: &EntitySet, parent: &str) -> Vec<Slot> {
        set.position("ParentObjectID")
            .map(|property| {
                self.tables[set.index].equal_to(property, &Value::Text(parent.to_owned()))
            })
            .unwrap_or_default()
    }

    /// The next point of a strictly rising clock, microseconds: two changes never share a stamp.
    pub(super) fn stamp(&mut self) -> i64 {
        self.last_stamp = self.now.max(self.last_stamp + 1);
        self.last_stamp
    }

    /// A new ObjectID. Scattered like real ones, the same in every run.
    pub(super) fn new_id(&mut self) -> String {
        self.ids += 1;
        let low = scatter(self.ids);
        // 00163E is how most observed ids begin.
        let high = 0x0016_3E00_0000_1EED | ((scatter(low) & 0xFFFF) << 16);
        object_id(Uuid::from_u64_pair(high, low))
    }

    /// The next number of a set's range.
    pub(super) fn next_number(&mut self, set: &EntitySet) -> Option<(usize, String)> {
        let (property, first) = set.number?;
        loop {
            let next = self.numbers.entry(set.index).or_insert(first);
            let number = next.to_string();
            *next += 1;
            // A number given by hand may lie in the range already.
            let taken = Value::Text(number.clone());
            if self.tables[set.index].equal_to(property, &taken).is_empty() {
                return Some((property, number));
            }
        }
    }

    /// Notes that the current request writes this root object.
    pub(super) fn touch(&mut self, root: &str) -> Result<(), Refusal> {
        let guarded = self.settings.lock_errors == super::settings::Switch::On;
        if guarded && self.held.contains(root) {
            return Err(Refusal::Locked(root.to_owned()));
        }
        if self.touched.last().is_none_or(|last| last != root) {
            self.touched.push(root.to_owned());
        }
        Ok(())
    }

    /// Holds everything the current request wrote until [`Crm::release`]; returns it.
    pub fn hold_touched(&mut self) -> BTreeSet<String> {
        let touched: BTreeSet<_> = std::mem::take(&mut self.touched).into_iter().collect();
        self.held.extend(touched.iter().cloned());
        touched
    }

    /// Forgets what the current request wrote, holding nothing.
    pub fn forget_touched(&mut self) {
        self.touched.clear();
    }

    /// Holds an object as a person does who edits it in the browser: writes to it are refused.
    pub fn hold(&mut self, object_id: &str) {
        self.held.insert(object_id.to_owned());
    }

    /// Lets objects go.
    pub fn release<'a>(&mut self, object_ids: impl IntoIterator<Item = &'a String>) {
        for object_id in object_ids {
            self.held.remove(object_id);
        }
    }
}

/// The table of a set; value-help sets come with their codes.
fn value_help(set: &EntitySet) -> Table {
    let mut table = Table::new(set);
    let Some(list) = set.code_list else {
        return table;
    };
    for (slot, (code, text)) in Schema::standard().codes(list).iter().enumerate() {
        // A contextual list is keyed by the document type as well; the sandbox has one context.
        let values = set.properties.iter().map(|property| match property.name {
            "Code" => Value::text(*code),
            "Description" => Value::text(*text),
            _ => Value::text(CONTEXT),
        });
        let row = Row {
            values: values.collect(),
            ..Row::new((*code).to_owned(), set)
        };
        table.put(slot, Some(row));
    }
    table
}

/// Spreads a counter over 64 bits (the finaliser of splitmix64, public domain).
fn scatter(counter: u64) -> u64 {
    let mut z = counter.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
