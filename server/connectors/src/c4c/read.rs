//! Reads many addresses in few calls: in batches where the service takes them, else one by one;
//! every answer to its last page.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use http::Method;
use ssi_domain::port::PortError;

use super::{
    odata::{
        batch::{self, Part, PartAnswer},
        json::{self, Row},
        service::{Answer, Call},
    },
    tenant::C4c,
};
use crate::http::Intent;

/// Longest address of a GET of its own, in bytes; many servers end at 8 KiB with headers included.
pub(super) const LONGEST_ADDRESS: usize = 6_000;

/// Single GETs at once when there are no batches. The gate may let through fewer.
const AT_ONCE: usize = 4;

/// How far to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pages {
    /// To the end.
    All,
    /// What the first answer holds.
    First,
}

/// All rows, or the answer by which the service refused this one question.
pub(super) type Outcome = Result<Vec<Row>, Box<Answer>>;

struct Open {
    at: usize,
    address: String,
    pages: usize,
}

impl C4c {
    /// Reads the rows behind each address, in order.
    ///
    /// # Errors
    /// Everything that concerns the tenant as a whole; a listing that cannot be read to its end.
    pub(super) async fn rows(
        &self,
        addresses: Vec<(String, Pages)>,
        operation: &'static str,
    ) -> Result<Vec<Outcome>, PortError> {
        let mut outcomes: Vec<Outcome> = addresses.iter().map(|_| Ok(Vec::new())).collect();
        let follow: Vec<Pages> = addresses.iter().map(|(_, pages)| *pages).collect();
        let mut open: Vec<Open> = addresses
            .into_iter()
            .enumerate()
            .map(|(at, (address, _))| Open {
                at,
                address,
                pages: 1,
            })
            .collect();
        while !open.is_empty() {
            let asked = open.iter().map(|open| open.address.clone()).collect();
            let answers = self.answers(asked, operation).await?;
            let mut next = Vec::new();
            for (question, answer) in open.into_iter().zip(answers) {
                let at = question.at;
                if !answer.is_success() {
                    outcomes[at] = Err(Box::new(answer));
                    continue;
                }
                let page = json::rows(&answer.body)
                    .map_err(|error| PortError::answer(format!("{operation}: {error}")))?;
                if let Ok(rows) = &mut outcomes[at] {
                    rows.extend(page.rows);
                }
                if let Some(link) = page.next.filter(|_| follow[at] == Pages::All) {
                    next.push(self.next_page(question, &link, operation)?);
                }
            }
            open = next;
        }
        Ok(outcomes)
    }

    fn next_page(&self, asked: Open, link: &str, operation: &str) -> Result<Open, PortError> {
        let address = self.shared.service.relative(link)?;
        if address == asked.address {
            let detail = format!("{operation}: a page that leads to itself");
            return Err(PortError::answer(detail));
        }
        let most = self.shared.config.sizes.most_pages;
        if asked.pages >= most {
            let detail = format!("{operation}: more than {most} pages");
            return Err(PortError::answer(detail));
        }
        Ok(Open {
            at: asked.at,
            address,
            pages: asked.pages + 1,
        })
    }

    /// The answer to each address, in order: a success that is no web page, or a refusal of this one
    /// question.
    ///
    /// # Errors
    /// What concerns the tenant as a whole: sign-in, throttling, a broken server.
    pub(super) async fn answers(
        &self,
        addresses: Vec<String>,
        operation: &'static str,
    ) -> Result<Vec<Answer>, PortError> {
        let long = addresses
            .iter()
            .any(|address| address.len() > LONGEST_ADDRESS);
        let mut answers = Vec::with_capacity(addresses.len());
        for group in addresses.chunks(self.shared.config.sizes.questions_per_batch.max(1)) {
            let batch = (group.len() > 1 || long) && self.shared.known.reads_in_batches();
            let batched = if batch {
                self.batched(group, operation).await?
            } else {
                None
            };
            let Some(batched) = batched else {
                answers.extend(self.one_by_one(group, operation).await?);
                continue;
            };
            if batched.iter().all(is_not_offered) {
                // Either reads in batches are not offered, or what these ask for is not.
                let alone = self.one_by_one(group, operation).await?;
                if !alone.iter().all(is_not_offered) {
                    self.shared.known.refuse_batch_reads(405);
                }
                answers.extend(alone);
            } else {
                answers.extend(batched);
            }
        }
        for answer in &answers {
            if answer.is_success() && answer.is_page() {
                let detail = format!("{operation}: a web page in place of data");
                return Err(PortError::transient(detail));
            }
            if matches!(answer.status, 300..=399 | 401 | 408 | 423 | 429 | 500 | 502..) {
                return Err(answer.error(Intent::Read, operation));
            }
        }
        Ok(answers)
    }

    async fn one_by_one(
        &self,
        group: &[String],
        operation: &'static str,
    ) -> Result<Vec<Answer>, PortError> {
        let calls: Vec<Call> = group
            .iter()
            .map(|address| Call::get(address.as_str(), operation))
            .collect();
        stream::iter(calls)
            .map(|call| self.shared.service.call(self.lane, call))
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    /// All in one `$batch`; `None` when the service has none or refuses reads in it.
    async fn batched(
        &self,
        group: &[String],
        operation: &'static str,
    ) -> Result<Option<Vec<Answer>>, PortError> {
        let service = &self.shared.service;
        let mut writer = batch::Writer::new();
        for address in group {
            writer.read(address, service.inner_headers());
        }
        let call = Call {
            method: Method::POST,
            accept: "multipart/mixed",
            body: Some(writer.finish()),
            ..Call::get("$batch", operation)
        };
        let answer = service.call(self.lane, call).await?;
        let known = &self.shared.known;
        match answer.status {
            404..=406 | 415 | 501 => {
                known.refuse_batch_reads(answer.status);
                return Ok(None);
            }
            400 | 403 => {
                if known.strike_batches() {
                    known.refuse_batch_reads(answer.status);
                }
                return Ok(None);
            }
            _ => {}
        }
        if !answer.is_success() {
            return Err(answer.error(Intent::Read, operation));
        }
        if answer.is_page() {
            let detail = format!("{operation}: a web page in place of data");
            return Err(PortError::transient(detail));
        }
        let parts = parts(&answer)
            .map_err(|error| PortError::answer(format!("{operation}: batch: {error}")))?;
        let singles: Option<Vec<Answer>> = parts
            .into_iter()
            .map(|part| match part {
                Part::Single(part) => Some(part.into()),
                Part::ChangeSet(_) => None,
            })
            .collect();
        let Some(answers) = singles.filter(|answers| answers.len() == group.len()) else {
            let detail = format!("{operation}: a batch with other answers than questions");
            return Err(PortError::answer(detail));
        };
        Ok(Some(answers))
    }
}

fn is_not_offered(answer: &Answer) -> bool {
    matches!(answer.status, 405 | 501)
}

/// The parts of a batch answer.
pub(super) fn parts(answer: &Answer) -> Result<Vec<Part>, json::Unreadable> {
    let body: &Bytes = &answer.body;
    batch::read(body, answer.content_type())
}

impl From<PartAnswer> for Answer {
    fn from(part: PartAnswer) -> Self {
        Self {
            status: part.status,
            headers: part.headers,
            body: part.body,
        }
    }
}
