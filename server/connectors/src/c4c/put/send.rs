//! Sends change sets: several in one batch, one directly, or one by one where there are no batches.

use http::Method;
use ssi_domain::port::PortError;

use super::PUT;
use crate::{
    c4c::{
        odata::{
            batch::{Change, Part, Writer},
            rope::Rope,
            service::{Answer, Call},
        },
        read::parts,
        tenant::C4c,
    },
    http::Intent,
};

/// What became of one change set: the answers to its writes, or the answer that refused all of it.
pub(super) type SetOutcome = Result<Vec<Answer>, Box<Answer>>;

impl C4c {
    /// Sends one write and answers with whatever status comes.
    pub(super) async fn write_one(&self, change: Change) -> Result<Answer, PortError> {
        let call = Call {
            method: change.method,
            path: change.path,
            intent: Intent::Write,
            accept: "application/json",
            body: Some(("application/json".into(), change.body)),
            if_match: change.if_match,
            echo: change.echo,
            operation: PUT,
        };
        let answer = self.shared.service.call(self.lane, call).await?;
        if answer.is_success() && answer.is_page() {
            return Err(unclear("a web page in place of an answer"));
        }
        Ok(answer)
    }

    /// Sends change sets together, each atomic by itself. `None` when the service has no batches; then
    /// nothing was written.
    ///
    /// # Errors
    /// What concerns all of them; `Unknown` when they may have been written.
    pub(super) async fn write_batch(
        &self,
        sets: Vec<Vec<Change>>,
    ) -> Result<Option<Vec<SetOutcome>>, PortError> {
        let known = &self.shared.known;
        if !known.writes_in_batches() {
            return Ok(None);
        }
        let lengths: Vec<usize> = sets.iter().map(Vec::len).collect();
        let mut writer = Writer::new();
        for set in sets {
            writer.change_set(set, self.shared.service.inner_headers());
        }
        let call = Call {
            method: Method::POST,
            intent: Intent::Write,
            accept: "multipart/mixed",
            body: Some(writer.finish()),
            ..Call::get("$batch", PUT)
        };
        let answer = self.shared.service.call(self.lane, call).await?;
        // A refused batch was not carried out in part either.
        match answer.status {
            404..=406 | 415 | 501 => {
                known.refuse_batch_writes(answer.status);
                return Ok(None);
            }
            400 => {
                if known.strike_batches() {
                    known.refuse_batch_writes(answer.status);
                }
                return Ok(None);
            }
            _ => {}
        }
        if !answer.is_success() {
            return Err(answer.error(Intent::Write, PUT));
        }
        if answer.is_page() {
            return Err(unclear("a web page in place of an answer"));
        }
        let parts = parts(&answer).map_err(|error| unclear(&format!("batch: {error}")))?;
        outcomes(parts, &lengths).map(Some)
    }
}

/// Joins the parts with the change sets they answer.
fn outcomes(parts: Vec<Part>, lengths: &[usize]) -> Result<Vec<SetOutcome>, PortError> {
    if parts.len() != lengths.len() {
        return Err(unclear("a batch with other answers than change sets"));
    }
    let joined = parts
        .into_iter()
        .zip(lengths)
        .map(|(part, &length)| match part {
            Part::Single(answer) => {
                let answer = Answer::from(answer);
                // Some servers do not wrap a change set of one.
                if answer.is_success() && length == 1 {
                    Ok(Ok(vec![answer]))
                } else if answer.is_success() {
                    Err(unclear("one answer to several writes"))
                } else {
                    Ok(Err(Box::new(answer)))
                }
            }
            Part::ChangeSet(answers) => {
                let mut answers = answers.into_iter().map(Answer::from).collect::<Vec<_>>();
                match answers.iter().position(|answer| !answer.is_success()) {
                    Some(at) => Ok(Err(Box::new(answers.swap_remove(at)))),
                    None if answers.len() == length => Ok(Ok(answers)),
                    None => Err(unclear("a change set with other answers than writes")),
                }
            }
        });
    joined.collect()
}

pub(super) fn unclear(what: &str) -> PortError {
    PortError::Unknown {
        detail: format!("{PUT}: {what}"),
    }
}

/// A change with a JSON body.
pub(super) fn change(method: Method, path: String, body: impl Into<Rope>) -> Change {
    Change {
        method,
        path,
        if_match: None,
        echo: true,
        body: body.into(),
    }
}
