//! Realistic mails in any number, the same ones every time.

use std::fmt::Write as _;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

/// Somebody who writes or receives.
#[derive(Clone, Debug)]
pub struct Correspondent {
    /// Display name.
    pub name: String,
    /// Address.
    pub email: String,
}

const TOPICS: [&str; 8] = [
    "Quotation for 40 pumps",
    "Delivery date of order 4711",
    "Maintenance visit next week",
    "Rückfrage zur Rechnung",
    "Minutes of the kick-off",
    "Service ticket: compressor noise",
    "Trade fair in Hannover",
    "Contract renewal",
];

const SENTENCES: [&str; 6] = [
    "Thank you for the quick answer, we have gone through the offer with purchasing.",
    "Could you please confirm that the spare parts arrive before the end of the month?",
    "The technician found two worn seals and replaced both of them on site.",
    "Attached you find the drawing with the corrected measurements.",
    "Our management would like to discuss the conditions of the frame contract.",
    "Mit freundlichen Grüßen aus München",
];

/// `count` mails between `owner` and `partners`, one every seven minutes from `start` on: two of three incoming,
/// every fourth an answer in the thread before, every tenth with an attachment. Owner or partners may be one.
pub fn synthetic<'a>(
    count: usize,
    owner: &'a Correspondent,
    partners: &'a [Correspondent],
    start: Timestamp,
) -> impl Iterator<Item = Bytes> + 'a {
    (0..count).map(move |number| {
        let partner = partners
            .get(number % partners.len().max(1))
            .unwrap_or(owner);
        Bytes::from(one(number, owner, partner, start))
    })
}

/// Whether made-up mail `number` came in; the others went out.
pub fn is_incoming(number: usize) -> bool {
    number % 3 != 2
}

fn one(number: usize, owner: &Correspondent, partner: &Correspondent, start: Timestamp) -> String {
    let incoming = is_incoming(number);
    let (from, to) = if incoming {
        (partner, owner)
    } else {
        (owner, partner)
    };
    let reply = number % 4 == 3;
    // An answer shares the topic of the mail it answers.
    let topic = TOPICS[(if reply { number - 1 } else { number }) % TOPICS.len()];
    let minutes = i64::try_from(number).unwrap_or(i64::MAX).saturating_mul(7);
    let sent = start
        .checked_add(SignedDuration::from_secs(minutes.saturating_mul(60)))
        .unwrap_or(start);
    let mut out = String::with_capacity(2600);
    // Writing to a string cannot fail.
    let mut line = |text: std::fmt::Arguments<'_>| {
        let _infallible = out.write_fmt(text);
        out.push_str("\r\n");
    };
    line(format_args!("From: \"{}\" <{}>", from.name, from.email));
    line(format_args!("To: \"{}\" <{}>", to.name, to.email));
    let prefix = if reply { "Re: " } else { "" };
    line(format_args!(
        "Subject: {prefix}{topic} ({})",
        if reply { number - 1 } else { number }
    ));
    line(format_args!(
        "Date: {}",
        sent.strftime("%a, %d %b %Y %H:%M:%S +0000")
    ));
    line(format_args!(
        "Message-ID: <m{number}.bench@mail.sandbox.example>"
    ));
    if reply {
        let parent = number - 1;
        line(format_args!(
            "In-Reply-To: <m{parent}.bench@mail.sandbox.example>"
        ));
        line(format_args!(
            "References: <m{parent}.bench@mail.sandbox.example>"
        ));
    }
    line(format_args!("MIME-Version: 1.0"));
    let attachment = number.is_multiple_of(10);
    if attachment {
        line(format_args!(
            "Content-Type: multipart/mixed; boundary=\"mixed\"\r\n\r\n--mixed"
        ));
    }
    line(format_args!(
        "Content-Type: multipart/alternative; boundary=\"alt\"\r\n\r\n--alt"
    ));
    line(format_args!(
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    ));
    for step in 0..6 {
        line(format_args!(
            "{}",
            SENTENCES[(number + step) % SENTENCES.len()]
        ));
    }
    line(format_args!(
        "\r\n--alt\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    ));
    line(format_args!("<html><body style=\"font-family:Calibri\">"));
    for step in 0..6 {
        line(format_args!(
            "<p>{}</p>",
            SENTENCES[(number + step) % SENTENCES.len()]
        ));
    }
    line(format_args!("</body></html>\r\n\r\n--alt--"));
    if attachment {
        line(format_args!(
            "\r\n--mixed\r\nContent-Type: application/pdf; name=\"drawing-{number}.pdf\""
        ));
        line(format_args!(
            "Content-Disposition: attachment; filename=\"drawing-{number}.pdf\""
        ));
        line(format_args!("Content-Transfer-Encoding: base64\r\n"));
        for _ in 0..80 {
            line(format_args!(
                "JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSL0ZpbHRlci9GbGF0ZURl"
            ));
        }
        line(format_args!("\r\n--mixed--"));
    }
    out
}
