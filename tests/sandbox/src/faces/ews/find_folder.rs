//! FindFolder.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/findfolder-operation>

use std::collections::BTreeSet;

use super::folder_output::{FolderShape, folder};
use super::operation::Call;
use super::request::folder_ref;
use super::soap::{Answer, Fault};
use crate::exchange::{Folder, Mailbox};
use crate::xml::{Element, attribute};

/// One message per parent folder.
pub fn run(call: &Call<'_>) -> Result<String, Fault> {
    let shape = FolderShape::read(call.request.child("FolderShape"))?;
    let deep = call.request.attribute("Traversal") == Some("Deep");
    let parents = call.entries("ParentFolderIds")?;
    let exchange = call.world.exchange();
    let mailbox = exchange.mailbox(call.mailbox)?;
    let view = call.request.child("IndexedPageFolderView");
    let number = |name: &str| view.and_then(|view| view.attribute(name)?.parse::<usize>().ok());
    let offset = number("Offset").unwrap_or(0);
    let most = number("MaxEntriesReturned")
        .unwrap_or(usize::MAX)
        .min(exchange.settings().rows_per_page);
    let mut answer = Answer::new("FindFolder");
    for parent in parents {
        let parent = match folder_ref(call, mailbox, parent) {
            Ok(parent) => parent,
            Err(failure) => {
                answer.failure(failure, "");
                continue;
            }
        };
        let all: Vec<&Folder> = below(mailbox, parent, deep)
            .into_iter()
            .filter(|found| passes(found, call.request.child("Restriction")))
            .collect();
        let page: Vec<&&Folder> = all.iter().skip(offset).take(most.max(1)).collect();
        let next = offset + page.len();
        answer.success(|out| {
            out.push_str("<m:RootFolder");
            attribute(out, "IndexedPagingOffset", &next.to_string());
            attribute(out, "TotalItemsInView", &all.len().to_string());
            attribute(
                out,
                "IncludesLastItemInRange",
                &(next >= all.len()).to_string(),
            );
            out.push_str("><t:Folders>");
            for found in page {
                folder(out, mailbox, found, &shape);
            }
            out.push_str("</t:Folders></m:RootFolder>");
        });
    }
    Ok(answer.finish())
}

fn below(mailbox: &Mailbox, parent: u64, deep: bool) -> Vec<&Folder> {
    let mut inside = BTreeSet::from([parent]);
    // A folder may have been moved below a younger one, so go on until nothing is added.
    loop {
        let before = inside.len();
        if deep {
            for folder in mailbox.folders() {
                if folder.parent.is_some_and(|parent| inside.contains(&parent)) {
                    inside.insert(folder.key);
                }
            }
        }
        if inside.len() == before {
            break;
        }
    }
    mailbox
        .folders()
        .filter(|f| f.parent.is_some_and(|parent| inside.contains(&parent)))
        .collect()
}

/// Filters by display name and class, the two fields clients look folders up by; others pass.
fn passes(folder: &Folder, restriction: Option<&Element>) -> bool {
    let Some(restriction) = restriction else {
        return true;
    };
    let test = |filter: &Element| passes(folder, Some(filter));
    match restriction.name.as_str() {
        "Restriction" | "And" => restriction.children.iter().all(test),
        "Or" => restriction.children.iter().any(test),
        "Not" => !restriction.children.iter().any(test),
        "IsEqualTo" | "Contains" => {
            let uri = restriction
                .child("FieldURI")
                .and_then(|field| field.attribute("FieldURI"));
            let constant = restriction
                .child("Constant")
                .or_else(|| restriction.path(&["FieldURIOrConstant", "Constant"]))
                .and_then(|constant| constant.attribute("Value"))
                .unwrap_or_default();
            let value = match uri {
                Some("folder:DisplayName") => &folder.name,
                Some("folder:FolderClass") => &folder.class,
                _ => return true,
            };
            let (value, constant) = (value.to_lowercase(), constant.to_lowercase());
            match restriction.attribute("ContainmentMode") {
                Some("Substring") => value.contains(&constant),
                Some("Prefixed") => value.starts_with(&constant),
                _ => value == constant,
            }
        }
        _ => true,
    }
}
