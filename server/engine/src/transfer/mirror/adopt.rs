//! Occurrences that somebody edited or cancelled in the CRM (CAL-64, docs/decisions/0056). Each is found in the series
//! that this mailbox mirrors and becomes a pair of its own, with what the series says as what was agreed; from there on
//! it goes as any other pair does.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};
use ssi_domain::{
    ItemId, LinkId, ReasonCode, Record, RecordRef, Version,
    mirror::{
        Asked, CANCELLED, Unfit, is_private,
        occurrence::{PartOf, Spot, agreed, day_of, plain, spot},
    },
    port::{Collections, CrmQuery, EventRole, Hit, Item, PortError, Series, Shape},
};
use ssi_store::{MirrorRow, MirrorState};

use super::{End, File, Mode, Seen, Transfer, claim::Claim, gather::shape};
use crate::Error;

/// A record whose series is not known here may be on the way after it: it is looked at so often again.
const MOST_WAITS: i32 = 3;

/// A record that is an occurrence of a series of this mailbox.
struct Found {
    /// Which of the files.
    at: usize,
    part: PartOf,
    series: MirrorRow,
}

impl Transfer {
    /// Joins records that nobody has a pair for with the occurrences they are of.
    pub(super) async fn adopt_occurrences(
        &mut self,
        files: &mut Vec<File>,
        collections: &Collections,
        mode: Mode,
        now: Timestamp,
    ) -> Result<(), Error> {
        let found = self.parts_of_series(files).await?;
        if found.is_empty() {
            return Ok(());
        }
        let masters = self.masters(&found).await?;
        let spots: Vec<Spot> = found
            .iter()
            .map(
                |one| match (masters.get(&one.series.item), &files[one.at].item) {
                    (Some(_), Seen::There(item)) => Spot::Changed(item.id.clone()),
                    (Some(master), _) => spot(master, one.part.day),
                    (None, _) => Spot::None,
                },
            )
            .collect();
        let mut ids = self.ids_of(&found, &spots).await?;
        let mut subset = Vec::new();
        // From behind, so that the places of those before stay what they are.
        for (one, spot) in found.into_iter().zip(spots).rev() {
            let mut file = files.remove(one.at);
            let id = ids.pop().unwrap_or(Ok(None));
            let Some(master) = masters.get(&one.series.item) else {
                // Nothing is known of the series at this moment (INV-5).
                file.end = Some(End::Later);
                files.push(file);
                continue;
            };
            match (id, spot) {
                (Ok(Some(id)), spot) => {
                    file.look.item = Some(id);
                    // Its own, in place of that of a record without item.
                    file.key.clear();
                    subset.push((file, (one, matches!(spot, Spot::Changed(_)), master)));
                }
                (Ok(None), spot) => {
                    file.end = Some(self.nowhere(&file, &one, master, &spot));
                    files.push(file);
                }
                (Err(error), _) => {
                    file.end = Some(file.unreadable(&error));
                    files.push(file);
                }
            }
        }
        let (mut looked, stories): (Vec<File>, Vec<_>) = subset.into_iter().unzip();
        self.read_items(&mut looked, collections, now).await?;
        self.find_records(&mut looked).await?;
        for (file, (one, changed, master)) in looked.iter_mut().zip(stories) {
            if !file.open() {
                continue;
            }
            let Some(end) = self.adopt_one(file, &one, (master, changed), mode).await? else {
                continue;
            };
            file.end = Some(end);
            if file.look.record.is_some() {
                // The record alone is what this look was about.
                file.item = Seen::Gone;
                file.look.item = None;
            }
        }
        files.append(&mut looked);
        Ok(())
    }

    /// Which records the CRM has of its own for changed occurrences that no record was made of (INV-1).
    pub(super) async fn ask_series(&self, files: &mut [File]) -> Result<(), Error> {
        let mut asked: Vec<RecordRef> = Vec::new();
        for file in files.iter().filter(|file| file.lacks_record()) {
            let new = file.series.as_ref().filter(|one| !asked.contains(one));
            asked.extend(new.cloned());
        }
        if asked.is_empty() {
            return Ok(());
        }
        let query = |series: &RecordRef| CrmQuery::Occurrences {
            series: series.clone(),
        };
        let queries: Vec<CrmQuery> = asked.iter().map(query).collect();
        let mut records: HashMap<(&RecordRef, Date), RecordRef> = HashMap::new();
        for (series, hits) in asked.iter().zip(self.crm.find(&queries).await?) {
            for hit in hits {
                if let Hit::Occurrence(record, day) = hit {
                    records.entry((series, day)).or_insert(record);
                }
            }
        }
        for file in files.iter_mut().filter(|file| file.lacks_record()) {
            let record = file.series.as_ref().zip(file.day());
            let record = record.and_then(|place| records.get(&place));
            file.record = record.cloned();
        }
        Ok(())
    }

    /// The files about an occurrence whose series this mailbox keeps in step.
    async fn parts_of_series(&self, files: &mut [File]) -> Result<Vec<Found>, Error> {
        let mut parts = Vec::new();
        for (at, file) in files.iter().enumerate() {
            let bare = match &file.item {
                Seen::Gone => true,
                // A changed occurrence, and a record that the CRM has of its own for it.
                Seen::There(_) => file.day().is_some() && !file.keyed(),
                Seen::Unread => false,
            };
            let new = bare && file.open() && file.row.is_none() && file.kind.is_event();
            let record = file.crm.there().filter(|_| new);
            parts.extend(record.and_then(|crm| Some((at, PartOf::of(&crm.value)?))));
        }
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let records: Vec<_> = parts
            .iter()
            .filter_map(|(_, part)| part.series.clone())
            .collect();
        let keys: Vec<String> = parts.iter().map(|(_, part)| part.key.clone()).collect();
        let store = &self.parts.store;
        let mut rows = store.mirrors_by_records(self.row.id, &records).await?;
        rows.extend(store.mirrors_by_keys(self.row.id, None, &keys).await?);
        let mut found = Vec::new();
        for (at, part) in parts {
            let file = &mut files[at];
            let series = rows.iter().find(|row| {
                let named = part.series.as_ref() == Some(&row.record);
                named || row.kind == file.kind && row.identity_key == part.key
            });
            match series {
                Some(row) if row.state == MirrorState::Active && row.writer => {
                    let series = row.clone();
                    found.push(Found { at, part, series });
                }
                Some(_) => {}
                // What was made from a mailbox has its series there.
                None if file.keyed() => {}
                None => {
                    let tries = file.look.filed.map_or(MOST_WAITS, |(_, tries)| tries);
                    file.end = (tries < MOST_WAITS).then_some(End::Later);
                }
            }
        }
        Ok(found)
    }

    /// The items of the series; a private one without its text (INV-13). Without those that cannot be read.
    async fn masters(&self, found: &[Found]) -> Result<HashMap<ItemId, Item>, Error> {
        let mut ids: Vec<ItemId> = found.iter().map(|one| one.series.item.clone()).collect();
        ids.sort();
        ids.dedup();
        let mut masters = HashMap::new();
        for (id, answer) in self.read(&ids, Shape::Headers).await? {
            masters.extend(answer.ok().flatten().map(|item| (id, item)));
        }
        let open = masters.values().filter(|item| !is_private(&item.record));
        let open: Vec<ItemId> = open.map(|item| item.id.clone()).collect();
        for (id, answer) in self.read(&open, Shape::Full).await? {
            match answer {
                Ok(Some(item)) => masters.insert(id, item),
                _ => masters.remove(&id),
            };
        }
        for one in found {
            if let Some(master) = masters.get_mut(&one.series.item) {
                shape(master, one.series.kind);
            }
        }
        Ok(masters)
    }

    /// The ids of the occurrences, in their order; `Ok(None)`: it stands nowhere.
    async fn ids_of(
        &self,
        found: &[Found],
        spots: &[Spot],
    ) -> Result<Vec<Result<Option<ItemId>, PortError>>, Error> {
        let mut places = Vec::new();
        for (one, spot) in found.iter().zip(spots) {
            if let Spot::Plain(number) = spot {
                places.push((one.series.item.clone(), *number));
            }
        }
        let mut plain = match places.is_empty() {
            true => Vec::new(),
            false => self.mail.occurrences(&places).await?,
        }
        .into_iter();
        let mut ids = Vec::with_capacity(spots.len());
        for spot in spots {
            ids.push(match spot {
                Spot::Changed(id) => Ok(Some(id.clone())),
                Spot::Plain(_) => plain.next().unwrap_or(Ok(None)),
                Spot::TakenOut | Spot::None => Ok(None),
            });
        }
        Ok(ids)
    }

    /// The end of a look at an occurrence that the series in the mailbox does not have.
    fn nowhere(&self, file: &File, one: &Found, master: &Item, spot: &Spot) -> End {
        // Told off by ourselves and opened again, it differs in nothing from what the series says.
        let reopened = file.keyed() && *spot == Spot::TakenOut;
        if file.is_off() || !(reopened || self.differs(file, one, master)) {
            return End::Skipped;
        }
        stays(
            one,
            match spot {
                Spot::TakenOut => {
                    "it was deleted from the series in the mailbox, where it cannot be put back; cancel it in \
                               the CRM, or make an appointment of its own"
                }
                _ => {
                    "the series in the mailbox has none on that day; make an appointment of its own"
                }
            },
        )
    }

    /// Whether somebody changed the record of an occurrence, as far as the series can say.
    fn differs(&self, file: &File, one: &Found, master: &Item) -> bool {
        let (Some(table), Some(crm)) = (self.tables.of(file.kind), file.crm.there()) else {
            return false;
        };
        let Some(plain) = plain(&master.record, one.part.day) else {
            return true;
        };
        let agreed = agreed(&self.digest_key, table, &plain, &crm.value);
        !agreed.crm_unmoved(&self.digest_key, table, &crm.value)
    }

    /// Makes a pair of a record and its occurrence, when somebody changed one of them; or says why not.
    async fn adopt_one(
        &mut self,
        file: &mut File,
        one: &Found,
        (master, changed): (&Item, bool),
        mode: Mode,
    ) -> Result<Option<End>, Error> {
        let (Some(item), Some(crm), Some(record), Some(table)) = (
            file.item.there(),
            file.crm.there(),
            file.record.clone(),
            self.tables.of(one.series.kind),
        ) else {
            return Ok(Some(End::Later));
        };
        let asks = changed || file.is_off() || self.differs(file, one, master);
        if !asks || matches!(file.asked, Asked::No(_)) {
            // As the series says: there is nothing to keep in step beside it.
            return Ok(Some(End::Skipped));
        }
        // What its owner changed goes up from there, as from any copy of theirs.
        let fixed = fixed(item, master, one).filter(|_| !changed);
        let plain = plain(&master.record, one.part.day);
        let Some(plain) = plain.filter(|_| fixed.is_none()) else {
            let why = fixed.unwrap_or("the times of its series cannot be read");
            return Ok(Some(stays(one, why)));
        };
        let baseline = agreed(&self.digest_key, table, &plain, &crm.value);
        let row = MirrorRow {
            link: LinkId(self.parts.ids.uuid()),
            mailbox: self.row.id,
            kind: one.series.kind,
            identity_key: file.key.clone(),
            item: item.id.clone(),
            record,
            // An occurrence is what its series is (CAL-51, CAL-52).
            origin: one.series.origin,
            state: MirrorState::Active,
            writer: true,
            item_version: item.version.clone(),
            record_version: Version::new(""),
            baseline: serde_json::to_value(baseline).unwrap_or_default(),
            updated_at: self.parts.clock.now(),
        };
        let link = match mode {
            Mode::Rehearse => row.link,
            _ => match self.link_of(&row).await? {
                Ok(link) => link,
                Err(end) => return Ok(Some(end)),
            },
        };
        file.kind = row.kind;
        file.row = Some(MirrorRow { link, ..row });
        file.adopted = true;
        Ok(None)
    }

    /// The link row of a record that stands; or why there is none for it.
    async fn link_of(&self, row: &MirrorRow) -> Result<Result<LinkId, End>, Error> {
        Ok(match self.claim_pair(row.kind, &row.identity_key).await? {
            Claim::Fresh(link) | Claim::Left(link) => {
                self.complete_pair(link, &row.record, None).await?;
                Ok(link)
            }
            Claim::Stands(link, record) if record == row.record => Ok(link),
            // Made from the mailbox, while the CRM had one too.
            Claim::Stands(..) => Err(End::Unfit(Unfit {
                code: ReasonCode::OccurrenceStays,
                detail:
                    "another record of the CRM is kept in step with this occurrence; edit that one"
                        .into(),
            })),
            Claim::Held => Err(End::Later),
        })
    }
}

impl File {
    /// The day of a changed occurrence, by its series' clock.
    fn day(&self) -> Option<Date> {
        let item = self.item.there()?;
        let Series::Exception { original_start } = item.event.as_ref()?.series else {
            return None;
        };
        Some(day_of(&item.record, original_start))
    }

    /// Whether it is a changed occurrence that is about to get a record.
    fn lacks_record(&self) -> bool {
        let new = self.open() && self.row.is_none() && self.record.is_none();
        new && self.day().is_some() && !matches!(self.asked, Asked::No(_))
    }

    /// Whether the record bears the key of something in a mailbox.
    fn keyed(&self) -> bool {
        let crm = self.crm.there();
        crm.is_some_and(|crm| !crm.value.text("identity_key").is_empty())
    }

    /// Whether the record is cancelled.
    fn is_off(&self) -> bool {
        let off = |record: &Record| record.text("status") == CANCELLED;
        self.crm.there().is_some_and(|crm| off(&crm.value))
    }
}

/// Why an occurrence cannot be changed in this mailbox, if it cannot (INV-11, INV-13).
fn fixed(item: &Item, master: &Item, one: &Found) -> Option<&'static str> {
    let event = item.event.as_ref()?;
    let then = match event.series {
        Series::Exception { original_start } => {
            day_of(&master.record, original_start) == one.part.day
        }
        _ => false,
    };
    if !then {
        return Some("the mail server does not say which occurrence of the series it is");
    }
    if event.role == EventRole::Attendee {
        return Some(
            "the meeting is somebody else's in this mailbox; ask its organizer to change it",
        );
    }
    is_private(&item.record)
        .then_some("it is private in the mailbox, where nothing of the CRM is written")
}

fn stays(one: &Found, why: &str) -> End {
    End::Unfit(Unfit {
        code: ReasonCode::OccurrenceStays,
        detail: format!(
            "the occurrence of {} was changed in the CRM, and that stays there: {why}",
            one.part.day
        ),
    })
}
