//! What a tenant's `$metadata` says about one entity type: its properties and those of its child nodes.
//! Read only when a create was refused, to leave out what this tenant does not have.

use std::collections::HashMap;

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::json::Unreadable;

/// Most elements read; the whole of a tenant's service has about 40,000.
const MOST_ELEMENTS: usize = 2_000_000;

/// The types of a service.
#[derive(Debug, Default)]
pub(in crate::c4c) struct Metadata {
    /// Type name (without namespace) to its properties and navigations.
    types: HashMap<String, Type>,
    /// Set name to type name.
    sets: HashMap<String, String>,
    /// Association and role to type name.
    ends: HashMap<(String, String), String>,
}

#[derive(Debug, Default)]
struct Type {
    /// Property to its type, for instance `Edm.String`.
    properties: HashMap<String, String>,
    /// Property to the set that lists its codes.
    helps: HashMap<String, String>,
    /// Navigation to association and role.
    navigations: HashMap<String, (String, String)>,
}

impl Metadata {
    /// Reads an EDMX document of any version and with any prefixes.
    pub(in crate::c4c) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| Unreadable("metadata is no UTF-8".into()))?;
        let mut reader = Reader::from_str(text);
        let mut metadata = Self::default();
        let mut current = String::new();
        let mut association = String::new();
        let mut depth = 0_usize;
        for _ in 0..MOST_ELEMENTS {
            let event = reader
                .read_event()
                .map_err(|_| Unreadable("metadata is no XML".into()))?;
            match event {
                Event::Start(tag) => {
                    depth += 1;
                    metadata.element(&tag, &mut current, &mut association);
                }
                Event::Empty(tag) => metadata.element(&tag, &mut current, &mut association),
                Event::End(_) => depth = depth.saturating_sub(1),
                // A cut document would make us leave out what the tenant has.
                Event::Eof if depth > 0 => return Err(Unreadable("metadata is cut".into())),
                Event::Eof if metadata.types.is_empty() => {
                    return Err(Unreadable("metadata without entity types".into()));
                }
                Event::Eof => return Ok(metadata),
                _ => {}
            }
        }
        Err(Unreadable("metadata is too large".into()))
    }

    fn element(&mut self, tag: &BytesStart<'_>, current: &mut String, association: &mut String) {
        let get = |name: &str| attribute(tag, name);
        match tag.local_name().as_ref() {
            "EntityType" => {
                *current = get("Name");
                self.types.entry(current.clone()).or_default();
            }
            "Property" => {
                if let Some(known) = self.types.get_mut(current) {
                    known.properties.insert(get("Name"), get("Type"));
                    let help = get("value-help");
                    if !help.is_empty() {
                        known.helps.insert(get("Name"), help);
                    }
                }
            }
            "NavigationProperty" => {
                if let Some(known) = self.types.get_mut(current) {
                    let end = (bare(&get("Relationship")), get("ToRole"));
                    known.navigations.insert(get("Name"), end);
                }
            }
            "Association" => *association = get("Name"),
            "End" if !get("Type").is_empty() => {
                let key = (association.clone(), get("Role"));
                self.ends.insert(key, bare(&get("Type")));
            }
            "EntitySet" => {
                self.sets.insert(get("Name"), bare(&get("EntityType")));
            }
            _ => {}
        }
    }

    /// Whether rows of the set have this property or navigation; `true` when the set is not described.
    pub(in crate::c4c) fn has(&self, set: &str, member: &str) -> bool {
        self.of_set(set).is_none_or(|known| known.has(member))
    }

    /// Whether rows behind the navigation have this property; `true` when that is not described.
    pub(in crate::c4c) fn child_has(&self, set: &str, navigation: &str, member: &str) -> bool {
        self.child(set, navigation)
            .is_none_or(|child| child.has(member))
    }

    /// The set that lists the codes of a property of the set, or of a child node behind the navigation.
    pub(in crate::c4c) fn value_help(
        &self,
        set: &str,
        navigation: Option<&str>,
        property: &str,
    ) -> Option<&str> {
        let known = match navigation {
            Some(navigation) => self.child(set, navigation),
            None => self.of_set(set),
        };
        known?.helps.get(property).map(String::as_str)
    }

    fn child(&self, set: &str, navigation: &str) -> Option<&Type> {
        let end = self.of_set(set)?.navigations.get(navigation)?;
        self.types.get(self.ends.get(end)?)
    }

    /// The type of a property, as far as it is described.
    pub(in crate::c4c) fn type_of(&self, set: &str, property: &str) -> Option<&str> {
        let known = self.of_set(set)?.properties.get(property)?;
        Some(known.as_str())
    }

    fn of_set(&self, set: &str) -> Option<&Type> {
        self.sets.get(set).and_then(|name| self.types.get(name))
    }
}

impl Type {
    fn has(&self, member: &str) -> bool {
        self.properties.contains_key(member) || self.navigations.contains_key(member)
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> String {
    let found = tag
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name);
    found.map_or(String::new(), |attribute| attribute.value.into_owned())
}

/// A name without its namespace.
fn bare(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDMX: &str = r#"<?xml version="1.0"?><edmx:Edmx xmlns:edmx="e"><edmx:DataServices><Schema Namespace="c4codata">
        <EntityType Name="EMail"><Key><PropertyRef Name="ObjectID"/></Key><Property Name="ObjectID" Type="Edm.String"/>
        <Property Name="Subject" Type="Edm.String"></Property>
        <NavigationProperty Name="EMailNotes" Relationship="c4codata.EMail_Notes" FromRole="a" ToRole="b"/></EntityType>
        <EntityType Name="EMailNotes"><Property Name="Text"/></EntityType>
        <Association Name="EMail_Notes"><End Type="c4codata.EMail" Role="a"/><End Type="c4codata.EMailNotes" Role="b"/></Association>
        <EntityContainer><EntitySet Name="EMailCollection" EntityType="c4codata.EMail"/>
        <AssociationSet Name="x"><End EntitySet="EMailCollection" Role="a"/></AssociationSet></EntityContainer>
        </Schema></edmx:DataServices></edmx:Edmx>"#;

    #[test]
    fn properties_of_a_set_and_of_its_children_are_known() {
        let metadata = Metadata::read(EDMX.as_bytes()).unwrap();
        assert!(metadata.has("EMailCollection", "Subject"));
        assert!(metadata.has("EMailCollection", "EMailNotes"));
        assert!(!metadata.has("EMailCollection", "Direction"));
        let subject = metadata.type_of("EMailCollection", "Subject");
        assert_eq!(subject, Some("Edm.String"));
        assert!(metadata.has("OtherCollection", "Direction"));
        assert!(metadata.child_has("EMailCollection", "EMailNotes", "Text"));
        assert!(!metadata.child_has("EMailCollection", "EMailNotes", "TypeCode"));
        assert!(metadata.child_has("EMailCollection", "Unknown", "TypeCode"));
    }

    #[test]
    fn what_is_no_metadata_is_refused() {
        for text in [
            "",
            "{}",
            "<html><body/></html>",
            "<a",
            "<EntityType Name='x'",
        ] {
            assert!(Metadata::read(text.as_bytes()).is_err(), "{text}");
        }
        for cut in 0..EDMX.len() {
            assert!(
                Metadata::read(&EDMX.as_bytes()[..cut]).is_err(),
                "cut at {cut}"
            );
        }
    }
}
