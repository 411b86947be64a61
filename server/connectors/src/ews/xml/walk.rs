//! A pull reader that walks elements by local name, within bounds, without building a tree.

use quick_xml::{
    errors::Error,
    events::{BytesStart, Event},
    reader::Reader,
};

use super::text::Collected;

/// Deepest nesting read. The deepest EWS answer of the schema stays below 30.
const MAX_DEPTH: usize = 64;

/// Most elements read in one document. A page of 512 changes or 100 messages with 1,000 recipients each
/// stays below half of it.
const MAX_ELEMENTS: usize = 4_000_000;

/// Why a document cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum XmlError {
    /// Cut off.
    #[error("the XML document ended unexpectedly")]
    Truncated,
    /// Not XML.
    #[error("not well-formed XML")]
    Malformed,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("XML nested too deeply")]
    TooDeep,
    /// More elements than [`MAX_ELEMENTS`].
    #[error("XML with too many elements")]
    TooMany,
    /// A document type declaration, which SOAP 1.1 section 3 forbids: the door of entity attacks.
    #[error("XML with a document type declaration")]
    Dtd,
    /// Well-formed, but not what the operation answers.
    #[error("not the expected answer")]
    Unexpected,
}

/// The start of an element.
#[derive(Debug)]
pub(crate) struct Element<'a>(BytesStart<'a>);

impl Element<'_> {
    /// The name without namespace prefix. Servers choose prefixes freely.
    pub(crate) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// The namespace prefix, if there is one.
    pub(crate) fn prefix(&self) -> Option<&str> {
        self.0.name().prefix().map(|prefix| prefix.into_inner())
    }

    /// The value of an attribute by its local name.
    pub(crate) fn attribute(&self, name: &str) -> Result<Option<String>, XmlError> {
        // Duplicate checks cost quadratic time on a hostile element; the first one wins here.
        for attribute in self.0.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| XmlError::Malformed)?;
            if attribute.key.local_name().into_inner() == name {
                let mut collected = Collected::default();
                collected.escaped(&attribute.value);
                return Ok(Some(collected.finish()));
            }
        }
        Ok(None)
    }
}

/// Walks a document.
///
/// After [`Walker::child`] gave an element, exactly one of [`Walker::text`], [`Walker::skip`] or a loop
/// over its own children up to `None` must follow.
pub(crate) struct Walker<'a> {
    reader: Reader<&'a [u8]>,
    depth: usize,
    elements: usize,
}

impl<'a> Walker<'a> {
    /// Walks this text.
    pub(crate) fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Self {
            reader,
            depth: 0,
            elements: 0,
        }
    }

    /// The next child of the element we are in (at first: the root); `None` at the end of the element.
    pub(crate) fn child(&mut self) -> Result<Option<Element<'a>>, XmlError> {
        loop {
            match self.event()? {
                Event::Start(start) => return Ok(Some(Element(start))),
                Event::End(_) => return Ok(None),
                Event::Eof if self.depth == 0 && self.elements > 0 => return Ok(None),
                Event::Eof => return Err(XmlError::Truncated),
                _ => {}
            }
        }
    }

    /// The text of the element we are in, up to its end. Elements inside are passed over.
    pub(crate) fn text(&mut self) -> Result<String, XmlError> {
        let own_depth = self.depth;
        let mut collected = Collected::default();
        loop {
            match self.event()? {
                Event::Text(text) if self.depth == own_depth => collected.text(&text.into_inner()),
                Event::CData(text) if self.depth == own_depth => collected.text(&text.into_inner()),
                Event::GeneralRef(name) if self.depth == own_depth => {
                    collected.reference(&name.into_inner());
                }
                Event::End(_) if self.depth < own_depth => return Ok(collected.finish()),
                Event::Eof => return Err(XmlError::Truncated),
                _ => {}
            }
        }
    }

    /// Passes over the element we are in.
    pub(crate) fn skip(&mut self) -> Result<(), XmlError> {
        let own_depth = self.depth;
        loop {
            match self.event()? {
                Event::End(_) if self.depth < own_depth => return Ok(()),
                Event::Eof => return Err(XmlError::Truncated),
                _ => {}
            }
        }
    }

    fn event(&mut self) -> Result<Event<'a>, XmlError> {
        let event = self.reader.read_event().map_err(|error| match error {
            // quick-xml reports markup that the end of input cuts as a syntax error.
            Error::Syntax(_) => XmlError::Truncated,
            _ => XmlError::Malformed,
        })?;
        match &event {
            Event::Start(_) => {
                self.depth += 1;
                self.elements += 1;
                if self.depth > MAX_DEPTH {
                    return Err(XmlError::TooDeep);
                }
                if self.elements > MAX_ELEMENTS {
                    return Err(XmlError::TooMany);
                }
            }
            Event::End(_) => self.depth = self.depth.checked_sub(1).ok_or(XmlError::Malformed)?,
            Event::DocType(_) => return Err(XmlError::Dtd),
            _ => {}
        }
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(document: &str) -> Result<Vec<(String, String)>, XmlError> {
        let mut walker = Walker::new(document);
        let mut found = Vec::new();
        walker.child()?.ok_or(XmlError::Unexpected)?;
        while let Some(element) = walker.child()? {
            let name = element.name().to_owned();
            found.push((name, walker.text()?));
        }
        Ok(found)
    }

    #[test]
    fn children_are_read_by_local_name_with_their_text() {
        let document = "<?xml version='1.0'?><!-- c --><x:a xmlns:x='u'><x:b>1 &lt; 2<![CDATA[<&>]]></x:b>\
                        <b/><y:c>out<d>in</d>side</y:c></x:a>";
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let expected = vec![pair("b", "1 < 2<&>"), pair("b", ""), pair("c", "outside")];
        assert_eq!(texts(document), Ok(expected));
    }

    #[test]
    fn entities_are_never_expanded() {
        let bomb = "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]><a><b>&lol2;</b></a>";
        assert_eq!(texts(bomb), Err(XmlError::Dtd));
        assert_eq!(texts("<a><b>&lol2;</b></a>").unwrap()[0].1, "&lol2;");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("<a>{}{}</a>", "<b>".repeat(100_000), "</b>".repeat(100_000));
        assert_eq!(texts(&deep), Err(XmlError::TooDeep));
    }

    #[test]
    fn what_is_not_xml_is_an_error() {
        for (document, error) in [
            ("", XmlError::Truncated),
            ("plain text", XmlError::Truncated),
            ("<a><b></a></b>", XmlError::Malformed),
            ("</a>", XmlError::Malformed),
            ("<a><b", XmlError::Truncated),
            ("<a><b>text", XmlError::Truncated),
        ] {
            assert_eq!(texts(document), Err(error), "{document:?}");
        }
    }
}
