//! The e-mails of a dry run: what a session would save, link and mark, by the session's own decisions.

use ssi_domain::{
    Cursor, FolderId, Kind,
    port::{Change, FolderRole, ItemHint},
};
use ssi_store::{Action, FollowUp, Store};

use super::{
    chunk::{Context, Judged, Ordered},
    follow_ups::distinct,
    rehearse::{MOST_PAGES, Stage},
    session::Halt,
};

impl Stage {
    /// Marks that are owed, saves that were put off, then what changed in the folders, as a session does.
    pub(super) async fn mail(&mut self, store: &Store) -> Result<(), Halt> {
        let mut context = self.session.context().await?;
        let due = self.due(store).await?;
        let of = |action: Action| -> Vec<FollowUp> {
            let due = due.iter().filter(|row| row.action == action);
            due.cloned().collect()
        };
        self.owed_marks(&of(Action::MarkItem)).await?;
        self.put_off_saves(&of(Action::SaveItem), &mut context)
            .await?;
        let cursors = store.cursors(self.session.row.id).await?;
        for role in [FolderRole::Saved, FolderRole::Inbox, FolderRole::Sent] {
            let Some(folder) = self.session.collections.folder(role).cloned() else {
                continue;
            };
            let known = cursors.iter().find(|(name, _)| name == folder.as_str());
            let cursor = known.map(|(_, cursor)| cursor.clone());
            self.mail_folder(role, &folder, cursor, &mut context)
                .await?;
        }
        Ok(())
    }

    async fn owed_marks(&mut self, follow_ups: &[FollowUp]) -> Result<(), Halt> {
        let mut page = self.session.new_page();
        let (marks, _) = self.session.marks_owed(follow_ups, &mut page).await?;
        for mark in marks {
            self.told.insert(mark.item.id.clone());
            let plan = self.session.transfer.mark_plan(&mark);
            for effect in &plan.effects {
                self.tell(effect, Kind::Email, Some(&mark.item.id), &plan.trace)
                    .await;
            }
        }
        Ok(())
    }

    async fn put_off_saves(
        &mut self,
        follow_ups: &[FollowUp],
        context: &mut Context,
    ) -> Result<(), Halt> {
        let choices = self.session.choices(follow_ups).await?;
        let items = distinct(follow_ups);
        let size = self.session.transfer.mail().capabilities().get_batch.max(1);
        for batch in items.chunks(size) {
            if self.nobody_listens() {
                return Ok(());
            }
            let mut page = self.session.new_page();
            let judged = self
                .session
                .judge_again(batch, &choices, context, &mut page)
                .await?;
            self.show_mails(judged, context).await?;
        }
        Ok(())
    }

    async fn mail_folder(
        &mut self,
        role: FolderRole,
        folder: &FolderId,
        mut cursor: Option<Cursor>,
        context: &mut Context,
    ) -> Result<(), Halt> {
        for page in 0.. {
            if page == MOST_PAGES {
                self.totals.cut = true;
                break;
            }
            let size = self.session.transfer.mail().capabilities().get_batch.max(1);
            let page = self.page(folder, cursor.as_ref()).await?;
            let changes = page.changes.into_iter();
            let hints: Vec<ItemHint> = changes
                .filter_map(|change| match change {
                    Change::Upsert(hint) if !self.told.contains(&hint.id) => Some(hint),
                    _ => None,
                })
                .collect();
            for chunk in hints.chunks(size) {
                if self.nobody_listens() {
                    return Ok(());
                }
                let mut page = self.session.new_page();
                let judged = self
                    .session
                    .judge_chunk(role, chunk, context, &mut page)
                    .await?;
                self.show_mails(judged, context).await?;
            }
            cursor = Some(page.cursor);
            if !page.more {
                break;
            }
        }
        Ok(())
    }

    /// Tells what saving would come to; a wish that is fulfilled is looked for no more.
    async fn show_mails(&mut self, judged: Vec<Judged>, context: &mut Context) -> Result<(), Halt> {
        let mut orders = Vec::new();
        let mut wishes = Vec::new();
        for judged in judged {
            if let Ordered::Save(order, wish) = judged.ordered() {
                wishes.extend(wish);
                orders.push(*order);
            }
        }
        context.fulfil(&wishes);
        for shown in self.session.transfer.rehearse(orders).await? {
            self.told.insert(shown.item.clone());
            for effect in &shown.effects {
                self.tell(effect, Kind::Email, Some(&shown.item), &shown.trace)
                    .await;
            }
        }
        Ok(())
    }
}
