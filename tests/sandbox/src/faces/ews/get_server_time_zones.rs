//! GetServerTimeZones: a few Windows zones with their present rules.
//! <https://learn.microsoft.com/exchange/client-developer/web-service-reference/getservertimezones-operation>

use super::operation::Call;
use super::soap::Answer;
use crate::xml::{attribute, element};

/// Windows id, display name, bias in minutes west of UTC, and for zones with daylight time the months and
/// occurrences (start, end) of the changes on a Sunday.
struct Zone {
    id: &'static str,
    name: &'static str,
    bias: i32,
    daylight: Option<[(u8, i8, &'static str); 2]>,
}

const EUROPE: Option<[(u8, i8, &str); 2]> = Some([(3, -1, "PT2H"), (10, -1, "PT3H")]);
const AMERICA: Option<[(u8, i8, &str); 2]> = Some([(3, 2, "PT2H"), (11, 1, "PT2H")]);

const ZONES: [Zone; 6] = [
    Zone {
        id: "UTC",
        name: "(UTC) Coordinated Universal Time",
        bias: 0,
        daylight: None,
    },
    Zone {
        id: "W. Europe Standard Time",
        name: "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
        bias: -60,
        daylight: EUROPE,
    },
    Zone {
        id: "GMT Standard Time",
        name: "(UTC+00:00) Dublin, Edinburgh, Lisbon, London",
        bias: 0,
        daylight: Some([(3, -1, "PT1H"), (10, -1, "PT2H")]),
    },
    Zone {
        id: "India Standard Time",
        name: "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi",
        bias: -330,
        daylight: None,
    },
    Zone {
        id: "Eastern Standard Time",
        name: "(UTC-05:00) Eastern Time (US & Canada)",
        bias: 300,
        daylight: AMERICA,
    },
    Zone {
        id: "Pacific Standard Time",
        name: "(UTC-08:00) Pacific Time (US & Canada)",
        bias: 480,
        daylight: AMERICA,
    },
];

/// `-PT60M` and the like: EWS writes biases as durations.
fn duration(minutes: i32) -> String {
    let sign = if minutes < 0 { "-" } else { "" };
    format!("{sign}PT{}M", minutes.abs())
}

/// All zones, or those asked for.
pub fn run(call: &Call<'_>) -> String {
    let ids = call.request.child("Ids").map(|ids| &ids.children);
    let wanted = |zone: &&Zone| {
        ids.is_none_or(|ids| ids.is_empty() || ids.iter().any(|id| id.text.trim() == zone.id))
    };
    let full = call
        .request
        .attribute("ReturnFullTimeZoneData")
        .is_none_or(|f| f == "true" || f == "1");
    let mut answer = Answer::new("GetServerTimeZones");
    answer.success(|out| {
        out.push_str("<m:TimeZoneDefinitions>");
        for zone in ZONES.iter().filter(wanted) {
            write(out, zone, full);
        }
        out.push_str("</m:TimeZoneDefinitions>");
    });
    answer.finish()
}

fn write(out: &mut String, zone: &Zone, full: bool) {
    out.push_str("<t:TimeZoneDefinition");
    attribute(out, "Id", zone.id);
    attribute(out, "Name", zone.name);
    if !full {
        out.push_str("/>");
        return;
    }
    out.push_str("><t:Periods>");
    let mut period = |id: &str, name: &str, bias: i32| {
        out.push_str("<t:Period");
        attribute(out, "Bias", &duration(bias));
        attribute(out, "Name", name);
        attribute(out, "Id", id);
        out.push_str("/>");
    };
    period("std", "Standard", zone.bias);
    if zone.daylight.is_some() {
        period("dlt", "Daylight", zone.bias - 60);
    }
    out.push_str("</t:Periods><t:TransitionsGroups><t:TransitionsGroup Id=\"0\">");
    match zone.daylight {
        None => out.push_str("<t:Transition><t:To Kind=\"Period\">std</t:To></t:Transition>"),
        Some(changes) => {
            for ((month, occurrence, offset), period) in changes.iter().zip(["dlt", "std"]) {
                out.push_str("<t:RecurringDayTransition><t:To Kind=\"Period\">");
                out.push_str(period);
                out.push_str("</t:To>");
                element(out, "t:TimeOffset", offset);
                element(out, "t:Month", &month.to_string());
                out.push_str("<t:DayOfWeek>Sunday</t:DayOfWeek>");
                element(out, "t:Occurrence", &occurrence.to_string());
                out.push_str("</t:RecurringDayTransition>");
            }
        }
    }
    out.push_str("</t:TransitionsGroup></t:TransitionsGroups><t:Transitions><t:Transition><t:To Kind=\"Group\">0</t:To></t:Transition></t:Transitions></t:TimeZoneDefinition>");
}
