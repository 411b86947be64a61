//! Wire values: instants, classes, lists, mailboxes.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use ssi_domain::{Address, port::ItemClass};

use super::xml::{Walker, XmlError};

/// An `xs:dateTime`; without an offset it is UTC (mail-apis.md 2.10). `None` when unreadable.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let at = text.parse::<Timestamp>().ok().or_else(|| {
        text.parse::<DateTime>()
            .ok()?
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp())
    })?;
    // Both databases keep microseconds.
    Timestamp::from_microsecond(at.as_microsecond()).ok()
}

/// What an item is by its class name, or by its element when the class is empty.
pub(crate) fn class(name: &str, element: &str) -> ItemClass {
    let name = name.trim();
    let is = |stem: &str| {
        let head = name.get(..stem.len());
        let rest = name.get(stem.len()..);
        head.is_some_and(|head| head.eq_ignore_ascii_case(stem))
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    match () {
        () if is("IPM.Note") => ItemClass::Message,
        () if is("REPORT") => ItemClass::Report,
        () if is("IPM.Schedule.Meeting") => ItemClass::MeetingNotice,
        () if !name.is_empty() => ItemClass::Other(name.to_owned()),
        () => match element {
            "Message" => ItemClass::Message,
            "MeetingMessage" | "MeetingRequest" | "MeetingResponse" | "MeetingCancellation" => {
                ItemClass::MeetingNotice
            }
            other => ItemClass::Other(other.to_owned()),
        },
    }
}

/// The texts of a list of `String` elements; empty ones are left out.
pub(crate) fn strings(walker: &mut Walker<'_>) -> Result<Vec<String>, XmlError> {
    let mut all = Vec::new();
    while walker.child()?.is_some() {
        let text = walker.text()?;
        if !text.trim().is_empty() {
            all.push(text);
        }
    }
    Ok(all)
}

/// A mailbox as it stands on an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mailbox {
    name: String,
    address: String,
    routing: String,
}

impl Mailbox {
    /// Reads a list of `Mailbox` elements (one for `From` and `Sender`).
    pub(crate) fn read_all(walker: &mut Walker<'_>) -> Result<Vec<Self>, XmlError> {
        let mut all = Vec::new();
        while walker.child()?.is_some() {
            let mut mailbox = Self::default();
            while let Some(element) = walker.child()? {
                match element.name() {
                    "Name" => mailbox.name = walker.text()?,
                    "EmailAddress" => mailbox.address = walker.text()?.trim().to_owned(),
                    "RoutingType" => mailbox.routing = walker.text()?,
                    _ => walker.skip()?,
                }
            }
            if mailbox != Self::default() {
                all.push(mailbox);
            }
        }
        Ok(all)
    }

    /// Whether the address is Exchange's own (X.500 form) or missing, so that a hidden SMTP address is
    /// better.
    pub(crate) fn is_internal(&self) -> bool {
        self.routing.trim().eq_ignore_ascii_case("EX")
            || self.address.is_empty()
            || self
                .address
                .get(..3)
                .is_some_and(|head| head.eq_ignore_ascii_case("/o="))
    }

    /// The same mailbox with another address.
    pub(crate) fn with_address(mut self, address: String) -> Self {
        self.address = address;
        self
    }

    /// The address as written.
    pub(crate) fn into_address(self) -> Address {
        Address {
            name: self.name,
            address: self.address,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_utc_unless_they_say_otherwise() {
        let at = |text| instant(text).map(|at| at.to_string());
        assert_eq!(
            at("2013-08-29T15:22:10Z").as_deref(),
            Some("2013-08-29T15:22:10Z")
        );
        assert_eq!(
            at(" 2013-08-29T15:22:10 ").as_deref(),
            Some("2013-08-29T15:22:10Z")
        );
        assert_eq!(
            at("2013-08-29T15:22:10+02:00").as_deref(),
            Some("2013-08-29T13:22:10Z")
        );
        assert_eq!(
            at("2013-08-29T15:22:10.1234567Z").as_deref(),
            Some("2013-08-29T15:22:10.123456Z")
        );
        assert_eq!(at("yesterday"), None);
        assert_eq!(at(""), None);
    }

    /// EM-38
    #[test]
    fn classes_are_told_by_stem() {
        for (name, element, meant) in [
            ("IPM.Note", "Message", ItemClass::Message),
            (
                "ipm.note.SMIME.MultipartSigned",
                "Message",
                ItemClass::Message,
            ),
            (
                "IPM.Notebook",
                "Message",
                ItemClass::Other("IPM.Notebook".into()),
            ),
            ("REPORT.IPM.Note.NDR", "Item", ItemClass::Report),
            (
                "IPM.Schedule.Meeting.Request",
                "MeetingRequest",
                ItemClass::MeetingNotice,
            ),
            ("IPM.Post", "PostItem", ItemClass::Other("IPM.Post".into())),
            ("", "Message", ItemClass::Message),
            ("", "MeetingCancellation", ItemClass::MeetingNotice),
            ("", "Contact", ItemClass::Other("Contact".into())),
        ] {
            assert_eq!(class(name, element), meant, "{name} {element}");
        }
    }
}
