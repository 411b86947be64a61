//! Wire values: instants, classes, lists, mailboxes.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
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

/// The day an `xs:date` or `xs:dateTime` is written with, whatever offset follows it
/// (`2014-03-08-08:00`). `None` when unreadable.
pub(crate) fn civil_date(text: &str) -> Option<Date> {
    text.trim().get(..10)?.parse().ok()
}

/// The day meant by an `xs:dateTime` of a property that knows days only. Clients write midnight of their
/// own zone, so `2026-03-04T23:00:00Z` is the fifth of March; other times of day are taken as written.
pub(crate) fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    let written = civil_date(text)?;
    let Some(time) = text.get(11..19).and_then(|time| time.parse::<Time>().ok()) else {
        return Some(written);
    };
    // All zones are whole quarters of an hour from UTC, at most 12 hours west of it.
    let is_midnight_somewhere = time.second() == 0 && time.minute() % 15 == 0;
    if is_midnight_somewhere && time.hour() > 12 {
        return written.tomorrow().ok();
    }
    Some(written)
}

/// A word of an enumeration in our spelling: `NotStarted` becomes `not_started`, `OOF` `oof`.
pub(crate) fn snake_case(word: &str) -> String {
    let mut out = String::with_capacity(word.len() + 4);
    let mut after_small = false;
    for c in word.trim().chars() {
        if c.is_ascii_uppercase() && after_small {
            out.push('_');
        }
        after_small = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(c.to_ascii_lowercase());
    }
    out
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
    /// Reads a list of `Mailbox` elements (one for `From`, `Sender` and `Organizer`), or of `Attendee`
    /// elements with one each.
    pub(crate) fn read_all(walker: &mut Walker<'_>) -> Result<Vec<Self>, XmlError> {
        let mut all = Vec::new();
        while let Some(element) = walker.child()? {
            let mailbox = if element.name() == "Attendee" {
                Self::of_attendee(walker)?
            } else {
                Self::read(walker)?
            };
            if mailbox != Self::default() {
                all.push(mailbox);
            }
        }
        Ok(all)
    }

    fn of_attendee(walker: &mut Walker<'_>) -> Result<Self, XmlError> {
        let mut mailbox = Self::default();
        while let Some(element) = walker.child()? {
            match element.name() {
                "Mailbox" => mailbox = Self::read(walker)?,
                _ => walker.skip()?,
            }
        }
        Ok(mailbox)
    }

    fn read(walker: &mut Walker<'_>) -> Result<Self, XmlError> {
        let mut mailbox = Self::default();
        while let Some(element) = walker.child()? {
            match element.name() {
                "Name" => mailbox.name = walker.text()?,
                "EmailAddress" => mailbox.address = walker.text()?.trim().to_owned(),
                "RoutingType" => mailbox.routing = walker.text()?,
                _ => walker.skip()?,
            }
        }
        Ok(mailbox)
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

    /// INV-16
    #[test]
    fn days_are_those_their_writer_meant() {
        for (text, meant) in [
            ("2026-03-05T00:00:00Z", "2026-03-05"),
            ("2026-03-04T23:00:00Z", "2026-03-05"),
            ("2026-03-04T18:15:00Z", "2026-03-05"),
            ("2026-03-05T08:00:00Z", "2026-03-05"),
            ("2026-03-05T11:59:00Z", "2026-03-05"),
            ("2026-03-05T12:00:00Z", "2026-03-05"),
            ("2006-10-26T21:32:52Z", "2006-10-26"),
            ("2026-03-05T00:00:00+01:00", "2026-03-05"),
            ("2014-03-08-08:00", "2014-03-08"),
            ("1604-02-29T23:00:00Z", "1604-03-01"),
        ] {
            assert_eq!(day(text).unwrap().to_string(), meant, "{text}");
        }
        for bad in ["", "soon", "2026-13-01", "2026"] {
            assert_eq!(day(bad), None, "{bad}");
        }
        assert_eq!(day("9999-12-31T23:00:00Z"), None);
    }

    #[test]
    fn words_are_spelled_in_snake_case() {
        for (word, ours) in [
            ("NotStarted", "not_started"),
            ("WaitingOnOthers", "waiting_on_others"),
            ("OOF", "oof"),
            (" High ", "high"),
            ("NoData", "no_data"),
        ] {
            assert_eq!(snake_case(word), ours);
        }
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
