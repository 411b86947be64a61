//! The SOAP envelope: writing its header, reading faults and the list of response messages.

use jiff::SignedDuration;

use super::{
    failure::Failure,
    version::ServerVersion,
    xml::{Element, Walker, Xml, XmlError},
};

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const TYPES: &str = "http://schemas.microsoft.com/exchange/services/2006/types";
const MESSAGES: &str = "http://schemas.microsoft.com/exchange/services/2006/messages";

/// One request. The prefixes are `soap`, `m` (messages) and `t` (types).
pub(crate) fn write(version: ServerVersion, impersonate: Option<&str>, body: &str) -> String {
    let mut xml = Xml::new();
    xml.raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
    xml.open(
        "soap:Envelope",
        &[
            ("xmlns:soap", SOAP),
            ("xmlns:m", MESSAGES),
            ("xmlns:t", TYPES),
        ],
    );
    xml.open("soap:Header", &[]);
    xml.empty("t:RequestServerVersion", &[("Version", version.name())]);
    if let Some(address) = impersonate {
        xml.open("t:ExchangeImpersonation", &[])
            .open("t:ConnectingSID", &[]);
        xml.leaf("t:PrimarySmtpAddress", address);
        xml.close("t:ConnectingSID")
            .close("t:ExchangeImpersonation");
    }
    xml.close("soap:Header").open("soap:Body", &[]).raw(body);
    xml.close("soap:Body").close("soap:Envelope");
    xml.finish()
}

/// What one response message of an operation carries.
pub(crate) trait Payload: Default {
    /// Local name of the operation's response element.
    const RESPONSE: &'static str;

    /// Reads one child of the response message. Must consume the element, unknown ones by
    /// [`Walker::skip`].
    fn element(&mut self, element: &Element<'_>, walker: &mut Walker<'_>) -> Result<(), XmlError>;
}

/// An answer: one entry per question, or a refusal of the whole call.
#[derive(Debug)]
pub(crate) enum Reply<T> {
    /// The response messages in order. Never empty.
    Messages(Vec<Result<T, Failure>>),
    /// A SOAP fault.
    Fault(Failure),
}

/// Reads an envelope to its very end; a cut one is an error however much could be read.
pub(crate) fn read<T: Payload>(text: &str) -> Result<Reply<T>, XmlError> {
    read_as(text, &T::default)
}

/// The same, each message read into one of these.
pub(crate) fn read_as<T: Payload>(text: &str, make: &dyn Fn() -> T) -> Result<Reply<T>, XmlError> {
    let mut walker = Walker::new(text);
    let walker = &mut walker;
    let root = walker.child()?.ok_or(XmlError::Truncated)?;
    if root.name() != "Envelope" {
        return Err(XmlError::Unexpected);
    }
    let mut reply = None;
    while let Some(part) = walker.child()? {
        if part.name() != "Body" {
            walker.skip()?;
            continue;
        }
        while let Some(content) = walker.child()? {
            match content.name() {
                "Fault" => reply = Some(Reply::Fault(fault(walker)?)),
                name if name == T::RESPONSE => {
                    reply = Some(Reply::Messages(messages(walker, make)?))
                }
                _ => walker.skip()?,
            }
        }
    }
    match reply {
        Some(Reply::Messages(messages)) if messages.is_empty() => Err(XmlError::Unexpected),
        Some(reply) => Ok(reply),
        None => Err(XmlError::Unexpected),
    }
}

fn messages<T: Payload>(
    walker: &mut Walker<'_>,
    make: &dyn Fn() -> T,
) -> Result<Vec<Result<T, Failure>>, XmlError> {
    let mut all = Vec::new();
    while let Some(list) = walker.child()? {
        if list.name() != "ResponseMessages" {
            walker.skip()?;
            continue;
        }
        while let Some(message) = walker.child()? {
            let class = message.attribute("ResponseClass")?;
            all.push(one_message(class.as_deref(), walker, make())?);
        }
    }
    Ok(all)
}

fn one_message<T: Payload>(
    class: Option<&str>,
    walker: &mut Walker<'_>,
    mut payload: T,
) -> Result<Result<T, Failure>, XmlError> {
    let mut report = Report::default();
    while let Some(element) = walker.child()? {
        if !report.element(&element, walker)? {
            payload.element(&element, walker)?;
        }
    }
    let done = match class {
        Some("Success") => true,
        // A warning carries its result, but for entries that were not worked on at all.
        Some("Warning") => report.code != "ErrorBatchProcessingStopped",
        Some(_) => false,
        None => report.code == "NoError",
    };
    Ok(if done {
        Ok(payload)
    } else {
        Err(report.into_failure())
    })
}

/// SOAP 1.1 section 4.4, with Exchange's detail; SOAP 1.2 names are understood too.
fn fault(walker: &mut Walker<'_>) -> Result<Failure, XmlError> {
    let mut report = Report::default();
    let mut fault_code = String::new();
    let mut denied = false;
    while let Some(element) = walker.child()? {
        match element.name() {
            "faultcode" => fault_code = walker.text()?,
            "faultstring" => {
                let text = walker.text()?;
                denied |= text.contains("AccessDeniedException");
                report.hint(&text);
            }
            "detail" | "Detail" => {
                while let Some(element) = walker.child()? {
                    if !report.element(&element, walker)? {
                        walker.skip()?;
                    }
                }
            }
            _ => walker.skip()?,
        }
    }
    if report.code.is_empty() {
        let code = fault_code.trim().rsplit(':').next().unwrap_or_default();
        let code = match code {
            // Old servers name the exception instead of a code.
            _ if denied => "ErrorAccessDenied",
            "" => "Fault",
            code => code,
        };
        report.code = code.to_owned();
    }
    Ok(report.into_failure())
}

/// The elements by which Exchange says how it went.
#[derive(Debug, Default)]
struct Report {
    code: String,
    back_off: Option<SignedDuration>,
    busy: bool,
    property: Option<String>,
}

impl Report {
    /// Reads an element if it belongs to the report; says whether it did.
    fn element(
        &mut self,
        element: &Element<'_>,
        walker: &mut Walker<'_>,
    ) -> Result<bool, XmlError> {
        match element.name() {
            "ResponseCode" => walker.text()?.trim().clone_into(&mut self.code),
            "MessageText" | "Message" => {
                let text = walker.text()?;
                self.hint(&text);
            }
            "MessageXml" => self.message_xml(walker)?,
            "DescriptiveLinkKey" => walker.skip()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn message_xml(&mut self, walker: &mut Walker<'_>) -> Result<(), XmlError> {
        while let Some(element) = walker.child()? {
            if let Some(uri) = element.attribute("FieldURI")? {
                let key = element.attribute("FieldIndex")?;
                self.property = Some(key.map_or(uri.clone(), |key| format!("{uri}#{key}")));
            }
            let name = element.attribute("Name")?.unwrap_or_default();
            let text = walker.text()?;
            match name.as_str() {
                "BackOffMilliseconds" => {
                    let millis = text
                        .trim()
                        .parse::<i64>()
                        .ok()
                        .filter(|millis| *millis >= 0);
                    self.back_off = millis.map(SignedDuration::from_millis);
                }
                "InnerErrorResponseCode" => self.hint(&text),
                _ => {}
            }
        }
        Ok(())
    }

    /// Throttling also hides inside other errors, as an inner code or in the text.
    fn hint(&mut self, text: &str) {
        self.busy |= text.contains("ErrorServerBusy");
    }

    fn into_failure(self) -> Failure {
        let code = match self.code.as_str() {
            _ if self.busy => "ErrorServerBusy".to_owned(),
            "" | "NoError" => "ErrorWithoutCode".to_owned(),
            _ => self.code,
        };
        Failure {
            code,
            back_off: self.back_off,
            property: self.property,
        }
    }
}
