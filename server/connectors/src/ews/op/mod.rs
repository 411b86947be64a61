//! One file per EWS operation: the request it sends and the answer it reads.

pub(crate) mod create_folder;
pub(crate) mod create_item;
pub(crate) mod delete_item;
pub(crate) mod find_folder;
pub(crate) mod find_item;
pub(crate) mod get_attachment;
pub(crate) mod get_folder;
pub(crate) mod get_item;
pub(crate) mod move_item;
pub(crate) mod sync_folder_items;
pub(crate) mod update_item;
pub(crate) mod user_configuration;
