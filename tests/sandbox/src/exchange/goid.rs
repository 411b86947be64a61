//! The UID of a meeting and the global object id that carries it in MAPI.
//! MS-OXOCAL, `PidLidGlobalObjectId` and `PidLidCleanGlobalObjectId`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::item::Draft;
use super::property::{ExtendedKey, ExtendedName, ExtendedValue, Value};

/// First bytes of every global object id.
const LEAD: [u8; 16] = [
    0x04, 0, 0, 0, 0x82, 0, 0xe0, 0, 0x74, 0xc5, 0xb7, 0x10, 0x1a, 0x82, 0xe0, 0x08,
];
/// Marks a UID from outside Exchange.
const FOREIGN: &[u8] = b"vCal-Uid\x01\0\0\0";
const MEETING: &str = "6ed8da90-450b-101b-98da-00aa003f1305";
/// Longest UID kept, in bytes.
const MAX_UID: usize = 1024;

/// A UID Exchange would make, from 128 random bits.
pub fn fresh(random: u128) -> String {
    // Lead, no instance date, creation time and reserved left empty, 16 bytes of data.
    let mut bytes = LEAD.to_vec();
    bytes.extend_from_slice(&[0; 20]);
    bytes.extend_from_slice(&16u32.to_le_bytes());
    bytes.extend_from_slice(&random.to_be_bytes());
    hex(&bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    bytes
        .collect::<Option<Vec<u8>>>()
        .filter(|_| text.len().is_multiple_of(2))
}

/// The UID inside a global object id: the one from outside where there is one, else the id itself in hex.
fn uid_of(id: &[u8]) -> Option<String> {
    let data = id.strip_prefix(&LEAD)?.get(24..)?;
    if let Some(foreign) = data.strip_prefix(FOREIGN) {
        let text = foreign.split(|byte| *byte == 0).next().unwrap_or(foreign);
        return String::from_utf8(text.to_vec()).ok();
    }
    let mut clean = id.to_vec();
    clean.get_mut(16..20)?.fill(0);
    Some(hex(&clean))
}

/// The global object id for a UID; with the day of an occurrence the full one, without it the clean one.
fn id_of(uid: &str, day: Option<jiff::civil::Date>) -> Vec<u8> {
    let own = unhex(uid).filter(|bytes| bytes.starts_with(&LEAD) && bytes.len() > 40);
    let mut bytes = own.unwrap_or_else(|| {
        let mut bytes = LEAD.to_vec();
        bytes.extend_from_slice(&[0; 20]);
        let data = [FOREIGN, uid.as_bytes(), &[0]].concat();
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&data);
        bytes
    });
    if let Some(day) = day
        && let Some(slot) = bytes.get_mut(16..20)
    {
        let year = u16::try_from(day.year()).unwrap_or(0).to_be_bytes();
        let (month, day) = (day.month().unsigned_abs(), day.day().unsigned_abs());
        slot.copy_from_slice(&[year[0], year[1], month, day]);
    }
    bytes
}

/// The two properties: `PidLidGlobalObjectId` and `PidLidCleanGlobalObjectId`.
fn keys() -> [ExtendedKey; 2] {
    [0x03, 0x23].map(|id| ExtendedKey::numbered(MEETING, id, "Binary"))
}

/// Takes the UID a client wrote through the global object id, which then is no property of its own any more.
pub(super) fn take_written(draft: &mut Draft) -> Option<String> {
    let mut uid = None;
    for key in keys() {
        if let Some(ExtendedValue::One(text)) = draft.extended.remove(&key) {
            let bytes = STANDARD.decode(text.trim()).ok();
            uid = bytes.and_then(|bytes| uid_of(&bytes)).or(uid);
        }
    }
    uid.filter(|uid| !uid.is_empty() && uid.len() <= MAX_UID)
}

/// Gives a new event its UID: from the global object id, as written, or a fresh one.
pub(super) fn settle(draft: &mut Draft) {
    let written = take_written(draft).or_else(|| {
        let text = draft.text("UID").trim();
        (!text.is_empty() && text.len() <= MAX_UID).then(|| text.to_owned())
    });
    let uid = written.unwrap_or_else(|| fresh(uuid::Uuid::new_v4().as_u128()));
    draft.properties.insert("UID", Value::Text(uid));
}

/// The value of a global object id property, base64, where `key` names one and the item has a UID.
pub(super) fn shown(draft: &Draft, key: &ExtendedKey) -> Option<String> {
    let ExtendedName::Numbered { set, id } = &key.name else {
        return None;
    };
    let uid = draft.text("UID");
    if set != MEETING || key.kind != "Binary" || uid.is_empty() {
        return None;
    }
    let day = |at: Timestamp| {
        let rules = match draft.properties.get("StartTimeZone") {
            Some(Value::Zone(zone)) => zone.rules.clone(),
            _ => TimeZone::UTC,
        };
        rules.to_datetime(at).date()
    };
    match id {
        0x03 => Some(STANDARD.encode(id_of(uid, draft.time("RecurrenceId").map(day)))),
        0x23 => Some(STANDARD.encode(id_of(uid, None))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_of_both_origins_travel_through_the_object_id() {
        for uid in ["7a@calendar.example", &fresh(77)] {
            let clean = id_of(uid, None);
            let full = id_of(uid, Some(jiff::civil::date(2026, 12, 24)));
            assert_ne!(clean, full);
            assert_eq!(uid_of(&clean).as_deref(), Some(uid));
            assert_eq!(
                uid_of(&full).as_deref(),
                Some(uid),
                "the day is not part of it"
            );
        }
        assert_eq!(uid_of(b"short"), None);
        assert_eq!(uid_of(&LEAD), None);
    }
}
