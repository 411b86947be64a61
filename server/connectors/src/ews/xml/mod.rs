//! Bounded reading and strict writing of XML, as SOAP needs it.

mod decode;
mod text;
mod walk;
mod write;

pub(crate) use decode::{decode, is_html};
pub(crate) use walk::{Element, Walker, XmlError};
pub(crate) use write::Xml;
