//! C4C's codes of time zones.
//!
//! Each tenant has its own list. The codes here were seen in answers or in SAP's own mapping of users
//! (<https://help.sap.com/docs/identity-provisioning>), further ones in lists of SAP systems that share them.

use super::{canonical, get, offset, rules, windows};

/// Codes of every tenant, with their zones. Where several codes have one zone, the first is written.
const WRITTEN: [(&str, &str); 18] = [
    ("UTC", "UTC"),
    ("CET", "Europe/Berlin"),
    ("GMTUK", "Europe/London"),
    ("WET", "Europe/Lisbon"),
    ("EET", "Europe/Athens"),
    ("EST", "America/New_York"),
    ("CST", "America/Chicago"),
    ("MST", "America/Denver"),
    ("MSTNO", "America/Phoenix"),
    ("PST", "America/Los_Angeles"),
    ("BRAZIL", "America/Sao_Paulo"),
    ("INDIA", "Asia/Kolkata"),
    ("JAPAN", "Asia/Tokyo"),
    ("ISRAEL", "Asia/Jerusalem"),
    ("RUS03", "Europe/Moscow"),
    ("AUSNSW", "Australia/Sydney"),
    ("CHINA", "Asia/Shanghai"),
    ("UTC+4", "Asia/Dubai"),
];

/// Codes that are written only where the tenant is known to have them.
const READ: [(&str, &str); 29] = [
    ("WDFT", "Europe/Berlin"),
    ("EST_", "America/Toronto"),
    ("BRZLEA", "America/Sao_Paulo"),
    ("BRZLWE", "America/Manaus"),
    ("BRZLAN", "America/Noronha"),
    ("CETDST", "Europe/Berlin"),
    ("ESTNO", "America/Bogota"),
    ("CSTNO", "America/Regina"),
    ("ALA", "America/Anchorage"),
    ("HAW", "Pacific/Honolulu"),
    ("AST", "America/Halifax"),
    ("NST", "America/St_Johns"),
    ("CHILE", "America/Santiago"),
    ("CUBA", "America/Havana"),
    ("EGYPT", "Africa/Cairo"),
    ("IRAN", "Asia/Tehran"),
    ("IRAQ", "Asia/Baghdad"),
    ("JORDAN", "Asia/Amman"),
    ("AUSACT", "Australia/Sydney"),
    ("AUSVIC", "Australia/Melbourne"),
    ("AUSQLD", "Australia/Brisbane"),
    ("AUSTAS", "Australia/Hobart"),
    ("AUSSA", "Australia/Adelaide"),
    ("AUSNT", "Australia/Darwin"),
    ("AUSWA", "Australia/Perth"),
    ("AUSLHI", "Australia/Lord_Howe"),
    ("NZST", "Pacific/Auckland"),
    ("NZCHA", "Pacific/Chatham"),
    ("GMT", "UTC"),
];

/// The IANA zone of a code such as `CET` or `UTC+1`; `None` for one nobody knows.
pub fn from_c4c(code: &str) -> Option<String> {
    let code = code.trim().to_ascii_uppercase();
    let known = WRITTEN.iter().chain(&READ).find(|(own, _)| *own == code);
    if let Some((_, iana)) = known {
        return Some((*iana).to_owned());
    }
    let minutes = offset::minutes(code.strip_prefix("UTC")?)?;
    offset::zone(minutes)
}

/// The code for an IANA zone. Instants are stored beside it, so the code only says where the clocks on the wall
/// are: one of a zone whose clocks agree today, else one of its offset, else `UTC`. Keep the IANA name where that
/// is not the zone itself.
pub fn to_c4c(iana: &str) -> String {
    to_c4c_among(iana, |code| {
        code.starts_with("UTC") || WRITTEN.iter().any(|(known, _)| *known == code)
    })
}

/// Like [`to_c4c`] with the codes a tenant has; `UTC` if it has none that fits.
pub fn to_c4c_among(iana: &str, has: impl Fn(&str) -> bool) -> String {
    let Some(name) = canonical(iana) else {
        return "UTC".to_owned();
    };
    // The zone itself, then the one that stands for it in Windows, then any whose clocks agree.
    let world = windows::to_windows(&name).and_then(windows::from_windows);
    let by_name = [Some(&*name), world]
        .into_iter()
        .flatten()
        .find_map(|name| {
            WRITTEN
                .iter()
                .chain(&READ)
                .find(|(code, own)| *own == name && has(code))
        });
    let agrees = || {
        WRITTEN
            .iter()
            .chain(&READ)
            .find(|(code, own)| has(code) && rules::agree(&name, own))
    };
    // A name that only shares a Windows zone may have other clocks.
    let found = by_name
        .filter(|(_, own)| *own == name || rules::agree(&name, own))
        .or_else(agrees);
    if let Some((code, _)) = found {
        return (*code).to_owned();
    }
    let fixed = get(&name)
        .and_then(|zone| offset::fixed_minutes(&zone))
        .filter(|minutes| minutes % 60 == 0)
        .map(|minutes| match minutes / 60 {
            0 => "UTC".to_owned(),
            hours => format!("UTC{hours:+}"),
        });
    fixed
        .filter(|code| has(code))
        .unwrap_or_else(|| "UTC".to_owned())
}
