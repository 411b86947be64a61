//! Single occurrences of a series: how one stands as long as nobody changes it, and what a record of the CRM that is
//! one has to do with it (CAL-64, docs/decisions/0056).

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use crate::{
    ItemId, Record, RecordRef, Trace, Value,
    mapping::{
        Flow, Table,
        convert::{same, to_crm},
    },
    merge::{Baseline, DigestKey},
    port::{Item, Series},
    recurrence::{Recurrence, Start},
    zone,
};

/// What a record says about the series it is an occurrence of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartOf {
    /// The record of the series, where the CRM names it.
    pub series: Option<RecordRef>,
    /// The key of the series; empty where the CRM names none.
    pub key: String,
    /// The day it had in the series, by the series' own clock.
    pub day: Date,
}

impl PartOf {
    /// Reads it off a record; `None`: it is no occurrence.
    pub fn of(record: &Record) -> Option<Self> {
        let Some(Value::Date(day)) = record.get("original_start") else {
            return None;
        };
        let series = match record.get("series") {
            Some(Value::Ref(series)) => Some(series.clone()),
            _ => None,
        };
        let key = record.text("series_key").to_owned();
        (series.is_some() || !key.is_empty()).then_some(Self {
            series,
            key,
            day: *day,
        })
    }
}

/// Where an occurrence of a series stands in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// It was changed before: an item of its own.
    Changed(ItemId),
    /// It is as the series says. It has this number, from 1, in which those taken out count too.
    Plain(u32),
    /// It was taken out.
    TakenOut,
    /// The series has none on that day.
    None,
}

/// Where the occurrence of a day stands in the series of this master.
pub fn spot(master: &Item, day: Date) -> Spot {
    let series = master.event.as_ref().map(|event| &event.series);
    let Some(Series::Master {
        exceptions,
        deleted,
        ..
    }) = series
    else {
        return Spot::None;
    };
    let then = |at: &Timestamp| day_of(&master.record, *at) == day;
    if let Some((id, _)) = exceptions.iter().find(|(_, start)| then(start)) {
        return Spot::Changed(id.clone());
    }
    if deleted.iter().any(then) {
        return Spot::TakenOut;
    }
    let number = rule(&master.record).and_then(|(rule, _)| rule.number_of(day));
    number.map_or(Spot::None, Spot::Plain)
}

/// The occurrence of a day as the series has it; `None` when the series' times cannot be read.
pub fn plain(series: &Record, day: Date) -> Option<Record> {
    let start = match series.get("start")? {
        Value::Date(_) => Start::Day(day),
        Value::Instant(at) => {
            let home = home(series);
            Start::Wall(home.to_datetime(*at), home)
        }
        _ => return None,
    };
    let mut record = at(series, start.on(day)?.at, day)?;
    record.remove("recurrence");
    Some(record)
}

/// The fields of a series with the times of an occurrence that starts at `start`, on that day of the series' clock.
pub fn at(series: &Record, start: Timestamp, day: Date) -> Option<Record> {
    let mut record = series.clone();
    match (series.get("start")?, series.get("end")?) {
        (Value::Instant(first), Value::Instant(last)) => {
            let length: SignedDuration = last.duration_since(*first);
            record.set("start", start);
            record.set("end", start.checked_add(length).ok()?);
        }
        (Value::Date(first), Value::Date(last)) => {
            let length = first.until(*last).ok()?;
            record.set("start", Value::Date(day));
            record.set("end", Value::Date(day.checked_add(length).ok()?));
        }
        _ => return None,
    }
    Some(record)
}

/// What both sides of an occurrence agreed on as long as nobody changed it: it was as its series says. What the CRM
/// leaves empty, and what it holds in words of its own, was so from the beginning.
pub fn agreed(key: &DigestKey, table: &Table, plain: &Record, crm: &Record) -> Baseline {
    let mut theirs = Record::new();
    for row in table.rows().iter().filter(|row| row.flow != Flow::None) {
        let ours = plain
            .get(&row.name)
            .and_then(|value| to_crm(row, value, &mut Trace::new()));
        let now = crm.get(&row.name);
        // Zones have other names there, and say nothing beside the times.
        let unmoved = row.name == "zone" || same(now, None) || same(ours.as_ref(), now);
        if let Some(value) = if unmoved { now.cloned() } else { ours } {
            theirs.set(&row.name, value);
        }
    }
    // It names whom it names: which mailbox it belongs to is said by its series.
    Baseline::of(key, table, plain, &theirs).naming(Some(false))
}

fn rule(series: &Record) -> Option<(Recurrence, Start)> {
    let start = match series.get("start")? {
        Value::Date(day) => Start::Day(*day),
        Value::Instant(at) => {
            let home = home(series);
            Start::Wall(home.to_datetime(*at), home)
        }
        _ => return None,
    };
    let rule = Recurrence::parse_rrule(series.text("recurrence"), &start).ok()?;
    Some((rule, start))
}

/// The day of the occurrence of a series that starts at `start`, by the series' own clock. A whole day starts at
/// midnight by the server's table of zones, which may be older or newer than ours: by noon it is that day in both.
pub fn day_of(series: &Record, start: Timestamp) -> Date {
    const HALF_A_DAY: SignedDuration = SignedDuration::from_hours(12);
    let whole = matches!(series.get("start"), Some(Value::Date(_)));
    let within = match whole {
        true => start.checked_add(HALF_A_DAY).unwrap_or(start),
        false => start,
    };
    home(series).to_datetime(within).date()
}

/// The zone by whose clock a series counts its days.
fn home(series: &Record) -> TimeZone {
    zone::get(series.text("zone")).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::{
        Kind, RecordId, Version,
        port::{EventFacts, EventRole, ItemClass},
    };

    /// Every Tuesday at nine in Berlin, from 6 October 2026, over the end of summer time.
    fn tuesdays(exceptions: Vec<(ItemId, Timestamp)>, deleted: Vec<Timestamp>) -> Item {
        let record = Record::new()
            .with("subject", "Stand-up")
            .with("location", "Hall")
            .with("start", Value::Instant(moment("2026-10-06T07:00:00Z")))
            .with("end", Value::Instant(moment("2026-10-06T08:00:00Z")))
            .with("zone", Value::Zone("Europe/Berlin".into()))
            .with("recurrence", "FREQ=WEEKLY;BYDAY=TU;COUNT=6");
        Item {
            id: ItemId::new("master"),
            version: Version::new("1"),
            folder: None,
            kind: Kind::Appointment,
            class: ItemClass::Other("IPM.Appointment".into()),
            record,
            categories: Vec::new(),
            size_bytes: 0,
            attachments: Vec::new(),
            has_attachments: false,
            link: None,
            wish: None,
            event: Some(EventFacts {
                uid: "uid".into(),
                role: EventRole::Organizer,
                meeting: false,
                cancelled: false,
                series: Series::Master {
                    exceptions,
                    deleted,
                    not_representable: None,
                },
            }),
        }
    }

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn table() -> &'static Table {
        Table::of(Kind::Appointment).unwrap()
    }

    /// CAL-64: by number, those taken out counted; what is changed or taken out, and days without one.
    #[test]
    fn an_occurrence_is_found_by_its_day() {
        let changed = (ItemId::new("changed"), moment("2026-10-27T08:00:00Z"));
        let series = tuesdays(vec![changed], vec![moment("2026-10-13T07:00:00Z")]);
        for (day, spot_of) in [
            (date(2026, 10, 6), Spot::Plain(1)),
            (date(2026, 10, 13), Spot::TakenOut),
            (date(2026, 10, 20), Spot::Plain(3)),
            (date(2026, 10, 27), Spot::Changed(ItemId::new("changed"))),
            (date(2026, 11, 10), Spot::Plain(6)),
            (date(2026, 11, 11), Spot::None),
            (date(2026, 11, 17), Spot::None),
            (date(2026, 9, 29), Spot::None),
        ] {
            assert_eq!(spot(&series, day), spot_of, "{day}");
        }
    }

    /// INV-16: nine o'clock is nine o'clock on either side of a change of clocks.
    #[test]
    fn an_occurrence_nobody_changed_keeps_the_wall_clock() {
        let series = tuesdays(Vec::new(), Vec::new());
        let plain = plain(&series.record, date(2026, 10, 27)).unwrap();
        let at = |field: &str| plain.get(field).cloned();
        assert_eq!(
            at("start"),
            Some(Value::Instant(moment("2026-10-27T08:00:00Z")))
        );
        assert_eq!(
            at("end"),
            Some(Value::Instant(moment("2026-10-27T09:00:00Z")))
        );
        assert_eq!((at("recurrence"), plain.text("location")), (None, "Hall"));
    }

    #[test]
    fn an_occurrence_of_whole_days_moves_by_days() {
        let series = Record::new()
            .with("start", Value::Date(date(2026, 10, 6)))
            .with("end", Value::Date(date(2026, 10, 8)));
        let plain = plain(&series, date(2026, 11, 3)).unwrap();
        assert_eq!(plain.get("end"), Some(&Value::Date(date(2026, 11, 5))));
    }

    /// What differs from the series was edited; what the CRM leaves empty was not.
    #[test]
    fn only_what_differs_from_the_series_was_edited() {
        let key = DigestKey::new([7; 32]);
        let series = tuesdays(Vec::new(), Vec::new());
        let plain = plain(&series.record, date(2026, 10, 20)).unwrap();
        let crm = Record::new()
            .with("subject", "Stand-up")
            .with("start", Value::Instant(moment("2026-10-20T07:00:00Z")))
            .with("end", Value::Instant(moment("2026-10-20T08:00:00Z")))
            .with("zone", Value::Zone("Europe/Paris".into()));
        let unmoved =
            |crm: &Record| agreed(&key, table(), &plain, crm).crm_unmoved(&key, table(), crm);
        assert!(unmoved(&crm));
        assert!(agreed(&key, table(), &plain, &crm).mail_unmoved(&key, table(), &plain));
        assert!(!unmoved(&crm.clone().with("subject", "Other")));
        let later = Value::Instant(moment("2026-10-20T09:30:00Z"));
        assert!(!unmoved(&crm.with("end", later)));
    }

    #[test]
    fn a_record_without_day_or_series_is_no_occurrence() {
        let day = Record::new().with("original_start", Value::Date(date(2026, 10, 6)));
        assert_eq!(PartOf::of(&day), None);
        assert_eq!(PartOf::of(&Record::new().with("series_key", "uid")), None);
        let series = RecordRef {
            kind: Kind::Appointment,
            id: RecordId::new("series:A"),
        };
        let of = day.with("series", Value::Ref(series.clone()));
        let part = PartOf::of(&of).unwrap();
        assert_eq!((part.series, part.day), (Some(series), date(2026, 10, 6)));
    }

    /// INV-16: a server whose table of zones is another one than ours begins its days an hour off.
    #[test]
    fn a_whole_day_is_that_day_by_any_table_of_zones() {
        let mut series = Record::new();
        series.set("zone", Value::Zone("Europe/Berlin".into()));
        series.set("start", Value::Date(date(2026, 11, 2)));
        for start in [
            "2026-11-08T22:00:00Z",
            "2026-11-08T23:00:00Z",
            "2026-11-09T00:00:00Z",
        ] {
            assert_eq!(
                day_of(&series, start.parse().unwrap()),
                date(2026, 11, 9),
                "{start}"
            );
        }
        series.set(
            "start",
            "2026-11-02T22:30:00Z".parse::<Timestamp>().unwrap(),
        );
        let late = "2026-11-09T22:30:00Z".parse().unwrap();
        assert_eq!(
            day_of(&series, late),
            date(2026, 11, 9),
            "a time counts as it is"
        );
    }
}
