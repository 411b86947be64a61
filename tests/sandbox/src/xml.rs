//! A small XML tree for requests and property values, and the pieces to append XML to a string.
//!
//! Prefixes are dropped on reading: clients choose them freely, and inside EWS no two elements of one parent
//! differ by namespace alone.

use std::fmt::Write as _;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

/// Deepest nesting read; real requests stay below 20.
const MAX_DEPTH: usize = 64;
/// Most elements read in one request; a GetItem for 10,000 ids has about 20,000.
const MAX_ELEMENTS: usize = 500_000;

/// One element: local name, attributes by local name, children, own text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Name without prefix.
    pub name: String,
    /// Attributes without prefix; namespace declarations are left out.
    pub attributes: Vec<(String, String)>,
    /// Child elements in order.
    pub children: Vec<Element>,
    /// All text directly inside, joined.
    pub text: String,
}

/// Why a document was refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Not well-formed, with the parser's words.
    #[error("not well-formed: {0}")]
    Malformed(String),
    /// A document type declaration (entity bombs live there).
    #[error("document type declarations are not accepted")]
    DocType,
    /// Deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// More elements than [`MAX_ELEMENTS`].
    #[error("more than {MAX_ELEMENTS} elements")]
    TooMany,
    /// Nothing inside.
    #[error("no root element")]
    Empty,
}

impl Element {
    /// An element without content.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// An element with text.
    pub fn with_text(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            ..Self::default()
        }
    }

    /// First child with that name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children with that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Follows first children by name.
    pub fn path(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |at, name| at.child(name))
    }

    /// Trimmed text of the first child with that name.
    pub fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// An attribute's value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Reads a document.
    ///
    /// # Errors
    /// When it is not well-formed, has a document type declaration, or is out of bounds.
    pub fn parse(input: &[u8]) -> Result<Self, Refused> {
        let input = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
        let text = std::str::from_utf8(input).map_err(|e| Refused::Malformed(e.to_string()))?;
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut open: Vec<Self> = Vec::new();
        let mut elements = 0;
        let malformed = |error: &dyn std::fmt::Display| Refused::Malformed(error.to_string());
        loop {
            match reader.read_event().map_err(|e| malformed(&e))? {
                Event::Start(start) => {
                    elements += 1;
                    if elements > MAX_ELEMENTS {
                        return Err(Refused::TooMany);
                    }
                    if open.len() >= MAX_DEPTH {
                        return Err(Refused::TooDeep);
                    }
                    open.push(read_start(&start)?);
                }
                Event::End(_) => {
                    let Some(done) = open.pop() else {
                        return Err(Refused::Empty);
                    };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Ok(done),
                    }
                }
                Event::Text(part) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&part.xml10_content());
                    }
                }
                Event::CData(part) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&part.xml10_content());
                    }
                }
                Event::GeneralRef(reference) => {
                    if let Some(element) = open.last_mut() {
                        let character = reference.resolve_char_ref().map_err(|e| malformed(&e))?;
                        match character {
                            Some(character) => element.text.push(character),
                            None => {
                                let known = resolve_predefined_entity(&reference)
                                    .ok_or_else(|| malformed(&"unknown entity"))?;
                                element.text.push_str(known);
                            }
                        }
                    }
                }
                Event::DocType(_) => return Err(Refused::DocType),
                Event::Eof => return Err(Refused::Empty),
                _ => {}
            }
        }
    }

    /// Appends the element and all below with prefix `t:`.
    pub fn write(&self, out: &mut String) {
        out.push_str("<t:");
        out.push_str(&self.name);
        for (key, value) in &self.attributes {
            attribute(out, key, value);
        }
        if self.children.is_empty() && self.text.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        if self.children.is_empty() {
            escape(out, &self.text);
        }
        for child in &self.children {
            child.write(out);
        }
        out.push_str("</t:");
        out.push_str(&self.name);
        out.push('>');
    }
}

fn read_start(start: &BytesStart<'_>) -> Result<Element, Refused> {
    let name = start.local_name().as_ref().to_owned();
    let mut element = Element {
        name,
        ..Element::default()
    };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| Refused::Malformed(e.to_string()))?;
        let key = attribute.key;
        if key.as_namespace_binding().is_some() {
            continue;
        }
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|e| Refused::Malformed(e.to_string()))?;
        let key = key.local_name().as_ref().to_owned();
        element.attributes.push((key, value.into_owned()));
    }
    Ok(element)
}

/// Appends text, escaped for element content and double-quoted attributes. Characters that XML 1.0 cannot
/// carry at all become spaces.
pub fn escape(out: &mut String, text: &str) {
    let mut clean = 0;
    for (at, character) in text.char_indices() {
        let replacement = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            // A bare carriage return would be normalised away by the reader.
            '\r' => "&#xD;",
            '\t' | '\n' => continue,
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => " ",
            _ => continue,
        };
        out.push_str(&text[clean..at]);
        out.push_str(replacement);
        clean = at + character.len_utf8();
    }
    out.push_str(&text[clean..]);
}

/// Appends ` name="value"`.
pub fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape(out, value);
    out.push('"');
}

/// Appends `<tag>text</tag>`; `tag` carries its prefix.
pub fn element(out: &mut String, tag: &str, text: &str) {
    out.push('<');
    out.push_str(tag);
    out.push('>');
    escape(out, text);
    out.push_str("</");
    out.push_str(tag);
    out.push('>');
}

/// Appends `<tag>value</tag>` for numbers, booleans and other values that need no escaping.
pub fn plain(out: &mut String, tag: &str, value: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _infallible = write!(out, "<{tag}>{value}</{tag}>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_entities_are_read_whatever_they_are_called() {
        let xml = b"<x:A xmlns:x='urn:1' k='1 &amp; 2'><B xmlns='urn:2'>a &lt; b &#65;<![CDATA[<c>]]></B></x:A>";
        let root = Element::parse(xml).unwrap();
        assert_eq!(root.name, "A");
        assert_eq!(root.attribute("k"), Some("1 & 2"));
        assert_eq!(root.child_text("B"), Some("a < b A<c>"));
    }

    #[test]
    fn hostile_documents_are_refused() {
        let deep = "<a>".repeat(5000);
        assert!(matches!(
            Element::parse(deep.as_bytes()),
            Err(Refused::TooDeep)
        ));
        let bomb = b"<!DOCTYPE a [<!ENTITY b \"bbbb\">]><a>&b;</a>";
        assert!(matches!(Element::parse(bomb), Err(Refused::DocType)));
        assert!(matches!(
            Element::parse(b"<a>&nbsp;</a>"),
            Err(Refused::Malformed(_))
        ));
        assert!(matches!(
            Element::parse(b"<a></b>"),
            Err(Refused::Malformed(_))
        ));
        assert!(matches!(Element::parse(b""), Err(Refused::Empty)));
        assert!(matches!(
            Element::parse(b"\xff\xfe<"),
            Err(Refused::Malformed(_))
        ));
    }

    #[test]
    fn written_text_reads_back() {
        let mut out = String::from("<r>");
        element(&mut out, "a", "x<&>\"\r\n\tü\u{1}");
        out.push_str("</r>");
        let back = Element::parse(out.as_bytes()).unwrap();
        assert_eq!(
            back.child("a").map(|a| a.text.as_str()),
            Some("x<&>\"\r\n\tü ")
        );
    }
}
