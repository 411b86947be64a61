//! Single occurrences of a series, by their numbers.

use ssi_domain::{ItemId, port::PortError};

use super::{
    client::{AnswerSize, Call, Ews},
    failure::{About, Failure},
    op::get_item::{self, GetItem},
    write::PUT_BATCH,
};
use crate::http::Intent;

const OPERATION: &str = "GetItem";

/// What a server says of a number that stands for no occurrence.
const NO_SUCH: [&str; 2] = [
    "ErrorCalendarOccurrenceIsDeletedFromRecurrence",
    "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange",
];

impl Ews {
    /// The ids of occurrences; see [`ssi_domain::port::Mailbox::occurrences`].
    pub(super) async fn occurrence_ids(
        &self,
        places: &[(ItemId, u32)],
    ) -> Result<Vec<Result<Option<ItemId>, PortError>>, PortError> {
        let mut found = Vec::with_capacity(places.len());
        for batch in places.chunks(PUT_BATCH) {
            let body = |_| get_item::occurrence_body(batch);
            let call = Call {
                operation: OPERATION,
                intent: Intent::Read,
                body: &body,
            };
            let answers = self.call::<GetItem>(&call, AnswerSize::Normal).await;
            let answers = answers
                .map_err(|error| error.into_port(OPERATION, About::Mailbox, Intent::Read))?;
            if answers.len() != batch.len() {
                let detail = format!("{OPERATION}: {} answers to {}", answers.len(), batch.len());
                return Err(PortError::answer(detail));
            }
            found.extend(answers.into_iter().map(id));
        }
        Ok(found)
    }
}

fn id(answer: Result<GetItem, Failure>) -> Result<Option<ItemId>, PortError> {
    match answer {
        Ok(found) => {
            let id = found.item.map(|draft| draft.id().to_owned());
            let id = id.filter(|id| !id.is_empty());
            id.map(|id| Some(ItemId::new(id)))
                .ok_or_else(|| PortError::answer(format!("{OPERATION}: success without id")))
        }
        Err(failure) if failure.not_found() || NO_SUCH.contains(&failure.code.as_str()) => Ok(None),
        Err(failure) => Err(failure.to_port(OPERATION, About::Item, Intent::Read)),
    }
}
