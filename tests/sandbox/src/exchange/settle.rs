//! What the server makes of an event, a task or a contact before it keeps it: defaults, derived values, and
//! the normalising that a client meets again when it reads its own write back.

use std::sync::Arc;

use jiff::Timestamp;

use super::attendee::People;
use super::fields::Kind;
use super::item::{Body, Draft};
use super::property::{Address, Value};
use super::zone::Zone;
use super::{Failure, calendar, contact, task};

/// Longest text of a single property, in bytes; Exchange truncates subjects at 255 characters and refuses
/// properties of many kilobytes.
const MAX_TEXT: usize = 32 << 10;
/// Longest subject and longest category, in characters.
const MAX_SUBJECT: usize = 255;
/// Most categories of an item.
const MAX_CATEGORIES: usize = 500;

/// What settling an item depends on besides the item.
pub(super) struct Surroundings<'a> {
    /// Time.
    pub now: Timestamp,
    /// Owner of the mailbox.
    pub owner: &'a Address,
    /// Everybody's display name.
    pub people: &'a People,
    /// Zone of the request, for events without one of their own.
    pub zone: &'a Zone,
}

/// Settles an item after a write; `before` is what it was, `None` when it is new. Mail is left alone.
///
/// # Errors
/// What the server refuses, for instance `ErrorCalendarEndDateIsEarlierThanStartDate`.
pub(super) fn settle(
    draft: &mut Draft,
    before: Option<&Draft>,
    around: &Surroundings<'_>,
) -> Result<(), Failure> {
    if !draft.kind.is_personal() {
        return Ok(());
    }
    common(draft, before)?;
    match draft.kind {
        Kind::CalendarItem => calendar::settle(draft, before, around),
        Kind::Task => task::settle(draft, before, around),
        Kind::Contact => contact::settle(draft, before),
        _ => Ok(()),
    }
}

/// Values of the enumerations a client may write (MS-OXWSCDATA, MS-OXWSCORE, MS-OXWSTASK).
const CHOICES: [(&str, &[&str]); 4] = [
    ("Importance", &["Low", "Normal", "High"]),
    (
        "Sensitivity",
        &["Normal", "Personal", "Private", "Confidential"],
    ),
    (
        "LegacyFreeBusyStatus",
        &[
            "Free",
            "Tentative",
            "Busy",
            "OOF",
            "WorkingElsewhere",
            "NoData",
        ],
    ),
    (
        "Status",
        &[
            "NotStarted",
            "InProgress",
            "Completed",
            "WaitingOnOthers",
            "Deferred",
        ],
    ),
];

fn is_choice(name: &str, text: &str) -> bool {
    let known = CHOICES.iter().find(|(known, _)| *known == name);
    known.is_none_or(|(_, choices)| choices.contains(&text.trim()))
}

fn common(draft: &mut Draft, before: Option<&Draft>) -> Result<(), Failure> {
    for (name, value) in &mut draft.properties {
        match value {
            Value::Text(text) if !is_choice(name, text) => return Err(Failure::SCHEMA),
            Value::Text(text) if text.len() > MAX_TEXT => return Err(Failure::TOO_BIG),
            Value::Text(text) if *name == "Subject" => {
                // MAPI splits subjects into prefix and rest; trailing white space does not survive it
                // (MS-OXCMSG, `PidTagNormalizedSubject`).
                let kept: String = text.trim_end().chars().take(MAX_SUBJECT).collect();
                *text = kept;
            }
            Value::Time(at) => *at = whole_seconds(*at),
            _ => {}
        }
    }
    if before.is_none_or(|before| before.body != draft.body) {
        draft.body = body(&draft.body);
    }
    let properties = &mut draft.properties;
    for (name, value) in [("Importance", "Normal"), ("Sensitivity", "Normal")] {
        properties
            .entry(name)
            .or_insert_with(|| Value::Text(value.to_owned()));
    }
    if let Some(Value::Strings(categories)) = properties.get_mut("Categories") {
        let too_long = |name: &String| name.chars().count() > MAX_SUBJECT;
        if categories.len() > MAX_CATEGORIES || categories.iter().any(too_long) {
            return Err(Failure::TOO_BIG);
        }
        let mut seen = std::collections::HashSet::new();
        // Names are compared without regard to case; the first spelling stays.
        categories.retain(|name| !name.is_empty() && seen.insert(name.to_lowercase()));
    }
    properties
        .entry("ReminderIsSet")
        .or_insert(Value::Bool(false));
    Ok(())
}

/// Exchange keeps and answers whole seconds.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// HTML comes back as a whole document with a `meta` element that names the encoding, text with CR LF at line
/// ends: the store keeps RTF or its own HTML and renders it on reading.
/// <https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxbbody/>
fn body(written: &Body) -> Body {
    Body {
        html: written.html.as_deref().map(|html| document(html).into()),
        text: written
            .text
            .as_deref()
            .map(|text| Arc::from(line_ends(text))),
    }
}

fn line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

const META: &str = "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">";

fn document(html: &str) -> String {
    let html = line_ends(html.trim_end());
    let lower = html.to_ascii_lowercase();
    if lower.contains("<html") {
        if lower.contains("http-equiv=\"content-type\"") {
            return format!("{html}\r\n");
        }
        // A document without the meta element gets one.
        return match lower.find("<head>") {
            Some(at) => {
                let (start, rest) = html.split_at(at + "<head>".len());
                format!("{start}\r\n{META}{rest}\r\n")
            }
            None => match lower.find("<body") {
                Some(at) => {
                    let (start, rest) = html.split_at(at);
                    format!("{start}<head>\r\n{META}\r\n</head>\r\n{rest}\r\n")
                }
                None => format!("{html}\r\n"),
            },
        };
    }
    format!("<html>\r\n<head>\r\n{META}\r\n</head>\r\n<body>\r\n{html}\r\n</body>\r\n</html>\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_comes_back_as_a_document_and_does_not_grow_with_every_write() {
        let html = |text: &str| Body {
            html: Some(text.into()),
            text: None,
        };
        let once = body(&html("<p>Größe</p>\n"));
        let text = once.html.as_deref().unwrap();
        assert!(text.starts_with("<html>\r\n<head>\r\n<meta "), "{text}");
        assert!(text.contains("<body>\r\n<p>Größe</p>\r\n</body>"), "{text}");
        let twice = body(&once);
        assert_eq!(twice, once);
        let own = body(&html("<html><head></head><body>x</body></html>"));
        assert!(own.html.unwrap().contains("<head>\r\n<meta http-equiv"));
        let headless = body(&html("<HTML><BODY bgcolor=red>x</BODY></HTML>"));
        assert!(headless.html.unwrap().starts_with("<HTML><head>\r\n<meta"));
    }

    #[test]
    fn text_gets_the_line_ends_of_windows() {
        let text = Body {
            html: None,
            text: Some("a\nb\r\nc".into()),
        };
        assert_eq!(body(&text).text.as_deref(), Some("a\r\nb\r\nc"));
    }

    fn around<'a>(owner: &'a Address, people: &'a People, zone: &'a Zone) -> Surroundings<'a> {
        Surroundings {
            now: "2026-11-22T08:00:00Z".parse().unwrap(),
            owner,
            people,
            zone,
        }
    }

    fn event(zone: &str, start: &str, end: &str, all_day: bool, recurs: Option<&str>) -> Draft {
        let mut draft = Draft::new(Kind::CalendarItem);
        let properties = &mut draft.properties;
        let zone = Zone::windows(zone).unwrap();
        properties.insert("StartTimeZone", Value::Zone(zone));
        properties.insert("Start", Value::Time(start.parse().unwrap()));
        properties.insert("End", Value::Time(end.parse().unwrap()));
        properties.insert("IsAllDayEvent", Value::Bool(all_day));
        if let Some(pattern) = recurs {
            let range = "<NumberedRecurrence><StartDate>2026-03-01</StartDate><NumberOfOccurrences>9</NumberOfOccurrences></NumberedRecurrence>";
            let recurrence = format!("<Recurrence>{pattern}{range}</Recurrence>");
            let recurrence = crate::xml::Element::parse(recurrence.as_bytes()).unwrap();
            let recurrence = crate::exchange::Recurrence::read(&recurrence).unwrap();
            properties.insert("Recurrence", Value::Recurrence(recurrence));
        }
        draft
    }

    /// A second write of what was read back must change nothing, or a sync never comes to rest.
    #[test]
    fn settling_twice_is_settling_once() {
        let owner = Address {
            name: "Anna".to_owned(),
            email: "anna@sandbox.example".to_owned(),
        };
        let people = People::new();
        let patterns = [
            None,
            Some("<DailyRecurrence><Interval>2</Interval></DailyRecurrence>"),
            Some(
                "<WeeklyRecurrence><Interval>1</Interval><DaysOfWeek>Weekday</DaysOfWeek></WeeklyRecurrence>",
            ),
            Some(
                "<AbsoluteMonthlyRecurrence><Interval>1</Interval><DayOfMonth>31</DayOfMonth></AbsoluteMonthlyRecurrence>",
            ),
            Some(
                "<RelativeYearlyRecurrence><DaysOfWeek>Sunday</DaysOfWeek><DayOfWeekIndex>Last</DayOfWeekIndex><Month>March</Month></RelativeYearlyRecurrence>",
            ),
        ];
        let zones = [
            "W. Europe Standard Time",
            "Samoa Standard Time",
            "Nepal Standard Time",
            "Pacific Standard Time",
            "UTC",
        ];
        // Around the days on which the clocks change, at hours that exist once, twice or never.
        let hours = [
            "2026-03-28T23:30:00Z",
            "2026-03-29T01:00:00Z",
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:30:00.5Z",
        ];
        let mut drafts = Vec::new();
        for zone in zones {
            for start in hours {
                let end: Timestamp = start.parse().unwrap();
                let end = end
                    .checked_add(jiff::SignedDuration::from_mins(90))
                    .unwrap();
                for pattern in patterns {
                    for all_day in [false, true] {
                        drafts.push(event(zone, start, &end.to_string(), all_day, pattern));
                    }
                }
            }
        }
        let mut task = Draft::new(Kind::Task);
        let due = Value::Time("2026-12-24T23:30:00Z".parse().unwrap());
        task.properties.insert("DueDate", due);
        task.properties
            .insert("PercentComplete", Value::Text("33.5".to_owned()));
        task.body.text = Some("a\n\nb \r\n".into());
        let mut contact = Draft::new(Kind::Contact);
        contact
            .properties
            .insert("Surname", Value::Text("Huber".to_owned()));
        contact
            .properties
            .insert("FileAsMapping", Value::Text("LastFirstCompany".to_owned()));
        contact.body.html = Some("<b>x</b>\n\n".into());
        drafts.extend([task, contact]);
        let zone = Zone::windows("Tokyo Standard Time").unwrap();
        let all = drafts.len();
        let mut settled = 0;
        for mut once in drafts {
            match settle(&mut once, None, &around(&owner, &people, &zone)) {
                // Two days long and every day is refused, as it should be.
                Err(refused) => {
                    assert_eq!(refused, Failure::SPAN_TOO_BIG);
                    continue;
                }
                Ok(()) => settled += 1,
            }
            let mut twice = once.clone();
            settle(&mut twice, Some(&once), &around(&owner, &people, &zone)).unwrap();
            twice.properties.remove("ChangeCount");
            once.properties.remove("ChangeCount");
            assert_eq!(twice.properties, once.properties);
            assert_eq!(twice.body, once.body);
        }
        assert!(settled * 10 > all * 9, "{settled} of {all}");
    }
}
