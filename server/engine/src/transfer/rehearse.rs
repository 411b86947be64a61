//! What saving mails would come to: the decisions of [`Transfer::save`] with nothing reserved, written or stored.

use std::collections::{HashMap, HashSet};

use ssi_domain::{
    ItemId, Kind, LinkId, RecordRef, Trace,
    identity::same_content,
    plan::{Effect, Plan, fresh_plan},
    port::PortError,
};
use ssi_store::LinkState;

use super::{
    Fate, MarkOrder, Order, Transfer,
    claim::{Desk, File, Stand},
    looked_up,
};
use crate::Error;

/// What a dry run told so far: a session would find it standing.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Mails by key, with their content's digest.
    mails: HashMap<String, String>,
    /// Reservations of people and accounts.
    pub(super) parties: HashSet<String>,
}

/// What would be done about one mail.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The mail.
    pub item: ItemId,
    /// What would be written, in order.
    pub effects: Vec<Effect>,
    /// Why.
    pub trace: Trace,
}

impl Transfer {
    /// Plans a batch of mails; one answer per order.
    pub(crate) async fn rehearse(&mut self, orders: Vec<Order>) -> Result<Vec<Shown>, Error> {
        let mut desk = Desk::new(orders);
        loop {
            let open = desk.open();
            if open.is_empty() {
                break;
            }
            self.find_rows(&mut desk, &open).await?;
            self.find_mails(&mut desk, &open).await?;
        }
        self.choose_links(&mut desk);
        for (at, error) in self.read_bodies(&mut desk).await? {
            desk.files[at].stand = Stand::Done(Fate::Failed(error));
        }
        desk.share_fates();
        let mut shown = Vec::with_capacity(desk.files.len());
        for mut file in desk.files {
            let plan = self.shown(&mut file).await?;
            let Order {
                item, mut trace, ..
            } = file.order;
            trace.append(plan.trace);
            shown.push(Shown {
                item: item.id,
                effects: plan.effects,
                trace,
            });
        }
        Ok(shown)
    }

    /// As reserving does, from the rows that stand and from what was told before.
    async fn find_rows(&self, desk: &mut Desk, open: &[usize]) -> Result<(), Error> {
        let now = self.parts.clock.now();
        let asked = desk.first_of_each(open);
        let keys: Vec<String> = asked.iter().map(|&at| desk.files[at].key.clone()).collect();
        let store = &self.parts.store;
        let rows = store
            .links_by_keys(&self.row.tenant, Kind::Email, &keys)
            .await?;
        for at in asked {
            let file = &mut desk.files[at];
            let own = &file.order.identity.fingerprint;
            let row = rows.iter().find(|row| row.identity_key == file.key);
            let told = self.told.mails.get(&file.key);
            let other = row.map(|row| &row.fingerprint).or(told);
            if other.is_some_and(|other| !same_content(other, own)) {
                file.key_is_taken();
                continue;
            }
            file.stand = match row {
                Some(row) if row.state == LinkState::Linked => {
                    Stand::Done(file.found(row).unwrap_or(Fate::Held))
                }
                Some(row) if row.held_until.is_some_and(|until| until > now) => {
                    Stand::Done(Fate::Held)
                }
                Some(row) => Stand::Mine(row.id),
                // No row is made, so there is no id.
                None if told.is_none() => Stand::Mine(LinkId(uuid::Uuid::nil())),
                None => Stand::Twin(at),
            };
        }
        Ok(())
    }

    /// As looking the keys up in the CRM does.
    async fn find_mails(&mut self, desk: &mut Desk, round: &[usize]) -> Result<(), Error> {
        for (at, record) in self.records_of(desk, round).await? {
            let file = &mut desk.files[at];
            let Stand::Mine(link) = file.stand else {
                continue;
            };
            if !file.is_in(&record) {
                file.key_is_taken();
                continue;
            }
            let found = RecordRef {
                kind: Kind::Email,
                id: record.id,
            };
            let targets = self.stored_links(&found).await?;
            file.stands_in_crm(link, found, targets);
        }
        Ok(())
    }

    /// What would be written for one mail.
    async fn shown(&mut self, file: &mut File) -> Result<Plan, Error> {
        let stand = std::mem::replace(&mut file.stand, Stand::Open);
        let linked = match stand {
            Stand::Mine(_) => {
                let digest = file.order.identity.fingerprint.clone();
                self.told.mails.insert(file.key.clone(), digest);
                let mut plan = self.plan_of(file);
                plan.effects
                    .retain(|effect| matches!(effect, Effect::CreateRecord { .. }));
                let marks = self.marks_of_new(file);
                plan.effects.extend(marks.effects);
                plan.trace.append(marks.trace);
                return Ok(plan);
            }
            Stand::Twin(_) => return Ok(self.marks_of_new(file)),
            Stand::Done(Fate::Linked(linked)) => linked,
            Stand::Done(Fate::Failed(error)) => return Ok(self.marks_of_failed(file, &error)),
            Stand::Open | Stand::Done(Fate::Held) => return Ok(Plan::default()),
        };
        let mut plan = Plan::default();
        if file.order.choice.is_some() {
            self.meet(looked_up(&file.order.participants)).await?;
            let new = self.new_targets(file, &linked);
            if !new.is_empty() {
                plan = self.links_plan(file, &linked, &new);
                plan.effects
                    .retain(|effect| matches!(effect, Effect::LinkRecord { .. }));
            }
        }
        let marks = self.mark_plan(&MarkOrder {
            item: file.order.item.clone(),
            folder: file.order.folder,
            record: Some(linked.record),
        });
        plan.effects.extend(marks.effects);
        plan.trace.append(marks.trace);
        Ok(plan)
    }

    /// The marks of a mail whose record is about to be made.
    fn marks_of_new(&self, file: &File) -> Plan {
        fresh_plan(&self.mark_input(&file.order.item, file.order.folder))
    }

    /// The mark of a mail that cannot be saved; none where it is tried again or has left.
    fn marks_of_failed(&self, file: &File, error: &PortError) -> Plan {
        let passes = matches!(
            error,
            PortError::Stale { .. } | PortError::Unknown { .. } | PortError::Gone { .. }
        );
        if passes {
            return Plan::default();
        }
        self.mark_plan(&MarkOrder {
            item: file.order.item.clone(),
            folder: file.order.folder,
            record: None,
        })
    }
}
