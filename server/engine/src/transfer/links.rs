//! With what a mail is linked: one candidate search, two selectors (LNK-01, LNK-02).

use ssi_domain::{
    Kind, RecordRef,
    autolink::{link_for_route, link_ticked, rank},
    participant::normalize,
    plan::{Edits, Effect, EmailPlan, Plan, email_plan},
    port::{CrmQuery, CrmWrite, Hit, PartyHit},
};
use ssi_store::{LinkTarget, Origin};

use super::{
    Fate, Linked, Transfer,
    claim::{Desk, File, Stand},
    looked_up,
};
use crate::Error;

impl Transfer {
    /// Chooses the links of every order that will get a new record.
    pub(super) fn choose_links(&self, desk: &mut Desk) {
        for at in desk.mine() {
            self.choose(&mut desk.files[at]);
        }
    }

    pub(super) fn choose(&self, file: &mut File) {
        let hits = self.behind(&file.order.participants);
        let order = &mut file.order;
        let (links, targets) = match &order.choice {
            None => {
                let (best, trace) = link_for_route(order.route, &order.participants, &hits);
                order.trace.append(trace);
                let links: Vec<PartyHit> = best.into_iter().cloned().collect();
                let targets = links
                    .iter()
                    .map(|hit| target(&hit.record, Origin::Auto))
                    .collect();
                (links, targets)
            }
            Some(choice) => {
                let found = rank(&order.participants, &hits);
                let (records, trace) =
                    link_ticked(&found, choice.ticked.as_deref(), &choice.chosen);
                let links = records.iter().map(|record| party(record, &hits)).collect();
                let by_hand = |record| choice.chosen.contains(record) || choice.ticked.is_some();
                let targets = records
                    .iter()
                    .map(|r| {
                        target(
                            r,
                            if by_hand(r) {
                                Origin::Hand
                            } else {
                                Origin::Auto
                            },
                        )
                    })
                    .collect();
                order.trace.append(trace);
                (links, targets)
            }
        };
        file.hits = hits;
        file.links = links;
        file.targets = targets;
    }

    /// The employee whose mailbox this is.
    pub(super) fn owner(&self) -> Option<PartyHit> {
        let own = normalize(&self.row.address)?;
        self.parties
            .behind([own.as_str()])
            .into_iter()
            .find(|hit| hit.record.kind == Kind::Employee && !hit.obsolete)
    }

    /// Adds the links a user chose to mails that were saved before (EM-01: no second record).
    pub(super) async fn extend_links(&mut self, desk: &mut Desk) -> Result<(), Error> {
        for at in 0..desk.files.len() {
            let file = &desk.files[at];
            let Stand::Done(Fate::Linked(linked)) = &file.stand else {
                continue;
            };
            if file.order.choice.is_none() {
                continue;
            }
            let linked = linked.clone();
            let addresses = looked_up(&file.order.participants);
            self.meet(addresses).await?;
            let file = &mut desk.files[at];
            let new = self.new_targets(file, &linked);
            if !new.is_empty() {
                let linked = self.add_links(file, linked, &new).await?;
                desk.files[at].stand = Stand::Done(linked);
            }
        }
        Ok(())
    }

    /// What a person chose that the record is not linked with yet.
    pub(super) fn new_targets(&self, file: &mut File, linked: &Linked) -> Vec<LinkTarget> {
        self.choose(file);
        let stands = |target: &&LinkTarget| {
            let mut old = linked.targets.iter();
            old.any(|old| old.record == target.record)
        };
        let new = file.targets.iter().filter(|target| !stands(target));
        new.cloned().collect()
    }

    /// The domain's plan for links that a record gets besides.
    pub(super) fn links_plan(&self, file: &File, linked: &Linked, new: &[LinkTarget]) -> Plan {
        let links: Vec<PartyHit> = file
            .links
            .iter()
            .filter(|hit| new.iter().any(|t| t.record == hit.record))
            .cloned()
            .collect();
        email_plan(&EmailPlan {
            item: &file.order.item,
            folder: file.order.folder,
            identity: &file.order.identity,
            saved: Some(&linked.record),
            route: file.order.route,
            settings: &self.settings,
            table: ssi_domain::mapping::Table::email(),
            tenant: &self.row.tenant,
            own_address: &self.row.address,
            links: &links,
            known: &file.hits,
            owner: None,
            attachments: &[],
            message_copy: false,
            edits: &Edits::default(),
        })
    }

    async fn add_links(
        &mut self,
        file: &mut File,
        linked: Linked,
        new: &[LinkTarget],
    ) -> Result<Fate, Error> {
        let plan = self.links_plan(file, &linked, new);
        file.order.trace.append(plan.trace);
        for effect in plan.effects {
            let Effect::LinkRecord { record, parties } = effect else {
                continue;
            };
            self.writes += 1;
            let answers = self
                .crm
                .put(vec![CrmWrite::AddLinks { record, parties }])
                .await?;
            if let Some(Err(error)) = answers.into_iter().next() {
                return Ok(Fate::Failed(error));
            }
        }
        self.parts.store.add_targets(linked.link, new).await?;
        let mut targets = linked.targets.clone();
        targets.extend(new.iter().cloned());
        Ok(Fate::Linked(Linked { targets, ..linked }))
    }

    /// What an existing record is linked with, by the CRM's own word.
    pub(super) async fn stored_links(&self, record: &RecordRef) -> Result<Vec<LinkTarget>, Error> {
        let question = CrmQuery::Links {
            record: record.clone(),
        };
        let hits = self.crm.find(&[question]).await?;
        Ok(hits
            .into_iter()
            .flatten()
            .filter_map(|hit| match hit {
                Hit::Party(party) if party.record.kind != Kind::Employee => {
                    Some(target(&party.record, Origin::Auto))
                }
                _ => None,
            })
            .collect())
    }
}

fn target(record: &RecordRef, origin: Origin) -> LinkTarget {
    LinkTarget {
        record: record.clone(),
        origin,
    }
}

/// A chosen record as a party; one that was searched by hand is known by its id only.
fn party(record: &RecordRef, hits: &[PartyHit]) -> PartyHit {
    hits.iter()
        .find(|hit| hit.record == *record)
        .cloned()
        .unwrap_or_else(|| PartyHit::bare(record.clone()))
}
