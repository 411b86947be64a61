//! Glances at calendars between sessions: one call says whether anything happened there, and if so a session is due at
//! once (CAL-04). What happened, and whether it concerns us, the session finds out.

use jiff::SignedDuration;
use ssi_domain::port::{Collections, FolderRole, PortError};
use ssi_store::MailboxRow;
use tokio::task::JoinSet;

use crate::{Engine, Error};

/// From one glance to the next. A change that is too young for the server to tell it from the next one is seen by the
/// second glance, and still within three minutes.
const EVERY: SignedDuration = SignedDuration::from_secs(80);
/// Mailboxes glanced at in one go.
const MOST: usize = 200;
/// Glances at the same time.
const AT_ONCE: usize = 8;

impl Engine {
    /// Glances at the calendars that are due for it; answers how many mailboxes were woken.
    pub async fn glances(&self) -> u64 {
        let now = self.parts.clock.now();
        let store = &self.parts.store;
        let due = match store.claim_glances(now, now - EVERY, MOST).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "calendars to glance at could not be read; trying again");
                return 0;
            }
        };
        let mut woken = 0;
        let mut under_way = JoinSet::new();
        for row in due {
            if under_way.len() >= AT_ONCE {
                woken += u64::from(matches!(under_way.join_next().await, Some(Ok(true))));
            }
            let engine = self.clone();
            under_way.spawn(async move {
                let mailbox = row.id;
                engine.glance(row).await.unwrap_or_else(|error| {
                    // Its next session says it where people read it.
                    tracing::debug!(mailbox.id = %mailbox, %error, "no glance at the calendar");
                    false
                })
            });
        }
        while let Some(glanced) = under_way.join_next().await {
            woken += u64::from(matches!(glanced, Ok(true)));
        }
        woken
    }

    /// Glances at one calendar; `true`: a session is due now. What our own writes changed is taken for a change too, and
    /// that session ends with its first call.
    async fn glance(&self, row: MailboxRow) -> Result<bool, Error> {
        let settings = self.parts.backends.settings(&row);
        let calendar = row.setup.as_ref();
        let calendar = calendar.and_then(|setup| setup.folder(FolderRole::Calendar));
        let wanted = settings.mirror.events && settings.mirror.watch_calendar;
        let Some(calendar) = calendar.filter(|_| wanted) else {
            return Ok(false);
        };
        let folders = Collections {
            folders: vec![(FolderRole::Calendar, calendar.clone())],
        };
        let mail = self.parts.backends.mailbox(&row).await?;
        let pulse = match mail.pulse(&folders).await {
            // The folder is looked for by the next session.
            Err(PortError::Gone { .. }) => None,
            other => other?,
        };
        let Some(pulse) = pulse else { return Ok(false) };
        let changed = self.parts.store.glanced(row.id, &pulse.0).await?;
        if changed {
            self.wake_up(row.id).await?;
        }
        Ok(changed)
    }
}
