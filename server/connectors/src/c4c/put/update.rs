//! Changes and deletes mirrored records: each in a change set of its own, guarded by the version it was decided
//! at, many change sets in one request.

use http::Method;
use serde_json::{Value as Json, json};
use ssi_domain::{
    Record, RecordRef, Version,
    mapping::{Backend, Table},
    port::{CrmWrite, PortError, RecordParty, Written},
};

use super::{Answers, Fields, PUT, for_the_rest, not_written, payload::retype, send::change};
use crate::{
    c4c::{
        mirror::{
            home, note, party, read, series,
            set::Target,
            write::{Mapped, Purpose, mapped, refused},
        },
        odata::{batch::Change, json::Row, query::Query, service::Answer},
        tenant::C4c,
    },
    http::Intent,
};

/// Life cycle of business partners that are no longer to be used.
const OBSOLETE: &str = "4";

/// One write on its way.
#[derive(Debug)]
struct Step {
    /// The write it answers.
    at: usize,
    record: RecordRef,
    target: Target,
    version: Version,
    header: Fields,
    /// Child node and text of the note, when the text is to change.
    note: Option<(String, String)>,
    /// What is to change about the private address.
    home: Fields,
    /// What is to change about the times of a series.
    times: Option<Record>,
    parties: Option<Vec<RecordParty>>,
    deletes: bool,
}

/// A change set, ready to be sent.
#[derive(Debug)]
struct Planned {
    at: usize,
    record: RecordRef,
    /// Whether the answer to the first write tells the new version of the record.
    tells_version: bool,
    changes: Vec<Change>,
}

impl C4c {
    /// Whether the record is as it was when the write was decided: by its tag, and by its change date where both are
    /// known, because an edit of a note or a party need not move the tag.
    fn stands_at(&self, step: &Step, row: &Row) -> bool {
        let now = self.version(step.target.set(), row);
        let stamped = |version: &Version| version.tag() != version.as_str();
        match stamped(&now) && stamped(&step.version) {
            true => now == step.version,
            false => now.tag() == step.version.tag(),
        }
    }

    /// Carries all out; the error that stopped the work, if one did, stands for the writes not sent.
    pub(super) async fn update_all(
        &self,
        writes: Vec<(usize, CrmWrite)>,
        answers: &mut Answers,
    ) -> Option<PortError> {
        let mut steps = Vec::new();
        for (at, write) in writes {
            match self.step(at, write) {
                Ok(step) => steps.push(step),
                Err(error) => answers[at] = Some(Err(error)),
            }
        }
        let planned = match self.plan(steps, answers).await {
            Ok(planned) => planned,
            Err((places, error)) => {
                for at in places {
                    answers[at] = Some(Err(error.clone()));
                }
                return Some(error);
            }
        };
        let mut halted: Option<PortError> = None;
        for group in self.grouped(planned) {
            if let Some(error) = &halted {
                for one in group {
                    answers[one.at] = Some(Err(error.clone()));
                }
                continue;
            }
            halted = self.send_sets(group, answers).await;
        }
        halted
    }

    fn step(&self, at: usize, write: CrmWrite) -> Result<Step, PortError> {
        let (record, version, set, parties, deletes) = match write {
            CrmWrite::Update {
                record,
                version,
                set,
                parties,
            } => (record, version, set, parties, false),
            CrmWrite::Delete { record, version } => (record, version, Record::new(), None, true),
            CrmWrite::Create { kind, .. } => return Err(not_written(kind)),
            CrmWrite::AddLinks { record, .. }
            | CrmWrite::RemoveLinks { record, .. }
            | CrmWrite::AddAttachment { record, .. } => {
                return Err(not_written(record.kind));
            }
        };
        let target = Target::of(&record).ok_or_else(|| not_written(record.kind))?;
        let table = self.table(record.kind)?;
        let Mapped { header, note, home } = mapped(target.set(), table, &set, Purpose::Update)?;
        let mut times = None;
        if target.is_series {
            if set
                .get("recurrence")
                .is_some_and(|rule| rule.as_text() == Some(""))
            {
                let why = "a series cannot become a single record; delete it and create the record";
                return Err(refused("recurrence", why.into()));
            }
            times = series::TIMES
                .iter()
                .any(|name| set.get(name).is_some())
                .then_some(set);
        } else if !set.text("recurrence").trim().is_empty() {
            let why = "a single record cannot become a series; delete it and create the series";
            return Err(refused("recurrence", why.into()));
        }
        Ok(Step {
            at,
            record,
            target,
            version,
            header,
            note,
            home,
            times,
            parties,
            deletes,
        })
    }

    /// Turns steps into change sets, reading the children of those that change some, all in one call.
    async fn plan(
        &self,
        steps: Vec<Step>,
        answers: &mut Answers,
    ) -> Result<Vec<Planned>, (Vec<usize>, PortError)> {
        let reads = |step: &Step| {
            let children = step.note.is_some() || step.parties.is_some() || !step.home.is_empty();
            children || step.times.is_some()
        };
        let stored: Vec<RecordRef> = steps
            .iter()
            .filter(|step| reads(step))
            .map(|step| step.record.clone())
            .collect();
        let rows = self.record_rows(&stored).await;
        let rows = rows.map_err(|error| (steps.iter().map(|step| step.at).collect(), error))?;
        let mut rows = rows.into_iter();
        let mut planned = Vec::new();
        for mut step in steps {
            let row = if reads(&step) {
                match rows.next().flatten() {
                    None => {
                        let detail = format!("{PUT}: the record is gone");
                        answers[step.at] = Some(Err(PortError::Gone { detail }));
                        continue;
                    }
                    Some(row) if !self.stands_at(&step, &row) => {
                        let detail = format!("{PUT}: another version stands");
                        answers[step.at] = Some(Err(PortError::Stale { detail }));
                        continue;
                    }
                    Some(row) => Some(row),
                }
            } else {
                None
            };
            if let Some(row) = &row
                && let Err(error) = self.series_times(&mut step, row)
            {
                answers[step.at] = Some(Err(error));
                continue;
            }
            let (at, record, version) = (step.at, step.record.clone(), step.version.clone());
            let (changes, tells_version) = self.changes(step, row.as_ref());
            if changes.is_empty() {
                answers[at] = Some(Ok(Written {
                    record,
                    version: Some(version),
                }));
                continue;
            }
            planned.push(Planned {
                at,
                record,
                tells_version,
                changes,
            });
        }
        Ok(planned)
    }

    /// Puts the times of a series into the header: what stands, overlaid by what changes.
    fn series_times(&self, step: &mut Step, row: &Row) -> Result<(), PortError> {
        let Some(set) = &step.times else {
            return Ok(());
        };
        let table = self.table(step.record.kind)?;
        let mut times = read::record(&step.target, table, &self.shared.config.codes, row);
        for name in series::TIMES {
            if let Some(value) = set.get(name) {
                times.set(name, value.clone());
            }
        }
        series::write(&times, &mut step.header)
    }

    /// The writes of a step, that of the record itself first. Also: whether its answer tells the record's
    /// version, which writes of children may move again.
    fn changes(&self, step: Step, row: Option<&Row>) -> (Vec<Change>, bool) {
        let set = step.target.set();
        let key = step.target.key.as_str();
        let codes = &self.shared.config.codes;
        let guarded = |method: Method, body: String| Change {
            if_match: Some(step.version.tag().to_owned()).filter(|tag| !tag.is_empty()),
            ..change(method, Query::row(set.name, key).path(), body)
        };
        if step.deletes {
            let write = match set.obsolete {
                Some(status) => guarded(Method::PATCH, json!({ status: OBSOLETE }).to_string()),
                None => guarded(Method::DELETE, String::new()),
            };
            return (vec![write], set.obsolete.is_some());
        }
        let mut header = step.header;
        let mut children = Vec::new();
        if let (Some(row), Some((node, text))) = (row, &step.note) {
            let stored = row.children(node).unwrap_or_default();
            children.extend(note::change(set, codes, (key, node), &stored, text));
        }
        if let (Some(row), Some(node), false) = (row, set.home, step.home.is_empty()) {
            let stored = row.children(node).unwrap_or_default();
            children.extend(home::change((set.name, key, node), &stored, step.home));
        }
        if let (Some(row), Some(wanted)) = (row, &step.parties) {
            let (fields, changes) = party::changes(set, codes, key, row, wanted);
            header.extend(fields);
            children.extend(changes);
        }
        if let Some(Some(metadata)) = self.shared.known.metadata.get() {
            // What a create left out would be refused here.
            header.retain(|name, _| metadata.has(set.name, name));
            retype(set.name, &mut header, metadata);
        }
        let tells_version = children.is_empty();
        let mut changes = Vec::new();
        if !header.is_empty() {
            changes.push(guarded(Method::PATCH, Json::Object(header).to_string()));
        }
        changes.extend(children);
        (changes, tells_version)
    }

    /// As many change sets in one request as its size bears.
    fn grouped(&self, planned: Vec<Planned>) -> Vec<Vec<Planned>> {
        let sizes = &self.shared.config.sizes;
        let mut groups: Vec<Vec<Planned>> = Vec::new();
        let mut room = 0_usize;
        for one in planned {
            let bytes: usize = one
                .changes
                .iter()
                .map(|change| change.body.len() + 1_000)
                .sum();
            match groups.last_mut() {
                Some(group) if group.len() < sizes.writes_per_batch && bytes <= room => {
                    room -= bytes;
                    group.push(one);
                }
                _ => {
                    room = sizes.batch_bytes.saturating_sub(bytes);
                    groups.push(vec![one]);
                }
            }
        }
        groups
    }

    /// Sends one group. Answers the error that concerns more than its own writes.
    async fn send_sets(&self, group: Vec<Planned>, answers: &mut Answers) -> Option<PortError> {
        let single = group.len() == 1 && group.iter().all(|one| one.changes.len() == 1);
        if !single {
            let sets = group.iter().map(|one| one.changes.clone()).collect();
            match self.write_batch(sets).await {
                Ok(Some(outcomes)) => {
                    let mut halted = None;
                    for (one, outcome) in group.into_iter().zip(outcomes) {
                        let outcome = match &outcome {
                            Ok(written) => Ok(written.first()),
                            Err(refusal) => Err(refusal.as_ref()),
                        };
                        let answer = self.answered(&one, outcome);
                        if let Err(error) = &answer {
                            halted = halted.or_else(|| for_the_rest(error));
                        }
                        answers[one.at] = Some(answer);
                    }
                    return halted;
                }
                Ok(None) => {}
                Err(error) => {
                    for one in &group {
                        answers[one.at] = Some(Err(error.clone()));
                    }
                    return for_the_rest(&error);
                }
            }
        }
        let mut halted: Option<PortError> = None;
        for one in group {
            let answer = match &halted {
                Some(error) => Err(error.clone()),
                None => self.write_in_order(&one).await,
            };
            if let Err(error) = &answer {
                halted = halted.or_else(|| for_the_rest(error));
            }
            answers[one.at] = Some(answer);
        }
        halted
    }

    /// The writes of one set one after the other, for services without batches. The guarded one comes first;
    /// what is missing after a failure is seen as a difference and written by the next session.
    async fn write_in_order(&self, one: &Planned) -> Result<Written, PortError> {
        let mut first = None;
        for change in &one.changes {
            let answer = self.write_one(change.clone()).await?;
            if !answer.is_success() {
                return self.answered(one, Err(&answer));
            }
            first.get_or_insert(answer);
        }
        self.answered(one, Ok(first.as_ref()))
    }

    fn answered(
        &self,
        one: &Planned,
        outcome: Result<Option<&Answer>, &Answer>,
    ) -> Result<Written, PortError> {
        let first = outcome.map_err(|refusal| self.refusal(one, refusal))?;
        let header = first.and_then(|answer| answer.headers.get(http::header::ETAG));
        let tag = header.and_then(|tag| tag.to_str().ok()).unwrap_or_default();
        Ok(Written {
            record: one.record.clone(),
            version: (one.tells_version && !tag.is_empty()).then(|| Version::new(tag)),
        })
    }

    fn refusal(&self, one: &Planned, answer: &Answer) -> PortError {
        match answer.error(Intent::Write, PUT) {
            PortError::Refused { why, .. } => PortError::Refused {
                field: self
                    .table(one.record.kind)
                    .ok()
                    .and_then(|table| field_in(table, &why)),
                why,
            },
            // Rights hang on the single record: others may still be changed.
            PortError::Blocked { .. } => PortError::Refused {
                field: None,
                why: match answer.fault().message {
                    text if text.is_empty() => "the user may not change this record in C4C".into(),
                    text => text,
                },
            },
            error => error,
        }
    }
}

/// The field whose property a message speaks of first.
pub(super) fn field_in(table: &Table, why: &str) -> Option<String> {
    let named = table.rows().iter().filter_map(|row| {
        let path = row.path(Backend::C4c)?;
        let (_, properties) = path.split_once('/').unwrap_or(("", path));
        let found = properties
            .split('+')
            .filter_map(|property| word_at(why, property));
        found.min().map(|at| (at, row.name.as_str()))
    });
    named.min().map(|(_, name)| name.to_owned())
}

/// Where the text has the name as a word of its own: `Text` is not in `Context`.
fn word_at(text: &str, name: &str) -> Option<usize> {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = text.match_indices(name).map(|(at, _)| at);
    found.find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

#[cfg(test)]
mod tests {
    use ssi_domain::Kind;

    use super::*;

    #[test]
    fn a_refusal_names_the_field_it_speaks_of() {
        let task = Table::of(Kind::Task).unwrap();
        for (why, field) in [
            ("DueDateTime is before StartDateTime", Some("due")),
            ("Value of 'StartDateTime' is wrong", Some("start")),
            ("Context is missing", None),
            ("Text is too long", Some("body")),
            ("", None),
        ] {
            assert_eq!(field_in(task, why).as_deref(), field, "{why}");
        }
    }
}
