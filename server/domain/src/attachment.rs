//! Which attachments are stored, and under which names (EM-50…EM-53).

use std::collections::{HashMap, HashSet};

use crate::{AttachmentId, ReasonCode, SyncSettings, port::AttachmentInfo};

/// More attachments than this on one mail are left (EM-50). Counted, never silent.
pub const MOST_ATTACHMENTS: usize = 200;

/// What happens to an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttachmentDecision {
    /// It is stored under this name.
    Take {
        /// File name, safe and unique on the mail.
        name: String,
    },
    /// It is left.
    Leave(ReasonCode),
}

/// Decides about each attachment of a mail, in order. The decision looks at names, types and sizes as
/// listed, never at content.
pub fn choose(
    attachments: &[AttachmentInfo],
    settings: &SyncSettings,
) -> Vec<(AttachmentId, AttachmentDecision)> {
    let on = settings.email_attachments;
    decide_all(attachments, settings, on, |info| {
        Wish::Judge(info.name.clone())
    })
}

/// Decides about each attachment of a mirrored item whose kind's switch is on (CAL-76, TSK-04); types and sizes are
/// held as those of a mail.
pub fn choose_mirrored(
    attachments: &[AttachmentInfo],
    settings: &SyncSettings,
) -> Vec<(AttachmentId, AttachmentDecision)> {
    decide_all(attachments, settings, true, |info| {
        Wish::Judge(info.name.clone())
    })
}

/// Decides about each attachment where a user chose among them in the dialog (EM-11): what is not ticked
/// is left, a small picture that is ticked is taken. Limits of type and size hold for the old name and
/// for the new one.
pub fn choose_ticked(
    attachments: &[AttachmentInfo],
    settings: &SyncSettings,
    ticked: &[(AttachmentId, Option<String>)],
) -> Vec<(AttachmentId, AttachmentDecision)> {
    let ticks: HashMap<&AttachmentId, &Option<String>> =
        ticked.iter().map(|(id, name)| (id, name)).collect();
    let on = settings.email_attachments;
    decide_all(attachments, settings, on, |info| {
        match ticks.get(&info.id) {
            None => Wish::Cleared,
            Some(name) => Wish::Ticked(name.as_deref().unwrap_or(&info.name).to_owned()),
        }
    })
}

/// What the user said about an attachment, with the name it shall have.
enum Wish {
    Judge(String),
    Ticked(String),
    Cleared,
}

fn decide_all(
    attachments: &[AttachmentInfo],
    settings: &SyncSettings,
    on: bool,
    wish: impl Fn(&AttachmentInfo) -> Wish,
) -> Vec<(AttachmentId, AttachmentDecision)> {
    let mut names = HashSet::new();
    let mut taken = 0;
    attachments
        .iter()
        .map(|info| {
            let (name, refused) = match wish(info) {
                Wish::Cleared => (String::new(), Some(ReasonCode::AttachmentCleared)),
                Wish::Judge(name) => (
                    name,
                    signature_picture(info, settings)
                        .filter(|_| on)
                        .or_else(|| refusal(info, settings, on)),
                ),
                Wish::Ticked(name) => {
                    let renamed = AttachmentInfo {
                        name: name.clone(),
                        ..info.clone()
                    };
                    (
                        name,
                        refusal(info, settings, on).or_else(|| refusal(&renamed, settings, on)),
                    )
                }
            };
            let decision = match refused {
                Some(code) => AttachmentDecision::Leave(code),
                None if taken >= MOST_ATTACHMENTS => {
                    AttachmentDecision::Leave(ReasonCode::AttachmentTooMany)
                }
                None => {
                    taken += 1;
                    let name = unique(&safe_name(&name, &info.media_type), &mut names);
                    AttachmentDecision::Take { name }
                }
            };
            (info.id.clone(), decision)
        })
        .collect()
}

/// A small picture shown inside the text is part of a signature more often than not (EM-51).
fn signature_picture(info: &AttachmentInfo, settings: &SyncSettings) -> Option<ReasonCode> {
    let picture = info
        .media_type
        .trim()
        .to_ascii_lowercase()
        .starts_with("image/");
    // A size of 0 means that the server does not say.
    let small = info.size_bytes > 0 && info.size_bytes < settings.signature_picture_below_bytes;
    (info.is_file && info.inline && picture && small)
        .then_some(ReasonCode::AttachmentSignaturePicture)
}

fn refusal(info: &AttachmentInfo, settings: &SyncSettings, on: bool) -> Option<ReasonCode> {
    if !on {
        return Some(ReasonCode::AttachmentsOff);
    }
    if !info.is_file {
        return Some(ReasonCode::AttachmentNotAFile);
    }
    if info.size_bytes > settings.attachment_max_bytes {
        return Some(ReasonCode::AttachmentTooLarge);
    }
    let extension = extension_of(&clean(&info.name));
    if lists(&settings.prohibited_extensions, &extension) {
        return Some(ReasonCode::AttachmentTypeProhibited);
    }
    if !settings.allowed_extensions.is_empty() && !lists(&settings.allowed_extensions, &extension) {
        return Some(ReasonCode::AttachmentTypeNotAllowed);
    }
    None
}

/// The last extension in lower case: `a.pdf.EXE` is an `exe`, whatever stands before.
/// What follows the last dot of a file's name, in lower case.
pub(crate) fn extension_of(name: &str) -> String {
    name.rsplit_once('.')
        .map_or(String::new(), |(_, extension)| {
            extension.trim().to_lowercase()
        })
}

fn lists(extensions: &[String], extension: &str) -> bool {
    !extension.is_empty()
        && extensions
            .iter()
            .any(|e| e.trim().trim_start_matches('.').to_lowercase() == extension)
}

/// A name without what hides its true extension or breaks a path: control and direction-changing
/// characters, path separators, trailing dots and spaces (Windows drops those when it opens the file).
fn clean(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let visible: String = name
        .chars()
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .map(|c| if "<>:\"|?*".contains(c) { '_' } else { c })
        .collect();
    visible
        .trim_end_matches(|c: char| c == '.' || c.is_whitespace())
        .trim_start()
        .to_owned()
}

/// Characters that take no room or turn the direction of writing (Unicode "Bidi_Control" and friends).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Longest stored file name in characters; the extension survives a cut.
const LONGEST_NAME: usize = 200;

fn safe_name(name: &str, media_type: &str) -> String {
    let name = clean(name);
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains(char::is_whitespace) => (stem, extension),
        _ => (name.as_str(), ""),
    };
    let stem = if stem.trim().is_empty() {
        "attachment"
    } else {
        stem.trim()
    };
    let extension = if extension.is_empty() {
        guess(media_type)
    } else {
        extension
    };
    let extension: String = extension.chars().take(32).collect();
    let stem: String = stem
        .chars()
        .take(LONGEST_NAME - 1 - extension.chars().count())
        .collect();
    if extension.is_empty() {
        stem
    } else {
        format!("{stem}.{extension}")
    }
}

/// An extension for a file that came without a name.
fn guess(media_type: &str) -> &'static str {
    let essence = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match essence.as_str() {
        "application/pdf" => "pdf",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "text/plain" => "txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "text/csv" => "csv",
        "message/rfc822" => "eml",
        "application/zip" => "zip",
        _ => "",
    }
}

/// The name, or the name with a number, so that no two on a mail are equal (compared without case).
fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    if taken.insert(name.to_lowercase()) {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) => (stem, format!(".{extension}")),
        None => (name, String::new()),
    };
    let mut number = 2_usize;
    loop {
        let candidate = format!("{stem} ({number}){extension}");
        if taken.insert(candidate.to_lowercase()) {
            return candidate;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests;
