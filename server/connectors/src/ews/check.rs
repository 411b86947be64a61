//! Whether the paths of a tenant's mapping are ones that Exchange has. One it does not know spoils every read of the
//! mailbox (`ErrorSchemaValidation`), so it is refused when the configuration is read.

use ssi_domain::{
    Kind,
    mapping::{Backend, Tables},
};

use super::{
    encode,
    plan::Class,
    wire::{Entry, Wire},
};

/// Keys of the dictionaries of contacts, from types.xsd (MS-OXWSCONT).
const KEYS: [(&str, &[&str]); 4] = [
    (
        "EmailAddresses",
        &["EmailAddress1", "EmailAddress2", "EmailAddress3"],
    ),
    ("ImAddresses", &["ImAddress1", "ImAddress2", "ImAddress3"]),
    ("PhysicalAddresses", &["Home", "Business", "Other"]),
    (
        "PhoneNumbers",
        &[
            "AssistantPhone",
            "BusinessFax",
            "BusinessPhone",
            "BusinessPhone2",
            "Callback",
            "CarPhone",
            "CompanyMainPhone",
            "HomeFax",
            "HomePhone",
            "HomePhone2",
            "Isdn",
            "MobilePhone",
            "OtherFax",
            "OtherTelephone",
            "Pager",
            "PrimaryPhone",
            "RadioPhone",
            "Telex",
            "TtyTddPhone",
            "BusinessMobile",
            "IPPhone",
            "Mms",
            "Msn",
        ],
    ),
];

/// The rows whose path Exchange does not know, with what to write instead.
pub fn unknown_paths(tables: &Tables) -> Vec<(Kind, String, String)> {
    let mut wrong = Vec::new();
    for table in tables.iter() {
        let Some(class) = Class::of_kind(table.kind()) else {
            continue;
        };
        for row in table.rows() {
            let Some(path) = row.path(Backend::Ews) else {
                continue;
            };
            if let Some(why) = refused(class, path, Wire::of(row)) {
                let why = format!("ews = {path:?}: {why}");
                wrong.push((table.kind(), row.name.clone(), why));
            }
        }
    }
    wrong
}

fn refused(class: Class, path: &str, wire: Option<Wire>) -> Option<String> {
    const ELSE: &str =
        "write a property of this kind of item, or extended:PublicStrings:NAME for one of your own";
    match wire {
        None => Some(format!("Exchange has no such property; {ELSE}")),
        Some(Wire::Named(_)) => None,
        Some(Wire::Field { uri, element }) => {
            let (prefix, _) = uri.split_once(':').unwrap_or_default();
            let own = match class {
                Class::Message => ["message", "item"].contains(&prefix),
                Class::Calendar => ["calendar", "item"].contains(&prefix),
                Class::Task => ["task", "item"].contains(&prefix),
                Class::Contact => ["contacts", "item"].contains(&prefix),
            };
            let known = own && (class == Class::Message || encode::knows(class, prefix, element));
            (!known).then(|| format!("Exchange has no such property; {ELSE}"))
        }
        Some(Wire::Entry(Entry { list, key, .. })) => {
            let (_, keys) = KEYS.iter().find(|(name, _)| *name == list)?;
            let known = class == Class::Contact && keys.contains(&key);
            (!known).then(|| format!("write one of {} in {path:?}", keys.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_tables_name_what_exchange_has() {
        assert_eq!(unknown_paths(&Tables::built_in()), vec![]);
    }

    #[test]
    fn what_exchange_does_not_have_is_named_with_its_row() {
        let row = |path: &str| {
            let text = format!(
                "kind = \"contact\"\n[[field]]\nname = \"tier\"\ntype = \"text\"\nflow = \"both\"\nwins = \"crm\"\n\
                 ews = \"{path}\"\nc4c = \"Tier_KUT\"\n"
            );
            Tables::built_in()
                .with_overrides(&text)
                .expect("well formed")
        };
        for good in [
            "contacts:Profession",
            "contacts:PhoneNumber:CarPhone",
            "extended:PublicStrings:Tier",
            "extended:11111111-2222-3333-4444-555555555555:Tier",
        ] {
            assert_eq!(unknown_paths(&row(good)), vec![], "{good}");
        }
        for bad in [
            "contacts:Tier",
            "calendar:Location",
            "contacts:PhoneNumber:MoonPhone",
            "contacts:PhysicalAddress:Home:Planet",
        ] {
            let wrong = unknown_paths(&row(bad));
            assert_eq!(wrong.len(), 1, "{bad}");
            assert_eq!((wrong[0].0, wrong[0].1.as_str()), (Kind::Contact, "tier"));
            assert!(wrong[0].2.contains("write"), "{}", wrong[0].2);
        }
    }
}
