//! One history from a seed.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
};

use jiff::SignedDuration;
use ssi_domain::{Kind, MailboxId, ReasonCode, TenantId, Value};
use ssi_engine::{Cause, ItemKey, SessionEnd};
use ssi_sandbox::{MovableClock, World, WorldConfig};

use super::{
    Chaos, Plot,
    chosen::Chosen,
    click, company,
    deed::Stage,
    law::{self, Judged, Left},
    letter::Letter,
    letter_click, letter_law,
    memory::Memory,
    nodes::{Nodes, Shared, SimClock, TENANT},
    quirk::Quirks,
    thing::Thing,
};
use crate::given::{ANNA, BERND};

/// Rounds in which calm must be reached (INV-3). A mailbox that is held needs one to be held and one to be freed.
const ROUNDS: usize = 8;

/// What a history came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// Things people did, sessions and feeds.
    pub steps: usize,
    /// Laws that were broken.
    pub violations: Vec<String>,
    /// A digest of everything that happened; the same seed gives the same.
    pub trace: String,
}

struct History {
    chaos: Chaos,
    clock: MovableClock,
    world: World,
    nodes: Nodes,
    mailboxes: Vec<MailboxId>,
    things: Vec<Thing>,
    letters: Vec<Letter>,
    cards: Vec<String>,
    plot: Plot,
    chosen: Chosen,
    /// What a limit left out, by mailbox; known at calm.
    left: Vec<Left>,
    /// Nothing fails in it.
    quiet: bool,
    /// The database was restored.
    restored: bool,
    steps: usize,
    done: usize,
}

/// Runs the history of a seed.
pub async fn run(seed: u64, quirks: Quirks, plot: Plot) -> Outcome {
    let mut history = History::start(seed, quirks, plot).await;
    let violations = history.live().await;
    history.nodes.close().await;
    if !violations.is_empty() {
        history.nodes.keep();
    }
    Outcome {
        seed,
        steps: history.steps,
        violations,
        trace: history.chaos.digest(),
    }
}

impl History {
    async fn start(seed: u64, quirks: Quirks, plot: Plot) -> Self {
        let clock = MovableClock::new("2026-03-02T08:00:00Z".parse().expect("a time"));
        let chaos = Chaos::new(seed, quirks, clock.clone());
        let world = World::new(WorldConfig {
            clock: clock.clock(),
            ..WorldConfig::default()
        });
        company::found(&world, plot);
        let chosen = Chosen::draw(&chaos, plot);
        let quiet = chaos.happens(200);
        let days = [0, 0, 1, -1][chaos.below(4)];
        let count = if chaos.happens(400) { 2 } else { 1 };
        let shared = Shared {
            world: world.clone(),
            chaos: chaos.clone(),
            clock: Arc::new(SimClock {
                world: clock.clone(),
                off: SignedDuration::from_hours(24 * days),
            }),
            chosen: chosen.clone(),
            memory: Memory::default(),
        };
        let (nodes, mailboxes) = Nodes::start(shared, count, &[ANNA, BERND]).await;
        Self {
            chaos,
            clock,
            world,
            nodes,
            mailboxes,
            things: Vec::new(),
            letters: Vec::new(),
            cards: Vec::new(),
            plot,
            chosen,
            left: Vec::new(),
            quiet,
            restored: false,
            steps: 0,
            done: 0,
        }
    }

    async fn live(&mut self) -> Vec<String> {
        let length = 10 + self.chaos.below(30);
        self.chaos.faults(!self.quiet);
        for number in 0..length {
            self.steps += 1;
            self.clock.advance_seconds(1 + self.chaos.below(600) as i64);
            let what = self.step().await;
            self.chaos.note(&format!("step {number} {what}"));
            let broken = self.broken().await;
            if !broken.is_empty() {
                return broken;
            }
        }
        self.chaos.faults(false);
        self.calm().await
    }

    async fn step(&mut self) -> String {
        if self.plot.clicks && self.chaos.happens(80) {
            let node = self.chaos.below(self.nodes.count());
            return self.click(node, false).await;
        }
        match self.chaos.below(100) {
            0..50 => self.deed(),
            50..80 => self.session().await,
            80..92 => self.feed().await,
            92..95 => {
                let days = if self.chaos.happens(50) {
                    45
                } else {
                    1 + self.chaos.below(3)
                };
                self.clock.advance_seconds(days as i64 * 86_400);
                format!("{days} days pass")
            }
            95..97 => {
                self.nodes.back_up().await;
                "back up".into()
            }
            97 if !self.quiet => {
                // What was kept is lost with the database, but it was kept.
                self.collect_cards().await;
                let done = self.nodes.restore().await;
                self.restored |= done;
                format!("restore {done}")
            }
            _ => {
                let node = self.chaos.below(self.nodes.count());
                self.nodes.revive(node).await;
                format!("restart {node}")
            }
        }
    }

    async fn broken(&mut self) -> Vec<String> {
        for thing in &mut self.things {
            thing.form = thing.is_now(&self.world);
            thing.way = self.chosen.way(thing.form);
        }
        let mut broken = law::always(&self.world, &self.things, &self.judged());
        if !broken.is_empty() {
            // A value that lies in a card is not lost.
            self.collect_cards().await;
            broken = law::always(&self.world, &self.things, &self.judged());
        }
        let (world, chaos, letters) = (&self.world, &self.chaos, &mut self.letters);
        broken.extend(letter_law::always(world, chaos, letters, self.restored));
        broken.extend(self.chaos.watch().broken().iter().cloned());
        broken
    }

    fn deed(&mut self) -> String {
        self.done += 1;
        let mut stage = Stage {
            world: &self.world,
            chaos: &self.chaos,
            plot: self.plot,
            chosen: &self.chosen,
            things: &mut self.things,
            letters: &mut self.letters,
            number: self.done,
        };
        stage.deed()
    }

    async fn session(&mut self) -> String {
        let at = self.chaos.below(self.mailboxes.len());
        let node = self.chaos.below(self.nodes.count());
        let (engine, mailbox) = (self.nodes.engine(node), self.mailboxes[at]);
        if self.chaos.happens(500) {
            // Somebody mended what a mailbox was suspended for, or thinks so.
            engine.resume(mailbox).await.expect("resumed");
        }
        self.chaos.watch().begin(node, self.chosen.budget());
        let end = self
            .drive(node, async move {
                match engine.run_once(mailbox, Cause::Once).await {
                    Ok(report) => format!("{:?}", report.end),
                    Err(error) => format!("error {}", error.reason()),
                }
            })
            .await;
        format!("session {at} on {node} {end}")
    }

    /// Somebody saves an event by hand, maybe while a session hangs.
    async fn click(&mut self, node: usize, meanwhile: bool) -> String {
        if self.plot.mails && self.chaos.happens(400) {
            return Box::pin(self.click_letter(node, meanwhile)).await;
        }
        let chosen = (self.plot, &self.chosen);
        let click = click::choose(&self.world, &self.chaos, chosen, &mut self.things);
        let Some(click::Click { at, mailbox, save }) = click else {
            return "nothing to click".into();
        };
        let tag = self.things[at].tag.clone();
        let mailbox = self.mailboxes[usize::from(mailbox != ANNA)];
        let work = click::answer(self.nodes.engine(node), mailbox, save);
        let answer = self.by_hand(node, meanwhile, work).await;
        click::heard(&mut self.things[at], &answer);
        format!("click {tag} on {node} {answer}")
    }

    async fn click_letter(&mut self, node: usize, meanwhile: bool) -> String {
        let click = letter_click::choose(&self.world, &self.chaos, &self.chosen, &self.letters);
        let Some(letter_click::LetterClick { at, copy, save }) = click else {
            return "no mail to click".into();
        };
        let mailbox = self.mailboxes[usize::from(copy.made.mailbox != ANNA)];
        let by_id = matches!(save.item, ItemKey::Item(_));
        let work = letter_click::answer(self.nodes.engine(node), mailbox, save);
        let answer = self.by_hand(node, meanwhile, work).await;
        let letter = &mut self.letters[at];
        if answer == "saved" && by_id {
            letter.by_hand.push(copy.made);
        }
        format!("click {} on {node} {answer}", letter.tag)
    }

    /// Lets a click be done, maybe while a session of the node hangs.
    async fn by_hand(
        &mut self,
        node: usize,
        meanwhile: bool,
        work: impl Future<Output = String>,
    ) -> String {
        self.chaos.watch().interrupt(node, true);
        let answer = match meanwhile {
            true => self.finish(work).await,
            false => self.drive(node, work).await,
        };
        self.chaos.watch().interrupt(node, false);
        answer
    }

    async fn feed(&mut self) -> String {
        let node = self.chaos.below(self.nodes.count());
        let engine = self.nodes.engine(node);
        self.chaos.watch().begin(node, 0);
        let end = self
            .drive(node, async move {
                let tenant = TenantId::new(TENANT);
                let read = engine.feed(&tenant, true).await;
                format!("{}", read.is_ok())
            })
            .await;
        format!("feed on {node} {end}")
    }

    /// Lets a node work until it is done or dies; while a call of it hangs, the world goes on.
    async fn drive(&mut self, node: usize, work: impl Future<Output = String>) -> String {
        let chaos = self.chaos.clone();
        let end = {
            let mut work = pin!(work);
            loop {
                tokio::select! {
                    biased;
                    end = &mut work => break Some(end),
                    () = chaos.death() => break None,
                    () = chaos.hang() => {
                        self.meanwhile(node).await;
                        chaos.go_on();
                    }
                }
            }
        };
        match end {
            Some(end) => end,
            None => {
                // Its lease stands until it starts again, or until it is over.
                if self.chaos.happens(700) {
                    self.nodes.revive(node).await;
                }
                "died".into()
            }
        }
    }

    /// What happens while a call hangs: people act, another node works, time passes.
    fn meanwhile(&mut self, hung: usize) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(async move {
            self.chaos.hangs(false);
            for _ in 0..1 + self.chaos.below(3) {
                if self.plot.clicks && self.chaos.happens(150) {
                    let node = self.chaos.below(self.nodes.count());
                    let what = self.click(node, true).await;
                    self.chaos.note(&format!("meanwhile {what}"));
                    continue;
                }
                let what = match self.chaos.below(4) {
                    0 => {
                        let reads = self.chaos.hung_reading();
                        let most = if reads { 1_800 } else { 20 };
                        let seconds = self.chaos.below(most) as i64;
                        self.clock.advance_seconds(seconds);
                        format!("{seconds} seconds")
                    }
                    1 if self.nodes.count() > 1 => {
                        let other = 1 - hung;
                        self.session_on(other).await
                    }
                    _ => self.deed(),
                };
                self.chaos.note(&format!("meanwhile {what}"));
            }
            self.chaos.hangs(true);
        })
    }

    async fn session_on(&mut self, node: usize) -> String {
        let at = self.chaos.below(self.mailboxes.len());
        let (engine, mailbox) = (self.nodes.engine(node), self.mailboxes[at]);
        self.chaos.watch().begin(node, self.chosen.budget());
        let run = async move {
            match engine.run_once(mailbox, Cause::Once).await {
                Ok(report) => format!("{:?}", report.end),
                Err(error) => format!("error {}", error.reason()),
            }
        };
        let end = self.finish(run).await;
        format!("session {at} on {node} {end}")
    }

    /// Lets a node work until it is done or dies, while the call of another one hangs.
    async fn finish(&self, work: impl Future<Output = String>) -> String {
        tokio::select! {
            biased;
            end = work => end,
            () = self.chaos.death() => "died".into(),
        }
    }

    /// No edits, no faults: the sides must agree soon, and then nothing is written any more.
    async fn calm(&mut self) -> Vec<String> {
        for node in 0..self.nodes.count() {
            self.nodes.revive(node).await;
        }
        let mut writes = u64::MAX;
        for round in 0..ROUNDS {
            let put_off;
            self.clock.advance_seconds(24 * 3_600);
            match self.round(round % self.nodes.count()).await {
                Ok((wrote, open)) => {
                    writes = wrote;
                    put_off = open;
                }
                Err(broken) => return vec![broken],
            }
            self.steps += 1;
            let broken = self.broken().await;
            if !broken.is_empty() {
                return broken;
            }
            if writes == 0 && !put_off {
                break;
            }
        }
        if writes > 0 {
            return vec![format!(
                "INV-4: {writes} writes after {ROUNDS} rounds of calm"
            )];
        }
        self.collect_cards().await;
        self.collect_left().await;
        let mut broken = law::calm(&self.world, &self.things, &self.judged());
        let settings = &self.chosen.settings;
        broken.extend(letter_law::calm(
            &self.world,
            &self.letters,
            settings,
            self.restored,
        ));
        broken
    }

    fn judged(&self) -> Judged<'_> {
        Judged {
            cards: &self.cards,
            quiet: self.quiet,
            restored: self.restored,
            limit: self.chosen.limit,
            left: &self.left,
        }
    }

    /// Feed and sessions on one node; a mailbox that is held is looked at and approved. Answers how much was written,
    /// and whether something was put off: a mailbox that waits for another one has written nothing yet.
    async fn round(&mut self, node: usize) -> Result<(u64, bool), String> {
        let engine = self.nodes.engine(node);
        self.chaos.watch().begin(node, 0);
        let read = engine.feed(&TenantId::new(TENANT), true).await;
        read.map_err(|error| format!("INV-19: a calm feed ended {error}"))?;
        let (mut writes, mut open) = (0, false);
        let budget = self.chosen.budget();
        for mailbox in self.mailboxes.clone() {
            let held = self.nodes.store().held(mailbox).await.expect("read");
            let allowed = match held {
                Some(held) => {
                    let approved = engine.approve_held(mailbox, &held.digest).await;
                    match approved.expect("asked") {
                        true => usize::MAX,
                        false => budget,
                    }
                }
                None => budget,
            };
            if allowed == budget {
                engine.resume(mailbox).await.expect("resumed");
            }
            self.chaos.watch().begin(node, allowed);
            match engine.run_once(mailbox, Cause::Once).await {
                Ok(report) if report.end == SessionEnd::Done => {
                    writes += report.counts.writes;
                    open |= report.counts.deferred > 0;
                }
                other => return Err(format!("INV-19: a calm session ended {other:?}")),
            }
            // What it held back is still to be done.
            let held = self.nodes.store().held(mailbox).await.expect("read");
            writes += u64::from(held.is_some());
        }
        Ok((writes, open))
    }

    async fn collect_cards(&mut self) {
        for mailbox in &self.mailboxes {
            let open = self.nodes.store().conflicts(*mailbox, 1_000).await;
            for conflict in open.expect("read") {
                for value in [conflict.mail_value, conflict.crm_value] {
                    let value: Option<Value> = serde_json::from_value(value).unwrap_or_default();
                    self.cards.extend(value.iter().flat_map(law::texts));
                }
            }
        }
    }

    async fn collect_left(&mut self) {
        if self.chosen.limit.is_none() {
            return;
        }
        for (address, mailbox) in [ANNA, BERND].into_iter().zip(&self.mailboxes) {
            let status = self.nodes.engine(0).status(*mailbox).await.expect("read");
            let task = status.down.iter().find(|down| down.kind == Kind::Task);
            self.left.push(Left {
                address,
                counted: task.map_or(0, |down| down.by_limit as usize),
                told: status
                    .notes
                    .iter()
                    .any(|note| note.code == ReasonCode::LeftByLimit),
            });
        }
    }
}
