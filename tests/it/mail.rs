//! Saving by session: category, folder, automatic; once, linked, marked (rules 2.4 to 2.8).

use ssi_domain::Kind;
use ssi_engine::{Decision, SessionEnd};
use ssi_tests::{
    db::{Database, on_both},
    given::{ANNA, CATEGORY, FOLDER, Given, eml},
    node::Node,
    people::People,
};

const CARLA: &str = "Carla Kundin <carla@customer.example>";

async fn given(database: &Database) -> (Given, Node, ssi_domain::MailboxId) {
    let given = Given::world().await;
    let node = Node::start(database, &given, "one").await;
    let mailbox = node.mailbox(ANNA).await;
    (given, node, mailbox)
}

/// EM-20, EM-01, LNK-02, INV-4
#[tokio::test]
async fn a_categorised_mail_is_saved_once_and_linked_to_its_sender() {
    on_both(|database| async move {
        let (given, node, mailbox) = given(&database).await;
        given.marked_mail(eml("a@x", CARLA, ANNA, "Offer"));

        let (report, events) = node.session(mailbox).await;

        assert_eq!(report.end, SessionEnd::Done);
        let emails = given.emails();
        assert_eq!(emails.len(), 1);
        let email = &emails[0];
        assert_eq!(email.subject, "Offer");
        assert_eq!(email.groupware_item_id, "<a@x>");
        assert_eq!(email.from, "carla@customer.example");
        assert_eq!(email.direction, "2");
        assert!(!email.contact.is_empty(), "the contact is the main contact");
        assert!(email.notes[0].contains("this is about Offer"));
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].decision, Decision::Saved);
        assert_eq!(events[0].reason, "saved_by_category");
        assert_eq!(events[0].links[0].record.kind, Kind::Contact);
        assert!(
            given
                .categories_of(ANNA, "<a@x>")
                .contains(&CATEGORY.to_owned())
        );

        let before = given.writes();
        let (again, events) = node.session(mailbox).await;
        assert_eq!(again.counts.writes, 0);
        assert_eq!(given.writes(), before, "a second session writes nothing");
        assert!(events.is_empty());
    })
    .await;
}

/// EM-20, EM-21, MBX-03
#[tokio::test]
async fn a_mail_in_our_folder_is_saved_and_goes_back_to_the_inbox() {
    on_both(|database| async move {
        let (given, node, mailbox) = given(&database).await;
        node.session(mailbox).await;
        given.mail_in(ANNA, FOLDER, &[], eml("f@x", CARLA, ANNA, "Folder"));

        let (_, events) = node.session(mailbox).await;

        assert_eq!(events[0].reason, "saved_by_folder");
        assert_eq!(given.emails().len(), 1);
        {
            let exchange = given.sandbox.world().exchange();
            let anna = exchange.mailbox(ANNA).expect("mailbox");
            let item = anna
                .by_message_id("<f@x>")
                .next()
                .expect("the mail is there");
            let folder = anna.folder(item.folder).expect("folder");
            assert_eq!(anna.distinguished("inbox"), Some(folder.key));
            assert!(item.data.categories().contains(&CATEGORY.to_owned()));
        }
        let before = given.writes();
        node.session(mailbox).await;
        assert_eq!(
            given.writes(),
            before,
            "the moved mail is not saved or marked again"
        );
    })
    .await;
}

/// EM-30, EM-31, EM-34, EM-35, EM-38, EM-39, EM-40
#[tokio::test]
async fn automatic_saving_takes_new_mail_with_known_people_and_leaves_the_rest() {
    on_both(|database| async move {
        let (given, node, mailbox) = given(&database).await;
        node.set(|settings| {
            settings.auto_save = true;
            settings.lookback_days = 3650;
            settings.blocklist.user = vec!["spam.example".into()];
        });
        given.mail(eml("known@x", CARLA, ANNA, "Known"));
        given.mail(eml("unknown@x", "Nobody <who@unknown.example>", ANNA, "Unknown"));
        given.mail(eml("internal@x", "Bernd <bernd@sandbox.example>", ANNA, "Internal"));
        given.mail(eml("blocked@x", "Spam <x@spam.example>", ANNA, "Blocked"));
        let both = format!("{ANNA}, ivo@home.example");
        given.mail(eml("some@x", "Spam <x@spam.example>", &both, "Some blocked"));
        given.mail(
            "Message-ID: <ndr@x>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: anna@sandbox.example\r\n\
             Subject: Undelivered\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nfailed\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; carla@customer.example\r\n\
             Action: failed\r\nStatus: 5.1.1\r\n--b--\r\n",
        );

        let (_, events) = node.session(mailbox).await;

        let reason = |id: &str| {
            events
                .iter()
                .find(|event| event.message_id.as_deref() == Some(id))
                .map_or("", |event| event.reason.as_str())
                .to_owned()
        };
        assert_eq!(reason("<known@x>"), "saved_by_auto");
        assert_eq!(reason("<some@x>"), "saved_by_auto");
        assert_eq!(reason("<unknown@x>"), "no_match");
        assert_eq!(reason("<internal@x>"), "internal_only");
        assert_eq!(reason("<blocked@x>"), "blocked_by_user");
        assert!(events.iter().any(|event| event.reason == "service_message"), "EM-38: {events:?}");
        let mut saved: Vec<_> = given.emails().into_iter().map(|e| e.groupware_item_id).collect();
        saved.sort();
        assert_eq!(saved, ["<known@x>", "<some@x>"]);
    })
    .await;
}

/// EM-34
#[tokio::test]
async fn automatic_saving_starts_with_new_mail_only() {
    let database = Database::sqlite().await;
    let (given, node, mailbox) = given(&database).await;
    node.set(|settings| settings.auto_save = true);
    let now = given
        .sandbox
        .world()
        .now()
        .to_zoned(jiff::tz::TimeZone::UTC);
    let date = jiff::fmt::rfc2822::to_string(&now).expect("a date");
    given.mail(eml("old@x", CARLA, ANNA, "Old"));
    given.mail(eml("new@x", CARLA, ANNA, "New").replace("Mon, 16 Nov 2026 09:30:00 +0000", &date));

    let (_, events) = node.session(mailbox).await;

    let saved: Vec<_> = given
        .emails()
        .into_iter()
        .map(|e| e.groupware_item_id)
        .collect();
    assert_eq!(saved, ["<new@x>"], "{events:?}");
}

/// INV-1: two colleagues with the same mail.
#[tokio::test]
async fn the_same_mail_in_two_mailboxes_gives_one_record() {
    on_both(|database| async move {
        let (given, node, anna) = given(&database).await;
        let bernd = node.mailbox(ssi_tests::given::BERND).await;
        let mail = eml(
            "same@x",
            CARLA,
            "anna@sandbox.example, bernd@sandbox.example",
            "Both",
        );
        given.marked_mail(mail.clone());
        given.mail_in(ssi_tests::given::BERND, "inbox", &[CATEGORY], mail);

        let (first, second) = tokio::join!(node.session(anna), node.session(bernd));
        // Whoever found the row held by the other looks again later.
        node.advance(jiff::SignedDuration::from_mins(10));
        let (third, fourth) = tokio::join!(node.session(anna), node.session(bernd));

        assert_eq!(given.emails().len(), 1);
        given.assert_nothing_twice();
        let all = [first, second, third, fourth];
        let events: Vec<_> = all.iter().flat_map(|(_, events)| events).collect();
        let saved = events
            .iter()
            .filter(|e| e.decision == Decision::Saved)
            .count();
        let twins = events
            .iter()
            .filter(|e| e.decision == Decision::Duplicate)
            .count();
        assert_eq!((saved, twins), (1, 1), "{events:?}");
    })
    .await;
}

/// INV-1: two mails under one Message-ID, of which a colleague has only the second: it keeps the key it got there.
#[tokio::test]
async fn a_mail_that_shares_its_id_with_another_has_one_record_in_two_mailboxes() {
    on_both(|database| async move {
        let (given, node, anna) = given(&database).await;
        let bernd = node.mailbox(ssi_tests::given::BERND).await;
        let first = eml("one@x", CARLA, ANNA, "First");
        let second = eml("one@x", CARLA, ANNA, "Second").replace("09:30:00", "10:30:00");
        given.mail_in(
            ssi_tests::given::BERND,
            "inbox",
            &[CATEGORY],
            second.clone(),
        );
        given.marked_mail(first);
        given.marked_mail(second);
        for mailbox in [bernd, anna, bernd] {
            node.session(mailbox).await;
        }
        let subjects: Vec<_> = given.emails().into_iter().map(|e| e.subject).collect();
        assert_eq!(subjects, ["Second", "First"]);
    })
    .await;
}

/// INV-1: a mail that got a key of its own beside another one keeps its record when the database is lost and it is met
/// first, also where the other one is not in the CRM any more.
#[tokio::test]
async fn a_mail_with_a_key_of_its_own_is_found_again_without_a_database() {
    on_both(|database| async move {
        let (given, node, anna) = given(&database).await;
        given.marked_mail(eml("one@x", CARLA, ANNA, "First"));
        node.session(anna).await;
        let second = eml("one@x", CARLA, ANNA, "Second").replace("09:30:00", "10:30:00");
        given.marked_mail(second.clone());
        node.session(anna).await;
        let emails = given.emails();
        let first = emails.iter().find(|email| email.subject == "First");
        given.erase("EMailCollection", &first.expect("saved").object_id);
        node.store.close().await;

        let fresh = database.another().await;
        let node = Node::start(&fresh, &given, "two").await;
        let bernd = node.mailbox(ssi_tests::given::BERND).await;
        given.mail_in(ssi_tests::given::BERND, "inbox", &[CATEGORY], second);
        node.session(bernd).await;
        let subjects: Vec<_> = given.emails().into_iter().map(|e| e.subject).collect();
        assert_eq!(subjects, ["Second"]);
    })
    .await;
}

/// EM-50 to EM-53
#[tokio::test]
async fn attachments_go_along_and_prohibited_ones_stay() {
    on_both(|database| async move {
        let (given, node, mailbox) = given(&database).await;
        let mark = &[CATEGORY];
        let small = ssi_tests::given::eml_with_attachment("s@x", CARLA, "offer.pdf", 20_000);
        let large = ssi_tests::given::eml_with_attachment("l@x", CARLA, "big.pdf", 9_000_000);
        let bad = ssi_tests::given::eml_with_attachment("b@x", CARLA, "run.exe", 20_000);
        for mail in [small, large, bad] {
            given.mail_in(ANNA, "inbox", mark, mail);
        }

        let (report, _) = node.session(mailbox).await;

        assert_eq!(report.counts.saved, 3);
        let sizes = |id: &str| -> Vec<(String, usize)> {
            let emails = given.emails();
            let email = emails
                .iter()
                .find(|e| e.groupware_item_id == id)
                .expect("saved");
            email
                .attachments
                .iter()
                .map(|a| (a.name.clone(), a.size))
                .collect()
        };
        assert_eq!(sizes("<s@x>"), [("offer.pdf".to_owned(), 20_000)]);
        assert_eq!(sizes("<l@x>"), [("big.pdf".to_owned(), 9_000_000)]);
        assert!(sizes("<b@x>").is_empty());
    })
    .await;
}

/// EM-45, EM-46
#[tokio::test]
async fn a_tracked_thread_is_saved_without_being_asked() {
    let database = Database::sqlite().await;
    let (given, node, mailbox) = given(&database).await;
    node.set(|settings| settings.thread_auto_save = true);
    let item = given.mail(eml("t1@x", "who@unknown.example", ANNA, "Thread"));
    node.session(mailbox).await;
    let key = ssi_engine::ItemKey::Item(ssi_domain::ItemId::new(item));
    node.engine
        .track_thread(mailbox, &key)
        .await
        .expect("tracked");
    let answer = eml("t2@x", "who@unknown.example", ANNA, "Re: Thread").replace(
        "Subject:",
        "References: <t1@x>\r\nIn-Reply-To: <t1@x>\r\nSubject:",
    );
    given.mail(answer);
    given.mail(eml("other@x", "who@unknown.example", ANNA, "Other"));

    let (_, events) = node.session(mailbox).await;

    let saved: Vec<_> = given
        .emails()
        .into_iter()
        .map(|e| e.groupware_item_id)
        .collect();
    assert_eq!(saved, ["<t2@x>"], "{events:?}");
}

/// MBX-01: idle sessions cost one call on the mail side and none on the CRM side.
#[tokio::test]
async fn an_idle_session_costs_one_call() {
    on_both(|database| async move {
        // Exchange tells whole seconds; a folder that changed this very second is not taken for quiet.
        let clock = ssi_sandbox::MovableClock::new("2026-11-20T08:00:00Z".parse().expect("a time"));
        let given = Given::world_at(clock.clock()).await;
        let node = Node::start(&database, &given, "one").await;
        let mailbox = node.mailbox(ANNA).await;
        given.marked_mail(eml("a@x", CARLA, ANNA, "Offer"));
        for _ in 0..3 {
            clock.advance_seconds(60);
            node.session(mailbox).await;
        }
        clock.advance_seconds(60);
        given.sandbox.world().reset_calls();
        let (report, _) = node.session(mailbox).await;
        assert_eq!(report.counts.remote_calls, 1);
        assert_eq!(given.sandbox.world().total_calls(), 1);
        assert!(
            given
                .sandbox
                .world()
                .calls()
                .keys()
                .all(|(face, _)| face == "ews")
        );
    })
    .await;
}

/// INV-13: what is excluded is never read whole; headers are read once, in one call for all.
#[tokio::test]
async fn bodies_and_attachments_of_excluded_mail_are_never_read() {
    let database = Database::sqlite().await;
    let (given, node, mailbox) = given(&database).await;
    node.set(|settings| {
        settings.auto_save = true;
        settings.lookback_days = 3650;
        settings.blocklist.org = vec!["spam.example".into()];
    });
    node.session(mailbox).await;
    let internal = "Bernd <bernd@sandbox.example>";
    given.mail(ssi_tests::given::eml_with_attachment(
        "i@x", internal, "plan.pdf", 20_000,
    ));
    given.mail(eml("b@x", "Spam <x@spam.example>", ANNA, "Blocked"));
    given.mail(eml("n@x", "Nobody <who@unknown.example>", ANNA, "Unknown"));
    given.sandbox.world().reset_calls();

    let (_, events) = node.session(mailbox).await;

    assert_eq!(events.len(), 3, "{events:?}");
    let calls = given.sandbox.world().calls();
    let count = |operation: &str| {
        calls
            .get(&("ews".to_owned(), operation.to_owned()))
            .copied()
            .unwrap_or(0)
    };
    assert_eq!(count("GetItem"), 1, "headers only: {calls:?}");
    assert_eq!(count("GetAttachment"), 0);
    assert!(given.emails().is_empty());
}
