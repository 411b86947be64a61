//! Reads the property lists.
//!
//! `entity TYPE set=SET rights=CUD [number=PROPERTY:FIRST] [uuid=PROPERTY] [parent=SET]` opens an
//! entity; `nav NAME many|one SET [by=PROPERTY]` adds a way out; every other line is a property:
//! name, type (`!` = not nullable), rights, notes. The files are part of the program, so a mistake
//! in them is a mistake of the programmer and stops the start with its line.

use std::collections::{BTreeMap, HashMap};

use super::{Code, Edm, EntitySet, Navigation, Origin, PartyDetail, Property, Schema};

const FILES: [&str; 14] = [
    include_str!("email.txt"),
    include_str!("appointment.txt"),
    include_str!("visit.txt"),
    include_str!("phone_call.txt"),
    include_str!("recurring.txt"),
    include_str!("task.txt"),
    include_str!("contact.txt"),
    include_str!("account.txt"),
    include_str!("customer.txt"),
    include_str!("lead.txt"),
    include_str!("opportunity.txt"),
    include_str!("ticket.txt"),
    include_str!("employee.txt"),
    include_str!("identifier.txt"),
];
const CODES: &str = include_str!("codes.txt");

/// Lists whose codes mean something only together with a context, here the document type.
const CONTEXTUAL: [&str; 1] = ["activity_category"];

pub(super) fn standard() -> Schema {
    let lists = code_lists(CODES);
    let mut sets = Vec::new();
    for file in FILES {
        entities(file, &mut sets);
    }
    for set in &mut sets {
        add_code_texts(set);
    }
    let mut helps = BTreeMap::new();
    for property in sets.iter().flat_map(|set: &EntitySet| &set.properties) {
        if let Some((help, list)) = property.codes {
            assert!(lists.contains_key(list), "no code list {list}");
            helps.insert(help, list);
        }
    }
    sets.extend(helps.into_iter().map(|(help, list)| value_help(help, list)));
    for (index, set) in sets.iter_mut().enumerate() {
        set.index = index;
    }
    let by_name: HashMap<_, _> = sets.iter().map(|set| (set.name, set.index)).collect();
    for navigation in sets.iter().flat_map(|set| &set.navigations) {
        assert!(
            by_name.contains_key(navigation.target),
            "navigation {} leads nowhere",
            navigation.name
        );
    }
    Schema {
        sets,
        lists,
        by_name,
    }
}

fn code_lists(text: &'static str) -> HashMap<&'static str, Vec<Code>> {
    let mut lists: HashMap<&str, Vec<Code>> = HashMap::new();
    let mut current = "";
    for line in lines(text) {
        match line.split_once(' ') {
            Some(("list", name)) => current = name,
            Some(code) => lists.entry(current).or_default().push(code),
            None => panic!("code without text: {line}"),
        }
    }
    lists
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn entities(file: &'static str, sets: &mut Vec<EntitySet>) {
    let mut block: Vec<&'static str> = Vec::new();
    for line in lines(file) {
        if line.starts_with("entity ") && !block.is_empty() {
            sets.push(entity(&block));
            block.clear();
        }
        block.push(line);
    }
    sets.push(entity(&block));
}

fn entity(block: &[&'static str]) -> EntitySet {
    let head: Vec<_> = block[0].split_whitespace().collect();
    let option = |name: &str| option(&head, name);
    let name = option("set").expect("an entity names its set");
    let kind = head[1];
    let (navigations, properties): (Vec<_>, Vec<_>) = block[1..]
        .iter()
        .copied()
        .partition(|line| line.starts_with("nav "));
    let names: Vec<_> = properties
        .iter()
        .map(|line| line.split_whitespace().next().expect("lines are not empty"))
        .collect();
    let position = |wanted: &str| names.iter().position(|name| *name == wanted);
    let properties: Vec<_> = properties
        .iter()
        .map(|line| property(kind, line, &position))
        .collect();
    let number = option("number").map(|range| {
        let (property, first) = range.split_once(':').expect("a range is PROPERTY:FIRST");
        let first = first.parse().expect("a range starts with a number");
        (position(property).expect("the number is a property"), first)
    });
    let navigations = navigations
        .iter()
        .map(|line| navigation(line, &position))
        .collect();
    let rights = option("rights").expect("an entity has rights");
    EntitySet {
        index: 0,
        name,
        kind,
        creatable: rights.contains('C'),
        updatable: rights.contains('U'),
        deletable: rights.contains('D'),
        parent: option("parent"),
        number,
        uuid: option("uuid").and_then(position),
        keys: vec!["ObjectID"],
        code_list: None,
        by_name: names
            .iter()
            .enumerate()
            .map(|(at, &name)| (name, at))
            .collect(),
        properties,
        navigations,
    }
}

fn option(words: &[&'static str], name: &str) -> Option<&'static str> {
    words
        .iter()
        .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

fn navigation(line: &'static str, position: &dyn Fn(&str) -> Option<usize>) -> Navigation {
    let words: Vec<_> = line.split_whitespace().collect();
    Navigation {
        name: words[1],
        many: words[2] == "many",
        target: words[3],
        by: option(&words, "by").map(|by| position(by).expect("by names a property")),
    }
}

fn property(
    kind: &'static str,
    line: &'static str,
    position: &dyn Fn(&str) -> Option<usize>,
) -> Property {
    let words: Vec<_> = line.split_whitespace().collect();
    let [name, edm, rights, ..] = words[..] else {
        panic!("a property needs name, type and rights: {line}");
    };
    let has = |note: &str| words[3..].contains(&note);
    let (edm, nullable) = edm
        .strip_suffix('!')
        .map_or((edm, true), |edm| (edm, false));
    let (edm, sizes) = edm
        .strip_suffix(')')
        .and_then(|edm| edm.split_once('('))
        .unwrap_or((edm, ""));
    let mut sizes = sizes.split(',').map(|size| size.parse().ok());
    let origin = match option(&words, "from") {
        Some(source) => party_detail(source, position),
        None if has("parent-id") => Origin::ParentNumber,
        None if name == "DocumentLink" => Origin::ContentLink,
        None => Origin::Stored,
    };
    // Names live as long as the program: the schema is built once.
    let help: &'static str = Box::leak(format!("{kind}{name}Collection").into_boxed_str());
    Property {
        name,
        edm: edm_type(edm),
        length: sizes.next().flatten(),
        scale: sizes.next().flatten(),
        nullable,
        creatable: rights.contains('C'),
        updatable: rights.contains('U'),
        filterable: rights.contains('F'),
        date_only: has("date"),
        etag: has("etag"),
        indexed: has("index"),
        with_text: has("text"),
        codes: option(&words, "codes").map(|list| (help, list)),
        context: option(&words, "context"),
        pair: option(&words, "pair").map(|pair| position(pair).expect("pair names a property")),
        origin,
    }
}

fn party_detail(source: &str, position: &dyn Fn(&str) -> Option<usize>) -> Origin {
    let (property, detail) = source.split_once('.').expect("from is PROPERTY.DETAIL");
    let detail = match detail {
        "name" => PartyDetail::Name,
        "email" => PartyDetail::Email,
        "phone" => PartyDetail::Phone,
        "address" => PartyDetail::Address,
        other => panic!("no party detail {other}"),
    };
    Origin::Party(position(property).expect("from names a property"), detail)
}

fn edm_type(name: &str) -> Edm {
    match name {
        "String" => Edm::String,
        "Boolean" => Edm::Boolean,
        "Int32" => Edm::Int32,
        "Decimal" => Edm::Decimal,
        "Guid" => Edm::Guid,
        "DateTime" => Edm::DateTime,
        "DateTimeOffset" => Edm::DateTimeOffset,
        "Time" => Edm::Time,
        "Binary" => Edm::Binary,
        other => panic!("no EDM type {other}"),
    }
}

/// Gives every code with the note `text` its read-only `...Text` twin.
fn add_code_texts(set: &mut EntitySet) {
    for index in 0..set.properties.len() {
        let code = &set.properties[index];
        if !code.with_text {
            continue;
        }
        let name: &'static str = Box::leak(format!("{}Text", code.name).into_boxed_str());
        if set.by_name.contains_key(name) {
            continue;
        }
        let twin = Property {
            length: None,
            nullable: true,
            creatable: false,
            updatable: false,
            filterable: true,
            indexed: false,
            with_text: false,
            codes: None,
            context: None,
            pair: None,
            origin: Origin::TextOf(index),
            name,
            ..code.clone()
        };
        set.by_name.insert(name, set.properties.len());
        set.properties.push(twin);
    }
}

/// The read-only set that lists the codes of one property.
fn value_help(name: &'static str, list: &'static str) -> EntitySet {
    let contextual = CONTEXTUAL.contains(&list);
    let (kind, keys, names): (_, _, &[&'static str]) = if contextual {
        (
            "ContextualCodeList",
            vec!["Context", "Code"],
            &["Context", "Code", "Description"],
        )
    } else {
        ("CodeList", vec!["Code"], &["Code", "Description"])
    };
    let properties: Vec<_> = names
        .iter()
        .map(|name| property(kind, name_line(name), &|_| None))
        .collect();
    EntitySet {
        index: 0,
        name,
        kind,
        creatable: false,
        updatable: false,
        deletable: false,
        parent: None,
        number: None,
        uuid: None,
        keys,
        code_list: Some(list),
        by_name: names
            .iter()
            .enumerate()
            .map(|(at, &name)| (name, at))
            .collect(),
        properties,
        navigations: Vec::new(),
    }
}

fn name_line(name: &str) -> &'static str {
    match name {
        "Context" => "Context String! ---",
        "Code" => "Code String! ---",
        _ => "Description String! ---",
    }
}
