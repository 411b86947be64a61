use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::{
    Kind,
    testing::{OWN, address, at, blocking, hit, mail, record},
};

const CATEGORY: &str = "SAP Cloud for Customer";

static TENANT: LazyLock<TenantId> = LazyLock::new(|| TenantId::new("prod"));

/// Judges a mail received at 1001 s by an auto-saving mailbox started at 500 s, after some changes.
fn judged<'a>(
    record: &'a Record,
    settings: &SyncSettings,
    change: impl FnOnce(&mut MailFacts<'a>),
) -> Judgement {
    let mut facts = MailFacts {
        folder: Some(FolderRole::Inbox),
        class: &ItemClass::Message,
        record,
        categories: &[],
        link: None,
        tenant: &TENANT,
        own_address: OWN,
        start: at(500),
        by_hand: false,
        wished: false,
        tracked_since: None,
    };
    change(&mut facts);
    judge(&facts, settings)
}

fn verdict(record: &Record, settings: &SyncSettings) -> Verdict {
    judged(record, settings, |_| {}).verdict
}

fn from_customer() -> Record {
    mail("bob@shop.example", &[OWN], &[])
}

const AUTO: Verdict = Verdict::NeedsMatch { route: Route::Auto };

fn skip(code: ReasonCode) -> Verdict {
    Verdict::Skip(code)
}

/// EM-30, EM-35, EM-36, EM-39
#[test]
fn who_takes_part_decides_about_auto_save() {
    let settings = blocking(&["bad.example"], &["eve@shop.example"]);
    let check = |from: &str, to: &[&str], expected: Verdict| {
        assert_eq!(
            verdict(&mail(from, to, &[]), &settings),
            expected,
            "{from} {to:?}"
        );
    };
    check("bob@shop.example", &[OWN], AUTO);
    check(OWN, &["bob@shop.example"], AUTO);
    check("joe@corp.example", &[OWN, "bob@shop.example"], AUTO);
    check("joe@corp.example", &[OWN], skip(ReasonCode::InternalOnly));
    check(OWN, &[OWN], skip(ReasonCode::InternalOnly));
    check("/O=CORP/CN=JIM", &[OWN], skip(ReasonCode::InternalOnly));
    check("x@bad.example", &[OWN], skip(ReasonCode::BlockedByOrg));
    check("eve@shop.example", &[OWN], skip(ReasonCode::BlockedByUser));
    check(
        "eve@shop.example",
        &["x@bad.example"],
        skip(ReasonCode::BlockedByOrg),
    );
    check("eve@shop.example", &["bob@shop.example"], AUTO);
    check("junk", &["more junk"], skip(ReasonCode::NoUsableAddress));
}

/// EM-03, EM-37
#[test]
fn only_three_folders_are_processed_by_any_route() {
    let settings = blocking(&[], &[]);
    let categories = [CATEGORY.to_owned()];
    for by_hand in [false, true] {
        let judgement = judged(&from_customer(), &settings, |facts| {
            facts.folder = None;
            facts.by_hand = by_hand;
            facts.categories = &categories;
        });
        assert_eq!(judgement.verdict, skip(ReasonCode::OutsideFolders));
    }
    for folder in [FolderRole::Inbox, FolderRole::Sent] {
        assert_eq!(
            judged(&from_customer(), &settings, |f| f.folder = Some(folder)).verdict,
            AUTO
        );
    }
}

/// EM-38
#[test]
fn service_messages_are_saved_by_no_route() {
    let settings = blocking(&[], &[]);
    let refused = |class: ItemClass, record: &Record, code: ReasonCode| {
        for by_hand in [false, true] {
            let judgement = judged(record, &settings, |facts| {
                facts.class = &class;
                facts.by_hand = by_hand;
                facts.folder = Some(FolderRole::Saved);
            });
            assert_eq!(judgement.verdict, skip(code), "{class:?}");
        }
    };
    let other = |name: &str| ItemClass::Other(name.into());
    let service = ReasonCode::ServiceMessage;
    refused(ItemClass::Report, &from_customer(), service);
    refused(ItemClass::MeetingNotice, &from_customer(), service);
    refused(other("report.ipm.note.NDR"), &from_customer(), service);
    refused(
        other("IPM.Schedule.Meeting.Resp.Pos"),
        &from_customer(),
        service,
    );
    refused(other("IPM.Post"), &from_customer(), ReasonCode::NotAnEmail);
    let header = |name: &str, text: &str| from_customer().with(name, text);
    let message = ItemClass::Message;
    refused(
        message.clone(),
        &header("content_type", "Multipart/Report; report-type=x"),
        service,
    );
    refused(
        message.clone(),
        &header("content_type", "text/calendar; METHOD=REPLY"),
        service,
    );
    let bounce = from_customer().with("from", address("MAILER-DAEMON@relay.example"));
    refused(message.clone(), &bounce, service);
    let automatic = header("auto_submitted", "auto-replied").with("from", address("<>"));
    refused(message, &automatic, service);
}

/// EM-38: an out-of-office answer or a newsletter is an ordinary message.
#[test]
fn automatic_mail_of_people_is_ordinary() {
    let settings = blocking(&[], &[]);
    assert_eq!(
        verdict(
            &from_customer().with("auto_submitted", "auto-replied"),
            &settings
        ),
        AUTO
    );
    assert_eq!(
        verdict(
            &from_customer().with("content_type", "multipart/mixed"),
            &settings
        ),
        AUTO
    );
    let postmaster = from_customer().with("from", address("postmaster@shop.example"));
    assert_eq!(verdict(&postmaster, &settings), AUTO);
    for name in [
        "",
        "IPM.Note.SMIME.MultipartSigned",
        "ipm.note.rules.oofTemplate.Microsoft",
    ] {
        let class = ItemClass::Other(name.into());
        assert_eq!(
            judged(&from_customer(), &settings, |f| f.class = &class).verdict,
            AUTO
        );
    }
}

/// EM-02, EM-20, EM-45
#[test]
fn the_strongest_route_is_named() {
    let settings = blocking(&[], &[]);
    let categories = ["x".to_owned(), " sap cloud FOR customer".to_owned()];
    let saved = |route| Verdict::Save { route };
    let check = |change: &dyn Fn(&mut MailFacts<'_>), route| {
        assert_eq!(
            judged(&from_customer(), &settings, change).verdict,
            saved(route)
        );
    };
    check(&|f| f.by_hand = true, Route::Hand);
    check(&|f| f.wished = true, Route::Wish);
    check(&|f| f.folder = Some(FolderRole::Saved), Route::Folder);
    check(&|f| f.tracked_since = Some(at(1_001)), Route::Thread);
    let judgement = judged(&from_customer(), &settings, |f| {
        f.categories = &categories;
        f.folder = Some(FolderRole::Saved);
    });
    assert_eq!(judgement.verdict, saved(Route::Category));
}

/// EM-45, EM-46: a thread saves what comes later, and stops when switched off.
#[test]
fn a_tracked_thread_saves_later_mails_only() {
    let mut settings = blocking(&[], &[]);
    settings.auto_save = false;
    let tracked = |settings: &SyncSettings, record: &Record, since| {
        judged(record, settings, |f| f.tracked_since = Some(at(since))).verdict
    };
    let thread = Verdict::Save {
        route: Route::Thread,
    };
    assert_eq!(tracked(&settings, &from_customer(), 1_000), thread);
    assert_eq!(
        tracked(&settings, &from_customer(), 1_002),
        skip(ReasonCode::NotAsked)
    );
    let internal = mail("joe@corp.example", &[OWN], &[]);
    assert_eq!(
        tracked(&settings, &internal, 1_000),
        skip(ReasonCode::InternalOnly)
    );
    settings.thread_auto_save = false;
    assert_eq!(
        tracked(&settings, &from_customer(), 1_000),
        skip(ReasonCode::NotAsked)
    );
}

/// BL-01: what a person asks for is stored, whoever takes part.
#[test]
fn asking_beats_the_blocklist() {
    let settings = blocking(&["shop.example"], &[]);
    let categories = [CATEGORY.to_owned()];
    let judgement = judged(&from_customer(), &settings, |f| f.categories = &categories);
    assert_eq!(
        judgement.verdict,
        Verdict::Save {
            route: Route::Category
        }
    );
    assert!(
        judgement
            .trace
            .0
            .iter()
            .any(|s| s.code == ReasonCode::AskedAlthoughExcluded)
    );
    let by_hand = judged(&from_customer(), &settings, |f| f.by_hand = true);
    assert_eq!(by_hand.verdict, Verdict::Save { route: Route::Hand });
}

/// EM-04
#[test]
fn the_master_switch_stops_all_but_the_hand() {
    let settings = SyncSettings {
        email: false,
        ..blocking(&[], &[])
    };
    let off = judged(&from_customer(), &settings, |f| f.wished = true);
    assert_eq!(off.verdict, skip(ReasonCode::SyncOff));
    let by_hand = judged(&from_customer(), &settings, |f| f.by_hand = true);
    assert_eq!(by_hand.verdict, Verdict::Save { route: Route::Hand });
}

/// EM-34
#[test]
fn auto_save_looks_back_as_far_as_it_is_told() {
    let day = 86_400;
    let check = |received: i64, days: u32, expected: Verdict| {
        let settings = SyncSettings {
            lookback_days: days,
            ..blocking(&[], &[])
        };
        let record = from_customer().with("received_at", at(received));
        let judgement = judged(&record, &settings, |f| f.start = at(10 * day));
        assert_eq!(judgement.verdict, expected, "{received} {days}");
    };
    check(10 * day, 0, AUTO);
    check(10 * day - 1, 0, skip(ReasonCode::BeforeStart));
    check(10 * day - 1, 1, AUTO);
    check(9 * day - 1, 1, skip(ReasonCode::BeforeStart));
    check(0, 3_650, AUTO);
}

/// EM-01, SET-12
#[test]
fn a_marked_mail_is_not_saved_again() {
    let settings = blocking(&[], &[]);
    let categories = [CATEGORY.to_owned()];
    let check = |stamped: &str, code| {
        let stamp = LinkStamp {
            tenant: stamped.into(),
            record: record(Kind::Email, "R1"),
        };
        let judgement = judged(&from_customer(), &settings, |f| {
            f.categories = &categories;
            f.link = Some(&stamp);
        });
        assert_eq!(judgement.verdict, skip(code));
        let by_hand = judged(&from_customer(), &settings, |f| {
            f.by_hand = true;
            f.link = Some(&stamp);
        });
        assert_eq!(by_hand.verdict, Verdict::Save { route: Route::Hand });
    };
    check("prod", ReasonCode::AlreadySaved);
    check("test", ReasonCode::SavedInOtherTenant);
}

/// EM-30, EM-31, EM-40
#[test]
fn auto_save_needs_a_known_external_person() {
    let check = |hits: &[PartyHit], expected: Verdict| {
        let judgement = judged(&from_customer(), &blocking(&[], &[]), |_| {});
        assert_eq!(
            addresses_to_match(&judgement.participants, 10),
            ["bob@shop.example"]
        );
        assert_eq!(after_match(judgement, hits).verdict, expected, "{hits:?}");
    };
    let saved = Verdict::Save { route: Route::Auto };
    let none = skip(ReasonCode::NoMatch);
    check(&[hit(Kind::Contact, "C1", "bob@shop.example")], saved);
    check(
        &[hit(Kind::IndividualCustomer, "I1", "bob@shop.example")],
        saved,
    );
    check(&[], none);
    check(&[hit(Kind::Lead, "L1", "bob@shop.example")], none);
    check(&[hit(Kind::Account, "A1", "bob@shop.example")], none);
    check(&[hit(Kind::Employee, "E1", "bob@shop.example")], none);
    check(&[hit(Kind::Contact, "C2", OWN)], none);
    let obsolete = PartyHit {
        obsolete: true,
        ..hit(Kind::Contact, "C1", "bob@shop.example")
    };
    check(&[obsolete], none);
}

/// INV-23: the trace ends with the verdict's reason.
#[test]
fn the_trace_says_what_the_verdict_is() {
    let settings = blocking(&[], &[]);
    let internal = judged(&mail("joe@corp.example", &[OWN], &[]), &settings, |_| {});
    assert_eq!(internal.trace.decisive(), Some(ReasonCode::InternalOnly));
    let saved = after_match(
        judged(&from_customer(), &settings, |_| {}),
        &[hit(Kind::Contact, "C1", "bob@shop.example")],
    );
    assert_eq!(saved.trace.decisive(), Some(ReasonCode::SavedByAuto));
}

/// EM-20: a category that the listing showed and the read did not is worth another look, whatever its case.
#[test]
fn a_category_that_was_listed_and_not_read_is_worth_another_look() {
    let settings = SyncSettings::default();
    let check = |listed: &[&str], read: &[&str], expected: bool| {
        let owned = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        let (listed, read) = (owned(listed), owned(read));
        assert_eq!(is_read_without(&listed, &read, &settings), expected);
    };
    check(&["red", CATEGORY], &["red"], true);
    check(&[CATEGORY], &[" sap cloud FOR customer"], false);
    check(&["red"], &[], false);
    check(&["red"], &[CATEGORY], false);
}

mod look;
