//! GetItem: items by id.
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/getitem-operation-email-message>

use std::sync::Arc;

use ssi_domain::{ItemId, port::Shape};

use crate::ews::{
    envelope::Payload,
    item::Draft,
    plan::{self, Breadth, Plans},
    version::ServerVersion,
    xml::{Element, Walker, Xml, XmlError},
};

/// The request body.
pub(crate) fn body(
    ids: &[ItemId],
    plans: &Plans,
    shape: Shape,
    breadth: Breadth,
    version: ServerVersion,
) -> String {
    let mut xml = Xml::new();
    xml.open("m:GetItem", &[]);
    plan::item_shape(&mut xml, plans, shape, breadth, version);
    write_ids(&mut xml, ids);
    xml.close("m:GetItem");
    xml.finish()
}

/// The request body for one item in RFC 5322 form.
pub(crate) fn mime_body(id: &ItemId) -> String {
    let mut xml = Xml::new();
    xml.open("m:GetItem", &[]).open("m:ItemShape", &[]);
    xml.leaf("t:BaseShape", "IdOnly")
        .leaf("t:IncludeMimeContent", "true");
    xml.close("m:ItemShape");
    write_ids(&mut xml, std::slice::from_ref(id));
    xml.close("m:GetItem");
    xml.finish()
}

/// The request body for nothing but the items' versions.
pub(crate) fn version_body(ids: &[ItemId]) -> String {
    let mut xml = Xml::new();
    xml.open("m:GetItem", &[]).open("m:ItemShape", &[]);
    xml.leaf("t:BaseShape", "IdOnly").close("m:ItemShape");
    write_ids(&mut xml, ids);
    xml.close("m:GetItem");
    xml.finish()
}

/// The request body for the ids of occurrences, each by its series and its number from 1.
///
/// <https://learn.microsoft.com/exchange/client-developer/web-service-reference/occurrenceitemid>
pub(crate) fn occurrence_body(places: &[(ItemId, u32)]) -> String {
    let mut xml = Xml::new();
    xml.open("m:GetItem", &[]).open("m:ItemShape", &[]);
    xml.leaf("t:BaseShape", "IdOnly").close("m:ItemShape");
    xml.open("m:ItemIds", &[]);
    for (series, number) in places {
        let number = number.to_string();
        let place = [
            ("RecurringMasterId", series.as_str()),
            ("InstanceIndex", number.as_str()),
        ];
        xml.empty("t:OccurrenceItemId", &place);
    }
    xml.close("m:ItemIds").close("m:GetItem");
    xml.finish()
}

/// Writes an `ItemIds` element. Without change keys: the newest version is wanted.
pub(crate) fn write_ids(xml: &mut Xml, ids: &[ItemId]) {
    xml.open("m:ItemIds", &[]);
    for id in ids {
        xml.empty("t:ItemId", &[("Id", id.as_str())]);
    }
    xml.close("m:ItemIds");
}

/// One response message: one item.
#[derive(Debug)]
pub(crate) struct GetItem {
    plans: Arc<Plans>,
    pub(crate) item: Option<Draft>,
}

impl GetItem {
    /// An empty message that reads its item by these plans.
    pub(crate) fn by(plans: &Arc<Plans>) -> Self {
        Self {
            plans: Arc::clone(plans),
            item: None,
        }
    }
}

impl Default for GetItem {
    fn default() -> Self {
        Self::by(&Plans::built_in())
    }
}

impl Payload for GetItem {
    const RESPONSE: &'static str = "GetItemResponse";

    fn element(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        if element.name() != "Items" {
            return walker.skip();
        }
        while let Some(element) = walker.child()? {
            self.item = Some(Draft::read(&self.plans, &element, walker)?);
        }
        Ok(())
    }
}
