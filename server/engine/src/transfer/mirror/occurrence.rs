//! Occurrences that a series no longer has: those with a record of their own lose it, all others get one that says
//! that they are off (CAL-64, docs/decisions/0012). No listing tells about them; the series does.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use ssi_domain::{
    ItemId, Kind, LinkId, Record, RecordRef, Trace, Value,
    mapping::{Table, convert::to_crm},
    mirror::{
        CANCELLED, Fate, is_private,
        occurrence::{at, day_of},
        redact,
    },
    port::{CrmQuery, CrmWrite, Hit, Item, PartyRole, RecordParty, Series},
};
use ssi_store::{LinkState, MirrorState};

use super::{End, File, Look, Transfer, claim::Claim, gather::series_key};
use crate::Error;

/// So many occurrences of a series are told off in one look; the rest with the next (INV-19).
const MOST: usize = 200;

/// An occurrence to be told off.
struct Off {
    link: LinkId,
    key: String,
    start: Timestamp,
}

impl Transfer {
    /// Pairs of occurrences that the series at hand no longer change: deleted, or gone with the series itself.
    pub(super) async fn vanished(&self, files: &[File]) -> Result<Vec<File>, Error> {
        let mut looks = Vec::new();
        for file in files.iter().filter(|file| file.open()) {
            let Some(row) = &file.row else { continue };
            let event = file.item.there().and_then(|item| item.event.as_ref());
            let stand: HashSet<&ItemId> = match event.map(|event| &event.series) {
                Some(Series::Master { exceptions, .. }) => {
                    exceptions.iter().map(|(id, _)| id).collect()
                }
                Some(Series::Single) => HashSet::new(),
                _ => continue,
            };
            // A series that was born in the CRM has another key than its occurrences, which bear its UID.
            let mut keys = vec![row.identity_key.clone()];
            keys.extend(
                file.item
                    .there()
                    .and_then(series_key)
                    .filter(|key| *key != keys[0]),
            );
            let mut rows = Vec::new();
            for key in keys {
                let found = self.parts.store.mirrors_of_series(self.row.id, &key);
                rows.extend(found.await?);
            }
            let gone = rows
                .into_iter()
                .filter(|row| row.state == MirrorState::Active && !stand.contains(&row.item));
            looks.extend(gone.map(|row| {
                File::new(Look {
                    item: Some(row.item),
                    folder: file.look.folder,
                    ..Look::default()
                })
            }));
        }
        Ok(looks)
    }

    /// Tells the CRM which occurrences of mirrored series were taken out.
    pub(super) async fn cancel_occurrences(
        &mut self,
        files: &mut [File],
        now: Timestamp,
    ) -> Result<(), Error> {
        for file in files.iter_mut() {
            let back = self.settings.mirror.scope_days_back;
            let oldest = now - SignedDuration::from_hours(24 * i64::from(back));
            let Some(starts) = file.taken_out(oldest) else {
                continue;
            };
            let off = self.claim_off(file, starts).await?;
            if off.is_empty() {
                continue;
            }
            let made = self.tell_off(file, off).await?;
            if let Err(error) = made {
                file.end = Some(End::Failed(error));
            }
        }
        Ok(())
    }

    /// Takes the link rows of occurrences that nobody has a record for.
    async fn claim_off(&self, file: &File, starts: Vec<Timestamp>) -> Result<Vec<Off>, Error> {
        let uid = file.item.there().and_then(series_key);
        let uid = uid.unwrap_or_else(|| file.key.clone());
        // Told off before under the key of a series that was born in the CRM.
        let former = |start: &Timestamp| format!("{}#{start}", file.key);
        let named = |start: &Timestamp| format!("{uid}#{start}");
        let mut keys: Vec<String> = starts.iter().map(named).collect();
        keys.extend(starts.iter().map(former).filter(|_| uid != file.key));
        let store = &self.parts.store;
        let links = store
            .links_by_keys(&self.row.tenant, file.kind, &keys)
            .await?;
        let done: HashSet<String> = links
            .into_iter()
            .filter(|link| link.state == LinkState::Linked)
            .map(|link| link.identity_key)
            .collect();
        let mut off = Vec::new();
        for start in starts {
            let key = named(&start);
            if done.contains(&key) || done.contains(&former(&start)) {
                continue;
            }
            if let Claim::Fresh(link) | Claim::Left(link) = self.claim_pair(file.kind, &key).await?
            {
                off.push(Off { link, key, start });
            }
            if off.len() >= MOST {
                break;
            }
        }
        Ok(off)
    }

    /// Makes the records; a refusal is the series' problem.
    async fn tell_off(
        &mut self,
        file: &File,
        off: Vec<Off>,
    ) -> Result<Result<(), ssi_domain::port::PortError>, Error> {
        // A run that died may have got that far.
        let keys = off.iter().map(|one| one.key.clone()).collect();
        let query = CrmQuery::ByIdentity {
            kind: file.kind,
            keys,
        };
        let hits = self.crm.find(&[query]).await?.into_iter().flatten();
        let found: HashMap<String, RecordRef> = hits
            .filter_map(|hit| match hit {
                Hit::Record(found) => Some((found.identity_key, found.record)),
                _ => None,
            })
            .collect();
        let owner = self.owner().map(|hit| RecordParty {
            role: PartyRole::Owner,
            address: ssi_domain::Address {
                name: String::new(),
                address: String::new(),
            },
            party: Some(hit),
            main: true,
        });
        let parties: Vec<RecordParty> = owner.into_iter().collect();
        let mut failed = None;
        for one in off {
            if let Some(record) = found.get(&one.key) {
                self.complete_pair(one.link, record, None).await?;
                continue;
            }
            let record = file.item.there().and_then(|item| {
                let table = self.tables.of(file.kind)?;
                called_off(table, item, one.start)
            });
            let (Some(record), None) = (record, &failed) else {
                self.parts.store.abandon(one.link, &self.holder).await?;
                continue;
            };
            let write = CrmWrite::Create {
                kind: file.kind,
                identity_key: one.key,
                record,
                parties: parties.clone(),
                attachments: Vec::new(),
            };
            self.writes += 1;
            match self.crm.put(vec![write]).await?.into_iter().next() {
                Some(Ok(written)) => {
                    self.complete_pair(one.link, &written.record, written.version)
                        .await?;
                }
                Some(Err(error)) if error.is_item_problem() => {
                    self.parts.store.abandon(one.link, &self.holder).await?;
                    failed = Some(error);
                }
                Some(Err(error)) => {
                    self.let_go(one.link).await?;
                    return Err(error.into());
                }
                None => self.let_go(one.link).await?,
            }
        }
        Ok(failed.map_or(Ok(()), Err))
    }
}

impl File {
    /// The original starts of occurrences that were taken out and lie in the mirrored days.
    fn taken_out(&self, oldest: Timestamp) -> Option<Vec<Timestamp>> {
        let kept = self.fate() == Some(Fate::Keep) && self.record.is_some();
        let well = !matches!(
            self.end,
            Some(End::Failed(_) | End::Doomed | End::Later | End::Unfit(_))
        );
        if !kept || !well || !matches!(self.kind, Kind::Appointment | Kind::Visit) {
            return None;
        }
        let event = self.item.there()?.event.as_ref()?;
        let Series::Master { deleted, .. } = &event.series else {
            return None;
        };
        let starts: Vec<Timestamp> = deleted
            .iter()
            .copied()
            .filter(|start| *start >= oldest)
            .collect();
        (!starts.is_empty()).then_some(starts)
    }
}

/// The record of an occurrence that is off: when it would have been, and that it is cancelled.
fn called_off(table: &Table, item: &Item, start: Timestamp) -> Option<Record> {
    let shown = match is_private(&item.record) {
        true => redact(table, &item.record),
        false => item.record.clone(),
    };
    let mut record = Record::new();
    for name in ["subject", "zone", "all_day", "sensitivity"] {
        if let (Some(row), Some(value)) = (table.row(name), shown.get(name))
            && let Some(value) = to_crm(row, value, &mut Trace::new())
        {
            record.set(name, value);
        }
    }
    // The day by the series' own clock: the record may be shown in another zone.
    let day = day_of(&item.record, start);
    let then = at(&item.record, start, day)?;
    for name in ["start", "end"] {
        record.set(name, then.get(name)?.clone());
    }
    record.set("series_key", item.event.as_ref()?.uid.as_str());
    record.set("original_start", Value::Date(day));
    record.set("status", Value::Choice(CANCELLED.into()));
    Some(record)
}
