//! How many more records of a kind may come down (CON-11).

use std::collections::HashMap;

use ssi_domain::{Kind, mirror::MirrorPlan, plan::Effect};
use ssi_store::MirrorState;

use super::{End, File, Transfer};
use crate::Error;

impl Transfer {
    /// What the limits leave, for the kinds that have one. Those that came down in this very batch are counted,
    /// though nothing says so in the store yet.
    pub(super) async fn room(&mut self, files: &[File]) -> Result<HashMap<Kind, u64>, Error> {
        let mut room = HashMap::new();
        let kinds: Vec<Kind> = self.settings.mirror.down.keys().copied().collect();
        for kind in kinds {
            let Some(limit) = self.settings.mirror.down_limit(kind) else {
                continue;
            };
            let known = match &self.came_down {
                Some(known) => known,
                None => {
                    let counts = self.parts.store.down_counts(self.row.id).await?;
                    let counts = counts.into_iter();
                    self.came_down
                        .insert(counts.map(|(kind, of)| (kind, of.came_down)).collect())
                }
            };
            let before = known.get(&kind).copied().unwrap_or_default();
            let now = files
                .iter()
                .filter(|file| file.kind == kind && file.came_down());
            let taken = before + now.count() as u64;
            room.insert(kind, limit.saturating_sub(taken));
        }
        Ok(room)
    }

    /// Counts what came down, or would in a dry run, for the batches to come.
    pub(super) fn note_down(&mut self, file: &File) {
        let shown = file.end.is_none() && file.plan.as_ref().is_some_and(makes_item);
        if (file.came_down() || shown && !file.is_active())
            && let Some(known) = &mut self.came_down
        {
            *known.entry(file.kind).or_default() += 1;
        }
    }

    /// Counts anew when it is asked next: everything so far is committed.
    pub(crate) fn count_anew(&mut self) {
        self.came_down = None;
    }
}

/// Whether a plan puts an item into the mailbox.
pub(super) fn makes_item(plan: &MirrorPlan) -> bool {
    let mut effects = plan.effects.iter();
    effects.any(|effect| matches!(effect, Effect::CreateItem { .. }))
}

impl File {
    /// Whether it is in step with the other side, as far as we know.
    pub(super) fn is_active(&self) -> bool {
        let row = self.row.as_ref();
        row.is_some_and(|row| row.state == MirrorState::Active)
    }

    /// Whether the record came down just now.
    fn came_down(&self) -> bool {
        matches!(self.end, Some(End::Paired)) && self.item.there().is_none() && !self.is_active()
    }
}
