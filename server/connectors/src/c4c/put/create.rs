//! Creates records: as many as possible in one request, each all or nothing.

use http::{Method, header::LOCATION};
use percent_encoding::percent_decode_str;
use ssi_domain::{
    Kind, RecordId, RecordRef, Version,
    port::{AttachmentDraft, PortError, Written},
};

use super::{
    Answers, PUT, attachment, for_the_rest,
    payload::{Fields, IDENTITY, cut},
    send::{change, unclear},
    update::field_in,
};
use crate::{
    c4c::{
        config::Codes,
        find::EMAILS,
        mirror::set::{MirrorSet, record_ref},
        odata::{
            batch::Change,
            json,
            metadata::Metadata,
            query::Query,
            rope::Rope,
            service::{Answer, Call},
        },
        tenant::C4c,
    },
    http::Intent,
};

/// A create beyond this size goes alone: a lost connection then leaves one outcome unknown, not twenty.
const ALONE: usize = 2 << 20;

/// Where a create goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) kind: Kind,
    /// The entity set.
    pub(super) set: &'static str,
    /// Navigation to attachments.
    pub(super) attachments: &'static str,
    /// The set of mirrored kinds.
    pub(super) mirror: Option<&'static MirrorSet>,
}

impl Place {
    /// Where e-mails go.
    pub(super) const EMAIL: Self = Self {
        kind: Kind::Email,
        set: EMAILS,
        attachments: "EMailAttachments",
        mirror: None,
    };

    /// Where leads go.
    pub(super) const LEAD: Self = Self {
        kind: Kind::Lead,
        set: "LeadCollection",
        attachments: "LeadAttachmentFolder",
        mirror: None,
    };

    /// Where records of a mirrored kind go.
    pub(super) fn mirrored(kind: Kind, set: &'static MirrorSet) -> Self {
        Self {
            kind,
            set: set.name,
            attachments: set.attachments.0,
            mirror: Some(set),
        }
    }

    /// Property without which a create could not be found again.
    fn identity(&self) -> Option<&'static str> {
        match self.mirror {
            Some(set) => set.identity,
            None => (self.kind == Kind::Email).then_some(IDENTITY),
        }
    }

    fn record(&self, key: &str) -> RecordRef {
        match self.mirror {
            Some(set) => record_ref(self.kind, set, key),
            None => RecordRef {
                kind: self.kind,
                id: RecordId::new(key),
            },
        }
    }
}

/// One create on its way.
#[derive(Debug, Clone)]
pub(super) struct Create {
    /// The write it answers.
    at: usize,
    place: Place,
    fields: Fields,
    attachments: Vec<AttachmentDraft>,
    /// Whether it was already cut to what the tenant has.
    is_cut: bool,
}

impl Create {
    pub(super) fn new(
        at: usize,
        place: Place,
        fields: Fields,
        attachments: Vec<AttachmentDraft>,
    ) -> Self {
        Self {
            at,
            place,
            fields,
            attachments,
            is_cut: false,
        }
    }
}

impl C4c {
    /// Creates all; the error that stopped the work, if one did, stands for the writes not sent.
    pub(super) async fn create_all(
        &self,
        mut creates: Vec<Create>,
        answers: &mut Answers,
    ) -> Option<PortError> {
        // What a tenant does not have is known from the first refusal on.
        if let Some(Some(metadata)) = self.shared.known.metadata.get() {
            creates.retain_mut(|create| match create.cut(metadata) {
                Ok(_) => true,
                Err(error) => {
                    answers[create.at] = Some(Err(error));
                    false
                }
            });
        }
        let mut halted = None;
        while !creates.is_empty() {
            let mut again = Vec::new();
            for group in self.groups(creates) {
                if let Some(error) = &halted {
                    fail(&group, answers, error);
                    continue;
                }
                halted = self.create_group(group, answers, &mut again).await;
            }
            creates = again;
        }
        halted
    }

    fn groups(&self, creates: Vec<Create>) -> Vec<Vec<Create>> {
        let sizes = &self.shared.config.sizes;
        let mut groups: Vec<Vec<Create>> = Vec::new();
        let mut room = 0;
        for create in creates {
            let bytes = create.bytes();
            let alone = bytes > ALONE;
            match groups.last_mut() {
                Some(group) if !alone && group.len() < sizes.writes_per_batch && bytes <= room => {
                    room -= bytes;
                    group.push(create);
                }
                _ => {
                    room = if alone {
                        0
                    } else {
                        sizes.batch_bytes.saturating_sub(bytes)
                    };
                    groups.push(vec![create]);
                }
            }
        }
        groups
    }

    /// Sends one group. Answers the error that concerns more than its own writes.
    async fn create_group(
        &self,
        group: Vec<Create>,
        answers: &mut Answers,
        again: &mut Vec<Create>,
    ) -> Option<PortError> {
        let outcomes = match self.send_group(&group).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                fail(&group, answers, &error);
                return for_the_rest(&error);
            }
        };
        let mut halted = None;
        for (create, outcome) in group.into_iter().zip(outcomes) {
            let answer = match outcome {
                Ok(answer) => answer,
                Err(error) => {
                    halted = halted.or_else(|| for_the_rest(&error));
                    answers[create.at] = Some(Err(error));
                    continue;
                }
            };
            if answer.status == 400 && !create.is_cut {
                match self.cut_to_tenant(create.clone()).await {
                    Ok(Some(create)) => {
                        again.push(create);
                        continue;
                    }
                    Ok(None) => {}
                    Err(error) => {
                        answers[create.at] = Some(Err(error));
                        continue;
                    }
                }
            }
            answers[create.at] = Some(self.written(&answer, &create));
        }
        halted
    }

    /// The answer to each create: in one batch, or one by one.
    async fn send_group(
        &self,
        group: &[Create],
    ) -> Result<Vec<Result<Answer, PortError>>, PortError> {
        if group.len() > 1 {
            let sets = group
                .iter()
                .map(|create| vec![create.change(&self.shared.config.codes)])
                .collect();
            if let Some(outcomes) = self.write_batch(sets).await? {
                let answers = outcomes.into_iter().map(|outcome| match outcome {
                    Ok(mut answers) => answers.pop().ok_or_else(|| unclear("no answer")),
                    Err(answer) => Ok(*answer),
                });
                return Ok(answers.collect());
            }
        }
        let mut answers: Vec<Result<Answer, PortError>> = Vec::new();
        for create in group {
            let halted = answers
                .last()
                .and_then(|last| last.as_ref().err().and_then(for_the_rest));
            answers.push(match halted {
                Some(error) => Err(error),
                None => self
                    .write_one(create.change(&self.shared.config.codes))
                    .await
                    .and_then(|answer| {
                        // What concerns everybody stops the others.
                        match answer.status {
                            401 | 403 | 404 | 405 | 429 | 503 => Err(refusal(&answer)),
                            _ => Ok(answer),
                        }
                    }),
            });
        }
        Ok(answers)
    }

    /// The create without what the tenant does not have; `None` when that changes nothing.
    async fn cut_to_tenant(&self, mut create: Create) -> Result<Option<Create>, PortError> {
        let metadata = self
            .shared
            .known
            .metadata
            .get_or_try_init(|| self.read_metadata())
            .await?;
        match metadata {
            Some(metadata) => Ok(create.cut(metadata)?.then_some(create)),
            None => Ok(None),
        }
    }

    fn written(&self, answer: &Answer, create: &Create) -> Result<Written, PortError> {
        if answer.is_success() {
            return written(answer, create);
        }
        Err(match refusal(answer) {
            PortError::Refused { why, .. } => PortError::Refused {
                field: match self.table(create.place.kind) {
                    Ok(table) => field_in(table, &why),
                    Err(_) => create.named_in(&why),
                },
                why,
            },
            error => error,
        })
    }

    pub(in crate::c4c) async fn read_metadata(&self) -> Result<Option<Metadata>, PortError> {
        let call = Call {
            accept: "application/xml",
            ..Call::get("$metadata", "metadata")
        };
        let answer = self.shared.service.call(self.lane, call).await?;
        if !answer.is_success() {
            return match answer.status {
                400 | 403 | 404 | 405 | 406 | 501 => Ok(None),
                _ => Err(answer.error(Intent::Read, "metadata")),
            };
        }
        Ok(Metadata::read(&answer.body).ok())
    }
}

impl Create {
    fn bytes(&self) -> usize {
        let fields: usize = self.fields.values().map(json_size).sum();
        let attached = self
            .attachments
            .iter()
            .map(|a| a.content.encoded_len() + 500);
        fields + 1_000 + attached.sum::<usize>()
    }

    fn cut(&mut self, metadata: &Metadata) -> Result<bool, PortError> {
        self.is_cut = true;
        cut(
            self.place.set,
            self.place.identity(),
            &mut self.fields,
            metadata,
        )
    }

    fn change(&self, codes: &Codes) -> Change {
        change(
            Method::POST,
            Query::set(self.place.set).path(),
            self.body(codes),
        )
    }

    /// The JSON, attachment content passed on in the pieces it came in.
    fn body(&self, codes: &Codes) -> Rope {
        let mut json = serde_json::Value::Object(self.fields.clone()).to_string();
        if self.attachments.is_empty() {
            return json.into();
        }
        json.pop();
        json.push_str(&format!(",\"{}\":[", self.place.attachments));
        let mut body = Rope::from(json);
        for (at, attachment) in self.attachments.iter().enumerate() {
            if at > 0 {
                body.push(",");
            }
            body.append(attachment::row(attachment, codes, &Fields::new()));
        }
        body.push("]}");
        body
    }
}

/// Roughly the length of the value as JSON.
fn json_size(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::String(text) => text.len() + 40,
        serde_json::Value::Array(values) => values.iter().map(json_size).sum(),
        serde_json::Value::Object(fields) => fields.values().map(json_size).sum::<usize>() + 20,
        _ => 40,
    }
}

fn fail(group: &[Create], answers: &mut Answers, error: &PortError) {
    for create in group {
        answers[create.at] = Some(Err(error.clone()));
    }
}

/// The error of a refused create. A set that is not there is no matter of one mail.
fn refusal(answer: &Answer) -> PortError {
    match answer.error(Intent::Write, PUT) {
        PortError::Gone { detail } => PortError::Blocked {
            detail: format!(
                "{detail}: no such records can be created there; check the C4C address"
            ),
        },
        error => error,
    }
}

fn written(answer: &Answer, create: &Create) -> Result<Written, PortError> {
    let row = json::entity(&answer.body).unwrap_or_default();
    let id = match row.text("ObjectID") {
        id if id.is_empty() => key_in_location(answer),
        id => Some(id),
    };
    let id = id.ok_or_else(|| unclear("created, but without a key in the answer"))?;
    let header = answer.headers.get(http::header::ETAG);
    let tag = header.and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    let tag = tag.unwrap_or_else(|| row.tag());
    Ok(Written {
        record: create.place.record(&id),
        version: (!tag.is_empty()).then(|| Version::new(tag)),
    })
}

/// The key in `.../EMailCollection('KEY')`.
fn key_in_location(answer: &Answer) -> Option<String> {
    let location = answer.headers.get(LOCATION)?.to_str().ok()?;
    let location = percent_decode_str(location).decode_utf8().ok()?;
    let (_, rest) = location.rsplit_once("('")?;
    let key = rest.strip_suffix("')")?.replace("''", "'");
    (!key.is_empty()).then_some(key)
}

impl Create {
    /// The property a message speaks of.
    fn named_in(&self, why: &str) -> Option<String> {
        let mut names: Vec<&str> = self.fields.keys().map(String::as_str).collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let found = names.into_iter().find(|name| why.contains(name));
        found.map(str::to_owned)
    }
}
