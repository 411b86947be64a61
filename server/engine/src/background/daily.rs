//! The daily look at every pair of a mailbox.

use super::{
    mirror::{BATCH, MOST_BATCHES},
    session::{Halt, Session},
};
use crate::transfer::mirror::{Look, Mode};

impl Session {
    /// Once a day every pair is looked at: events leave the mirrored days without any change (CAL-20), and
    /// what was missed is found. What one session does not reach the next day's goes on with.
    pub(super) async fn look_at_all(&mut self) -> Result<(), Halt> {
        let store = self.engine.parts.store.clone();
        let mut after = store.looked_after(self.row.id).await?;
        for _ in 0..MOST_BATCHES {
            let rows = store.mirrors_page(self.row.id, after, BATCH).await?;
            let Some(last) = rows.last() else {
                store.set_looked_after(self.row.id, None).await?;
                return Ok(());
            };
            after = Some(last.link);
            self.still_ours().await?;
            let looks = rows
                .into_iter()
                .filter(|row| row.state == ssi_store::MirrorState::Active)
                .map(|row| Look {
                    item: Some(row.item),
                    ..Look::default()
                });
            let mut page = self.new_page();
            self.mirror_batch(looks.collect(), &mut page, Mode::Run)
                .await?;
            self.commit(page).await?;
            store.set_looked_after(self.row.id, after).await?;
        }
        Ok(())
    }
}
