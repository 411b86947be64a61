use proptest::prelude::*;

use super::*;
use crate::testing::file;

fn decide(info: AttachmentInfo, settings: &SyncSettings) -> AttachmentDecision {
    choose(&[info], settings).remove(0).1
}

fn takes(name: &str, stored: &str) {
    let decision = decide(file(name, 10_000), &SyncSettings::default());
    assert_eq!(
        decision,
        AttachmentDecision::Take {
            name: stored.into()
        },
        "{name:?}"
    );
}

fn leaves(info: AttachmentInfo, code: ReasonCode) {
    let name = info.name.clone();
    let decision = decide(info, &SyncSettings::default());
    assert_eq!(decision, AttachmentDecision::Leave(code), "{name:?}");
}

/// EM-50, EM-51
#[test]
fn sizes_and_types_are_limited() {
    takes("offer.pdf", "offer.pdf");
    takes("no extension", "no extension");
    leaves(
        file("offer.pdf", 25_000_001),
        ReasonCode::AttachmentTooLarge,
    );
    let limit = decide(file("offer.pdf", 25_000_000), &SyncSettings::default());
    assert!(matches!(limit, AttachmentDecision::Take { .. }));
    let item = AttachmentInfo {
        is_file: false,
        ..file("meeting", 100)
    };
    leaves(item, ReasonCode::AttachmentNotAFile);
}

/// EM-51
#[test]
fn the_true_extension_is_found() {
    for name in [
        "virus.exe",
        "virus.EXE",
        "offer.pdf.exe",
        "virus.exe.",
        "virus.exe . .",
        "virus.exe\u{a0}",
        "offer\u{202e}fdp.exe",
        "virus.e\u{200b}xe",
        "dir/virus.exe",
        "c:\\tmp\\virus.js",
        "virus. exe",
        ".exe",
        "virus.exe\0",
        "virus.exe\r\n",
    ] {
        leaves(file(name, 10_000), ReasonCode::AttachmentTypeProhibited);
    }
    takes("exe", "exe");
    takes("readme.exe.txt", "readme.exe.txt");
}

/// EM-50
#[test]
fn a_list_of_allowed_types_shuts_out_the_rest() {
    let settings = SyncSettings {
        allowed_extensions: vec![".PDF".into(), "exe".into()],
        ..SyncSettings::default()
    };
    let decide = |name: &str| decide(file(name, 10_000), &settings);
    assert_eq!(
        decide("a.pdf"),
        AttachmentDecision::Take {
            name: "a.pdf".into()
        }
    );
    assert_eq!(
        decide("a.txt"),
        AttachmentDecision::Leave(ReasonCode::AttachmentTypeNotAllowed)
    );
    assert_eq!(
        decide("a"),
        AttachmentDecision::Leave(ReasonCode::AttachmentTypeNotAllowed)
    );
    assert_eq!(
        decide("a.exe"),
        AttachmentDecision::Leave(ReasonCode::AttachmentTypeProhibited)
    );
}

/// EM-51
#[test]
fn small_pictures_of_the_body_are_signatures() {
    let picture = |size_bytes, inline, media_type: &str| AttachmentInfo {
        size_bytes,
        inline,
        media_type: media_type.into(),
        ..file("logo.png", 0)
    };
    leaves(
        picture(4_999, true, "image/png"),
        ReasonCode::AttachmentSignaturePicture,
    );
    leaves(
        picture(4_999, true, "Image/GIF"),
        ReasonCode::AttachmentSignaturePicture,
    );
    for info in [
        picture(5_000, true, "image/png"),
        picture(4_999, false, "image/png"),
        picture(4_999, true, "application/pdf"),
        picture(0, true, "image/png"),
    ] {
        assert!(matches!(
            decide(info, &SyncSettings::default()),
            AttachmentDecision::Take { .. }
        ));
    }
}

/// EM-11
#[test]
fn the_ticked_list_is_final_within_the_limits() {
    let picture = AttachmentInfo {
        inline: true,
        media_type: "image/png".into(),
        ..file("p.png", 9)
    };
    let files = [
        file("a.pdf", 9_000),
        file("b.pdf", 9_000),
        file("c.exe", 9_000),
        file("d.pdf", 9_000),
        picture,
    ];
    let tick = |name: &str, new: Option<&str>| {
        (
            AttachmentId::new(format!("att-{name}")),
            new.map(str::to_owned),
        )
    };
    let ticked = [
        tick("a.pdf", Some("../Offer.pdf")),
        tick("c.exe", Some("c.txt")),
        tick("d.pdf", Some("d.exe")),
        tick("p.png", None),
        tick("unknown", None),
    ];
    let decided: Vec<_> = choose_ticked(&files, &SyncSettings::default(), &ticked)
        .into_iter()
        .map(|(_, decision)| decision)
        .collect();
    let take = |name: &str| AttachmentDecision::Take { name: name.into() };
    assert_eq!(
        decided,
        [
            take("Offer.pdf"),
            AttachmentDecision::Leave(ReasonCode::AttachmentCleared),
            AttachmentDecision::Leave(ReasonCode::AttachmentTypeProhibited),
            AttachmentDecision::Leave(ReasonCode::AttachmentTypeProhibited),
            take("p.png"),
        ]
    );
}

/// EM-04
#[test]
fn the_switch_leaves_all() {
    let settings = SyncSettings {
        email_attachments: false,
        ..SyncSettings::default()
    };
    let decision = decide(file("a.pdf", 1), &settings);
    assert_eq!(
        decision,
        AttachmentDecision::Leave(ReasonCode::AttachmentsOff)
    );
}

#[test]
fn names_are_made_safe_and_unique() {
    takes("", "attachment");
    takes("...", "attachment");
    takes(".pdf", "attachment.pdf");
    takes("../../etc/passwd", "passwd");
    takes("a<b>:c?.txt", "a_b__c_.txt");
    takes(
        &format!("{}.pdf", "x".repeat(5_000)),
        &format!("{}.pdf", "x".repeat(196)),
    );
    let nameless = AttachmentInfo {
        media_type: "Application/PDF; x=y".into(),
        ..file("", 9_000)
    };
    let decision = decide(nameless, &SyncSettings::default());
    assert_eq!(
        decision,
        AttachmentDecision::Take {
            name: "attachment.pdf".into()
        }
    );

    let names: Vec<_> = ["a.pdf", "A.PDF", "a (2).pdf", "a.pdf", "b", "b"]
        .into_iter()
        .map(|name| file(name, 9_000))
        .collect();
    let stored: Vec<_> = choose(&names, &SyncSettings::default())
        .into_iter()
        .map(|(_, decision)| match decision {
            AttachmentDecision::Take { name } => name,
            AttachmentDecision::Leave(code) => code.to_string(),
        })
        .collect();
    assert_eq!(
        stored,
        [
            "a.pdf",
            "A (2).PDF",
            "a (2) (2).pdf",
            "a (3).pdf",
            "b",
            "b (2)"
        ]
    );
}

#[test]
fn too_many_are_counted_not_lost() {
    let many: Vec<_> = (0..MOST_ATTACHMENTS + 3)
        .map(|_| file("a.pdf", 9_000))
        .collect();
    let left = choose(&many, &SyncSettings::default())
        .iter()
        .filter(|(_, d)| *d == AttachmentDecision::Leave(ReasonCode::AttachmentTooMany))
        .count();
    assert_eq!(left, 3);
}

proptest! {
    #[test]
    fn every_stored_name_is_sound(names in prop::collection::vec("\\PC{0,30}", 0..8)) {
        let files: Vec<_> = names.iter().map(|name| file(name, 9_000)).collect();
        let mut seen = HashSet::new();
        for (_, decision) in choose(&files, &SyncSettings::default()) {
            if let AttachmentDecision::Take { name } = decision {
                prop_assert!(!name.trim().is_empty() && !name.contains(['/', '\\']), "{name:?}");
                prop_assert!(!lists(&SyncSettings::default().prohibited_extensions, &extension_of(&name)));
                prop_assert!(seen.insert(name.to_lowercase()));
            }
        }
    }
}
