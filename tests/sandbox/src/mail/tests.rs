//! The mail reader over every real-world file we have, and over files made to break it.

use std::path::{Path, PathBuf};

use super::{
    Correspondent, Destination, Guess, Read, deliver, load, plain_text, read, render, synthetic,
};
use crate::exchange::{Content, Draft, Kind, Value};
use crate::{World, WorldConfig};
use bytes::Bytes;
use jiff::Timestamp;

fn now() -> Timestamp {
    "2026-11-22T08:00:00Z".parse().unwrap()
}

fn fixtures() -> Vec<(String, Bytes)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/mime");
    let mut files: Vec<PathBuf> = ["mail-parser", "mikel-mail"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, Bytes::from(std::fs::read(path).unwrap()))
        })
        .collect()
}

fn fixture(name: &str) -> Read {
    let found = fixtures().into_iter().find(|(file, _)| file == name);
    read(
        &found.unwrap_or_else(|| panic!("no fixture {name}")).1,
        now(),
    )
}

fn text(raw: &str) -> Read {
    read(&Bytes::from(raw.replace('\n', "\r\n")), now())
}

#[test]
fn every_fixture_becomes_a_message_with_times_size_and_its_own_bytes() {
    let all = fixtures();
    assert_eq!(all.len(), 78, "fixtures are missing");
    for (name, raw) in &all {
        let Read { message, guessed } = read(raw, now());
        assert_eq!(message.mime.as_ref(), Some(raw), "{name}");
        assert_eq!(message.size, raw.len() as u64, "{name}");
        assert!(message.time("DateTimeSent").is_some(), "{name}");
        assert!(message.time("DateTimeReceived").is_some(), "{name}");
        assert!(!message.conversation.is_empty(), "{name}");
        assert!(
            !guessed.contains(&Guess::NotAMail),
            "{name} was not understood at all"
        );
        assert!(
            !guessed.contains(&Guess::TooNested),
            "{name} is honest mail"
        );
    }
}

#[test]
fn what_we_render_ourselves_reads_back_with_the_same_subject_and_attachments() {
    for (name, raw) in fixtures() {
        let message = read(&raw, now()).message;
        let again = read(&Bytes::from(render(&message)), now()).message;
        let subject = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            subject(message.text("Subject")),
            subject(again.text("Subject")),
            "{name}"
        );
        let files = |message: &Draft| {
            message
                .attachments
                .iter()
                .filter(|a| matches!(a.content, Content::File(_)))
                .count()
        };
        assert_eq!(files(&message), files(&again), "{name}");
    }
}

#[test]
fn names_subjects_and_bodies_are_decoded() {
    let message = fixture("rfc6532__utf8_headers.eml").message;
    assert!(
        !message.text("Subject").contains('\u{fffd}'),
        "{}",
        message.text("Subject")
    );
    let message = fixture("multi_charset__japanese_iso_2022.eml").message;
    assert!(
        plain_text(&message.body)
            .chars()
            .any(|c| ('\u{3040}'..'\u{9fff}').contains(&c))
    );
}

#[test]
fn attached_messages_are_items_and_inline_pictures_are_inline() {
    let message = fixture("attachment_emails__attachment_message_rfc822.eml").message;
    let inner = message
        .attachments
        .iter()
        .find_map(|attachment| match &attachment.content {
            Content::Item(item) => Some(item),
            _ => None,
        });
    assert!(
        !inner
            .expect("an attached message")
            .text("Subject")
            .is_empty()
    );
    let message = text(
        "From: a@x.example\nSubject: s\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n\
--b\nContent-Type: text/html\n\n<img src=\"cid:logo@x\">\n--b\nContent-Type: image/png; name=logo.png\n\
Content-ID: <logo@x>\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--b--\n",
    )
    .message;
    assert!(message.attachments[0].inline);
    assert_eq!(message.attachments[0].content_id.as_deref(), Some("logo@x"));
    assert_eq!(message.attachments[0].content_type, "image/png");
}

/// EM-38 needs reports, receipts and meeting messages told from mail.
#[test]
fn reports_receipts_and_meeting_messages_have_their_classes() {
    let class = |name: &str| fixture(name).message.class;
    assert_eq!(
        class("multipart_report_emails__report_422.eml"),
        "REPORT.IPM.Note.Delayed"
    );
    assert_eq!(
        class("multipart_report_emails__report_530.eml"),
        "REPORT.IPM.Note.NDR"
    );
    assert_eq!(class("plain_emails__raw_email_reply.eml"), "IPM.Note");
    let receipt = text(
        "From: a@x.example\nSubject: Read: x\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n\
--b\nContent-Type: text/plain\n\nread\n--b\nContent-Type: message/disposition-notification\n\n\
Final-Recipient: rfc822;a@x.example\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--\n",
    );
    assert_eq!(receipt.message.class, "REPORT.IPM.Note.IPNRN");
    let calendar = |method: &str, more: &str| {
        text(&format!(
            "From: a@x.example\nSubject: m\nContent-Type: text/calendar; method={method}; charset=utf-8\n\n\
BEGIN:VCALENDAR\nMETHOD:{method}\nBEGIN:VEVENT\nUID:uid-1\nDTSTART:20261201T090000Z\n{more}END:VEVENT\nEND:VCALENDAR\n"
        ))
        .message
    };
    let request = calendar("REQUEST", "");
    assert_eq!(
        (request.kind, request.class.as_str()),
        (Kind::MeetingRequest, "IPM.Schedule.Meeting.Request")
    );
    assert_eq!(request.text("UID"), "uid-1");
    assert_eq!(
        request.time("Start"),
        Some("2026-12-01T09:00:00Z".parse().unwrap())
    );
    let refusal = calendar("REPLY", "ATTENDEE;PARTSTAT=DECLINED:mailto:b@x.example\n");
    assert_eq!(refusal.class, "IPM.Schedule.Meeting.Resp.Neg");
    assert_eq!(
        calendar("CANCEL", "").class,
        "IPM.Schedule.Meeting.Canceled"
    );
}

#[test]
fn hostile_files_become_messages_and_say_what_was_guessed() {
    let nothing = read(&Bytes::new(), now());
    assert!(nothing.guessed.contains(&Guess::NotAMail));
    assert_eq!(nothing.message.time("DateTimeReceived"), Some(now()));
    let noise: Vec<u8> = (0..100_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    assert_eq!(read(&Bytes::from(noise), now()).message.size, 100_000);
    let bare = text("Subject: nobody\n\nbody\n");
    for guess in [Guess::NoDate, Guess::NoSender, Guess::NoMessageId] {
        assert!(bare.guessed.contains(&guess), "{guess:?}");
    }
    let impossible = text("From: a@x.example\nDate: Mon, 31 Feb 2026 25:61:61 +9900\n\nx\n");
    assert!(impossible.guessed.contains(&Guess::NoDate));
    let eight_bit = Bytes::from_static(
        b"From: M\xfcller <m@x.example>\r\nSubject: Gr\xfc\xdfe\r\n\r\nK\xf6ln\r\n",
    );
    let eight_bit = read(&eight_bit, now()).message;
    assert_eq!(eight_bit.mailboxes("From")[0].email, "m@x.example");
}

#[test]
fn ten_thousand_recipients_are_all_kept() {
    let to: Vec<String> = (0..10_000)
        .map(|n| format!("Person {n} <p{n}@x.example>"))
        .collect();
    let read = text(&format!(
        "From: a@x.example\nTo: {}\nSubject: all\n\nx\n",
        to.join(",\n ")
    ));
    assert_eq!(read.message.mailboxes("ToRecipients").len(), 10_000);
    assert!(read.guessed.contains(&Guess::HeadersCut));
}

#[test]
fn forty_megabytes_keep_their_attachment() {
    let line =
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3ODkr\r\n";
    let mut raw = String::from(
        "From: a@x.example\r\nSubject: big\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
Content-Type: application/zip; name=big.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    );
    while raw.len() < 40 << 20 {
        raw.push_str(line);
    }
    raw.push_str("--b--\r\n");
    let message = read(&Bytes::from(raw), now()).message;
    assert!(message.attachments[0].size() > 28 << 20);
}

#[test]
fn nesting_without_end_costs_no_stack_and_little_time() {
    let mut multiparts = String::from("From: a@x.example\r\nSubject: deep\r\n");
    for level in 0..20_000 {
        multiparts.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=\"b{level}\"\r\n\r\n--b{level}\r\n"
        ));
    }
    let read_back = read(&Bytes::from(multiparts), now());
    assert!(read_back.guessed.contains(&Guess::TooNested));
    assert_eq!(read_back.message.text("Subject"), "deep");
    let mut messages = String::from("From: a@x.example\r\nSubject: outer\r\n");
    for _ in 0..100_000 {
        messages.push_str("Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n");
    }
    let read_back = read(&Bytes::from(messages), now());
    assert!(read_back.guessed.contains(&Guess::TooNested));
    assert_eq!(read_back.message.text("Subject"), "outer");
    let shallow = "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n".repeat(30);
    let read_back = read(&Bytes::from(format!("Subject: outer\r\n{shallow}")), now());
    assert_eq!(read_back.message.attachments.len(), 1);
}

#[test]
fn a_delivered_mail_carries_its_categories_and_stands_in_its_folder() {
    let world = World::new(WorldConfig::default());
    let raw = Bytes::from_static(
        b"From: anna@sandbox.example\r\nTo: k@x.example\r\nMessage-ID: <1@x>\r\n\r\nx",
    );
    let to = Destination {
        mailbox: "Anna@Sandbox.example",
        folder: "sentitems",
        categories: &["SAP Cloud for Customer".to_owned()],
    };
    let delivered = deliver(&world, &to, &raw).unwrap();
    let exchange = world.exchange();
    let mailbox = exchange.mailbox("anna@sandbox.example").unwrap();
    let item = mailbox.item(delivered.key).unwrap();
    assert_eq!(item.folder, mailbox.distinguished("sentitems").unwrap());
    assert_eq!(item.data.categories(), ["SAP Cloud for Customer"]);
    assert_eq!(
        item.data.properties.get("IsFromMe"),
        Some(&Value::Bool(true))
    );
    assert_eq!(delivered.guessed, [Guess::NoDate]);
    drop(exchange);
    assert_eq!(world.effects().len(), 1);
}

#[test]
fn a_folder_of_files_is_delivered_whole() {
    let world = World::new(WorldConfig::default());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/mime");
    let loaded = load(&world, &root).unwrap();
    assert_eq!((loaded.delivered, loaded.left_out), (78, 0));
}

#[test]
fn made_up_mails_are_proper_threads_with_distinct_ids() {
    let owner = Correspondent {
        name: "Anna".to_owned(),
        email: "anna@sandbox.example".to_owned(),
    };
    let partners = [Correspondent {
        name: "Kunde".to_owned(),
        email: "kunde@x.example".to_owned(),
    }];
    let mails: Vec<_> = synthetic(20, &owner, &partners, now())
        .map(|raw| read(&raw, now()))
        .collect();
    let ids: std::collections::HashSet<&str> = mails
        .iter()
        .map(|mail| mail.message.text("InternetMessageId"))
        .collect();
    assert_eq!(ids.len(), 20);
    assert!(mails.iter().all(|mail| mail.guessed.is_empty()));
    assert_eq!(mails[2].message.conversation, mails[3].message.conversation);
    assert_ne!(mails[1].message.conversation, mails[2].message.conversation);
    assert_eq!(mails[0].message.attachments.len(), 1);
    assert_eq!(
        mails[2].message.mailboxes("From")[0].email,
        "anna@sandbox.example"
    );
}
