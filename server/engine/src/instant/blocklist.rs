//! The blocklist as a person sees and edits it (BL-01 to BL-06): list, preview, change.

use ssi_domain::{
    ItemId, MailboxId, ReasonCode, RecordRef, SyncSettings,
    blocklist::{Entry, change, corporate},
    eligible::Route,
    participant::{in_places_of_mail, people},
    port::{Item, Shape},
};

use crate::{Engine, Error, transfer::looked_up};

/// Entries of one edit, at most.
const MOST_EDITED: usize = 100;
/// Entries of a user's layer, at most.
const MOST_ENTRIES: usize = 2_000;
/// Items a preview looks at, at most; the newest first.
const MOST_PREVIEWED: usize = 200;

/// Whose an entry of the blocklist is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// A domain of the own organization (BL-03).
    Corporate,
    /// The key user's.
    Organization,
    /// The user's own.
    User,
}

/// One entry of the list in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The entry in comparable form.
    pub entry: String,
    /// Whose it is.
    pub layer: Layer,
    /// Whether the user may remove it: entries of the own layer that do not come from the configuration.
    pub removable: bool,
}

/// An item that an edit concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewedChange {
    /// The item.
    pub item: ItemId,
    /// Whether it would still be saved.
    pub saved: bool,
    /// Why.
    pub code: ReasonCode,
    /// What it is linked with by the list as it stands.
    pub before: Option<RecordRef>,
    /// What it would be linked with.
    pub after: Option<RecordRef>,
}

/// What an edit would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The items concerned, newest first.
    pub changes: Vec<PreviewedChange>,
    /// How many were looked at.
    pub looked_at: usize,
    /// Older ones were left out.
    pub cut: bool,
}

impl Engine {
    /// The list in force for a mailbox (BL-05).
    pub async fn blocklist(&self, mailbox: MailboxId) -> Result<Vec<Blocked>, Error> {
        let row = self.row(mailbox).await?;
        let settings = self.parts.backends.settings(&row);
        let own = self.parts.store.blocklist(mailbox).await?;
        let of = |layer, removable| {
            move |entry: String| Blocked {
                entry,
                layer,
                removable,
            }
        };
        let corporate = corporate(&settings, &row.address);
        let corporate = corporate.into_iter().map(of(Layer::Corporate, false));
        let fixed = |list: &[String]| -> Vec<String> {
            let entries = list.iter().filter_map(|text| Entry::parse(text));
            entries.map(|entry| entry.key()).collect()
        };
        let org = fixed(&settings.blocklist.org).into_iter();
        let given = fixed(&settings.blocklist.user).into_iter();
        let own = own.into_iter().map(|one| one.entry);
        Ok(corporate
            .chain(org.map(of(Layer::Organization, false)))
            .chain(given.map(of(Layer::User, false)))
            .chain(own.map(of(Layer::User, true)))
            .collect())
    }

    /// Changes the user's own layer (BL-02); answers the list in force.
    pub async fn edit_blocklist(
        &self,
        mailbox: MailboxId,
        add: &[String],
        remove: &[String],
    ) -> Result<Vec<Blocked>, Error> {
        let (add, remove) = (entries("add", add)?, entries("remove", remove)?);
        let standing = self.blocklist(mailbox).await?;
        let fixed = |entry: &&String| {
            let mut same = standing.iter().filter(|one| one.entry == **entry);
            same.any(|one| !one.removable)
                && !standing
                    .iter()
                    .any(|one| one.entry == **entry && one.removable)
        };
        if remove.iter().any(|entry| fixed(&entry)) {
            return Err(Error::Invalid {
                field: "remove",
                why: "this entry is your organization's; ask your key user".into(),
            });
        }
        let now = self.parts.clock.now();
        let store = &self.parts.store;
        if !store
            .edit_blocklist(mailbox, &add, &remove, MOST_ENTRIES, now)
            .await?
        {
            let why = format!(
                "the list would have more than {MOST_ENTRIES} entries; block domains instead"
            );
            return Err(Error::Invalid { field: "add", why });
        }
        self.blocklist(mailbox).await
    }

    /// What an edit would change about the items sessions saved last; nothing is stored.
    pub async fn preview_blocklist(
        &self,
        mailbox: MailboxId,
        add: &[String],
        remove: &[String],
    ) -> Result<Preview, Error> {
        let (add, remove) = (entries("add", add)?, entries("remove", remove)?);
        let mut open = self.open_instant(mailbox).await?;
        let before = open.transfer.settings().clone();
        let mut after = before.clone();
        after.blocklist.user.retain(|text| {
            let entry = Entry::parse(text).map(|entry| entry.key());
            entry.is_none_or(|entry| !remove.contains(&entry))
        });
        after.blocklist.user.extend(add);
        let store = &self.parts.store;
        let mut ids = store.items_saved_last(mailbox, MOST_PREVIEWED + 1).await?;
        let cut = ids.len() > MOST_PREVIEWED;
        ids.truncate(MOST_PREVIEWED);
        let mut items = Vec::new();
        let most = open.transfer.mail().capabilities().get_batch.max(1);
        for batch in ids.chunks(most) {
            let read = open.transfer.mail().get(batch, Shape::Headers).await?;
            // What is gone or cannot be read says nothing about the list.
            let found = batch
                .iter()
                .zip(read)
                .filter_map(|(id, answer)| Some((id.clone(), answer.ok().flatten()?)));
            items.extend(found.collect::<Vec<_>>());
        }
        let participants: Vec<_> = items
            .iter()
            .map(|(_, item)| people(item, &before, &open.row.address))
            .collect();
        let addresses = participants.iter().flat_map(|people| looked_up(people));
        open.transfer.meet(addresses.collect()).await?;
        let mut changes = Vec::new();
        for ((id, item), people) in items.iter().zip(&participants) {
            let hits = open.transfer.behind(people);
            let route = self.route_of(mailbox, id, item, &before).await?;
            let said = change(
                &in_places_of_mail(item),
                &open.row.address,
                route,
                &hits,
                (&before, &after),
            );
            changes.extend(said.map(|said| PreviewedChange {
                item: id.clone(),
                saved: said.saved,
                code: said.code,
                before: said.before,
                after: said.after,
            }));
        }
        Ok(Preview {
            changes,
            looked_at: items.len(),
            cut,
        })
    }

    /// By which way an item was saved, by its trace.
    async fn route_of(
        &self,
        mailbox: MailboxId,
        id: &ItemId,
        item: &Item,
        settings: &SyncSettings,
    ) -> Result<Route, Error> {
        let trace = self.parts.store.trace_for_item(mailbox, id).await?;
        let says = |code: ReasonCode| {
            let steps = trace.as_ref().map(|row| &row.steps.0);
            steps.is_some_and(|steps| steps.iter().any(|step| step.code == code))
        };
        let auto_event =
            item.event.is_some() && says(ReasonCode::MirrorAuto) && !settings.mirror.auto_unknown;
        Ok(if says(ReasonCode::SavedByAuto) || auto_event {
            Route::Auto
        } else if says(ReasonCode::SavedByThread) {
            Route::Thread
        } else {
            Route::Category
        })
    }
}

/// Entries as they are compared.
fn entries(field: &'static str, texts: &[String]) -> Result<Vec<String>, Error> {
    if texts.len() > MOST_EDITED {
        let why = format!("at most {MOST_EDITED} entries at once");
        return Err(Error::Invalid { field, why });
    }
    texts
        .iter()
        .map(|text| {
            let entry = Entry::parse(text).ok_or_else(|| Error::Invalid {
                field,
                why: "write an address, a domain, or *.domain for a domain and all below it".into(),
            })?;
            Ok(entry.key())
        })
        .collect()
}
