//! Any text that names a zone.

use std::{collections::HashMap, sync::LazyLock};

use super::{alias, c4c, canonical, names, offset, windows};

/// Longer texts name no zone.
const LONGEST: usize = 300;

/// A zone and how its name was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The IANA name.
    pub iana: String,
    /// How it was found.
    pub how: How,
}

/// How a zone was found, from certain to guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// The text is the IANA name.
    Iana,
    /// The text is an older IANA name or holds one.
    Alias,
    /// The text is a Windows id.
    Windows,
    /// The text is a code of C4C.
    C4c,
    /// The text is an offset from UTC.
    Offset,
    /// The text lists places that a zone has.
    Places,
    /// Rules that were given match the zone.
    Rules,
    /// The text gives two offsets, which most who write them mean for this zone.
    Guess,
}

/// The zone that a text of any program means: IANA names and those they had before, Windows ids, their display
/// names (`(UTC+01:00) Amsterdam, Berlin, …`), codes of C4C, offsets (`GMT+0100`), in quotes or not. `None` for one
/// nobody knows, such as `Customized Time Zone`: match its rules ([`super::from_rules`]) or fall back to the
/// organisation's zone and say so in the trace.
pub fn read(text: &str) -> Option<Resolved> {
    if text.len() > LONGEST {
        return None;
    }
    let text = text
        .trim()
        .trim_matches(['"', '\'', '\u{201c}', '\u{201d}'])
        .trim();
    if text.is_empty() {
        return None;
    }
    by_iana(text)
        .or_else(|| by_windows(text))
        .or_else(|| by_c4c(text))
        .or_else(|| by_offset(text))
        .or_else(|| by_path(text))
        .or_else(|| by_places(text))
}

fn found(iana: impl Into<String>, how: How) -> Option<Resolved> {
    let iana = iana.into();
    Some(Resolved { iana, how })
}

fn by_iana(text: &str) -> Option<Resolved> {
    // `Z` and `UTC` in any case; IANA writes names of cities with underscores.
    if text.eq_ignore_ascii_case("z") {
        return found("UTC", How::Alias);
    }
    // Abbreviations that are names in the database too: C4C and most people mean the zone with summer time.
    if text.len() <= 4 && !alias::is_utc(text) && c4c::from_c4c(text).is_some() {
        return None;
    }
    let name = text.replace(' ', "_");
    // `US-Eastern` is how a few programs avoid the slash.
    let iana = canonical(&name).or_else(|| canonical(&name.replacen('-', "/", 1)))?;
    let how = if iana == text { How::Iana } else { How::Alias };
    found(iana, how)
}

fn by_windows(text: &str) -> Option<Resolved> {
    found(windows::from_windows(text)?, How::Windows)
}

fn by_c4c(text: &str) -> Option<Resolved> {
    found(c4c::from_c4c(text)?, How::C4c)
}

/// `GMT+0100`, `UTC -5`, `+05:30`, `GMT-0500 (EST)`, `GMT +0100 (Standard) / GMT +0200 (Daylight)`.
fn by_offset(text: &str) -> Option<Resolved> {
    let upper = text.to_ascii_uppercase();
    let bare = |part: &str| -> Option<i32> {
        let part = part.split('(').next().unwrap_or_default().trim();
        let rest = ["GMT", "UTC", "UT", "Z"]
            .iter()
            .find_map(|name| part.strip_prefix(name))
            .unwrap_or(part)
            .trim();
        // `GMT` alone is a name, found before; an empty part here says nothing.
        if rest.is_empty() {
            return (part.len() > 1).then_some(0);
        }
        offset::minutes(rest)
    };
    if let Some((standard, daylight)) = upper.split_once('/') {
        if !daylight.contains("DAYLIGHT") && !daylight.contains("SUMMER") {
            return None;
        }
        return found(offset::pair(bare(standard)?, bare(daylight)?)?, How::Guess);
    }
    found(offset::zone(bare(&upper)?)?, How::Offset)
}

/// An IANA name at the end of a longer one: `/freeassociation.sourceforge.net/Europe/London`,
/// `tzone://Microsoft/Europe/Paris`.
fn by_path(text: &str) -> Option<Resolved> {
    if !text.contains('/') {
        return None;
    }
    let parts: Vec<&str> = text.split('/').collect();
    [3, 2].into_iter().find_map(|count| {
        let tail = parts.get(parts.len().checked_sub(count)?..)?;
        if tail.iter().any(|part| part.is_empty()) {
            return None;
        }
        found(canonical(&tail.join("/"))?, How::Alias)
    })
}

/// Windows zones by the places their display names list, and IANA zones by their city.
static PLACES: LazyLock<HashMap<String, Vec<Place>>> = LazyLock::new(|| {
    let mut places: HashMap<String, Vec<Place>> = HashMap::new();
    for (_, description, iana) in windows::all() {
        let (minutes, list) = display(description);
        for name in list {
            places.entry(name).or_default().push(Place {
                iana: iana.to_owned(),
                minutes,
                listed: true,
            });
        }
    }
    for name in names() {
        let Some((area, city)) = name.rsplit_once('/') else {
            continue;
        };
        if area == "Etc" || alias::today(&name) != name {
            continue;
        }
        places
            .entry(fold(&city.replace('_', " ")))
            .or_default()
            .push(Place {
                iana: name.clone(),
                minutes: None,
                listed: false,
            });
    }
    places
});

#[derive(Debug)]
struct Place {
    iana: String,
    minutes: Option<i32>,
    /// From a display name rather than a city.
    listed: bool,
}

/// A display name's offset and places: `(UTC+01:00) Amsterdam, Berlin` or `(GMT+01.00) Amsterdam / Berlin`.
fn display(text: &str) -> (Option<i32>, Vec<String>) {
    let (minutes, rest) = match text.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((prefix, rest)) => {
            let prefix = prefix.trim().to_ascii_uppercase();
            let offset = ["UTC", "GMT"]
                .iter()
                .find_map(|name| prefix.strip_prefix(name))
                .and_then(offset::minutes);
            match offset {
                Some(minutes) => (Some(minutes), rest),
                None => (None, text),
            }
        }
        None => (None, text),
    };
    let names = rest
        .split([',', '/', ';'])
        .map(fold)
        .filter(|name| name.chars().count() > 2)
        .collect();
    (minutes, names)
}

/// Lower case, single spaces, no full stops, `and` as `&`.
fn fold(name: &str) -> String {
    let lower = name.to_lowercase().replace('.', "").replace('&', " and ");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The zone that most of the listed places share; where two share as many, the one of the given offset. Nothing
/// where they still disagree.
fn by_places(text: &str) -> Option<Resolved> {
    let (minutes, names) = display(text);
    // One place by itself is the city, not the first of the zone's list.
    if let (None, [name]) = (minutes, &names[..])
        && let Some(city) = PLACES.get(name)?.iter().find(|place| !place.listed)
    {
        return found(&*city.iana, How::Places);
    }
    let mut votes: Vec<(&str, u32, bool)> = Vec::new();
    for place in names.iter().filter_map(|name| PLACES.get(name)).flatten() {
        // A name that stands for itself, as `Central Time`, is no city.
        let fits = minutes.is_none() || place.minutes.is_none() || place.minutes == minutes;
        // Display names of older systems give other offsets for a few zones; agreement counts more.
        let weight = if place.listed { 4 } else { 1 } + u32::from(fits) * 2;
        match votes.iter_mut().find(|(iana, _, _)| *iana == place.iana) {
            Some((_, sum, listed)) => {
                *sum += weight;
                *listed |= place.listed;
            }
            None => votes.push((&place.iana, weight, place.listed)),
        }
    }
    let best = votes.iter().map(|(_, sum, _)| *sum).max()?;
    let mut winners = votes.iter().filter(|(_, sum, _)| *sum == best);
    let (winner, _, _) = winners.next()?;
    if winners.next().is_some() {
        return None;
    }
    found(*winner, How::Places)
}
