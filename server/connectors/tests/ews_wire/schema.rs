//! Checks requests against Microsoft's schema: element order, required elements, attributes, enumerated
//! values. Not a full XSD validator: types of plain values are not looked at.

use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};

use quick_xml::{Reader, events::Event};

#[derive(Debug, Clone, Default)]
struct Node {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Node>,
    text: String,
}

#[derive(Default)]
struct Schema {
    types: BTreeMap<String, Node>,
    elements: BTreeMap<String, Node>,
    groups: BTreeMap<String, Node>,
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/ews/schema");
    let mut schema = Schema::default();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "xsd") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for node in parse(text.trim_start_matches('\u{FEFF}')).children {
            let Some(name) = node.attributes.get("name").cloned() else {
                continue;
            };
            match node.name.as_str() {
                "complexType" | "simpleType" => schema.types.insert(name, node),
                "element" => schema.elements.insert(name, node),
                "group" => schema.groups.insert(name, node),
                _ => None,
            };
        }
    }
    schema
});

/// Panics when the request's body breaks the schema.
pub fn check(request: &str) {
    let envelope = parse(request);
    let body = envelope
        .children
        .iter()
        .find(|part| part.name == "Body")
        .expect("a body");
    let operation = &body.children[0];
    let declared = SCHEMA.elements.get(&operation.name);
    let declared = declared.unwrap_or_else(|| panic!("{} is no operation", operation.name));
    SCHEMA.element(declared, operation);
}

fn parse(text: &str) -> Node {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut stack = vec![Node::default()];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let attributes = start.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    (attribute.key.0.to_owned(), attribute.value.into_owned())
                });
                stack.push(Node {
                    name: start.local_name().into_inner().to_owned(),
                    attributes: attributes.collect(),
                    ..Node::default()
                });
            }
            Event::End(_) => {
                let node = stack.pop().unwrap();
                stack.last_mut().unwrap().children.push(node);
            }
            Event::Text(text) => stack.last_mut().unwrap().text.push_str(&text.into_inner()),
            Event::Eof => return stack.remove(0).children.remove(0),
            _ => {}
        }
    }
}

fn bare(name: &str) -> &str {
    name.rsplit(':').next().unwrap()
}

impl Node {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(|value| bare(value))
    }

    fn count(&self, name: &str) -> usize {
        match self.attribute(name) {
            Some("unbounded") => usize::MAX,
            Some(number) => number.parse().unwrap(),
            None => 1,
        }
    }
}

impl Schema {
    /// The type of a declared element: named, or written in place.
    fn type_of<'s>(&'s self, declared: &'s Node) -> Option<&'s Node> {
        match declared.attribute("type") {
            Some(name) => self.types.get(name),
            None => declared
                .children
                .iter()
                .find(|child| child.name.ends_with("Type")),
        }
    }

    fn element(&self, declared: &Node, node: &Node) {
        let Some(kind) = self.type_of(declared) else {
            assert!(node.children.is_empty(), "{} has no children", node.name);
            return;
        };
        if kind.name == "simpleType" {
            self.value(kind, &node.name, node.text.trim());
            return;
        }
        for (name, value) in node
            .attributes
            .iter()
            .filter(|(name, _)| !name.starts_with("xmlns"))
        {
            let attribute = self.attribute(kind, name);
            let attribute = attribute.unwrap_or_else(|| panic!("{} has no {name}", node.name));
            if let Some(kind) = attribute
                .attribute("type")
                .and_then(|name| self.types.get(name))
            {
                self.value(kind, name, value);
            }
        }
        for (name, _) in self.required(kind) {
            assert!(
                node.attributes.contains_key(&name),
                "{} lacks {name}",
                node.name
            );
        }
        let mut at = 0;
        self.content(kind, node, &mut at);
        if let Some(left) = node.children.get(at) {
            panic!("{} in {} is unknown or out of order", left.name, node.name);
        }
    }

    fn value(&self, kind: &Node, name: &str, value: &str) {
        let Some(restriction) = kind
            .children
            .iter()
            .find(|child| child.name == "restriction")
        else {
            return;
        };
        let mut allowed = restriction
            .children
            .iter()
            .filter(|child| child.name == "enumeration");
        if allowed.clone().next().is_some() {
            let is = |one: &Node| one.attributes.get("value").is_some_and(|one| one == value);
            assert!(allowed.any(is), "{name} cannot be {value:?}");
        }
    }

    /// The parts of a type, those of its base first.
    fn parts<'s>(&'s self, kind: &'s Node) -> Vec<&'s Node> {
        let mut parts = Vec::new();
        for child in &kind.children {
            match child.name.as_str() {
                "complexContent" | "simpleContent" => parts.extend(self.parts(child)),
                "extension" => {
                    let base = child
                        .attribute("base")
                        .and_then(|name| self.types.get(name));
                    parts.extend(base.map(|base| self.parts(base)).unwrap_or_default());
                    parts.extend(self.parts(child));
                }
                _ => parts.push(child),
            }
        }
        parts
    }

    fn attribute<'s>(&'s self, kind: &'s Node, name: &str) -> Option<&'s Node> {
        let is = |part: &&Node| part.name == "attribute" && part.attribute("name") == Some(name);
        self.parts(kind).into_iter().find(is)
    }

    fn required(&self, kind: &Node) -> Vec<(String, ())> {
        let is =
            |part: &&Node| part.name == "attribute" && part.attribute("use") == Some("required");
        let names = self.parts(kind).into_iter().filter(is);
        names
            .map(|part| (part.attributes["name"].clone(), ()))
            .collect()
    }

    fn content(&self, kind: &Node, node: &Node, at: &mut usize) {
        for part in self.parts(kind) {
            self.particle(part, node, at);
        }
    }

    /// Takes as many children as the particle allows; greedy is enough, the schema is deterministic.
    fn particle(&self, particle: &Node, node: &Node, at: &mut usize) {
        let (min, max) = (particle.count("minOccurs"), particle.count("maxOccurs"));
        let mut times = 0;
        while times < max {
            let before = *at;
            match particle.name.as_str() {
                "group" if particle.attribute("ref").is_some() => {
                    self.particle(&self.groups[particle.attribute("ref").unwrap()], node, at);
                }
                "sequence" | "all" | "group" => {
                    if !self.could_start(particle, node, *at) && (min == 0 || times >= min) {
                        return;
                    }
                    for part in &particle.children {
                        self.particle(part, node, at);
                    }
                }
                "choice" => {
                    let part = particle
                        .children
                        .iter()
                        .find(|part| self.could_start(part, node, *at));
                    if let Some(part) = part {
                        self.particle(part, node, at);
                    }
                }
                "element" => {
                    if let Some(declared) = self.matches(particle, node, *at) {
                        self.element(declared, &node.children[*at]);
                        *at += 1;
                    }
                }
                _ => return,
            }
            if *at == before {
                break;
            }
            times += 1;
        }
        let name = particle.attribute("name").or(particle.attribute("ref"));
        let optional_group = particle.name != "element";
        assert!(
            times >= min || optional_group,
            "{} lacks {name:?} at place {at}",
            node.name
        );
    }

    fn could_start(&self, particle: &Node, node: &Node, at: usize) -> bool {
        match particle.name.as_str() {
            "element" => self.matches(particle, node, at).is_some(),
            "group" if particle.attribute("ref").is_some() => {
                self.could_start(&self.groups[particle.attribute("ref").unwrap()], node, at)
            }
            _ => particle
                .children
                .iter()
                .any(|part| self.could_start(part, node, at)),
        }
    }

    /// The declaration behind the child at this place, if the particle is about it.
    fn matches<'s>(&'s self, particle: &'s Node, node: &Node, at: usize) -> Option<&'s Node> {
        let name = &node.children.get(at)?.name;
        if let Some(reference) = particle.attribute("ref") {
            let declared = self.elements.get(name)?;
            let same =
                name == reference || declared.attribute("substitutionGroup") == Some(reference);
            return same.then_some(declared);
        }
        (particle.attribute("name") == Some(name)).then_some(particle)
    }
}
