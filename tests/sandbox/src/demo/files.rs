//! Finds the files of a folder, nested ones too, in a stable order.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A file of the folder.
pub(super) struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// Its path inside the folder, with `/`.
    pub name: String,
    /// How its name ends, in lower case, without the dot.
    pub extension: String,
}

/// Deeper folders are not entered; a loop of links could not be told from depth.
const DEEPEST: usize = 32;

pub(super) fn walk(root: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    if root.is_file() {
        push(root.parent().unwrap_or(root), root, &mut found);
        return Ok(found);
    }
    enter(root, root, 0, &mut found)?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn enter(root: &Path, folder: &Path, depth: usize, found: &mut Vec<Found>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            // A folder that cannot be entered does not stop the others.
            if depth < DEEPEST && !path.is_symlink() {
                let _unreadable = enter(root, &path, depth + 1, found).is_err();
            }
        } else {
            push(root, &path, found);
        }
    }
    Ok(())
}

fn push(root: &Path, path: &Path, found: &mut Vec<Found>) {
    let name = path
        .strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/");
    let extension = path.extension().unwrap_or_default();
    let extension = extension.to_string_lossy().to_lowercase();
    found.push(Found {
        path: path.to_path_buf(),
        name,
        extension,
    });
}

#[cfg(test)]
mod tests {
    use super::walk;

    #[test]
    fn nested_files_are_found_in_order_and_other_files_are_told_apart() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("b/c")).unwrap();
        std::fs::write(root.path().join("b/c/2.EML"), "x").unwrap();
        std::fs::write(root.path().join("a.eml"), "").unwrap();
        std::fs::write(root.path().join("notes.txt"), "x").unwrap();
        let found = walk(root.path()).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|file| (file.name.as_str(), file.extension.as_str()))
            .collect();
        assert_eq!(
            names,
            [("a.eml", "eml"), ("b/c/2.EML", "eml"), ("notes.txt", "txt")]
        );
    }
}
