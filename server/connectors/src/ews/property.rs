//! Hidden properties: which ones we use, how they are asked for and read.
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/extendedfielduri>

use ssi_domain::port::LinkStamp;

use super::xml::{Element, Walker, Xml, XmlError};

/// The set of our own named properties. The same set and names address the mark in Microsoft Graph, so
/// a mailbox that moves to the cloud keeps its links. It must never change.
pub(crate) const OWN_SET: &str = "5b7a2f0e-3c64-4d0b-9c8e-6a1d0f4e7b21";

/// The set in which Outlook keeps the fields that users define.
pub(crate) const PUBLIC_STRINGS: &str = "PublicStrings";

/// The same set by its GUID, as some servers answer.
const PUBLIC_STRINGS_ID: &str = "00020329-0000-0000-c000-000000000046";

/// Our mark: a [`ssi_domain::port::LinkStamp`] as JSON.
pub(crate) const CRM_LINK: Property = Property::Named {
    set: OWN_SET,
    name: "CrmLink",
    value_type: "String",
};

/// The text our mark is written as: always the same for the same mark, so that it can be searched for.
pub(crate) fn link_text(link: &LinkStamp) -> String {
    serde_json::to_string(link).expect("a link stamp is plain strings")
}

/// The header by which a composed mail finds its wish.
pub(crate) const WISH: Property = Property::InternetHeader("X-SSI-Wish");

/// PidTagSenderSmtpAddress (MS-OXPROPS): the SMTP address of who sent it.
pub(crate) const SENDER_SMTP: Property = Property::Tag {
    tag: 0x5D01,
    value_type: "String",
};

/// PidTagSentRepresentingSmtpAddress (MS-OXPROPS): the SMTP address of who it is from.
pub(crate) const FROM_SMTP: Property = Property::Tag {
    tag: 0x5D02,
    value_type: "String",
};

/// PidLidBirthdayLocal (MS-OXPROPS): midnight of the birthday as if its own zone were UTC, which the plain
/// property is not.
pub(crate) const BIRTHDAY_LOCAL: Property = Property::Numbered {
    set: "Address",
    id: 0x80DE,
    value_type: "SystemTime",
};

/// PidLidEmail1OriginalDisplayName (MS-OXPROPS): the SMTP address of an Exchange-internal entry.
pub(crate) const EMAIL1_ORIGINAL: Property = Property::Numbered {
    set: "Address",
    id: 0x8084,
    value_type: "String",
};

/// PidTagLocalCommitTimeMax (MS-OXPROPS): the latest change of anything in a folder.
pub(crate) const COMMIT_TIME_MAX: Property = Property::Tag {
    tag: 0x670A,
    value_type: "SystemTime",
};

/// PidTagDeletedCountTotal (MS-OXPROPS): items that ever left a folder.
pub(crate) const DELETED_TOTAL: Property = Property::Tag {
    tag: 0x670B,
    value_type: "Integer",
};

/// A hidden property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Property {
    /// By MAPI property tag.
    Tag {
        /// Property id, without the type.
        tag: u16,
        /// Name of the MAPI type.
        value_type: &'static str,
    },
    /// By property set and name.
    Named {
        /// GUID of the set, or [`PUBLIC_STRINGS`].
        set: &'static str,
        /// Name within the set.
        name: &'static str,
        /// Name of the MAPI type.
        value_type: &'static str,
    },
    /// By well-known property set and number.
    Numbered {
        /// Name of the set, for example `Address`.
        set: &'static str,
        /// Number within the set.
        id: u16,
        /// Name of the MAPI type.
        value_type: &'static str,
    },
    /// A header of the message as sent.
    InternetHeader(&'static str),
}

impl Property {
    /// Writes the reference to the property.
    pub(crate) fn write(self, xml: &mut Xml) {
        const ELEMENT: &str = "t:ExtendedFieldURI";
        match self {
            Self::Tag { tag, value_type } => {
                let tag = format!("0x{tag:04X}");
                xml.empty(
                    ELEMENT,
                    &[("PropertyTag", &tag), ("PropertyType", value_type)],
                );
            }
            Self::Named {
                set,
                name,
                value_type,
            } => {
                let how = match set {
                    PUBLIC_STRINGS => "DistinguishedPropertySetId",
                    _ => "PropertySetId",
                };
                xml.empty(
                    ELEMENT,
                    &[
                        (how, set),
                        ("PropertyName", name),
                        ("PropertyType", value_type),
                    ],
                );
            }
            Self::Numbered {
                set,
                id,
                value_type,
            } => {
                xml.empty(
                    ELEMENT,
                    &[
                        ("DistinguishedPropertySetId", set),
                        ("PropertyId", &id.to_string()),
                        ("PropertyType", value_type),
                    ],
                );
            }
            Self::InternetHeader(name) => {
                xml.empty(
                    ELEMENT,
                    &[
                        ("DistinguishedPropertySetId", "InternetHeaders"),
                        ("PropertyName", name),
                        ("PropertyType", "String"),
                    ],
                );
            }
        }
    }

    /// Whether the reference read is this property. Servers vary in the case of GUIDs and header names,
    /// and write tags in hex or decimal.
    fn is(self, read: &Reference) -> bool {
        match self {
            Self::Tag { tag, .. } => read.tag == Some(tag),
            Self::Named { set, name, .. } => {
                let bare = read.set.trim_matches(['{', '}']);
                let same = match set {
                    PUBLIC_STRINGS => {
                        read.distinguished_set == set
                            || bare.eq_ignore_ascii_case(PUBLIC_STRINGS_ID)
                    }
                    _ => bare.eq_ignore_ascii_case(set),
                };
                same && read.name.eq_ignore_ascii_case(name)
            }
            // Some servers answer with the set's GUID; the numbers we use stand in one set only.
            Self::Numbered { id, .. } => read.id == Some(id),
            Self::InternetHeader(name) => {
                read.distinguished_set == "InternetHeaders" && read.name.eq_ignore_ascii_case(name)
            }
        }
    }
}

/// A hidden property as read.
#[derive(Debug, Default)]
pub(crate) struct Extended {
    reference: Reference,
    value: Option<String>,
}

#[derive(Debug, Default)]
struct Reference {
    tag: Option<u16>,
    id: Option<u16>,
    set: String,
    distinguished_set: String,
    name: String,
}

impl Extended {
    /// Reads an `ExtendedProperty` element.
    pub(crate) fn read(walker: &mut Walker<'_>) -> Result<Self, XmlError> {
        let mut read = Self::default();
        while let Some(element) = walker.child()? {
            match element.name() {
                "ExtendedFieldURI" => {
                    read.reference = Reference::read(&element)?;
                    walker.skip()?;
                }
                "Value" => read.value = Some(walker.text()?),
                _ => walker.skip()?,
            }
        }
        Ok(read)
    }

    /// The value, if this is that property.
    pub(crate) fn value_of(&mut self, property: Property) -> Option<String> {
        if property.is(&self.reference) {
            self.value.take()
        } else {
            None
        }
    }
}

impl Reference {
    fn read(element: &Element<'_>) -> Result<Self, XmlError> {
        let text = |name| element.attribute(name).map(Option::unwrap_or_default);
        let number = |text: String| {
            let text = text.trim().to_ascii_lowercase();
            match text.strip_prefix("0x") {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => text.parse().ok(),
            }
        };
        let tag = number(text("PropertyTag")?);
        let id = number(text("PropertyId")?);
        // A full tag has the type in its low half.
        let tag = tag.map(|tag| if tag > 0xFFFF { tag >> 16 } else { tag });
        Ok(Self {
            tag: tag.and_then(|tag| u16::try_from(tag).ok()),
            id: id.and_then(|id| u16::try_from(id).ok()),
            set: text("PropertySetId")?,
            distinguished_set: text("DistinguishedPropertySetId")?,
            name: text("PropertyName")?,
        })
    }
}
