//! What becomes of a look at a pair: what is stored about it, what is owed, and what people are told.

use jiff::SignedDuration;
use ssi_domain::{IssueId, ItemId, Kind, ReasonCode, merge::Conflict};
use ssi_store::{Action, FollowUp, NewIssue, TraceRow};

use super::{
    Decision, ItemEvent,
    left::{left_behind, tells},
    outcome::Page,
    session::Session,
};
use crate::{
    Error,
    transfer::mirror::{End, Mirrored},
};

/// A pair that could not be brought into step is looked at again after this time, longer each time.
pub(super) const AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// After so many tries it is parked with an issue.
const MOST_TRIES: i32 = 5;

/// Whether a pair parted for this reason, and one side stands though the other one was taken away.
fn survives(code: ReasonCode) -> bool {
    matches!(
        code,
        ReasonCode::EditBeatsDelete | ReasonCode::OccurrenceKept | ReasonCode::PrivateLeft
    )
}

impl Session {
    /// Files what became of a look.
    pub(super) fn file_mirrored(&mut self, page: &mut Page, mirrored: Mirrored) {
        self.note_done(page, &mirrored);
        self.counts.seen += 1;
        let (decision, told) = self.count(&mirrored.end, &mirrored.planned);
        self.owe_rest(page, &mirrored);
        self.judge_issue(page, &mirrored);
        if let (Some(row), false) = (&mirrored.row, mirrored.conflicts.is_empty()) {
            self.tell_conflicts(page, row, &mirrored.conflicts);
        }
        self.say(page, mirrored, decision, told);
    }

    /// What the store knows of the record and the item from now on.
    fn note_done(&self, page: &mut Page, mirrored: &Mirrored) {
        let Mirrored {
            look,
            item,
            record,
            was,
            left,
            end,
            trace,
            ..
        } = mirrored;
        let decided = !trace.0.is_empty() && !matches!(end, End::Later | End::Failed(_));
        if let (Some(record), true) = (record, self.leaves && decided) {
            page.commit.left.push((record.clone(), *left));
        }
        let done = !matches!(end, End::Later);
        if let Some((id, _)) = look.filed.filter(|_| done) {
            page.commit.filed_done.push(id);
        }
        if let (Some(was), Some(item)) = (was, item) {
            page.commit.renamed.push((was.clone(), item.clone()));
        }
    }

    /// What is left to do, now or on a day.
    fn owe_rest(&self, page: &mut Page, mirrored: &Mirrored) {
        let Mirrored {
            look,
            kind,
            item,
            look_again,
            not_yet,
            end,
            ..
        } = mirrored;
        if *look_again && !matches!(end, End::Later | End::Doomed) {
            self.owe_another(page, *kind, item.as_ref());
        }
        if let (Some(at), Some(item)) = (not_yet, item) {
            page.commit.follow_ups.push(FollowUp {
                id: self.engine.parts.ids.uuid(),
                mailbox: self.row.id,
                item_id: item.clone(),
                action: Action::Mirror,
                wish: None,
                not_before: *at,
                attempts: 0,
            });
        }
        match end {
            End::Doomed => self.owe(page, *kind, item.clone(), Action::Unmirror, 0),
            End::Later => {
                let tries = look.filed.map_or(0, |(_, attempts)| attempts);
                self.owe(page, *kind, item.clone(), Action::Mirror, tries);
                if item.is_some() {
                    page.commit.filed_done.extend(look.filed.map(|(id, _)| id));
                }
            }
            _ => {}
        }
    }

    /// The issue of the item: kept for what a person has to see, settled by a look that went well.
    fn judge_issue(&self, page: &mut Page, mirrored: &Mirrored) {
        let Mirrored {
            look,
            kind,
            item,
            record,
            row,
            conflicts,
            end,
            trace,
            ..
        } = mirrored;
        // A record without item has its issue under its own name.
        let filed = look.filed.and(record.as_ref());
        let stands =
            filed.map(|record| ItemId::new(format!("record:{}/{}", record.kind, record.id)));
        let named = item.as_ref().or(stands.as_ref());
        let kept = match end {
            End::Doomed | End::Later => return,
            End::Unfit(unfit) => {
                named.map(|item| (item, unfit.code.as_str(), unfit.detail.clone()))
            }
            End::Failed(error) => named.map(|item| (item, error.code(), Error::advice(error))),
            End::Paired | End::Updated | End::InStep if tells(end, row.is_some(), trace) => {
                let left = item.as_ref().zip(left_behind(trace));
                left.map(|(item, (code, fields))| {
                    let message = format!("{} Concerned: {fields}.", code.text());
                    (item, code.as_str(), message)
                })
            }
            // Nothing asks for it, and nothing changed about that.
            End::Skipped if trace.decisive() == Some(ReasonCode::PrivateLeft) => return,
            End::Parted if trace.decisive().is_some_and(survives) => trace
                .decisive()
                .and_then(|code| named.map(|item| (item, code.as_str(), code.text().to_owned()))),
            _ => {
                // A look that ended at a known version decided nothing, so it settles nothing.
                let decided = !trace.0.is_empty();
                let whole = decided && conflicts.is_empty() && left_behind(trace).is_none();
                if let (Some(item), true) = (item, whole) {
                    page.commit.settled_items.push(item.clone());
                }
                page.commit.settled_items.extend(stands);
                return;
            }
        };
        if let Some((item, code, message)) = kept {
            let issue = self.mirror_issue(*kind, item, code, &message);
            page.commit.issues.push(issue);
        }
    }

    /// Keeps the pair, and tells what happened where anybody asked for it.
    fn say(&self, page: &mut Page, mirrored: Mirrored, decision: Decision, told: bool) {
        let Mirrored {
            kind,
            item,
            record,
            row,
            taken_over,
            end,
            trace,
            ..
        } = mirrored;
        let reason = match &end {
            End::Failed(error) => error.code().to_owned(),
            // Of a new pair people ask why it is kept in step, not which write came last.
            End::Paired => trace
                .first_passed()
                .map_or(String::new(), |code| code.as_str().to_owned()),
            _ => trace
                .decisive()
                .map_or(String::new(), |code| code.as_str().to_owned()),
        };
        let key = row.as_ref().map(|row| row.identity_key.clone());
        page.commit.mirrors.extend(row);
        page.commit.mirrors.extend(taken_over);
        // Of what nobody asked for nothing is said; whoever asked and did not get hears why.
        let quiet = [
            "",
            ReasonCode::NotAsked.as_str(),
            ReasonCode::KindOff.as_str(),
        ];
        let refused = matches!(end, End::Skipped) && !quiet.contains(&reason.as_str());
        let Some(item) = item.filter(|_| told || refused) else {
            return;
        };
        page.commit.traces.push(TraceRow {
            mailbox: self.row.id,
            item_id: item.clone(),
            identity_key: key,
            decision: decision.name().to_owned(),
            reason: reason.clone(),
            steps: trace.clone(),
            session: Some(self.id),
            at: page.commit.now,
        });
        page.events.push(ItemEvent {
            item,
            kind,
            message_id: None,
            decision,
            reason,
            record,
            links: Vec::new(),
            trace,
        });
    }

    fn owe(&self, page: &mut Page, kind: Kind, item: Option<ItemId>, action: Action, tried: i32) {
        let Some(item) = item else { return };
        let tries = self.tried.get(&item).copied().unwrap_or(tried) + 1;
        if action == Action::Mirror && tries > MOST_TRIES {
            let detail = "it changed again and again while it was brought into step; it is tried when it changes next";
            let issue = self.mirror_issue(kind, &item, "stale", detail);
            page.commit.issues.push(issue);
            return;
        }
        page.commit.follow_ups.push(FollowUp {
            id: self.engine.parts.ids.uuid(),
            mailbox: self.row.id,
            item_id: item,
            action,
            wish: None,
            not_before: self.engine.parts.clock.now() + AGAIN_AFTER * tries,
            attempts: tries,
        });
    }

    /// Another look for what was left of the work: an attachment, a mark, an edit in between. After many tries the
    /// daily look goes on.
    fn owe_another(&self, page: &mut Page, kind: Kind, item: Option<&ItemId>) {
        let tried = |item: &&ItemId| self.tried.get(*item).copied().unwrap_or(0) < MOST_TRIES;
        self.owe(page, kind, item.filter(tried).cloned(), Action::Mirror, 0);
    }

    fn tell_conflicts(&self, page: &mut Page, row: &ssi_store::MirrorRow, conflicts: &[Conflict]) {
        let fields: Vec<String> = conflicts.iter().map(|one| one.field.clone()).collect();
        let detail = format!(
            "both sides changed {}; one value was taken, the other is kept here until you settle it",
            fields.join(", ")
        );
        let code = ReasonCode::BothChanged.as_str();
        let issue = self.mirror_issue(row.kind, &row.item, code, &detail);
        page.commit.issues.push(issue);
    }

    pub(super) fn mirror_issue(
        &self,
        kind: Kind,
        item: &ItemId,
        code: &str,
        message: &str,
    ) -> NewIssue {
        NewIssue {
            id: IssueId(self.engine.parts.ids.uuid()),
            tenant: self.row.tenant.clone(),
            mailbox: self.row.id,
            kind,
            item_id: item.clone(),
            identity_key: None,
            code: code.to_owned(),
            message: message.to_owned(),
        }
    }
}
