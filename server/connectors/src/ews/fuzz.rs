//! One entry for fuzz targets: every reader on the same bytes.

use super::{
    category_list,
    client::NoPayload,
    envelope::{self, Payload},
    op::{
        create_folder::CreateFolder,
        create_item::CreateItem,
        delete_item::DeleteItem,
        find_folder::FindFolder,
        find_item::FindItem,
        get_attachment::GetAttachment,
        get_folder::GetFolder,
        get_item::GetItem,
        move_item::MoveItem,
        sync_folder_items::SyncFolderItems,
        update_item::UpdateItem,
        user_configuration::{
            CreateUserConfiguration, GetUserConfiguration, UpdateUserConfiguration,
        },
    },
    scan::Extractor,
    xml,
};

/// Largest content taken out of the bytes when fuzzing.
const CONTENT_LIMIT: u64 = 1 << 20;

/// Reads the bytes as the answer of every operation, as a streamed attachment in one and in many pieces,
/// and as a master list of categories. Meant for fuzz targets and fixtures: it must never panic, whatever
/// the bytes are. Says how many readers found an answer.
pub fn read_any(bytes: &[u8]) -> usize {
    let text = xml::decode(bytes);
    let found = [
        is_answer::<NoPayload>(&text),
        is_answer::<CreateFolder>(&text),
        is_answer::<CreateItem>(&text),
        is_answer::<DeleteItem>(&text),
        is_answer::<CreateUserConfiguration>(&text),
        is_answer::<FindFolder>(&text),
        is_answer::<FindItem>(&text),
        is_answer::<GetAttachment>(&text),
        is_answer::<GetFolder>(&text),
        is_answer::<GetItem>(&text),
        is_answer::<GetUserConfiguration>(&text),
        is_answer::<MoveItem>(&text),
        is_answer::<SyncFolderItems>(&text),
        is_answer::<UpdateItem>(&text),
        is_answer::<UpdateUserConfiguration>(&text),
        is_streamed(bytes, bytes.len().max(1)),
        is_streamed(bytes, 1),
        category_list::add(Some(&text), &[("Sync Error".to_owned(), 0)]).is_ok(),
    ];
    found.into_iter().filter(|found| *found).count()
}

fn is_answer<T: Payload>(text: &str) -> bool {
    envelope::read::<T>(text).is_ok()
}

fn is_streamed(bytes: &[u8], piece: usize) -> bool {
    let mut extractor = Extractor::new("Content", CONTENT_LIMIT);
    let fed = bytes
        .chunks(piece)
        .try_for_each(|piece| extractor.feed(piece));
    fed.is_ok()
        && extractor
            .finish()
            .is_ok_and(|extracted| extracted.content.is_some())
}
