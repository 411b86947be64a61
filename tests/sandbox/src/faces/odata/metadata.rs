//! `$metadata`: the schema as EDMX with SAP's and C4C's annotations.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use http::StatusCode;

use super::reply::Reply;
use crate::crm::{Edm, EntitySet, Origin, Property, Schema};

const HEAD: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">
<edmx:DataServices m:DataServiceVersion="2.0" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">
<Schema Namespace="c4codata" xmlns="http://schemas.microsoft.com/ado/2008/09/edm" xmlns:sap="http://www.sap.com/Protocols/SAPData" xmlns:c4c="http://www.sap.com/Protocols/C4CData">
"#;
const TAIL: &str = "</Schema>\n</edmx:DataServices>\n</edmx:Edmx>\n";

/// The document; `only` is the comma list of `?$filter=` that cuts it to those entity types.
pub fn reply(only: Option<&str>) -> Reply {
    Reply::new(
        StatusCode::OK,
        "application/xml;charset=utf-8",
        document(only),
    )
}

/// Writes the document.
pub fn document(only: Option<&str>) -> String {
    let sets = wanted(only);
    let mut out = String::from(HEAD);
    let mut types = BTreeSet::new();
    for set in &sets {
        if types.insert(set.kind) {
            entity_type(&mut out, set, &sets);
        }
    }
    for set in &sets {
        associations(&mut out, set, &sets);
    }
    out.push_str("<EntityContainer Name=\"c4codata\" m:IsDefaultEntityContainer=\"true\">\n");
    for set in &sets {
        let fixed = set
            .code_list
            .map_or("", |_| " sap:semantics=\"fixed-values\"");
        let _written = writeln!(
            out,
            "<EntitySet Name=\"{}\" EntityType=\"c4codata.{}\" sap:creatable=\"{}\" sap:updatable=\"{}\" sap:deletable=\"{}\"{fixed}/>",
            set.name, set.kind, set.creatable, set.updatable, set.deletable
        );
    }
    for set in &sets {
        association_sets(&mut out, set, &sets);
    }
    functions(&mut out, &types);
    out.push_str("</EntityContainer>\n");
    out.push_str(TAIL);
    out
}

/// The sets of the named types with their nodes and code lists; everything without names.
fn wanted(only: Option<&str>) -> Vec<&'static EntitySet> {
    let schema = Schema::standard();
    let Some(only) = only else {
        return schema.sets.iter().collect();
    };
    let names: Vec<_> = only.split(',').map(str::trim).collect();
    let is_named = |set: &EntitySet| {
        let parent = set.parent.and_then(|parent| schema.set(parent));
        names.contains(&set.kind) || parent.is_some_and(|parent| names.contains(&parent.kind))
    };
    let mut helps = BTreeSet::new();
    for set in schema.sets.iter().filter(|set| is_named(set)) {
        helps.extend(
            set.properties
                .iter()
                .filter_map(|p| p.codes)
                .map(|(help, _)| help),
        );
    }
    let sets = schema.sets.iter();
    sets.filter(|set| is_named(set) || helps.contains(set.name))
        .collect()
}

fn entity_type(out: &mut String, set: &EntitySet, sets: &[&EntitySet]) {
    let parent = set.parent.and_then(|parent| Schema::standard().set(parent));
    let parent = parent.map_or(String::new(), |parent| {
        format!(" c4c:parent-entity-type=\"{}\"", parent.kind)
    });
    let _written = write!(out, "<EntityType Name=\"{}\"{parent}>\n<Key>", set.kind);
    for key in &set.keys {
        let _written = write!(out, "<PropertyRef Name=\"{key}\"/>");
    }
    out.push_str("</Key>\n");
    for property in &set.properties {
        write_property(out, set, property);
    }
    for navigation in navigations(set, sets) {
        let (association, from, to) = roles(set, navigation.name);
        let _written = writeln!(
            out,
            "<NavigationProperty Name=\"{}\" Relationship=\"c4codata.{association}\" FromRole=\"{from}\" ToRole=\"{to}\"/>",
            navigation.name
        );
    }
    out.push_str("</EntityType>\n");
}

fn write_property(out: &mut String, set: &EntitySet, property: &Property) {
    let _written = write!(
        out,
        "<Property Name=\"{}\" Type=\"{}\" Nullable=\"{}\"",
        property.name,
        property.edm.name(),
        property.nullable
    );
    match (property.edm, property.length) {
        (Edm::String, Some(length)) => {
            let _written = write!(out, " MaxLength=\"{length}\"");
        }
        (Edm::Decimal, Some(precision)) => {
            let scale = property.scale.unwrap_or_default();
            let _written = write!(out, " Precision=\"{precision}\" Scale=\"{scale}\"");
        }
        (Edm::DateTime | Edm::DateTimeOffset, _) => out.push_str(" Precision=\"7\""),
        _ => {}
    }
    if property.etag {
        out.push_str(" ConcurrencyMode=\"Fixed\"");
    }
    let _written = write!(
        out,
        " sap:creatable=\"{}\" sap:updatable=\"{}\" sap:filterable=\"{}\"",
        property.creatable, property.updatable, property.filterable
    );
    if property.date_only {
        out.push_str(" sap:display-format=\"Date\"");
    }
    if property.with_text {
        let _written = write!(out, " sap:text=\"{}Text\"", property.name);
    }
    if let Some((help, _)) = property.codes {
        let _written = write!(out, " c4c:value-help=\"{help}\"");
    }
    if let Some(context) = property.context.filter(|name| set.position(name).is_some()) {
        let _written = write!(out, " c4c:context-property=\"{context}\"");
    }
    if property.origin == Origin::ParentNumber {
        out.push_str(" c4c:is-parent-internal-key=\"true\"");
    }
    out.push_str("/>\n");
}

/// Navigations whose target is in the document.
fn navigations<'a>(
    set: &'a EntitySet,
    sets: &'a [&EntitySet],
) -> impl Iterator<Item = &'a crate::crm::Navigation> {
    let known = |name: &str| sets.iter().any(|set| set.name == name);
    set.navigations
        .iter()
        .filter(move |navigation| known(navigation.target))
}

/// Name of the association behind a navigation, and its roles (from, to).
///
/// A node's way back to its parent shares the association of the parent's way down.
fn roles(set: &EntitySet, navigation: &str) -> (String, String, String) {
    let schema = Schema::standard();
    let parent = set.parent.and_then(|parent| schema.set(parent));
    match parent {
        Some(parent) if parent.kind == navigation => (
            format!("{}_{}", parent.kind, set.kind),
            set.kind.to_owned(),
            parent.kind.to_owned(),
        ),
        _ => (
            format!("{}_{navigation}", set.kind),
            set.kind.to_owned(),
            navigation.to_owned(),
        ),
    }
}

/// Associations that start at a set, as (name, from role, to role, target, many).
fn starting_at<'a>(
    set: &'a EntitySet,
    sets: &'a [&'static EntitySet],
) -> impl Iterator<Item = (String, String, String, &'static EntitySet, bool)> {
    navigations(set, sets).filter_map(move |navigation| {
        let target = sets.iter().find(|set| set.name == navigation.target)?;
        if set.parent == Some(target.name) && target.kind == navigation.name {
            return None;
        }
        let (name, from, to) = roles(set, navigation.name);
        Some((name, from, to, *target, navigation.many))
    })
}

fn associations(out: &mut String, set: &EntitySet, sets: &[&'static EntitySet]) {
    for (name, from, to, target, many) in starting_at(set, sets) {
        let (here, there) = if many { ("1", "*") } else { ("*", "0..1") };
        let _written = writeln!(
            out,
            "<Association Name=\"{name}\"><End Type=\"c4codata.{}\" Multiplicity=\"{here}\" Role=\"{from}\"/><End Type=\"c4codata.{}\" Multiplicity=\"{there}\" Role=\"{to}\"/></Association>",
            set.kind, target.kind
        );
    }
}

fn association_sets(out: &mut String, set: &EntitySet, sets: &[&'static EntitySet]) {
    for (name, from, to, target, _) in starting_at(set, sets) {
        let _written = writeln!(
            out,
            "<AssociationSet Name=\"{name}Set\" Association=\"c4codata.{name}\"><End EntitySet=\"{}\" Role=\"{from}\"/><End EntitySet=\"{}\" Role=\"{to}\"/></AssociationSet>",
            set.name, target.name
        );
    }
}

fn functions(out: &mut String, types: &BTreeSet<&str>) {
    if types.contains("LoggedInUserInfo") {
        out.push_str("<FunctionImport Name=\"IdentityGetLoggedInUserInfo\" ReturnType=\"Collection(c4codata.LoggedInUserInfo)\" EntitySet=\"LoggedInUserInfoCollection\" m:HttpMethod=\"GET\"/>\n");
    }
    if types.contains("Contact") {
        out.push_str("<FunctionImport Name=\"CheckForDuplicates\" ReturnType=\"Collection(c4codata.Contact)\" EntitySet=\"ContactCollection\" m:HttpMethod=\"GET\">");
        for name in ["FirstName", "LastName", "Phone", "Mobile", "Fax", "Email"] {
            let _written = write!(
                out,
                "<Parameter Name=\"{name}\" Type=\"Edm.String\" Mode=\"In\"/>"
            );
        }
        out.push_str("</FunctionImport>\n");
    }
}
