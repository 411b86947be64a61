//! Whatever nodes do with a feed in whatever order: only the current lease writes, and nothing filed is lost.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng, rngs::StdRng};
use ssi_domain::{Cursor, Kind, MailboxId, TenantId};
use ssi_store::{FeedLease, FeedState, Fenced, MailboxRow, PageCommit, Store};

use crate::{
    given::{at, change, leased, missed},
    harness::{Database, on_both},
};

const NODES: [&str; 3] = ["node-1", "node-2", "node-3"];

/// What must be true of a feed, kept beside the store in the plainest way.
#[derive(Default)]
struct Model {
    /// The last number given.
    number: i64,
    /// Until when the lease with that number lasts by the clock handed in; `None`: it was given back.
    until: Option<i64>,
    due: Option<i64>,
    swept: Option<i64>,
    cursor: Option<String>,
    /// By mailbox and record: the version, whether it is in doubt, whether it is done.
    filed: BTreeMap<(MailboxId, String), (String, bool, bool)>,
}

impl Model {
    fn current(&self, lease: FeedLease) -> bool {
        self.until.is_some() && lease.number == self.number
    }

    fn file(&mut self, key: (MailboxId, String), version: &str, gone: bool) {
        let new = (version.to_owned(), gone, false);
        let row = self.filed.entry(key).or_insert_with(|| new.clone());
        let (known, doubt, done) = row.clone();
        let news = if gone {
            !doubt || done
        } else {
            known != version || doubt && !done
        };
        if news {
            *row = (if gone { known } else { version.into() }, gone, false);
        }
    }
}

struct Play<'a> {
    store: &'a Store,
    tenant: TenantId,
    mailboxes: &'a [MailboxRow],
    random: StdRng,
    model: Model,
    leases: Vec<FeedLease>,
    now: i64,
}

impl Play<'_> {
    async fn step(&mut self, step: usize) -> String {
        self.now += match self.random.random_range(0..10) {
            0 => 200,
            1 => -30,
            2 => 60,
            _ => self.random.random_range(0..20),
        };
        // Mostly the newest lease, sometimes one of long ago.
        let old = self.random.random_range(0..=self.leases.len().min(3));
        let lease = self
            .leases
            .iter()
            .rev()
            .nth(old)
            .or(self.leases.last())
            .copied();
        match (self.random.random_range(0..10), lease) {
            (0..=2, _) | (_, None) => self.claim().await,
            (3, Some(lease)) => self.renew(lease).await,
            (4, Some(lease)) => self.finish(lease).await,
            (5, _) => self.work_off().await,
            (_, Some(lease)) => self.file(lease, step).await,
        }
    }

    async fn claim(&mut self) -> String {
        let node = NODES[self.random.random_range(0..3)];
        let (now, until) = (self.now, self.now + 60);
        let claimed = self
            .store
            .claim_feed(&self.tenant, node, at(now), at(until))
            .await
            .unwrap();
        let free = self.model.until.is_none_or(|until| until <= now);
        assert_eq!(claimed.is_some(), free, "claim by {node} at {now}");
        if let Some(lease) = claimed {
            assert_eq!(lease.number, self.model.number + 1);
            self.model.number = lease.number;
            (self.model.until, self.model.due) = (Some(until), Some(until));
            self.leases.push(lease);
        }
        format!("{now}: {node} claims: {claimed:?}")
    }

    async fn renew(&mut self, lease: FeedLease) -> String {
        let until = self.now + 90;
        let kept = self
            .store
            .renew_feed(&self.tenant, &lease, at(until))
            .await
            .unwrap();
        assert_eq!(kept, self.model.current(lease));
        if kept {
            (self.model.until, self.model.due) = (Some(until), Some(until));
        }
        format!("{lease:?} renewed until {until}: {kept}")
    }

    async fn finish(&mut self, lease: FeedLease) -> String {
        let (next, swept) = (self.now + 300, self.random.random_bool(0.5));
        let ended = self
            .store
            .finish_feed(
                &self.tenant,
                &lease,
                at(self.now),
                at(next),
                at(next),
                swept,
            )
            .await
            .unwrap();
        assert_eq!(ended == Fenced::Kept, self.model.current(lease));
        if ended == Fenced::Kept {
            (self.model.until, self.model.due) = (None, Some(next));
            if swept {
                self.model.swept = Some(self.now);
            }
        }
        format!("{}: {lease:?} finishes, swept {swept}: {ended:?}", self.now)
    }

    async fn file(&mut self, lease: FeedLease, step: usize) -> String {
        let mut rows = Vec::new();
        for _ in 0..self.random.random_range(0..4) {
            let mailbox = self.mailboxes[self.random.random_range(0..2)].id;
            let record = format!("R{}", self.random.random_range(0..3));
            if self.random.random_bool(0.3) {
                rows.push(missed(mailbox, &record));
            } else {
                let version = format!("v{}", self.random.random_range(0..3));
                rows.push(change(mailbox, &record, &version));
            }
        }
        rows.reverse();
        let mut seen = std::collections::BTreeSet::new();
        rows.retain(|row| seen.insert((row.mailbox, row.record.id.clone())));
        let cursor = self.random.random_bool(0.5).then(|| format!("c{step}"));
        let log = format!("{}: {lease:?} files {cursor:?} {rows:?}", self.now);
        let filed = self
            .store
            .file(
                &self.tenant,
                &lease,
                Kind::Appointment,
                cursor.clone().map(Cursor::new),
                rows.clone(),
                at(self.now),
            )
            .await
            .unwrap();
        assert_eq!(filed == Fenced::Kept, self.model.current(lease), "{log}");
        if filed == Fenced::Kept {
            for row in rows {
                self.model.file(
                    (row.mailbox, row.record.id.0),
                    row.version.as_str(),
                    row.gone,
                );
            }
            self.model.cursor = cursor.or(self.model.cursor.take());
        }
        log
    }

    /// A session strikes off some of what waits in a mailbox.
    async fn work_off(&mut self) -> String {
        let mailbox = &self.mailboxes[self.random.random_range(0..2)];
        let mut found = self.store.filed(mailbox.id, at(999_999), 99).await.unwrap();
        found.truncate(self.random.random_range(0..3));
        let mut page = PageCommit::new(mailbox.id, mailbox.lease_no, at(self.now));
        page.filed_done(found.iter().map(|row| row.id).collect());
        assert_eq!(self.store.commit_page(&page).await.unwrap(), Fenced::Kept);
        for row in &found {
            let key = (mailbox.id, row.record.id.0.clone());
            self.model.filed.get_mut(&key).unwrap().2 = true;
        }
        format!("worked off {found:?}")
    }

    async fn compare(&self, log: &[String]) {
        let state = FeedState {
            next_due: self.model.due.map(at),
            swept_at: self.model.swept.map(at),
        };
        assert_eq!(
            self.store.feed_state(&self.tenant).await.unwrap(),
            state,
            "{log:#?}"
        );
        let cursors = self.store.feed_cursors(&self.tenant).await.unwrap();
        let cursor = cursors.into_iter().next().map(|(_, cursor)| cursor.0);
        assert_eq!(cursor, self.model.cursor, "{log:#?}");
        let mut waiting = BTreeMap::new();
        for mailbox in self.mailboxes {
            for row in self.store.filed(mailbox.id, at(999_999), 99).await.unwrap() {
                waiting.insert(
                    (mailbox.id, row.record.id.0),
                    (row.version.0, row.gone, false),
                );
            }
        }
        let mut expected = self.model.filed.clone();
        expected.retain(|_, (_, _, done)| !*done);
        assert_eq!(waiting, expected, "{log:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_current_lease_files_and_nothing_filed_is_lost() {
    on_both(|database: Database| async move {
        let store = database.open().await;
        let mailboxes = [leased(&store, "erika").await, leased(&store, "max").await];
        for seed in 0..30 {
            let mut play = Play {
                store: &store,
                tenant: crate::given::tenant(),
                mailboxes: &mailboxes,
                random: StdRng::seed_from_u64(seed),
                model: Model::default(),
                leases: Vec::new(),
                now: 0,
            };
            let mut log = vec![format!("seed {seed}")];
            for step in 0..30 {
                log.push(play.step(step).await);
                play.compare(&log).await;
            }
            let raw = database.raw().await;
            for table in ["filed", "feed_cursor", "feed"] {
                raw.run(&format!("DELETE FROM {table}")).await.unwrap();
            }
        }
    })
    .await;
}
