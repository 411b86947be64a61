//! Edits the master list of categories as text, so that everything we do not know stays as it is.
//!
//! Format: MS-OXOCFG; attribute `color` −1 (none) to 24.

use base64::{Engine, prelude::BASE64_STANDARD};
use uuid::Uuid;

use super::xml::{self, Walker, Xml, XmlError};

const NAMESPACE: &str = "CategoryList.xsd";

/// When a category was last used: never.
const NEVER: &str = "1601-01-01T00:00:00.000";

/// What came of looking for categories in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Edit {
    /// All are there.
    Complete,
    /// The list with the missing ones added, as base64.
    Changed(String),
}

/// Adds the categories that the list lacks. `base64` is the list as the server keeps it, `None` when it
/// has none. Names compare without case.
pub(crate) fn add(base64: Option<&str>, wanted: &[(String, i8)]) -> Result<Edit, XmlError> {
    let text = match base64.map(decode).transpose()? {
        Some(text) if !text.trim().is_empty() => text,
        _ => format!(
            "<?xml version=\"1.0\"?><categories lastSavedSession=\"0\" \
             lastSavedTime=\"{NEVER}\" xmlns=\"{NAMESPACE}\"></categories>"
        ),
    };
    let list = List::read(&text)?;
    let mut missing: Vec<&(String, i8)> = Vec::new();
    for one in wanted {
        let same = |name: &str| name.to_lowercase() == one.0.to_lowercase();
        if !list.names.iter().any(|name| same(name)) && !missing.iter().any(|(name, _)| same(name))
        {
            missing.push(one);
        }
    }
    if missing.is_empty() {
        return Ok(Edit::Complete);
    }
    let mut added = Xml::new();
    for (name, color) in missing {
        category(&mut added, &list.prefix, name, *color);
    }
    let text = insert(&text, &list.prefix, &added.finish())?;
    List::read(&text)?;
    Ok(Edit::Changed(BASE64_STANDARD.encode(text)))
}

fn category(xml: &mut Xml, prefix: &str, name: &str, color: i8) {
    let guid = format!("{{{}}}", Uuid::new_v4().to_string().to_uppercase());
    let color = color.clamp(-1, 24).to_string();
    let mut attributes = vec![
        ("name", name),
        ("color", color.as_str()),
        ("keyboardShortcut", "0"),
        ("usageCount", "0"),
    ];
    const LAST_USED: [&str; 7] = [
        "lastTimeUsedNotes",
        "lastTimeUsedJournal",
        "lastTimeUsedContacts",
        "lastTimeUsedTasks",
        "lastTimeUsedCalendar",
        "lastTimeUsedMail",
        "lastTimeUsed",
    ];
    attributes.extend(LAST_USED.map(|attribute| (attribute, NEVER)));
    attributes.extend([
        ("lastSessionUsed", "0"),
        ("guid", guid.as_str()),
        ("renameOnFirstUse", "0"),
    ]);
    xml.empty(&format!("{prefix}category"), &attributes);
}

/// Puts XML before the end of the root element.
fn insert(text: &str, prefix: &str, added: &str) -> Result<String, XmlError> {
    let end = format!("</{prefix}categories");
    if let Some(at) = text.rfind(&end) {
        return Ok(format!("{}{added}{}", &text[..at], &text[at..]));
    }
    let open = text
        .rfind(&format!("<{prefix}categories"))
        .ok_or(XmlError::Unexpected)?;
    let close = text[open..].rfind("/>").ok_or(XmlError::Unexpected)? + open;
    Ok(format!(
        "{}>{added}</{prefix}categories>{}",
        &text[..close],
        &text[close + 2..]
    ))
}

fn decode(base64: &str) -> Result<String, XmlError> {
    let bare: String = base64.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = BASE64_STANDARD
        .decode(bare)
        .map_err(|_| XmlError::Malformed)?;
    let text = xml::decode(&bytes);
    let text = text.trim_end_matches('\0');
    // We write UTF-8; a declaration that names another encoding would make it unreadable.
    match text.split_once("?>") {
        Some((declaration, rest)) if declaration.to_ascii_lowercase().contains("encoding") => {
            Ok(format!("<?xml version=\"1.0\"?>{rest}"))
        }
        _ => Ok(text.to_owned()),
    }
}

struct List {
    names: Vec<String>,
    /// The prefix of the root with its colon, or nothing.
    prefix: String,
}

impl List {
    fn read(text: &str) -> Result<Self, XmlError> {
        let mut walker = Walker::new(text);
        let root = walker.child()?.ok_or(XmlError::Truncated)?;
        if root.name() != "categories" {
            return Err(XmlError::Unexpected);
        }
        let prefix = root
            .prefix()
            .map(|prefix| format!("{prefix}:"))
            .unwrap_or_default();
        let mut names = Vec::new();
        while let Some(element) = walker.child()? {
            names.extend(element.attribute("name")?);
            walker.skip()?;
        }
        Ok(Self { names, prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(list: &str, wanted: &[(&str, i8)]) -> Option<String> {
        let wanted: Vec<_> = wanted.iter().map(|(n, c)| ((*n).to_owned(), *c)).collect();
        match add(Some(&BASE64_STANDARD.encode(list)), &wanted).unwrap() {
            Edit::Complete => None,
            Edit::Changed(base64) => {
                Some(String::from_utf8(BASE64_STANDARD.decode(base64).unwrap()).unwrap())
            }
        }
    }

    #[test]
    fn what_stands_in_the_list_stays() {
        let list = "<?xml version=\"1.0\"?>\n<categories default=\"Rot\" xmlns=\"CategoryList.xsd\">\n\
                    <category name=\"Rot &amp; Blau\" color=\"3\" future=\"x\"/>\n</categories>\n";
        let new = edit(list, &[("SAP Cloud for Customer", 7), ("Sync Error", 0)]).unwrap();
        let (head, tail) = list.split_once("</categories>").unwrap();
        assert!(new.starts_with(head), "{new}");
        assert!(new.ends_with(&format!("</categories>{tail}")), "{new}");
        assert!(
            new.contains("<category name=\"SAP Cloud for Customer\" color=\"7\""),
            "{new}"
        );
        assert_eq!(List::read(&new).unwrap().names.len(), 3);
        assert_eq!(edit(&new, &[("sap cloud FOR customer", 2)]), None);
        assert_eq!(edit(&new, &[("ROT & BLAU", 2)]), None);
    }

    #[test]
    fn unusual_lists_are_extended_too() {
        for list in [
            "<categories xmlns='CategoryList.xsd'/>",
            "<c:categories xmlns:c='CategoryList.xsd' />",
            "<c:categories xmlns:c='CategoryList.xsd'><c:category name='a'/></c:categories>",
            "\u{FEFF}<?xml version='1.0' encoding='utf-8'?><categories></categories >",
            "",
        ] {
            let new = edit(list, &[("<Sync> \"Error\"", -1)]).unwrap();
            let names = List::read(&new).unwrap().names;
            assert_eq!(
                names.last().map(String::as_str),
                Some("<Sync> \"Error\""),
                "{new}"
            );
        }
        assert!(matches!(
            add(None, &[("a".into(), 1)]),
            Ok(Edit::Changed(_))
        ));
    }

    #[test]
    fn a_list_that_cannot_be_read_is_left_alone() {
        for list in ["<categories><category", "<html/>", "rubbish"] {
            assert!(add(Some(&BASE64_STANDARD.encode(list)), &[("a".into(), 1)]).is_err());
        }
        assert!(add(Some("%%%"), &[("a".into(), 1)]).is_err());
    }
}
