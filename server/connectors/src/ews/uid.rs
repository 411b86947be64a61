//! The UID of an event, as every mailbox of a meeting and iCalendar know it.
//!
//! Exchange keeps it as a Global Object ID (MS-OXOCAL 2.2.1.27), of which servers and clients show different
//! forms: with the day of an occurrence inside, or wrapped around the UID another system gave.

/// What every Global Object ID begins with.
const MAGIC: [u8; 16] = [
    0x04, 0x00, 0x00, 0x00, 0x82, 0x00, 0xE0, 0x00, 0x74, 0xC5, 0xB7, 0x10, 0x1A, 0x82, 0xE0, 0x08,
];

/// Where the day of an occurrence stands: year (two bytes, high one first), month, day.
const DAY: std::ops::Range<usize> = 16..20;

/// Bytes before the data: magic, day, time of creation, reserved, size of the data.
const HEADER: usize = 40;

/// Data that wraps another system's UID begins so.
const FOREIGN: &[u8] = b"vCal-Uid\x01\0\0\0";

/// Longest UID decoded; longer ones stay as they are.
const LONGEST: usize = 4096;

/// The UID by which a meeting is the same everywhere. What is no Global Object ID stays as it is.
pub(crate) fn clean(written: &str) -> String {
    let written = written.trim();
    let Some(mut bytes) = decode(written).filter(|bytes| is_global(bytes)) else {
        return written.to_owned();
    };
    if let Some(data) = bytes
        .get(HEADER..)
        .and_then(|data| data.strip_prefix(FOREIGN))
    {
        let end = data
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(data.len());
        if let Ok(foreign) = std::str::from_utf8(&data[..end])
            && !foreign.is_empty()
        {
            return foreign.to_owned();
        }
    }
    if let [high, low, month, day] = bytes[DAY]
        && (1601..=4500).contains(&u16::from_be_bytes([high, low]))
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
    {
        bytes[DAY].fill(0);
    }
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn is_global(bytes: &[u8]) -> bool {
    bytes.len() >= HEADER && bytes.starts_with(&MAGIC)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() > LONGEST || !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "040000008200E00074C5B7101A82E008";
    const REST: &str = "0000000000000000000000000000000010000000AABBCCDDEEFF00112233445566778899";

    #[test]
    fn an_occurrence_has_the_uid_of_its_series() {
        let series = format!("{PREFIX}00000000{REST}");
        assert_eq!(clean(&series), series);
        assert_eq!(clean(&format!("{PREFIX}07EA0305{REST}")), series);
        assert_eq!(clean(&series.to_lowercase()), series);
    }

    #[test]
    fn uids_of_other_systems_come_out_of_their_wrapping() {
        let wrapped: String = [FOREIGN, b"7@example.com\0"]
            .concat()
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        let head = format!("{PREFIX}00000000{}", &REST[..40]);
        assert_eq!(clean(&format!("{head}{wrapped}")), "7@example.com");
    }

    #[test]
    fn what_is_no_global_object_id_stays() {
        for uid in [
            "7@example.com",
            "",
            "0400",
            "040000008200E00074C5B7101A82E008F3C38A95",
            "ü",
        ] {
            assert_eq!(clean(uid), uid);
        }
        let no_day = format!("{PREFIX}FFFFFFFF{REST}");
        assert_eq!(clean(&no_day), no_day);
    }
}
