//! A mailbox of the world behind the port, without wire: fields by the mapping tables' Exchange paths.

use async_trait::async_trait;
use ssi_domain::{
    AttachmentId, Cursor, FolderId, ItemId, Kind, Version,
    port::{
        Change, ChangePage, Collections, Content, FolderRole, Item, ItemClass, ItemHint, ItemWrite,
        LinkStamp, Mailbox, MailboxCapabilities, MailboxSetup, PortError, Pulse, Shape, WriteDone,
    },
};
use ssi_sandbox::{
    World,
    exchange::{
        Actor, Cause, Disposal, Draft, Failure, Kind as ItemKind, PageLimit, Place, Sending, Step,
        Zone,
    },
};

use super::{
    Chaos,
    chaos::{Access, Line},
    chosen::Chosen,
    field::{fields, put},
    letters::{enclosures, mail_fields},
    mark::{facts, mark, stamp},
    memory::Memory,
};

/// Our folders by role, with the standard one they are made beside.
const OWN: [(FolderRole, &str); 5] = [
    (FolderRole::Saved, "inbox"),
    (FolderRole::OwnTasks, "tasks"),
    (FolderRole::OwnContacts, "contacts"),
    (FolderRole::OwnAccounts, "contacts"),
    (FolderRole::OwnIndividualCustomers, "contacts"),
];
const STANDARD: [(FolderRole, &str); 5] = [
    (FolderRole::Inbox, "inbox"),
    (FolderRole::Sent, "sentitems"),
    (FolderRole::Calendar, "calendar"),
    (FolderRole::Tasks, "tasks"),
    (FolderRole::Contacts, "contacts"),
];

/// One mailbox.
pub struct SimMailbox {
    pub(super) world: World,
    pub(super) chaos: Chaos,
    pub(super) memory: Memory,
    pub(super) chosen: Chosen,
    pub(super) address: String,
    /// The node that asks.
    pub(super) node: usize,
}

impl SimMailbox {
    fn actor(&self) -> Actor {
        Actor {
            mailbox: self.address.clone(),
            cause: Cause::Ews {
                login: "engine".into(),
            },
        }
    }

    fn line(&self) -> Line {
        Line::Mail(self.node)
    }

    pub(super) fn key(id: &ItemId) -> Option<u64> {
        id.as_str().strip_prefix('i')?.parse().ok()
    }

    pub(super) fn folder(id: &FolderId) -> Option<u64> {
        id.as_str().strip_prefix('f')?.parse().ok()
    }

    fn read(&self, id: &ItemId, shape: Shape) -> Option<Item> {
        let key = Self::key(id)?;
        let exchange = self.world.exchange();
        let mailbox = exchange.mailbox(&self.address).ok()?;
        let item = mailbox.item(key)?;
        if shape == Shape::Full {
            self.seen_whole(mailbox, item);
        }
        let kind = match item.data.kind {
            ItemKind::CalendarItem => Kind::Appointment,
            ItemKind::Task => Kind::Task,
            ItemKind::Contact => Kind::Contact,
            _ => Kind::Email,
        };
        Some(Item {
            id: id.clone(),
            version: Version::new(item.version.to_string()),
            folder: Some(FolderId::new(format!("f{}", item.folder))),
            kind,
            class: ItemClass::Other(item.data.class.clone()),
            record: match kind {
                Kind::Email => mail_fields(&item.data, shape),
                _ => fields(&self.chosen.tables, kind, &item.data, shape),
            },
            categories: item.data.categories().to_vec(),
            size_bytes: item.data.size,
            attachments: match shape {
                Shape::Full => enclosures(item),
                Shape::Headers => Vec::new(),
            },
            has_attachments: item.data.attachments.iter().any(|one| !one.inline),
            link: stamp(&item.data),
            wish: None,
            event: (kind == Kind::Appointment).then(|| facts(&item.data)),
        })
    }

    fn write(&self, write: &ItemWrite) -> Result<WriteDone, PortError> {
        let mut exchange = self.world.exchange();
        let actor = self.actor();
        let gone = |_: Failure| PortError::Gone {
            detail: "no such item".into(),
        };
        let guard = |version: &Version, key: u64, exchange: &ssi_sandbox::exchange::Exchange| {
            let mailbox = exchange.mailbox(&self.address).map_err(gone)?;
            let item = mailbox.item(key).ok_or(PortError::Gone {
                detail: "no such item".into(),
            })?;
            match item.version.to_string() == version.as_str() {
                true => Ok(()),
                false => Err(PortError::Stale {
                    detail: "change key".into(),
                }),
            }
        };
        let missing = || PortError::Gone {
            detail: "no such item".into(),
        };
        let key = match write {
            ItemWrite::Create {
                folder,
                kind,
                record,
                categories,
                link,
            } => {
                let folder = Self::folder(folder).ok_or_else(missing)?;
                let mut draft = Draft::new(match kind {
                    Kind::Task => ItemKind::Task,
                    Kind::Contact | Kind::Account | Kind::IndividualCustomer => ItemKind::Contact,
                    _ => ItemKind::CalendarItem,
                });
                self.directed(*kind, record);
                put(&self.chosen.tables, &mut draft, *kind, record);
                mark(&mut draft, Some(categories), Some(link));
                exchange
                    .create_item(&actor, folder, draft, &Zone::utc(), Sending::NONE)
                    .map_err(refused)?
            }
            ItemWrite::Update {
                item,
                version,
                kind,
                set,
                categories,
                link,
            } => {
                let key = Self::key(item).ok_or_else(missing)?;
                guard(version, key, &exchange)?;
                let change = |draft: &mut Draft| {
                    self.written(draft, set);
                    self.directed(*kind, set);
                    put(&self.chosen.tables, draft, *kind, set);
                    mark(draft, categories.as_ref(), link.as_ref());
                    Ok(())
                };
                exchange
                    .update_item(&actor, key.into(), &Zone::utc(), Sending::NONE, change)
                    .map_err(refused)?;
                key
            }
            ItemWrite::Mark {
                item,
                version,
                categories,
                link,
            } => {
                let key = Self::key(item).ok_or_else(missing)?;
                guard(version, key, &exchange)?;
                let change = |draft: &mut Draft| {
                    mark(draft, Some(categories), link.as_ref());
                    Ok(())
                };
                exchange
                    .update_item(&actor, key.into(), &Zone::utc(), Sending::NONE, change)
                    .map_err(refused)?;
                key
            }
            ItemWrite::Move { item, to } => {
                let key = Self::key(item).ok_or_else(missing)?;
                let to = Self::folder(to).ok_or_else(missing)?;
                exchange
                    .move_item(&self.address, Place::from(key), to)
                    .map_err(gone)?
            }
            ItemWrite::Delete { item, version } => {
                let key = Self::key(item).ok_or_else(missing)?;
                guard(version, key, &exchange)?;
                self.chaos.watch().deleted(self.node);
                exchange
                    .delete_item(&actor, key.into(), Disposal::Trash, Sending::NONE)
                    .map_err(gone)?;
                return Ok(WriteDone {
                    id: item.clone(),
                    version: None,
                });
            }
        };
        let mailbox = exchange.mailbox(&self.address).map_err(gone)?;
        Ok(WriteDone {
            id: ItemId::new(format!("i{key}")),
            version: mailbox
                .item(key)
                .map(|item| Version::new(item.version.to_string())),
        })
    }
}

fn refused(failure: Failure) -> PortError {
    PortError::Refused {
        field: None,
        why: format!("{failure:?}"),
    }
}

#[async_trait]
impl Mailbox for SimMailbox {
    fn capabilities(&self) -> MailboxCapabilities {
        MailboxCapabilities {
            categories: true,
            named_properties: true,
            ids_change_on_move: true,
            pulse: false,
            get_batch: 10,
            put_batch: 10,
        }
    }

    fn calls(&self) -> u64 {
        self.chaos.calls()
    }

    async fn check(&self) -> Result<(), PortError> {
        Ok(())
    }

    async fn prepare(&self, setup: &MailboxSetup) -> Result<Collections, PortError> {
        self.chaos
            .call(self.line(), "prepare", Access::Writes, || {
                let mut exchange = self.world.exchange();
                let now = exchange.now();
                let mailbox = exchange
                    .mailbox_mut(&self.address)
                    .map_err(|_| PortError::transient("no mailbox"))?;
                let mut folders = Vec::new();
                for (role, name) in STANDARD {
                    let key = mailbox.distinguished(name).expect("a standard folder");
                    folders.push((role, FolderId::new(format!("f{key}"))));
                }
                for (role, name) in &setup.own_folders {
                    let home = OWN.iter().find(|(own, _)| own == role);
                    let mails = self.chosen.settings.email;
                    let home = home.filter(|_| mails || *role != FolderRole::Saved);
                    let Some((_, home)) = home else { continue };
                    let known = mailbox.folder_by_name(name).map(|folder| folder.key);
                    let key = match known {
                        Some(key) => key,
                        None => {
                            let parent = mailbox.distinguished(home).expect("a standard folder");
                            let class = match *home {
                                "tasks" => "IPF.Task",
                                "inbox" => "IPF.Note",
                                _ => "IPF.Contact",
                            };
                            mailbox
                                .create_folder(parent, name, class, now)
                                .map_err(refused)?
                        }
                    };
                    folders.push((*role, FolderId::new(format!("f{key}"))));
                }
                folders.sort_by_key(|(role, _)| *role);
                Ok(Collections { folders })
            })
            .await
    }

    async fn pulse(&self, _folders: &Collections) -> Result<Option<Pulse>, PortError> {
        Ok(None)
    }

    async fn changes(
        &self,
        folder: &FolderId,
        cursor: Option<&Cursor>,
    ) -> Result<ChangePage, PortError> {
        let quirks = *self.chaos.quirks();
        let lost = cursor.is_some() && quirks.lost_cursors && self.chaos.strikes(5);
        self.chaos
            .call(self.line(), "changes", Access::Reads, || {
                if lost {
                    return Err(PortError::CursorLost {
                        detail: "simulated".into(),
                    });
                }
                let exchange = self.world.exchange();
                let mailbox = exchange
                    .mailbox(&self.address)
                    .map_err(|_| PortError::transient("no mailbox"))?;
                let key = Self::folder(folder).ok_or(PortError::transient("no folder"))?;
                // Short pages of odd sizes, as real servers send them.
                let limit = PageLimit {
                    changes: if quirks.short_pages { 7 } else { 512 },
                    odd: quirks.short_pages,
                };
                let page = mailbox
                    .sync_items(key, cursor.map(Cursor::as_str), limit)
                    .map_err(|_| PortError::CursorLost {
                        detail: "sync state".into(),
                    })?;
                let changes = page.steps.iter().map(|step| match step {
                    Step::Create(key) | Step::Update(key) | Step::ReadFlag(key, _) => {
                        let item = mailbox.item(*key);
                        Change::Upsert(ItemHint {
                            id: ItemId::new(format!("i{key}")),
                            version: Version::new(item.map_or(0, |item| item.version).to_string()),
                            class: None,
                            categories: item.map(|item| item.data.categories().to_vec()),
                            received_at: None,
                        })
                    }
                    Step::Delete(key) => Change::Gone(ItemId::new(format!("i{key}"))),
                });
                let mut changes: Vec<Change> = changes.collect();
                if quirks.loose_pages {
                    let again = self.chaos.one(&changes).cloned();
                    changes.extend(again.filter(|_| self.chaos.strikes(200)));
                    self.chaos.shuffle(&mut changes);
                }
                Ok(ChangePage {
                    changes,
                    cursor: Cursor::new(page.state),
                    more: !page.last,
                })
            })
            .await
    }

    async fn get(
        &self,
        ids: &[ItemId],
        shape: Shape,
    ) -> Result<Vec<Result<Option<Item>, PortError>>, PortError> {
        self.chaos
            .call(self.line(), "get", Access::Reads, || {
                let answers = ids.iter().map(|id| {
                    if self.chaos.quirks().partial_answers && self.chaos.strikes(15) {
                        return Err(PortError::transient("simulated: this one timed out"));
                    }
                    let now = self.read(id, shape);
                    let told = self.memory.item(&self.chaos, &self.address, shape, now);
                    self.shown(told.as_ref());
                    Ok(told)
                });
                Ok(answers.collect())
            })
            .await
    }

    async fn occurrences(
        &self,
        places: &[(ItemId, u32)],
    ) -> Result<Vec<Result<Option<ItemId>, PortError>>, PortError> {
        // Its people make no series.
        let none = || PortError::item("the simulated mailbox has no series");
        Ok(places.iter().map(|_| Err(none())).collect())
    }

    async fn find_by_message_id(
        &self,
        message_id: &str,
        folders: &Collections,
    ) -> Result<Vec<ItemId>, PortError> {
        self.chaos
            .call(self.line(), "find_by_message_id", Access::Reads, || {
                self.by_message_id(message_id, folders)
            })
            .await
    }

    async fn find_by_link(
        &self,
        link: &LinkStamp,
        folders: &[FolderId],
    ) -> Result<Vec<ItemId>, PortError> {
        self.chaos
            .call(self.line(), "find_by_link", Access::Reads, || {
                let exchange = self.world.exchange();
                let mailbox = exchange
                    .mailbox(&self.address)
                    .map_err(|_| PortError::transient("no mailbox"))?;
                let mut found = Vec::new();
                for folder in folders.iter().filter_map(Self::folder) {
                    let Some(folder) = mailbox.folder(folder) else {
                        continue;
                    };
                    for key in &folder.items {
                        let item = mailbox.item(*key);
                        if item.is_some_and(|item| stamp(&item.data).as_ref() == Some(link)) {
                            found.push(ItemId::new(format!("i{key}")));
                        }
                    }
                }
                Ok(found)
            })
            .await
    }

    async fn content(&self, id: &AttachmentId, limit: u64) -> Result<Content, PortError> {
        self.chaos
            .call(self.line(), "content", Access::Reads, || {
                self.enclosed(id, limit)
            })
            .await
    }

    async fn mime(&self, id: &ItemId, _: u64) -> Result<Content, PortError> {
        self.chaos
            .call(self.line(), "mime", Access::Reads, || self.whole(id))
            .await
    }

    async fn put(
        &self,
        writes: &[ItemWrite],
    ) -> Result<Vec<Result<WriteDone, PortError>>, PortError> {
        let mut answers = Vec::with_capacity(writes.len());
        for write in writes {
            if let Some(Err(pause @ PortError::Wait { .. })) = answers.last() {
                answers.push(Err(pause.clone()));
                continue;
            }
            let name = match write {
                ItemWrite::Create { .. } => "item create",
                ItemWrite::Update { .. } => "item update",
                ItemWrite::Delete { .. } => "item delete",
                ItemWrite::Mark { .. } => "item mark",
                ItemWrite::Move { .. } => "item move",
            };
            let answer = self
                .chaos
                .call(self.line(), name, Access::Writes, || self.write(write))
                .await;
            let broken = matches!(
                answer,
                Err(PortError::Wait { .. } | PortError::Broken { .. })
            );
            if broken && answers.is_empty() {
                answer?;
            } else {
                answers.push(answer);
            }
        }
        Ok(answers)
    }
}
