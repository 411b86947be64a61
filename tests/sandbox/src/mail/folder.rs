//! Puts a folder of `.eml` files into the first user's inbox.

use std::path::{Path, PathBuf};
use std::{fs, io};

use bytes::Bytes;

use super::{Destination, deliver};
use crate::serve::MAX_REQUEST;
use crate::world::World;

/// What became of the files of a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Mails now in the inbox.
    pub delivered: usize,
    /// Files that could not be read or are larger than a mail server takes.
    pub left_out: usize,
}

/// Deeper folders are not entered.
const DEEPEST: usize = 32;

/// Delivers every `.eml` file below `folder`, in the order of their paths.
///
/// # Errors
/// When the folder itself cannot be listed.
pub fn load(world: &World, folder: &Path) -> io::Result<Loaded> {
    let mut files = Vec::new();
    walk(folder, 0, &mut files)?;
    files.sort();
    let mut loaded = Loaded::default();
    let Some(user) = world.users().first() else {
        return Ok(loaded);
    };
    let to = Destination {
        mailbox: &user.address,
        folder: "inbox",
        categories: &[],
    };
    for file in files {
        let small = fs::metadata(&file).is_ok_and(|file| file.len() <= MAX_REQUEST as u64);
        let delivered = small
            && fs::read(&file).is_ok_and(|raw| deliver(world, &to, &Bytes::from(raw)).is_ok());
        if delivered {
            loaded.delivered += 1;
        } else {
            loaded.left_out += 1;
        }
    }
    Ok(loaded)
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            // A folder that cannot be entered does not stop the others; links may lead in circles.
            if depth < DEEPEST && !path.is_symlink() {
                let _unreadable = walk(&path, depth + 1, files).is_err();
            }
        } else if path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("eml"))
        {
            files.push(path);
        }
    }
    Ok(())
}
