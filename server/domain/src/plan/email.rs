//! The plans of one e-mail: save it, settle its mark, mark it as failed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::{
    AttachmentId, ReasonCode, RecordRef, SyncSettings, TenantId, Trace,
    attachment::AttachmentDecision,
    eligible::Route,
    identity::EmailIdentity,
    plan::{
        Effect, Plan, PlannedAttachment, Stamp, StampRecord,
        fields::{Edits, FieldsInput, record_and_parties},
    },
    port::{AttachmentInfo, FolderRole, Item, PartyHit, PartyRole, RecordParty},
};
use crate::{Kind, mapping::Table, value::Address};

/// Everything the plan of a mail depends on.
#[derive(Debug, Clone, Copy)]
pub struct EmailPlan<'a> {
    /// The item, read whole ([`crate::port::Shape::Full`]).
    pub item: &'a Item,
    /// The folder it lies in.
    pub folder: Option<FolderRole>,
    /// Its identity; the key is the one to stamp ([`crate::identity::reused_key`] where that was needed).
    pub identity: &'a EmailIdentity,
    /// The record it was saved to before, by whoever.
    pub saved: Option<&'a RecordRef>,
    /// How saving was asked for.
    pub route: Route,
    /// The settings of the mailbox.
    pub settings: &'a SyncSettings,
    /// The mapping table of e-mails, with the tenant's overrides.
    pub table: &'a Table,
    /// The tenant.
    pub tenant: &'a TenantId,
    /// The mailbox's address.
    pub own_address: &'a str,
    /// The records to link, in order; the first Contact and the first Account are the main ones.
    pub links: &'a [PartyHit],
    /// Parties found by the mail's addresses, employees included; attached to sender and recipients.
    pub known: &'a [PartyHit],
    /// The employee whose mailbox it is.
    pub owner: Option<&'a PartyHit>,
    /// What was decided about the attachments ([`crate::attachment::choose`]).
    pub attachments: &'a [(AttachmentId, AttachmentDecision)],
    /// Whether to store a copy of the whole message (EM-12).
    pub message_copy: bool,
    /// What the user changed in the dialog (EM-11).
    pub edits: &'a Edits,
}

/// The plan that saves a mail, or adds links to what it was saved to before (EM-01): the record, then the
/// mark, then the way back to the Inbox (EM-21).
pub fn email_plan(input: &EmailPlan<'_>) -> Plan {
    let mut trace = Trace::new();
    let (effect, record) = match input.saved {
        Some(record) => (link_existing(input, record, &mut trace), {
            StampRecord::Existing(record.clone())
        }),
        None => (Some(create(input, &mut trace)), StampRecord::Created),
    };
    let mut effects: Vec<Effect> = effect.into_iter().collect();
    let mark = MarkPlan {
        item: input.item,
        folder: input.folder,
        settings: input.settings,
        tenant: input.tenant,
    };
    // An open mail must not vanish under the reader's eyes; the next session takes it back.
    let back = input.route != Route::Hand;
    effects.extend(mark.effects(record, back, &mut trace));
    Plan { effects, trace }
}

/// What marking an item depends on.
#[derive(Debug, Clone, Copy)]
pub struct MarkPlan<'a> {
    /// The item; headers are enough.
    pub item: &'a Item,
    /// The folder it lies in.
    pub folder: Option<FolderRole>,
    /// The settings of the mailbox.
    pub settings: &'a SyncSettings,
    /// The tenant.
    pub tenant: &'a TenantId,
}

/// The plan for an item whose mail is saved already, by a colleague, by hand or by a run that was cut
/// off: marks it and takes it back to the Inbox (MBX-03). Without effects when all is as it should be,
/// so that a second session writes nothing (INV-4); a category the user took off later stays off (EM-05).
pub fn settle_plan(input: &MarkPlan<'_>, record: &RecordRef) -> Plan {
    let mut trace = Trace::new();
    let effects = input.effects(StampRecord::Existing(record.clone()), true, &mut trace);
    Plan { effects, trace }
}

/// What settling comes to for a mail whose record is about to be made: its id is not known yet.
pub fn fresh_plan(input: &MarkPlan<'_>) -> Plan {
    let mut trace = Trace::new();
    let effects = input.effects(StampRecord::Created, true, &mut trace);
    Plan { effects, trace }
}

/// The plan that marks an item as failed. Without effects when the mark stands.
pub fn error_plan(input: &MarkPlan<'_>) -> Plan {
    let mut plan = Plan::default();
    let error = &input.settings.names.error_category;
    if !input.item.categories.iter().any(|c| same_name(c, error)) {
        let mut categories = input.item.categories.clone();
        categories.push(error.clone());
        plan.trace.pass("MBX-03", ReasonCode::ErrorMarked);
        plan.effects.push(Effect::MarkItem {
            item: input.item.id.clone(),
            categories,
            stamp: None,
        });
    }
    plan
}

impl MarkPlan<'_> {
    fn effects(&self, record: StampRecord, back: bool, trace: &mut Trace) -> Vec<Effect> {
        let mut effects = Vec::new();
        let stamped = match (&record, &self.item.link) {
            (StampRecord::Existing(record), Some(stamp)) => {
                stamp.tenant == self.tenant.as_str() && stamp.record == *record
            }
            _ => false,
        };
        let names = &self.settings.names;
        let failed = self
            .item
            .categories
            .iter()
            .any(|c| same_name(c, &names.error_category));
        if !stamped || failed {
            let mut categories = self.item.categories.clone();
            categories.retain(|c| !same_name(c, &names.error_category));
            if !stamped && !categories.iter().any(|c| same_name(c, &names.category)) {
                categories.push(names.category.clone());
            }
            trace.pass("MBX-03", ReasonCode::MarkPlanned);
            let stamp = (!stamped).then(|| Stamp {
                tenant: self.tenant.clone(),
                record,
            });
            effects.push(Effect::MarkItem {
                item: self.item.id.clone(),
                categories,
                stamp,
            });
        }
        if back && self.folder == Some(FolderRole::Saved) {
            trace.pass("EM-21", ReasonCode::MovePlanned);
            effects.push(Effect::MoveItem {
                item: self.item.id.clone(),
                to: FolderRole::Inbox,
            });
        }
        effects
    }
}

fn create(input: &EmailPlan<'_>, trace: &mut Trace) -> Effect {
    let code = if input.identity.derived {
        ReasonCode::NoMessageId
    } else {
        ReasonCode::MessageId
    };
    trace.pass("EM-06", code);
    let (record, mut parties) = record_and_parties(
        &FieldsInput {
            record: &input.item.record,
            folder: input.folder,
            table: input.table,
            settings: input.settings,
            own_address: input.own_address,
            known: input.known,
            edits: input.edits,
        },
        trace,
    );
    if let Some(owner) = input.owner {
        parties.push(pure_party(PartyRole::Owner, owner, true));
    }
    parties.extend(link_parties(input.links));
    let attachments = attachments(input, trace);
    let message_copy = input.message_copy.then(|| {
        trace.pass("EM-12", ReasonCode::MessageCopyTaken);
        message_copy_name(record.text("subject"), &attachments)
    });
    trace.pass("EM-01", ReasonCode::RecordPlanned);
    Effect::CreateRecord {
        kind: Kind::Email,
        identity_key: input.identity.key.clone(),
        record,
        parties,
        attachments,
        message_copy,
    }
}

fn link_existing(input: &EmailPlan<'_>, record: &RecordRef, trace: &mut Trace) -> Option<Effect> {
    trace.pass("EM-01", ReasonCode::AlreadySaved);
    if input.links.is_empty() {
        return None;
    }
    trace.note(
        "LNK-01",
        ReasonCode::LinksPlanned,
        format!("{} links", input.links.len()),
    );
    Some(Effect::LinkRecord {
        record: record.clone(),
        parties: link_parties(input.links),
    })
}

/// Links as parties; the first of each kind is the main one of that kind, each record once.
fn link_parties(links: &[PartyHit]) -> Vec<RecordParty> {
    let mut kinds = BTreeSet::new();
    let mut seen = HashSet::new();
    links
        .iter()
        .filter(|hit| hit.record.kind != Kind::Employee && seen.insert(&hit.record))
        .map(|hit| {
            let first = kinds.insert(hit.record.kind);
            let can_be_main = matches!(
                hit.record.kind,
                Kind::Contact | Kind::Account | Kind::IndividualCustomer
            );
            pure_party(PartyRole::Linked, hit, first && can_be_main)
        })
        .collect()
}

fn pure_party(role: PartyRole, hit: &PartyHit, main: bool) -> RecordParty {
    let address = Address {
        name: String::new(),
        address: String::new(),
    };
    RecordParty {
        role,
        address,
        party: Some(hit.clone()),
        main,
    }
}

fn attachments(input: &EmailPlan<'_>, trace: &mut Trace) -> Vec<PlannedAttachment> {
    let mut planned = Vec::new();
    // Counted by reason: a mail may carry thousands of attachments.
    let mut counts: BTreeMap<ReasonCode, usize> = BTreeMap::new();
    let infos: HashMap<&AttachmentId, &AttachmentInfo> = input
        .item
        .attachments
        .iter()
        .map(|info| (&info.id, info))
        .collect();
    for (id, decision) in input.attachments {
        match decision {
            AttachmentDecision::Leave(code) => *counts.entry(*code).or_default() += 1,
            AttachmentDecision::Take { name } => {
                let info = infos.get(id);
                let said = info.map_or("", |info| info.media_type.as_str());
                if info.is_some_and(|info| info.name != *name) {
                    *counts.entry(ReasonCode::AttachmentRenamed).or_default() += 1;
                }
                planned.push(PlannedAttachment::new(id.clone(), name.clone(), said));
            }
        }
    }
    if !planned.is_empty() {
        counts.insert(ReasonCode::AttachmentTaken, planned.len());
    }
    for (code, count) in counts {
        let rule = match code {
            ReasonCode::AttachmentsOff => "EM-04",
            ReasonCode::AttachmentCleared | ReasonCode::AttachmentRenamed => "EM-11",
            ReasonCode::AttachmentTypeProhibited | ReasonCode::AttachmentSignaturePicture => {
                "EM-51"
            }
            ReasonCode::AttachmentTaken => "EM-53",
            _ => "EM-50",
        };
        trace.note(
            rule,
            code,
            format!("{count} of {} attachments", input.attachments.len()),
        );
    }
    planned
}

/// A name after the subject that no attachment has: stored files are told apart by name.
fn message_copy_name(subject: &str, attachments: &[PlannedAttachment]) -> String {
    let stem: String = subject
        .chars()
        .map(|c| {
            if c.is_control() || "<>:\"/\\|?*".contains(c) {
                '_'
            } else {
                c
            }
        })
        .take(100)
        .collect();
    let stem = stem.trim().trim_end_matches('.');
    let mut name = format!("{}.eml", if stem.is_empty() { "message" } else { stem });
    while attachments
        .iter()
        .any(|attachment| same_name(&attachment.name, &name))
    {
        name.insert_str(0, "message ");
    }
    name
}

fn same_name(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}
