//! Writes: creates, changes and deletions in batches of change sets, links and attachments one by one.

mod attachment;
mod create;
mod document;
mod lead;
mod links;
mod payload;
mod send;
mod unlink;
mod update;

use std::collections::HashMap;

use ssi_domain::{
    Kind, Record, RecordRef,
    port::{CrmWrite, PartyRole, PortError, RecordParty, Written},
};

use super::{
    mirror::write,
    odata::{json, query::Query},
    parties::set_of,
    tenant::C4c,
};
use create::Create;
pub(super) use payload::{Fields, Place, children, object};

const PUT: &str = "put";

/// An answer per write, filled in any order.
type Answers = Vec<Option<Result<Written, PortError>>>;

impl C4c {
    pub(super) async fn write_all(
        &self,
        mut writes: Vec<CrmWrite>,
    ) -> Result<Vec<Result<Written, PortError>>, PortError> {
        let mut answers: Answers = writes.iter().map(|_| None).collect();
        if let Err(error) = self.learn_numbers(&mut writes).await {
            return Ok(answers.iter().map(|_| Err(error.clone())).collect());
        }
        let (mut creates, mut updates, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (at, write) in writes.into_iter().enumerate() {
            match write {
                CrmWrite::Create {
                    kind,
                    identity_key,
                    record,
                    parties,
                    attachments,
                } => match self.insert(kind, &identity_key, &record, &parties) {
                    Ok((place, fields)) => {
                        creates.push(Create::new(at, place, fields, attachments));
                    }
                    Err(error) => answers[at] = Some(Err(error)),
                },
                CrmWrite::Update { .. } | CrmWrite::Delete { .. } => updates.push((at, write)),
                other => others.push((at, other)),
            }
        }
        let mut halted = self.create_all(creates, &mut answers).await;
        match &halted {
            Some(error) => {
                for (at, _) in updates {
                    answers[at] = Some(Err(error.clone()));
                }
            }
            None => halted = self.update_all(updates, &mut answers).await,
        }
        for (at, write) in others {
            let answer = match (&halted, write) {
                (Some(error), _) => Err(error.clone()),
                (None, CrmWrite::AddLinks { record, parties }) => {
                    self.add_links(&record, &parties).await
                }
                (None, CrmWrite::RemoveLinks { record, parties }) => {
                    self.remove_links(&record, &parties).await
                }
                (None, CrmWrite::AddAttachment { record, attachment }) => {
                    self.add_attachment(&record, attachment).await
                }
                // Carried out above.
                (
                    None,
                    CrmWrite::Create { .. } | CrmWrite::Update { .. } | CrmWrite::Delete { .. },
                ) => continue,
            };
            if let Err(error) = &answer {
                halted = halted.or_else(|| for_the_rest(error));
            }
            answers[at] = Some(answer);
        }
        let unanswered = || Err(PortError::item("the write was not planned"));
        let answers = answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(unanswered));
        Ok(answers.collect())
    }

    /// A new record as one deep insert, and where it goes.
    fn insert(
        &self,
        kind: Kind,
        identity_key: &str,
        record: &Record,
        parties: &[RecordParty],
    ) -> Result<(create::Place, Fields), PortError> {
        if kind == Kind::Email {
            let fields = self.email_fields(identity_key, record, parties)?;
            return Ok((create::Place::EMAIL, fields));
        }
        if kind == Kind::Lead {
            return Ok((create::Place::LEAD, lead::fields(record, parties)?));
        }
        if let Some(place) = document::place(kind) {
            return Ok((place, document::fields(kind, record, parties)?));
        }
        let table = self.table(kind).map_err(|_| not_written(kind))?;
        let codes = &self.shared.config.codes;
        let (set, fields) = write::deep_insert(table, codes, identity_key, record, parties)?;
        Ok((create::Place::mirrored(kind, set), fields))
    }

    /// Documents are referred to by number; those chosen by hand come with their key only.
    async fn learn_numbers(&self, writes: &mut [CrmWrite]) -> Result<(), PortError> {
        let mut wanted: Vec<RecordRef> = Vec::new();
        for write in writes.iter() {
            for record in parties_of(write)
                .iter()
                .filter_map(|party| numberless(write, party))
            {
                if !wanted.contains(record) {
                    wanted.push(record.clone());
                }
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let addresses = wanted.iter().filter_map(|record| {
            let set = set_of(record.kind)?;
            let query = Query::row(set.name, record.id.as_str());
            Some(query.select(&["ObjectID", set.number]).address())
        });
        let answers = self.answers(addresses.collect(), PUT).await?;
        let mut numbers = HashMap::new();
        for (record, answer) in wanted.into_iter().zip(answers) {
            let row = json::entity(&answer.body)
                .ok()
                .filter(|_| answer.is_success());
            let number = row
                .zip(set_of(record.kind))
                .map(|(row, set)| row.text(set.number));
            numbers.insert(record, number.unwrap_or_default());
        }
        for party in writes.iter_mut().flat_map(parties_of_mut) {
            let Some(hit) = &mut party.party else {
                continue;
            };
            if let Some(number) = numbers.get(&hit.record).filter(|_| hit.number.is_empty()) {
                hit.number.clone_from(number);
            }
        }
        Ok(())
    }
}

fn not_written(kind: Kind) -> PortError {
    PortError::item(format!("records of the kind {kind} are not written"))
}

/// The record behind a link that is referred to by its number, where that is not known: documents always, partners
/// in the header of opportunities and tickets.
fn numberless<'a>(write: &CrmWrite, party: &'a RecordParty) -> Option<&'a RecordRef> {
    let hit = party.party.as_ref()?;
    let of_document =
        matches!(write, CrmWrite::Create { kind, .. } if document::place(*kind).is_some());
    let by_number = of_document
        || matches!(
            hit.record.kind,
            Kind::Lead | Kind::Opportunity | Kind::Ticket
        );
    (party.role == PartyRole::Linked && by_number && hit.number.is_empty()).then_some(&hit.record)
}

fn parties_of(write: &CrmWrite) -> &[RecordParty] {
    match write {
        CrmWrite::Create { parties, .. }
        | CrmWrite::AddLinks { parties, .. }
        | CrmWrite::RemoveLinks { parties, .. } => parties,
        CrmWrite::Update { parties, .. } => parties.as_deref().unwrap_or_default(),
        CrmWrite::AddAttachment { .. } | CrmWrite::Delete { .. } => &[],
    }
}

fn parties_of_mut(write: &mut CrmWrite) -> &mut [RecordParty] {
    match write {
        CrmWrite::Create { parties, .. }
        | CrmWrite::AddLinks { parties, .. }
        | CrmWrite::RemoveLinks { parties, .. } => parties,
        CrmWrite::Update { parties, .. } => parties.as_deref_mut().unwrap_or_default(),
        CrmWrite::AddAttachment { .. } | CrmWrite::Delete { .. } => &mut [],
    }
}

/// The error for writes not sent after this one, when it concerns the tenant and not one record.
fn for_the_rest(error: &PortError) -> Option<PortError> {
    match error {
        PortError::Unknown { .. } => Some(PortError::transient(format!(
            "{PUT}: not sent, because the answer to the write before did not come"
        ))),
        error if error.is_item_problem() => None,
        error => Some(error.clone()),
    }
}
