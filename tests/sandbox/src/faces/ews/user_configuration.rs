//! GetUserConfiguration, CreateUserConfiguration, UpdateUserConfiguration, DeleteUserConfiguration.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuserconfiguration-operation>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::operation::{Call, Entry};
use super::output::{folder_id, item_id};
use super::request::folder_ref;
use super::soap::{Answer, Fault};
use crate::exchange::{Configuration, Exchange, Failure};
use crate::xml::{Element, attribute, element};

/// Folder and name a configuration is found under.
fn place(call: &Call<'_>, exchange: &Exchange, name: &Element) -> Entry<(u64, String)> {
    let folder = name.children.first().ok_or(Failure::REQUEST)?;
    let folder = folder_ref(call, exchange.mailbox(call.mailbox)?, folder)?;
    Ok((
        folder,
        name.attribute("Name").unwrap_or_default().to_owned(),
    ))
}

/// One configuration object.
pub fn get(call: &Call<'_>) -> Result<String, Fault> {
    let name = call.required("UserConfigurationName")?;
    let wanted = call
        .request
        .child_text("UserConfigurationProperties")
        .unwrap_or("All");
    let wants = |part: &str| {
        wanted
            .split_whitespace()
            .any(|asked| asked == part || asked == "All")
    };
    let exchange = call.world.exchange();
    let mailbox = exchange.mailbox(call.mailbox)?;
    let found = place(call, &exchange, name).and_then(|(folder, name)| {
        let found = mailbox
            .configuration(folder, &name)
            .ok_or(Failure::ITEM_NOT_FOUND)?;
        Ok((folder, name, found))
    });
    let mut answer = Answer::new("GetUserConfiguration");
    match found {
        Err(failure) => answer.failure(failure, ""),
        Ok((folder, name, found)) => answer.success(|out| {
            out.push_str("<m:UserConfiguration><t:UserConfigurationName");
            attribute(out, "Name", &name);
            out.push('>');
            folder_id(out, "FolderId", mailbox.id, folder, folder);
            out.push_str("</t:UserConfigurationName>");
            if wants("Id") {
                item_id(out, mailbox.id, found.key, found.version);
            }
            if let Some(dictionary) = found.dictionary.as_ref().filter(|_| wants("Dictionary")) {
                dictionary.write(out);
            }
            if let Some(xml) = found.xml.as_ref().filter(|_| wants("XmlData")) {
                element(out, "t:XmlData", xml);
            }
            if let Some(binary) = found.binary.as_ref().filter(|_| wants("BinaryData")) {
                element(out, "t:BinaryData", binary);
            }
            out.push_str("</m:UserConfiguration>");
        }),
    }
    Ok(answer.finish())
}

fn content(configuration: &Element) -> Entry<Configuration> {
    let data = |name: &str| match configuration.child(name) {
        None => Ok::<_, Failure>(None),
        Some(data) => {
            let packed: String = data.text.split_ascii_whitespace().collect();
            STANDARD.decode(&packed).map_err(|_| Failure::SCHEMA)?;
            Ok(Some(packed))
        }
    };
    Ok(Configuration {
        key: 0,
        version: 0,
        dictionary: configuration.child("Dictionary").cloned(),
        xml: data("XmlData")?,
        binary: data("BinaryData")?,
    })
}

/// Stores a new object.
pub fn create(call: &Call<'_>) -> Result<String, Fault> {
    write(call, "CreateUserConfiguration")
}

/// Replaces parts of an object.
pub fn update(call: &Call<'_>) -> Result<String, Fault> {
    write(call, "UpdateUserConfiguration")
}

fn write(call: &Call<'_>, operation: &'static str) -> Result<String, Fault> {
    let configuration = call.required("UserConfiguration")?;
    let name = configuration
        .child("UserConfigurationName")
        .ok_or_else(|| Fault::schema("UserConfigurationName is missing"))?;
    let outcome = content(configuration).and_then(|content| {
        let mut exchange = call.world.exchange();
        let (folder, name) = place(call, &exchange, name)?;
        let mailbox = exchange.mailbox_mut(call.mailbox)?;
        match operation {
            "CreateUserConfiguration" => mailbox.create_configuration(folder, &name, content)?,
            _ => mailbox.update_configuration(folder, &name, content)?,
        }
        Ok(name)
    });
    finish(call, operation, outcome)
}

/// Removes an object.
pub fn delete(call: &Call<'_>) -> Result<String, Fault> {
    let name = call.required("UserConfigurationName")?;
    let outcome = (|| {
        let mut exchange = call.world.exchange();
        let (folder, name) = place(call, &exchange, name)?;
        exchange
            .mailbox_mut(call.mailbox)?
            .delete_configuration(folder, &name)?;
        Ok(name)
    })();
    finish(call, "DeleteUserConfiguration", outcome)
}

fn finish(
    call: &Call<'_>,
    operation: &'static str,
    outcome: Entry<String>,
) -> Result<String, Fault> {
    let mut answer = Answer::new(operation);
    match outcome {
        Ok(name) => {
            call.record(operation, &name, json!({}));
            answer.success(|_| {});
        }
        Err(failure) => answer.failure(failure, ""),
    }
    Ok(answer.finish())
}
