//! ConvertId. Our ids have one form only: the hexadecimal ones are the same bytes.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/convertid-operation>

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::operation::Call;
use super::soap::Answer;
use crate::exchange::{Failure, Id};
use crate::xml::{Element, attribute};

/// One message per id.
pub fn run(call: &Call<'_>) -> String {
    let target = call
        .request
        .attribute("DestinationFormat")
        .unwrap_or("EwsId");
    let ids = call
        .request
        .child("SourceIds")
        .map_or(&[][..], |ids| &ids.children);
    let mut answer = Answer::new("ConvertId");
    for id in ids {
        match convert(id, target) {
            Err(failure) => answer.failure(failure, ""),
            Ok(converted) => answer.success(|out| {
                out.push_str("<m:AlternateId xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"t:AlternateIdType\"");
                attribute(out, "Format", target);
                attribute(out, "Id", &converted);
                attribute(out, "Mailbox", id.attribute("Mailbox").unwrap_or_default());
                out.push_str("/>");
            }),
        }
    }
    answer.finish()
}

fn convert(id: &Element, target: &str) -> Result<String, Failure> {
    let text = id.attribute("Id").unwrap_or_default();
    let bytes = match id.attribute("Format") {
        Some("HexEntryId") => unhex(text),
        Some("OwaId") => URL_SAFE.decode(text).ok(),
        _ => STANDARD.decode(text).ok(),
    };
    let bytes = bytes.ok_or(Failure::ID_MALFORMED)?;
    Id::decode(&STANDARD.encode(&bytes))?;
    let mailbox = id.attribute("Mailbox").unwrap_or_default();
    if !mailbox.contains('@') {
        return Err(Failure {
            code: "ErrorInvalidSmtpAddress",
            text: "The SMTP address format is invalid.",
        });
    }
    Ok(match target {
        "HexEntryId" => bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
        "OwaId" => URL_SAFE.encode(&bytes),
        _ => STANDARD.encode(&bytes),
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect::<Option<Vec<u8>>>()
        .filter(|_| digits.len().is_multiple_of(2))
}
