//! GetUserConfiguration, UpdateUserConfiguration, CreateUserConfiguration: the master list of categories.
//!
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuserconfiguration-operation>

use super::get_folder::FolderRef;
use crate::ews::{
    envelope::Payload,
    xml::{Element, Walker, Xml, XmlError},
};

/// The hidden item of the calendar folder that holds the list (MS-OXOCFG).
const NAME: &str = "CategoryList";
const FOLDER: FolderRef = FolderRef::Distinguished("calendar");

/// The request body that reads the list.
pub(crate) fn get_body() -> String {
    let mut xml = Xml::new();
    xml.open("m:GetUserConfiguration", &[]);
    name(&mut xml, "m:UserConfigurationName");
    xml.leaf("m:UserConfigurationProperties", "All");
    xml.close("m:GetUserConfiguration");
    xml.finish()
}

/// The request body that replaces the list; `base64` is the new XML.
pub(crate) fn update_body(base64: &str) -> String {
    write_body("m:UpdateUserConfiguration", base64)
}

/// The request body that makes a list where there is none.
pub(crate) fn create_body(base64: &str) -> String {
    write_body("m:CreateUserConfiguration", base64)
}

fn write_body(operation: &str, base64: &str) -> String {
    let mut xml = Xml::new();
    xml.open(operation, &[]).open("m:UserConfiguration", &[]);
    name(&mut xml, "t:UserConfigurationName");
    xml.leaf("t:XmlData", base64);
    xml.close("m:UserConfiguration").close(operation);
    xml.finish()
}

fn name(xml: &mut Xml, element: &str) {
    xml.open(element, &[("Name", NAME)]);
    FOLDER.write(xml);
    xml.close(element);
}

/// One response message: the list as base64.
#[derive(Debug, Default)]
pub(crate) struct GetUserConfiguration {
    pub(crate) xml_data: Option<String>,
}

impl Payload for GetUserConfiguration {
    const RESPONSE: &'static str = "GetUserConfigurationResponse";

    fn element(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        if element.name() != "UserConfiguration" {
            return walker.skip();
        }
        while let Some(part) = walker.child()? {
            match part.name() {
                "XmlData" => self.xml_data = Some(walker.text()?),
                _ => walker.skip()?,
            }
        }
        Ok(())
    }
}

/// The answer to an update: nothing but success.
#[derive(Debug, Default)]
pub(crate) struct UpdateUserConfiguration;

impl Payload for UpdateUserConfiguration {
    const RESPONSE: &'static str = "UpdateUserConfigurationResponse";

    fn element(&mut self, _: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        walker.skip()
    }
}

/// The answer to a creation: nothing but success.
#[derive(Debug, Default)]
pub(crate) struct CreateUserConfiguration;

impl Payload for CreateUserConfiguration {
    const RESPONSE: &'static str = "CreateUserConfigurationResponse";

    fn element(&mut self, _: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        walker.skip()
    }
}
