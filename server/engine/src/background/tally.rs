//! How the end of a look at a pair is counted and called.

use ssi_domain::plan::Effect;

use super::{Decision, deletions::takes_away, session::Session};
use crate::transfer::mirror::End;

impl Session {
    /// Counts an end; says how it is called and whether people are told.
    pub(super) fn count(&mut self, end: &End, planned: &[Effect]) -> (Decision, bool) {
        let counts = &mut self.counts;
        match end {
            End::Skipped => {
                counts.skipped += 1;
                (Decision::Skipped, false)
            }
            End::InStep => {
                counts.duplicates += 1;
                (Decision::Duplicate, false)
            }
            End::Paired => {
                counts.saved += 1;
                (Decision::Saved, true)
            }
            End::Parted if planned.iter().any(takes_away) => {
                counts.removed += 1;
                (Decision::Removed, true)
            }
            End::Updated | End::Parted => {
                counts.updated += 1;
                (Decision::Updated, true)
            }
            // Counted when it is carried out; until then it is seen with the held ones.
            End::Doomed => (Decision::Deferred, true),
            End::Later => {
                counts.deferred += 1;
                (Decision::Deferred, true)
            }
            End::Unfit(_) | End::Failed(_) => {
                counts.failed += 1;
                (Decision::Failed, true)
            }
        }
    }
}
