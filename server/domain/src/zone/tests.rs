use jiff::{Timestamp, civil::date, tz::TimeZone};
use proptest::prelude::*;

use super::*;
use crate::recurrence::Weekday;

#[test]
fn windows_ids_in_any_spelling_name_a_zone() {
    for (id, iana) in [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("w. europe standard time", "Europe/Berlin"),
        ("W. Europe Daylight Time", "Europe/Berlin"),
        ("India Standard Time", "Asia/Kolkata"),
        ("FLE Standard Time", "Europe/Kyiv"),
        ("UTC", "UTC"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("Mid-Atlantic Standard Time", "Etc/GMT+2"),
        ("Kamchatka Standard Time", "Asia/Kamchatka"),
    ] {
        assert_eq!(from_windows(id), Some(iana), "{id}");
    }
    for unknown in [
        "",
        "Customized Time Zone",
        "tzone://Microsoft/Custom",
        "Mars Standard Time",
    ] {
        assert_eq!(from_windows(unknown), None, "{unknown}");
    }
    assert!(is_windows("Romance Standard Time") && !is_windows("Europe/Paris"));
}

#[test]
fn iana_names_old_and_new_have_their_windows_id() {
    for (iana, id) in [
        ("Europe/Vienna", "W. Europe Standard Time"),
        ("Europe/Kyiv", "FLE Standard Time"),
        ("Europe/Kiev", "FLE Standard Time"),
        ("Asia/Kolkata", "India Standard Time"),
        ("Asia/Calcutta", "India Standard Time"),
        ("US/Eastern", "Eastern Standard Time"),
        ("america/new_york", "Eastern Standard Time"),
        ("America/Nuuk", "Greenland Standard Time"),
        ("Etc/UTC", "UTC"),
        ("GMT", "UTC"),
    ] {
        assert_eq!(to_windows(iana), Some(id), "{iana}");
    }
    assert_eq!(to_windows("Mars/Olympus"), None);
}

/// What Windows' zones stand for is in the database, and they come back as themselves.
#[test]
fn every_windows_id_comes_back() {
    let mut count = 0;
    for (id, _, iana) in windows::all() {
        assert!(get(iana).is_some(), "{id}: {iana}");
        assert_eq!(to_windows(iana), Some(id), "{iana}");
        count += 1;
    }
    assert!(count > 130, "{count}");
}

#[test]
fn texts_of_other_programs_are_understood() {
    use How::*;
    for (text, iana, how) in [
        ("Europe/Berlin", "Europe/Berlin", Iana),
        ("europe/berlin", "Europe/Berlin", Alias),
        ("\"Europe/Paris\"", "Europe/Paris", Iana),
        ("America/New York", "America/New_York", Alias),
        ("Europe/Kiev", "Europe/Kyiv", Alias),
        ("Asia/Calcutta", "Asia/Kolkata", Alias),
        ("US/Pacific", "America/Los_Angeles", Alias),
        ("US-Eastern", "America/New_York", Alias),
        ("Z", "UTC", Alias),
        ("utc", "UTC", Alias),
        ("GMT", "UTC", Alias),
        ("Romance Standard Time", "Europe/Paris", Windows),
        ("CET", "Europe/Berlin", C4c),
        ("EST", "America/New_York", C4c),
        ("UTC+1", "Etc/GMT-1", C4c),
        ("GMT+0100", "Etc/GMT-1", Offset),
        ("GMT+01:00", "Etc/GMT-1", Offset),
        ("+05:30", "Asia/Kolkata", Offset),
        ("UTC -5", "Etc/GMT+5", C4c),
        ("GMT-0500 (EST)", "Etc/GMT+5", Offset),
        (
            "GMT +0100 (Standard) / GMT +0200 (Daylight)",
            "Europe/Berlin",
            Guess,
        ),
        (
            "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
            "Europe/Berlin",
            Places,
        ),
        (
            "(GMT+01.00) Amsterdam / Berlin / Bern / Rome / Stockholm / Vienna",
            "Europe/Berlin",
            Places,
        ),
        (
            "(GMT+01:00) Brussels, Copenhagen, Madrid, Paris",
            "Europe/Paris",
            Places,
        ),
        (
            "(UTC-05:00) Eastern Time (US & Canada)",
            "America/New_York",
            Places,
        ),
        (
            "(GMT-08:00) Pacific Time (US and Canada)",
            "America/Los_Angeles",
            Places,
        ),
        (
            "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi",
            "Asia/Kolkata",
            Places,
        ),
        ("Amsterdam", "Europe/Amsterdam", Places),
        (
            "/freeassociation.sourceforge.net/Europe/London",
            "Europe/London",
            Alias,
        ),
        (
            "/softwarestudio.org/Olson_20011030_5/America/New_York",
            "America/New_York",
            Alias,
        ),
        (
            "/citadel.org/20190914_1/America/Argentina/Buenos_Aires",
            "America/Argentina/Buenos_Aires",
            Alias,
        ),
    ] {
        let expected = Resolved {
            iana: iana.into(),
            how,
        };
        assert_eq!(read(text), Some(expected), "{text}");
    }
    for unknown in [
        "",
        "  ",
        "\"\"",
        "Customized Time Zone",
        "tzone://Microsoft/Custom",
        "My Calendar Zone",
        "GMT+99",
        "+",
        "/",
        "//",
        "(UTC+01:00)",
        "()",
        "东京",
        "é",
        "GMT+0x10",
        "Central/Nowhere",
    ] {
        assert_eq!(read(unknown), None, "{unknown}");
    }
    assert_eq!(read(&"Europe/Berlin ".repeat(100)), None);
}

#[test]
fn codes_of_c4c_go_both_ways() {
    for (code, iana) in [
        ("CET", "Europe/Berlin"),
        ("cet", "Europe/Berlin"),
        ("UTC", "UTC"),
        ("EST", "America/New_York"),
        ("UTC+1", "Etc/GMT-1"),
        ("UTC-3", "Etc/GMT+3"),
        ("UTC+0", "UTC"),
        ("INDIA", "Asia/Kolkata"),
    ] {
        assert_eq!(from_c4c(code).as_deref(), Some(iana), "{code}");
    }
    for unknown in ["", "XYZ", "UTC+99", "UTC+1:17"] {
        assert_eq!(from_c4c(unknown), None, "{unknown}");
    }
    for (iana, code) in [
        ("Europe/Berlin", "CET"),
        ("Europe/Vienna", "CET"),
        ("Europe/Paris", "CET"),
        ("Europe/Kyiv", "EET"),
        ("Europe/Dublin", "GMTUK"),
        ("America/Toronto", "EST"),
        ("America/Phoenix", "MSTNO"),
        ("Asia/Calcutta", "INDIA"),
        ("Asia/Karachi", "UTC+5"),
        ("Etc/GMT+7", "MSTNO"),
        ("Australia/Melbourne", "AUSNSW"),
        ("Asia/Kathmandu", "UTC"),
        ("Mars/Olympus", "UTC"),
        ("", "UTC"),
    ] {
        assert_eq!(to_c4c(iana), code, "{iana}");
    }
    assert_eq!(to_c4c_among("Australia/Melbourne", |_| true), "AUSVIC");
    // A tenant with few codes.
    let has = |code: &str| matches!(code, "UTC" | "CET");
    assert_eq!(to_c4c_among("Europe/Paris", has), "CET");
    assert_eq!(to_c4c_among("Asia/Karachi", has), "UTC");
    assert_eq!(to_c4c_among("America/New_York", has), "UTC");
}

/// A code that is not `UTC` never moves the clocks on the wall.
#[test]
fn no_code_of_c4c_moves_the_clocks() {
    for name in names() {
        let code = to_c4c(&name);
        let back = from_c4c(&code).unwrap();
        assert!(code.len() <= 10, "{code}");
        assert!(
            code == "UTC" || rules::agree(&name, &back),
            "{name}: {code} is {back}"
        );
    }
}

#[test]
fn zones_without_a_name_are_found_by_their_rules() {
    let last_sunday = |month, minute| Change {
        month,
        week: 5,
        weekday: Weekday::Sunday,
        minute,
    };
    let europe = OffsetRules {
        standard: 60,
        daylight: Some(Daylight {
            offset: 120,
            begins: last_sunday(3, 120),
            ends: last_sunday(10, 180),
        }),
    };
    assert_eq!(from_rules(&europe, None).unwrap().iana, "Europe/Berlin");
    let hinted = from_rules(&europe, Some("Romance Standard Time")).unwrap();
    assert_eq!(hinted.iana, "Europe/Paris");
    // A name that says something else than its rules is not believed.
    assert_eq!(
        from_rules(&europe, Some("Tokyo Standard Time"))
            .unwrap()
            .iana,
        "Europe/Berlin"
    );
    let sunday = |month, week| Change {
        month,
        week,
        weekday: Weekday::Sunday,
        minute: 120,
    };
    let eastern = OffsetRules {
        standard: -300,
        daylight: Some(Daylight {
            offset: -240,
            begins: sunday(3, 2),
            ends: sunday(11, 1),
        }),
    };
    assert_eq!(
        from_rules(&eastern, Some("Customized Time Zone"))
            .unwrap()
            .iana,
        "America/New_York"
    );
    let fixed = |standard| OffsetRules {
        standard,
        daylight: None,
    };
    assert_eq!(from_rules(&fixed(330), None).unwrap().iana, "Asia/Kolkata");
    assert_eq!(from_rules(&fixed(-180), None).unwrap().iana, "Etc/GMT+3");
    assert_eq!(from_rules(&fixed(17), None), None);
    assert_eq!(from_rules(&fixed(i32::MIN + 1), None), None);
    let odd = OffsetRules {
        daylight: Some(Daylight {
            offset: 90,
            begins: sunday(13, 2),
            ends: sunday(0, 9),
        }),
        ..europe
    };
    assert_eq!(from_rules(&odd, None), None);
}

/// INV-16: what `keeps_offsets` promises holds at every instant, and most zones are promised.
#[test]
fn a_promised_zone_keeps_its_offsets_over_windows() {
    let (mut promised, mut with_id) = (0, 0);
    for name in names() {
        let Some(id) = to_windows(&name) else {
            assert!(!keeps_offsets(&name));
            continue;
        };
        with_id += 1;
        if !keeps_offsets(&name) {
            continue;
        }
        promised += 1;
        let (zone, back) = (get(&name).unwrap(), get(from_windows(id).unwrap()).unwrap());
        let mut at = date(2020, 1, 1)
            .to_zoned(TimeZone::UTC)
            .unwrap()
            .timestamp();
        let end = date(2036, 1, 1)
            .to_zoned(TimeZone::UTC)
            .unwrap()
            .timestamp();
        while at < end {
            assert_eq!(zone.to_offset(at), back.to_offset(at), "{name} {id} {at}");
            at += jiff::SignedDuration::from_hours(61);
        }
    }
    assert!(with_id > 400, "{with_id}");
    assert!(promised * 10 > with_id * 9, "{promised} of {with_id}");
}

/// Windows' own zones are what CLDR promises without exception.
#[test]
fn zones_that_stand_for_a_windows_id_always_keep_their_offsets() {
    for (id, _, iana) in windows::all() {
        assert!(keeps_offsets(iana), "{id}: {iana}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_odd(text in ".{0,60}") {
        let _ = (read(&text), from_windows(&text), to_windows(&text), from_c4c(&text));
        prop_assert!(!to_c4c(&text).is_empty());
    }

    #[test]
    fn what_is_read_is_a_zone(text in "[A-Za-z+/(): 0-9]{1,20}") {
        if let Some(found) = read(&text) {
            let zone = get(&found.iana);
            prop_assert!(zone.is_some(), "{}", found.iana);
            prop_assert!(zone.unwrap().to_offset(Timestamp::UNIX_EPOCH).seconds().abs() <= 26 * 3600);
        }
    }
}
