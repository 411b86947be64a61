//! Whose mailbox keeps a record in step, when the CRM names another one (CAL-38, CAL-55): what other mailboxes left
//! about it, read before anything is decided.

use std::collections::HashMap;

use ssi_domain::{
    Kind, ReasonCode, Record, RecordId, RecordRef, Value,
    merge::Baseline,
    mirror::{Asked, Hold, Named, named},
    participant::normalize,
    port::{EventRole, Item},
};
use ssi_store::{MirrorOrigin, MirrorRow, MirrorState};

use super::{End, File, Seen, Transfer};
use crate::Error;

/// A record that another mailbox still writes for is looked at so often, until that one lets it go. When it does, the
/// record is filed again in any case.
const MOST_WAITS: i32 = 30;

impl Transfer {
    /// The employee whose mailbox this is, by number.
    pub(super) fn employee(&self) -> Option<String> {
        let known = self.row.employee.clone();
        known.or_else(|| self.owner().map(|owner| owner.number))
    }

    /// Whether the record as it was agreed on names the mailbox's owner; a new one does as it stands after its
    /// creation.
    pub(super) fn still_names_us(&self, file: &File) -> Option<bool> {
        let names = match file.crm.there().filter(|_| file.taken_over.is_empty()) {
            Some(_) => file.hold.named,
            None => {
                let record = file.after_record.as_ref()?;
                let employee = self.employee();
                named(
                    file.kind,
                    &record.value,
                    &self.settings,
                    employee.as_deref(),
                )
            }
        };
        match names {
            Named::Us => Some(true),
            // Given away between its creation and now, perhaps by a session that died: it was theirs.
            Named::Another => Some(file.row.is_none() && file.is_own()),
            Named::Nobody => None,
        }
    }

    /// Finds out how the records at hand stand among the mailboxes.
    pub(super) async fn hold(&self, files: &mut [File]) -> Result<(), Error> {
        let employee = self.employee();
        let mut asked: HashMap<Kind, Vec<RecordId>> = HashMap::new();
        for file in files.iter_mut().filter(|file| file.open()) {
            let Some(crm) = file.crm.there() else {
                file.hold = Hold::default();
                continue;
            };
            file.hold = Hold {
                named: named(file.kind, &crm.value, &self.settings, employee.as_deref()),
                ..Hold::default()
            };
            file.leave_to_named();
            if let (true, Some(record)) = (file.may_come_down(), &file.record) {
                let ids = asked.entry(record.kind).or_default();
                ids.push(record.id.clone());
            }
        }
        let mut others: HashMap<RecordRef, Vec<MirrorRow>> = HashMap::new();
        for (kind, ids) in asked {
            let ids: Vec<&RecordId> = ids.iter().collect();
            let store = &self.parts.store;
            for row in store
                .mirrors_of_records(&self.row.tenant, kind, &ids)
                .await?
            {
                if row.mailbox != self.row.id {
                    others.entry(row.record.clone()).or_default().push(row);
                }
            }
        }
        for file in files.iter_mut().filter(|file| file.open()) {
            let rows = file.record.as_ref().and_then(|record| others.get(record));
            let (Some(rows), Some(crm)) = (rows, file.crm.there()) else {
                continue;
            };
            let key = crm.value.text("identity_key");
            // What everybody holds nobody holds alone (CON-10).
            let shared = self.settings.mirror.shared(file.kind);
            file.hold.busy = !shared && rows.iter().any(writes);
            file.hold.elsewhere = rows.iter().any(|row| made_it(row, key))
                && !self.is_invited(&crm.value, employee.as_deref());
        }
        Ok(())
    }

    /// Whether the mailbox's owner is an attendee of the record: their calendar has the meeting already.
    fn is_invited(&self, record: &Record, employee: Option<&str>) -> bool {
        let own = normalize(&self.row.address);
        let addresses = record.addresses("attendee_addresses").into_iter();
        let by_address = addresses
            .map(|one| normalize(&one.address))
            .any(|one| one == own);
        let numbers = match record.get("attendee_ids") {
            Some(Value::List(numbers)) => numbers.as_slice(),
            _ => &[],
        };
        by_address || numbers.iter().any(|one| one.as_text() == employee)
    }
}

fn writes(row: &MirrorRow) -> bool {
    row.writer && row.state == MirrorState::Active
}

/// Whether the record was made from this mailbox's item, for the owner of that mailbox: an attendee's copy is
/// somebody else's meeting, and stands in that one's calendar.
fn made_it(row: &MirrorRow, key: &str) -> bool {
    let baseline = serde_json::from_value::<Baseline>(row.baseline.clone()).unwrap_or_default();
    row.origin == MirrorOrigin::Mail && row.identity_key == key && baseline.ours() == Some(true)
}

/// A baseline that says that the record named the mailbox's owner.
pub(super) fn was_ours(baseline: serde_json::Value) -> serde_json::Value {
    let baseline = serde_json::from_value::<Baseline>(baseline).unwrap_or_default();
    serde_json::to_value(baseline.naming(Some(true))).unwrap_or_default()
}

impl File {
    /// Whether the item stands and is no invitation of somebody else's.
    fn is_own(&self) -> bool {
        let attendee = |item: &Item| {
            let event = item.event.as_ref();
            event.is_some_and(|event| event.role == EventRole::Attendee)
        };
        self.item.there().is_some_and(|item| !attendee(item))
    }

    /// An item that bears our mark and that no row knows was made by a session that died, or whose row was lost. Once
    /// the record was given to somebody else, it is that mailbox's to write for it: nothing is taken over (CAL-55).
    fn leave_to_named(&mut self) {
        let stamp = self.item.there().and_then(|item| item.link.as_ref());
        let stamped = stamp.is_some_and(|stamp| Some(&stamp.record) == self.record.as_ref());
        if self.row.is_none()
            && stamped
            && self.hold.named == Named::Another
            && !self.taken_over.is_empty()
        {
            self.taken_over.clear();
            self.asked = Asked::No(ReasonCode::OtherWriter);
        }
    }

    /// Whether an item may be made of the record, so that it matters who else has it.
    fn may_come_down(&self) -> bool {
        match &self.row {
            None => matches!(self.item, Seen::Gone),
            Some(row) => row.state != MirrorState::Active && !row.writer,
        }
    }

    /// The end of a look at a record that another mailbox writes for.
    pub(super) fn end_busy(&self) -> Option<End> {
        let busy = self.hold.busy
            && self.row.is_none()
            && self.fate() == Some(ssi_domain::mirror::Fate::Wait);
        let tries = self.look.filed.map_or(MOST_WAITS, |(_, tries)| tries);
        busy.then_some(if tries < MOST_WAITS {
            End::Later
        } else {
            End::Skipped
        })
    }
}
