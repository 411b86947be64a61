//! FindItem: items by Message-ID or by our mark.
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/finditem-operation>

use ssi_domain::ItemId;

use super::{find_folder::Page, get_folder::FolderRef};
use crate::ews::{
    envelope::Payload,
    property::{CRM_LINK, Extended},
    xml::{Element, Walker, Xml, XmlError},
};

/// What the items are found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted<'a> {
    /// The Message-ID, with its angle brackets.
    MessageId(&'a str),
    /// The text of our mark, or of several.
    Links(&'a [String]),
}

impl Wanted<'_> {
    /// Whether a hit is one. Exchange compares texts without case, and the marks of two records may
    /// differ in case only; a listing that does not show the mark is believed.
    pub(crate) fn is(&self, hit: &Hit) -> bool {
        match self {
            Self::MessageId(_) => true,
            Self::Links(texts) => hit.link.as_deref().is_none_or(|link| {
                // Listings cut long texts (255 characters by default).
                let mut texts = texts.iter();
                texts
                    .any(|text| link == text || (link.len() < text.len() && text.starts_with(link)))
            }),
        }
    }
}

/// The request body: a page of the wanted items in each folder.
pub(crate) fn body(
    folders: &[FolderRef],
    wanted: &Wanted<'_>,
    offset: usize,
    page: usize,
) -> String {
    let mut xml = Xml::new();
    xml.open("m:FindItem", &[("Traversal", "Shallow")]);
    xml.open("m:ItemShape", &[]).leaf("t:BaseShape", "IdOnly");
    if matches!(wanted, Wanted::Links(_)) {
        xml.open("t:AdditionalProperties", &[]);
        CRM_LINK.write(&mut xml);
        xml.close("t:AdditionalProperties");
    }
    xml.close("m:ItemShape");
    xml.empty(
        "m:IndexedPageItemView",
        &[
            ("MaxEntriesReturned", &page.to_string()),
            ("Offset", &offset.to_string()),
            ("BasePoint", "Beginning"),
        ],
    );
    xml.open("m:Restriction", &[]);
    match wanted {
        Wanted::MessageId(value) => {
            let field = |xml: &mut Xml| {
                xml.empty("t:FieldURI", &[("FieldURI", "message:InternetMessageId")]);
            };
            equals(&mut xml, field, value);
        }
        Wanted::Links(values) => {
            // An `Or` of one is none.
            let several = values.len() > 1;
            if several {
                xml.open("t:Or", &[]);
            }
            for value in *values {
                equals(&mut xml, |xml| CRM_LINK.write(xml), value);
            }
            if several {
                xml.close("t:Or");
            }
        }
    }
    xml.close("m:Restriction");
    xml.open("m:ParentFolderIds", &[]);
    for folder in folders {
        folder.write(&mut xml);
    }
    xml.close("m:ParentFolderIds").close("m:FindItem");
    xml.finish()
}

fn equals(xml: &mut Xml, field: impl FnOnce(&mut Xml), value: &str) {
    xml.open("t:IsEqualTo", &[]);
    field(xml);
    xml.open("t:FieldURIOrConstant", &[])
        .empty("t:Constant", &[("Value", value)]);
    xml.close("t:FieldURIOrConstant").close("t:IsEqualTo");
}

/// An item found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) id: ItemId,
    /// The text of our mark, where the listing shows it.
    pub(crate) link: Option<String>,
}

/// One response message: the hits in one folder.
#[derive(Debug, Default)]
pub(crate) struct FindItem {
    pub(crate) items: Vec<Hit>,
    /// Whether the page was there at all.
    pub(crate) complete: bool,
    pub(crate) last: bool,
    pub(crate) next_offset: Option<usize>,
}

impl Payload for FindItem {
    const RESPONSE: &'static str = "FindItemResponse";

    fn element(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        if element.name() != "RootFolder" {
            return walker.skip();
        }
        self.complete = true;
        let page = Page::read(element)?;
        (self.last, self.next_offset) = (page.last, page.next_offset);
        while let Some(list) = walker.child()? {
            match list.name() {
                "Items" => self.items(walker)?,
                "Groups" => {
                    while walker.child()?.is_some() {
                        while let Some(part) = walker.child()? {
                            match part.name() {
                                "Items" => self.items(walker)?,
                                _ => walker.skip()?,
                            }
                        }
                    }
                }
                _ => walker.skip()?,
            }
        }
        Ok(())
    }
}

impl FindItem {
    fn items(&mut self, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        while walker.child()?.is_some() {
            let mut id = None;
            let mut link = None;
            while let Some(element) = walker.child()? {
                match element.name() {
                    "ItemId" | "ItemID" => {
                        id = element.attribute("Id")?;
                        walker.skip()?;
                    }
                    "ExtendedProperty" => {
                        link = Extended::read(walker)?.value_of(CRM_LINK).or(link);
                    }
                    _ => walker.skip()?,
                }
            }
            let id = id.filter(|id| !id.is_empty());
            self.items.extend(id.map(|id| Hit {
                id: ItemId(id),
                link,
            }));
        }
        Ok(())
    }
}
