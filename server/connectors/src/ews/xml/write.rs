//! Writing requests: everything escaped, nothing that XML 1.0 forbids.

/// An XML text under construction. Names are ours and trusted, values never are.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    /// An empty text.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A start tag.
    pub(crate) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> &mut Self {
        self.tag(name, attributes);
        self.0.push('>');
        self
    }

    /// An end tag.
    pub(crate) fn close(&mut self, name: &str) -> &mut Self {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
        self
    }

    /// An element without content.
    pub(crate) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> &mut Self {
        self.tag(name, attributes);
        self.0.push_str("/>");
        self
    }

    /// An element with text.
    pub(crate) fn leaf(&mut self, name: &str, text: &str) -> &mut Self {
        self.leaf_with(name, &[], text)
    }

    /// An element with attributes and text.
    pub(crate) fn leaf_with(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        text: &str,
    ) -> &mut Self {
        self.open(name, attributes);
        escape_into(&mut self.0, text, Place::Text);
        self.close(name)
    }

    /// The text so far.
    pub(crate) fn finish(self) -> String {
        self.0
    }

    /// Adds text that is XML already.
    pub(crate) fn raw(&mut self, xml: &str) -> &mut Self {
        self.0.push_str(xml);
        self
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.0.push('<');
        self.0.push_str(name);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            escape_into(&mut self.0, value, Place::Attribute);
            self.0.push('"');
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Attribute,
}

fn escape_into(out: &mut String, text: &str, place: Place) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if place == Place::Attribute => out.push_str("&quot;"),
            // A reader would turn these into other white space if they stood bare.
            '\r' => out.push_str("&#xD;"),
            '\n' if place == Place::Attribute => out.push_str("&#xA;"),
            '\t' if place == Place::Attribute => out.push_str("&#x9;"),
            '\t' | '\n' => out.push(c),
            '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_place() {
        let mut xml = Xml::new();
        xml.open("a", &[("v", "\"><x y='&'\n\t\u{0}")])
            .leaf("b", "]]></b>\r\n\u{B}&amp;")
            .close("a");
        assert_eq!(
            xml.finish(),
            "<a v=\"&quot;&gt;&lt;x y='&amp;'&#xA;&#x9;\"><b>]]&gt;&lt;/b&gt;&#xD;\n&amp;amp;</b></a>"
        );
    }
}
